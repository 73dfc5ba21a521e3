"""First contact, consent, the first questions, `me`, quiet, and one learner on two channels.

Before a person agrees they get one message at most, the welcome; without an answer nothing more, ever.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from bot import pages
from bot.cohorts.uniting import merged
from bot.errors import CodeRefused, InvalidInput
from bot.events import EventType
from bot.facts import Facts
from bot.learning.path import next_lesson, trail_of
from bot.learning.views import CONFIDENCE_SCALE
from bot.messages import Args, Message, Text
from bot.model import (
    Changes,
    Decision,
    Draw,
    JoinCode,
    Learner,
    Merge,
    PostId,
    Reply,
    Snapshot,
    Status,
)
from bot.typed import find_zone, read_day, small_number
from lessons.catalogue import Catalogue

CODE_LIFETIME = timedelta(minutes=15)
"""How long a code joins, once. Wrong ones are not counted, since it has 40 bits: a thousand tries a second
for all that time, far more than Slack or Teams pass on, hit one of a thousand open codes once in 1,200 times.
"""


@dataclass(frozen=True, slots=True)
class Arrive:
    """The bot was added, or its conversation opened for the first time."""


@dataclass(frozen=True, slots=True)
class Depart:
    """This person removed the bot."""


@dataclass(frozen=True, slots=True)
class LearnProfile:
    """The platform told a name, zone or address later; it is in the account already."""


@dataclass(frozen=True, slots=True)
class UninstallWorkspace:
    """The whole workspace removed the bot or took back its tokens."""


@dataclass(frozen=True, slots=True)
class Agree:
    """Take part."""


@dataclass(frozen=True, slots=True)
class Decline:
    """Say No to the welcome; `typed` by itself it is no answer to anything else."""

    typed: bool = False


@dataclass(frozen=True, slots=True)
class ChangeSetting:
    """Set one of job_family, tools, time_zone, confidence.

    `version` is the learner's version that the button was made for; None where it was typed.
    """

    name: str
    value: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class AskSetting:
    """Show the question for one setting again."""

    name: str


@dataclass(frozen=True, slots=True)
class ShowMe:
    """Show what Laps knows of the learner."""


@dataclass(frozen=True, slots=True)
class ShowHome:
    """Show the home."""


@dataclass(frozen=True, slots=True)
class Pause:
    """`until` as typed: a day, "3 days", "friday"; "" means until resumed."""

    until: str = ""


@dataclass(frozen=True, slots=True)
class Resume:
    """End a pause or a stop."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop for good."""


@dataclass(frozen=True, slots=True)
class JoinAccounts:
    """Make two accounts one learner, by a code typed on the other channel."""

    code: str


# ---------------------------------------------------------------- first contact and consent


def arrive(snapshot: Snapshot, command: Arrive, catalogue: Catalogue, now: datetime, draw: Draw) -> Decision:
    """Welcome a person once; to anybody who was welcomed before, say nothing."""
    learner = snapshot.who
    if learner.status is not Status.NEW or learner.welcome is not None:
        return Decision(Reply())
    return _welcome(snapshot, catalogue, now, draw)


def _welcome(snapshot: Snapshot, catalogue: Catalogue, now: datetime, draw: Draw) -> Decision:
    learner = replace(snapshot.who, welcome=PostId(draw.id("welcome")))
    facts = Facts(snapshot, now, draw)
    changes = Changes(learner=learner, events=(facts(EventType.LEARNER_WELCOMED),))
    return Decision(Reply(pages.welcome(catalogue), post=learner.welcome), changes)


def before_consent(
    snapshot: Snapshot, catalogue: Catalogue, now: datetime, draw: Draw, answers_in_band: bool
) -> Decision:
    """Answer anything but Agree and No from a person who has not agreed.

    The first thing they do brings the welcome. After it nothing new is posted: where the HTTP answer itself
    can show something, it shows the welcome again; else the welcome says once more what it waits for.
    """
    learner = snapshot.who
    if learner.welcome is None:
        return _welcome(snapshot, catalogue, now, draw)
    again = pages.welcome(catalogue, waiting=True)
    if answers_in_band or snapshot.place.message is not None:
        return Decision(Reply(again, aside=True, post=learner.welcome))
    return Decision(Reply(updates=((learner.welcome, again),)))


def agree(snapshot: Snapshot, command: Agree, catalogue: Catalogue, now: datetime, draw: Draw) -> Decision:
    """Take part, and get the first question."""
    learner = snapshot.who
    if learner.status is Status.ACTIVE:
        return Decision(present(snapshot, catalogue, now))
    facts = Facts(snapshot, now, draw)
    back = learner.joined_at is not None
    joined = replace(learner, status=Status.ACTIVE, joined_at=learner.joined_at or now)
    event = facts(EventType.LEARNER_RESUMED if back else EventType.LEARNER_JOINED)
    reply = present(_with(snapshot, joined), catalogue, now)
    return Decision(replace(reply, aside=False), Changes(learner=joined, events=(event,)))


def decline(
    snapshot: Snapshot, command: Decline, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Take a No, and say how to come back."""
    learner = snapshot.who
    if learner.status is Status.ACTIVE and command.typed:
        return Decision(Reply(pages.bare_no(), aside=True))
    if learner.status in (Status.ACTIVE, Status.STOPPED):
        return stop(snapshot, Stop(), catalogue, now, draw)
    facts = Facts(snapshot, now, draw)
    events = () if learner.status is Status.DECLINED else (facts(EventType.LEARNER_DECLINED),)
    welcome = learner.welcome or PostId(draw.id("welcome"))
    declined = replace(learner, status=Status.DECLINED, welcome=welcome)
    reply = Reply(pages.declined(), aside=True, post=welcome, home=pages.declined())
    return Decision(reply, Changes(learner=declined, events=events))


def depart(snapshot: Snapshot, command: Depart, catalogue: Catalogue, now: datetime, draw: Draw) -> Decision:
    """Note that the person cannot be written to here; dispatch marks the account."""
    if snapshot.who.status not in (Status.ACTIVE, Status.STOPPED):
        return Decision(Reply())  # of somebody who never agreed nothing is recorded
    return Decision(Reply(), Changes(events=(Facts(snapshot, now, draw)(EventType.LEARNER_UNREACHABLE),)))


def learn_profile(
    snapshot: Snapshot, command: LearnProfile, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Keep what the platform told of a person; it went into the account on the way here."""
    return Decision(Reply())


def uninstall_workspace(
    snapshot: Snapshot, command: UninstallWorkspace, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Note that nothing can be sent to this workspace any more, until it speaks again."""
    return Decision(Reply(), Changes(workspace=replace(snapshot.workspace, active=False)))


# ---------------------------------------------------------------- questions and settings


def next_question(learner: Learner) -> str | None:
    """Name the first question that is not answered yet, None after the last."""
    missing = {
        "job_family": learner.job_family is None,
        "tools": not learner.tools,
        "time_zone": learner.time_zone is None,
        "confidence": learner.confidence is None,
    }
    return next((name for name, is_missing in missing.items() if is_missing), None)


def change_setting(
    snapshot: Snapshot, command: ChangeSetting, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Set one thing; during the first questions the next one follows, later `me` is shown."""
    learner = snapshot.who
    asked_first = next_question(learner) is not None
    if asked_first and command.version is not None and command.version != learner.version:
        return Decision(present(snapshot, catalogue, now))
    changed, value = _SETTERS[command.name](learner, command.value, catalogue)
    if not asked_first and changed == learner:
        return Decision(Reply(pages.me(snapshot, catalogue, now)))
    facts = Facts(snapshot, now, draw)
    events = [facts(EventType.SETTING_CHANGED, name=command.name, value=value)]
    if command.name == "confidence" and learner.confidence is None:
        events = [facts(EventType.CONFIDENCE_REPORTED, value=changed.confidence, when="before")]
    after = _with(snapshot, changed)
    reply = present(after, catalogue, now) if asked_first else Reply(pages.me(after, catalogue, now))
    if asked_first and next_question(changed) is None:
        following = next_lesson(trail_of(snapshot, changed), catalogue, now)
        events += [facts.offer(following.lesson, "welcome", following.because)] if following else []
    return Decision(replace(reply, aside=False), Changes(learner=changed, events=tuple(events)))


def ask_setting(
    snapshot: Snapshot, command: AskSetting, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Show a setting's question."""
    event = Facts(snapshot, now, draw)(EventType.SETTING_ASKED, name=command.name)
    return Decision(Reply(pages.question(command.name, snapshot, catalogue)), Changes(events=(event,)))


def _set_job_family(learner: Learner, value: str, catalogue: Catalogue) -> tuple[Learner, str]:
    if value not in catalogue.job_families:
        raise InvalidInput({"value": "Please choose one of the job families."})
    return replace(learner, job_family=value), value


def _set_tools(learner: Learner, value: str, catalogue: Catalogue) -> tuple[Learner, str]:
    named = set(catalogue.tools) if value == pages.EVERY_TOOL else set(value.split(","))
    chosen = tuple(tool for tool in catalogue.tools if tool in named)
    if not chosen:
        raise InvalidInput({"value": "Please choose at least one tool."})
    return replace(learner, tools=chosen), ",".join(chosen)


def _set_time_zone(learner: Learner, value: str, catalogue: Catalogue) -> tuple[Learner, str]:
    zone = find_zone(value)
    return replace(learner, time_zone=zone), zone


def _set_confidence(learner: Learner, value: str, catalogue: Catalogue) -> tuple[Learner, str]:
    if not value.isascii() or not value.isdigit() or int(value) not in CONFIDENCE_SCALE:
        raise InvalidInput({"value": "Please choose a number from 0 to 100."})
    return replace(learner, confidence=int(value)), value


_SETTERS = {
    "job_family": _set_job_family,
    "tools": _set_tools,
    "time_zone": _set_time_zone,
    "confidence": _set_confidence,
}
SETTINGS = tuple(_SETTERS)


def setting_of(args: Args) -> ChangeSetting:
    """Read a setting that was chosen or filled in.

    Raises:
        KeyError, ValueError: these are no args of ours.
    """
    value = args["n"] if args.get("f") else args["x"]
    version = small_number(args["v"]) if "v" in args else None
    return ChangeSetting(question_of(args).name, value, version)


def question_of(args: Args) -> AskSetting:
    """Read which setting is to be asked for.

    Raises:
        KeyError, ValueError: these are no args of ours.
    """
    if args["k"] not in SETTINGS:
        raise ValueError(args["k"])
    return AskSetting(args["k"])


# ---------------------------------------------------------------- me, home, present


def present(snapshot: Snapshot, catalogue: Catalogue, now: datetime) -> Reply:
    """Show where the learner is now: consent, a question, the lesson under way, or what comes next."""
    learner = snapshot.who
    if learner.status is Status.NEW:
        return Reply(pages.welcome(catalogue), aside=True, post=learner.welcome)
    if learner.status is Status.DECLINED:
        return Reply(pages.declined(), aside=True, post=learner.welcome)
    if learner.status is Status.STOPPED:
        return Reply(pages.stopped(), aside=True)
    asked = next_question(learner)
    if asked:
        return Reply(pages.question(asked, snapshot, catalogue, first=True))
    return Reply(pages.ready(snapshot, catalogue, now), aside=True)


def show_me(snapshot: Snapshot, command: ShowMe, catalogue: Catalogue, now: datetime, draw: Draw) -> Decision:
    """Show a learner their own page, with a fresh code that joins another channel's account to it."""
    learner = snapshot.who
    facts = Facts(snapshot, now, draw)
    if learner.status is Status.STOPPED:  # coming back is first
        page = pages.me(snapshot, catalogue, now)
        return Decision(Reply(page, aside=True), Changes(events=(facts(EventType.ME_SHOWN),)))
    code = JoinCode(draw.code(), learner.id, now + CODE_LIFETIME)
    page = pages.me(snapshot, catalogue, now, code)
    return Decision(Reply(page, aside=True), Changes(code=code, events=(facts(EventType.ME_SHOWN),)))


def show_home(
    snapshot: Snapshot, command: ShowHome, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Show the home: what is next, own progress, own adoption, quiet and stop."""
    learner = snapshot.who
    home = home_of(snapshot, catalogue, now)
    if learner.status is not Status.ACTIVE:
        return Decision(Reply(home=home))
    facts = Facts(snapshot, now, draw)
    events = [facts(EventType.HOME_OPENED)]
    if next_question(learner) is None and not pages.is_under_way(snapshot):
        following = next_lesson(trail_of(snapshot), catalogue, now)
        events += [facts.offer(following.lesson, "home", following.because)] if following else []
    return Decision(Reply(home=home), Changes(events=tuple(events)))


def home_of(snapshot: Snapshot, catalogue: Catalogue, now: datetime) -> Message:
    """Make the home page that fits how far the person has let Laps in."""
    reply = present(snapshot, catalogue, now)
    learner = snapshot.who
    if learner.status is not Status.ACTIVE or next_question(learner):
        return reply.message or pages.welcome(catalogue)
    return pages.home(snapshot, catalogue, now)


def _with(snapshot: Snapshot, learner: Learner) -> Snapshot:
    """Return the snapshot as it will be once `learner` is stored."""
    return replace(snapshot, learner=replace(learner, version=learner.version + 1))


# ---------------------------------------------------------------- quiet


def pause(snapshot: Snapshot, command: Pause, catalogue: Catalogue, now: datetime, draw: Draw) -> Decision:
    """Be quiet until a day, or until resumed."""
    facts = Facts(snapshot, now, draw)
    day = read_day(command.until, facts.today) if command.until else None
    until = datetime.combine(day, time(0), facts.zone).astimezone(now.tzinfo) if day else None
    reply = Reply(pages.paused(day), aside=True)
    if snapshot.who.is_paused(now) and snapshot.who.paused_until == until:
        return Decision(_with_home(reply, snapshot, snapshot.who, catalogue, now))
    paused = replace(snapshot.who, paused_at=now, paused_until=until)
    event = facts(EventType.LEARNER_PAUSED, until=day.isoformat() if day else None)
    return Decision(
        _with_home(reply, snapshot, paused, catalogue, now), Changes(learner=paused, events=(event,))
    )


def resume(snapshot: Snapshot, command: Resume, catalogue: Catalogue, now: datetime, draw: Draw) -> Decision:
    """End a pause or a stop."""
    learner = snapshot.who
    if learner.status is Status.ACTIVE and learner.paused_at is None:
        return Decision(present(snapshot, catalogue, now))
    resumed = replace(learner, status=Status.ACTIVE, paused_at=None, paused_until=None)
    event = Facts(snapshot, now, draw)(EventType.LEARNER_RESUMED)
    reply = present(_with(snapshot, resumed), catalogue, now)
    if reply.message:
        text = "Welcome back."
        message = replace(reply.message, blocks=(Text(text, strong=True), *reply.message.blocks))
        reply = replace(reply, message=message)
    return Decision(
        _with_home(reply, snapshot, resumed, catalogue, now), Changes(learner=resumed, events=(event,))
    )


def stop(snapshot: Snapshot, command: Stop, catalogue: Catalogue, now: datetime, draw: Draw) -> Decision:
    """Stop for good: Laps never writes unasked again. Before anybody agreed, it is a No."""
    learner = snapshot.who
    if learner.status in (Status.NEW, Status.DECLINED):
        return decline(snapshot, Decline(), catalogue, now, draw)
    if learner.status is Status.STOPPED:
        return Decision(Reply(pages.stopped(), aside=True))
    stopped = replace(learner, status=Status.STOPPED)
    event = Facts(snapshot, now, draw)(EventType.LEARNER_STOPPED)
    reply = Reply(pages.stopped(), aside=True)
    return Decision(
        _with_home(reply, snapshot, stopped, catalogue, now), Changes(learner=stopped, events=(event,))
    )


def _with_home(
    reply: Reply, snapshot: Snapshot, learner: Learner, catalogue: Catalogue, now: datetime
) -> Reply:
    """Add the home as it will be, for channels on whose home the button was pressed."""
    return replace(reply, home=home_of(_with(snapshot, learner), catalogue, now))


# ---------------------------------------------------------------- one learner on two channels


def join_accounts(
    snapshot: Snapshot, command: JoinAccounts, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Make this account and the code's owner one learner; typing the code is agreeing here too.

    Raises:
        CodeRefused: the code is unknown, used or too old.
    """
    learner, code, owner = snapshot.who, snapshot.code, snapshot.other
    if code is None or owner is None or now >= code.expires_at or owner.status is not Status.ACTIVE:
        raise CodeRefused
    if owner.id == learner.id:
        return Decision(Reply(pages.joined_already(), aside=True))
    kept = merged(owner, learner, now)
    after = _with(replace(snapshot, session=None, lesson=None), kept)
    facts = Facts(after, now, draw, kept)
    event = facts(EventType.LEARNER_LINKED, channels=[snapshot.workspace.channel])
    gone = Merge(learner.id, learner.version, owner.id) if learner.version else None
    changes = Changes(learner=kept, merge=gone, used_code=code.code, events=(event,))
    return Decision(Reply(pages.joined_accounts(), aside=True), changes)
