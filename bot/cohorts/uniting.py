"""Makes two learners one, where they are one person: what is kept of each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from bot.model import Learner, Merge, Status

_LATEST = datetime.max.replace(tzinfo=UTC)


def merged(owner: Learner, other: Learner, now: datetime) -> Learner:
    """Keep what the owner said, and fill in what they did not; quiet that either asked for stays."""
    quiet = owner if owner.is_paused(now) or not other.is_paused(now) else other
    return replace(
        owner,
        job_family=owner.job_family or other.job_family,
        tools=owner.tools or other.tools,
        time_zone=owner.time_zone or other.time_zone,
        confidence=owner.confidence if owner.confidence is not None else other.confidence,
        current=owner.current or other.current,
        paused_at=quiet.paused_at,
        paused_until=quiet.paused_until,
        welcome=owner.welcome or other.welcome,
        roles=owner.roles | other.roles,
        industry=owner.industry or other.industry,
        country=owner.country or other.country,
        left_on=owner.left_on or other.left_on,
        cohort=owner.cohort or other.cohort,
        shows=owner.shows & other.shows,
    )


def unite(one: Learner, other: Learner, now: datetime) -> tuple[Learner, Merge] | None:
    """Make one learner of two who are stored, without asking: who answered first stays.

    Returns:
        The learner to write, and what becomes of the other; None where one of them said yes and the other
        no, for then only the person can say which holds (by the code).
    """
    said = {each.status for each in (one, other)} - {Status.NEW}
    if len(said) > 1:
        return None
    kept, gone = (one, other) if _order(one) <= _order(other) else (other, one)
    return merged(kept, gone, now), Merge(gone.id, gone.version, kept.id)


def _order(learner: Learner) -> tuple[bool, datetime]:
    return learner.status is Status.NEW, learner.joined_at or _LATEST
