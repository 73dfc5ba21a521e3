"""From lessons.yaml and its included files to a catalogue, or to every finding at once.

A loader keeps what it found of each file by its bytes, so that after an edit only the edited file is read,
checked and compared again; the rules between lessons hold for all of them each time.
"""

from __future__ import annotations

import gc
import os
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path

from pydantic import ValidationError

from lessons.catalogue import Catalogue, Root
from lessons.checking import ChannelLimit, Known, check_lesson, check_root, is_fine
from lessons.including import included, patterns_of, takes_in
from lessons.length import check_minutes
from lessons.lint import Code, Finding, Severity, most, order
from lessons.model import Lesson
from lessons.prose import check_texts, prose
from lessons.reading import Block, Document, fetched, parse
from lessons.referring import check_references
from lessons.similarity import Neighbours, shingles
from lessons.together import File, Says, check_between, check_likeness, check_use_cases
from lessons.values import values
from lessons.wording import validate


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was found: the catalogue, None where a finding is an error; all findings in order; the sources."""

    catalogue: Catalogue | None
    findings: tuple[Finding, ...]
    sources: Mapping[str, bytes]
    """The bytes of each file that could be read, by its path from the folder of lessons.yaml."""


def load(path: Path, today: date, limits: Sequence[ChannelLimit] = ()) -> Loaded:
    """Read and check a catalogue once, never raising; see `Loader`."""
    return Loader(path, limits).load(today)


class Loader:
    """Loads one catalogue, again and again."""

    def __init__(self, path: Path, limits: Sequence[ChannelLimit] = ()) -> None:
        """Take the path of lessons.yaml, and how much each channel shows."""
        self.path = path
        self._limits = limits
        self._root = Document(path, None)
        self._today: date | None = None
        self._paths: Mapping[Path, str | None] = {}
        self._astray: Sequence[Finding] = ()
        self._files: dict[Path, File] = {}
        self._neighbours = Neighbours()
        self._instead: Mapping[Path, bytes] = {}

    @property
    def patterns(self) -> tuple[str, ...]:
        """What `include` said at the last load."""
        return tuple(pattern for pattern, _ in patterns_of(self._root.value))

    def load(self, today: date, changed: Collection[Path] | None = None, *, texts: bool = True) -> Loaded:
        """Read and check the catalogue, never raising.

        Args:
            today: the day against which `review_by` and `reviewed_on` are held.
            changed: the files that may have changed since the last call; None where all may have.
            texts: also look at how lessons read, for secrets and for near duplicates.
        """
        with _uninterrupted():
            return self._load(today, changed, texts)

    def check(self, today: date, name: str, data: bytes) -> Loaded:
        """Say what the catalogue would be with other bytes in one file; nothing is written, never raising.

        Args:
            today: as for `load`.
            name: the file's path from the folder of lessons.yaml; it need not be there. Where `include` does
                not match it, what is returned has no such source.
            data: what it would hold.
        """
        self._instead = {self.path.parent / name: data}
        try:
            return self.load(today)
        finally:
            self._instead = {}
            self.load(today)

    def _load(self, today: date, changed: Collection[Path] | None, texts: bool) -> Loaded:
        touched = None if changed is None else {*map(_real, changed)}
        anew = self._read_root(today, touched)
        if self._root.broken:
            return Loaded(None, self._root.findings, {})
        if _is_lesson(self._root):
            return Loaded(None, (_not_the_root(self._root),), {})
        root, faults = validate(self._root, Root)
        findings = _merged(self._root, [*most(self.path, check_root(self._root))], faults)
        if anew or touched is None or not all(map(self._is_where_it_was, changed or ())):
            paths, self._astray = included(self._root)
            self._paths = {**paths, **self._not_there_yet(paths)}
        findings += self._astray
        if texts:
            findings += most(self.path, check_texts(self.path, self._root.data, None))
        self._read(today, touched, anew)
        for file in self._files.values():
            findings += file.findings
            if texts:
                findings += self._texts(file)
        findings += self._together(texts)
        findings = sorted(dict.fromkeys(findings), key=order)
        catalogue = None
        if root is not None and not any(finding.severity is Severity.ERROR for finding in findings):
            catalogue = _catalogue(root, [file.lesson for file in self._files.values() if file.lesson])
        return Loaded(catalogue, tuple(findings), self._sources())

    def _read_root(self, today: date, touched: Collection[str] | None) -> bool:
        """Read lessons.yaml where it may have changed, and say whether every lesson is to be checked anew."""
        before, day = self._root, self._today
        self._today = today
        if touched is None or day is None or _real(self.path) in touched:
            found = self._fetched(self.path)
            self._root = found if isinstance(found, Document) else parse(self.path, found)
        return today != day or (before.data, before.findings) != (self._root.data, self._root.findings)

    def _is_where_it_was(self, path: Path) -> bool:
        """Whether a file that changed is known and still a file, so that `include` matches what it did."""
        if path == self.path:
            return True
        with suppress(OSError, ValueError):
            return self._paths.get(path) == _real(path) and stat.S_ISREG(path.stat().st_mode)
        return False

    def _read(self, today: date, touched: Collection[str] | None, anew: bool) -> None:
        """Read what is new or may have changed, and drop what is gone."""
        known = Known.of(self._root)
        before, self._files = self._files, {}
        for path, real in self._paths.items():
            file = before.pop(path, None)
            if file is None or anew or touched is None or real is None or real in touched:
                file = self._again(path, file, known, today, anew)
            self._files[path] = file
        for gone in before.values():
            self._drop(gone)

    def _again(self, path: Path, before: File | None, known: Known, today: date, anew: bool) -> File:
        """Read one file, and check it unless it says what it did; its texts are looked at once only."""
        found = self._fetched(path)
        same = before is not None and found == before.data != b""
        if before is not None and same and not anew:
            return before
        file = self._checked(path, found, known, today)
        if before is not None and same:
            file.texts = before.texts
        elif before is not None:
            self._drop(before)
        return file

    def _fetched(self, path: Path) -> bytes | Document:
        return self._instead[path] if path in self._instead else fetched(path)

    def _not_there_yet(self, paths: Collection[Path]) -> Mapping[Path, str]:
        """Return the file that is looked at before it is written, where `include` will match it."""
        new = (path for path in self._instead if path not in paths and path != self.path)
        matched = (path for path in new if takes_in(self.patterns, self._name(path)))
        return {path: _real(path) for path in matched}

    def _name(self, path: Path) -> str:
        return path.relative_to(self.path.parent).as_posix()

    def _checked(self, path: Path, found: bytes | Document, known: Known, today: date) -> File:
        """Check one file by itself."""
        name = self._name(path)
        if isinstance(found, Document):
            return File(path, name, b"", None, Says(), found.findings)
        where = (path.parent.name or path.absolute().parent.name, path.stem)
        lesson = _lesson_of(found)
        if lesson is not None and is_fine(where, lesson, known, today, self._limits):
            return File(path, name, found, lesson, Says.of(lesson), ())
        document = parse(path, found)
        if document.broken:
            return File(path, name, found, None, Says(), document.findings)
        lesson, faults = validate(document, Lesson)
        checks = check_lesson(document, known, today, self._limits), check_minutes(document, lesson)
        told = [*most(path, chain.from_iterable(checks))]
        findings = _merged(document, told, faults)
        return File(path, name, found, lesson, Says.in_source(document.value), findings)

    def _texts(self, file: File) -> Sequence[Finding]:
        """Look at the texts of a file, once for the same bytes."""
        if file.texts is None:
            file.texts = [*most(file.path, check_texts(file.path, file.data, file.lesson))]
            if file.lesson is not None:
                self._neighbours.put(str(file.path), shingles(prose(file.lesson)))
        return file.texts

    def _together(self, texts: bool) -> Iterator[Finding]:
        files = [*self._files.values()]
        yield from check_between(files)
        lessons = {x.says.id for x in files if x.says.id}
        tasks = {x.says.use_case for x in files if x.says.use_case}
        yield from most(self.path, check_references(self._root, lessons, tasks))
        if texts:
            yield from check_use_cases(self._root, files)
            yield from check_likeness(self._files, self._neighbours)

    def _sources(self) -> dict[str, bytes]:
        read_in = {file.name: file.data for file in self._files.values() if file.data}
        return {self.path.name: self._root.data, **read_in}

    def _drop(self, file: File) -> None:
        if file.lesson is not None:
            self._neighbours.drop(str(file.path))


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Keep the collector from looking again and again at a growing heap in which nothing is garbage."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _real(path: Path) -> str:
    """Return the path that a path really is, by whatever links it leads there."""
    with suppress(ValueError):
        return os.path.realpath(path)
    return str(path)


def _not_the_root(document: Document) -> Finding:
    message = "this is a lesson, and says nothing of tools and job families"
    mend = "check the root that includes it: laps lint lessons.yaml"
    return document.finding((1, 1), Code.NOT_THE_ROOT, message, mend)


def _is_lesson(document: Document) -> bool:
    return isinstance(document.value, Block) and "steps" in document.value


def _lesson_of(data: bytes) -> Lesson | None:
    """Read a lesson the fast way; None where it is none or has to be looked at."""
    found = values(data)
    with suppress(ValidationError):
        return None if found is None else Lesson.model_validate(found)
    return None


def _catalogue(root: Root, lessons: list[Lesson]) -> Catalogue:
    """Put the catalogue together, lessons in the order of job families and capabilities."""
    rank = {
        (family, capability.id): (at, index)
        for at, (family, each) in enumerate(root.job_families.items())
        for index, capability in enumerate(each.capabilities)
    }
    ordered = sorted(lessons, key=lambda x: rank[x.job_family, x.capability])
    named = {lesson.id: lesson for lesson in ordered}
    return Catalogue(
        root.organization,
        root.tools,
        root.job_families,
        named,
        root.industries,
        root.programs,
        root.targets,
        root.moments,
    )


def _merged(document: Document, told: Sequence[Finding], faults: Sequence[Finding]) -> list[Finding]:
    """Join the findings of one file, leaving out what only follows from another one at the same place."""
    unread = {(finding.line, finding.column) for finding in document.findings}
    mended = {(finding.line, finding.column) for finding in told if finding.code in _SAY_MORE}
    kept = (f for f in faults if f.code is not Code.VALUE or (f.line, f.column) not in mended)
    return [*document.findings, *(f for f in (*told, *kept) if (f.line, f.column) not in unread)]


_SAY_MORE = {
    Code.ID,
    Code.UNKNOWN_FAMILY,
    Code.UNKNOWN_TOOL,
    Code.UNKNOWN_INDUSTRY,
    Code.UNKNOWN_CAPABILITY,
    Code.MINUTES,
    Code.UNKNOWN_OFFER,
}
"""Codes that make it needless to say that an id is no id, or a number out of range."""
