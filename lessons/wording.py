"""What pydantic finds in a document, in words for people who write lessons, each at its line and column."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, TypeVar, get_args

from pydantic import ValidationError

from lessons.lint import Code, Finding, most, quoted
from lessons.moments import CLOCK, COUNTRY, HOURS
from lessons.reading import Block, Document, Listing, Place, Value
from lessons.terms import ADDRESS, LOCALE, NAME, Model

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

M = TypeVar("M", bound=Model)


def validate(document: Document, model: type[M]) -> tuple[M | None, tuple[Finding, ...]]:
    """Read a document as a model, or return what keeps it from being one.

    The kinds of steps and checks, and the number of right answers, are not told here but by
    `lessons.checking`, which sees them also beside other faults.
    """
    try:
        return model.model_validate(document.value), ()
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        said = (_finding(document, model, detail) for detail in details)
        told = (finding for finding in said if finding is not None)
        return None, tuple(most(document.path, told))


def did_you_mean(word: str, known: Iterable[str], otherwise: str | None = None) -> str:
    """Return the mend for an unknown word: the nearest known one, else `otherwise`, else all of them."""
    names = list(known)
    alike = [name for name in names if abs(len(name) - len(word)) <= 8] if len(word) < 100 else []
    alike.sort(key=lambda name: name[:1] != word[:1])
    if near := difflib.get_close_matches(word, alike[:_MOST_ALIKE], n=1):
        return f"did you mean {near[0]}?"
    return otherwise or f"known here: {listed(names) or 'nothing yet'}"


_MOST_ALIKE = 200
"""Words among which the nearest is looked for: among thousands that would take seconds."""


def listed(names: Iterable[str], between: str = ", ") -> str:
    """Name the first of some names, and say whether there are more."""
    first = [name if len(name) <= 60 else f"{name[:59]}…" for name in islice(names, 21)]
    return between.join([*first[:20], *(["…"] if len(first) > 20 else [])])


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where pydantic found something: the path without tags, what is there, its place and its key's."""

    path: tuple[int | str, ...]
    value: Value
    place: Place
    key_place: Place

    @property
    def subject(self) -> str:
        """Name the spot by its key: `title`, or `an entry of tools`."""
        key = next((part for part in reversed(self.path) if isinstance(part, str)), "the file")
        short = key if len(key) <= 60 else f"{key[:59]}…"
        return f"an entry of {short}" if self.path and isinstance(self.path[-1], int) else short


def _resolve(document: Document, loc: tuple[int | str, ...]) -> _Spot:
    """Follow a location through the source as far as it leads; a tag of a union leads nowhere."""
    value = document.value
    place = key_place = value.at if isinstance(value, Block | Listing) else (1, 1)
    path: list[int | str] = []
    for part in loc:
        if isinstance(value, Block) and isinstance(part, str) and part in value:
            place, key_place, value = value.value_at(part), value.key_at(part), value[part]
        elif isinstance(value, Listing) and isinstance(part, int) and part < len(value):
            place, value = value.item_at(part), value[part]
            key_place = place
        else:
            continue
        path.append(part)
    return _Spot(tuple(path), value, place, key_place)


def _finding(document: Document, model: type[Model], detail: ErrorDetails) -> Finding | None:
    loc, kind = detail["loc"], detail["type"]
    spot = _resolve(document, loc)
    if kind in _TOLD_BY_CHECKS or _is_the_opening(loc, kind):
        return None
    if kind == "extra_forbidden":
        return _unknown_key(document, model, spot)
    if kind == "missing":
        return _missing_key(document, model, _resolve(document, loc[:-1]), str(loc[-1]))
    if kind in _EXPECTED:
        said = f"{spot.subject} should be {_EXPECTED[kind]}, not {_shown(spot.value)}"
        mend = _mend(kind, spot.value) if spot.path else "see the example in docs/lessons.md"
        return document.finding(spot.place, Code.KIND, said, mend)
    if loc[-1] == "[key]":
        name = str(spot.path[-1])
        spot = _Spot(spot.path, name, spot.key_place, spot.key_place)
    return _beyond_limits(document, spot, detail)


_TOLD_BY_CHECKS = {"unknown_step", "unknown_check", "unknown_trigger", "unknown_offer", "one_right"}


def _is_the_opening(loc: tuple[int | str, ...], kind: str) -> bool:
    """Whether an error only says that the first step is no practice."""
    if loc[:2] != ("steps", 0):
        return False
    return len(loc) == 2 or (len(loc) == 3 and kind in {"missing", "extra_forbidden"})


def _unknown_key(document: Document, model: type[Model], spot: _Spot) -> Finding:
    key = str(spot.path[-1])
    known = [key for each in _models_at(model, spot.path[:-1]) for key in each.model_fields]
    mend = did_you_mean(key, known)
    if spot.value is None and " " in key:  # what a comma cut off: {alt: A table, and beside it a chart}
        mend = "inside { } a text with a comma needs quotes"
    return document.finding(spot.key_place, Code.UNKNOWN_KEY, f"unknown key {quoted(key)}", mend)


def _missing_key(document: Document, model: type[Model], spot: _Spot, key: str) -> Finding:
    fields = (each.model_fields.get(key) for each in _models_at(model, spot.path))
    means = next((field.description for field in fields if field and field.description), None)
    mend = f"add {key}: {means[0].lower()}{means[1:].rstrip('.')}" if means else f"add {key}"
    return document.finding(spot.place, Code.MISSING_KEY, f"{key} is missing", mend)


def _models_in(annotation: object) -> frozenset[type[Model]]:
    """Return the models that an annotation speaks of, without those inside them."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return frozenset({annotation})
    return frozenset(model for each in get_args(annotation) for model in _models_in(each))


def _models_at(model: type[Model], path: Iterable[int | str]) -> frozenset[type[Model]]:
    """Return the models that the mapping at a path may be."""
    here = frozenset({model})
    for part in path:
        if isinstance(part, str):
            fields = [each.model_fields[part] for each in here if part in each.model_fields]
            here = frozenset(m for field in fields for m in _models_in(field.annotation)) or here
    return here


_A_DAY = "a day such as 2027-03-01"

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "date_type": _A_DAY,
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
}
"""pydantic's names of wrong kinds, in words."""


def _shown(value: Value) -> str:
    if value is None:
        return "empty"
    if isinstance(value, Block | Listing):
        return "a mapping" if isinstance(value, Block) else "a list"
    if isinstance(value, bool):
        return str(value).lower()
    return f"the text {quoted(value)}" if isinstance(value, str) else f"the number {value}"


def _mend(kind: str, value: Value) -> str:
    """Say what to do about a value of the wrong kind."""
    if value is None:
        return "write it after the colon, or indent it below"
    if kind == "string_type":
        return _MEND_TEXT.get(type(value), "put it in quotes")
    return _MENDS.get(kind, "write it in digits, without quotes")


_MENDS = {
    "bool_type": "write true or false, without quotes",
    "date_type": "write year-month-day, a day that the calendar has",
    "tuple_type": "write [ ] around it, or one line with - for each entry",
    "dict_type": "write key: value lines, indented below it",
    "model_type": "write key: value lines, indented below it",
}

_MEND_TEXT: Mapping[type, str] = {
    Block: "a text with a colon and a space needs quotes",
    Listing: "write one text; one that begins with [ or - needs quotes",
}

_Limits = Mapping[str, object]
_Said = tuple[str, str] | None
"""What is said of a value, and the mend; None where nothing is wrong with it."""


def _beyond_limits(document: Document, spot: _Spot, detail: ErrorDetails) -> Finding | None:
    say = _BEYOND.get(detail["type"], _refused)
    said = say(spot.value, detail.get("ctx", {}))
    return document.finding(spot.place, Code.VALUE, f"{spot.subject} {said[0]}", said[1]) if said else None


def _refused(value: Value, limits: _Limits) -> _Said:
    return f"cannot be {_shown(value)}", "see docs/lessons.md"


def _pattern(value: Value, limits: _Limits) -> _Said:
    if limits["pattern"] == LOCALE:
        mend = "write a language such as de, or one with its country such as pt-BR"
        return f"should be a locale, not {quoted(str(value))}", mend
    if limits["pattern"] == ADDRESS:
        return f"should be a whole https address, not {quoted(str(value))}", "begin it with https://"
    if said := _FORMS.get(str(limits["pattern"])):
        return f"should be {said[0]}, not {quoted(str(value))}", said[1]
    if limits["pattern"] != NAME:
        return "is empty", "write it out"
    name = re.sub(r"[^a-z0-9]+", "-", str(value).lower()).strip("-")
    mend = f"write {name}" if 0 < len(name) <= 60 else "write an id such as month-end-close"
    return f"should be lower-case words joined by hyphens, not {quoted(str(value))}", mend


_FORMS = {
    CLOCK: ("a time of day", 'write it in quotes, such as "09:30"'),
    HOURS: ("two times of day", 'write them in quotes, such as "09:00-17:00"'),
    COUNTRY: ("a country", "write its two capital letters, such as DE"),
}
"""Forms of texts by their pattern: what they are, and an example."""


def _too_long(value: Value, limits: _Limits) -> _Said:
    length, most = len(str(value)), int(str(limits["max_length"]))
    return f"has {length:,} characters; {most:,} is the most", f"shorten it by {length - most:,}"


def _too_few(value: Value, limits: _Limits) -> _Said:
    """Count the entries of the source: pydantic counts only those without a fault of their own."""
    found, least = _count(value), int(str(limits["min_length"]))
    if found == 0:
        return "is empty", "add an entry"
    return (f"has {found:,} entries; {least} is the least", "add one") if found < least else None


def _too_many(value: Value, limits: _Limits) -> _Said:
    return f"has {_count(value):,} entries; {limits['max_length']} is the most", "leave some out"


def _count(value: Value) -> int:
    return len(value) if isinstance(value, Block | Listing) else 0


def _bound(words: str, key: str) -> Callable[[Value, _Limits], _Said]:
    """Make what is said of a number beyond the limit that pydantic calls `key`."""

    def say(value: Value, limits: _Limits) -> _Said:
        limit = float(str(limits[key]))
        return f"is {value}; {words} {limit:,g}", "change it"

    return say


_BEYOND: Mapping[str, Callable[[Value, _Limits], _Said]] = {
    "string_pattern_mismatch": _pattern,
    "string_too_long": _too_long,
    "too_short": _too_few,
    "too_long": _too_many,
    "literal_error": lambda value, limits: (
        f"should be {str(limits['expected']).replace(chr(39), '')}, not {_shown(value)}",
        did_you_mean(str(value), re.findall(r"'(\w+)'", str(limits["expected"]))),
    ),
    "greater_than": _bound("it should be more than", "gt"),
    "greater_than_equal": _bound("the least is", "ge"),
    "less_than_equal": _bound("the most is", "le"),
    "hours_order": lambda value, limits: ("end before they begin", "write the earlier time first"),
    "cron": lambda value, limits: (
        f"is no cron expression: {_shown(value)}",
        "write minute, hour, day of the month, month and day of the week, such as 0 15 * * 4",
    ),
    "words_order": lambda value, limits: ("has a min over its max", "swap the two"),
    "no_difference": lambda value, limits: (
        "says nothing",
        "give it a starter or a menu, or leave it out",
    ),
    "asks_nothing": lambda value, limits: (
        "asks nothing",
        "set confidence, minutes_saved or used to true, or leave the step out",
    ),
}
"""pydantic's names of what is beyond a limit, and what is said of it."""
