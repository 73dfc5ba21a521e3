"""`laps cohorts`: the cohorts that there are, and proposals for people who are in none."""

from __future__ import annotations

import csv
import json
import sys
from collections import defaultdict
from datetime import UTC, date, datetime, time
from pathlib import Path

from bot.app import CHANNEL_LIMITS, good, now_utc
from bot.cli.opening import opened
from bot.cli.printing import count, make_console, print_columns
from bot.cohorts.gathering import size_warning
from bot.cohorts.proposing import Candidate, Proposed, propose
from bot.errors import CannotWrite
from bot.facts import zone_named
from bot.model import Cohort
from bot.ports import Store
from bot.settings import Settings
from lessons.loading import load

_PEOPLE = {"person": "people"}


async def listing(settings: Settings, form: str) -> int:
    """Print every cohort: how many are in it, who leads it, where it meets, and what is to be mended."""
    async with opened(settings) as store:
        cohorts = await store.cohorts()
    if form == "json":
        print(json.dumps([_data(each) for each in cohorts], indent=2, ensure_ascii=False))
        return 0
    if not cohorts:
        print("Nobody is in a cohort yet: laps cohorts propose")
        return 0
    print_columns(make_console(), [_row(each) for each in cohorts])
    return 0


def _row(cohort: Cohort) -> tuple[str, ...]:
    led = ", ".join(name or "a champion" for _, name in cohort.champions) or "no champion"
    where = cohort.room.workspace.channel.value if cohort.room else "no conversation"
    starts = cohort.starts_on.isoformat() if cohort.starts_on else ""
    return (
        cohort.name,
        f"{cohort.members} of {cohort.named} take part",
        led,
        where,
        starts,
        size_warning(cohort),
    )


def _data(cohort: Cohort) -> dict[str, object]:
    return {
        "cohort": cohort.name,
        "people": cohort.named,
        "taking_part": cohort.members,
        "champions": [learner for learner, _ in cohort.champions],
        "conversation": cohort.room.conversation if cohort.room else None,
        "starts_on": cohort.starts_on.isoformat() if cohort.starts_on else None,
        "warning": size_warning(cohort) or None,
    }


async def proposing(
    settings: Settings, size: int, mixed: bool, wave: str | None, file: Path | None, form: str
) -> int:
    """Propose cohorts for everybody of the roster who is in none; a file can be imported as it is.

    Args:
        settings: where the database and the catalogue are.
        size: how many people a cohort should have.
        mixed: of several job families.
        wave: only of this wave.
        file: where to write what `laps people import --partial` takes; None writes none.
        form: text or json.

    Raises:
        CannotWrite: the file cannot be written.
    """
    now = now_utc()
    catalogue = good(load(settings.lessons, now.date(), CHANNEL_LIMITS))
    zone = catalogue.organization.time_zone
    today = now.astimezone(zone_named(zone)).date()
    async with opened(settings) as store:
        made = await _proposed(store, today, zone, size, mixed, wave)
    if file is not None:
        _write(file, made)
    if form == "json":
        print(json.dumps(_proposal_data(made), indent=2, ensure_ascii=False))
    else:
        _print(made, file)
    return 0


async def _proposed(
    store: Store, today: date, zone: str, size: int, mixed: bool, wave: str | None
) -> Proposed:
    candidates, taken = [], {each.name for each in await store.cohorts()}
    async for span in store.roster(today):
        facts = span.facts
        taken |= {facts["cohort"]} if facts["cohort"] else set()
        if span.is_employed(today) and not facts["cohort"] and (wave is None or facts["wave"] == wave):
            offset = _offset(facts["time_zone"] or zone, today)
            candidates.append(Candidate(span.person, facts["job_family"], offset))
    together: dict[str, set[str]] = defaultdict(set)
    async for person, cohort in store.past_cohorts():
        together[cohort].add(person)
        taken.add(cohort)
    met: dict[str, set[str]] = defaultdict(set)
    for people in together.values():
        for person in people:
            met[person] |= people - {person}
    return propose(candidates, taken, met, size, mixed)


def _offset(zone: str, day: date) -> float:
    noon = datetime.combine(day, time(12), UTC).astimezone(zone_named(zone))
    offset = noon.utcoffset()
    return offset.total_seconds() / 3600 if offset is not None else 0.0


def _write(file: Path, made: Proposed) -> None:
    try:
        with file.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(["person", "cohort"])
            writer.writerows((each.person, cohort.name) for cohort in made.cohorts for each in cohort.people)
    except OSError as error:
        raise CannotWrite(str(file), (error.strerror or str(error)).lower()) from error


def _proposal_data(made: Proposed) -> dict[str, object]:
    return {
        "cohorts": [
            {
                "cohort": each.name,
                "people": [one.person for one in each.people],
                "job_families": sorted({one.job_family for one in each.people}),
                "hours_apart": each.apart,
                "met_before": each.repeats,
            }
            for each in made.cohorts
        ],
        "left_over": [each.person for each in made.left_over],
    }


def _print(made: Proposed, file: Path | None) -> None:
    rows = []
    for each in made.cohorts:
        families = ", ".join(sorted({one.job_family for one in each.people if one.job_family}))
        apart = f"{each.apart:g} hours apart" if each.apart else "one time zone"
        met = f"{each.repeats} pairs met before" if each.repeats else "all new to each other"
        rows.append((each.name, count(len(each.people), "person", _PEOPLE), families, apart, met))
    if rows:
        print_columns(make_console(), rows)
    if made.left_over:
        names = ", ".join(each.person for each in made.left_over[:10])
        more = f" and {len(made.left_over) - 10} more" if len(made.left_over) > 10 else ""
        print(f"Left over, too few or too far from the others: {names}{more}.", file=sys.stderr)
    if not rows:
        print(
            "No cohort can be made: it takes eight people of the roster, in no cohort, whose hours overlap."
        )
    elif file is None:
        print("Nothing was changed. Write it to a file with --write FILE.")
    else:
        print(f"Written: {file}. Take it in: laps people import --partial {file}")
