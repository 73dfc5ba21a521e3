"""The cohort's week: a thread of plans for all, a card for its champion. Pure.

Names stand only where people said that they may; all others are numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.cohorts import cards
from bot.cohorts.gathering import leads
from bot.cohorts.sharing import found
from bot.errors import NotChampion
from bot.events import EventType, Evidence
from bot.facts import Facts
from bot.learning.views import plan_sentence
from bot.messages import Block, Button, Choices, Emphasis, Fields, Heading, Items, Message, Note, Text, say
from bot.model import (
    Changes,
    Cohort,
    CohortWeek,
    Decision,
    Draw,
    Plan,
    PostId,
    Reply,
    Room,
    Snapshot,
    Spoken,
)
from lessons.catalogue import Catalogue

MOST_PLANS = 15
"""Plans that are listed in a thread."""

PLANS_FOR = timedelta(days=14)
"""So long after it was made a plan stands in the thread."""

QUIET_AFTER = 14
"""Days without a use case shared or tried after which a cohort is quiet."""

LINES = (
    "What did AI save you this week, and what did you have to correct? One line each is enough.",
    "Which task of this week would you hand to AI first? Say it here, and somebody tries it with you.",
    "Show one prompt that did not work. The others say what they would change.",
    "Who did something with AI this week that took an hour before? Share it, with the prompt.",
    "What did you check before you used what AI gave you? The best check gets into our use cases.",
    "What is coming up next week where AI could help? Plan it now, in one sentence.",
)
"""What a champion may post, one each week in turn."""


@dataclass(frozen=True, slots=True)
class KeepMine:
    """Say, on the thread of a week, that one kept one's plan."""

    cohort: str
    week: str


@dataclass(frozen=True, slots=True)
class Repost:
    """Post a use case of another cohort in one's own."""

    share: str


@dataclass(frozen=True, slots=True)
class PostLine:
    """Post the week's sentence in the cohort's conversation."""

    cohort: str
    week: str


def monday_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def thread_post(salt: bytes, cohort: str, monday: date) -> PostId:
    """Name the message that is the thread of a week."""
    return PostId(Draw(salt, f"cohort {cohort}", f"thread {monday}").id("post"))


def line_of(monday: date) -> str:
    """Return the sentence of a week."""
    return LINES[monday.toordinal() // 7 % len(LINES)]


# ---------------------------------------------------------------- the thread


def thread(cohort: str, monday: date, plans: Sequence[Plan], catalogue: Catalogue) -> Message | None:
    """Make the thread of a week; None where nobody has a plan."""
    if not plans:
        return None
    title = f"Plans of this week, from {monday.day} {monday:%B}"
    named = [each for each in plans if each.is_shown][:MOST_PLANS]
    others = len(plans) - len(named)
    blocks: list[Block] = [Heading(title)]
    if named:
        texts = tuple(f"{each.by}: {_sentence(each, catalogue)}" for each in named)
        blocks.append(Items(texts, tuple(True if each.is_kept else None for each in named)))
    if others:
        kept = sum(each.is_kept for each in plans if each not in named)
        more = f"{'And ' if named else ''}{_plans(others)} of colleagues who keep theirs to themselves"
        blocks.append(Note(f"{more}{f', {kept} of them kept' if kept else ''}."))
    buttons = (
        Button("I kept my plan", "kept_mine", {"n": cohort, "w": monday.isoformat()}, Emphasis.PRIMARY),
        Button("Share what worked", "share"),
    )
    return Message(f"{title}: {_plans(len(plans))}", (*blocks, Choices(buttons)))


def _sentence(plan: Plan, catalogue: Catalogue) -> str:
    tool = catalogue.tools.get(plan.tool)
    return plan_sentence(plan.when, tool.name if tool is not None else plan.tool, plan.task)


def _plans(number: int) -> str:
    return "one plan" if number == 1 else f"{number} plans"


def keep_mine(
    snapshot: Snapshot, command: KeepMine, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Count one's newest plan that is not kept yet as kept, once, and mark it in the thread."""
    who, cohort = snapshot.who, snapshot.cohort
    mine = [each for each in snapshot.plans if each.learner == who.id]
    plan = next((each for each in mine if not each.is_kept), None)
    if plan is None:
        text = "It is noted already." if mine else "You have no plan of these days. A lesson ends with one."
        return Decision(Reply(say(text, Choices((Button("Next lesson", "next"),))), aside=True))
    plans = [replace(each, is_kept=True) if each.session == plan.session else each for each in snapshot.plans]
    facts = Facts(snapshot, now, draw)
    event = replace(
        facts(EventType.TOOL_USED, by="plan"),
        tool=plan.tool,
        use_case=plan.task,
        evidence=Evidence.SELF_REPORT,
    )
    spoken: tuple[Spoken, ...] = ()
    monday = date.fromisoformat(command.week)
    shown = thread(command.cohort, monday, plans, catalogue)
    if cohort is not None and cohort.room is not None and shown is not None:
        post = thread_post(snapshot.organization.salt, command.cohort, monday)
        spoken = (Spoken(cohort.room, shown, post, again=True),)
    shows = "" if plan.is_shown else " Your cohort sees it as one of a number."
    reply = Reply(say(f"Noted. That is how it becomes a habit.{shows}"), aside=True, spoken=spoken)
    # The cohort moves on, so that of two who press at once each sees the other's mark.
    changes = Changes(learner=who, cohort=cohort, kept=((plan.session, who.id, now),), events=(event,))
    return Decision(reply, changes)


# ---------------------------------------------------------------- the champion's card


def champion_card(cohort: Cohort, week: CohortWeek, monday: date, catalogue: Catalogue) -> Message:
    """Make the card that a champion gets on a Monday."""
    title = f"Your cohort “{cohort.name}” this week"
    pairs = [
        ("Take part", f"{cohort.members} of {cohort.named}"),
        ("Shared in two weeks", str(week.shared)),
        ("Tried in two weeks", str(week.tried)),
    ]
    blocks: list[Block] = [Heading(title), Fields(tuple(pairs)), *_hands(week)]
    if not week.shared and not week.tried and cohort.members:
        text = f"Nothing was shared or tried for {QUIET_AFTER} days. A cohort wakes up with a first one."
        blocks.append(Note(text))
    if week.repost is not None:
        share = week.repost.share
        told = (
            f"“{share.task}”, of another cohort: it worked for {week.repost.worked} of {week.repost.tried}."
        )
        look = Button("Look at it", "usecase", {"i": share.id})
        repost = Button("Post it in our conversation", "repost", {"i": share.id}, Emphasis.PRIMARY)
        blocks += [
            Heading("Worth showing", 2),
            Text(told),
            Choices((repost, look) if cohort.room else (look,)),
        ]
    blocks += [Heading("One sentence to post", 2), Text(f"“{line_of(monday)}”")]
    if cohort.room is not None:
        post = Button("Post it for me", "post_line", {"n": cohort.name, "w": monday.isoformat()})
        blocks.append(Choices((post,)))
    return Message(title, tuple(blocks))


def _hands(week: CohortWeek) -> Sequence[Block]:
    """Say who could use a hand: by name who let that be seen, the others as a number."""
    if not week.stuck and not week.stuck_others:
        return ()
    blocks: list[Block] = [Heading("Could use a hand", 2)]
    if week.stuck:
        blocks.append(Items(tuple(f"{name}: {why}" for name, why in week.stuck)))
    if week.stuck_others:
        people = "one person" if week.stuck_others == 1 else f"{week.stuck_others} people"
        more = f"{'And ' if week.stuck else ''}{people} who did not say that they may be named."
        blocks.append(Note(more))
    return blocks


def repost(snapshot: Snapshot, command: Repost, catalogue: Catalogue, now: datetime, draw: Draw) -> Decision:
    """Post a use case of another cohort in one's own conversation, once.

    Raises:
        NotChampion: somebody else asks.
        NoSuchUseCase: it was taken back, or is not for them.
    """
    shared, room = found(snapshot), _room(snapshot, snapshot.who.cohort or "")
    share = shared.share
    post = PostId(draw.id("card"))
    # How many tried it stands on the first card, which is the one that changes.
    card = cards.card(replace(shared, tried=0), catalogue)
    said = Spoken(room, card, post, f"share:{share.id}:{room.conversation}")
    event = Facts(snapshot, now, draw)(EventType.USE_CASE_REPOSTED, share=share.id)
    text = "It is in your cohort's conversation now."
    reply = Reply(say(text), aside=True, spoken=(said,), beside=True)
    return Decision(reply, Changes(learner=snapshot.who, events=(event,)))


def post_line(
    snapshot: Snapshot, command: PostLine, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Post the week's sentence in a champion's name, once.

    Raises:
        NotChampion: somebody else asks.
    """
    room = _room(snapshot, command.cohort)
    by = snapshot.account.name if snapshot.account is not None else ""
    line = line_of(date.fromisoformat(command.week))
    message = say(f"{by or 'Your champion'} asks: {line}", Choices((Button("Share something", "share"),)))
    key = f"line:{command.cohort}:{command.week}"
    said = Spoken(room, message, PostId(draw.id("line")), key)
    return Decision(
        Reply(say("Posted in your name."), aside=True, spoken=(said,), beside=True),
        Changes(learner=snapshot.who),
    )


def _room(snapshot: Snapshot, name: str) -> Room:
    cohort = snapshot.cohort
    if cohort is None or cohort.name != name or cohort.room is None or not leads(snapshot.who, name):
        raise NotChampion
    return cohort.room
