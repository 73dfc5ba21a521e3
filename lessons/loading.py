"""From lessons.yaml and its included files to a catalogue, or to every finding at once.

A loader keeps what it found of each file by its bytes, so that after an edit only the edited file is read,
checked and compared again; the rules between lessons hold for all of them each time.
"""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from lessons.catalogue import Catalogue, Root
from lessons.checking import ChannelLimit, Known, check_lesson, check_root, circles, is_fine
from lessons.including import included, patterns_of
from lessons.length import check_minutes
from lessons.lint import Code, Finding, Severity, order, quoted
from lessons.model import Lesson
from lessons.prose import check_texts, place, prose
from lessons.reading import Block, Document, Place, Value, read
from lessons.similarity import Neighbours, shingles
from lessons.wording import did_you_mean, validate

USE_CASES = range(10, 16)
"""How many a job family should have: fewer leave people without, more are not agreed with anybody."""


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


@dataclass(slots=True)
class _File:
    """One lesson file, and what was found in it."""

    path: Path
    data: bytes
    lesson: Lesson | None
    named: tuple[str, Place] | None
    serves: tuple[str, str] | None
    """The job family and the use case that it says, also where it has errors."""
    findings: Sequence[Finding]
    texts: Sequence[Finding] | None = None


class Loader:
    """Loads one catalogue, again and again."""

    def __init__(self, path: Path, limits: Sequence[ChannelLimit] = ()) -> None:
        """Take the path of lessons.yaml, and how much each channel shows."""
        self.path = path
        self._limits = limits
        self._root = Document(path, None)
        self._today: date | None = None
        self._paths: list[Path] = []
        self._astray: Sequence[Finding] = ()
        self._files: dict[Path, _File] = {}
        self._neighbours = Neighbours()

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

    def _load(self, today: date, changed: Collection[Path] | None, texts: bool) -> Loaded:
        if changed is None or self.path in changed or today != self._today:
            before, self._root, self._today = self._root, read(self.path), today
            if before.data != self._root.data or changed is None:
                self._forget()
        if self._root.broken:
            return Loaded(None, self._root.findings, {})
        if _is_lesson(self._root):
            return Loaded(None, (_not_the_root(self._root),), {})
        root, faults = validate(self._root, Root)
        findings = _merged(self._root, [*check_root(self._root)], faults)
        if changed is None or any(self._is_new_or_gone(path) for path in changed):
            self._paths, self._astray = included(self._root)
        findings += self._astray
        self._read(today, changed)
        for file in self._files.values():
            findings += file.findings
            if texts:
                findings += self._texts(file)
        findings += self._between()
        if texts:
            findings += [*self._use_cases(), *self._near()]
        findings.sort(key=order)
        catalogue = None
        if root is not None and not any(finding.severity is Severity.ERROR for finding in findings):
            catalogue = _catalogue(root, [file.lesson for file in self._files.values() if file.lesson])
        return Loaded(catalogue, tuple(findings), self._sources())

    def _is_new_or_gone(self, path: Path) -> bool:
        return path == self.path or path not in self._files or not path.exists()

    def _forget(self) -> None:
        self._files.clear()
        self._neighbours = Neighbours()

    def _read(self, today: date, changed: Collection[Path] | None) -> None:
        """Read what is new or may have changed, and drop what is gone."""
        known = Known.of(self._root)
        before, self._files = self._files, {}
        for path in self._paths:
            file = before.pop(path, None)
            if file is None or changed is None or path in changed:
                document = read(path)
                if file is None or document.data != file.data:
                    if file is not None:
                        self._drop(file)
                    file = self._checked(document, known, today)
            self._files[path] = file
        for gone in before.values():
            self._drop(gone)

    def _drop(self, file: _File) -> None:
        if file.lesson is not None:
            self._neighbours.drop(str(file.path))

    def _checked(self, document: Document, known: Known, today: date) -> _File:
        """Check one file by itself."""
        if document.broken:
            return _File(document.path, document.data, None, None, None, document.findings)
        lesson, faults = validate(document, Lesson)
        told: list[Finding] = []
        where = (document.path.absolute().parent.name, document.path.stem)
        if lesson is None or not is_fine(where, lesson, known, today, self._limits):
            told += check_lesson(document, known, today, self._limits)
            told += check_minutes(document, lesson)
        findings = _merged(document, told, faults)
        source = document.value
        return _File(document.path, document.data, lesson, _named(source), _serves(source), findings)

    def _texts(self, file: _File) -> Sequence[Finding]:
        """Look at the texts of a file, once for the same bytes."""
        if file.texts is None:
            file.texts = [*check_texts(file.path, file.data, file.lesson)]
            if file.lesson is not None:
                self._neighbours.put(str(file.path), shingles(prose(file.lesson)))
        return file.texts

    def _between(self) -> Iterator[Finding]:
        """Check what lessons say of each other: ids, and what comes before what."""
        taken: dict[str, str] = {}
        for file in self._files.values():
            if file.named is None:
                continue
            name, at = file.named
            if name in taken:
                message = f"the id {quoted(name)} is taken by {taken[name]}"
                mend = "give each lesson an id of its own"
                yield Finding(file.path, *at, Code.DUPLICATE_ID, message, mend)
            else:
                taken[name] = f"{file.path}:{at[0]}"
        yield from self._prerequisites()

    def _prerequisites(self) -> Iterator[Finding]:
        pairs = [(file, file.lesson) for file in self._files.values() if file.lesson]
        before = {lesson.id: lesson.prerequisites for _, lesson in pairs if lesson.prerequisites}
        if not before:
            return
        families: defaultdict[str, list[str]] = defaultdict(list)
        for _, lesson in pairs:
            families[lesson.job_family].append(lesson.id)
        rounds = circles(before)
        for file, lesson in pairs:
            inside = families[lesson.job_family]
            for index, name in enumerate(lesson.prerequisites):
                if name not in inside:
                    mend = did_you_mean(name, [each for each in inside if each != lesson.id])
                    message = f"{lesson.job_family} has no lesson {quoted(name)}"
                    at = place(file.path, file.data, "prerequisites", index)
                    yield Finding(file.path, *at, Code.UNKNOWN_LESSON, message, mend)
            if lesson.id in rounds:
                message = f"comes before itself: {' after '.join(rounds[lesson.id])}"
                at = place(file.path, file.data, "prerequisites")
                yield Finding(file.path, *at, Code.CIRCLE, message, "take one of them out")

    def _use_cases(self) -> Iterator[Finding]:
        families: defaultdict[str, set[str]] = defaultdict(set)
        for family, use_case in (file.serves for file in self._files.values() if file.serves):
            families[family].add(use_case)
        said = self._root.value.get("job_families") if isinstance(self._root.value, Block) else None
        if not isinstance(said, Block) or not all(file.serves for file in self._files.values()):
            return  # what cannot be read cannot be counted
        for family in said:
            count = len(families[family])
            if count not in USE_CASES:
                bounds = f"{USE_CASES.start} to {USE_CASES.stop - 1} serve a job family best"
                mend = "laps new lesson" if count < USE_CASES.start else "leave out the least used"
                message = f"{family} has {count} use cases; {bounds}"
                yield self._root.finding(said.key_at(family), Code.USE_CASES, message, mend)

    def _near(self) -> Iterator[Finding]:
        for file in self._files.values():
            if file.lesson and (found := self._neighbours.nearest(str(file.path))):
                other, degree = found
                twin = self._files[Path(other)].lesson
                message = f"{degree:.0%} the same words as {twin.id if twin else other}"
                mend = "teach something else, or make it one lesson with variants"
                yield Finding(
                    file.path, *place(file.path, file.data, "id"), Code.NEARLY_THE_SAME, message, mend
                )

    def _sources(self) -> dict[str, bytes]:
        folder = self.path.parent
        read_in = {file.path: file.data for file in self._files.values()}
        return {self.path.name: self._root.data} | {
            path.relative_to(folder).as_posix(): data for path, data in read_in.items()
        }


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


def _not_the_root(document: Document) -> Finding:
    message = "this is a lesson, and says nothing of tools and job families"
    mend = "check the root that includes it: laps lint lessons.yaml"
    return document.finding((1, 1), Code.NOT_THE_ROOT, message, mend)


def _is_lesson(document: Document) -> bool:
    return isinstance(document.value, Block) and "steps" in document.value


def _serves(source: Value) -> tuple[str, str] | None:
    family, use_case = (
        source.get(key) if isinstance(source, Block) else None for key in ("job_family", "use_case")
    )
    return (family, use_case) if isinstance(family, str) and isinstance(use_case, str) else None


def _named(source: Value) -> tuple[str, Place] | None:
    name = source.get("id") if isinstance(source, Block) else None
    return (name, source.value_at("id")) if isinstance(source, Block) and isinstance(name, str) else None


def _catalogue(root: Root, lessons: list[Lesson]) -> Catalogue:
    """Put the catalogue together, lessons in the order of job families and capabilities."""
    rank = {
        (family, capability.id): (at, index)
        for at, (family, each) in enumerate(root.job_families.items())
        for index, capability in enumerate(each.capabilities)
    }
    ordered = sorted(lessons, key=lambda x: rank[x.job_family, x.capability])
    named = {lesson.id: lesson for lesson in ordered}
    return Catalogue(root.organization, root.tools, root.job_families, named, root.industries)


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
}
"""Codes that make it needless to say that an id is no id, or a number out of range."""
