"""What is said to many: the announcements, whom they could reach, and what became of each message."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

import orjson
from sqlalchemy import ClauseElement, and_, bindparam, desc, func, literal_column, select, update

from bot.community import OutRow
from bot.messages import Message, to_json
from bot.model import (
    Announcement,
    AnnouncementId,
    AnnouncementState,
    Changes,
    DeliveryState,
    LearnerId,
    Organization,
    Reached,
)
from storage.changes import Nothing, given_up, put
from storage.nudge_tables import NUDGING
from storage.people import accounts_of
from storage.rows import LearnerRow, learner_from, micros, moment
from storage.shared_tables import ANNOUNCEMENT
from storage.snapshot import ORGANIZATION, columns_of, constant, learner_columns
from storage.sql import Bulk, Dialect, Row, Statement, Steps, ask, ask_bulk, wanted
from storage.tables import DELIVERY, LEARNER, PERSON

WITHDRAWN = "it was withdrawn"

AnnouncementRow = tuple[
    str, str | None, str, str, int, str | None, str, int, str, int, int, str, int, int | None, str | None
]
_COLUMNS = columns_of(ANNOUNCEMENT, "organization")


def _one(dialect: Dialect) -> ClauseElement:
    here = (ANNOUNCEMENT.c.organization == ORGANIZATION, ANNOUNCEMENT.c.id == bindparam("id"))
    return select(*_COLUMNS).where(*here)


def _newest(dialect: Dialect) -> ClauseElement:
    here = ANNOUNCEMENT.c.organization == ORGANIZATION
    made = select(*_COLUMNS).where(here).order_by(desc(ANNOUNCEMENT.c.made_at), ANNOUNCEMENT.c.id)
    return made.limit(bindparam("most"))


def _open(dialect: Dialect) -> ClauseElement:
    """Read those of which something is to be done: to be sent, or to be brought to what is out."""
    here = ANNOUNCEMENT.c.organization == ORGANIZATION
    busy = ANNOUNCEMENT.c.spread_at.is_not(None) | (ANNOUNCEMENT.c.state == constant(AnnouncementState.GOING))
    return select(*_COLUMNS).where(here, busy).order_by(ANNOUNCEMENT.c.made_at)


def _people(dialect: Dialect) -> ClauseElement:
    """Read people in the order of their keys, with what the roster says of how to find them."""
    same = and_(PERSON.c.learner == LEARNER.c.id, PERSON.c.organization == LEARNER.c.organization)
    wishes = NUDGING.c.learner == LEARNER.c.id
    found = (PERSON.c.name, PERSON.c.email, PERSON.c.slack_user, PERSON.c.teams_user, PERSON.c.full_name)
    return (
        select(*learner_columns(), NUDGING.c.snoozed_until, *found)
        .select_from(LEARNER.outerjoin(PERSON, same).outerjoin(NUDGING, wishes))
        .where(LEARNER.c.organization == ORGANIZATION, LEARNER.c.id > bindparam("after"))
        .order_by(LEARNER.c.id, PERSON.c.name)
        .limit(bindparam("most"))
    )


def _out(dialect: Dialect) -> ClauseElement:
    """Read what was written to the outbox of an announcement, in the order in which that was."""
    ours = (DELIVERY.c.organization == ORGANIZATION, DELIVERY.c.key.like(bindparam("key")))
    columns = (
        DELIVERY.c.seq,
        DELIVERY.c.workspace,
        DELIVERY.c.account,
        DELIVERY.c.conversation,
        DELIVERY.c.service_url,
        DELIVERY.c.learner,
        DELIVERY.c.post,
    )
    sent = [constant(DeliveryState.SENT), constant(DeliveryState.SENDING), constant(DeliveryState.UNKNOWN)]
    return (
        select(*columns)
        .where(*ours, DELIVERY.c.seq > bindparam("after"), DELIVERY.c.state.in_(sent))
        .order_by(DELIVERY.c.seq)
        .limit(bindparam("most"))
    )


def _counts(dialect: Dialect) -> ClauseElement:
    ours = (DELIVERY.c.organization == ORGANIZATION, DELIVERY.c.key.like(bindparam("key")))
    return select(DELIVERY.c.state, func.count()).where(*ours).group_by(DELIVERY.c.state)


ONE: Statement[AnnouncementRow] = Statement(_one)
NEWEST: Statement[AnnouncementRow] = Statement(_newest)
OPEN: Statement[AnnouncementRow] = Statement(_open)
PEOPLE: Statement[tuple[object, ...]] = Statement(_people)
OUT: Statement[tuple[int, str, str, str | None, str | None, str, str]] = Statement(_out)
COUNTS: Statement[tuple[str, int]] = Statement(_counts)

_AT_PERSON = len(learner_columns())


def read_announcement(organization: Organization, name: str) -> Steps[Announcement | None]:
    """Read one; None where there is none of that id."""
    rows = yield from ask(ONE, organization=organization.id, id=name)
    return announcement_from(rows[0]) if rows else None


def read_announcements(organization: Organization, most: int) -> Steps[list[Announcement]]:
    """Read the newest, the newest first."""
    rows = yield from ask(NEWEST, organization=organization.id, most=most)
    return [announcement_from(row) for row in rows]


def read_open(organization: Organization) -> Steps[list[Announcement]]:
    """Read those of which something is to be done, the oldest first."""
    rows = yield from ask(OPEN, organization=organization.id)
    return [announcement_from(row) for row in rows]


def read_people(organization: Organization, after: str, most: int) -> Steps[list[Reached]]:
    """Read people in the order of their keys, each with the account to write to."""
    rows = yield from ask(PEOPLE, organization=organization.id, after=after, most=most)
    found: dict[str, Reached] = {}
    for row in rows:
        learner = learner_from(cast("LearnerRow", row[:_AT_PERSON]))
        if learner.id in found:
            continue
        quiet = cast("int | None", row[_AT_PERSON])
        name, email, slack, teams, called = cast("tuple[str | None, ...]", row[_AT_PERSON + 1 :])
        about = {
            "name": called or "",
            "email": email or "",
            "slack_user": slack or "",
            "teams_user": teams or "",
        }
        accounts = yield from accounts_of(organization, learner.id)
        seat = max(accounts, key=lambda each: each[0].active and each[1].reachable, default=None)
        can_be_found = name is not None and bool(slack or email)
        quiet_until = moment(quiet) if quiet is not None else None
        known = about if name is not None else {}
        found[learner.id] = Reached(learner, seat, can_be_found, known, quiet_until)
    return list(found.values())


def read_out(organization: Organization, name: str, after: int, most: int) -> Steps[Sequence[OutRow]]:
    """Read what is out of an announcement, or may be, from one delivery on."""
    return (
        yield from ask(OUT, organization=organization.id, key=f"announce:{name}:%", after=after, most=most)
    )


def read_counts(organization: Organization, name: str) -> Steps[dict[DeliveryState, int]]:
    """Count the messages of an announcement by how they stand."""
    rows = yield from ask(COUNTS, organization=organization.id, key=f"announce:{name}:%")
    return {DeliveryState(state): count for state, count in rows}


# ---------------------------------------------------------------- writing


def _lock(dialect: Dialect) -> ClauseElement | None:
    if not dialect.locks:
        return None
    rows = wanted("id")
    asked = select(ANNOUNCEMENT.c.id).where(ANNOUNCEMENT.c.id.in_(select(rows.c.id)))
    return asked.order_by(ANNOUNCEMENT.c.id).with_for_update(key_share=True)


def _moved(dialect: Dialect) -> ClauseElement:
    rows = wanted("id", "#version")
    joined = rows.outerjoin(ANNOUNCEMENT, ANNOUNCEMENT.c.id == rows.c.id)
    other = func.coalesce(ANNOUNCEMENT.c.version, literal_column("0")) != rows.c.version
    return select(rows.c.id, rows.c.version).select_from(joined).where(other)


def _drop(dialect: Dialect) -> ClauseElement:
    ours = (DELIVERY.c.organization == ORGANIZATION, DELIVERY.c.key.like(bindparam("key")))
    waiting = (DELIVERY.c.due_at.is_not(None), DELIVERY.c.state == constant(DeliveryState.QUEUED))
    ended = {**given_up(WITHDRAWN), "settled_at": bindparam("now")}
    return update(DELIVERY).where(*ours, *waiting).values(ended)


def _reword(dialect: Dialect) -> ClauseElement:
    ours = (DELIVERY.c.organization == ORGANIZATION, DELIVERY.c.key.like(bindparam("key")))
    waiting = (DELIVERY.c.due_at.is_not(None), DELIVERY.c.state == constant(DeliveryState.QUEUED))
    return update(DELIVERY).where(*ours, *waiting).values(message=bindparam("message"))


LOCK: Bulk[Nothing] = Bulk(_lock)
MOVED: Bulk[tuple[str, int]] = Bulk(_moved)
ANNOUNCEMENTS = put(ANNOUNCEMENT, fixed=["organization"])
DROP: Statement[Nothing] = Statement(_drop)
REWORD: Statement[Nothing] = Statement(_reword)


def lock_announcements(batch: Sequence[Changes]) -> Steps[None]:
    """Let nobody else change the announcements of a batch."""
    rows: list[Row] = sorted((x.announcement.id,) for x in batch if x.announcement)
    yield from ask_bulk(LOCK, rows)


def moved_announcements(batch: Sequence[Changes]) -> Steps[set[tuple[str, str, int]]]:
    """Return those that are at another version than they were read at."""
    rows: list[Row] = [(x.announcement.id, x.announcement.version) for x in batch if x.announcement]
    return {("announcement", *at) for at in (yield from ask_bulk(MOVED, rows))}


def write_announcements(winners: Sequence[Changes], home: str, now: int) -> Steps[None]:
    """Write announcements; of one that was taken back or corrected, what waits is dropped or reworded."""
    made = [x for x in winners if x.announcement]
    yield from ask_bulk(ANNOUNCEMENTS, list(_rows(made, home)))
    for change in made:
        announcement = change.announcement
        if announcement is None or announcement.spread_at != 0:
            continue
        ours = {"organization": home, "key": f"announce:{announcement.id}:%"}
        if announcement.state is AnnouncementState.WITHDRAWN:
            yield from ask(DROP, now=now, **ours)
        elif change.reworded is not None:
            yield from ask(REWORD, message=_text(change.reworded), **ours)


def _text(message: Message) -> str:
    return to_json(message)


def _rows(changes: Sequence[Changes], home: str) -> Iterator[Row]:
    for change in changes:
        each = change.announcement
        if each is not None:
            whom = {"job_families": each.job_families, "tools": each.tools, "cohorts": each.cohorts}
            yield (
                home,
                each.id,
                each.author,
                each.title,
                each.text,
                micros(each.made_at),
                each.lesson,
                orjson.dumps(whom).decode(),
                each.is_invitation,
                each.state,
                each.version + 1,
                each.count,
                each.at,
                each.corrections,
                each.spread_at,
                each.approved_by,
            )


def announcement_from(row: AnnouncementRow) -> Announcement:
    """Read an announcement."""
    whom = orjson.loads(row[6])
    return Announcement(
        id=AnnouncementId(row[0]),
        author=LearnerId(row[1]) if row[1] else None,
        title=row[2],
        text=row[3],
        made_at=moment(row[4]),
        lesson=row[5],
        job_families=tuple(whom["job_families"]),
        tools=tuple(whom["tools"]),
        cohorts=tuple(whom["cohorts"]),
        is_invitation=bool(row[7]),
        state=AnnouncementState(row[8]),
        version=row[9],
        count=row[10],
        at=row[11],
        corrections=row[12],
        spread_at=row[13],
        approved_by=LearnerId(row[14]) if row[14] else None,
    )
