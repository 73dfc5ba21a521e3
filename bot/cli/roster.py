"""`laps people import`: the roster of all people, as a CSV file, becomes dated history."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import BinaryIO

from rich.console import Console
from rich.progress import Progress

from bot.app import CHANNEL_LIMITS, good, now_utc
from bot.cli.files import copied
from bot.cli.opening import opened
from bot.cli.printing import count, make_console, print_columns
from bot.cohorts.cells import Check, checks
from bot.cohorts.enrolling import Enrolment, Kind
from bot.cohorts.importing import Import, Terms, counted
from bot.cohorts.roster import LARGEST, Line, read_roster
from bot.errors import BadLines, FutureDay
from bot.facts import zone_named
from bot.settings import Settings
from lessons.loading import load

SHOWN = 20
"""People of each kind that are named in text; JSON has them all."""

LARGE = 1_000
"""From so many people on the way is shown in a terminal."""

_PEOPLE = {"person": "people"}
_SAID = {
    Kind.JOINED: "joined",
    Kind.CHANGED: "changed",
    Kind.LEFT: "left",
    Kind.BACK: "back",
    Kind.SAME: "as before",
    Kind.LATER: "known as of a later day, and left so",
}


async def import_people(settings: Settings, file: Path, as_of: date | None, terms: Terms, form: str) -> int:
    """Take a roster in, or say what that would change; a file with a bad line changes nothing.

    Args:
        settings: where the database and the catalogue are.
        file: the roster, or - for standard input.
        as_of: the day from which on it holds, None for today.
        terms: what else is asked for; the day in it does not count.
        form: text or json.

    Raises:
        BadLines: names each bad line.
        FutureDay: the day has not come yet.
        NewAdmins, ManyLeavers: that needs a word of its own.
    """
    now = now_utc()
    catalogue = good(load(settings.lessons, now.date(), CHANNEL_LIMITS))
    today = now.astimezone(zone_named(catalogue.organization.time_zone)).date()
    day = as_of or today
    if day > today:
        raise FutureDay(day, today)
    rules = checks(catalogue)
    with copied(file, LARGEST) as copy:
        roster = _Roster(file, copy, rules)
        async with opened(settings) as store:
            with _progress(len(roster.people)) as tell:
                work = Import(store, replace(terms, as_of=day), now, tell)
                await work.run(roster.lines(), roster.people, roster.admins)
    if form == "json":
        print(json.dumps(_data(work), indent=2, ensure_ascii=False))
    else:
        _print(work, str(file))
    if work.refusal is not None:
        raise work.refusal
    return 0


# ---------------------------------------------------------------- the file


class _Roster:
    """A file that is well in every line, and what is kept of all of it.

    Raises:
        BadLines: names each bad line.
    """

    def __init__(self, file: Path, copy: BinaryIO, rules: Mapping[str, Check]) -> None:
        self._copy = copy
        self._rules = rules
        self.people: set[str] = set()
        self.admins: list[Line] = []
        self._by_address: dict[str, str] = {}
        problems = []
        for each in read_roster(copy, rules):
            if isinstance(each, Line):
                self._keep(each)
            elif each.is_warning:
                print(f"{file}:{each}", file=sys.stderr)
            else:
                problems.append(f"{file}:{each}")
        if not problems and not self.people:
            problems.append(f"{file}: nobody is in it")
        if problems:
            raise BadLines(problems)

    def _keep(self, line: Line) -> None:
        self.people.add(line.person)
        if email := line.said.get("email"):
            self._by_address[email] = line.person
        if "admin" in line.said.get("role", "").split(";"):
            self.admins.append(line)

    def lines(self) -> Iterator[Line]:
        """Read the lines; a manager who is named by an address is named as everybody else."""
        for each in read_roster(self._copy, self._rules):
            if isinstance(each, Line):
                manager = self._by_address.get(each.said.get("manager", "").lower())
                yield replace(each, said={**each.said, "manager": manager}) if manager else each


@contextmanager
def _progress(people: int) -> Iterator[Callable[[int], None]]:
    """Show in a terminal how far it is, where that takes a while; on stderr, so that a pipe stays clean."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=people < LARGE or not console.is_terminal) as bar:
        task = bar.add_task("people", total=people)
        yield lambda done: bar.advance(task, done)


# ---------------------------------------------------------------- what is said


def _print(work: Import, file: str) -> None:
    console = make_console()
    rows = [
        row for kind in (Kind.JOINED, Kind.CHANGED, Kind.LEFT, Kind.BACK) for row in _of_kind(work.made, kind)
    ]
    rows += _notes("linked", ((each.person, each.linked) for each in work.made))
    rows += _notes("kept", ((each.person, each.kept) for each in work.made))
    rows += _notes("unclear", ((each.person, each.unclear) for each in work.made))
    if rows:
        print_columns(console, rows)
    numbers = [f"{number:,} {_SAID[kind]}" for kind, number in counted(work.made).items() if number]
    people = count(len(work.made), "person", _PEOPLE)
    print(f"{file}, as of {work.terms.as_of}: {people}: {', '.join(numbers)}.")
    if work.terms.is_rehearsal:
        print("Nothing was written (--dry-run).")


def _of_kind(made: Iterable[Enrolment], kind: Kind) -> list[tuple[str, str, str]]:
    found = [(kind.value, each.person, _diff(each)) for each in made if each.kind is kind]
    return _some(found)


def _diff(made: Enrolment) -> str:
    return "; ".join(f"{name}: {was or '–'} → {now or '–'}" for name, was, now in made.what)


def _notes(word: str, told: Iterable[tuple[str, tuple[str, ...]]]) -> list[tuple[str, str, str]]:
    return _some([(word, person, "; ".join(texts)) for person, texts in told if texts])


def _some(rows: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    more = len(rows) - SHOWN
    return rows if more <= 0 else [*rows[:SHOWN], (rows[0][0], f"and {more:,} more", "")]


def _data(work: Import) -> dict[str, object]:
    return {
        "as_of": work.terms.as_of.isoformat(),
        "written": not work.terms.is_rehearsal,
        "counts": {kind.value: number for kind, number in counted(work.made).items()},
        "people": [_row(each) for each in work.made if each.kind is not Kind.SAME or _has_notes(each)],
    }


def _has_notes(made: Enrolment) -> bool:
    return bool(made.linked or made.kept or made.unclear)


def _row(made: Enrolment) -> dict[str, object]:
    return {
        "person": made.person,
        "kind": made.kind.value,
        "what": {name: [was, now] for name, was, now in made.what},
        "linked": list(made.linked),
        "kept": list(made.kept),
        "unclear": list(made.unclear),
    }
