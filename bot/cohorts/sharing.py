"""Sharing a use case: described in a form, looked at, posted to the cohort, changed, taken back.

Who made it, champions of its cohort and admins may change it and take it back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.cohorts import cards
from bot.errors import InvalidInput, NoSuchUseCase, NotChampion
from bot.events import EventType
from bot.facts import Facts
from bot.messages import Args, Button, Choices, Form, Message, Note, Text, say
from bot.model import (
    Changes,
    Decision,
    Draw,
    Learner,
    PostId,
    Reach,
    Reply,
    Role,
    SessionStatus,
    Share,
    Shared,
    ShareId,
    ShareStatus,
    Snapshot,
    Spoken,
)
from bot.typed import small_number
from lessons.catalogue import Catalogue
from lessons.steps import PracticeStep

MUCH_ALIKE = 0.5
"""From this share of common words on, two use cases are much alike."""

_NEVER = datetime.min.replace(tzinfo=UTC)
_WORD = re.compile(r"\w{3,}")


@dataclass(frozen=True, slots=True)
class DescribeShare:
    """Show the form to share something, or to change what was shared; `prompt` is what to begin with."""

    share: str = ""
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class SendShare:
    """Take a form that was sent."""

    share: str
    task: str
    tool: str
    prompt: str
    outcome: str
    check: str
    minutes: int | None
    reach: Reach


@dataclass(frozen=True, slots=True)
class PostShare:
    """Post what was looked at."""

    share: str


@dataclass(frozen=True, slots=True)
class ScrapShare:
    """Throw away what was not posted."""

    share: str


@dataclass(frozen=True, slots=True)
class WithdrawShare:
    """Take back what was posted."""

    share: str
    surely: bool = False


def sent_share(args: Args) -> SendShare:
    """Read a form that was sent.

    Raises:
        KeyError, ValueError: these are no args of ours.
    """
    minutes = args.get("minutes", "")
    return SendShare(
        args["i"],
        " ".join(args["task"].split()),
        args["tool"],
        args["prompt"].strip(),
        args.get("outcome", "").strip(),
        args.get("check", "").strip(),
        small_number(minutes) if minutes else None,
        Reach(args.get("reach") or Reach.EVERYONE),
    )


def may_change(share: Share, who: Learner) -> bool:
    """Say whether somebody may change a use case: its author, a champion of its cohort, an admin."""
    leads = Role.CHAMPION in who.roles and share.cohort is not None and share.cohort == who.cohort
    return share.author == who.id or leads or Role.ADMIN in who.roles


def found(snapshot: Snapshot) -> Shared:
    """Return the use case that was asked for, as this person may see it.

    Raises:
        NoSuchUseCase: it was taken back, or is not for them.
    """
    shared, who = snapshot.shared, snapshot.who
    if shared is None or shared.share.status is ShareStatus.WITHDRAWN:
        raise NoSuchUseCase
    share = shared.share
    for_them = share.reach is Reach.EVERYONE or share.cohort == who.cohort
    if may_change(share, who) or (share.status is ShareStatus.POSTED and for_them):
        return shared
    raise NoSuchUseCase


# ---------------------------------------------------------------- describing


def describe_share(
    snapshot: Snapshot, command: DescribeShare, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Show the form, filled in from the last practice or with what was shared.

    Raises:
        NoSuchUseCase: it was taken back, or is not theirs to change.
    """
    form = form_of(snapshot, command.share, catalogue, command.prompt)
    page = cards.share_page(form, _where(snapshot))
    return Decision(Reply(page, aside=True, form=form))


def form_of(snapshot: Snapshot, share: str, catalogue: Catalogue, prompt: str = "") -> Form:
    """Make the form to share something new, or to change what has this id.

    Raises:
        NoSuchUseCase: it was taken back, or is not theirs to change.
    """
    who = snapshot.who
    if share:
        known = found(snapshot).share
        if not may_change(known, who):
            raise NotChampion
        return _form(snapshot, known, catalogue)
    begun = _from_practice(snapshot, catalogue)
    if prompt.strip():
        begun = replace(begun, task="", check="", prompt=prompt.strip()[: cards.LONGEST_PROMPT])
    return _form(snapshot, begun, catalogue)


def _form(snapshot: Snapshot, share: Share, catalogue: Catalogue) -> Form:
    who = snapshot.who
    tools = [
        (name, tool.name) for name, tool in catalogue.tools.items() if name in who.tools or not who.tools
    ]
    if share.tool and share.tool not in dict(tools) and share.tool in catalogue.tools:
        tools.append((share.tool, catalogue.tools[share.tool].name))
    industry = catalogue.industries.get(who.industry or "")
    never = industry.never_paste if industry is not None else ()
    return cards.share_form(share, tools, who.cohort is not None, never)


def _from_practice(snapshot: Snapshot, catalogue: Catalogue) -> Share:
    """Begin with what the last practice was about: its task, its prompt, what to check."""
    who = snapshot.who
    tool = who.tools[0] if who.tools else next(iter(catalogue.tools), "")
    empty = Share(ShareId(""), who.id, "", tool, "", made_at=_NEVER)
    done = next((each for each in snapshot.history if each.status is SessionStatus.COMPLETED), None)
    lesson = catalogue.lessons.get(done.lesson) if done is not None else None
    if lesson is None:
        return empty
    lesson = lesson.told_in(who.locale)
    practice = next((step.practice for step in lesson.steps if isinstance(step, PracticeStep)), None)
    if practice is None:
        return empty
    return replace(
        empty,
        task=lesson.use_case[: cards.LONGEST_TASK],
        prompt=practice.starter[: cards.LONGEST_PROMPT],
        check="\n".join(practice.verify)[: cards.LONGEST_TEXT],
    )


def send_share(
    snapshot: Snapshot, command: SendShare, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Keep what was described, and show how it will look.

    Raises:
        InvalidInput: something that is needed is missing.
        NoSuchUseCase: it was taken back, or is not theirs to change.
    """
    _check(command, catalogue)
    who = snapshot.who
    known = found(snapshot) if command.share else None
    if known is not None and not may_change(known.share, who):
        raise NotChampion
    share = _filled(known.share if known is not None else _begun(snapshot, now, draw), command)
    if known is not None and share.status is ShareStatus.POSTED:
        return _changed(snapshot, known, share, catalogue, now, draw)
    shared = Shared(share, _called(snapshot))
    like = much_like(share, snapshot.shelf_found)
    message = cards.preview(shared, catalogue, _where(snapshot, share), like, again=False)
    return Decision(Reply(message, aside=True), Changes(learner=who, share=share))


def _begun(snapshot: Snapshot, now: datetime, draw: Draw) -> Share:
    who = snapshot.who
    return Share(
        ShareId(draw.id("share")), who.id, "", "", "", now, cohort=who.cohort, job_family=who.job_family
    )


def _filled(share: Share, command: SendShare) -> Share:
    return replace(
        share,
        task=command.task,
        tool=command.tool,
        prompt=command.prompt,
        outcome=command.outcome,
        check=command.check,
        minutes=command.minutes,
        reach=command.reach if share.cohort else Reach.EVERYONE,
    )


def _check(command: SendShare, catalogue: Catalogue) -> None:
    problems = {}
    if not command.task:
        problems["task"] = "Say in a few words what the task was."
    if command.tool not in catalogue.tools:
        problems["tool"] = "Choose the tool."
    if not command.prompt:
        problems["prompt"] = "Without the prompt nobody can try it."
    if not command.check:
        problems["check"] = "Say what one must look at before using what comes out."
    for name, most in (
        ("task", cards.LONGEST_TASK),
        ("prompt", cards.LONGEST_PROMPT),
        ("outcome", cards.LONGEST_TEXT),
        ("check", cards.LONGEST_TEXT),
    ):
        if len(getattr(command, name)) > most:
            problems[name] = f"That is longer than {most:,} characters."
    if problems:
        raise InvalidInput(problems)


def much_like(share: Share, others: Sequence[Shared]) -> tuple[Shared, ...]:
    """Return those of others that are much like a use case, by the words of task and prompt."""
    words = _words(share)
    alike = []
    for other in others:
        theirs = _words(other.share)
        common = len(words & theirs) / len(words | theirs) if words | theirs else 0.0
        if other.share.id != share.id and common >= MUCH_ALIKE:
            alike.append((common, other))
    return tuple(other for _, other in sorted(alike, key=lambda each: -each[0])[:3])


def _words(share: Share) -> set[str]:
    return {*_WORD.findall(f"{share.task} {share.prompt}".casefold())}


def _where(snapshot: Snapshot, share: Share | None = None) -> str:
    """Say where it will be seen."""
    cohort = snapshot.cohort
    if cohort is None:
        return "It stands on your organization's shelf, where colleagues find it with “usecases”."
    if cohort.room is None:
        return "Your cohort has no conversation yet, so it stands on the shelf, found with “usecases”."
    found_by = "your cohort" if share is not None and share.reach is Reach.COHORT else "colleagues"
    return f"It is posted in your cohort's conversation, and {found_by} find it with “usecases”."


def _called(snapshot: Snapshot) -> str:
    return snapshot.account.name if snapshot.account is not None else ""


# ---------------------------------------------------------------- posting


def post_share(
    snapshot: Snapshot, command: PostShare, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Post what was looked at: once, in the conversation that the cohort has now.

    Raises:
        NoSuchUseCase: it was thrown away, or is somebody else's.
    """
    shared, who = found(snapshot), snapshot.who
    if shared.share.author != who.id:
        raise NoSuchUseCase
    if shared.share.status is ShareStatus.POSTED:
        return Decision(Reply(_posted(snapshot, shared.share), aside=True))
    room = snapshot.cohort.room if snapshot.cohort is not None else None
    post = PostId(draw.id("card")) if room is not None else None
    share = replace(shared.share, status=ShareStatus.POSTED, posted_at=now, room=room, post=post)
    facts = Facts(snapshot, now, draw)
    event = replace(
        facts(EventType.USE_CASE_SHARED, share=share.id, minutes=share.minutes, reach=share.reach),
        tool=share.tool,
        use_case=share.task,
    )
    spoken: tuple[Spoken, ...] = ()
    if room is not None and post is not None:
        key = f"share:{share.id}:{room.conversation}"
        spoken = (Spoken(room, cards.card(replace(shared, share=share), catalogue), post, key),)
    reply = Reply(_posted(snapshot, share), aside=True, spoken=spoken)
    return Decision(reply, Changes(learner=who, share=share, events=(event,)))


def _posted(snapshot: Snapshot, share: Share) -> Message:
    where = "It is in your cohort's conversation now" if share.room is not None else "It is on the shelf now"
    text = f"{where}. Thank you: one colleague who tries it is worth more than ten who read about AI."
    buttons = (
        Button("Look at it", "usecase", {"i": share.id}),
        Button("Share another", "share"),
        Button("Next lesson", "next"),
    )
    return say(text, Choices(buttons))


def again(shared: Shared, catalogue: Catalogue) -> tuple[Spoken, ...]:
    """Return the card as it is now, for the conversation that it stands in."""
    share = shared.share
    if share.room is None or share.post is None:
        return ()
    return (Spoken(share.room, cards.card(shared, catalogue), share.post, again=True),)


def _changed(
    snapshot: Snapshot, known: Shared, share: Share, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Change what is posted, wherever it stands."""
    shared = replace(known, share=share)
    if share == known.share:
        raise InvalidInput({"task": "Nothing is different yet: change something first."})
    event = Facts(snapshot, now, draw)(EventType.USE_CASE_CHANGED, share=share.id)
    text = "Changed, in the conversation and on the shelf." if share.room else "Changed."
    buttons = Choices((Button("Look at it", "usecase", {"i": share.id}),))
    reply = Reply(say(text, buttons), aside=True, spoken=again(shared, catalogue))
    return Decision(reply, Changes(learner=snapshot.who, share=share, events=(event,)))


def scrap_share(
    snapshot: Snapshot, command: ScrapShare, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Throw away what was not posted; of what was, say so."""
    shared = snapshot.shared
    if (
        shared is None
        or shared.share.status is not ShareStatus.DRAFT
        or shared.share.author != snapshot.who.id
    ):
        return Decision(
            Reply(say("There is nothing to throw away: it is posted, or gone already."), aside=True)
        )
    gone = replace(
        shared.share, status=ShareStatus.WITHDRAWN, task="", prompt="", outcome="", check="", minutes=None
    )
    again = Choices((Button("Begin again", "share"),))
    return Decision(
        Reply(say("Thrown away. Nobody saw it.", again), aside=True),
        Changes(learner=snapshot.who, share=gone),
    )


def withdraw_share(
    snapshot: Snapshot, command: WithdrawShare, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Take back what was posted, after asking once: it goes from the conversation and the shelf.

    Raises:
        NoSuchUseCase: it was taken back already, or is not theirs to take back.
    """
    shared, who = found(snapshot), snapshot.who
    share = shared.share
    if not may_change(share, who):
        raise NotChampion
    if not command.surely:
        text = f"Take back “{share.task}”? It goes from the conversation and from the shelf."
        buttons = (
            Button("Yes, take it back", "withdraw", {"i": share.id, "yes": "1"}),
            Button("No, leave it", "usecase", {"i": share.id}),
        )
        return Decision(Reply(Message(text, (Text(text), Choices(buttons))), aside=True))
    gone = replace(share, status=ShareStatus.WITHDRAWN)
    event = Facts(snapshot, now, draw)(EventType.USE_CASE_WITHDRAWN, share=share.id)
    spoken: tuple[Spoken, ...] = ()
    if share.room is not None and share.post is not None:
        spoken = (Spoken(share.room, cards.withdrawn_card(), share.post, again=True),)
    done = Message("Taken back.", (Text("Taken back."), Note("What colleagues saved of it is gone, too.")))
    return Decision(Reply(done, aside=True, spoken=spoken), Changes(learner=who, share=gone, events=(event,)))
