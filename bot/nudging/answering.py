"""What people do with a message that came unasked: later, why, less, no more; and their plan, kept or not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.events import EventType, Evidence
from bot.facts import Facts
from bot.learning.path import next_lesson, trail_of
from bot.messages import Block, Button, Choices, Fields, Heading, Message, Note, Text, say
from bot.model import Changes, Decision, Draw, NudgeAction, NudgeDecision, Reply, Snapshot, Wishes
from bot.nudging.times import Week, instant
from lessons.catalogue import Catalogue
from lessons.moments import Moment


@dataclass(frozen=True, slots=True)
class AskLater:
    """Ask when a message should come again."""

    nudge: str


@dataclass(frozen=True, slots=True)
class Snooze:
    """Be quiet for a while: `hour`, `tomorrow` or `week`."""

    nudge: str
    wait: str


@dataclass(frozen=True, slots=True)
class Explain:
    """Say why a message came."""

    nudge: str


@dataclass(frozen=True, slots=True)
class Quiet:
    """No more of a moment, or (`all`) of any; `undo` takes that back."""

    nudge: str = ""
    moment: str = ""
    all: bool = False
    undo: bool = False


@dataclass(frozen=True, slots=True)
class ShowNudges:
    """Show when Laps writes first, and change it."""

    a_day: int | None = None
    a_week: int | None = None


@dataclass(frozen=True, slots=True)
class KeepPlan:
    """Say whether a plan was kept."""

    session: str
    kept: bool


@dataclass(frozen=True, slots=True)
class Thank:
    """Say that what was offered was used."""

    nudge: str


WAITS = {"hour": "In an hour", "tomorrow": "Tomorrow", "week": "Next week"}
"""How long to be quiet, and its button."""


def ask_later(
    snapshot: Snapshot, command: AskLater, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Offer an hour, tomorrow, next week, and all ways of hearing less."""
    name = {"u": command.nudge}
    waits = tuple(Button(label, "snooze", {**name, "w": wait}) for wait, label in WAITS.items())
    less = (
        Button("No more of this kind", "quiet", name),
        Button("Change how often", "nudges"),
        Button("Stop writing first", "quiet", {**name, "all": "1"}),
    )
    blocks = (Text("When is better?"), Choices(waits), Note("Or hear less from Laps:"), Choices(less))
    return Decision(Reply(Message("When is better?", blocks)))


def snooze(snapshot: Snapshot, command: Snooze, catalogue: Catalogue, now: datetime, draw: Draw) -> Decision:
    """Be quiet until then, and say it once more; what is due meanwhile comes where there is still time."""
    facts = Facts(snapshot, now, draw)
    if command.wait == "hour":
        until = now + timedelta(hours=1)
    else:
        begin = Week.of(catalogue.organization.nudges, facts.zone).begin
        day = facts.today + timedelta(days=1 if command.wait == "tomorrow" else 7 - facts.today.weekday())
        until = instant(day, begin, facts.zone)
    local = until.astimezone(facts.zone)
    known = any(each.id == command.nudge for each in snapshot.decisions)
    wishes = replace(snapshot.wishes, snoozed_until=until, again=command.nudge if known else None)
    event = facts(EventType.NUDGE_SNOOZED, moment=_moment(snapshot, command.nudge), wait=command.wait)
    text = f"Quiet until {local:%A}, {local:%H:%M}{'; then it comes again' if known else ''}. "
    text += "You can go on whenever you like: type “next”."
    who = snapshot.who
    changes = Changes(learner=who, wishes=(who.id, wishes), events=(event,), look_by=(who.id, until))
    return Decision(Reply(say(text)), changes)


def explain(
    snapshot: Snapshot, command: Explain, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Say truly why a message came, and what keeps others from coming."""
    made = next((each for each in snapshot.decisions if each.id == command.nudge), None)
    nudges, name = catalogue.organization.nudges, {"u": command.nudge}
    if made is None:
        return Decision(Reply(say("That message is too old: Laps does not know any more why it came.")))
    local = made.decided_at.astimezone(Facts(snapshot, now, draw).zone)
    rules = (
        f"Laps writes first at most {_count(_day(nudges.a_day, snapshot.wishes))} a day and "
        f"{_count(_week(nudges.a_week, snapshot.wishes))} in seven days, only in your working hours."
    )
    if nudges.hold:
        rules += f" About {nudges.hold:.0%} of what could be said is held back at random, "
        rules += "to see whether writing helps."
    blocks: tuple[Block, ...] = (
        Text(f"This came on {local:%A} at {local:%H:%M}, because {made.reason}."),
        Note(rules),
        Choices(
            (
                Button("Later", "later", name),
                Button("No more of this kind", "quiet", name),
                Button("Change how often", "nudges"),
            )
        ),
    )
    return Decision(Reply(Message(f"Because {made.reason}.", blocks), aside=True))


def be_quiet(snapshot: Snapshot, command: Quiet, catalogue: Catalogue, now: datetime, draw: Draw) -> Decision:
    """Turn one moment off, or all, or on again; lessons stay as they are."""
    wishes, facts = snapshot.wishes, Facts(snapshot, now, draw)
    name = command.moment or _moment(snapshot, command.nudge)
    if command.all:
        wishes = replace(wishes, a_day=None if command.undo else 0, asked_at=wishes.asked_at)
        text = _ON_AGAIN if command.undo else "Laps does not write first any more. Lessons stay: type “next”."
        undo = Button("Write to me again", "quiet", {"all": "1", "undo": "1"})
    elif name:
        off = wishes.off - {name} if command.undo else wishes.off | {name}
        wishes = replace(wishes, off=off)
        text = _ON_AGAIN if command.undo else "No more of this kind."
        undo = Button("I want it again", "quiet", {"m": name, "undo": "1"})
    else:
        return show_nudges(snapshot, ShowNudges(), catalogue, now, draw)
    event = facts(EventType.NUDGES_CHANGED, moment=name or None, off=not command.undo)
    back = () if command.undo else (Choices((undo, Button("Change how often", "nudges"))),)
    changes = Changes(
        learner=snapshot.who,
        wishes=(snapshot.who.id, wishes),
        events=(event,),
        look_by=(snapshot.who.id, now),
    )
    return Decision(Reply(say(text, *back)), changes)


_ON_AGAIN = "You hear of it again."


def show_nudges(
    snapshot: Snapshot, command: ShowNudges, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Show when Laps writes first and why, with less, more and off; the organization's budget is the most."""
    wishes, changes = snapshot.wishes, Changes()
    if command.a_day is not None and command.a_week is not None:
        wishes = replace(wishes, a_day=command.a_day, a_week=command.a_week)
        event = Facts(snapshot, now, draw)(EventType.NUDGES_CHANGED, moment=None, off=command.a_day == 0)
        who = snapshot.who
        changes = Changes(learner=who, wishes=(who.id, wishes), events=(event,), look_by=(who.id, now))
    return Decision(Reply(_settings(snapshot, wishes, catalogue, now), aside=True), changes)


def _settings(snapshot: Snapshot, wishes: Wishes, catalogue: Catalogue, now: datetime) -> Message:
    nudges = catalogue.organization.nudges
    a_day, a_week = _day(nudges.a_day, wishes), _week(nudges.a_week, wishes)
    off = [moment for moment in catalogue.moments if moment.id in wishes.off]
    pairs = [
        (
            "At most",
            f"{_count(a_day)} a day, {_count(a_week)} in seven days" if a_day and a_week else "nothing",
        ),
        ("When", f"{nudges.hours} of your own time zone, on working days"),
    ]
    if wishes.snoozed_until is not None and wishes.snoozed_until > now:
        pairs.append(("Quiet until", f"{wishes.snoozed_until:%Y-%m-%d %H:%M} UTC"))
    if off:
        pairs.append(("Turned off", ", ".join(_name(moment) for moment in off)))
    buttons = [
        Button(label, "nudges", {"d": str(day), "w": str(week)})
        for label, day, week in (
            ("Fewer: one a week", 1, 1),
            ("As usual", nudges.a_day, nudges.a_week),
            ("None", 0, 0),
        )
        if (day, week) != (a_day, a_week)
    ]
    buttons += [
        Button(f"On again: {_name(moment)}", "quiet", {"m": moment.id, "undo": "1"}) for moment in off
    ]
    blocks = (Heading("When Laps writes first"), Fields(tuple(pairs)), Choices(tuple(buttons)))
    return Message("When Laps writes first", blocks)


def keep_plan(
    snapshot: Snapshot, command: KeepPlan, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Count a plan that was kept as a use, by the person's own word, once; one that was not, as none."""
    plan = next((each for each in snapshot.commitments if each.session == command.session), None)
    lesson = catalogue.lessons.get(plan.lesson) if plan is not None else None
    facts = Facts(snapshot, now, draw)
    if plan is None:
        return Decision(Reply(say("That plan is not here any more.")))
    following = next_lesson(trail_of(snapshot), catalogue, now)
    buttons = (Button("Next lesson", "next"),) if following else ()
    if not command.kept:
        text = "No harm done: it is there when it comes up. Laps asks again another time."
        return Decision(
            Reply(say(text, Choices((*buttons, Button("Help", "help"))))), Changes(learner=snapshot.who)
        )
    event = (
        facts.in_lesson(EventType.TOOL_USED, lesson, None, by="plan")
        if lesson is not None
        else facts(EventType.TOOL_USED, by="plan")
    )
    used = replace(event, tool=plan.tool, evidence=Evidence.SELF_REPORT)
    text = "Noted. That is how it becomes a habit."
    return Decision(
        Reply(say(text, Choices(buttons))) if buttons else Reply(say(text)),
        Changes(learner=snapshot.who, events=(used,)),
    )


def thank(snapshot: Snapshot, command: Thank, catalogue: Catalogue, now: datetime, draw: Draw) -> Decision:
    """Take a word that a prompt was used."""
    return Decision(Reply(say("Good. Type “next” for a lesson.")), Changes(learner=snapshot.who))


def answered_by(snapshot: Snapshot, nudge: str, now: datetime) -> NudgeDecision | None:
    """Return the decision whose message is answered, where it is the person's own and waits for an answer."""
    return next(
        (
            each
            for each in snapshot.decisions
            if each.id == nudge and each.action is NudgeAction.SENT and each.answered_at is None
        ),
        None,
    )


def _moment(snapshot: Snapshot, nudge: str) -> str:
    return next((each.moment for each in snapshot.decisions if each.id == nudge), "")


def _name(moment: Moment) -> str:
    return moment.id.replace("-", " ")


def _day(most: int, wishes: Wishes) -> int:
    return most if wishes.a_day is None else min(most, wishes.a_day)


def _week(most: int, wishes: Wishes) -> int:
    return most if wishes.a_week is None else min(most, wishes.a_week)


def _count(number: int) -> str:
    return {0: "no message", 1: "one message"}.get(number, f"{number} messages")
