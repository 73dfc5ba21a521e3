"""`laps plan`: what would be said to a person unasked, when and why, and what would be held back."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from bot.app import CHANNEL_LIMITS, good, now_utc
from bot.cli.opening import opened
from bot.model import NudgeAction
from bot.nudging.speaking import offered
from bot.nudging.standing import draws, keys_of, needs_of, standing_of, way_of
from bot.settings import Settings
from lessons.loading import load
from lessons.moments import KeywordTrigger, keywords
from scheduler.nudges import reach
from scheduler.planner import Made, look_ahead


async def plan(settings: Settings, person: str, days: int, form: str) -> int:
    """Print what would be decided of a person, if they answer each message and do nothing else.

    Raises:
        UnknownPerson: nobody matches, or several do.
    """
    now = now_utc()
    catalogue = good(load(settings.lessons, now.date(), CHANNEL_LIMITS))
    async with opened(settings) as store:
        learner = await store.find_person(person)
        found = await reach(store, learner.id, now, needs_of(catalogue))
    made: list[Made] = []
    zone = None
    if found is not None:
        snapshot, _, is_reachable = found
        way, standing = way_of(snapshot), standing_of(snapshot, catalogue, is_reachable)
        zone = standing.week.zone
        made += look_ahead(
            way,
            standing,
            catalogue,
            keys_of(snapshot),
            now,
            now + timedelta(days=days),
            draws(snapshot),
            lambda moment: offered(moment, way, catalogue, now) is not None,
        )
    if form == "json":
        print(json.dumps([_row(each) for each in made], indent=2, ensure_ascii=False))
        return 0
    if not catalogue.moments:
        print("lessons.yaml has no moments, so nothing is said unasked.")
    elif not made:
        print(f"Nothing in the next {days} days." if days > 1 else "Nothing in the next day.")
    for moment in catalogue.moments if form == "text" else ():
        if isinstance(moment.when, KeywordTrigger):
            print(f"{'at any time':16}  {'say':8}  {moment.id}: when they write {_quoted(moment.when)}")
    for occasion, decision in made:
        local = decision.decided_at.astimezone(zone)
        print(
            f"{local:%a %Y-%m-%d %H:%M}  {_WORDS[decision.action]:8}  {occasion.moment.id}: {decision.reason}"
        )
    return 0


def _quoted(trigger: KeywordTrigger) -> str:
    return " or ".join(f"“{word}”" for word in keywords(trigger))


_WORDS = {NudgeAction.SENT: "say", NudgeAction.HELD: "hold", NudgeAction.SILENT: "not"}


def _row(made: Made) -> dict[str, object]:
    occasion, decision = made
    return {
        "at": _utc(decision.decided_at),
        "moment": occasion.moment.id,
        "subject": occasion.subject,
        "action": decision.action.value,
        "rule": decision.rule,
        "reason": decision.reason,
        "probability": decision.probability,
    }


def _utc(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
