"""The rules that hold between the lessons of a catalogue: ids, what comes before what, and likeness."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from lessons.lint import Code, Finding, most, quoted
from lessons.model import MOST_PREREQUISITES, Lesson
from lessons.reading import Block, Document, Listing, Place, Value, parse
from lessons.similarity import Neighbours
from lessons.wording import did_you_mean, listed

USE_CASES = range(10, 16)
"""How many a job family should have: fewer leave people without, more are not agreed with anybody."""


@dataclass(frozen=True, slots=True)
class Says:
    """What a lesson says that others are held against, sound or not; None where it does not say it."""

    id: str | None = None
    family: str | None = None
    use_case: str | None = None
    before: Sequence[tuple[int, str]] = ()
    """Its prerequisites, each with its place in the list."""

    @classmethod
    def of(cls, lesson: Lesson) -> Says:
        """Take it from a sound lesson."""
        return cls(lesson.id, lesson.job_family, lesson.use_case, tuple(enumerate(lesson.prerequisites)))

    @classmethod
    def in_source(cls, source: Value) -> Says:
        """Take it from the source of a faulty lesson, as far as it is there."""
        if not isinstance(source, Block):
            return cls()
        name, family, use_case = map(source.get, ("id", "job_family", "use_case"))
        before = source.get("prerequisites")
        named = enumerate(islice(before, MOST_PREREQUISITES) if isinstance(before, Listing) else ())
        return cls(
            name if isinstance(name, str) else None,
            family if isinstance(family, str) else None,
            use_case if isinstance(use_case, str) else None,
            tuple((index, each) for index, each in named if isinstance(each, str)),
        )


@dataclass(slots=True)
class File:
    """One lesson file, and what was found in it by itself."""

    path: Path
    name: str
    """Its path from the folder of lessons.yaml."""
    data: bytes
    lesson: Lesson | None
    """None where it has a fault that keeps it from being one."""
    says: Says
    findings: Sequence[Finding]
    texts: Sequence[Finding] | None = None
    """What was found in its texts; None where nobody has looked yet."""
    places: dict[tuple[str | int, ...], Place] = field(default_factory=dict)
    """Those that were looked for already."""

    def finding(self, way: tuple[str | int, ...], code: Code, message: str, mend: str) -> Finding:
        """Make a finding about the value that keys and indexes lead to, for which the file is read anew."""
        return Finding(self.path, *self.place(*way), code, message, mend)

    def place(self, *way: str | int) -> Place:
        """Return where the value begins that some keys and indexes lead to."""
        if way not in self.places:
            self.places[way] = parse(self.path, self.data).place(*way)
        return self.places[way]


def check_between(files: Sequence[File]) -> Iterator[Finding]:
    """Check what lessons say of each other: ids, and what comes before what."""
    taken: dict[str, File] = {}
    for file in files:
        name = file.says.id
        if name is None:
            continue
        if name in taken:
            line = taken[name].place("id")[0]
            message = f"the id {quoted(name)} is taken by {taken[name].path}:{line}"
            yield file.finding(("id",), Code.DUPLICATE_ID, message, "give each lesson an id of its own")
        else:
            taken[name] = file
    before = {file.says.id: [each for _, each in file.says.before] for file in files if file.says.id}
    if any(before.values()):
        rounds = circles(before)
        known = _by_family(files)
        for file in files:
            yield from most(file.path, _prerequisites(file, known, rounds))


def _by_family(files: Sequence[File]) -> Mapping[str | None, set[str]]:
    """Return the ids of each job family; under None those of which nobody knows where they belong."""
    known: defaultdict[str | None, set[str]] = defaultdict(set)
    for file in files:
        if file.says.id:
            known[file.says.family].add(file.says.id)
    return known


def _prerequisites(
    file: File, known: Mapping[str | None, set[str]], rounds: Mapping[str, tuple[str, ...]]
) -> Iterator[Finding]:
    name, family = file.says.id or "", file.says.family
    inside = known.get(family, set()) if family else set()
    for index, each in file.says.before:
        if family and each not in inside and each not in known.get(None, ()):
            other = next((one for one, names in known.items() if each in names), None)
            mend = did_you_mean(each, sorted(inside - {name}))
            if other:
                mend = f"it is one of {other}; a lesson and what comes before it are of one job family"
            message = f"{listed([family])} has no lesson {quoted(each)}"
            yield file.finding(("prerequisites", index), Code.UNKNOWN_LESSON, message, mend)
    if name in rounds:
        message = f"comes before itself: {listed(rounds[name], ' after ')}"
        yield file.finding(("prerequisites",), Code.CIRCLE, message, "take one of them out")


def circles(before: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return each lesson that comes before itself, with the shortest way round.

    Args:
        before: the lessons that come before each lesson.
    """
    left = {name: {each for each in names if each in before} for name, names in before.items()}
    after: defaultdict[str, list[str]] = defaultdict(list)
    for name, names in left.items():
        for each in names:
            after[each].append(name)
    free = [name for name, names in left.items() if not names]
    while free:  # what only these come before is in no circle
        name = free.pop()
        del left[name]
        for each in after[name]:
            left[each].discard(name)
            if not left[each]:
                free.append(each)
    found = ((name, _way_round(name, left)) for name in left)
    return {name: way for name, way in found if way}


def _way_round(start: str, before: Mapping[str, set[str]]) -> tuple[str, ...]:
    came: dict[str, str] = {}
    waiting = deque([start])
    while waiting:
        name = waiting.popleft()
        for each in sorted(before[name]):
            if each == start:
                way = [start, name]
                while way[-1] != start:
                    way.append(came[way[-1]])
                return tuple(reversed(way))
            if each not in came:
                came[each] = name
                waiting.append(each)
    return ()


def check_use_cases(root: Document, files: Sequence[File]) -> Iterator[Finding]:
    """Check how many use cases each job family has; while a lesson cannot be read, they cannot be counted."""
    served: defaultdict[str, set[str]] = defaultdict(set)
    for says in (file.says for file in files):
        if says.family is None or says.use_case is None:
            return
        served[says.family].add(says.use_case)
    families = root.value.get("job_families") if isinstance(root.value, Block) else None
    for family, _, at, _ in families.placed() if isinstance(families, Block) else ():
        if (count := len(served[family])) not in USE_CASES:
            bounds = f"{USE_CASES.start} to {USE_CASES.stop - 1} serve a job family best"
            few = count < USE_CASES.start
            mend = "write more lessons: laps new lesson" if few else "leave out those that the fewest have"
            message = f"{family} has {count} use case{'' if count == 1 else 's'}; {bounds}"
            yield root.finding(at, Code.USE_CASES, message, mend)


def check_likeness(files: Mapping[Path, File], neighbours: Neighbours) -> Iterator[Finding]:
    """Check that no lesson is another one with the nouns changed."""
    for file in files.values():
        if file.lesson and (found := neighbours.nearest(str(file.path))):
            other, degree = found
            twin = files[Path(other)].lesson
            message = f"{100 * degree:.0f} % the same words as {twin.id if twin else other}"
            mend = "teach something else, or make it one lesson with variants"
            yield file.finding(("id",), Code.NEARLY_THE_SAME, message, mend)
