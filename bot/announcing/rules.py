"""Who is meant by an announcement, whether it may go out, and what is said. Pure.

Up to `GUARD` people one admin is enough; for more a second one has to say yes, for what is said to hundreds
cannot be unsaid.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.errors import AlreadyDecided, OwnAnnouncement, TooLong
from bot.messages import Block, Button, Choices, Emphasis, Heading, Message, Note, Text, say
from bot.model import (
    Account,
    Announcement,
    AnnouncementState,
    Learner,
    LearnerId,
    Reached,
    Status,
    Workspace,
)
from bot.pages import welcome
from lessons.catalogue import Catalogue
from lessons.moments import Whom

GUARD = 50
"""People to whom one admin may speak; for more it takes two. The number of the requirement."""

LONGEST_TITLE = 120
LONGEST_TEXT = 1500
"""Characters."""

OUT = {
    "not asked": "have not agreed to take part",
    "declined": "said no",
    "stopped": "stopped",
    "paused": "paused",
    "left": "have left",
    "unreachable": "cannot be written to",
    "spoke": "have spoken to Laps already",
    "invited": "were invited before",
    "unknown": "are known on no channel",
}
"""Why somebody who is meant does not hear of it."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Who hears of something, and how many do not, by why."""

    people: tuple[Reached, ...]
    without: tuple[tuple[str, int], ...]


def audience(announcement: Announcement, known: Iterable[Reached], now: datetime, today: date) -> Audience:
    """Part those who are meant into who hears of it and who does not."""
    people: list[Reached] = []
    without: dict[str, int] = {}
    for each in known:
        if not is_meant(announcement, each.learner) or (announcement.is_invitation and not each.about):
            continue
        why = why_not(announcement, each, now, today)
        if why is None:
            people.append(each)
        else:
            without[why] = without.get(why, 0) + 1
    return Audience(tuple(people), tuple(sorted(without.items())))


def is_meant(announcement: Announcement, learner: Learner) -> bool:
    """Say whether somebody is of those who are to hear of it."""
    whom = Whom.model_construct(
        job_family=announcement.job_families, tool=announcement.tools, cohort=announcement.cohorts
    )
    return whom.includes(learner.job_family, learner.tools, learner.cohort)


def why_not(announcement: Announcement, each: Reached, now: datetime, today: date) -> str | None:
    """Say why somebody does not hear of it, by the keys of `OUT`; None: they do."""
    learner = each.learner
    if learner.has_left(today):
        return "left"
    if announcement.is_invitation:
        if learner.status is not Status.NEW:
            return "spoke"
        if learner.welcome is not None:
            return "invited"
        return None if each.seat is not None or each.can_be_found else "unknown"
    if learner.status is Status.NEW:
        return "not asked"
    if learner.status is not Status.ACTIVE:
        return "declined" if learner.status is Status.DECLINED else "stopped"
    if learner.is_paused(now):
        return "paused"
    return None if _can_be_reached(each.seat) else "unreachable"


def _can_be_reached(seat: tuple[Workspace, Account] | None) -> bool:
    return seat is not None and seat[0].active and seat[1].reachable


def needs_second(count: int) -> bool:
    """Say whether so many people take a second admin's yes."""
    return count > GUARD


def check(title: str, text: str) -> None:
    """Refuse what cannot be said to anybody.

    Raises:
        TooLong: a text is missing or too long.
    """
    for name, said, most in (("title", title, LONGEST_TITLE), ("text", text, LONGEST_TEXT)):
        if not said.strip() or len(said) > most:
            raise TooLong(name, len(said), most)


def approve(announcement: Announcement, who: LearnerId) -> AnnouncementState:
    """Say yes to what somebody else asked for.

    Raises:
        OwnAnnouncement: it is one's own.
        AlreadyDecided: somebody was faster.
    """
    if announcement.state is not AnnouncementState.WAITING:
        raise AlreadyDecided(announcement.state.value)
    if announcement.author == who:
        raise OwnAnnouncement
    return AnnouncementState.GOING


# ---------------------------------------------------------------- what is said


def message(announcement: Announcement, catalogue: Catalogue, by: str = "") -> Message:
    """Make what each person gets."""
    if announcement.state is AnnouncementState.WITHDRAWN:
        return say("This message was withdrawn.")
    if announcement.is_invitation:
        return _invitation(announcement, catalogue, by)
    blocks: list[Block] = [Heading(announcement.title), Text(announcement.text)]
    if announcement.corrections:
        blocks.append(Note("Corrected."))
    lesson = catalogue.lessons.get(announcement.lesson or "")
    buttons: tuple[Button, ...] = (Button("Next lesson", "next"),)
    if lesson is not None:
        start = Button(
            f"{lesson.title} ({lesson.minutes} min)", "lesson", {"id": lesson.id}, Emphasis.PRIMARY
        )
        buttons = (start,)
    note = f"From {by or 'your admins'}, to everybody whom it is for. Less from Laps: type “pause” or “stop”."
    return Message(announcement.title, (*blocks, Choices(buttons), Note(note)))


def _invitation(announcement: Announcement, catalogue: Catalogue, by: str) -> Message:
    """Make the one message before consent: the welcome, with who sends it and why."""
    first = welcome(catalogue)
    sent = f"{by or catalogue.organization.name} invites you to Laps, because {announcement.text}"
    note = Note("This is the only message without your answer: Laps does not ask again.")
    return Message(first.fallback, (first.blocks[0], Text(sent, strong=True), *first.blocks[1:], note))


def preview(
    announcement: Announcement, audience: Audience, catalogue: Catalogue, by: str, asked: bool
) -> Message:
    """Show who hears of it, who does not, and what they will read.

    Args:
        announcement: what is to be said.
        audience: who hears of it.
        catalogue: for the names of lessons.
        by: who says it.
        asked: whether the one who looks is asked for the second yes.
    """
    count, name = len(audience.people), {"a": announcement.id}
    title = f"To {_people(count)}: {announcement.title}"
    blocks: list[Block] = [Heading(title), Text(_groups(audience, catalogue))]
    if audience.without:
        told = "; ".join(f"{number} {OUT[why]}" for why, number in audience.without)
        blocks.append(Note(f"Not: {told}."))
    blocks += [Heading("This is what they read", 2), *_still(message(announcement, catalogue, by))]
    if asked:
        blocks.append(Note(f"{by or 'Somebody with access to the server'} asks for your yes."))
        send = Button(f"Yes, send it to {count}", "approve", name, Emphasis.PRIMARY)
        return Message(title, (*blocks, Choices((send, Button("No", "refuse", name)))))
    if needs_second(count):
        blocks.append(Note(f"Over {GUARD} people: a second admin has to say yes before it goes out."))
        send = Button("Ask for a second yes", "send_all", name, Emphasis.PRIMARY)
    else:
        send = Button(f"Send it to {_people(count)}", "send_all", name, Emphasis.PRIMARY)
    return Message(title, (*blocks, Choices((send, Button("Throw away", "refuse", name)))))


def _still(shown: Message) -> tuple[Block, ...]:
    return tuple(block for block in shown.blocks if not isinstance(block, Choices))


def _groups(audience: Audience, catalogue: Catalogue) -> str:
    counted: dict[str, int] = {}
    for each in audience.people:
        family = catalogue.job_families.get(each.learner.job_family or "")
        name = family.name if family is not None else "no job said"
        counted[name] = counted.get(name, 0) + 1
    if not counted:
        return "Nobody of those who are meant can hear of it now."
    return ", ".join(f"{number} × {name}" for name, number in sorted(counted.items()))


def _people(count: int) -> str:
    return "one person" if count == 1 else f"{count:,} people"


def report(announcement: Announcement, sent: int, waiting: int, lost: int) -> Message:
    """Say how far it is, with the ways to take it back or correct it."""
    name = {"a": announcement.id}
    state = {
        AnnouncementState.DRAFT: "not sent",
        AnnouncementState.WAITING: "waits for a second admin's yes",
        AnnouncementState.GOING: "goes out, to each in their own working hours",
        AnnouncementState.SENT: "is with the outbox",
        AnnouncementState.WITHDRAWN: "was withdrawn",
        AnnouncementState.REFUSED: "was refused",
    }[announcement.state]
    text = f"“{announcement.title}” {state}: {sent} sent, {waiting} on their way, {lost} not arrived."
    buttons: tuple[Button, ...] = ()
    if announcement.state in (AnnouncementState.GOING, AnnouncementState.SENT):
        buttons = (
            Button("Correct it", "correct", name),
            Button("Withdraw it", "unsay", name, Emphasis.DANGER),
            Button("How far is it?", "announced", name),
        )
    return Message(text, (Text(text), *((Choices(buttons),) if buttons else ())))


def waiting_for(listed: Sequence[Announcement]) -> tuple[Announcement, ...]:
    """Return those that somebody has to decide."""
    return tuple(each for each in listed if each.state is AnnouncementState.WAITING)
