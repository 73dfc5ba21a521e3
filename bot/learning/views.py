"""The screens of a lesson: a pure function from a session to a `Message`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from pydantic import JsonValue

from bot.learning.checks import HONESTY
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
)
from bot.model import Learner, Session, Stage
from lessons.model import (
    Catalogue,
    CheckStep,
    Commit,
    ConceptStep,
    Lesson,
    Practice,
    PracticeStep,
    Question,
    ReflectStep,
    Step,
)

CONFIDENCE_SCALE = tuple(range(0, 101, 10))
"""0-100 in tens, the response format that Bandura's guide for self-efficacy scales (2006) recommends."""

MINUTES_SCALE = ((-15, "15 lost"), (0, "none"), (5, "5"), (10, "10"), (20, "20"), (30, "30"), (60, "60"))
"""Minutes saved, with a place for time lost: people who lost time must be able to say so."""


def screen(session: Session, lesson: Lesson, learner: Learner, catalogue: Catalogue) -> Message:
    """Show where an open session stands."""
    step = lesson.steps[session.step]
    body = _body(step, session, lesson, learner, catalogue)
    at = session.step + 1
    head: list[Block] = [
        Heading(lesson.title),
        Progress(session.step, len(lesson.steps), f"Step {at} of {len(lesson.steps)} · {_kind(step)}"),
    ]
    return Message(f"{lesson.title}: step {at} of {len(lesson.steps)}", (*head, *body))


def step_kind(step: Step) -> str:
    """Name a step's kind as the lesson language does."""
    return next(iter(type(step).model_fields))


def at(session: Session, **more: str) -> Args:
    """Return the args that tie a button to this screen of this session."""
    return {"s": session.id, "v": str(session.version), **more}


def note_of(session: Session, step: int | None = None) -> Mapping[str, JsonValue]:
    """Return what a step has noted down so far."""
    noted = session.notes.get(str(session.step if step is None else step))
    return noted if isinstance(noted, dict) else {}


def listed(value: JsonValue) -> list[JsonValue]:
    """Return a noted list; anything else is an empty one."""
    return value if isinstance(value, list) else []


def number(value: JsonValue) -> int:
    """Return a noted whole number; anything else is 0."""
    return value if isinstance(value, int) else 0


def tool_names(lesson: Lesson, learner: Learner, catalogue: Catalogue) -> tuple[tuple[str, str], ...]:
    """Return (id, name) of the tools for a lesson: the learner's own among its tools, else all of them."""
    own = tuple(t for t in lesson.tools if t in learner.tools) or lesson.tools
    return tuple((t, catalogue.tools[t].name if t in catalogue.tools else t) for t in own)


def any_of(names: tuple[tuple[str, str], ...]) -> str:
    """Join tool names as a reader would say them: `A, B or C`."""
    words = [name for _, name in names]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]


def _kind(step: Step) -> str:
    return {
        "practice": "practice",
        "concept": "what you just did",
        "check": "a question",
        "reflect": "looking back",
        "commit": "your plan",
    }[step_kind(step)]


def _body(
    step: Step, session: Session, lesson: Lesson, learner: Learner, catalogue: Catalogue
) -> tuple[Block, ...]:
    if isinstance(step, PracticeStep):
        names = tool_names(lesson, learner, catalogue)
        if session.stage is Stage.FEEDBACK:
            return _practice_feedback(step.practice, session)
        return _practice(step.practice, session, any_of(names))
    if isinstance(step, ConceptStep):
        return (Text(step.concept), Choices((_go(session), _leave(session))))
    if isinstance(step, CheckStep):
        return (
            _check_feedback(step.check, session)
            if session.stage is Stage.FEEDBACK
            else _check(step.check, session)
        )
    if isinstance(step, ReflectStep):
        return _reflect(session, lesson, learner, catalogue)
    return _commit(step.commit, session, tool_names(lesson, learner, catalogue))


def _practice(practice: Practice, session: Session, tools: str) -> tuple[Block, ...]:
    blocks: list[Block] = [Text(practice.task)]
    if practice.material:
        blocks.append(Code(practice.material.rstrip("\n"), "Material"))
    if practice.starter:
        blocks.append(Code(practice.starter.rstrip("\n"), "Prompt to start from"))
    blocks.append(Note(f"Do it now, in {tools}. About {practice.minutes:g} minutes."))
    if note_of(session).get("hint"):
        blocks.append(Text(f"Hint: {practice.hint}", strong=True))
    buttons = [Button("I did it", "done", at(session))]
    if practice.hint and not note_of(session).get("hint"):
        buttons.append(Button("I’m stuck", "hint", at(session)))
    if practice.answer == "paste":
        blocks.append(_paste(session))
    else:
        buttons[0] = Button("I did it", "done", at(session), Emphasis.PRIMARY)
    buttons.append(_leave(session))
    return (*blocks, Choices(tuple(buttons)))


def _paste(session: Session) -> Form:
    return Form(
        name="paste",
        title="Paste your result",
        open_label="Paste the result",
        submit_label="Check it",
        submit="paste",
        args=at(session),
        fields=(
            TextField("text", "What you and your AI tool came up with", multiline=True, max_length=3000),
        ),
        emphasis=Emphasis.PRIMARY,
    )


def _practice_feedback(practice: Practice, session: Session) -> tuple[Block, ...]:
    noted = note_of(session)
    blocks: list[Block] = []
    if noted.get("answer") == "paste":
        lines = tuple(str(line) for line in listed(noted.get("lines")))
        marks = tuple(bool(passed) for passed in listed(noted.get("checks")))
        if lines:
            verdict = "Everything that can be checked is there." if all(marks) else "Not quite there yet:"
            blocks += [Text(verdict, strong=True), Items(lines, marks), Note(HONESTY)]
        else:
            blocks.append(Text("Got it.", strong=True))
    else:
        blocks.append(Text("Done. Laps did not see your result, so you are its judge.", strong=True))
    buttons: tuple[Button, ...]
    if practice.rubric:
        blocks += [Text("Read your result once more. Does each of these hold?"), Items(practice.rubric)]
        fine = all(listed(noted.get("checks")))
        better = (Emphasis.PRIMARY, Emphasis.PLAIN) if fine else (Emphasis.PLAIN, Emphasis.PRIMARY)
        buttons = (
            Button("All of it holds", "review", at(session, met="all"), better[0]),
            Button("Some of it", "review", at(session, met="some")),
            Button("Let me try again", "again", at(session), better[1]),
        )
    else:
        buttons = (
            Button("Go on", "go", at(session), Emphasis.PRIMARY),
            Button("Let me try again", "again", at(session)),
        )
    return (*blocks, Choices(buttons))


def _check(question: Question, session: Session) -> tuple[Block, ...]:
    tried = listed(note_of(session).get("tried"))
    options = tuple(
        Button(answer.text, "answer", at(session, a=str(i)), short=chr(ord("A") + i))
        for i, answer in enumerate(question.answers)
        if i not in tried
    )
    return (Text(question.question, strong=True), Choices(options), Choices((_leave(session),)))


def _check_feedback(question: Question, session: Session) -> tuple[Block, ...]:
    chosen = question.answers[number(note_of(session).get("answer"))]
    blocks: tuple[Block, ...] = (
        Text(question.question, strong=True),
        Items((chosen.text,), (chosen.right,)),
        Text(chosen.feedback),
    )
    if chosen.right:
        return (*blocks, Choices((_go(session),)))
    again = Button("Try another answer", "again", at(session), Emphasis.PRIMARY)
    return (*blocks, Choices((again, Button("Go on", "go", at(session)))))


def reflect_stages(lesson: Lesson, step: int) -> tuple[Stage, ...]:
    """Return which questions a reflect step asks, in order."""
    here = lesson.steps[step]
    if not isinstance(here, ReflectStep):
        return ()
    asked = (
        (here.reflect.confidence, Stage.ASK),
        (here.reflect.minutes_saved, Stage.MINUTES),
        (here.reflect.used, Stage.USED),
    )
    return tuple(stage for wanted, stage in asked if wanted)


def confidence_buttons(verb: str, args: Args) -> Choices:
    """Offer 0 to 100 in tens."""
    return Choices(tuple(Button(str(n), verb, {**args, "n": str(n)}) for n in CONFIDENCE_SCALE))


def _reflect(session: Session, lesson: Lesson, learner: Learner, catalogue: Catalogue) -> tuple[Block, ...]:
    if session.stage is Stage.MINUTES:
        buttons = tuple(Button(label, "minutes", at(session, n=str(n))) for n, label in MINUTES_SCALE)
        return (
            Text(
                "Compared with doing this task your usual way: how many minutes did the tool save you?", True
            ),
            Choices(buttons),
            Note("A guess is fine. If it took longer, say so: that is worth knowing too."),
        )
    if session.stage is Stage.USED:
        tools = tuple(
            Button(name, "used", at(session, t=tool)) for tool, name in tool_names(lesson, learner, catalogue)
        )
        return (
            Text("Which tool did you use for this just now?", strong=True),
            Choices((*tools, Button("None this time", "used", at(session, t="")))),
        )
    return (
        Text(f"How confident are you now that you can use AI for this: {lesson.use_case}?", strong=True),
        Note("0 = not at all, 100 = completely."),
        confidence_buttons("confidence", at(session)),
    )


def _commit(commit: Commit, session: Session, tools: tuple[tuple[str, str], ...]) -> tuple[Block, ...]:
    with_tool = tuple(
        Button(
            f"With {name}" if len(tools) > 1 else "That is my plan", "commit", at(session, t=tool), short=name
        )
        for tool, name in tools
    )
    own = Form(
        name="plan",
        title="Your plan",
        open_label="Say it in my words",
        submit_label="That is my plan",
        submit="commit",
        args=at(session),
        fields=(
            TextField("when", "When …", commit.when, max_length=140),
            TextField("task", "… I will use AI for …", commit.task, max_length=140),
            ChoiceField("t", "… with", tools, (tools[0][0],)),
        ),
    )
    return (
        Text("People who decide when and where follow through far more often. Your plan:"),
        Text(plan_sentence(commit.when, any_of(tools), commit.task), strong=True),
        Choices(with_tool),
        own,
        Choices((Button("No plan this time", "no_plan", at(session)),)),
    )


def plan_sentence(when: str, tool: str, task: str) -> str:
    """Say an if-then plan."""
    when = when.strip().rstrip(".")
    when = when.removeprefix("When ").removeprefix("when ")
    word = when.split(" ", 1)[0]
    keeps = (len(word) > 1 and word[:2].isupper()) or word == "I"
    first = when if keeps else when[:1].lower() + when[1:]
    return f"When {first}, I will use {tool} for {task.strip().rstrip('.')}."


def _go(session: Session) -> Button:
    return Button("Go on", "go", at(session), Emphasis.PRIMARY)


def _leave(session: Session) -> Button:
    return Button("Leave for now", "leave", at(session))


# ---------------------------------------------------------------- around a lesson


def nothing_yet() -> Message:
    """Say that there is no lesson for this job and these tools, with the way to change both."""
    text = "There is no lesson yet for your job and your tools. You can change both in your settings."
    return Message(text, (Text(text), Choices((Button("Change my settings", "me"),))))


def left_screen(session: Session, lesson: Lesson) -> Message:
    """Show a lesson that the learner left, with the way back in."""
    text = (
        f"You left “{lesson.title}” at step {session.step + 1} of {len(lesson.steps)}. It stays where it is."
    )
    buttons = (
        Button("Go on where I was", "lesson", {"id": lesson.id}, Emphasis.PRIMARY),
        Button("Start over", "restart", {"id": lesson.id}),
        Button("All lessons", "lessons"),
    )
    return Message(text, (Heading(lesson.title), Text(text), Choices(buttons)))


def moved_notice(lesson: Lesson, where: str) -> Message:
    """Show on the message left behind where its lesson went on; it has no buttons."""
    text = f"“{lesson.title}” goes on {where}."
    return Message(text, (Note(text),))


def completed_screen(
    session: Session, lesson: Lesson, learner: Learner, catalogue: Catalogue, following: Lesson | None
) -> Message:
    """Show the end of a lesson: what was done, the plan, and what comes next."""
    taken = (session.ended_at or session.updated_at) - session.started_at
    pairs = [("Time taken", _duration(taken)), *_reflection_pairs(session, lesson, learner)]
    blocks: list[Block] = [
        Heading(lesson.title),
        Progress(len(lesson.steps), len(lesson.steps), "Done"),
        Fields(tuple(pairs)),
    ]
    plan = _plan(session, lesson, catalogue)
    if plan:
        blocks += [Heading("Your plan", level=2), Text(plan)]
    buttons = [Button("All lessons", "lessons")]
    if following:
        blocks.append(Note(f"Next: {following.title} ({following.minutes} minutes)"))
        buttons.insert(0, Button("Start the next one", "lesson", {"id": following.id}, Emphasis.PRIMARY))
    else:
        blocks.append(Text("That was the last one for your job. Do any of them again whenever you like."))
    return Message(f"Done: {lesson.title}", (*blocks, Choices(tuple(buttons))))


def _reflection_pairs(session: Session, lesson: Lesson, learner: Learner) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for index in range(len(lesson.steps)):
        noted = note_of(session, index)
        if "confidence" in noted:
            before = "" if learner.confidence is None else f" (at the start: {learner.confidence})"
            pairs.append(("Confidence", f"{noted['confidence']} of 100{before}"))
        if "minutes" in noted:
            n = number(noted["minutes"])
            pairs.append(("Time lost" if n < 0 else "Time saved", f"{abs(n)} minutes" if n else "none"))
    return pairs


def _plan(session: Session, lesson: Lesson, catalogue: Catalogue) -> str:
    for index in range(len(lesson.steps)):
        noted = note_of(session, index)
        if "when" in noted:
            tool = str(noted["tool"])
            name = catalogue.tools[tool].name if tool in catalogue.tools else tool
            return plan_sentence(str(noted["when"]), name, str(noted["task"]))
    return ""


def _duration(taken: timedelta) -> str:
    """Say how long a lesson took; over two hours it was interrupted, so days and hours say nothing."""
    minutes = max(1, round(taken.total_seconds() / 60))
    if minutes > 120:
        return "in several sittings"
    return "1 minute" if minutes == 1 else f"{minutes} minutes"
