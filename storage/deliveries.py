"""The stored deliveries: recording how they ended, the messages they made, and what operators may know."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    Select,
    and_,
    bindparam,
    desc,
    exists,
    false,
    func,
    or_,
    select,
    update,
)

from bot.model import LOST, DeliveryKind, DeliveryState, Organization, Post, PostId
from bot.ports import DeliveryRecord, Settlement
from storage.changes import BLANKED, Nothing, given_up
from storage.rows import PostRow, RecordRow, micros, post_from, record_from
from storage.snapshot import ORGANIZATION, columns_of, constant, words
from storage.sql import Bulk, Dialect, Row, Statement, Steps, ask, ask_bulk, wanted
from storage.standing import UNREACHABLE as CANNOT_BE_WRITTEN_TO
from storage.standing import to_the_person
from storage.tables import ACCOUNT, DELIVERY, PERSON, POST, WORKSPACE

# ---------------------------------------------------------------- settling


def _settle(dialect: Dialect) -> ClauseElement:
    rows = wanted("id", "state", "#settled_at", "#attempts", "reason")
    new = {name: rows.c[name] for name in ("state", "settled_at", "attempts", "reason")}
    # Whoever was thought dead may come back with the word that it was sent.
    known_after_all = and_(
        DELIVERY.c.state == constant(DeliveryState.UNKNOWN), rows.c.state == constant(DeliveryState.SENT)
    )
    open_still = or_(DELIVERY.c.due_at.is_not(None), known_after_all)
    return update(DELIVERY).where(DELIVERY.c.id == rows.c.id, open_still).values(BLANKED | new)


def _postpone(dialect: Dialect) -> ClauseElement:
    rows = wanted("id", "#due_at", "#attempts", "reason", "#tried_at", "#lease_until")
    new = {name: rows.c[name] for name in ("due_at", "attempts", "reason", "tried_at")}
    queued = {"state": constant(DeliveryState.QUEUED)}
    ours = or_(rows.c.lease_until.is_(None), rows.c.lease_until == DELIVERY.c.due_at)
    unsettled = (DELIVERY.c.id == rows.c.id, DELIVERY.c.due_at.is_not(None))
    return update(DELIVERY).where(*unsettled, ours).values(queued | new)


def _account_of(delivery: ColumnElement[object]) -> tuple[ColumnElement[bool], ...]:
    return (
        DELIVERY.c.id == delivery,
        ACCOUNT.c.workspace == DELIVERY.c.workspace,
        ACCOUNT.c.external == DELIVERY.c.account,
    )


def _place(dialect: Dialect) -> ClauseElement:
    rows = wanted("id", "external", "conversation")
    return (
        update(POST)
        .where(POST.c.id == DELIVERY.c.post, DELIVERY.c.id == rows.c.id)
        .values(
            external=func.coalesce(rows.c.external, POST.c.external),
            conversation=func.coalesce(rows.c.conversation, POST.c.conversation, DELIVERY.c.conversation),
        )
    )


def _direct(dialect: Dialect) -> ClauseElement:
    rows = wanted("id", "conversation")
    return (
        update(ACCOUNT)
        .where(*_account_of(rows.c.id), DELIVERY.c.conversation.is_(None))
        .values(direct=rows.c.conversation)
    )


def _unreachable(dialect: Dialect) -> ClauseElement:
    rows = wanted("id")
    # A conversation of several people that cannot be written to says nothing of the one person.
    direct = or_(
        DELIVERY.c.conversation.is_(None),
        func.coalesce(ACCOUNT.c.direct, DELIVERY.c.conversation) == DELIVERY.c.conversation,
    )
    return update(ACCOUNT).where(*_account_of(rows.c.id), direct).values(reachable=false())


def _give_up(dialect: Dialect) -> ClauseElement:
    """End what waits unasked for whoever cannot be written to."""
    rows, lost = wanted("id", "#settled_at"), DELIVERY.alias("lost")
    theirs = exists(
        select(ACCOUNT.c.external).where(
            ACCOUNT.c.workspace == lost.c.workspace,
            ACCOUNT.c.external == lost.c.account,
            ACCOUNT.c.reachable == false(),
        )
    )
    waiting = (
        DELIVERY.c.due_at.is_not(None),
        DELIVERY.c.state == constant(DeliveryState.QUEUED),
        DELIVERY.c.kind != constant(DeliveryKind.REPLY),
        to_the_person(),
    )
    same = (DELIVERY.c.workspace == lost.c.workspace, DELIVERY.c.account == lost.c.account)
    ended = {**given_up(CANNOT_BE_WRITTEN_TO), "settled_at": rows.c.settled_at}
    return update(DELIVERY).where(lost.c.id == rows.c.id, *same, *waiting, theirs).values(ended)


SETTLE: Bulk[Nothing] = Bulk(_settle)
POSTPONE: Bulk[Nothing] = Bulk(_postpone)
PLACE: Bulk[Nothing] = Bulk(_place)
DIRECT: Bulk[Nothing] = Bulk(_direct)
UNREACHABLE: Bulk[Nothing] = Bulk(_unreachable)
GIVE_UP: Bulk[Nothing] = Bulk(_give_up)


def settle(settlements: Sequence[Settlement]) -> Steps[None]:
    """Record how deliveries ended or when they are tried again; what is settled already stays as it is."""
    ended: list[Row] = []
    postponed: list[Row] = []
    for it in settlements:
        if it.state is DeliveryState.QUEUED:
            due_at = micros(it.next_attempt_at or it.settled_at)
            tried_at = micros(it.settled_at) if it.in_doubt else None
            lease = micros(it.lease_until) if it.lease_until is not None else None
            postponed.append((it.delivery, due_at, it.attempts, it.reason, tried_at, lease))
        else:
            ended.append((it.delivery, it.state.value, micros(it.settled_at), it.attempts, it.reason))
    sent = [
        (it.delivery, it.sent) for it in settlements if it.sent and (it.sent.external or it.sent.conversation)
    ]
    yield from ask_bulk(PLACE, [(delivery, it.external, it.conversation) for delivery, it in sent])
    yield from ask_bulk(DIRECT, [(delivery, it.conversation) for delivery, it in sent if it.conversation])
    yield from ask_bulk(UNREACHABLE, [(it.delivery,) for it in settlements if it.unreachable])
    yield from ask_bulk(SETTLE, ended)
    yield from ask_bulk(POSTPONE, postponed)
    lost: list[Row] = [(it.delivery, micros(it.settled_at)) for it in settlements if it.unreachable]
    yield from ask_bulk(GIVE_UP, lost)


# ---------------------------------------------------------------- tracked messages


def _post(dialect: Dialect) -> ClauseElement:
    return select(*columns_of(POST, "organization")).where(
        POST.c.id == bindparam("post"), POST.c.organization == ORGANIZATION
    )


ONE_POST: Statement[PostRow] = Statement(_post)


def read_post(organization: Organization, post: PostId) -> Steps[Post | None]:
    """Read a tracked message."""
    rows = yield from ask(ONE_POST, organization=organization.id, post=post)
    return post_from(rows[0]) if rows else None


# ---------------------------------------------------------------- for operators


def _records() -> Select[*tuple[object, ...]]:
    known_as = select(func.min(PERSON.c.name)).where(PERSON.c.learner == DELIVERY.c.learner).scalar_subquery()
    nobody = words("")
    return (
        select(
            WORKSPACE.c.channel,
            WORKSPACE.c.external,
            func.coalesce(known_as, DELIVERY.c.learner, nobody),
            DELIVERY.c.kind,
            DELIVERY.c.state,
            DELIVERY.c.planned_at,
            DELIVERY.c.settled_at,
            DELIVERY.c.attempts,
            func.coalesce(DELIVERY.c.reason, nobody),
        )
        .join_from(DELIVERY, WORKSPACE, WORKSPACE.c.id == DELIVERY.c.workspace)
        .where(DELIVERY.c.organization == ORGANIZATION)
        .order_by(desc(DELIVERY.c.seq))
        .limit(bindparam("most"))
    )


def _lost(dialect: Dialect) -> ClauseElement:
    return _records().where(DELIVERY.c.state.in_([constant(state) for state in LOST]))


OUTGOING: Statement[RecordRow] = Statement(lambda dialect: _records())
LOST_ONES: Statement[RecordRow] = Statement(_lost)


def outgoing(organization: Organization, only_lost: bool, most: int) -> Steps[list[DeliveryRecord]]:
    """Read the newest deliveries, or the newest of those that did not surely arrive."""
    rows = yield from ask(LOST_ONES if only_lost else OUTGOING, organization=organization.id, most=most)
    return [record_from(row) for row in rows]
