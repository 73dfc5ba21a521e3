"""The screens of a lesson: a pure function from a session to a `Message`."""

from __future__ import annotations

from datetime import timedelta

from pydantic import JsonValue

from bot.learning.parts import any_of, at, go_on, leave, listed, note_of, number, tool_names
from bot.learning.path import Following
from bot.learning.practising import result_screen, task_screen
from bot.measurement.answers import Item
from bot.messages import (
    Args,
    Block,
    Button,
    ChoiceField,
    Choices,
    Emphasis,
    Fields,
    Form,
    Heading,
    Image,
    Items,
    Message,
    Note,
    Progress,
    Text,
    TextField,
)
from bot.model import Learner, Session, Stage
from lessons.catalogue import Catalogue
from lessons.model import Lesson
from lessons.steps import (
    CheckStep,
    Commit,
    CommitStep,
    ConceptStep,
    PracticeStep,
    Question,
    ReflectStep,
    Step,
    TransferStep,
)

CONFIDENCE_SCALE = tuple(range(0, 101, 10))
"""0-100 in tens, the response format that Bandura's guide for self-efficacy scales (2006) recommends."""

MINUTES_SCALE = ((-15, "15 lost"), (0, "none"), (5, "5"), (10, "10"), (20, "20"), (30, "30"), (60, "60"))
"""Minutes saved, with a place for time lost: people who lost time must be able to say so."""


def screen(session: Session, lesson: Lesson, learner: Learner, catalogue: Catalogue) -> Message:
    """Show where an open session stands, in the learner's language where the lesson has it."""
    lesson = lesson.told_in(learner.locale)
    step = lesson.steps[session.step]
    body = _body(step, session, lesson, learner, catalogue)
    at = session.step + 1
    head: list[Block] = [
        Heading(lesson.title),
        Progress(session.step, len(lesson.steps), f"Step {at} of {len(lesson.steps)} · {_kind(step)}"),
    ]
    because = session.notes.get("because")
    why = (Note(f"This one, because {because}."),) if because and session.step == 0 else ()
    return Message(f"{lesson.title}: step {at} of {len(lesson.steps)}", (*head, *why, *body))


def step_kind(step: Step) -> str:
    """Name a step's kind as the lesson language does."""
    return next(iter(type(step).model_fields))


def shown_of(step: Step) -> dict[str, JsonValue]:
    """Say of a step that comes on screen what it is, and what it asks of how it went."""
    said: dict[str, JsonValue] = {"kind": step_kind(step)}
    if isinstance(step, ReflectStep):
        said["asks"] = [
            name
            for wanted, name in (
                (step.reflect.confidence, Item.CONFIDENCE.value),
                (step.reflect.minutes_saved, Item.MINUTES_SAVED.value),
            )
            if wanted
        ]
    return said


def question_of(step: Step) -> Question | None:
    """Return the question that a step asks; None where it asks none with answers to choose from."""
    if isinstance(step, CheckStep):
        return step.check
    return step.transfer if isinstance(step, TransferStep) else None


def _kind(step: Step) -> str:
    return {
        "practice": "practice",
        "concept": "what you just did",
        "check": "a question",
        "transfer": "the same idea elsewhere",
        "reflect": "looking back",
        "commit": "your plan",
    }[step_kind(step)]


def _body(
    step: Step, session: Session, lesson: Lesson, learner: Learner, catalogue: Catalogue
) -> tuple[Block, ...]:
    if isinstance(step, PracticeStep):
        if session.stage is Stage.FEEDBACK:
            return result_screen(step.practice, session)
        return task_screen(step.practice, session, lesson, learner, catalogue)
    if isinstance(step, ConceptStep):
        picture = (Image(step.image.url, step.image.alt),) if step.image else ()
        return (Text(step.text), *picture, Choices((go_on(session), leave(session))))
    if (question := question_of(step)) is not None:
        show = _check_feedback if session.stage is Stage.FEEDBACK else _check
        return show(question, session)
    if isinstance(step, ReflectStep):
        return _reflect(session, lesson, learner, catalogue)
    if isinstance(step, CommitStep):
        return _commit(step.commit, session, tool_names(lesson, learner, catalogue))
    raise AssertionError(step)


def _check(question: Question, session: Session) -> tuple[Block, ...]:
    tried = listed(note_of(session).get("tried"))
    options = tuple(
        Button(answer.text, "answer", at(session, a=str(i)), short=chr(ord("A") + i))
        for i, answer in enumerate(question.answers)
        if i not in tried
    )
    return (Text(question.question, strong=True), Choices(options), Choices((leave(session),)))


def _check_feedback(question: Question, session: Session) -> tuple[Block, ...]:
    chosen = question.answers[number(note_of(session).get("answer"))]
    blocks: tuple[Block, ...] = (
        Text(question.question, strong=True),
        Items((chosen.text,), (chosen.right,)),
        Text(chosen.feedback),
    )
    if chosen.right:
        return (*blocks, Choices((go_on(session),)))
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
    session: Session, lesson: Lesson, learner: Learner, catalogue: Catalogue, following: Following | None
) -> Message:
    """Show the end of a lesson: what was done, the plan, what comes next and why."""
    lesson = lesson.told_in(learner.locale)
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
        later, title = following.lesson, following.lesson.told_in(learner.locale).title
        blocks.append(Note(f"Next: {title} ({later.minutes} minutes), because {following.because}."))
        buttons.insert(0, Button("Start the next one", "lesson", {"id": later.id}, Emphasis.PRIMARY))
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
