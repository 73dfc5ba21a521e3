"""Cohorts in chat: what one's own is, the conversation that it has, who is in it, what it may see of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.errors import InvalidInput, NotChampion
from bot.events import EventType
from bot.facts import Facts
from bot.messages import (
    Args,
    Block,
    Button,
    Choices,
    Emphasis,
    Fields,
    Form,
    Heading,
    Message,
    Note,
    Text,
    TextField,
    say,
)
from bot.model import Changes, Cohort, Decision, Draw, Learner, PostId, Reply, Role, Shows, Snapshot, Spoken
from bot.typed import read_day
from lessons.catalogue import Catalogue

FEWEST, MOST = 8, 12
"""People of a cohort: enough that somebody always has something to show, few enough that all are known."""

LONGEST_NAME = 60
"""Characters of a cohort's name."""

PAGE = "cohort"
"""What the form is known by."""

SHOWN = {
    Shows.PLANS: "my plans, in the cohort's weekly thread",
    Shows.HAND: "to my champion, when I could use a hand",
}


@dataclass(frozen=True, slots=True)
class ShowCohort:
    """Show a cohort; typed in a conversation of several people, make that its conversation."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class JoinCohort:
    """Be in a cohort from now on; `surely`: in this one instead of another."""

    name: str
    surely: bool = False


@dataclass(frozen=True, slots=True)
class StartCohort:
    """Say from which day on Laps speaks in a cohort's conversation by itself."""

    name: str
    day: str


@dataclass(frozen=True, slots=True)
class ChangeShows:
    """Let one's cohort see something, or no more."""

    what: Shows
    on: bool


def shows_of(args: Args) -> ChangeShows:
    """Read what is to be seen.

    Raises:
        KeyError, ValueError: these are no args of ours.
    """
    return ChangeShows(Shows(args["w"]), args["on"] == "1")


def leads(who: Learner, name: str) -> bool:
    """Say whether somebody may look after a cohort: its champion, or an admin."""
    return Role.ADMIN in who.roles or (Role.CHAMPION in who.roles and who.cohort == name)


def size_warning(cohort: Cohort) -> str:
    """Say that a cohort is too small or too large; "" where it is neither."""
    if FEWEST <= cohort.named <= MOST:
        return ""
    people = "1 person is" if cohort.named == 1 else f"{cohort.named} people are"
    return f"{people} in it; {FEWEST} to {MOST} work best."


# ---------------------------------------------------------------- showing and connecting


def show_cohort(
    snapshot: Snapshot, command: ShowCohort, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Show a cohort, or connect the conversation in which that was typed.

    Raises:
        NotChampion: somebody wants to connect or see a cohort that they do not look after.
    """
    who, cohort = snapshot.who, snapshot.cohort
    if snapshot.place.room is not None:
        return _connect(snapshot, command, catalogue, now, draw)
    if command.name and command.name != who.cohort and Role.ADMIN not in who.roles:
        raise NotChampion
    if cohort is None:
        return Decision(Reply(_none(who), aside=True))
    return Decision(Reply(page(snapshot, cohort, now), aside=True))


def _none(who: Learner) -> Message:
    text = "You are in no cohort yet. Cohorts are 8 to 12 colleagues who practise together."
    note = "As an admin, type “cohort” and its name in the conversation that is to be its own."
    blocks: tuple[Block, ...] = (Text(text),)
    if Role.ADMIN in who.roles:
        blocks = (*blocks, Note(note))
    return Message(text, (*blocks, Choices((Button("Use cases of colleagues", "usecases"),))))


def _connect(
    snapshot: Snapshot, command: ShowCohort, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Make a conversation a cohort's own, and say so there to all."""
    who, room = snapshot.who, snapshot.place.room
    name = command.name or who.cohort or ""
    if not leads(who, name):
        raise NotChampion
    if not name or len(name) > LONGEST_NAME or room is None:
        return Decision(Reply(say("Which cohort? Type: cohort, and then its name."), aside=True))
    cohort = snapshot.cohort or Cohort(name)
    if cohort.room == room:
        return Decision(Reply(say(f"This is the conversation of the cohort “{name}” already."), aside=True))
    after = replace(cohort, room=room, starts_on=cohort.starts_on or Facts(snapshot, now, draw).today)
    post = PostId(draw.id("hello"))
    key = f"cohort:{name}:{room.conversation}:{draw.id('hello')}"
    event = Facts(snapshot, now, draw)(EventType.COHORT_CONNECTED, cohort=name)
    text = f"Done: this is the conversation of the cohort “{name}” now."
    note = "Does nothing show up here? Then Laps is not in it: in Slack, type /invite @Laps."
    reply = Reply(
        Message(text, (Text(text), Note(note))),
        aside=True,
        spoken=(Spoken(room, hello(after), post, key),),
    )
    return Decision(reply, Changes(learner=who, cohort=after, events=(event,)))


def hello(cohort: Cohort) -> Message:
    """Say to all in a conversation what it is from now on."""
    text = f"This is the conversation of the cohort “{cohort.name}” now."
    what = (
        "Colleagues share here what worked for them with AI, to try with two clicks, and once a week the "
        "plans that people want to keep. Laps reads nothing of what you write here."
    )
    led = " and ".join(name for _, name in cohort.champions if name)
    blocks: tuple[Block, ...] = (Heading(text), Text(what))
    if led:
        blocks = (*blocks, Note(f"Champion: {led}."))
    buttons = (
        Button("I am in this cohort", "join_cohort", {"n": cohort.name}, Emphasis.PRIMARY),
        Button("Share something", "share"),
        Button("Use cases", "usecases"),
    )
    return Message(text, (*blocks, Choices(buttons)))


def page(snapshot: Snapshot, cohort: Cohort, now: datetime) -> Message:
    """Show a cohort to one person, and to who looks after it how to."""
    who = snapshot.who
    led = " and ".join(name or "a colleague" for _, name in cohort.champions)
    pairs = [
        ("People", f"{cohort.named}, of whom {cohort.members} take part"),
        ("Champion", led or "nobody yet"),
        (
            "Conversation",
            f"connected, in {cohort.room.workspace.channel.spoken}" if cohort.room else "none yet",
        ),
    ]
    if cohort.starts_on is not None:
        pairs.append(("Start", f"{cohort.starts_on:%A}, {cohort.starts_on.day} {cohort.starts_on:%B %Y}"))
    blocks: list[Block] = [Heading(f"Cohort “{cohort.name}”"), Fields(tuple(pairs))]
    if who.cohort == cohort.name:
        blocks += _seen(who)
    if leads(who, cohort.name):
        blocks += _looked_after(cohort)
    ways = (Button("Use cases", "usecases"), Button("Share something", "share"))
    return Message(f"Cohort “{cohort.name}”", (*blocks, Choices(ways)))


def _seen(who: Learner) -> Sequence[Block]:
    """Show what the cohort may see of one, with the switch of each."""
    shown = [SHOWN[each] for each in SHOWN if each in who.shows]
    text = f"Your cohort may see {' and '.join(shown)}." if shown else "Your cohort sees nothing of you."
    switches = tuple(
        Button(
            f"{'Stop showing' if each in who.shows else 'Show'} {label}",
            "show",
            {"w": each.value, "on": "0" if each in who.shows else "1"},
        )
        for each, label in SHOWN.items()
    )
    return (
        Note(f"{text} What you share stands under your name; all else is seen by nobody."),
        Choices(switches),
    )


def _looked_after(cohort: Cohort) -> Sequence[Block]:
    warning = size_warning(cohort)
    notes = [Note(warning)] if warning else []
    if cohort.room is None:
        notes.append(Note(f"To connect its conversation, type there: cohort {cohort.name}"))
    return (*notes, start_form(cohort))


def start_form(cohort: Cohort) -> Form:
    """Make the form that asks for the day of the start."""
    day = cohort.starts_on.isoformat() if cohort.starts_on else ""
    field = TextField(
        "day", "From which day on does Laps speak there?", day, placeholder="2026-12-01", max_length=40
    )
    return Form(
        PAGE,
        "The cohort's start",
        "Change the start",
        "Save",
        "start_cohort",
        (field,),
        {"p": PAGE, "n": cohort.name},
    )


def start_cohort(
    snapshot: Snapshot, command: StartCohort, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Set the day from which Laps speaks in the cohort's conversation by itself.

    Raises:
        NotChampion: somebody else asks.
        InvalidInput: that is no day.
    """
    if not leads(snapshot.who, command.name):
        raise NotChampion
    today = Facts(snapshot, now, draw).today
    day = _day(command.day, today)
    if day is None:
        raise InvalidInput({"day": "Write a day as 2026-12-01, or “monday”."})
    after = replace(snapshot.cohort or Cohort(command.name), starts_on=day)
    return Decision(Reply(page(snapshot, after, now)), Changes(learner=snapshot.who, cohort=after))


def _day(text: str, today: date) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        pass
    try:
        return read_day(text.strip(), today)
    except (InvalidInput, ValueError):
        return None


# ---------------------------------------------------------------- being in one


def join_cohort(
    snapshot: Snapshot, command: JoinCohort, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Be in a cohort that has a conversation; who is in another one is asked first."""
    who, cohort = snapshot.who, snapshot.cohort
    if cohort is None or cohort.room is None:
        return Decision(Reply(say("That cohort is not there any more."), aside=True))
    if who.cohort == cohort.name:
        return Decision(Reply(say(f"You are in the cohort “{cohort.name}”."), aside=True))
    if who.cohort is not None and not command.surely:
        text = f"You are in the cohort “{who.cohort}”. Move to “{cohort.name}”?"
        move = Button("Yes, move me", "join_cohort", {"n": cohort.name, "yes": "1"})
        return Decision(Reply(say(text, Choices((move,))), aside=True))
    after = replace(who, cohort=cohort.name)
    event = Facts(snapshot, now, draw)(EventType.COHORT_JOINED, cohort=cohort.name)
    text = f"You are in the cohort “{cohort.name}” now. What your cohort may see of you, you choose yourself."
    buttons = Choices((Button("My cohort", "cohort"), Button("Use cases", "usecases")))
    return Decision(Reply(say(text, buttons), aside=True), Changes(learner=after, events=(event,)))


def change_shows(
    snapshot: Snapshot, command: ChangeShows, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Let one's cohort see something, or no more, and show the page as it is then."""
    who = snapshot.who
    shows = who.shows | {command.what} if command.on else who.shows - {command.what}
    after = replace(who, shows=shows)
    name = f"shows_{command.what.value}"
    event = Facts(snapshot, now, draw)(EventType.SETTING_CHANGED, name=name, value=command.on)
    seen = replace(snapshot, learner=after)
    message = page(seen, snapshot.cohort, now) if snapshot.cohort else say("Noted.")
    return Decision(Reply(message, aside=True), Changes(learner=after, events=(event,)))
