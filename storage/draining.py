"""Draining what waits: who drains a workspace, what is leased to it, and what ends instead of going out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import (
    BindParameter,
    ClauseElement,
    ColumnElement,
    and_,
    bindparam,
    case,
    exists,
    literal_column,
    null,
    or_,
    select,
    update,
)

from bot.model import PRIORITY, Delivery, DeliveryKind, DeliveryState, Organization, Workspace
from bot.ports import Claimed, Waiting
from storage.changes import BLANKED, SUPERSEDED, Nothing
from storage.rows import DeliveryRow, WorkspaceRow, delivery_from, micros, moment, workspace_from
from storage.snapshot import ORGANIZATION, columns_of, constant
from storage.sql import Bulk, Dialect, Row, Statement, Steps, ask, ask_bulk, wanted
from storage.standing import refusal
from storage.tables import DELIVERY, DRAINER, WORKSPACE

# Unsettled deliveries are those that have a time at which they are due.


# ---------------------------------------------------------------- who drains what


def _waiting(dialect: Dialect) -> ClauseElement:
    here = (DELIVERY.c.workspace == WORKSPACE.c.id, DELIVERY.c.due_at <= bindparam("now"))
    # One look into the index for each priority: what is due only later is passed over.
    each = [
        exists(select(DELIVERY.c.seq).where(*here, DELIVERY.c.priority == place).correlate(WORKSPACE))
        for place in map(_number, PRIORITY.values())
    ]
    has_due = or_(*each)
    closed = DRAINER.c.closed_until > bindparam("now")
    return (
        select(*columns_of(WORKSPACE, "seq"), has_due, case((closed, DRAINER.c.closed_until)))
        .select_from(WORKSPACE.outerjoin(DRAINER, DRAINER.c.workspace == WORKSPACE.c.id))
        .where(WORKSPACE.c.organization == ORGANIZATION, or_(has_due, closed))
        .order_by(WORKSPACE.c.seq)
    )


def _number(place: int) -> ColumnElement[int]:
    return literal_column(str(place))


def _hold(dialect: Dialect) -> ClauseElement:
    row = {
        "workspace": bindparam("workspace"),
        "organization": ORGANIZATION,
        "holder": bindparam("holder"),
        "lease_until": bindparam("lease_until"),
        "closed_until": null(),
    }
    made = dialect.insert(DRAINER).values(row)
    free = or_(
        DRAINER.c.holder == made.excluded.holder,
        DRAINER.c.holder.is_(None),
        DRAINER.c.lease_until <= bindparam("now"),
    )
    changed = {name: made.excluded[name] for name in ("holder", "lease_until")}
    held = made.on_conflict_do_update(index_elements=["workspace"], set_=changed, where=free)
    return held.returning(DRAINER.c.workspace)


def _close(dialect: Dialect) -> ClauseElement:
    row = {
        "workspace": bindparam("workspace"),
        "organization": ORGANIZATION,
        "holder": null(),
        "lease_until": null(),
        "closed_until": bindparam("until"),
    }
    made = dialect.insert(DRAINER).values(row)
    later = {"closed_until": made.excluded.closed_until}
    return made.inline().on_conflict_do_update(index_elements=["workspace"], set_=later)


def _release(dialect: Dialect) -> ClauseElement:
    theirs = (DRAINER.c.holder == bindparam("holder"), DRAINER.c.organization == ORGANIZATION)
    return update(DRAINER).where(*theirs).values(holder=null(), lease_until=null())


WAITING: Statement[tuple[object, ...]] = Statement(_waiting)
HOLD: Statement[tuple[str]] = Statement(_hold)
CLOSE: Statement[Nothing] = Statement(_close)
RELEASE: Statement[Nothing] = Statement(_release)


def waiting(organization: Organization, now: datetime) -> Steps[list[Waiting]]:
    """Read which workspaces have something due, and which are closed."""
    rows = yield from ask(WAITING, organization=organization.id, now=micros(now))
    return [_waiting_from(row) for row in rows]


def _waiting_from(row: tuple[object, ...]) -> Waiting:
    has_due, closed = cast("tuple[bool, int | None]", row[5:])
    until = moment(closed) if closed is not None else None
    return Waiting(workspace_from(cast("WorkspaceRow", row[:5])), bool(has_due), until)


def close_until(organization: Organization, workspace: Workspace, until: datetime) -> Steps[None]:
    """Keep that a platform wants to hear nothing for a workspace until then."""
    here = {"organization": organization.id, "workspace": workspace.id}
    yield from ask(CLOSE, until=micros(until), **here)


def release(organization: Organization, holder: str) -> Steps[None]:
    """Give back what a process drains."""
    yield from ask(RELEASE, organization=organization.id, holder=holder)


# ---------------------------------------------------------------- claiming


def _claim(dialect: Dialect) -> ClauseElement:
    other = DELIVERY.alias("other")
    now: BindParameter[int] = bindparam("now")
    on_its_way = and_(
        other.c.state == constant(DeliveryState.SENDING), other.c.due_at > now, other.c.seq != DELIVERY.c.seq
    )
    goes_first = or_(
        other.c.priority < DELIVERY.c.priority,
        and_(other.c.priority == DELIVERY.c.priority, other.c.seq < DELIVERY.c.seq),
    )
    # What is planned for later holds nobody up; what was to be sent and waits for its next try does.
    held_up = exists().where(
        other.c.lane == DELIVERY.c.lane,
        other.c.due_at.is_not(None),
        or_(on_its_way, and_(other.c.planned_at <= now, goes_first)),
    )
    here = (DELIVERY.c.workspace == bindparam("workspace"), DELIVERY.c.organization == ORGANIZATION)
    due = (
        select(DELIVERY.c.seq)
        .where(*here, DELIVERY.c.priority == bindparam("priority"), DELIVERY.c.due_at <= now, ~held_up)
        .order_by(DELIVERY.c.due_at, DELIVERY.c.seq)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True, of=DELIVERY)
    )
    # Of a reply no note is made before it goes out: one whose lease ran out may have gone.
    reply = DELIVERY.c.kind == constant(DeliveryKind.REPLY)
    left = and_(reply, DELIVERY.c.state == constant(DeliveryState.SENDING), DELIVERY.c.tried_at.is_(None))
    return (
        update(DELIVERY)
        .where(DELIVERY.c.seq.in_(due))
        .values(
            state=constant(DeliveryState.SENDING),
            due_at=bindparam("lease_until"),
            tried_at=case((left, DELIVERY.c.planned_at), else_=DELIVERY.c.tried_at),
        )
        .returning(*columns_of(DELIVERY, *_HIDDEN), *_LAST)
    )


_HIDDEN = (
    "organization",
    "state",
    "due_at",
    "lane",
    "subject",
    "settled_at",
    "reason",
    "priority",
    "planned_at",
    "late_at",
    "tried_at",
    "seq",
)
_LAST = (DELIVERY.c.planned_at, DELIVERY.c.late_at, DELIVERY.c.tried_at, DELIVERY.c.seq)


def _supersede(dialect: Dialect) -> ClauseElement:
    rows, newer = wanted("id", "#now"), DELIVERY.alias("newer")
    taken_over = exists().where(
        newer.c.workspace == DELIVERY.c.workspace,
        newer.c.subject == DELIVERY.c.subject,
        newer.c.seq > DELIVERY.c.seq,
        newer.c.state.not_in([constant(DeliveryState.FAILED), constant(DeliveryState.DROPPED)]),
    )
    return (
        update(DELIVERY)
        .where(DELIVERY.c.id == rows.c.id, DELIVERY.c.subject.is_not(None), taken_over)
        .values(SUPERSEDED | {"settled_at": rows.c.now})
        .returning(DELIVERY.c.id)
    )


def _refuse(dialect: Dialect) -> ClauseElement:
    rows = wanted("id", "#now")
    why = refusal(rows.c.now)
    dropped = BLANKED | {"state": constant(DeliveryState.DROPPED), "settled_at": rows.c.now, "reason": why}
    return (
        update(DELIVERY)
        .where(DELIVERY.c.id == rows.c.id, why.is_not(None))
        .values(dropped)
        .returning(DELIVERY.c.id)
    )


CLAIM: Statement[DeliveryRow] = Statement(_claim)
SUPERSEDE: Bulk[tuple[str]] = Bulk(_supersede)
REFUSE: Bulk[tuple[str]] = Bulk(_refuse)


def claim(
    organization: Organization,
    workspace: Workspace,
    holder: str,
    now: datetime,
    lease_until: datetime,
    limit: int,
) -> Steps[Claimed]:
    """Lease what is due in a workspace, if it is the holder's to drain: of each lane one, by priority."""
    here = {"organization": organization.id, "workspace": workspace.id}
    at, lease = micros(now), micros(lease_until)
    if not (yield from ask(HOLD, holder=holder, lease_until=lease, now=at, **here)):
        return Claimed()
    found: list[Delivery] = []
    ended: list[tuple[Delivery, DeliveryState]] = []
    for priority in sorted(set(PRIORITY.values())):
        while len(found) < limit:
            most = {"most": limit - len(found), "priority": priority}
            rows = yield from ask(CLAIM, now=at, lease_until=lease, **most, **here)
            if not rows:
                break
            rows = sorted(rows, key=lambda row: (row[16], row[-1]))
            over = yield from _end_some(rows, at)
            for row in rows:
                delivery = delivery_from(row, workspace, lease_until)
                if row[0] in over:
                    ended.append((delivery, over[row[0]]))
                else:
                    found.append(delivery)
    return Claimed(tuple(found), tuple(ended))


def _end_some(rows: Sequence[DeliveryRow], now: int) -> Steps[dict[str, DeliveryState]]:
    """End those that are not to go out any more, but for those that may have gone out already."""
    claimed: list[Row] = [(row[0], now) for row in rows]
    superseded = {name for (name,) in (yield from ask_bulk(SUPERSEDE, claimed))}
    sure: list[Row] = [(row[0], now) for row in rows if row[-2] is None and row[0] not in superseded]
    dropped = {name for (name,) in (yield from ask_bulk(REFUSE, sure))}
    return dict.fromkeys(superseded, DeliveryState.SUPERSEDED) | dict.fromkeys(dropped, DeliveryState.DROPPED)


# ---------------------------------------------------------------- right before sending


def _begin(dialect: Dialect) -> ClauseElement:
    ours = (DELIVERY.c.id == bindparam("delivery"), DELIVERY.c.due_at == bindparam("lease_until"))
    sending = DELIVERY.c.state == constant(DeliveryState.SENDING)
    may_go = refusal(bindparam("now")).is_(None)
    tried = update(DELIVERY).where(*ours, sending, may_go).values(tried_at=bindparam("now"))
    return tried.returning(DELIVERY.c.id)


def _is_ours(dialect: Dialect) -> ClauseElement:
    ours = (DELIVERY.c.id == bindparam("delivery"), DELIVERY.c.due_at == bindparam("lease_until"))
    return select(DELIVERY.c.id).where(*ours, DELIVERY.c.state == constant(DeliveryState.SENDING))


BEGIN: Statement[tuple[str]] = Statement(_begin)
IS_OURS: Statement[tuple[str]] = Statement(_is_ours)


def begin(delivery: Delivery, now: datetime) -> Steps[DeliveryState | None]:
    """Note that a delivery goes out now, if it may and is still leased to whoever asks."""
    name, lease_until = delivery.id, micros(delivery.lease_until)
    if (yield from ask(BEGIN, now=micros(now), delivery=name, lease_until=lease_until)):
        return DeliveryState.SENDING
    if (yield from ask(IS_OURS, delivery=name, lease_until=lease_until)):
        refused = yield from ask_bulk(REFUSE, [(name, micros(now))])
        return DeliveryState.DROPPED if refused else None
    return None
