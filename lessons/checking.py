"""The rules of a catalogue that no type can hold: references, ids, days, what comes before what.

They look at the source as it is, so that one fault hides no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from operator import attrgetter
from zoneinfo import available_timezones

from lessons.length import length, rounded
from lessons.lint import Code, Finding, quoted
from lessons.model import Lesson
from lessons.reading import Block, Document, Listing, Place, Value
from lessons.shape import blocks, check_shape
from lessons.steps import Practice, PracticeStep
from lessons.terms import NAME, read_day
from lessons.translation import overlaid
from lessons.wording import did_you_mean


@dataclass(frozen=True)
class Known:
    """The ids of lessons.yaml that lessons refer to; None where it names none, which is a finding there."""

    tools: tuple[str, ...] | None
    capabilities: Mapping[str, tuple[str, ...] | None] | None
    """Those of each job family."""
    industries: tuple[str, ...] | None
    warnings: Mapping[str, int]
    """How many characters each industry says of what may not be pasted."""
    industry: str | None
    """That of the organization, whose warning is the one that is shown."""

    @classmethod
    def of(cls, root: Document) -> Known:
        """Collect the ids of a root, also of one that has findings."""
        tools, families = _child(root.value, "tools"), _child(root.value, "job_families")
        industries, ours = (
            _child(root.value, "industries"),
            _child(_child(root.value, "organization"), "industry"),
        )
        named = industries if isinstance(industries, Block) else {}
        return cls(
            tuple(tools) if isinstance(tools, Block) and tools else None,
            {k: _ids(v) for k, v in families.items()} if isinstance(families, Block) and families else None,
            tuple(named) if isinstance(industries, Block) or _lacks(root.value, "industries") else None,
            {name: _units("; ".join(_texts(_child(each, "never_paste")))) for name, each in named.items()},
            ours if isinstance(ours, str) else None,
        )

    def warned(self, industries: Iterable[str]) -> int:
        """Count the characters of the note on what may not be pasted, in a lesson of some industries."""
        return sum(self.warnings.get(each, 0) for each in ([self.industry] if self.industry else industries))


def _lacks(value: Value, key: str) -> bool:
    return isinstance(value, Block) and key not in value


def _texts(value: Value) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, Listing) else []


def _child(value: Value, key: str) -> Value:
    return value.get(key) if isinstance(value, Block) else None


def _ids(family: Value) -> tuple[str, ...] | None:
    if isinstance(family, Block) and "capabilities" not in family:
        return ()
    listed = _child(family, "capabilities")
    if not isinstance(listed, Listing):
        return None
    return tuple(found for found in (_child(each, "id") for each in listed) if isinstance(found, str))


def check_root(root: Document) -> Iterator[Finding]:
    """Check what lessons.yaml says by itself."""
    organization = _child(root.value, "organization")
    zone = _child(organization, "time_zone")
    if isinstance(organization, Block) and isinstance(zone, str) and zone not in _time_zones():
        place = organization.value_at("time_zone")
        mend = did_you_mean(zone, _time_zones(), "write a name such as Europe/Berlin")
        yield root.finding(place, Code.TIME_ZONE, f"unknown time zone {quoted(zone)}", mend)
    if isinstance(organization, Block):
        yield from _named(root, organization, "industry", Known.of(root).industries, Code.UNKNOWN_INDUSTRY)
    families = _child(root.value, "job_families")
    for family in families.values() if isinstance(families, Block) else ():
        yield from _repeated_capabilities(root, family)


@cache
def _time_zones() -> frozenset[str]:
    """Return the IANA names, without those that mean another zone on each machine, or none."""
    return frozenset(available_timezones()) - {"localtime", "Factory"}


def _repeated_capabilities(root: Document, family: Value) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for capability in blocks(_child(family, "capabilities")):
        name = capability.get("id")
        if isinstance(name, str) and name in seen:
            message = f"capability {quoted(name)} is there already, on line {seen[name]}"
            yield root.finding(capability.value_at("id"), Code.DUPLICATE_ID, message, "keep one of the two")
        elif isinstance(name, str):
            seen[name] = capability.value_at("id")[0]


@dataclass(frozen=True, slots=True)
class ChannelLimit:
    """How many characters (UTF-16 units) a channel shows in one message, buttons and headings apart."""

    channel: str
    most: int


def is_fine(
    path_names: tuple[str, str], lesson: Lesson, known: Known, today: date, limits: Sequence[ChannelLimit]
) -> bool:
    """Say quickly that `check_lesson` would find nothing in a lesson; False only means that it must look.

    Most lessons are fine, and a look at the values costs a tenth of one at the source.
    """
    folder, stem = path_names
    capabilities = (known.capabilities or {}).get(lesson.job_family)
    practices = (step.practice for step in lesson.steps if isinstance(step, PracticeStep))
    return (
        capabilities is not None
        and lesson.capability in capabilities
        and known.tools is not None
        and all(tool in known.tools for tool in lesson.tools)
        and all(each in (known.industries or ()) for each in lesson.industries)
        and not lesson.translations
        and folder == lesson.job_family
        and lesson.id == f"{folder}-{stem}"
        and today <= _due(lesson.review_by, lesson.reviewed_on)
        and all(_is_fine(practice, lesson, limits, known) for practice in practices)
        and lesson.minutes == rounded(length(lesson))
    )


def _is_fine(practice: Practice, lesson: Lesson, limits: Sequence[ChannelLimit], known: Known) -> bool:
    size = _on_screen(practice) + known.warned(lesson.industries)
    fits = all(size <= limit.most for limit in limits)
    return bool(practice.hint and practice.rubric) and fits and practice.variants.keys() <= set(lesson.tools)


def check_lesson(
    document: Document, known: Known, today: date, limits: Sequence[ChannelLimit] = ()
) -> Iterator[Finding]:
    """Check what no type can hold in a lesson's source, `minutes` apart."""
    lesson = document.value
    if isinstance(lesson, Block):
        yield from _references(document, lesson, known)
        yield from check_shape(document, lesson)
        yield from _practices(document, lesson, known, limits)
        yield from _review_day(document, lesson, today)


def _named(
    document: Document, block: Block, key: str, known: tuple[str, ...] | None, code: Code
) -> Iterator[Finding]:
    """Check the names under a key, one or a list, against those that lessons.yaml has."""
    said = block.get(key)
    entries = said.placed() if isinstance(said, Listing) else ((said, block.value_at(key)),) if said else ()
    for name, place in entries:
        if isinstance(name, str) and known is not None and name not in known:
            message = f"unknown {_SINGULAR.get(key, key)} {quoted(name)}"
            yield document.finding(place, code, message, did_you_mean(name, known))


_SINGULAR = {"tools": "tool", "industries": "industry"}


def _references(document: Document, lesson: Block, known: Known) -> Iterator[Finding]:
    yield from _named(document, lesson, "tools", known.tools, Code.UNKNOWN_TOOL)
    yield from _named(document, lesson, "industries", known.industries, Code.UNKNOWN_INDUSTRY)
    family = lesson.get("job_family")
    if not isinstance(family, str) or known.capabilities is None:
        return
    if family in known.capabilities:
        yield from _capability(document, lesson, family, known.capabilities[family])
        yield from _file_name(document, lesson, family)
    else:
        message, mend = f"unknown job family {quoted(family)}", did_you_mean(family, known.capabilities)
        yield document.finding(lesson.value_at("job_family"), Code.UNKNOWN_FAMILY, message, mend)


def _practices(
    document: Document, lesson: Block, known: Known, limits: Sequence[ChannelLimit]
) -> Iterator[Finding]:
    tools = lesson.get("tools")
    warned = known.warned(_texts(lesson.get("industries")))
    limits = sorted(limits, key=attrgetter("most"))
    steps = lesson.get("steps")
    for index, step in enumerate(steps if isinstance(steps, Listing) else ()):
        if not isinstance(practice := _child(step, "practice"), Block) or not isinstance(step, Block):
            continue
        variants = practice.get("variants")
        if isinstance(variants, Block) and isinstance(tools, Listing):
            yield from _variants(document, variants, _texts(tools))
        place = step.key_at("practice")
        yield from _fits(document, place, "", warned + _written_size(practice), limits)
        for locale, words, at in _translated(lesson, index):
            size = _written_size(overlaid(practice, words))
            yield from _fits(document, at, f" in {locale}", warned + size, limits)


def _variants(document: Document, variants: Block, tools: Sequence[str]) -> Iterator[Finding]:
    for tool, _, place, _ in variants.placed():
        if tool not in tools:
            mend = did_you_mean(tool, tools, "add it to tools, or leave the variant out")
            message = f"the lesson has no tool {quoted(tool)}"
            yield document.finding(place, Code.UNUSED_VARIANT, message, mend)


def _translated(lesson: Block, index: int) -> Iterator[tuple[str, Value, Place]]:
    """Give the texts of a practice in each other language, and where they stand."""
    translations = lesson.get("translations")
    for locale, words, _, _ in translations.placed() if isinstance(translations, Block) else ():
        steps = _child(words, "steps")
        step = steps[index] if isinstance(steps, Listing) and index < len(steps) else None
        if isinstance(step, Block) and "practice" in step:
            yield locale, step["practice"], step.key_at("practice")


def _fits(
    document: Document, place: Place, where: str, size: int, limits: Sequence[ChannelLimit]
) -> Iterator[Finding]:
    """Check the size of a screen against the limits, the strictest first: who keeps that keeps all."""
    if limit := next((limit for limit in limits if size > limit.most), None):
        screen = f"the practice{where} has {size:,} characters on one screen"
        message = f"{screen}; {limit.channel} shows {limit.most:,}"
        mend = f"shorten material, starter or variants by {size - limit.most:,}"
        yield document.finding(place, Code.TOO_LONG, message, mend)


def _on_screen(practice: Practice) -> int:
    """Count the characters of a practice's first screen, with every variant."""
    texts = [practice.task, practice.material, practice.starter, practice.hint]
    for variant in practice.variants.values():
        texts += (variant.starter, variant.menu)
    return sum(map(_units, texts))


def _written_size(practice: object) -> int:
    """Count the same in the source, or in what a translation makes of it."""
    if not isinstance(practice, Mapping):
        return 0
    variants = practice.get("variants")
    shown = [practice.get(key) for key in ("task", "material", "starter", "hint")]
    for variant in variants.values() if isinstance(variants, Mapping) else ():
        if isinstance(variant, Mapping):
            shown += (variant.get("starter"), variant.get("menu"))
    return sum(_units(text) for text in shown if isinstance(text, str))


def _units(text: str) -> int:
    """Count UTF-16 units, the strictest way in which a platform may count characters."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def _capability(
    document: Document, lesson: Block, family: str, known: tuple[str, ...] | None
) -> Iterator[Finding]:
    name = lesson.get("capability")
    if isinstance(name, str) and known is not None and name not in known:
        message = f"{family} has no capability {quoted(name)}"
        mend = did_you_mean(name, known)
        yield document.finding(lesson.value_at("capability"), Code.UNKNOWN_CAPABILITY, message, mend)


def _file_name(document: Document, lesson: Block, family: str) -> Iterator[Finding]:
    """Check that a lesson is found by its id: in the folder of its family, in a file of the id's rest."""
    path, name = document.path.absolute(), lesson.get("id")
    if path.parent.name != family:
        message = f"the file is in the folder {quoted(path.parent.name)}, not {quoted(family)}"
        yield document.finding(lesson.value_at("job_family"), Code.FOLDER, message, f"move it to {family}/")
    expected = f"{family}-{path.stem}"
    if isinstance(name, str) and name != expected:
        fits = re.fullmatch(NAME, expected)
        mend = f"write id: {expected}" if fits else "name the file in lower-case words joined by hyphens"
        message = f"the id {quoted(name)} is not the job family and the file's name"
        yield document.finding(lesson.value_at("id"), Code.ID, message, mend)


LONGEST_UNREAD = timedelta(days=92)
"""Three months: tools and rules change, and a lesson that nobody read again is stale."""


def _due(review_by: date, reviewed_on: date | None) -> date:
    """Return the last day on which a lesson counts as reviewed."""
    return review_by if reviewed_on is None else min(review_by, reviewed_on + LONGEST_UNREAD)


def _review_day(document: Document, lesson: Block, today: date) -> Iterator[Finding]:
    by, on = read_day(lesson.get("review_by")), read_day(lesson.get("reviewed_on"))
    owner = lesson.get("owner")
    mend = f"{owner if isinstance(owner, str) else 'somebody'} reads it again, mends it, and sets new days"
    if by is not None and by < today:
        message = f"was to be reviewed by {by}"
        yield document.finding(lesson.value_at("review_by"), Code.REVIEW_DUE, message, mend)
    elif on is not None and on + LONGEST_UNREAD < today:
        message = f"was last reviewed on {on}, over three months ago"
        yield document.finding(lesson.value_at("reviewed_on"), Code.REVIEW_DUE, message, mend)
