"""What colleagues do with a shared use case: try it, say how it went, practise it, keep it; and the shelf."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime

from bot.cohorts import cards
from bot.cohorts.sharing import again, found, may_change
from bot.errors import InvalidInput
from bot.events import AdoptionEvent, EventType, Evidence
from bot.facts import Facts
from bot.learning import opening
from bot.messages import Args, Button, Choices, Form, say
from bot.model import (
    Changes,
    Decision,
    Draw,
    Reply,
    Role,
    Search,
    Share,
    Shared,
    ShareStatus,
    Snapshot,
    Trial,
    Worked,
)
from lessons.catalogue import Catalogue
from lessons.model import Lesson

LONGEST_SEARCH = 80


@dataclass(frozen=True, slots=True)
class TryShare:
    """Count that somebody tried it, and ask how it went."""

    share: str


@dataclass(frozen=True, slots=True)
class JudgeShare:
    """Say whether it worked, and what was changed."""

    share: str
    worked: Worked | None
    changed: str = ""


@dataclass(frozen=True, slots=True)
class PractiseShare:
    """Begin the lesson that was made of it, or the one that is nearest."""

    share: str


@dataclass(frozen=True, slots=True)
class SaveShare:
    """Keep it, or keep it no more."""

    share: str
    kept: bool = True


@dataclass(frozen=True, slots=True)
class ShowShare:
    """Show one use case."""

    share: str


@dataclass(frozen=True, slots=True)
class SearchShelf:
    """Look for use cases; None leaves the job family to that of whoever looks, "" means all."""

    text: str = ""
    job_family: str | None = None
    tool: str | None = None
    own: bool = False


def judged_share(args: Args) -> JudgeShare:
    """Read what was said of a use case.

    Raises:
        KeyError, ValueError: these are no args of ours.
    """
    worked = args.get("worked", "")
    return JudgeShare(args["i"], Worked(worked) if worked else None, args.get("changed", "").strip())


# ---------------------------------------------------------------- trying


def try_share(
    snapshot: Snapshot, command: TryShare, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Count each person once, and ask each time.

    Raises:
        NoSuchUseCase: it was taken back, or is not for them.
    """
    shared, who = found(snapshot), snapshot.who
    if shared.share.author == who.id:
        return Decision(Reply(say("It is your own: colleagues tell how it went for them."), aside=True))
    if shared.share.status is not ShareStatus.POSTED:
        return Decision(Reply(say("It is not posted yet."), aside=True))
    if shared.mine is not None:
        return _asked(shared)
    mine = Trial(shared.share.id, who.id, now)
    after = replace(shared, mine=mine, tried=shared.tried + 1)
    event = _about(shared.share, Facts(snapshot, now, draw)(EventType.USE_CASE_TRIED, share=shared.share.id))
    decision = _asked(after)
    reply = replace(decision.reply, spoken=again(after, catalogue))
    # The use case moves on, so that of two who try it at once each counts the other.
    return Decision(reply, Changes(learner=who, share=shared.share, trial=mine, events=(event,)))


def _asked(shared: Shared) -> Decision:
    return Decision(Reply(cards.tried_page(shared), aside=True, form=cards.tried_form(shared)))


def asked_again(snapshot: Snapshot) -> Form:
    """Make the form that asks how it went.

    Raises:
        NoSuchUseCase: it was taken back, or is not for them.
    """
    return cards.tried_form(found(snapshot))


def judge_share(
    snapshot: Snapshot, command: JudgeShare, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Keep what somebody says of it, and count a use of the tool where it worked, once.

    Raises:
        InvalidInput: nothing was chosen.
        NoSuchUseCase: it was taken back, or is not for them.
    """
    shared, who = found(snapshot), snapshot.who
    if command.worked is None:
        raise InvalidInput({"worked": "Choose one."})
    if len(command.changed) > cards.LONGEST_TEXT:
        raise InvalidInput({"changed": f"That is longer than {cards.LONGEST_TEXT} characters."})
    if shared.share.author == who.id or shared.share.status is not ShareStatus.POSTED:
        return Decision(Reply(say("That is for colleagues to say."), aside=True))
    before = shared.mine
    mine = Trial(shared.share.id, who.id, before.tried_at if before else now, command.worked, command.changed)
    did, does = _works(before), _works(mine)
    after = replace(
        shared, mine=mine, tried=shared.tried + (before is None), worked=shared.worked - did + does
    )
    facts = Facts(snapshot, now, draw)
    events = [] if before else [_about(shared.share, facts(EventType.USE_CASE_TRIED, share=shared.share.id))]
    judged = facts(EventType.USE_CASE_JUDGED, share=shared.share.id, worked=command.worked)
    events.append(_about(shared.share, judged))
    if does and not (before is not None and before.worked is not None):
        used = _about(shared.share, facts(EventType.TOOL_USED, by="use case"))
        events.append(replace(used, evidence=Evidence.SELF_REPORT))
    buttons = (Button("More use cases", "usecases"), Button("Share something", "share"))
    text = "Noted. Thank you." if does else "Noted. What you changed may help the next one."
    reply = Reply(say(text, Choices(buttons)), aside=True, spoken=again(after, catalogue))
    look_by = (shared.share.author, now) if does else None  # the planner may thank its author
    changes = Changes(learner=who, share=shared.share, trial=mine, events=tuple(events), look_by=look_by)
    return Decision(reply, changes)


def _works(trial: Trial | None) -> bool:
    return trial is not None and trial.worked in (Worked.YES, Worked.CHANGED)


def _about(share: Share, event: AdoptionEvent) -> AdoptionEvent:
    return replace(event, tool=share.tool, use_case=share.task)


# ---------------------------------------------------------------- practising and keeping


def practise_share(
    snapshot: Snapshot, command: PractiseShare, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Open the lesson that was made of it, else the nearest, else what comes next.

    Raises:
        NoSuchUseCase: it was taken back, or is not for them.
    """
    lesson = lesson_for(found(snapshot).share, snapshot, catalogue)
    if lesson is None:
        return opening.open_next(snapshot, opening.OpenNext(), catalogue, now, draw)
    return opening.open_lesson(snapshot, opening.OpenLesson(lesson.id), catalogue, now, draw)


_WORD = re.compile(r"\w{4,}")


def lesson_for(share: Share, snapshot: Snapshot, catalogue: Catalogue) -> Lesson | None:
    """Return the lesson made of a use case, else the one of the own job family with most of its words."""
    made = catalogue.lessons.get(share.lesson or "")
    if made is not None:
        return made
    wanted = {*_WORD.findall(f"{share.task} {share.task} {share.prompt}".casefold())}
    task = {*_WORD.findall(share.task.casefold())}
    families = {snapshot.who.job_family, share.job_family} - {None}

    def common(lesson: Lesson) -> tuple[int, int]:
        words = {*_WORD.findall(f"{lesson.title} {lesson.use_case}".casefold())}
        return len(words & task), len(words & wanted)

    ours = [each for each in catalogue.lessons.values() if each.job_family in families]
    best = max(ours, key=common, default=None)
    return best if best is not None and any(common(best)) else None


def save_share(
    snapshot: Snapshot, command: SaveShare, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Keep it for oneself, or keep it no more; nobody else sees that.

    Raises:
        NoSuchUseCase: it was taken back, or is not for them.
    """
    shared, who = found(snapshot), snapshot.who
    buttons = Choices((Button("What I saved", "usecases", {"o": "1"}),))
    text = "Saved. You find it again with “usecases”." if command.kept else "Not saved any more."
    if shared.is_saved == command.kept:
        return Decision(Reply(say(text, buttons), aside=True))
    event = Facts(snapshot, now, draw)(EventType.USE_CASE_SAVED, share=shared.share.id, kept=command.kept)
    saved = (shared.share.id, who.id, now if command.kept else None)
    return Decision(
        Reply(say(text, buttons), aside=True),
        Changes(learner=who, saved=saved, events=(_about(shared.share, event),)),
    )


# ---------------------------------------------------------------- the shelf


def show_share(
    snapshot: Snapshot, command: ShowShare, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Show one use case, with what this person may do with it.

    Raises:
        NoSuchUseCase: it was taken back, or is not for them.
    """
    shared, who = found(snapshot), snapshot.who
    may = may_change(shared.share, who)
    leads = may and (Role.CHAMPION in who.roles or Role.ADMIN in who.roles)
    page = cards.one_page(shared, catalogue, may, leads and shared.share.status is ShareStatus.POSTED)
    return Decision(Reply(page, aside=True))


def search_shelf(
    snapshot: Snapshot, command: SearchShelf, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Show what was found."""
    search = wanted(command)
    if search.of_mine:
        search = replace(search, job_family=snapshot.who.job_family)
    hits = snapshot.shelf_found
    event = Facts(snapshot, now, draw)(EventType.USE_CASES_LISTED, found=len(hits), words=bool(search.text))
    page = cards.shelf_page(hits, search, catalogue)
    return Decision(Reply(page, aside=True), Changes(events=(event,)))


def wanted(command: SearchShelf) -> Search:
    """Say what to look for: words are looked for in all jobs, without words one's own come first."""
    text = " ".join(command.text.split())[:LONGEST_SEARCH]
    of_mine = command.job_family is None and not text and not command.own and not command.tool
    return Search(text, command.job_family or None, command.tool or None, of_mine, command.own)
