"""Which files `include` names: patterns inside the folder of lessons.yaml."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import islice
from operator import attrgetter
from pathlib import Path, PurePosixPath

from lessons.catalogue import LONGEST_PATTERN, MOST_PATTERNS
from lessons.lint import Code, Finding, quoted
from lessons.reading import Block, Document, Listing, Place, Value


def included(root: Document) -> tuple[dict[Path, str | None], list[Finding]]:
    """Return the files that `include` matches, each once, in the order of patterns and names.

    Each is given as it is named, with its path in the folders that are really meant; a link has none, for it
    may lead elsewhere at any time.
    """
    files: dict[str, Path] = {}
    findings: list[Finding] = []
    for pattern, place in islice(patterns_of(root.value), MOST_PATTERNS):
        if len(pattern) > LONGEST_PATTERN:  # a finding by itself
            continue
        matched, refused = _match(root, pattern, place)
        findings += refused
        for real, file in matched:
            files.setdefault(real, file)
    return {file: None if file.is_symlink() else real for real, file in files.items()}, findings


def named_folders(pattern: str) -> list[str]:
    """Return the folders that a pattern names before its first wildcard or file."""
    named: list[str] = []
    for part in PurePosixPath(pattern).parts[:-1]:
        if any(sign in part for sign in "*?["):
            break
        named.append(part)
    return named


def folder_for(patterns: Iterable[str], family: str) -> str:
    """Return where a new lesson of a job family goes, from the folder of lessons.yaml: where `include` leads.

    Args:
        patterns: what `include` says; the first counts.
        family: the job family, which names the last folder.
    """
    folders = named_folders(next(iter(patterns), "lessons/library/*"))
    return "/".join(folders if folders[-1:] == [family] else [*folders, family])


def takes_in(patterns: Iterable[str], name: str) -> bool:
    """Say whether one of the patterns matches a file that need not be there, by its path from the folder."""
    parts = PurePosixPath(name).parts
    return any(_fits(PurePosixPath(pattern).parts, parts) for pattern in patterns)


def _fits(pattern: Sequence[str], parts: Sequence[str]) -> bool:
    if not pattern or not parts:
        return not pattern and not parts
    if pattern[0] == "**":
        return _fits(pattern[1:], parts) or _fits(pattern, parts[1:])
    return fnmatchcase(parts[0], pattern[0]) and _fits(pattern[1:], parts[1:])


def patterns_of(value: Value) -> Iterator[tuple[str, Place]]:
    """Give the patterns of `include`, each with its place."""
    include = value.get("include") if isinstance(value, Block) else None
    if isinstance(value, Block) and isinstance(include, str):
        yield include, value.value_at("include")
    elif isinstance(include, Listing):
        for each, place in include.placed():
            if isinstance(each, str):
                yield each, place


def _match(root: Document, pattern: str, place: Place) -> tuple[list[tuple[str, Path]], list[Finding]]:
    """Return the files of one pattern, each as it really is and as it is named, and what is wrong with it."""
    folder = root.path.parent
    inside = PurePosixPath(pattern)
    if inside.is_absolute() or ".." in inside.parts:
        return [], [_outside(root, place, quoted(pattern))]
    no_pattern = [root.finding(place, Code.NO_MATCH, f"{quoted(pattern)} is no pattern", _EXAMPLE)]
    if any("**" in part and part != "**" for part in inside.parts):  # from Python 3.13 on glob takes it as *
        return [], no_pattern
    try:
        pairs = list(_meant(folder, pattern))
        home, itself = os.path.realpath(folder) + os.sep, os.path.realpath(root.path)
    except (OSError, ValueError, NotImplementedError, RuntimeError):
        return [], no_pattern
    inner = [(real, file) for real, file in pairs if real.startswith(home) and real != itself]
    findings = [_outside(root, place, quoted(str(file))) for real, file in pairs if not real.startswith(home)]
    if any(real == itself for real, _ in pairs):
        message = f"{quoted(pattern)} matches {root.path.name} itself"
        findings.append(root.finding(place, Code.LOOP, message, _EXAMPLE))
    if not pairs:
        findings.append(root.finding(place, Code.NO_MATCH, f"{quoted(pattern)} matches no file", _EXAMPLE))
    return inner, findings


_EXAMPLE = "write one like lessons/library/**/*.yaml"


def _outside(root: Document, place: Place, what: str) -> Finding:
    mend = "move the lessons into the folder of lessons.yaml"
    return root.finding(place, Code.OUTSIDE, f"{what} leads out of the folder of {root.path.name}", mend)


def _meant(folder: Path, pattern: str) -> Iterator[tuple[str, Path]]:
    """Give the files of a pattern in the order of their names, each as it really is and as it is named.

    Folders and hidden files, such as an editor's copies, are left out.
    """
    parts = PurePosixPath(pattern).parts
    once = (part for part, before in zip(parts, ("", *parts), strict=False) if (part, before) != ("**", "**"))
    before_it = len(folder.parts)
    real_folders: dict[str, str] = {}
    for file in sorted(folder.glob("/".join(once)), key=attrgetter("parts")):
        named = os.fspath(file)
        mode = os.lstat(named).st_mode
        linked = stat.S_ISLNK(mode)
        hidden = any(part[0] == "." for part in file.parts[before_it:])
        if hidden or stat.S_ISDIR(mode) or (linked and file.is_dir()):
            continue
        parent, name = os.path.split(named)
        if parent not in real_folders:
            real_folders[parent] = os.path.realpath(parent) + os.sep
        yield os.path.realpath(named) if linked else real_folders[parent] + name, file
