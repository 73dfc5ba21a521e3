"""What a shared use case looks like: its form, its preview, its card for the cohort, and on the shelf."""

from __future__ import annotations

from collections.abc import Sequence

from bot.messages import (
    Block,
    Button,
    ChoiceField,
    Choices,
    Code,
    Emphasis,
    Field,
    Form,
    Heading,
    Items,
    Message,
    Note,
    Text,
    TextField,
    say,
)
from bot.model import Reach, Search, Share, Shared, Worked
from lessons.catalogue import Catalogue

PAGE = "share"
"""What the form is known by."""

TRIED_PAGE = "tried"
"""What the form after a try is known by."""

LONGEST_TASK = 150
LONGEST_PROMPT = 2500
LONGEST_TEXT = 600
"""Characters of each text; together they fit every channel's message."""

MINUTES = (0, 5, 10, 15, 20, 30, 45, 60, 90, 120, 240)
"""What may be said to have been saved."""

REACHES = {
    Reach.EVERYONE: "Everybody in the organization who uses Laps",
    Reach.COHORT: "My cohort only",
}
WORKED = {
    Worked.YES: "Yes, as it is",
    Worked.CHANGED: "Yes, with changes",
    Worked.NO: "No",
}


# ---------------------------------------------------------------- sharing


def share_page(form: Form, where: str) -> Message:
    """Show the form to share a use case; `where` says who will see it."""
    blocks = (Heading(form.title), Text(where), form)
    return Message(form.title, blocks)


def share_form(share: Share, tools: Sequence[tuple[str, str]], in_cohort: bool, never: Sequence[str]) -> Form:
    """Make the form, filled in with what is known.

    Args:
        share: what stands in it so far.
        tools: ids and names of the tools to choose from.
        in_cohort: whether there is a cohort to keep it to.
        never: what must never be pasted into an AI tool, and so not stand here either.
    """
    minutes = tuple((str(each), _spoken(each)) for each in MINUTES)
    fields: tuple[Field, ...] = (
        TextField("task", "What was the task?", share.task, max_length=LONGEST_TASK),
        ChoiceField("tool", "With which tool?", tuple(tools), (share.tool,) if share.tool else ()),
        TextField("prompt", "The prompt", share.prompt, multiline=True, max_length=LONGEST_PROMPT),
        TextField(
            "outcome", "What came out?", share.outcome, multiline=True, max_length=LONGEST_TEXT, optional=True
        ),
        TextField(
            "check",
            "What must one check before using it?",
            share.check,
            multiline=True,
            max_length=LONGEST_TEXT,
        ),
        ChoiceField(
            "minutes",
            "How much time did it save, about?",
            minutes,
            (str(share.minutes),) if share.minutes is not None else (),
            optional=True,
        ),
    )
    if in_cohort:
        reaches = tuple((reach.value, label) for reach, label in REACHES.items())
        fields = (*fields, ChoiceField("reach", "Who may find it?", reaches, (share.reach.value,)))
    careful = "Leave out names, customers and figures that others must not see."
    if never:
        careful += f" Never: {'; '.join(never)}."
    return Form(
        PAGE,
        "Share what worked",
        "Describe it",
        "Show me how it looks",
        "describe",
        fields,
        {"p": PAGE, "i": share.id},
        f"{careful} Your name stands on it.",
        Emphasis.PRIMARY,
    )


def _spoken(minutes: int) -> str:
    if minutes < 60:
        return f"{minutes} minutes" if minutes else "none"
    return "1 hour" if minutes == 60 else f"{minutes / 60:g} hours"


def preview(shared: Shared, catalogue: Catalogue, where: str, like: Sequence[Shared], again: bool) -> Message:
    """Show how it will look, what is like it already, and what to do with it.

    Args:
        shared: what was described.
        catalogue: for the names of tools.
        where: where it will be seen.
        like: what is on the shelf already and much alike.
        again: whether it was posted before, and is changed now.
    """
    name = {"i": shared.share.id}
    alike: tuple[Block, ...] = ()
    if like:
        titles = tuple(f"“{each.share.task}”, by {each.by or 'a colleague'}" for each in like)
        look = tuple(Button(f"Look at {n}", "usecase", {"i": x.share.id}) for n, x in enumerate(like, 1))
        alike = (Note("There is something much like it already:"), Items(titles), Choices(look))
    buttons = (
        Button("Save the change" if again else "Post it", "post", name, Emphasis.PRIMARY),
        Button("Change it", "share", name),
        Button("Throw away", "scrap", name),
    )
    blocks = (Note(f"Only you see this. {where}"), *_told(shared, catalogue), *alike, Choices(buttons))
    return Message(f"This is how it looks: {shared.share.task}", blocks)


def card(shared: Shared, catalogue: Catalogue) -> Message:
    """Make the card for the cohort's conversation."""
    name = {"i": shared.share.id}
    buttons = (
        Button("Tried it", "tried", name, Emphasis.PRIMARY),
        Button("Practise this", "practise", name),
        Button("Save", "save", name),
    )
    count = (Note(_count(shared)),) if shared.tried else ()
    fallback = f"{shared.by or 'A colleague'} shared: {shared.share.task}"
    return Message(fallback, (*_told(shared, catalogue), *count, Choices(buttons)))


def withdrawn_card() -> Message:
    """Stand where a card was that was taken back."""
    return say("This use case was taken back.")


def _told(shared: Shared, catalogue: Catalogue) -> tuple[Block, ...]:
    share = shared.share
    tool = catalogue.tools.get(share.tool)
    about = [f"By {shared.by or 'a colleague'}", tool.name if tool is not None else share.tool]
    if share.minutes:
        about.append(f"saved about {_spoken(share.minutes)}")
    blocks: list[Block] = [Heading(share.task), Note(" · ".join(about)), Code(share.prompt, "Prompt")]
    if share.outcome:
        blocks += [Heading("What came out", 2), Text(share.outcome)]
    if share.check:
        blocks += [Heading("Check before you use it", 2), Text(share.check)]
    return tuple(blocks)


def _count(shared: Shared) -> str:
    people = "1 colleague" if shared.tried == 1 else f"{shared.tried} colleagues"
    if not shared.worked:
        return f"Tried by {people}."
    return f"Tried by {people}; it worked for {shared.worked}."


# ---------------------------------------------------------------- trying


def tried_form(shared: Shared) -> Form:
    """Ask whether it worked, and what was changed."""
    mine = shared.mine
    fields = (
        ChoiceField(
            "worked",
            "Did it work?",
            tuple((each.value, label) for each, label in WORKED.items()),
            (mine.worked.value,) if mine is not None and mine.worked is not None else (),
        ),
        TextField(
            "changed",
            "What did you change? Others see it without your name.",
            mine.changed if mine is not None else "",
            multiline=True,
            max_length=LONGEST_TEXT,
            optional=True,
        ),
    )
    return Form(
        TRIED_PAGE,
        "You tried it",
        "Did it work?",
        "Send",
        "worked",
        fields,
        {"p": TRIED_PAGE, "i": shared.share.id},
        shared.share.task,
        Emphasis.PRIMARY,
    )


def tried_page(shared: Shared) -> Message:
    """Say that the try is counted, and ask how it went."""
    text = "Counted: you tried it. Did it work?"
    return Message(text, (Text(text), tried_form(shared)))


# ---------------------------------------------------------------- the shelf


def one_page(shared: Shared, catalogue: Catalogue, may_change: bool, may_promote: bool) -> Message:
    """Show one use case of the shelf, with what its people may do."""
    share, name = shared.share, {"i": shared.share.id}
    blocks = [*_told(shared, catalogue)]
    if shared.tried:
        blocks.append(Note(_count(shared)))
    if shared.changed:
        blocks += [Heading("What others changed", 2), Items(shared.changed)]
    buttons = [
        Button("Tried it", "tried", name, Emphasis.PRIMARY),
        Button("Practise this", "practise", name),
        Button("Not saved any more", "save", {**name, "off": "1"})
        if shared.is_saved
        else Button("Save", "save", name),
    ]
    if may_change:
        buttons += [Button("Edit", "share", name), Button("Take it back", "withdraw", name)]
    if may_promote:
        buttons.append(Button("Make a lesson of it", "promote", name))
    buttons.append(Button("All use cases", "usecases"))
    return Message(share.task, (*blocks, Choices(tuple(buttons))))


def shelf_page(found: Sequence[Shared], search: Search, catalogue: Catalogue) -> Message:
    """List what was found, with a button each, and ways to look elsewhere."""
    title = _title(search, catalogue)
    ways = _ways(search, catalogue)
    if not found:
        text = "Nothing of the kind is on the shelf yet. Did something work for you? Share it."
        return Message(text, (Heading(title), Text(text), Choices(ways)))
    lines = tuple(_line(each, catalogue) for each in found)
    look = tuple(
        Button(each.share.task, "usecase", {"i": each.share.id}, short=str(number))
        for number, each in enumerate(found, 1)
    )
    blocks = (Heading(title), Items(lines), Choices(look), Note("Or look elsewhere:"), Choices(ways))
    return Message(f"{title}: {len(found)}", blocks)


def _title(search: Search, catalogue: Catalogue) -> str:
    if search.text:
        return f"Use cases with “{search.text}”"
    if search.own:
        return "Use cases that you saved or shared"
    family = catalogue.job_families.get(search.job_family or "")
    return f"Use cases: {family.name}" if family is not None else "Use cases of your colleagues"


def _ways(search: Search, catalogue: Catalogue) -> tuple[Button, ...]:
    words = {"q": search.text[:80]} if search.text else {}
    buttons = []
    if search.job_family or search.own:
        buttons.append(Button("Of all jobs", "usecases", {**words, "f": ""}))
    if not search.own:
        buttons.append(Button("What I saved or shared", "usecases", {"o": "1"}))
    buttons += [
        Button(f"With {tool.name}", "usecases", {**words, "t": name})
        for name, tool in list(catalogue.tools.items())[:5]
        if name != search.tool
    ]
    return (*buttons, Button("Share something", "share", emphasis=Emphasis.PRIMARY))


def _line(shared: Shared, catalogue: Catalogue) -> str:
    share = shared.share
    tool = catalogue.tools.get(share.tool)
    parts = [share.task, f"by {shared.by or 'a colleague'}", tool.name if tool is not None else share.tool]
    if shared.tried:
        parts.append(f"tried by {shared.tried}")
    return " · ".join(parts)
