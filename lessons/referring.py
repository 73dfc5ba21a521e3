"""What lessons.yaml says of its own programs, targets and moments that no type can hold: names, kinds, times.

They look at the source as it is, so that one fault hides no other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from lessons.lint import Code, Finding, quoted
from lessons.moments import OFFERS, TRIGGERS, Nudges, hours
from lessons.reading import Block, Document, Listing, Place, Value
from lessons.shape import blocks
from lessons.wording import did_you_mean

NEXT = "next"
"""In place of a lesson's id: the one that comes next for the person."""

ALL = "all"
"""The one program of a catalogue without programs."""


def check_references(root: Document, lessons: Collection[str], tasks: Collection[str]) -> Iterator[Finding]:
    """Check what a root names: its own tables, the ids of the lessons, and their use cases."""
    source = root.value
    if not isinstance(source, Block):
        return
    programs, targets, moments = (_entries_of(source, key) for key in ("programs", "targets", "moments"))
    for program in programs:
        yield from _whom(root, source, program.get("lessons"))
        yield from _whom(root, source, program.get("people"))
        yield from _lesson(root, program.get("lessons"), lessons, {})
    for target in targets:
        yield from _program(root, target, _ids(programs) or {ALL})
        yield from _whom(root, source, target)
        yield from _task(root, target, tasks)
    for moment in moments:
        yield from _whom(root, source, moment.get("whom"))
        yield from _kind(root, moment, "when", "trigger", TRIGGERS)
        yield from _kind(root, moment, "offer", "offer", OFFERS)
        yield from _lesson(root, moment.get("offer"), lessons, {NEXT})
        yield from _target(root, moment.get("when"), _ids(targets))
        yield from _time(root, source, moment)
    for what, entries in (("program", programs), ("target", targets), ("moment", moments)):
        yield from _own_ids(root, what, entries)


def _entries_of(source: Block, key: str) -> list[Block]:
    return [*blocks(source.get(key))]


def _ids(entries: Collection[Block]) -> set[str]:
    said = (entry.get("id") for entry in entries)
    return {name for name in said if isinstance(name, str)}


def _own_ids(root: Document, what: str, entries: Collection[Block]) -> Iterator[Finding]:
    taken: dict[str, int] = {}
    for entry in entries:
        name = entry.get("id")
        if isinstance(name, str):
            place = entry.value_at("id")
            if name in taken:
                message = f"{what} {quoted(name)} is there already, on line {taken[name]}"
                yield root.finding(place, Code.DUPLICATE_ID, message, f"give each {what} an id of its own")
            taken.setdefault(name, place[0])


def _whom(root: Document, source: Block, whom: Value) -> Iterator[Finding]:
    """Check the job families and tools that a mapping names."""
    if not isinstance(whom, Block):
        return
    for key, table, code, what in (
        ("job_family", "job_families", Code.UNKNOWN_FAMILY, "job family"),
        ("tool", "tools", Code.UNKNOWN_TOOL, "tool"),
    ):
        known = source.get(table)
        for name, place in _entries(whom, key):
            if isinstance(name, str) and isinstance(known, Block) and name not in known:
                yield root.finding(place, code, f"unknown {what} {quoted(name)}", did_you_mean(name, known))


def _entries(block: Block, key: str) -> Iterator[tuple[Value, Place]]:
    """Give what stands under a key, one or a list, each with its place."""
    said = block.get(key)
    if isinstance(said, Listing):
        yield from said.placed()
    elif said is not None:
        yield said, block.value_at(key)


def _kind(root: Document, moment: Block, key: str, what: str, kinds: Collection[str]) -> Iterator[Finding]:
    """Check that a mapping has exactly one of the keys that name its kind."""
    said = moment.get(key)
    if not isinstance(said, Block):
        return
    named = [each for each in said if each in kinds]
    if len(named) == 1:
        return
    if named:
        message, mend = f"{what} is of two kinds: {', '.join(named)}", "make two moments of it"
    else:
        first = next(iter(said), "")
        message, mend = f"no known {what}", did_you_mean(first, kinds)
    yield root.finding(moment.key_at(key), Code.UNKNOWN_KIND, message, mend)


def _lesson(
    root: Document, said: Value, lessons: Collection[str], words: Collection[str]
) -> Iterator[Finding]:
    """Check the lessons that a mapping names; `words` may stand in place of one."""
    if not isinstance(said, Block):
        return
    for name, place in _entries(said, "lesson"):
        if isinstance(name, str) and name not in lessons and name not in words:
            message, mend = f"there is no lesson {quoted(name)}", did_you_mean(name, [*lessons, *words])
            yield root.finding(place, Code.UNKNOWN_OFFER, message, mend)


def _program(root: Document, target: Block, programs: Collection[str]) -> Iterator[Finding]:
    name = target.get("program")
    if name is None and ALL not in programs:
        message = "the target says not of which program"
        yield root.finding(
            target.at, Code.UNKNOWN_PROGRAM, message, f"add program: {next(iter(sorted(programs)))}"
        )
    if isinstance(name, str) and name not in programs:
        place, message = target.value_at("program"), f"there is no program {quoted(name)}"
        yield root.finding(place, Code.UNKNOWN_PROGRAM, message, did_you_mean(name, programs))


def _target(root: Document, when: Value, targets: Collection[str]) -> Iterator[Finding]:
    name = when.get("below_target") if isinstance(when, Block) else None
    if isinstance(when, Block) and isinstance(name, str) and name not in targets:
        place, message = when.value_at("below_target"), f"there is no target {quoted(name)}"
        yield root.finding(place, Code.UNKNOWN_TARGET, message, did_you_mean(name, targets))


def _task(root: Document, target: Block, tasks: Collection[str]) -> Iterator[Finding]:
    """Warn of a task that is no lesson's use case: what people say they did would never count for it."""
    name = target.get("task")
    if isinstance(name, str) and name.casefold() not in {each.casefold() for each in tasks}:
        place, message = target.value_at("task"), f"no lesson has the use case {quoted(name)}"
        yield root.finding(place, Code.UNKNOWN_TASK, message, did_you_mean(name, tasks))


def _time(root: Document, source: Block, moment: Block) -> Iterator[Finding]:
    """Warn of a time at which nobody may be spoken to, unless they set other hours for themselves."""
    when, organization = moment.get("when"), source.get("organization")
    at = when.get("at") if isinstance(when, Block) else None
    nudges = organization.get("nudges") if isinstance(organization, Block) else None
    said = nudges.get("hours") if isinstance(nudges, Block) else None
    try:
        begin, end = hours(said if isinstance(said, str) else Nudges().hours)
    except ValueError:
        return
    if isinstance(when, Block) and isinstance(at, str) and not f"{begin:%H:%M}" <= at < f"{end:%H:%M}":
        message = f"at {quoted(at)} nothing is said: the hours are {begin:%H:%M} to {end:%H:%M}"
        mend = "choose a time within them, or change organization.nudges.hours"
        yield root.finding(when.value_at("at"), Code.OUT_OF_HOURS, message, mend)
