"""What people have in common: cohorts, shared use cases, who tried and kept them. Written with all else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import cast

from sqlalchemy import ClauseElement, and_, bindparam, case, delete, func, literal_column, select, union

from bot.model import (
    Changes,
    Cohort,
    LearnerId,
    Organization,
    Role,
    SessionId,
    Snapshot,
    Status,
    Trial,
    Workspace,
)
from bot.ports import Needs
from storage import weekly
from storage.announcements import lock_announcements, moved_announcements, write_announcements
from storage.changes import Nothing, add_unseen, put
from storage.rows import micros
from storage.shared_tables import COHORT, KEPT, LISTENING, SAVED, SHARE, TRIAL
from storage.shares import name_of, read_shared, read_successes, room_from, search, share_row
from storage.snapshot import ORGANIZATION, columns_of, constant, read_snapshot
from storage.sql import Bulk, Call, Dialect, Row, Statement, Steps, ask, ask_bulk, wanted
from storage.tables import LEARNER, ROLE, ROSTER, WORKSPACE

# ---------------------------------------------------------------- reading


def _cohort(dialect: Dialect) -> ClauseElement:
    here = (COHORT.c.organization == ORGANIZATION, COHORT.c.name == bindparam("name"))
    columns = (
        COHORT.c.conversation,
        COHORT.c.service_url,
        COHORT.c.starts_on,
        COHORT.c.week_on,
        COHORT.c.version,
    )
    joined = COHORT.outerjoin(WORKSPACE, WORKSPACE.c.id == COHORT.c.workspace)
    return select(*columns_of(WORKSPACE, "seq"), *columns).select_from(joined).where(*here)


def _members(dialect: Dialect) -> ClauseElement:
    takes_part = case((LEARNER.c.status == constant(Status.ACTIVE), literal_column("1")))
    here = (LEARNER.c.organization == ORGANIZATION, LEARNER.c.cohort == bindparam("name"))
    return select(func.count(), func.count(takes_part)).where(*here, _HERE_STILL)


_HERE_STILL = LEARNER.c.left_on.is_(None)
"""Leavers are told apart by their day in the core; who has one is counted no more."""


def _champions(dialect: Dialect) -> ClauseElement:
    leads = and_(ROLE.c.learner == LEARNER.c.id, ROLE.c.role == constant(Role.CHAMPION))
    here = (LEARNER.c.organization == ORGANIZATION, LEARNER.c.cohort == bindparam("name"))
    found = select(LEARNER.c.id, name_of(LEARNER.c.id)).join_from(LEARNER, ROLE, leads)
    return found.where(*here, _HERE_STILL).order_by(LEARNER.c.id)


COHORT_ROW: Statement[tuple[object, ...]] = Statement(_cohort)
MEMBERS: Statement[tuple[int, int]] = Statement(_members)
CHAMPIONS: Statement[tuple[str, str]] = Statement(_champions)


def read_cohort(organization: Organization, name: str) -> Steps[Cohort]:
    """Read a cohort; of one that is only a name so far, who is in it."""
    who = {"organization": organization.id, "name": name}
    rows = yield from ask(COHORT_ROW, **who)
    [(named, members)] = yield from ask(MEMBERS, **who)
    champions = tuple((LearnerId(one), called) for one, called in (yield from ask(CHAMPIONS, **who)))
    cohort = Cohort(name, members=members, named=named, champions=champions)
    if not rows:
        return cohort
    conversation, service_url, starts_on, week_on, version = cast(
        "tuple[str | None, str | None, str | None, str | None, int]", rows[0][5:]
    )
    room = room_from(rows[0][:5], conversation, service_url)
    begins = date.fromisoformat(starts_on) if starts_on else None
    made = date.fromisoformat(week_on) if week_on else None
    return Cohort(name, room, begins, members, named, champions, made, version)


def _names(dialect: Dialect) -> ClauseElement:
    made = select(COHORT.c.name).where(COHORT.c.organization == ORGANIZATION)
    here = (LEARNER.c.organization == ORGANIZATION, LEARNER.c.cohort.is_not(None), _HERE_STILL)
    return union(made, select(LEARNER.c.cohort).where(*here)).order_by(literal_column("1"))


def _past(dialect: Dialect) -> ClauseElement:
    ever = (ROSTER.c.organization == ORGANIZATION, ROSTER.c.cohort != literal_column("''"))
    return select(ROSTER.c.person, ROSTER.c.cohort).where(*ever).distinct().order_by(ROSTER.c.person)


NAMES: Statement[tuple[str]] = Statement(_names)
PAST: Statement[tuple[str, str]] = Statement(_past)


def read_cohorts(organization: Organization) -> Steps[list[Cohort]]:
    """Read every cohort, by name."""
    found = []
    for (name,) in (yield from ask(NAMES, organization=organization.id)):
        found.append((yield from read_cohort(organization, name)))
    return found


def past_cohorts(organization: Organization) -> Call:
    """Ask for who was ever in which cohort, by the roster."""
    return Call(PAST, {"organization": organization.id})


def read_all(
    organization: Organization,
    workspace: Workspace,
    account: str,
    session: SessionId | None,
    needs: Needs,
    now: datetime,
) -> Steps[Snapshot]:
    """Read what a handler may know of a person, with what they have in common with others."""
    seen = yield from read_snapshot(organization, workspace, account, session, needs, now)
    who = seen.learner
    if who is None or not needs.is_of_others:
        return seen
    named = needs.cohort_named or (who.cohort if needs.cohort else None)
    cohort = (yield from read_cohort(organization, named)) if named else None
    shared = (yield from read_shared(organization, needs.share, who.id)) if needs.share else None
    shelf = needs.shelf
    if shelf is not None and shelf.of_mine:
        shelf = replace(shelf, job_family=who.job_family)
    found = (yield from search(organization, shelf, who.id, who.cohort)) if shelf is not None else ()
    seen = replace(seen, cohort=cohort, shared=shared, shelf_found=found)
    if needs.plans and named:
        seen = replace(seen, plans=(yield from weekly.read_plans(organization, named, now)))
    if needs.successes:
        seen = replace(seen, successes=(yield from read_successes(organization, who.id)))
    return seen


def _listening(dialect: Dialect) -> ClauseElement:
    return select(LISTENING.c.workspace, LISTENING.c.conversation).where(
        LISTENING.c.organization == ORGANIZATION
    )


LISTENS: Statement[tuple[str, str]] = Statement(_listening)


def read_listening(organization: Organization) -> Steps[frozenset[tuple[str, str]]]:
    """Read the conversations that listen for words."""
    return frozenset((yield from ask(LISTENS, organization=organization.id)))


# ---------------------------------------------------------------- judging

SharedKey = tuple[str, str, int]
"""What people have in common, by its kind and name, at the version that it was read at."""


def shared_of(change: Changes) -> Iterator[SharedKey]:
    """Yield what a change rests on that is not one person's own."""
    if change.share is not None:
        yield "share", change.share.id, change.share.version
    if change.announcement is not None:
        yield "announcement", change.announcement.id, change.announcement.version
    if change.cohort is not None:
        yield "cohort", change.cohort.name, change.cohort.version


def _lock_shares(dialect: Dialect) -> ClauseElement | None:
    if not dialect.locks:
        return None
    rows = wanted("id")
    asked = select(SHARE.c.id).where(SHARE.c.id.in_(select(rows.c.id)))
    return asked.order_by(SHARE.c.id).with_for_update(key_share=True)


def _lock_cohorts(dialect: Dialect) -> ClauseElement | None:
    if not dialect.locks:
        return None
    rows = wanted("organization", "name")
    same = and_(COHORT.c.organization == rows.c.organization, COHORT.c.name == rows.c.name)
    found = select(COHORT.c.name).join_from(rows, COHORT, same)
    return found.order_by(COHORT.c.name).with_for_update(of=COHORT, key_share=True)


def _moved_shares(dialect: Dialect) -> ClauseElement:
    rows = wanted("organization", "id", "#version")
    same = and_(SHARE.c.organization == rows.c.organization, SHARE.c.id == rows.c.id)
    other = func.coalesce(SHARE.c.version, literal_column("0")) != rows.c.version
    return select(rows.c.id, rows.c.version).select_from(rows.outerjoin(SHARE, same)).where(other)


def _moved_cohorts(dialect: Dialect) -> ClauseElement:
    rows = wanted("organization", "name", "#version")
    same = and_(COHORT.c.organization == rows.c.organization, COHORT.c.name == rows.c.name)
    other = func.coalesce(COHORT.c.version, literal_column("0")) != rows.c.version
    return select(rows.c.name, rows.c.version).select_from(rows.outerjoin(COHORT, same)).where(other)


LOCK_SHARES: Bulk[Nothing] = Bulk(_lock_shares)
LOCK_COHORTS: Bulk[Nothing] = Bulk(_lock_cohorts)
MOVED_SHARES: Bulk[tuple[str, int]] = Bulk(_moved_shares)
MOVED_COHORTS: Bulk[tuple[str, int]] = Bulk(_moved_cohorts)


def lock_shared(batch: Sequence[Changes], home: str) -> Steps[None]:
    """Let nobody else change what a batch is about to judge."""
    shares: list[Row] = sorted((change.share.id,) for change in batch if change.share)
    cohorts: list[Row] = sorted((home, change.cohort.name) for change in batch if change.cohort)
    yield from ask_bulk(LOCK_SHARES, shares)
    yield from ask_bulk(LOCK_COHORTS, cohorts)
    yield from lock_announcements(batch)


def moved(batch: Sequence[Changes], home: str) -> Steps[set[SharedKey]]:
    """Return what is at another version than a batch read it at."""
    shares: list[Row] = [(home, x.share.id, x.share.version) for x in batch if x.share]
    cohorts: list[Row] = [(home, x.cohort.name, x.cohort.version) for x in batch if x.cohort]
    found: set[SharedKey] = {("share", *at) for at in (yield from ask_bulk(MOVED_SHARES, shares))}
    found |= {("cohort", *at) for at in (yield from ask_bulk(MOVED_COHORTS, cohorts))}
    return found | (yield from moved_announcements(batch))


# ---------------------------------------------------------------- writing


def _unsaved(dialect: Dialect) -> ClauseElement:
    rows = wanted("share", "learner")
    theirs = SAVED.c.share.in_(select(rows.c.share).where(rows.c.learner == SAVED.c.learner))
    return delete(SAVED).where(theirs)


def _closed(dialect: Dialect) -> ClauseElement:
    rows = wanted("workspace", "conversation")
    here = LISTENING.c.workspace.in_(
        select(rows.c.workspace).where(rows.c.conversation == LISTENING.c.conversation)
    )
    return delete(LISTENING).where(here)


COHORTS = put(COHORT)
SHARES = put(SHARE, fixed=["organization"], key=["id"])
TRIALS = put(TRIAL, fixed=["organization", "tried_at"], kept=["worked"])
SAVINGS = add_unseen(SAVED, "share", "learner")
UNSAVED: Bulk[Nothing] = Bulk(_unsaved)
KEPT_PLANS = add_unseen(KEPT, "session")
OPENED = add_unseen(LISTENING, "workspace", "conversation")
CLOSED: Bulk[Nothing] = Bulk(_closed)


def write_shared(winners: Sequence[Changes], home: str, now: int) -> Steps[None]:
    """Write what winners have in common with others."""
    yield from write_announcements(winners, home, now)
    yield from ask_bulk(COHORTS, [_cohort_row(x.cohort, home) for x in winners if x.cohort])
    yield from ask_bulk(SHARES, [share_row(x.share, home) for x in winners if x.share])
    yield from ask_bulk(TRIALS, [_trial_row(x.trial, home) for x in winners if x.trial])
    saved = [x.saved for x in winners if x.saved]
    added: list[Row] = [(share, who, home, micros(at)) for share, who, at in saved if at is not None]
    yield from ask_bulk(SAVINGS, added)
    yield from ask_bulk(UNSAVED, [(share, who) for share, who, at in saved if at is None])
    kept: list[Row] = [(plan, home, who, micros(at)) for x in winners for plan, who, at in x.kept]
    yield from ask_bulk(KEPT_PLANS, kept)
    rooms = [x.listening for x in winners if x.listening]
    opened: list[Row] = [(r.workspace.id, r.conversation, home, micros(at)) for r, on, at in rooms if on]
    yield from ask_bulk(OPENED, opened)
    yield from ask_bulk(CLOSED, [(r.workspace.id, r.conversation) for r, on, _ in rooms if not on])


def _cohort_row(cohort: Cohort, home: str) -> Row:
    room = cohort.room
    return (
        home,
        cohort.name,
        room.workspace.id if room else None,
        room.conversation if room else None,
        room.service_url if room else None,
        cohort.starts_on.isoformat() if cohort.starts_on else None,
        cohort.week_on.isoformat() if cohort.week_on else None,
        cohort.version + 1,
    )


def _trial_row(trial: Trial, home: str) -> Row:
    return (trial.share, trial.learner, home, micros(trial.tried_at), trial.worked, trial.changed)
