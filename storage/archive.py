"""Adoption events out of the store and into it, and what is forgotten in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import cast

from sqlalchemy import ClauseElement, and_, bindparam, delete, func, or_, select, tuple_

from bot.events import AdoptionEvent
from bot.facts import zone_named
from bot.model import Learner, LearnerId, Organization, Person
from storage import changes
from storage.measured import add_counted, is_counted
from storage.nudge_tables import FEED, MEETING
from storage.nudging import look_at_once
from storage.people import PRACTICE_ROOM, add_workspace, is_key, new_key
from storage.rows import EventRow, event_from, event_row, learner_row, micros, person_row
from storage.snapshot import ORGANIZATION, columns_of
from storage.sql import Bulk, Call, Dialect, Row, Statement, Steps, ask, ask_bulk, wanted
from storage.tables import (
    ADOPTION_EVENT,
    DRAFT,
    INCOMING,
    JOIN_CODE,
    LEARNER,
    PERSON,
    ROLE,
    SUBMISSION,
    WORKSPACE,
)

PORTION = 1000
"""Rows that are read, written or deleted at once."""

REMEMBERED = timedelta(days=7)
"""How long an incoming id is remembered, and an unpublished draft; platforms send again for hours at most."""


# ---------------------------------------------------------------- out


def _export(dialect: Dialect) -> ClauseElement:
    event = ADOPTION_EVENT.c
    known_as = select(func.min(PERSON.c.name)).where(PERSON.c.learner == event.learner)
    return (
        select(*columns_of(ADOPTION_EVENT, "seq", "organization"), known_as.scalar_subquery())
        .where(event.organization == ORGANIZATION, event.local_date >= bindparam("since"))
        .order_by(event.occurred_at, event.seq)
    )


EXPORT: Statement[tuple[object, ...]] = Statement(_export)


def export(organization: Organization, since: date | None) -> Call:
    """Ask for every event whose local day is not before `since`, oldest first."""
    return Call(EXPORT, {"organization": organization.id, "since": since.isoformat() if since else ""})


def exported(row: Row) -> tuple[AdoptionEvent, str | None]:
    """Read a row of the export: an event, and the person that operators know its learner by."""
    return event_from(cast("EventRow", row[:-1])), cast("str | None", row[-1])


# ---------------------------------------------------------------- in


def _persons(dialect: Dialect) -> ClauseElement:
    rows = wanted("organization", "name")
    same = and_(PERSON.c.organization == rows.c.organization, PERSON.c.name == rows.c.name)
    return select(PERSON.c.name, PERSON.c.learner).join_from(rows, PERSON, same)


def _import(dialect: Dialect) -> ClauseElement:
    unseen = changes.insertion(dialect, ADOPTION_EVENT)
    return unseen.on_conflict_do_nothing(index_elements=["organization", "id"]).returning(ADOPTION_EVENT.c.id)


def _first_workspace(dialect: Dialect) -> ClauseElement:
    ours = WORKSPACE.c.organization == ORGANIZATION
    return select(WORKSPACE.c.id).where(ours).order_by(WORKSPACE.c.seq).limit(1)


PERSONS: Bulk[tuple[str, str]] = Bulk(_persons)
IMPORT: Bulk[tuple[str]] = Bulk(_import)
FIRST_WORKSPACE: Statement[tuple[str]] = Statement(_first_workspace)


def import_events(organization: Organization, events: Sequence[AdoptionEvent]) -> Steps[int]:
    """Append the events that are not there yet and return how many.

    An event's learner may be what operators call a person.
    """
    learners = yield from _learners(organization, {event.learner for event in events})
    default = None
    if any(event.workspace is None for event in events):
        default = yield from _default_workspace(organization)
    known = [
        replace(event, learner=learners[event.learner], workspace=event.workspace or default)
        for event in events
    ]
    added = yield from add_counted([each for each in known if is_counted(each)], organization.id)
    others = [event_row(each, organization.id) for each in known if not is_counted(each)]
    count = len(added) + len((yield from ask_bulk(IMPORT, others)))
    if count:
        yield from look_at_once({*learners.values()})
    return count


def _default_workspace(organization: Organization) -> Steps[str]:
    rows = yield from ask(FIRST_WORKSPACE, organization=organization.id)
    if rows:
        return rows[0][0]
    return (yield from add_workspace(organization, PRACTICE_ROOM)).id


def _learners(organization: Organization, names: set[str]) -> Steps[dict[str, str]]:
    """Map what operators call people to learners' keys; whoever is unknown becomes a learner."""
    home = organization.id
    found = dict((yield from ask_bulk(PERSONS, [(home, name) for name in sorted(names)])))
    keys = sorted(name for name in names if name not in found and is_key(name))
    strange = yield from ask_bulk(changes.STALE, [(home, key, changes.EXISTS) for key in keys])
    named = {name: new_key() for name in sorted(names) if name not in found and not is_key(name)}
    made = [
        Learner(LearnerId(key), organization.id) for key in (*(key for key, _ in strange), *named.values())
    ]
    yield from ask_bulk(changes.NEW_LEARNERS, [learner_row(learner) for learner in made])
    persons = [Person(name, LearnerId(key)) for name, key in named.items()]
    yield from ask_bulk(changes.NEW_PERSONS, [person_row(person, home) for person in persons])
    return found | {key: key for key in keys} | named


# ---------------------------------------------------------------- forgotten


def _forget_submissions(dialect: Dialect) -> ClauseElement:
    late = (SUBMISSION.c.forget_at <= bindparam("now"), SUBMISSION.c.organization == ORGANIZATION)
    return delete(SUBMISSION).where(*late).returning(SUBMISSION.c.step)


def _forget_codes(dialect: Dialect) -> ClauseElement:
    late = (JOIN_CODE.c.expires_at <= bindparam("now"), JOIN_CODE.c.organization == ORGANIZATION)
    return delete(JOIN_CODE).where(*late).returning(JOIN_CODE.c.learner)


def _forget_incoming(dialect: Dialect) -> ClauseElement:
    late = (INCOMING.c.handled_at <= bindparam("before"), INCOMING.c.organization == ORGANIZATION)
    key = (INCOMING.c.workspace, INCOMING.c.id)
    some = select(*key).where(*late).limit(bindparam("most"))
    return delete(INCOMING).where(tuple_(*key).in_(some)).returning(INCOMING.c.handled_at)


def _forget_drafts(dialect: Dialect) -> ClauseElement:
    late = (DRAFT.c.made_at <= bindparam("before"), DRAFT.c.organization == ORGANIZATION)
    return delete(DRAFT).where(*late).returning(DRAFT.c.made_at)


def _take_roles(dialect: Dialect) -> ClauseElement:
    left = (LEARNER.c.id == ROLE.c.learner, LEARNER.c.left_on <= bindparam("today"))
    theirs = select(LEARNER.c.id).where(*left).exists()
    return delete(ROLE).where(ROLE.c.organization == ORGANIZATION, theirs).returning(ROLE.c.role)


def _forget_meetings(dialect: Dialect) -> ClauseElement:
    """Forget meetings that are over, and those of a calendar that was taken away meanwhile."""
    connected = select(FEED.c.learner).where(FEED.c.learner == MEETING.c.learner).exists()
    over = or_(MEETING.c.starts_at <= bindparam("before"), ~connected)
    return delete(MEETING).where(over, MEETING.c.organization == ORGANIZATION).returning(MEETING.c.starts_at)


FORGET_MEETINGS: Statement[tuple[int]] = Statement(_forget_meetings)
TAKE_ROLES: Statement[tuple[str]] = Statement(_take_roles)
FORGET_DRAFTS: Statement[tuple[int]] = Statement(_forget_drafts)
FORGET_SUBMISSIONS: Statement[tuple[int]] = Statement(_forget_submissions)
FORGET_CODES: Statement[tuple[str]] = Statement(_forget_codes)
FORGET_INCOMING: Statement[tuple[int]] = Statement(_forget_incoming)


def forget(organization: Organization, now: datetime) -> Steps[int]:
    """Delete a portion of what is past its time and return how much it was; 0 means that nothing is left.

    So are the roles of those who do not work here any more.
    """
    home = {"organization": organization.id}
    texts = yield from ask(FORGET_SUBMISSIONS, now=micros(now), **home)
    codes = yield from ask(FORGET_CODES, now=micros(now), **home)
    before = micros(now - REMEMBERED)
    ids = yield from ask(FORGET_INCOMING, before=before, most=PORTION, **home)
    drafts = yield from ask(FORGET_DRAFTS, before=before, **home)
    meetings = yield from ask(FORGET_MEETINGS, before=before, **home)
    today = now.astimezone(zone_named(organization.time_zone)).date()
    roles = yield from ask(TAKE_ROLES, today=today.isoformat(), **home)
    return len(texts) + len(codes) + len(ids) + len(drafts) + len(meetings) + len(roles)


# ---------------------------------------------------------------- handled


def _handled(dialect: Dialect) -> ClauseElement:
    one = (INCOMING.c.workspace == bindparam("workspace"), INCOMING.c.id == bindparam("incoming"))
    return select(INCOMING.c.handled_at).where(*one, INCOMING.c.organization == ORGANIZATION)


HANDLED: Statement[tuple[int]] = Statement(_handled)


def handled(organization: Organization, workspace: str, incoming: str) -> Steps[bool]:
    """Say whether an incoming id was handled before."""
    rows = yield from ask(HANDLED, organization=organization.id, workspace=workspace, incoming=incoming)
    return bool(rows)
