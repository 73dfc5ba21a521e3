"""The stored deliveries: leasing those that are due, recording how they ended, and the messages they made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ClauseElement, ColumnElement, bindparam, exists, false, func, select, update

from bot.model import Delivery, DeliveryState, Organization, Post, PostId, Workspace
from bot.ports import Settlement
from storage.changes import BLANKED, SUPERSEDED, Nothing
from storage.rows import DeliveryRow, PostRow, WorkspaceRow, delivery_from, micros, post_from, workspace_from
from storage.snapshot import ORGANIZATION, columns_of, constant
from storage.sql import Bulk, Dialect, Row, Statement, Steps, ask, ask_bulk, wanted
from storage.tables import ACCOUNT, DELIVERY, POST, WORKSPACE

OURS = DELIVERY.c.organization == ORGANIZATION


# Unsettled deliveries are those that have a time at which they are due.


# ---------------------------------------------------------------- claiming


def _due(dialect: Dialect) -> ClauseElement:
    return select(DELIVERY.c.seq).where(DELIVERY.c.due_at <= bindparam("now"), OURS).limit(1)


def _supersede(dialect: Dialect) -> ClauseElement:
    newer = DELIVERY.alias("newer")
    taken_over = exists().where(
        newer.c.workspace == DELIVERY.c.workspace,
        newer.c.subject == DELIVERY.c.subject,
        newer.c.seq > DELIVERY.c.seq,
        newer.c.state != constant(DeliveryState.FAILED),
    )
    return (
        update(DELIVERY)
        .where(DELIVERY.c.due_at <= bindparam("now"), OURS, DELIVERY.c.subject.is_not(None), taken_over)
        .values(SUPERSEDED | {"settled_at": bindparam("now")})
    )


def _claim(dialect: Dialect) -> ClauseElement:
    older = DELIVERY.alias("older")
    waits = exists().where(
        older.c.lane == DELIVERY.c.lane, older.c.due_at.is_not(None), older.c.seq < DELIVERY.c.seq
    )
    due = (
        select(DELIVERY.c.seq)
        .where(DELIVERY.c.due_at <= bindparam("now"), OURS, ~waits)
        .order_by(DELIVERY.c.seq)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True, of=DELIVERY)
    )
    hidden = ("organization", "state", "due_at", "lane", "subject", "settled_at", "error", "seq")
    return (
        update(DELIVERY)
        .where(DELIVERY.c.seq.in_(due))
        .values(state=constant(DeliveryState.SENDING), due_at=bindparam("lease_until"))
        .returning(*columns_of(DELIVERY, *hidden), DELIVERY.c.seq)
    )


def _workspaces(dialect: Dialect) -> ClauseElement:
    return select(*columns_of(WORKSPACE, "seq")).where(WORKSPACE.c.organization == ORGANIZATION)


DUE: Statement[tuple[int]] = Statement(_due)
SUPERSEDE_DUE: Statement[Nothing] = Statement(_supersede)
CLAIM: Statement[DeliveryRow] = Statement(_claim)
WORKSPACES: Statement[WorkspaceRow] = Statement(_workspaces)


def any_due(organization: Organization, now: datetime) -> Steps[bool]:
    """Say whether there is anything to claim."""
    return bool((yield from ask(DUE, organization=organization.id, now=micros(now))))


def claim(
    organization: Organization, now: datetime, lease_until: datetime, limit: int
) -> Steps[list[Delivery]]:
    """Lease the deliveries that are due, of each lane only the oldest that is unsettled."""
    home, at = organization.id, micros(now)
    yield from ask(SUPERSEDE_DUE, organization=home, now=at)
    rows = yield from ask(CLAIM, organization=home, now=at, lease_until=micros(lease_until), most=limit)
    workspaces: dict[str, Workspace] = {}
    if rows:
        known = yield from ask(WORKSPACES, organization=organization.id)
        workspaces = {row[0]: workspace_from(row) for row in known}
    in_order = sorted(rows, key=lambda row: row[16])
    return [delivery_from(row, workspaces[row[1]], lease_until) for row in in_order]


# ---------------------------------------------------------------- settling


def _settle(dialect: Dialect) -> ClauseElement:
    rows = wanted("id", "state", "#settled_at", "#attempts", "error")
    new = {name: rows.c[name] for name in ("state", "settled_at", "attempts", "error")}
    return update(DELIVERY).where(*_unsettled(rows.c.id)).values(BLANKED | new)


def _postpone(dialect: Dialect) -> ClauseElement:
    rows = wanted("id", "#due_at", "#attempts", "error")
    new = {name: rows.c[name] for name in ("due_at", "attempts", "error")}
    queued = {"state": constant(DeliveryState.QUEUED)}
    return update(DELIVERY).where(*_unsettled(rows.c.id)).values(queued | new)


def _unsettled(delivery: ColumnElement[object]) -> tuple[ColumnElement[bool], ...]:
    return DELIVERY.c.id == delivery, DELIVERY.c.due_at.is_not(None)


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
    return update(ACCOUNT).where(*_account_of(rows.c.id)).values(reachable=false())


SETTLE: Bulk[Nothing] = Bulk(_settle)
POSTPONE: Bulk[Nothing] = Bulk(_postpone)
PLACE: Bulk[Nothing] = Bulk(_place)
DIRECT: Bulk[Nothing] = Bulk(_direct)
UNREACHABLE: Bulk[Nothing] = Bulk(_unreachable)


def settle(settlements: Sequence[Settlement]) -> Steps[None]:
    """Record how deliveries ended or when they are tried again; what is settled already stays as it is."""
    ended: list[Row] = []
    postponed: list[Row] = []
    for it in settlements:
        if it.state is DeliveryState.QUEUED:
            due_at = micros(it.next_attempt_at or it.settled_at)
            postponed.append((it.delivery, due_at, it.attempts, it.error))
        else:
            ended.append((it.delivery, it.state.value, micros(it.settled_at), it.attempts, it.error))
    sent = [
        (it.delivery, it.sent) for it in settlements if it.sent and (it.sent.external or it.sent.conversation)
    ]
    yield from ask_bulk(PLACE, [(delivery, it.external, it.conversation) for delivery, it in sent])
    yield from ask_bulk(DIRECT, [(delivery, it.conversation) for delivery, it in sent if it.conversation])
    yield from ask_bulk(UNREACHABLE, [(it.delivery,) for it in settlements if it.unreachable])
    yield from ask_bulk(SETTLE, ended)
    yield from ask_bulk(POSTPONE, postponed)


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
