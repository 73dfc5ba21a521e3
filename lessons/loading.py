"""From lessons.yaml and its included files to a catalogue, or to every finding at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path, PurePosixPath

from lessons.checking import Known, check_lesson, check_minutes, check_root
from lessons.lint import Code, Finding, Severity, order, quoted
from lessons.model import Catalogue, Lesson, Root
from lessons.reading import Block, Document, Listing, Place, Value, read
from lessons.wording import validate


def load(path: Path, today: date) -> tuple[Catalogue | None, tuple[Finding, ...]]:
    """Read and check a catalogue, never raising.

    Args:
        path: the root file, lessons.yaml.
        today: the day against which `review_by` is held.

    Returns:
        The catalogue, None where a finding is an error; and all findings, in the order of files and lines.
    """
    document = read(path)
    if document.broken:
        return None, document.findings
    if _is_lesson(document):
        message = "this is a lesson, and says nothing of tools and job families"
        mend = "check the root that includes it: laps lint lessons.yaml"
        return None, (document.finding((1, 1), Code.NOT_THE_ROOT, message, mend),)
    root, faults = validate(document, Root)
    findings = _merged(document, [*check_root(document)], faults)
    files, lost = _included(document)
    findings += lost
    known, lessons = Known.of(document), _Lessons()
    for file in files:
        findings += lessons.take(read(file), known, today)
    findings.sort(key=order)
    if root is None or any(finding.severity is Severity.ERROR for finding in findings):
        return None, tuple(findings)
    return lessons.catalogue(root), tuple(findings)


def _is_lesson(document: Document) -> bool:
    value = document.value
    return isinstance(value, Block) and "steps" in value and "organization" not in value


@dataclass
class _Lessons:
    """The lessons read so far, by id, with where each id stands."""

    lessons: dict[str, Lesson] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def take(self, document: Document, known: Known, today: date) -> list[Finding]:
        """Check one file, keep its lesson where it is one, and return what is to be mended."""
        if document.broken:
            return list(document.findings)
        lesson, faults = validate(document, Lesson)
        if lesson is not None:
            self.lessons.setdefault(lesson.id, lesson)
        told = [
            *check_lesson(document, known, today),
            *check_minutes(document, lesson),
            *self._duplicate(document),
        ]
        return _merged(document, told, faults)

    def _duplicate(self, document: Document) -> Iterator[Finding]:
        source = document.value
        if not isinstance(source, Block) or not isinstance(name := source.get("id"), str):
            return
        line, _ = place = source.value_at["id"]
        if name in self.ids:
            message = f"the id {quoted(name)} is taken by {self.ids[name]}"
            yield document.finding(place, Code.DUPLICATE_ID, message, "give each lesson an id of its own")
        else:
            self.ids[name] = f"{document.path}:{line}"

    def catalogue(self, root: Root) -> Catalogue:
        """Put the catalogue together, lessons in the order of job families and capabilities."""
        rank = {
            (family, capability.id): (at, index)
            for at, (family, each) in enumerate(root.job_families.items())
            for index, capability in enumerate(each.capabilities)
        }
        ordered = sorted(self.lessons.values(), key=lambda x: rank[x.job_family, x.capability])
        return Catalogue(root.organization, root.tools, root.job_families, {x.id: x for x in ordered})


def _merged(document: Document, told: Sequence[Finding], faults: Sequence[Finding]) -> list[Finding]:
    """Join the findings of one file, leaving out what only follows from another one at the same place."""
    unread = {(finding.line, finding.column) for finding in document.findings}
    explained = {(finding.line, finding.column) for finding in told if finding.code in _SAY_MORE}
    kept = (f for f in faults if f.code is not Code.VALUE or (f.line, f.column) not in explained)
    return [*document.findings, *(f for f in (*told, *kept) if (f.line, f.column) not in unread)]


_SAY_MORE = {Code.ID, Code.UNKNOWN_FAMILY, Code.UNKNOWN_TOOL, Code.UNKNOWN_CAPABILITY, Code.MINUTES}
"""Codes that make it needless to say that an id is no id, or a number out of range."""


def _included(root: Document) -> tuple[list[Path], list[Finding]]:
    """Return the files that `include` matches, each once, in the order of patterns and names."""
    files: dict[Path, Path] = {}
    findings: list[Finding] = []
    for pattern, place in _patterns(root.value):
        matched, refused = _match(root, pattern, place)
        findings += refused
        for real, file in matched:
            files.setdefault(real, file)
    return list(files.values()), findings


def _patterns(value: Value) -> Iterator[tuple[str, Place]]:
    include = value.get("include") if isinstance(value, Block) else None
    if isinstance(value, Block) and isinstance(include, str):
        yield include, value.value_at["include"]
    elif isinstance(include, Listing):
        for each, place in zip(include, include.item_at, strict=True):
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
        named = sorted(file for file in folder.glob(pattern) if _is_meant(file.relative_to(folder), file))
        pairs = [(file.resolve(), file) for file in named]
        home, itself = folder.resolve(), root.path.resolve()
    except (OSError, ValueError, NotImplementedError, RuntimeError):
        return [], no_pattern
    strays = [file for real, file in pairs if not real.is_relative_to(home)]
    findings = [_outside(root, place, quoted(str(file))) for file in strays]
    if any(real == itself for real, _ in pairs):
        message = f"{quoted(pattern)} matches {root.path.name} itself"
        findings.append(root.finding(place, Code.LOOP, message, _EXAMPLE))
    if not pairs:
        findings.append(root.finding(place, Code.NO_MATCH, f"{quoted(pattern)} matches no file", _EXAMPLE))
    return [pair for pair in pairs if pair[0].is_relative_to(home) and pair[0] != itself], findings


_EXAMPLE = "write one like lessons/library/**/*.yaml"


def _outside(root: Document, place: Place, what: str) -> Finding:
    mend = "move the lessons into the folder of lessons.yaml"
    return root.finding(place, Code.OUTSIDE, f"{what} leads out of the folder of {root.path.name}", mend)


def _is_meant(inside: Path, file: Path) -> bool:
    """Leave out folders and hidden files, such as an editor's copies."""
    return not any(part.startswith(".") for part in inside.parts) and not file.is_dir()
