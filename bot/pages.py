"""What Laps says outside lessons: the welcome, the first questions, `me`, the home, quiet and stop."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from bot.learning.path import UNFINISHED, Standing, next_lesson, standings, trail_of
from bot.learning.views import confidence_buttons, nothing_yet, plan_sentence
from bot.messages import (
    Args,
    Block,
    Button,
    ChoiceField,
    Choices,
    Code,
    Emphasis,
    Fields,
    Form,
    Heading,
    Items,
    Message,
    Note,
    Progress,
    Text,
    TextField,
    say,
)
from bot.model import JoinCode, Learner, Snapshot, Status
from lessons.catalogue import Catalogue

EVERY_TOOL = "*"
"""What the button for all tools carries, for their ids together may be too long for a button."""


def _speaks_first(catalogue: Catalogue) -> tuple[str, ...]:
    """Say how often Laps may write first, where it does at all."""
    nudges = catalogue.organization.nudges
    if not catalogue.moments or not (nudges.a_day and nudges.a_week):
        return ()
    most = f"at most {nudges.a_day} a day and {nudges.a_week} in seven days"
    return (f"Laps may write first, {most}, in your working hours; “nudges” turns that down or off.",)


def welcome(catalogue: Catalogue, waiting: bool = False) -> Message:
    """Say what Laps is, who sees what and how to stop, and ask for consent."""
    days = catalogue.organization.keep_text_days
    kept = "and not kept" if days == 0 else f"and deleted after {days} days"
    blocks: tuple[Block, ...] = (
        Heading("Laps: short practice with AI, on your own work"),
        Text(
            f"Lessons of 3 to 7 minutes for your job at {catalogue.organization.name}, right here. "
            "Each starts with a task you do in your own AI tool, not with theory."
        ),
        Items(
            (
                (
                    "Who sees what: your answers are yours. Your organization sees figures for groups of "
                    "five or more, never yours alone."
                ),
                f"What you paste is checked by simple rules {kept}. No AI reads it here.",
                *_speaks_first(catalogue),
                "How to stop: type “stop” at any time, or “pause” for a quiet while.",
            )
        ),
        Choices(
            (
                Button("Agree and start", "agree", emphasis=Emphasis.PRIMARY),
                Button("No, thank you", "decline"),
            )
        ),
    )
    if waiting:
        blocks = (*blocks, Note("Laps waits for your answer: press a button, or type “agree” or “no”."))
    return Message("Laps offers short practice with AI on your own work. Agree or say no.", blocks)


def declined() -> Message:
    """Take a No kindly, with the way back in."""
    text = "All right, Laps will not write to you. If you change your mind, press here."
    return say(text, Choices((Button("Take part after all", "agree"),)))


def bare_no() -> Message:
    """Answer a No that nothing was asked for: it ends nothing by itself."""
    text = "Nothing was asked just now. Should Laps stop for good, type “stop”; for a quiet while, “pause”."
    return say(
        text, Choices((Button("Next lesson", "next"), Button("Pause", "pause"), Button("Stop Laps", "stop")))
    )


def stopped() -> Message:
    """Say that Laps has stopped, with the way back in."""
    text = "Laps has stopped and will not write to you. What you did is kept, in case you come back."
    return say(text, Choices((Button("Come back", "resume"),)))


def paused(until: date | None) -> Message:
    """Say until when Laps is quiet."""
    when = f"until {until:%A}, {until.day} {until:%B %Y}" if until else "until you say resume"
    text = f"Quiet {when}. You can still take a lesson whenever you like: type “next”."
    return say(text, Choices((Button("Resume now", "resume"), Button("Next lesson", "next"))))


# ---------------------------------------------------------------- questions


def question(name: str, snapshot: Snapshot, catalogue: Catalogue, first: bool = False) -> Message:
    """Ask one of the questions; `first` counts them, as before the first lesson."""
    title, *blocks = _QUESTIONS[name](snapshot, catalogue, {"v": str(snapshot.who.version), "k": name})
    head: list[Block] = [Heading(title.text)] if isinstance(title, Heading) else [title]
    if first:
        names = list(_QUESTIONS)
        done = names.index(name)
        head.append(Progress(done, len(names), f"Question {done + 1} of {len(names)}"))
    else:
        blocks.append(Choices((Button("Back", "me"),)))
    return Message(title.text if isinstance(title, Heading) else name, (*head, *blocks))


def _ask_job_family(snapshot: Snapshot, catalogue: Catalogue, args: Args) -> tuple[Block, ...]:
    taught = {lesson.job_family for lesson in catalogue.for_family(None)}
    # A job without a lesson would be chosen for nothing; where none has any, all are shown.
    offered = {key: f for key, f in catalogue.job_families.items() if key in taught} or catalogue.job_families
    buttons = tuple(Button(family.name, "set", {**args, "x": key}) for key, family in offered.items())
    return (
        Heading("What is your job?"),
        Text("You get lessons on tasks of this job. To change it later, type “me”."),
        Choices(buttons),
    )


def _ask_tools(snapshot: Snapshot, catalogue: Catalogue, args: Args) -> tuple[Block, ...]:
    options = tuple((key, tool.name) for key, tool in catalogue.tools.items())
    form = Form(
        name="tools",
        title="Your AI tools",
        open_label="Choose your tools",
        submit_label="These are mine",
        submit="set",
        args=args,
        fields=(ChoiceField("x", "Tools you have at work", options, snapshot.who.tools, many=True),),
        emphasis=Emphasis.PRIMARY,
    )
    everything = Button("I have all of them", "set", {**args, "x": EVERY_TOOL})
    more: tuple[Block, ...] = (Choices((everything,)),) if len(options) > 1 else ()
    return (
        Heading("Which AI tools do you have at work?"),
        Text("You practise in the real tool, so choose what you can open now."),
        form,
        *more,
    )


def _ask_time_zone(snapshot: Snapshot, catalogue: Catalogue, args: Args) -> tuple[Block, ...]:
    account, learner = snapshot.account, snapshot.learner
    told = (account.time_zone if account else None) or (learner.time_zone if learner else None)
    zone = told or snapshot.organization.time_zone
    source = "Your time zone seems to be" if told else "Most people here are in"
    form = Form(
        name="zone",
        title="Your time zone",
        open_label="Another one",
        submit_label="Use this one",
        submit="set",
        args=args,
        fields=(TextField("x", "A city or a zone, such as Lisbon or Europe/Lisbon", zone, max_length=60),),
    )
    return (
        Heading("When is your day?"),
        Text(f"{source} {zone.replace('_', ' ')}. Laps writes only in your working hours."),
        Choices((Button("That is right", "set", {**args, "x": zone}, Emphasis.PRIMARY),)),
        form,
    )


def _ask_confidence(snapshot: Snapshot, catalogue: Catalogue, args: Args) -> tuple[Block, ...]:
    again = snapshot.who.confidence is not None
    return (
        Heading("Your confidence today" if again else "One number before you start"),
        Text("How confident are you today that you can use AI tools for your own work?"),
        Note("0 = not at all, 100 = completely. It is asked again later, so that you can see the change."),
        confidence_buttons("set", {**args, "f": "x"}),
    )


_QUESTIONS = {
    "job_family": _ask_job_family,
    "tools": _ask_tools,
    "time_zone": _ask_time_zone,
    "confidence": _ask_confidence,
}


# ---------------------------------------------------------------- where one is


def ready(snapshot: Snapshot, catalogue: Catalogue, now: datetime) -> Message:
    """Offer what comes next."""
    learner = snapshot.who
    session, lesson = snapshot.session, snapshot.lesson
    if session and lesson and is_under_way(snapshot):
        text = f"You are at step {session.step + 1} of {len(lesson.steps)} of “{lesson.title}”."
        buttons = (Button("Go on", "next", emphasis=Emphasis.PRIMARY), Button("All lessons", "lessons"))
        return Message(text, (Text(text), Choices(buttons)))
    listed = standings(learner, snapshot.history, catalogue)
    following = next_lesson(trail_of(snapshot), catalogue, now)
    if not listed:
        return nothing_yet()
    if following is None:
        return say(
            "You have done every lesson there is for your job.", Choices((Button("All lessons", "lessons"),))
        )
    first = not snapshot.history
    title = following.lesson.told_in(learner.locale).title
    lead = "You are set. Your first lesson:" if first else "Your next lesson:"
    start = "Start the first lesson" if first else "Start"
    blocks = (
        Text(lead),
        Text(f"{title} ({following.lesson.minutes} minutes)", strong=True),
        Note(f"Because {following.because}."),
        Note("Have your AI tool open beside this. You can leave at any step and go on later."),
        Choices((Button(start, "next", emphasis=Emphasis.PRIMARY), Button("All lessons", "lessons"))),
    )
    return Message(f"{lead} {title}", blocks)


def is_under_way(snapshot: Snapshot) -> bool:
    """Say whether there is a lesson to go on with, so that no other one is offered."""
    session = snapshot.session
    return session is not None and snapshot.lesson is not None and session.status in UNFINISHED


def me(snapshot: Snapshot, catalogue: Catalogue, now: datetime, code: JoinCode | None = None) -> Message:
    """Show a learner what Laps knows of them, and let them change it."""
    learner = snapshot.who
    blocks: list[Block] = [Heading("You and Laps"), Fields(_about(snapshot, learner, catalogue, now))]
    blocks += _progress(standings(learner, snapshot.history, catalogue))
    blocks += _adoption(snapshot, catalogue)
    if snapshot.commitments:
        plans = tuple(
            plan_sentence(
                c.when, catalogue.tools[c.tool].name if c.tool in catalogue.tools else c.tool, c.task
            )
            for c in snapshot.commitments[:5]
        )
        blocks += [Heading("Your plans", level=2), Items(plans)]
    if code:
        text = "To go on in Slack, Teams or another browser as well, type this there within 15 minutes:"
        blocks += [Heading("Use Laps in more places", level=2), Text(text)]
        blocks.append(Code(f"join {code.code}", "Your code"))
    if learner.status is not Status.STOPPED:
        settings = tuple(Button(label, "ask", {"k": name}) for name, label in _SETTING_BUTTONS)
        blocks.append(Choices(settings))
    blocks.append(Choices(_quiet_buttons(learner, now)))
    blocks.append(Note("Only you see this page."))
    return Message("You and Laps", tuple(blocks))


_SETTING_BUTTONS = (
    ("job_family", "Change job"),
    ("tools", "Change tools"),
    ("time_zone", "Change time zone"),
    ("confidence", "Confidence now"),
)


def home(snapshot: Snapshot, catalogue: Catalogue, now: datetime) -> Message:
    """Show the home: what is next, own progress, own adoption, quiet and stop."""
    learner = snapshot.who
    following = ready(snapshot, catalogue, now)
    blocks: list[Block] = [Heading("Laps"), *following.blocks]
    blocks += _progress(standings(learner, snapshot.history, catalogue))
    blocks += _adoption(snapshot, catalogue)
    blocks.append(Choices((Button("My settings", "me"), *_quiet_buttons(learner, now))))
    blocks.append(Note("Only you see this page."))
    return Message("Laps", tuple(blocks))


def _about(
    snapshot: Snapshot, learner: Learner, catalogue: Catalogue, now: datetime
) -> tuple[tuple[str, str], ...]:
    family = catalogue.job_families.get(learner.job_family or "")
    tools = ", ".join(catalogue.tools[t].name for t in learner.tools if t in catalogue.tools)
    quiet = "now and then, when it helps"
    if learner.status is Status.STOPPED:
        quiet = "stopped, until you come back"
    elif learner.is_paused(now):
        until = learner.paused_until
        quiet = f"paused until {until.day} {until:%B %Y}" if until else "paused, until you resume"
    pairs = [
        ("Job", family.name if family else "not chosen"),
        ("Tools", tools or "not chosen"),
        ("Time zone", (learner.time_zone or "not chosen").replace("_", " ")),
        ("Confidence", "not asked" if learner.confidence is None else f"{learner.confidence} of 100"),
        ("Messages", quiet),
    ]
    if len(snapshot.accounts) > 1:
        names = [channel.spoken for channel, _ in snapshot.accounts]
        pairs.append(("You are in", ", ".join(names)))
    return tuple(pairs)


def _progress(listed: Sequence[Standing]) -> list[Block]:
    done = sum(x.done for x in listed)
    return [
        Heading("Your lessons", level=2),
        Progress(done, max(1, len(listed)), f"{done} of {len(listed)} done"),
    ]


def _adoption(snapshot: Snapshot, catalogue: Catalogue) -> list[Block]:
    """Show own use of the tools, by one's own word."""
    heading = Heading("Your use of AI, last 4 weeks", level=2)
    if not snapshot.uses:
        return [heading, Text("Nothing yet. Lessons ask whether you used a tool; your answers show here.")]
    lines = tuple(
        f"{u.use_case}: {u.count} × {catalogue.tools[u.tool].name if u.tool in catalogue.tools else u.tool}"
        for u in snapshot.uses
    )
    return [heading, Items(lines), Note("As you told Laps.")]


def _quiet_buttons(learner: Learner, now: datetime) -> tuple[Button, ...]:
    if learner.status is Status.STOPPED:
        return (Button("Come back", "resume", emphasis=Emphasis.PRIMARY),)
    quiet = Button("Resume", "resume") if learner.is_paused(now) else Button("Pause", "pause")
    return (quiet, Button("Stop Laps", "stop", emphasis=Emphasis.DANGER))


def joined_accounts() -> Message:
    """Say that two accounts are one learner now."""
    text = "Joined: you are one learner in both places now. Lessons go on where you left them."
    return say(text, Choices((Button("Next lesson", "next", emphasis=Emphasis.PRIMARY), Button("Me", "me"))))


def joined_already() -> Message:
    """Say that the code is one's own."""
    return say("That is your own code, and this account is yours already. Type it on the other channel.")
