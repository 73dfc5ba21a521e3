"""Planning nudges: what is due costs the same among many learners as among few, and beside a job for each.

Every learner has the time at which they are looked at next; as many are due now whatever their number.
APScheduler holds one job per learner in its own SQLite store, as many as it can add in some time, and each
job that is due decides and writes the same.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from apscheduler.executors.asyncio import AsyncIOExecutor
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from benchmarks.catalogue import Span
from bot.model import (
    Account,
    ChannelName,
    Delivery,
    Learner,
    LearnerId,
    Organization,
    Status,
    Workspace,
    WorkspaceRef,
)
from lessons.catalogue import Catalogue, JobFamily, OrganizationSettings, Tool
from lessons.moments import Moment, Nudges
from scheduler import nudges
from storage import open_store
from storage.nudging import look_row
from storage.rows import account_row, learner_row
from storage.sql import Row

FEW, MANY = 100_000, 1_000_000
DUE = 10_000
ADDING = 60.0
"""Seconds in which APScheduler adds as many jobs as it can."""

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)  # a Monday, ten o'clock in Berlin
CATALOGUE = Catalogue(
    OrganizationSettings(name="Acme", time_zone="Europe/Berlin", nudges=Nudges()),
    {"copilot": Tool(name="Copilot")},
    {"finance": JobFamily(name="Finance analyst")},
    moments=(
        Moment.model_validate(
            {
                "id": "week",
                "kind": "apply",
                "when": {"weekday": "monday", "at": "10:00"},
                "offer": {"prompt": {"title": "Plan the week", "text": "Ask me what is to be done."}},
            }
        ),
    ),
)


def _now() -> datetime:
    return NOW


class Outlet:
    """Takes what was said, and sends nothing."""

    def __init__(self) -> None:
        self.taken = 0

    def take(self, deliveries: Sequence[Delivery]) -> None:
        """Count it."""
        self.taken += len(deliveries)


@dataclass(frozen=True)
class Planned:
    """How long it took to plan for who was due, and what came of it."""

    seconds: float
    said: int


async def plan_for(folder: Path, learners: int, due: int) -> Planned:
    """Plan among so many learners, of whom so many are due."""
    path = folder / f"{learners}.db"
    await _enrol(path, learners, due)
    store = await open_store(f"sqlite+aiosqlite:///{path}", "Acme", "Europe/Berlin", _now)
    outlet = Outlet()
    try:
        begin = time.perf_counter()
        await nudges.Nudges(store, outlet, lambda: CATALOGUE, _now, {}).look()
        return Planned(time.perf_counter() - begin, outlet.taken)
    finally:
        await store.close()


async def _enrol(path: Path, learners: int, due: int) -> None:
    """Write a database of so many learners; those who are not due are looked at within four weeks."""
    store = await open_store(f"sqlite+aiosqlite:///{path}", "Acme", "Europe/Berlin", _now)
    organization = await store.organization()
    workspace = await store.workspace(WorkspaceRef(ChannelName.SLACK, "T1"))
    await store.close()
    with sqlite3.connect(path) as connection:
        for table, rows in _rows(organization, workspace, learners, due):
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # names are ours
    connection.close()


def _rows(
    organization: Organization, workspace: Workspace, learners: int, due: int
) -> Iterator[tuple[str, list[Row]]]:
    """Give rows, some thousand at a time."""
    home = organization.id
    for start in range(0, learners, DUE):
        numbers = range(start, min(start + DUE, learners))
        people = [_learner(organization, number) for number in numbers]
        yield "learner", [learner_row(each) for each in people]
        yield "account", [account_row(_account(workspace, each), home) for each in people]
        looks = (NOW + _ahead(number, due) for number in numbers)
        yield "nudging", [look_row(who.id, at, home) for who, at in zip(people, looks, strict=True)]


def _ahead(number: int, due: int) -> timedelta:
    return timedelta(minutes=number % (28 * 24 * 60) + 1) if number >= due else timedelta(0)


def _account(workspace: Workspace, who: Learner) -> Account:
    return Account(workspace.id, f"U{who.id}", who.id, "Somebody", direct=f"D{who.id}")


def _learner(organization: Organization, number: int) -> Learner:
    return Learner(
        LearnerId(f"{number:016x}"),
        organization.id,
        status=Status.ACTIVE,
        job_family="finance",
        tools=("copilot",),
        joined_at=NOW - timedelta(days=60),
    )


# ---------------------------------------------------------------- a job for each


@dataclass(frozen=True)
class Jobs:
    """How many jobs were added in how long, and how long those that were due took."""

    added: int
    adding: float
    seconds: float


class Desk:
    """What the jobs of APScheduler find when they run, since they are kept by name."""

    planner: nudges.Nudges
    left = 0
    done = asyncio.Event()


async def work(learner: str) -> None:
    """Decide for one learner, as the planner does."""
    await Desk.planner.decide_for((LearnerId(learner),), NOW)
    Desk.left -= 1
    if not Desk.left:
        Desk.done.set()


async def jobs_for(folder: Path, most: int, due: int, adding: float) -> Jobs:
    """Add a job per learner, as many as can be within some seconds, and run those that are due."""
    path = folder / "jobs.db"
    await _enrol(path, most, due)
    store = await open_store(f"sqlite+aiosqlite:///{path}", "Acme", "Europe/Berlin", _now)
    scheduler = AsyncIOScheduler(
        jobstores={"default": SQLAlchemyJobStore(f"sqlite:///{folder / 'apscheduler.db'}")},
        executors={"default": AsyncIOExecutor()},
        job_defaults={"misfire_grace_time": None, "coalesce": True},
        timezone=UTC,
    )
    Desk.planner, Desk.left, Desk.done = (
        nudges.Nudges(store, Outlet(), lambda: CATALOGUE, _now, {}),
        due,
        asyncio.Event(),
    )
    try:
        scheduler.start(paused=True)
        begin, added, now = time.perf_counter(), 0, datetime.now(UTC)
        while added < most and (added < due or time.perf_counter() - begin < adding):
            at = now if added < due else now + timedelta(days=1, minutes=added)
            scheduler.add_job(work, "date", run_date=at, args=[f"{added:016x}"], id=f"{added:016x}")
            added += 1
        spent, begin = time.perf_counter() - begin, time.perf_counter()
        scheduler.resume()
        await Desk.done.wait()
        return Jobs(added, spent, time.perf_counter() - begin)
    finally:
        scheduler.shutdown(wait=False)
        await store.close()


def measure_planning(
    folder: Path, few: int = FEW, many: int = MANY, due: int = DUE, adding: float = ADDING
) -> list[Span]:
    """Planning among many beside planning among few, and beside a job for each of as many as can be."""
    folder.mkdir(exist_ok=True)
    times: list[float] = []
    for learners in (few, many):
        found = asyncio.run(plan_for(folder, learners, due))
        if not due / 2 < found.said <= due:  # about a tenth is held at random
            raise SystemExit(f"of {due} who were due {found.said} were spoken to")
        times.append(found.seconds)
        (folder / f"{learners}.db").unlink()
    jobs = asyncio.run(jobs_for(folder, 2 * few, due, adding))
    said = f"{due:,} due planned among {many:,} learners"
    beside = f"{jobs.added:,} APScheduler jobs, added in {jobs.adding:.0f} s"
    return [
        Span(said, times[1], times[0], 3.0, f"among {few:,}"),
        Span(said, times[1], jobs.seconds, 1.0, beside),
    ]
