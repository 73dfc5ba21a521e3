"""What one cell of the roster may hold: each is checked, and written in the one form that is stored."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import cache

import holidays

from bot.errors import InvalidInput
from bot.model import Role
from bot.typed import find_zone
from lessons.catalogue import Catalogue

Check = Callable[[str], str]
"""Returns a cell in its stored form.

Raises:
    ValueError: what is wrong with it, in words.
"""

LONGEST = 100
"""Characters of most cells."""

LONGEST_ADDRESS = 254
"""Characters of an e-mail address (RFC 5321)."""

YEARS = range(1950, 2101)
"""What a year of employment may be; any other is mistyped."""

_FORMULA = frozenset("=+-@")
_ADDRESS = re.compile(r"[^@\s\"<>(),;:]+@[^@\s\"<>(),;:.]+(\.[^@\s\"<>(),;:.]+)+")
_SLACK_USER = re.compile(r"[UW][A-Z0-9]{2,20}")
_TEAMS_USER = re.compile(r"29:\S{3,200}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_KEY = re.compile(r"[0-9a-f]{26}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_COUNTRY_ALIASES = {"UK": "GB", "EL": "GR"}


def plain(text: str, longest: int = LONGEST) -> str:
    """Return a cell as it is compared and stored: composed characters, single spaces.

    Raises:
        ValueError: it could be run as a formula where the roster is opened again, holds what nobody can see,
            or is too long.
    """
    found = " ".join(unicodedata.normalize("NFC", text).split())
    if len(found) > 1 and unicodedata.normalize("NFKC", found[0])[:1] in _FORMULA:
        raise ValueError(f"{_shown(found)} begins like a formula, and no formula is read")
    if any(unicodedata.category(char) == "Cc" for char in found):
        raise ValueError("it holds a control character")
    if "\N{REPLACEMENT CHARACTER}" in found:
        raise ValueError("it holds �: a character was lost when the file was saved")
    if len(found) > longest:
        raise ValueError(f"it has {len(found):,} characters, and {longest} are the most")
    return found


def _shown(text: str) -> str:
    return f"“{text if len(text) <= 40 else text[:39] + '…'}”"


def meant(text: str, names: Iterable[str]) -> str:
    """Ask "did you mean", where one of the names is like a text; else say nothing."""
    by_folded: dict[str, str] = {}
    for name in names:
        by_folded.setdefault(name.casefold(), name)
    close = difflib.get_close_matches(text.casefold(), by_folded, n=1, cutoff=0.6)
    return f"; did you mean {by_folded[close[0]]}?" if close else ""


# ---------------------------------------------------------------- the kinds of cells


def _person(text: str) -> str:
    if any(unicodedata.category(char) == "Cf" for char in text):
        raise ValueError("it holds a character that cannot be seen")
    if _KEY.fullmatch(text):
        raise ValueError(f"{_shown(text)} looks like a learner's key; use what your people are known by")
    return text


def _email(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError(f"{_shown(text)} is no e-mail address")
    return text.lower()


def _slack_user(text: str) -> str:
    if not _SLACK_USER.fullmatch(text.upper()):
        raise ValueError(f"{_shown(text)} is no Slack user id, such as U012ABC")
    return text.upper()


def _teams_user(text: str) -> str:
    found = text if text.startswith("29:") else text.lower()
    if not _TEAMS_USER.fullmatch(found):
        raise ValueError(f"{_shown(text)} is no Teams user: neither 29:… nor an Entra object id")
    return found


def _day(text: str) -> str:
    hint = "write it as 2026-11-01"
    if not _DAY.fullmatch(text):
        raise ValueError(f"{_shown(text)} is no day; {hint}")
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{_shown(text)} is no day of the calendar; {hint}") from error
    if found.year not in YEARS:
        raise ValueError(f"{_shown(text)} is not between {YEARS[0]} and {YEARS[-1]}")
    return text


def _time_zone(text: str) -> str:
    try:
        return find_zone(text)
    except InvalidInput as error:
        raise ValueError(str(error).rstrip(".")) from error


@cache
def _countries() -> frozenset[str]:
    known = holidays.list_supported_countries(include_aliases=True)
    return frozenset(code for code in known if len(code) == 2) - _COUNTRY_ALIASES.keys()


def _country(text: str) -> str:
    found = _COUNTRY_ALIASES.get(text.upper(), text.upper())
    if found not in _countries():
        raise ValueError(f"{_shown(text)} is no country; write its two letters (ISO 3166-1), such as DE")
    return found


def _role(text: str) -> str:
    found = {_one_role(name) for name in _listed(text)} - {Role.LEARNER}
    return ";".join(role.value for role in Role if role in found)


def _one_role(name: str) -> Role:
    try:
        return Role(name.lower())
    except ValueError as error:
        roles = [role.value for role in Role]
        raise ValueError(
            f"{_shown(name)} is no role{meant(name, roles) or ': ' + ', '.join(roles)}"
        ) from error


def _listed(text: str) -> list[str]:
    """Split a list at semicolons, or commas: where the columns are separated by `;` either is used."""
    return [name.strip() for name in re.split(r"[;,]", text) if name.strip()]


def _one_of(kind: str, names: Mapping[str, str]) -> Check:
    """Check against the ids of lessons.yaml; the name that people read is as good as the id."""
    known = {name.casefold(): key for key, name in names.items()} | {key.casefold(): key for key in names}

    def check(text: str) -> str:
        found = known.get(text.casefold())
        if found is None:
            close = meant(text, [*names, *names.values()])
            raise ValueError(f"lessons.yaml has no {kind} {_shown(text)}{close}")
        return found

    return check


def _several(one: Check, order: Iterable[str]) -> Check:
    def check(text: str) -> str:
        found = {one(name) for name in _listed(text)}
        return ";".join(key for key in order if key in found)

    return check


def _as_it_is(text: str) -> str:
    return text


def checks(catalogue: Catalogue) -> dict[str, Check]:
    """Return the check of each column, in the order of the columns, by what a catalogue knows."""
    families = {key: family.name for key, family in catalogue.job_families.items()}
    tools = {key: tool.name for key, tool in catalogue.tools.items()}
    industries = {key: industry.name for key, industry in catalogue.industries.items()}
    return {
        "person": _person,
        "email": _email,
        "name": _as_it_is,
        "job_family": _one_of("job family", families),
        "industry": _one_of("industry", industries),
        "cohort": _as_it_is,
        "role": _role,
        "manager": _as_it_is,
        "location": _as_it_is,
        "wave": _as_it_is,
        "time_zone": cache(_time_zone),
        "country": _country,
        "tools": _several(_one_of("tool", tools), tools),
        "starts_on": _day,
        "ends_on": _day,
        "slack_user": _slack_user,
        "teams_user": _teams_user,
    }
