"""Which files `include` names: patterns inside the folder of lessons.yaml."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from lessons.lint import Code, Finding, quoted
from lessons.reading import Block, Document, Listing, Place, Value


def included(root: Document) -> tuple[list[Path], list[Finding]]:
    """Return the files that `include` matches, each once, in the order of patterns and names."""
    files: dict[Path, Path] = {}
    findings: list[Finding] = []
    for pattern, place in patterns_of(root.value):
        matched, refused = _match(root, pattern, place)
        findings += refused
        for real, file in matched:
            files.setdefault(real, file)
    return list(files.values()), findings


def named_folders(pattern: str) -> list[str]:
    """Return the folders that a pattern names before its first wildcard or file."""
    named: list[str] = []
    for part in PurePosixPath(pattern).parts[:-1]:
        if any(sign in part for sign in "*?["):
            break
        named.append(part)
    return named


def patterns_of(value: Value) -> Iterator[tuple[str, Place]]:
    """Give the patterns of `include`, each with its place."""
    include = value.get("include") if isinstance(value, Block) else None
    if isinstance(value, Block) and isinstance(include, str):
        yield include, value.value_at("include")
    elif isinstance(include, Listing):
        for each, place in include.placed():
            if isinstance(each, str):
                yield each, place


def _match(root: Document, pattern: str, place: Place) -> tuple[list[tuple[Path, Path]], list[Finding]]:
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
        home, itself = folder.resolve(), root.path.resolve()
    except (OSError, ValueError, NotImplementedError, RuntimeError):
        return [], no_pattern
    inner = {file for real, file in pairs if home in real.parents and real != itself}
    strays = [file for real, file in pairs if home not in real.parents]
    findings = [_outside(root, place, quoted(str(file))) for file in strays]
    if any(real == itself for real, _ in pairs):
        message = f"{quoted(pattern)} matches {root.path.name} itself"
        findings.append(root.finding(place, Code.LOOP, message, _EXAMPLE))
    if not pairs:
        findings.append(root.finding(place, Code.NO_MATCH, f"{quoted(pattern)} matches no file", _EXAMPLE))
    return [pair for pair in pairs if pair[1] in inner], findings


_EXAMPLE = "write one like lessons/library/**/*.yaml"


def _outside(root: Document, place: Place, what: str) -> Finding:
    mend = "move the lessons into the folder of lessons.yaml"
    return root.finding(place, Code.OUTSIDE, f"{what} leads out of the folder of {root.path.name}", mend)


def _meant(folder: Path, pattern: str) -> Iterator[tuple[Path, Path]]:
    """Give the files of a pattern in the order of their names, each as it really is and as it is named.

    Folders and hidden files, such as an editor's copies, are left out.
    """
    folders: dict[Path, Path] = {}
    for file in sorted(folder.glob(pattern)):
        mode = file.lstat().st_mode
        linked = stat.S_ISLNK(mode)
        hidden = any(part.startswith(".") for part in file.parts[len(folder.parts) :])
        if hidden or stat.S_ISDIR(mode) or (linked and file.is_dir()):
            continue
        if file.parent not in folders:
            folders[file.parent] = file.parent.resolve()
        yield (file.resolve() if linked else folders[file.parent] / file.name), file
