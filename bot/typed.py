"""What people type where a day or a time zone is asked for."""

from __future__ import annotations

import difflib
from datetime import date, timedelta
from functools import cache
from zoneinfo import available_timezones

from bot.errors import InvalidInput

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LONGEST_PAUSE = timedelta(days=366)


def read_day(typed: str, today: date) -> date:
    """Read the day until which to be quiet: 2026-12-01, tomorrow, friday, 3 days, 2 weeks, a week.

    Raises:
        InvalidInput: it says no day, or one that is past or over a year away.
    """
    words = typed.strip().casefold().replace("next ", "").replace("for ", "").replace("until ", "").split()
    day = _day(words, today)
    if day is None:
        raise InvalidInput(
            {"until": f"“{typed.strip()[:40]}” is no day. Try: pause until 2026-12-01, or pause 2 weeks."}
        )
    if not timedelta(0) < day - today <= _LONGEST_PAUSE:
        raise InvalidInput({"until": f"{day.isoformat()} is not within the coming year."})
    return day


def _day(words: list[str], today: date) -> date | None:
    if words == ["tomorrow"]:
        return today + timedelta(days=1)
    if len(words) == 1 and words[0] in _WEEKDAYS:
        ahead = (_WEEKDAYS.index(words[0]) - today.weekday() - 1) % 7 + 1
        return today + timedelta(days=ahead)
    if len(words) == 2 and words[1].rstrip("s") in ("day", "week"):
        number = _number(words[0])
        return today + timedelta(days=number * (7 if words[1].startswith("week") else 1)) if number else None
    try:
        return date.fromisoformat("".join(words)) if len(words) == 1 else None
    except ValueError:
        return None


def small_number(text: str) -> int:
    """Read a whole number of at most nine digits, as a button carries it.

    Raises:
        ValueError: it is none.
    """
    if len(text) > 9:
        raise ValueError(text[:20])
    return int(text)


def _number(word: str) -> int:
    """Read a small number; 0 where it is none."""
    if word in ("a", "one"):
        return 1
    return int(word) if word.isdecimal() and len(word) < 4 else 0


@cache
def all_zones() -> frozenset[str]:
    """Give every IANA zone of this machine; looking them up reads hundreds of files."""
    return frozenset(available_timezones())


def find_zone(typed: str) -> str:
    """Find the IANA zone that is meant by a zone's name or its city.

    Raises:
        InvalidInput: there is none; the nearest is named.
    """
    wanted = typed.strip().replace(" ", "_").casefold()
    zones = {zone.casefold(): zone for zone in all_zones()}
    cities = {
        zone.rsplit("/", 1)[-1]: name for zone, name in sorted(zones.items(), reverse=True) if "/" in zone
    }
    found = zones.get(wanted) or cities.get(wanted)
    if found:
        return found
    close = difflib.get_close_matches(wanted, [*zones, *cities], n=1, cutoff=0.6)
    hint = f" Did you mean {zones.get(close[0]) or cities[close[0]]}?" if close else ""
    raise InvalidInput(
        {"value": f"“{typed.strip()[:60]}” is no time zone or big city that Laps knows.{hint}"}
    )
