"""What admins are shown when they edit the catalogue in chat."""

from __future__ import annotations

from collections.abc import Sequence

from bot.editing.parts import Part
from bot.learning.screens import Screen
from bot.messages import (
    Block,
    Button,
    Choices,
    Emphasis,
    FileField,
    Form,
    Heading,
    Items,
    Message,
    Note,
    Progress,
    Text,
    say,
    to_json,
)
from lessons.catalogue import Catalogue
from lessons.model import Lesson

MOST = 15
"""Lines of a list in a message."""

ROOM = 6_000
"""Characters of JSON that the screens of a proposal may have together; the first is shown in any case."""

ENDINGS = ".yaml,.yml"


def families_page(catalogue: Catalogue, takes_file: bool) -> Message:
    """Ask for the job family whose lesson is to be edited."""
    buttons = tuple(Button(each.name, "edit", {"f": name}) for name, each in catalogue.job_families.items())
    asked = Text("Whose lesson is it? You can also type: edit LESSON")
    blocks = (Heading("Edit a lesson"), asked, Choices(buttons), *_by_file(takes_file))
    return Message("Edit a lesson: whose is it?", blocks)


def lessons_page(name: str, lessons: Sequence[Lesson]) -> Message:
    """Ask for the lesson of a job family that is to be edited."""
    buttons = tuple(
        Button(lesson.title, "edit", {"id": lesson.id}, short=str(number))
        for number, lesson in enumerate(lessons, 1)
    )
    back = Choices((Button("Another job", "edit"),))
    if not lessons:
        return say(f"{name}: there is no lesson yet.", back)
    return Message(f"Edit a lesson of {name}", (Heading(name), Text("Which lesson?"), Choices(buttons), back))


def parts_page(lesson: Lesson, parts: Sequence[Part], path: str, draft: str, takes_file: bool) -> Message:
    """Offer the parts of a lesson, each with its own form.

    Args:
        lesson: as it is, or as a draft has it.
        parts: its parts.
        path: its file, from the folder of lessons.yaml.
        draft: the draft that is gone on with, "" for none.
        takes_file: the channel's forms can have a file.
    """
    buttons = tuple(Button(part.label, "edit", _at(lesson.id, draft) | {"p": part.key}) for part in parts)
    about = "What do you want to change?" if not draft else "What else do you want to change?"
    note = f"Everything else (steps, answers, checks, pictures, translations) is changed in the file: {path}"
    blocks = (Heading(lesson.title), Text(about), Choices(buttons), Note(note), *_by_file(takes_file))
    return Message(f"Edit “{lesson.title}”: {about}", blocks)


def part_form(lesson: Lesson, part: Part, since: str, draft: str) -> Form:
    """Make the form of one part."""
    return Form(
        name=f"edit-{part.key}",
        title=part.label if len(part.label) <= 24 else "Edit a lesson",
        open_label="Edit",
        submit_label="See what changes",
        submit="draft",
        fields=tuple(slot.field() for slot in part.slots),
        args={**_at(lesson.id, draft), "p": part.key, "h": since},
        intro=f"{lesson.title}. {part.label}. Nobody sees it before you publish it.",
        emphasis=Emphasis.PRIMARY,
    )


def form_page(lesson: Lesson, form: Form, draft: str) -> Message:
    """Show a form within a message, for channels without modals."""
    back = Choices((Button("Another part", "edit", _at(lesson.id, draft)),))
    return Message(f"Edit “{lesson.title}”", (Heading(lesson.title), form, back))


def proposal(
    title: str,
    lines: Sequence[str],
    warnings: Sequence[str],
    screens: Sequence[Screen],
    notes: Sequence[str],
    draft: str,
    lesson: str,
    digest: str,
) -> Message:
    """Show a draft: what is different, what lint warns of, and how learners will see it.

    Args:
        title: what is changed.
        lines: what is different.
        warnings: what lint says and does not refuse.
        screens: the screens that change.
        notes: what else there is to know.
        draft: its id.
        lesson: the lesson's id, "" for lessons.yaml.
        digest: the beginning of the digest of its text.
    """
    blocks: list[Block] = [
        Heading("Not live yet"),
        Text(f"{title}: this is what you change."),
        *_listed(lines),
    ]
    if warnings:
        blocks += [Text("You may publish it so, but look at this first:", strong=True), *_listed(warnings)]
    shown, rest = _fitting(screens)
    for screen in shown:
        blocks += [Heading(screen.name, level=2), *still(screen.message)]
    if rest:
        blocks.append(
            Note(f"{rest} more screens change with it." if rest > 1 else "One more screen changes.")
        )
    blocks += [Note(note) for note in notes]
    args = {"d": draft, "id": lesson}
    more = (Button("Edit more", "edit", args),) if lesson else ()
    publish = Button("Publish", "publish", {**args, "h": digest}, Emphasis.PRIMARY)
    away = Button("Throw away", "discard", args, Emphasis.DANGER)
    return Message(f"{title}: not live yet", (*blocks, Choices((publish, *more, away))))


def _fitting(screens: Sequence[Screen]) -> tuple[Sequence[Screen], int]:
    """Return the screens that there is room for, and how many there are besides."""
    taken = 0
    for count, screen in enumerate(screens):
        taken += len(to_json(screen.message))
        if count and taken > ROOM:
            return screens[:count], len(screens) - count
    return screens, 0


def still(message: Message) -> tuple[Block, ...]:
    """Show a screen as a picture of itself: what can be pressed in it is named and cannot be pressed."""
    blocks: list[Block] = []
    labels: list[str] = []
    for block in message.blocks:
        match block:
            case Heading(text):
                blocks.append(Text(text, strong=True))
            case Progress(_, _, label):
                blocks.append(Note(label))
            case Choices(options) if any(option.short for option in options):
                blocks.append(Items(tuple(option.label for option in options)))
            case Choices(options):
                labels += [option.label for option in options]
            case Form(open_label=label):
                labels.append(label)
            case _:
                blocks.append(block)
    buttons = (Note("Buttons: " + ", ".join(f"[{label}]" for label in labels)),) if labels else ()
    return (*blocks, *buttons)


def refused_page(title: str, errors: Sequence[str], mend: str) -> Message:
    """Say what keeps a change from being live; nothing was kept."""
    text = f"{title} cannot go live as it is. Nothing was changed."
    return Message(text, (Heading("Not taken"), Text(text), *_listed(errors), Note(mend)))


def live_page(title: str, revision: int, lines: Sequence[str], path: str, lesson: str) -> Message:
    """Say that a draft is live."""
    text = f"{title} is live, as revision {revision}."
    more = "Whoever is in the middle of the lesson finishes it in the wording they began."
    kept = f"It stands in {path}. If your lessons are in version control, commit it there."
    again = (Button("Edit it again", "edit", {"id": lesson}),) if lesson else ()
    buttons = Choices((*again, Button("Edit another lesson", "edit")))
    return Message(text, (Heading("Live"), Text(f"{text} {more}"), *_listed(lines), Note(kept), buttons))


def stale_page(title: str, lines: Sequence[str], draft: str, lesson: str, can_redo: bool) -> Message:
    """Say that the file was changed by somebody else since the draft was made."""
    text = f"{title} was changed while you were at it, so yours was not published. The other change:"
    args = {"d": draft, "id": lesson}
    redo = Button("Make my change to it as it is now", "redo", args, Emphasis.PRIMARY)
    away = Button("Throw mine away", "discard", args)
    how = "You are shown the result before anything is live."
    if not can_redo:
        how = "Yours cannot be joined with it by itself: start from the file as it is now, and send it again."
    buttons = Choices((redo, away) if can_redo else (away,))
    return Message(text, (Heading("Somebody was faster"), Text(text), *_listed(lines), Note(how), buttons))


def gone_page(lesson: str) -> Message:
    """Say that a draft is not there any more."""
    text = "That change is not here any more: it was published or thrown away, or it is over a week old."
    return say(text, Choices((_edit(lesson),)))


def discarded_page(lesson: str) -> Message:
    """Say that a draft was thrown away."""
    return say("Thrown away. Nothing was changed.", Choices((_edit(lesson),)))


def no_lesson_page(asked: str, nearest: str | None) -> Message:
    """Say that there is no such lesson to edit."""
    meant = (Button(f"Edit {nearest}", "edit", {"id": nearest}, Emphasis.PRIMARY),) if nearest else ()
    text = f"There is no lesson called “{asked[:80]}”."
    return say(text, Choices((*meant, Button("Choose a lesson", "edit"))))


def _edit(lesson: str) -> Button:
    return Button("Edit the lesson", "edit", {"id": lesson}) if lesson else Button("Edit a lesson", "edit")


def _at(lesson: str, draft: str) -> dict[str, str]:
    return {"id": lesson, "d": draft} if draft else {"id": lesson}


def _listed(lines: Sequence[str]) -> tuple[Block, ...]:
    """List the first lines, and say how many there are besides."""
    if not lines:
        return ()
    items = Items(tuple(line.strip() for line in lines[:MOST]))
    return (items, Note(f"And {len(lines) - MOST} more.")) if len(lines) > MOST else (items,)


def _by_file(takes_file: bool) -> tuple[Block, ...]:
    """Say how a whole file is sent, or offer a field for it."""
    if not takes_file:
        return (Note("You can also send a lesson's YAML file, or lessons.yaml, as a message here."),)
    form = Form(
        name="upload",
        title="Send a file",
        open_label="Send a YAML file",
        submit_label="See what changes",
        submit="upload",
        fields=(FileField("file", "A lesson, or lessons.yaml", ENDINGS),),
    )
    return (form,)
