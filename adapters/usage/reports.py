"""What the tools' own reports tell of use, as files: a reader for each, in one table.

Shapes are those that the vendors document; names of columns are compared without capitals. None of them has
anybody's prompts in it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import BinaryIO, TypeVar

import orjson
from pydantic import JsonValue

from adapters.usage.generic import LARGEST, MOST, read_generic, rules
from bot.measurement.intake import Told
from bot.measurement.uses import Grain
from bot.tabular import End, Finding, Lines, capped

LARGEST_PAGE = 50_000_000
"""Bytes of one JSON document; more is written as one document a line."""

Found = Iterator[Told | Finding]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a report is read by.

    Attributes:
        tool: the tool that it is about, by its id in lessons.yaml.
        tools: all that there are.
        today: of later days nothing is told.
        zone: of the organization.
        day: the day that the report is of, where it does not say so itself.
    """

    tool: str
    tools: Mapping[str, object]
    today: date
    zone: tzinfo
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """One kind of report: how it is read, and the id that its tool most often has."""

    read: Callable[[BinaryIO, Terms], Found]
    tool: str


# ---------------------------------------------------------------- tables


def _rows(file: BinaryIO, needed: Sequence[str]) -> Iterator[tuple[int, Mapping[str, str]] | Finding]:
    """Yield the rows of a CSV file by the folded names of its columns, of which some have to be there."""
    lines = None
    try:
        lines = Lines(file, LARGEST)
        reader = csv.reader(lines, strict=True)
        names = [" ".join(cell.split()).casefold() for cell in next(reader, [])]
        if missing := [name for name in needed if name not in names]:
            yield Finding(1, "", f"this is no such report: it has no column “{missing[0]}”")
            return
        for cells in reader:
            if problem := lines.bad.pop(lines.number, ""):
                yield Finding(lines.number, "", problem)
            elif len(cells) != len(names):
                yield Finding(
                    lines.number, "", f"it has {len(cells)} cells, and the first line has {len(names)}"
                )
            else:
                yield lines.number, dict(zip(names, (cell.strip() for cell in cells), strict=True))
    except csv.Error as error:
        yield Finding(lines.number if lines else 1, "", f"it is no CSV: {error}")
    except End as end:
        yield end.finding
    finally:
        if lines is not None:
            lines.leave()


_HASHED = re.compile(r"[0-9A-Fa-f]{32,}")
_REFRESHED, _NAME, _PERIOD = "report refresh date", "user principal name", "report period"
_LAST = "last activity date"
_PROMPTS, _DAYS = "prompts submitted for all apps", "active usage days for all apps"


def _m365(file: BinaryIO, terms: Terms) -> Found:
    """Read Microsoft 365's report of Copilot by user: a snapshot of so many days, not events.

    Version 2 counts prompts and active days; version 1 knows only the last day of activity.
    """

    def told(line: int, row: Mapping[str, str]) -> Iterator[Told]:
        name = row[_NAME]
        if _HASHED.fullmatch(name):
            raise ValueError(
                "names are hashed in it, so nobody can be found; let the reports show names "
                "(Microsoft 365 admin center, Org settings, Reports)"
            )
        on, days = _day(row[_REFRESHED], terms), _number(row[_PERIOD])
        active = _number(row[_DAYS]) if row.get(_DAYS) else None
        if active is None:
            if row.get(_LAST):
                used = _day(row[_LAST], terms)
                yield _of_day(line, name, used, terms, 1)
        elif active:
            count = _number(row[_PROMPTS]) if row.get(_PROMPTS) else active
            yield _of_days(line, name, (on - timedelta(days=days - 1), on), terms, count, active)

    yield from _judged(_rows(file, (_REFRESHED, _NAME, _PERIOD)), told)


def _chatgpt(file: BinaryIO, terms: Terms) -> Found:
    """Read ChatGPT Enterprise's export of users: messages in a week or a month, without active days."""

    def told(line: int, row: Mapping[str, str]) -> Iterator[Told]:
        days = (_day(row["period_start"], terms), _day(row["period_end"], terms))
        if days[0] > days[1]:
            raise ValueError(f"the period ends on {days[1]}, before it begins")
        if messages := _number(row["messages"]):
            yield _of_days(line, row["email"], days, terms, messages, None)

    yield from _judged(_rows(file, ("period_start", "period_end", "email", "messages")), told)


# ---------------------------------------------------------------- JSON


def _documents(file: BinaryIO) -> Iterator[tuple[int, JsonValue] | Finding]:
    """Yield JSON documents, one a line; or the one that the whole file is."""
    file.seek(0)
    first = file.readline(LARGEST_PAGE + 1)
    try:
        document: JsonValue = orjson.loads(first)
    except orjson.JSONDecodeError as error:
        rest = file.read(LARGEST_PAGE)
        if len(first) + len(rest) > LARGEST_PAGE:
            yield Finding(1, "", f"it is no JSON lines, and as one document too large: {error}")
            return
        try:
            yield 1, orjson.loads(first + rest)
        except orjson.JSONDecodeError as other:
            yield Finding(1, "", f"it is no JSON: {other}")
        return
    yield 1, document
    for number, line in enumerate(iter(lambda: file.readline(LARGEST_PAGE + 1), b""), start=2):
        if not line.strip():
            continue
        try:
            yield number, orjson.loads(line)
        except orjson.JSONDecodeError as error:
            yield Finding(number, "", f"it is no JSON: {error}")


def _github(file: BinaryIO, terms: Terms) -> Found:
    """Read GitHub's report of Copilot by user and day."""

    def told(line: int, row: JsonValue) -> Iterator[Told]:
        said = _object(row)
        names = ("user_initiated_interaction_count", "code_generation_activity_count")
        count = max(_whole(said.get(name, 0)) for name in names)
        if count or any(said.get(name) is True for name in ("used_chat", "used_agent", "used_cli")):
            yield _of_day(
                line, _text(said, "user_login"), _day(_text(said, "day"), terms), terms, max(count, 1)
            )

    yield from _judged(_documents(file), told)


def _claude(file: BinaryIO, terms: Terms) -> Found:
    """Read Claude Enterprise's analytics of users: pages, each of one day, that may say which."""

    def told(line: int, page: JsonValue) -> Iterator[Told]:
        said = _object(page)
        on = _day(_text(said, "date"), terms) if "date" in said else terms.day
        if on is None:
            raise ValueError("it does not say of which day it is; give --day")
        for each in _list(said.get("data")):
            row = _object(each)
            person = _text(_object(row.get("user")), "email_address")
            chat = _whole(_object(row.get("chat_metrics") or {}).get("message_count", 0))
            code = _object(row.get("claude_code_metrics") or {})
            count = chat + sum(n for n in code.values() if isinstance(n, int) and not isinstance(n, bool))
            if count:
                yield _of_day(line, person, on, terms, count)

    yield from _judged(_documents(file), told)


def _gemini(file: BinaryIO, terms: Terms) -> Found:
    """Read the activities of Gemini in Workspace that Google's Admin SDK gives."""

    def told(line: int, page: JsonValue) -> Iterator[Told]:
        said = _object(page)
        for each in _list(said["items"]) if "items" in said else [page]:
            row = _object(each)
            name = _object(row.get("id"))
            at = datetime.fromisoformat(_text(name, "time"))
            if at.tzinfo is None:
                raise ValueError("its time names no zone")
            person = _text(_object(row.get("actor")), "email")
            for number, event in enumerate(_list(row.get("events"))):
                if _object(event).get("name") == "feature_utilization":
                    key = f"{_text(name, 'uniqueQualifier')}|{at.isoformat()}|{number}"
                    on = at.astimezone(terms.zone).date()
                    yield Told(line, key, person, at.astimezone(UTC), on, terms.tool)

    yield from _judged(_documents(file), told)


# ---------------------------------------------------------------- what they have in common


Row = TypeVar("Row")


def _judged(found: Iterator[tuple[int, Row] | Finding], told: Callable[[int, Row], Iterator[Told]]) -> Found:
    """Make records of rows; one of which none can be made is a finding."""

    def records() -> Found:
        for each in found:
            if isinstance(each, Finding):
                yield each
                continue
            try:
                yield from told(*each)
            except ValueError as error:
                yield Finding(each[0], "", str(error))

    return capped(records())


def _of_day(line: int, person: str, on: date, terms: Terms, count: int) -> Told:
    return _checked(Told(line, "", person, _noon(on), on, terms.tool, None, Grain.DAY, count))


def _of_days(
    line: int, person: str, days: tuple[date, date], terms: Terms, count: int, active: int | None
) -> Told:
    """Make a record of several days: the rolling seven or 28 to a day, else a period."""
    first, last = days
    number = (last - first).days + 1
    rolling = {7: Grain.ROLLING_7D, 28: Grain.ROLLING_28D}.get(number) if active is not None else None
    grain = rolling or Grain.PERIOD
    from_on = first if grain is Grain.PERIOD else None
    made = Told(line, "", person, _noon(last), last, terms.tool, None, grain, count, active, from_on)
    return _checked(made)


def _checked(made: Told) -> Told:
    """Give a record of days its key.

    Raises:
        ValueError: it is of nobody, or counts too much.
    """
    if not made.person:
        raise ValueError("it names no person")
    if made.count > MOST:
        raise ValueError(f"{made.count} is more than {MOST:,}, the most that a record may count")
    key = "|".join((made.person, made.tool, made.grain, str(made.from_on or ""), made.on.isoformat()))
    return Told(
        made.line, key, made.person, made.at, made.on, made.tool, None, made.grain, made.count,
        made.active_days, made.from_on,
    )  # fmt: skip


def _noon(on: date) -> datetime:
    return datetime.combine(on, time(12), UTC)


def _day(text: str, terms: Terms) -> date:
    try:
        on = date.fromisoformat(text[:10])
    except ValueError as error:
        raise ValueError(f"{text!r} is no day") from error
    if on > terms.today + timedelta(days=1):
        raise ValueError(f"{on} has not come yet")
    return on


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"{text!r} is no whole number of 0 or more")
    return int(text)


def _whole(value: JsonValue) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r} is no whole number of 0 or more")
    return value


def _object(value: JsonValue) -> Mapping[str, JsonValue]:
    if not isinstance(value, dict):
        raise ValueError("it has not the form of such a report")
    return value


def _list(value: JsonValue) -> Sequence[JsonValue]:
    if not isinstance(value, list):
        raise ValueError("it has not the form of such a report")
    return value


def _text(said: Mapping[str, JsonValue], name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"it has no {name}")
    return value


def _generic(file: BinaryIO, terms: Terms) -> Found:
    """Read the generic CSV, which names its tools itself."""
    return read_generic(file, rules([*terms.tools], terms.today), terms.zone)


REPORTS: Mapping[str, Report] = {
    "generic": Report(_generic, ""),
    "m365_copilot": Report(_m365, "copilot"),
    "github_copilot": Report(_github, "github-copilot"),
    "chatgpt_enterprise": Report(_chatgpt, "chatgpt"),
    "claude_enterprise": Report(_claude, "claude"),
    "gemini": Report(_gemini, "gemini"),
}
"""Every kind of report by the name that `--source` has for it."""
