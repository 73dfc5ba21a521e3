"""The calendars that people connected: which are to be read, and what was found in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ClauseElement, and_, bindparam, delete, or_, select, update

from bot.model import Changes, Feed, Meeting, Organization, Status
from storage.changes import insertion
from storage.nudge_tables import FEED, MEETING
from storage.rows import micros
from storage.snapshot import FEED_COLUMNS, ORGANIZATION, FeedRow, constant, feed_from
from storage.sql import Bulk, Dialect, Row, Statement, Steps, ask, ask_bulk, wanted
from storage.tables import LEARNER

Nothing = tuple[()]

# ---------------------------------------------------------------- reading


def _due(dialect: Dialect) -> ClauseElement:
    works_here = or_(LEARNER.c.left_on.is_(None), LEARNER.c.left_on > bindparam("today"))
    is_active = LEARNER.c.status == constant(Status.ACTIVE)
    takes_part = and_(LEARNER.c.id == FEED.c.learner, is_active, works_here)
    return (
        select(*FEED_COLUMNS)
        .join_from(FEED, LEARNER, takes_part)
        .where(FEED.c.look_at <= bindparam("now"), FEED.c.organization == ORGANIZATION)
        .order_by(FEED.c.look_at, FEED.c.learner)
        .limit(bindparam("most"))
    )


DUE: Statement[FeedRow] = Statement(_due)


def due(organization: Organization, now: datetime, most: int) -> Steps[list[Feed]]:
    """Read the calendars that are to be read by now, of people who take part."""
    rows = yield from ask(
        DUE, organization=organization.id, now=micros(now), today=now.date().isoformat(), most=most
    )
    return [feed_from(row) for row in rows]


# ---------------------------------------------------------------- writing


def _put(dialect: Dialect) -> ClauseElement:
    made = insertion(dialect, FEED)
    names = ("url", "look_at", "read_at", "failures", "why")
    return made.on_conflict_do_update(
        index_elements=["learner"], set_={name: made.excluded[name] for name in names}
    )


def _was_read(dialect: Dialect) -> ClauseElement:
    """Note how reading went; who has taken the calendar away, or has another, keeps that."""
    rows = wanted("learner", "url", "#look_at", "#read_at", "#failures", "why")
    same = (FEED.c.learner == rows.c.learner, FEED.c.url == rows.c.url)
    names = ("look_at", "read_at", "failures", "why")
    return update(FEED).where(*same).values({name: rows.c[name] for name in names})


def _no_feed(dialect: Dialect) -> ClauseElement:
    return delete(FEED).where(FEED.c.learner == bindparam("learner"))


def _no_meetings(dialect: Dialect) -> ClauseElement:
    return delete(MEETING).where(MEETING.c.learner == bindparam("learner"))


def _new_meetings(dialect: Dialect) -> ClauseElement:
    unseen = insertion(dialect, MEETING)
    return unseen.on_conflict_do_nothing(index_elements=["learner", "moment", "starts_at"])


PUT: Bulk[Nothing] = Bulk(_put)
WAS_READ: Bulk[Nothing] = Bulk(_was_read)
NO_FEED: Statement[Nothing] = Statement(_no_feed)
NO_MEETINGS: Statement[Nothing] = Statement(_no_meetings)
NEW_MEETINGS: Bulk[Nothing] = Bulk(_new_meetings)


def write_calendars(winners: Sequence[Changes], home: str) -> Steps[None]:
    """Write calendars that were connected, read or taken away."""
    for change in winners:
        if change.feed is not None:
            yield from ask(NO_MEETINGS, learner=change.feed.learner)
            yield from ask_bulk(PUT, [_row(change.feed, home)])
        if change.no_feed is not None:
            yield from ask(NO_MEETINGS, learner=change.no_feed)
            yield from ask(NO_FEED, learner=change.no_feed)
        if change.feed_read is not None:
            yield from _write_read(*change.feed_read, home)


def _write_read(feed: Feed, found: tuple[Meeting, ...] | None, home: str) -> Steps[None]:
    learner, _, url, look_at, read_at, failures, why = _row(feed, home)
    yield from ask_bulk(WAS_READ, [(learner, url, look_at, read_at, failures, why)])
    if found is not None:
        yield from ask(NO_MEETINGS, learner=feed.learner)
        rows: list[Row] = [(feed.learner, each.moment, micros(each.starts_at), home) for each in found]
        yield from ask_bulk(NEW_MEETINGS, rows)


def _row(feed: Feed, home: str) -> Row:
    read_at = micros(feed.read_at) if feed.read_at is not None else None
    return (feed.learner, home, feed.url, micros(feed.look_at), read_at, feed.failures, feed.why)
