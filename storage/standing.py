"""Whether what waits may still go out: one expression, for the moment of claiming and for that of sending.

Nobody hears anything unasked who stopped, paused or left after it was decided, nor after its time.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, case, exists, false, literal_column, null, or_, select

from bot.model import DeliveryKind, Operation, Status
from storage.changes import UNINSTALLED
from storage.nudge_tables import NUDGING
from storage.snapshot import constant, words
from storage.tables import ACCOUNT, DELIVERY, LEARNER, WORKSPACE

Now = ColumnElement[int] | ColumnElement[object]

TOO_LATE = "too late: its time was over before it could go out"
UNREACHABLE = "the person cannot be written to: they blocked or removed the bot, or have no account any more"
STOPPED = "the person stopped Laps"
DECLINED = "the person said no to Laps"
LEFT = "the person left"
PAUSED = "the person paused"
NO_NUDGES = "the person wants no messages unasked"
SNOOZED = "the person asked for later"


def refusal(now: Now) -> ColumnElement[str]:
    """Say why a delivery must not go out at a time; NULL: it may."""
    unasked = DELIVERY.c.kind != constant(DeliveryKind.REPLY)
    nudge = DELIVERY.c.kind == constant(DeliveryKind.NUDGE)
    theirs = and_(unasked, to_the_person())
    return case(
        (and_(DELIVERY.c.late_at.is_not(None), DELIVERY.c.late_at < now), words(TOO_LATE)),
        (_workspace_is_gone(), words(UNINSTALLED)),
        (and_(theirs, _account(ACCOUNT.c.reachable == false())), words(UNREACHABLE)),
        (and_(theirs, _learner(LEARNER.c.status == constant(Status.STOPPED))), words(STOPPED)),
        (and_(theirs, _learner(LEARNER.c.status == constant(Status.DECLINED))), words(DECLINED)),
        (and_(theirs, _learner(LEARNER.c.status.not_in(_WELCOME))), words(LEFT)),
        (and_(theirs, _learner(_is_paused(now))), words(PAUSED)),
        (and_(nudge, _nudging(NUDGING.c.a_day == literal_column("0"))), words(NO_NUDGES)),
        (and_(nudge, _nudging(NUDGING.c.snoozed_until > now)), words(SNOOZED)),
        else_=null(),
    )


_WELCOME = (constant(Status.NEW), constant(Status.ACTIVE))


def to_the_person() -> ColumnElement[bool]:
    """Say whether a delivery is for its account's person alone, and not for several to read."""
    elsewhere = and_(ACCOUNT.c.direct.is_not(None), ACCOUNT.c.direct != DELIVERY.c.conversation)
    whispered = DELIVERY.c.operation == constant(Operation.WHISPER)
    return or_(DELIVERY.c.conversation.is_(None), whispered, ~_account(elsewhere))


def _account(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    same = (ACCOUNT.c.workspace == DELIVERY.c.workspace, ACCOUNT.c.external == DELIVERY.c.account)
    return exists(select(ACCOUNT.c.external).where(*same, condition).correlate(DELIVERY))


def _learner(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    same = LEARNER.c.id == DELIVERY.c.learner
    return exists(select(LEARNER.c.id).where(same, condition).correlate(DELIVERY))


def _nudging(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    same = NUDGING.c.learner == DELIVERY.c.learner
    return exists(select(NUDGING.c.learner).where(same, condition).correlate(DELIVERY))


def _workspace_is_gone() -> ColumnElement[bool]:
    gone = (WORKSPACE.c.id == DELIVERY.c.workspace, WORKSPACE.c.active == false())
    return exists(select(WORKSPACE.c.id).where(*gone).correlate(DELIVERY))


def _is_paused(now: Now) -> ColumnElement[bool]:
    for_good = LEARNER.c.paused_until.is_(None)
    return and_(LEARNER.c.paused_at.is_not(None), or_(for_good, LEARNER.c.paused_until > now))
