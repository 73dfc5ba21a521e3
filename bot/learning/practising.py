"""The two screens of a practice: the task with all that is needed for it, and the look at the result."""

from __future__ import annotations

from bot.learning.checks import HONESTY
from bot.learning.parts import any_of, at, leave, listed, note_of, tool_names
from bot.messages import Block, Button, Choices, Code, Emphasis, Form, Image, Items, Note, Text, TextField
from bot.model import Learner, Session
from lessons.catalogue import Catalogue
from lessons.model import Lesson
from lessons.steps import Practice


def task_screen(
    practice: Practice, session: Session, lesson: Lesson, learner: Learner, catalogue: Catalogue
) -> tuple[Block, ...]:
    """Show the task, its material and a prompt to start from, in the wording for the learner's tools."""
    tools = tool_names(lesson, learner, catalogue)
    blocks: list[Block] = [Text(practice.task)]
    if practice.image:
        blocks.append(Image(practice.image.url, practice.image.alt))
    if practice.material:
        blocks.append(Code(practice.material.rstrip("\n"), "Material"))
    blocks += _starters(practice, tools)
    blocks.append(Note(f"Do it now, in {any_of(tools)}. About {practice.minutes:g} minutes."))
    blocks += [Note(f"{name}: {menu}") for name, menu in _menus(practice, tools)]
    if never := catalogue.never_paste(lesson, learner.industry):
        blocks.append(Note("Never paste: " + "; ".join(line.rstrip(".") for line in never) + "."))
    if note_of(session).get("hint"):
        blocks.append(Text(f"Hint: {practice.hint}", strong=True))
    buttons = [Button("I did it", "done", at(session))]
    if practice.hint and not note_of(session).get("hint"):
        buttons.append(Button("I’m stuck", "hint", at(session)))
    if practice.answer == "paste":
        blocks.append(_paste(session))
    else:
        buttons[0] = Button("I did it", "done", at(session), Emphasis.PRIMARY)
    buttons.append(leave(session))
    return (*blocks, Choices(tuple(buttons)))


def _starters(practice: Practice, tools: tuple[tuple[str, str], ...]) -> list[Block]:
    """Give each wording of the starter once, with the tools that it is for where there are several."""
    names: dict[str, list[str]] = {}
    for tool, name in tools:
        variant = practice.variants.get(tool)
        starter = (variant.starter if variant else "") or practice.starter
        names.setdefault(starter.rstrip("\n"), []).append(name)
    title = "Prompt to start from"
    return [
        Code(
            starter,
            title if len(names) == 1 else f"{title}, in {' or '.join(said)}",
            with_above=practice.copy_with == "material",
        )
        for starter, said in names.items()
        if starter
    ]


def _menus(practice: Practice, tools: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    variants = ((name, practice.variants.get(tool)) for tool, name in tools)
    return [(name, variant.menu) for name, variant in variants if variant and variant.menu]


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


def result_screen(practice: Practice, session: Session) -> tuple[Block, ...]:
    """Show what the checks saw, a better prompt, what to verify, and the rubric to judge the result by."""
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
    if practice.better:
        blocks += [Code(practice.better.prompt.rstrip("\n"), "A better prompt"), Note(practice.better.why)]
    if practice.verify:
        blocks += [Text("Before you use it at work:", strong=True), Items(practice.verify)]
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
