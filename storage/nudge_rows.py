"""How wishes and decisions about nudges become rows, and rows values."""

from __future__ import annotations

from datetime import date

import orjson

from bot.model import LearnerId, NudgeAction, NudgeDecision, Wishes
from storage.rows import micros, moment, to_text
from storage.sql import Row

WishesRow = tuple[int | None, int | None, int | None, str, int | None, str | None]
DecisionRow = tuple[
    str, str, str, str, str, int, str, str, str, str, bool, str, int, int, int | None, str | None
]  # fmt: skip


def wishes_from(row: WishesRow) -> Wishes:
    """Read what somebody wishes."""
    snoozed, asked = row[2], row[4]
    return Wishes(
        row[0],
        row[1],
        moment(snoozed) if snoozed is not None else None,
        frozenset(orjson.loads(row[3])),
        moment(asked) if asked is not None else None,
        row[5],
    )


def decision_from(row: DecisionRow) -> NudgeDecision:
    """Read a decision whether to speak."""
    return NudgeDecision(
        id=row[0],
        learner=LearnerId(row[1]),
        moment=row[2],
        kind=row[3],
        subject=row[4],
        decided_at=moment(row[5]),
        decided_on=date.fromisoformat(row[6]),
        action=NudgeAction(row[7]),
        rule=row[8],
        reason=row[9],
        available=bool(row[10]),
        options=tuple(orjson.loads(row[11])),
        rule_version=row[12],
        probability=row[13] / 1_000_000,
        answered_at=moment(row[14]) if row[14] is not None else None,
        tool=row[15],
    )


def wishes_row(learner: LearnerId, wishes: Wishes, home: str) -> Row:
    """Write it as a row of its table."""
    snoozed, asked = wishes.snoozed_until, wishes.asked_at
    return (
        learner,
        home,
        None,
        wishes.a_day,
        wishes.a_week,
        micros(snoozed) if snoozed is not None else None,
        to_text(sorted(wishes.off)),
        micros(asked) if asked is not None else None,
        wishes.again,
    )


def decision_row(made: NudgeDecision, home: str) -> Row:
    """Write it as a row of its table."""
    return (
        made.id,
        home,
        made.learner,
        made.moment,
        made.kind,
        made.subject,
        micros(made.decided_at),
        made.decided_on.isoformat(),
        made.action,
        made.rule,
        made.reason,
        made.available,
        to_text(made.options),
        made.rule_version,
        round(made.probability * 1_000_000),
        micros(made.answered_at) if made.answered_at is not None else None,
        made.tool,
    )
