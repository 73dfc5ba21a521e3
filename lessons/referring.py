"""What lessons.yaml says of its own moments that no type can hold: names, kinds, times.

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


def check_moments(root: Document, lessons: Collection[str]) -> Iterator[Finding]:
    """Check the moments of a root against what it names, and against the ids of the lessons."""
    source = root.value
    if not isinstance(source, Block):
        return
    taken: dict[str, int] = {}
    for moment in blocks(source.get("moments")):
        yield from _own_id(root, moment, taken)
        yield from _whom(root, source, moment)
        yield from _kind(root, moment, "when", "trigger", TRIGGERS)
        yield from _kind(root, moment, "offer", "offer", OFFERS)
        yield from _lesson(root, moment, lessons)
        yield from _time(root, source, moment)


def _own_id(root: Document, moment: Block, taken: dict[str, int]) -> Iterator[Finding]:
    name = moment.get("id")
    if not isinstance(name, str):
        return
    place = moment.value_at("id")
    if name in taken:
        message = f"moment {quoted(name)} is there already, on line {taken[name]}"
        yield root.finding(place, Code.DUPLICATE_ID, message, "give each moment an id of its own")
    taken.setdefault(name, place[0])


def _whom(root: Document, source: Block, moment: Block) -> Iterator[Finding]:
    whom = moment.get("whom")
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


def _lesson(root: Document, moment: Block, lessons: Collection[str]) -> Iterator[Finding]:
    offer = moment.get("offer")
    name = offer.get("lesson") if isinstance(offer, Block) else None
    if isinstance(offer, Block) and isinstance(name, str) and name != NEXT and name not in lessons:
        message, mend = f"there is no lesson {quoted(name)}", did_you_mean(name, [*lessons, NEXT])
        yield root.finding(offer.value_at("lesson"), Code.UNKNOWN_OFFER, message, mend)


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
