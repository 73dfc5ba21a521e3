"""The one table of verbs: what each is read from, who decides it, what it needs, how help explains it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Never, Protocol, cast

from bot import forms, joining
from bot.announcing import asking as announcing
from bot.cohorts import gathering, looking_after, promoting, sharing, trying, weekly
from bot.editing import asking
from bot.events import EventType
from bot.facts import Facts
from bot.learning import assisting, opening, recalling, sessions
from bot.learning.checks import count_words
from bot.learning.turn import At
from bot.messages import Args, Button, Choices, Fields, Heading, Message, Note, say
from bot.model import (
    Changes,
    Decision,
    Draw,
    Reply,
    Role,
    SessionId,
    SessionStatus,
    Snapshot,
    Stage,
)
from bot.nudging import answering, connecting, hearing
from bot.nudging.standing import EVERYTHING
from bot.ports import Needs
from bot.typed import small_number
from lessons.catalogue import Catalogue
from lessons.steps import PracticeStep


class Handler(Protocol):
    """Decides one verb. It takes its own route's command, which only the route knows: hence `Never`."""

    def __call__(
        self, snapshot: Snapshot, command: Never, catalogue: Catalogue, now: datetime, draw: Draw, /
    ) -> Decision:
        """Decide, without doing anything."""


@dataclass(frozen=True, slots=True)
class Route:
    """One verb.

    Attributes:
        command: makes the command from the args; raises KeyError or ValueError where they are not its own.
        handler: decides it.
        help: one line; "" for verbs that are pressed, not typed.
        usage: how it is typed.
        before_consent: may be used by a person who has not agreed.
        when_stopped: may be used after `stop`.
        in_session: belongs to a screen of a session.
        after_questions: waits until the first questions are answered.
        by_platform: only a platform says it; from a button, however it was made, it is unknown.
        role: whose help names it; the handler sees to it that nobody else is let in.
        workshop: what the handler lets in is done by the workshop, with the catalogue's files.
    """

    command: Callable[[Args], object]
    handler: Handler
    help: str = ""
    usage: str = ""
    needs: Needs = field(default_factory=Needs)
    before_consent: bool = False
    when_stopped: bool = False
    in_session: bool = False
    after_questions: bool = False
    by_platform: bool = False
    role: Role | None = None
    workshop: bool = False

    def is_for(self, roles: Collection[Role]) -> bool:
        """Say whether it is typed at all, and by people of these roles; admins may what champions may."""
        return bool(self.help) and (self.role is None or bool({self.role, Role.ADMIN} & {*roles}))

    def decide(
        self, snapshot: Snapshot, command: object, catalogue: Catalogue, now: datetime, draw: Draw
    ) -> Decision:
        """Decide a command that this route made."""
        return self.handler(snapshot, cast(Never, command), catalogue, now, draw)


@dataclass(frozen=True, slots=True)
class ShowHelp:
    """Print the verbs."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something typed or pressed that is no verb."""

    text: str


def show_help(
    snapshot: Snapshot, command: ShowHelp, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Print the verbs."""
    event = Facts(snapshot, now, draw)(EventType.HELP_SHOWN)
    return Decision(Reply(help_page(snapshot.who.roles), aside=True), Changes(events=(event,)))


def help_page(roles: Collection[Role] = ()) -> Message:
    """Make the help from the table of routes, for somebody with these roles."""
    pairs = tuple((route.usage, route.help) for route in ROUTES.values() if route.is_for(roles))
    blocks = (
        Heading("What you can type"),
        Fields(pairs),
        Note("In Slack the same words work after /laps."),
        Choices((Button("Next lesson", "next"), Button("Lessons", "lessons"), Button("Me", "me"))),
    )
    fallback = "\n".join(f"{usage}: {text}" for usage, text in pairs)
    return Message(fallback, blocks)


def handle_unknown(
    snapshot: Snapshot, command: Unknown, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Take a pasted result as such where one is asked for; else name the nearest verb."""
    session, lesson = snapshot.session, snapshot.lesson
    if (
        session is not None
        and lesson is not None
        and session.status is SessionStatus.OPEN
        and session.stage is Stage.ASK
        and isinstance(step := lesson.steps[session.step], PracticeStep)
        and step.practice.answer == "paste"
        and count_words(command.text) >= PASTED_WORDS
    ):
        pasted = sessions.SubmitPractice(At(session.id, session.version), command.text)
        decision = sessions.submit_practice(snapshot, pasted, catalogue, now, draw)
        return opening.move_here(decision, snapshot, lesson, draw)
    nearest = nearest_verb(command.text, snapshot.who.roles)
    event = Facts(snapshot, now, draw)(EventType.HELP_SHOWN, verb=nearest)
    if nearest:
        text = f"Did you mean {nearest}?"
        buttons = (Button(nearest, nearest), Button("Help", "help"))
    else:
        text = (
            "That is none of the words Laps knows. Laps is not a chatbot: "
            "it gives you lessons to do in your own AI tool."
        )
        buttons = (Button("Next lesson", "next"), Button("Help", "help"))
    return Decision(Reply(say(text, Choices(buttons)), aside=True), Changes(events=(event,)))


PASTED_WORDS = 8
"""From this many words on, what is typed while a result is asked for is taken as the result."""


def nearest_verb(typed: str, roles: Collection[Role] = ()) -> str | None:
    """Find the verb most like what somebody of these roles typed; None where it is no short mistyping."""
    words = typed.split()
    if not words or len(words) > 3:
        return None
    verbs = [verb for verb, route in ROUTES.items() if route.is_for(roles)]
    close = difflib.get_close_matches(words[0].casefold(), verbs, n=1, cutoff=0.6)
    return close[0] if close else None


def _at(args: Args) -> At:
    return At(SessionId(args["s"]), small_number(args["v"]))


def _wait(text: str) -> str:
    if text not in answering.WAITS:
        raise ValueError(text)
    return text


def _least(text: str | None) -> int | None:
    return None if text is None else max(0, small_number(text))


_NOTHING = Needs()


def _told(command: Callable[[Args], object], handler: Handler, needs: Needs = _NOTHING) -> Route:
    """Make the route of a verb that only a platform says."""
    return Route(command, handler, needs=needs, before_consent=True, when_stopped=True, by_platform=True)


def _edited(command: Callable[[Args], object], help: str = "", usage: str = "") -> Route:  # noqa: A002
    """Make the route of a verb of the workshop, which admins alone use."""
    return Route(command, asking.admit, help, usage, role=Role.ADMIN, workshop=True)


def _of_people(command: Callable[[Args], object], help: str = "", usage: str = "") -> Route:  # noqa: A002
    """Make the route of a verb about somebody of the roster, which admins alone use."""
    return Route(command, looking_after.admit, help, usage, role=Role.ADMIN, workshop=True)


def _on_many(deed: str) -> Route:
    """Make the route of something that is done with what is said to many."""
    return Route(lambda a: announcing.Decide(a["a"], deed), announcing.admit, workshop=True)


_PATH = Needs(history=True, uses=True, recalls=True)
_NUDGES = Needs(nudging=True)
_CALENDAR = Needs(calendar=True)
_COHORT = Needs(cohort=True)
_SHARING = Needs(history=True, cohort=True)
_FORMS = Needs(history=True, uses=True, recalls=True, calendar=True, cohort=True)
_PLANS = Needs(history=True, uses=True, commitments=True, recalls=True)
_EVERYTHING = Needs(history=True, uses=True, commitments=True, accounts=True, recalls=True)

ROUTES: dict[str, Route] = {
    # typed, in the order of the help
    "next": Route(
        lambda a: opening.OpenNext("skip" in a),
        opening.open_next,
        "Start the next lesson, or go on with the one under way.",
        "next",
        _PATH,
        after_questions=True,
    ),
    "lessons": Route(
        lambda a: opening.ShowLessons(),
        opening.show_lessons,
        "The lessons for your job: what is done, what is next.",
        "lessons",
        _PATH,
        after_questions=True,
    ),
    "lesson": Route(
        lambda a: opening.OpenLesson(a["id"]),
        opening.open_lesson,
        "Open one lesson.",
        "lesson ID",
        _PATH,
        after_questions=True,
    ),
    "restart": Route(
        lambda a: opening.RestartLesson(a.get("id", "")),
        opening.restart_lesson,
        "Start the present lesson over.",
        "restart",
        _PATH,
        after_questions=True,
    ),
    "recall": Route(
        lambda a: recalling.ShowRecall(),
        recalling.show_recall,
        "One question about what you have learned. Half a minute.",
        "recall",
        _PATH,
        after_questions=True,
    ),
    "me": Route(
        lambda a: joining.ShowMe(),
        joining.show_me,
        "What Laps knows about you, your settings, and Laps in more places.",
        "me",
        _EVERYTHING,
        when_stopped=True,
    ),
    "pause": Route(
        lambda a: joining.Pause(a.get("until", "")),
        joining.pause,
        "No messages for a while: pause, pause friday, pause 2 weeks, pause until 2026-12-01.",
        "pause UNTIL",
        _EVERYTHING,
    ),
    "resume": Route(
        lambda a: joining.Resume(),
        joining.resume,
        "End a pause, or come back after stop.",
        "resume",
        _EVERYTHING,
        when_stopped=True,
    ),
    "stop": Route(
        lambda a: joining.Stop(),
        joining.stop,
        "Laps writes to you no more, until you come back.",
        "stop",
        before_consent=True,
        when_stopped=True,
    ),
    "nudges": Route(
        lambda a: answering.ShowNudges(_least(a.get("d")), _least(a.get("w"))),
        answering.show_nudges,
        "When Laps writes first, and how often.",
        "nudges",
        _NUDGES,
    ),
    "calendar": Route(
        lambda a: connecting.ShowCalendar(),
        connecting.show_calendar,
        "Connect your calendar, so that Laps speaks up before the meetings where AI helps.",
        "calendar",
        _CALENDAR,
    ),
    "usecases": Route(
        lambda a: trying.SearchShelf(a.get("q", ""), a.get("f"), a.get("t"), "o" in a),
        trying.search_shelf,
        "What worked for your colleagues: usecases, or usecases and a word to look for.",
        "usecases WORD",
    ),
    "assist": Route(
        lambda a: assisting.Assist(a.get("text", "")),
        assisting.assist,
        "Which lesson and which prompt fit something that you have to do.",
        "assist TASK",
        _PATH,
        after_questions=True,
    ),
    "share": Route(
        lambda a: sharing.DescribeShare(a.get("i", ""), a.get("prompt", "")),
        sharing.describe_share,
        "Share a use case that worked for you with your cohort.",
        "share",
        _SHARING,
    ),
    "cohort": Route(
        lambda a: gathering.ShowCohort(a.get("n", "")),
        gathering.show_cohort,
        "Your cohort, and what it may see of you.",
        "cohort",
        _COHORT,
    ),
    "help": Route(lambda a: ShowHelp(), show_help, "This list.", "help", when_stopped=True),
    "listen": Route(
        lambda a: hearing.Listen("off" not in a),
        hearing.listen,
        "Typed in a conversation: listen there for words, or listen off. For champions and admins.",
        "listen",
        role=Role.CHAMPION,
    ),
    "edit": _edited(
        asking.edit_lesson,
        "Change a lesson, by its texts or its file. For admins.",
        "edit LESSON",
    ),
    "person": _of_people(
        looking_after.show_person,
        "Look up somebody of the roster, and change them. For admins.",
        "person NAME",
    ),
    "announce": Route(
        lambda a: announcing.AskToAnnounce(),
        announcing.admit,
        "Say something to many. For admins.",
        "announce",
        role=Role.ADMIN,
        workshop=True,
    ),
    # consent and questions
    "agree": Route(
        lambda a: joining.Agree(), joining.agree, needs=_PATH, before_consent=True, when_stopped=True
    ),
    "decline": Route(
        lambda a: joining.Decline("typed" in a), joining.decline, before_consent=True, when_stopped=True
    ),
    "join": Route(
        lambda a: joining.JoinAccounts(a["code"]),
        joining.join_accounts,
        before_consent=True,
        when_stopped=True,
    ),
    "set": Route(joining.setting_of, joining.change_setting, needs=_EVERYTHING),
    "ask": Route(joining.question_of, joining.ask_setting),
    "form": Route(forms.opened, forms.open_form, needs=_FORMS),
    "recalled": Route(
        lambda a: recalling.AnswerRecall(a["l"], a["q"], small_number(a["n"]), small_number(a["a"])),
        recalling.answer_recall,
        needs=_PATH,
    ),
    # in a lesson
    "go": Route(lambda a: sessions.ContinueLesson(_at(a)), sessions.continue_lesson, in_session=True),
    "done": Route(lambda a: sessions.SubmitPractice(_at(a)), sessions.submit_practice, in_session=True),
    "paste": Route(
        lambda a: sessions.SubmitPractice(_at(a), a["text"]), sessions.submit_practice, in_session=True
    ),
    "hint": Route(lambda a: sessions.ShowHint(_at(a)), sessions.show_hint, in_session=True),
    "again": Route(lambda a: sessions.RetryStep(_at(a)), sessions.retry_step, in_session=True),
    "review": Route(
        lambda a: sessions.ReviewPractice(_at(a), a["met"]), sessions.review_practice, in_session=True
    ),
    "answer": Route(
        lambda a: sessions.AnswerCheck(_at(a), small_number(a["a"])), sessions.answer_check, in_session=True
    ),
    "confidence": Route(
        lambda a: sessions.ReportConfidence(_at(a), small_number(a["n"])),
        sessions.report_confidence,
        in_session=True,
    ),
    "minutes": Route(
        lambda a: sessions.ReportMinutes(_at(a), small_number(a["n"])),
        sessions.report_minutes,
        in_session=True,
    ),
    "used": Route(lambda a: sessions.ReportUse(_at(a), a["t"]), sessions.report_use, in_session=True),
    "commit": Route(
        lambda a: sessions.MakeCommitment(_at(a), a["t"], a.get("when"), a.get("task")),
        sessions.make_commitment,
        in_session=True,
    ),
    "no_plan": Route(lambda a: sessions.SkipCommitment(_at(a)), sessions.skip_commitment, in_session=True),
    "leave": Route(lambda a: sessions.LeaveLesson(_at(a)), sessions.leave_lesson, in_session=True),
    # in the workshop
    "draft": _edited(asking.send_texts),
    "upload": _edited(lambda a: asking.SendFile()),
    "publish": _edited(lambda a: asking.PublishDraft(a["d"], a.get("id", ""), a.get("h", ""))),
    "redo": _edited(lambda a: asking.RedoDraft(a["d"], a.get("id", ""))),
    "discard": _edited(lambda a: asking.DiscardDraft(a["d"], a.get("id", ""))),
    "enrol": _of_people(looking_after.change_person),
    # saying something to many
    "say_all": Route(announcing.composed, announcing.admit, workshop=True),
    **{deed: _on_many(deed) for deed in announcing.DEEDS},
    # to a message that came unasked
    "later": Route(lambda a: answering.AskLater(a["u"]), answering.ask_later),
    "snooze": Route(lambda a: answering.Snooze(a["u"], _wait(a["w"])), answering.snooze, needs=_NUDGES),
    "why": Route(lambda a: answering.Explain(a["u"]), answering.explain, needs=_NUDGES, when_stopped=True),
    "quiet": Route(
        lambda a: answering.Quiet(a.get("u", ""), a.get("m", ""), "all" in a, "undo" in a),
        answering.be_quiet,
        needs=_NUDGES,
        when_stopped=True,
    ),
    "kept": Route(lambda a: answering.KeepPlan(a["c"], kept=True), answering.keep_plan, needs=_PLANS),
    "unkept": Route(lambda a: answering.KeepPlan(a["c"], kept=False), answering.keep_plan, needs=_PLANS),
    "thanks": Route(lambda a: answering.Thank(a["u"]), answering.thank),
    # with shared use cases
    "describe": Route(sharing.sent_share, sharing.send_share, needs=_SHARING),
    "post": Route(lambda a: sharing.PostShare(a["i"]), sharing.post_share, needs=_COHORT),
    "scrap": Route(lambda a: sharing.ScrapShare(a["i"]), sharing.scrap_share),
    "withdraw": Route(lambda a: sharing.WithdrawShare(a["i"], "yes" in a), sharing.withdraw_share),
    "tried": Route(lambda a: trying.TryShare(a["i"]), trying.try_share),
    "worked": Route(trying.judged_share, trying.judge_share),
    "practise": Route(lambda a: trying.PractiseShare(a["i"]), trying.practise_share, needs=_PATH),
    "save": Route(lambda a: trying.SaveShare(a["i"], "off" not in a), trying.save_share),
    "usecase": Route(lambda a: trying.ShowShare(a["i"]), trying.show_share),
    "promote": Route(lambda a: promoting.PromoteShare(a["i"]), promoting.admit, workshop=True),
    # in a cohort
    "join_cohort": Route(lambda a: gathering.JoinCohort(a["n"], "yes" in a), gathering.join_cohort),
    "start_cohort": Route(
        lambda a: gathering.StartCohort(a["n"], a["day"]), gathering.start_cohort, needs=_COHORT
    ),
    "kept_mine": Route(
        lambda a: weekly.KeepMine(a["n"], date.fromisoformat(a["w"]).isoformat()),
        weekly.keep_mine,
        needs=Needs(plans=True),
    ),
    "repost": Route(lambda a: weekly.Repost(a["i"]), weekly.repost, needs=_COHORT),
    "post_line": Route(
        lambda a: weekly.PostLine(a["n"], date.fromisoformat(a["w"]).isoformat()), weekly.post_line
    ),
    "show": Route(gathering.shows_of, gathering.change_shows, needs=_COHORT),
    # for a calendar
    "connect": Route(
        lambda a: connecting.ConnectCalendar(a["url"]), connecting.connect_calendar, needs=_CALENDAR
    ),
    "disconnect": Route(
        lambda a: connecting.DisconnectCalendar(), connecting.disconnect_calendar, needs=_CALENDAR
    ),
    # told by platforms
    "arrive": _told(lambda a: joining.Arrive(), joining.arrive, _PATH),
    "depart": _told(lambda a: joining.Depart(), joining.depart),
    "home": _told(lambda a: joining.ShowHome(), joining.show_home, _EVERYTHING),
    "overheard": _told(lambda a: hearing.Hear(a["m"]), hearing.hear, EVERYTHING),
    "profile": _told(lambda a: joining.LearnProfile(), joining.learn_profile),
    "uninstall": _told(lambda a: joining.UninstallWorkspace(), joining.uninstall_workspace),
    "unknown": Route(lambda a: Unknown(a.get("text", "")), handle_unknown),
}


def typed_verbs() -> tuple[tuple[str, str], ...]:
    """Return (verb, what it does) of the verbs that everybody types, for a platform's list of commands."""
    return tuple((verb, route.help) for verb, route in ROUTES.items() if route.is_for(()))
