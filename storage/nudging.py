"""Who is looked at next by the planner of nudges, what they wish, and what was decided of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ClauseElement, bindparam, func, select, update

from bot.model import Changes, DeliveryState, LearnerId, Organization
from storage.changes import given_up, insertion
from storage.nudge_rows import decision_row, wishes_row
from storage.nudge_tables import NUDGE_DECISION, NUDGING
from storage.rows import micros
from storage.snapshot import ORGANIZATION, constant
from storage.sql import Bulk, Dialect, Row, Statement, Steps, ask, ask_bulk, wanted
from storage.tables import DELIVERY

Nothing = tuple[()]

# ---------------------------------------------------------------- reading


def _due(dialect: Dialect) -> ClauseElement:
    return (
        select(NUDGING.c.learner)
        .where(NUDGING.c.look_at <= bindparam("now"), NUDGING.c.organization == ORGANIZATION)
        .order_by(NUDGING.c.look_at, NUDGING.c.learner)
        .limit(bindparam("most"))
    )


DUE: Statement[tuple[str]] = Statement(_due)


def due(organization: Organization, now: datetime, most: int) -> Steps[list[LearnerId]]:
    """Read who is to be looked at by now, the longest waiting first."""
    rows = yield from ask(DUE, organization=organization.id, now=micros(now), most=most)
    return [LearnerId(row[0]) for row in rows]


# ---------------------------------------------------------------- writing


def _insert(dialect: Dialect) -> ClauseElement:
    made = insertion(dialect, NUDGE_DECISION)
    return made.on_conflict_do_nothing(index_elements=["learner", "moment", "subject"])


def _answer(dialect: Dialect) -> ClauseElement:
    rows = wanted("learner", "id", "#answered_at")
    same = (NUDGE_DECISION.c.id == rows.c.id, NUDGE_DECISION.c.learner == rows.c.learner)
    first = NUDGE_DECISION.c.answered_at.is_(None)
    return update(NUDGE_DECISION).where(*same, first).values(answered_at=rows.c.answered_at)


WISHED = ("a_day", "a_week", "snoozed_until", "off", "asked_at", "again")


def _put_wishes(dialect: Dialect) -> ClauseElement:
    made = insertion(dialect, NUDGING)
    changed = {name: made.excluded[name] for name in WISHED}
    return made.on_conflict_do_update(index_elements=["learner"], set_=changed)


def _put_look(dialect: Dialect) -> ClauseElement:
    made = insertion(dialect, NUDGING)
    return made.on_conflict_do_update(index_elements=["learner"], set_={"look_at": made.excluded.look_at})


def _sooner(dialect: Dialect) -> ClauseElement:
    made = insertion(dialect, NUDGING)
    wanted_at, set_at = made.excluded.look_at, NUDGING.c.look_at
    least = func.min(wanted_at, set_at) if dialect.locks is False else func.least(wanted_at, set_at)
    sooner = func.coalesce(least, wanted_at)
    return made.on_conflict_do_update(index_elements=["learner"], set_={"look_at": sooner})


TURNED_OFF = "the person wants no more of this kind"


def _drop_off(dialect: Dialect) -> ClauseElement:
    theirs = (DELIVERY.c.organization == ORGANIZATION, DELIVERY.c.learner == bindparam("learner"))
    waiting = (DELIVERY.c.due_at.is_not(None), DELIVERY.c.state == constant(DeliveryState.QUEUED))
    ended = {**given_up(TURNED_OFF), "settled_at": bindparam("now")}
    return update(DELIVERY).where(*theirs, *waiting, DELIVERY.c.key.like(bindparam("key"))).values(ended)


DROP_OFF: Statement[Nothing] = Statement(_drop_off)


def _everybody(dialect: Dialect) -> ClauseElement:
    ours = (NUDGING.c.organization == ORGANIZATION, NUDGING.c.look_at.is_not(None))
    return update(NUDGING).where(*ours).values(look_at=bindparam("now"))


def _at_once(dialect: Dialect) -> ClauseElement:
    rows = wanted("learner", "#look_at")
    theirs = (NUDGING.c.learner == rows.c.learner, NUDGING.c.look_at.is_not(None))
    return update(NUDGING).where(*theirs).values(look_at=rows.c.look_at)


DECISION: Bulk[Nothing] = Bulk(_insert)
ANSWER: Bulk[Nothing] = Bulk(_answer)
PUT_WISHES: Bulk[Nothing] = Bulk(_put_wishes)
PUT_LOOK: Bulk[Nothing] = Bulk(_put_look)
SOONER: Bulk[Nothing] = Bulk(_sooner)
AT_ONCE: Bulk[Nothing] = Bulk(_at_once)
EVERYBODY: Statement[Nothing] = Statement(_everybody)


def write_nudging(winners: Sequence[Changes], home: str, now: int) -> Steps[None]:
    """Write decisions, answers, wishes, and when to look again."""
    yield from ask_bulk(DECISION, [decision_row(d, home) for x in winners for d in x.decisions])
    answers: list[Row] = [
        (x.answered[0], x.answered[1], micros(x.answered[2])) for x in winners if x.answered
    ]
    yield from ask_bulk(ANSWER, answers)
    wishes = {x.wishes[0]: wishes_row(*x.wishes, home) for x in winners if x.wishes}
    yield from ask_bulk(PUT_WISHES, list(wishes.values()))
    # What waits already of a moment that they turned off is dropped, too.
    off = [(x.wishes[0], name) for x in winners if x.wishes for name in sorted(x.wishes[1].off)]
    for learner, name in off:
        yield from ask(DROP_OFF, organization=home, key=f"nudge:{learner}:{name}:%", learner=learner, now=now)
    looked = {x.looked[0]: look_row(*x.looked, home) for x in winners if x.looked}
    yield from ask_bulk(PUT_LOOK, list(looked.values()))
    looks = {x.look_by[0]: look_row(*x.look_by, home) for x in winners if x.look_by}
    yield from ask_bulk(SOONER, list(looks.values()))


def look_row(learner: LearnerId, at: datetime, home: str) -> Row:
    """Write when somebody is looked at next, of whom no wishes are known, as a row of its table."""
    return (learner, home, micros(at), None, None, None, "[]", None, None)


def look_at_once(learners: Collection[str]) -> Steps[None]:
    """Have some people, of those who are looked at at all, looked at now: something was learned of them."""
    yield from ask_bulk(AT_ONCE, [(learner, 0) for learner in sorted(learners)])


def look_at_everybody(organization: Organization, now: datetime) -> Steps[None]:
    """Have everybody who is looked at at all looked at now, since the moments are others."""
    yield from ask(EVERYBODY, organization=organization.id, now=micros(now))
