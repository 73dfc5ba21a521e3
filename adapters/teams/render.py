"""Messages as Adaptive Cards 1.5, in the Teams flavour: Action.Execute with an Action.Submit fallback.

A card keeps under Teams' size whatever the message holds: what is too long is shortened, longest text first.
Teams draws every button alike ("positive" is ignored), so the primary one is told by standing first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import ceil
from typing import Literal

import orjson
from microsoft_teams.cards.core import (
    Action,
    ActionSet,
    AdaptiveCard,
    CardElement,
    Choice,
    ChoiceSetInput,
    Container,
    ExecuteAction,
    Fact,
    FactSet,
    RichTextBlock,
    SubmitAction,
    TeamsCardProperties,
    TextBlock,
    TextInput,
    TextRun,
)
from microsoft_teams.cards.core import (
    Image as CardImage,
)

from adapters.teams.inert import aligned, escaped, plain, shortened
from bot.messages import (
    Block,
    Button,
    ChoiceField,
    Choices,
    Code,
    Emphasis,
    Fields,
    FileField,
    Form,
    Heading,
    Image,
    Items,
    Limits,
    Message,
    Note,
    Progress,
    Text,
    TextField,
)

Card = dict[str, object]

LIMITS = Limits(
    blocks=60,
    text=4000,
    heading=160,
    code=6000,
    button_label=40,
    buttons_in_a_row=6,
    choice_label=120,
    whole_message=14_000,
)

CARD_TYPE = "application/vnd.microsoft.card.adaptive"
SIZE = 36_000
"""Bytes of a card as UTF-16, so that the whole message stays under 40 KB; Teams refuses 100 KB."""

_ROW_WIDTH = 50
"""Characters of button labels, with their padding, that fit side by side in a narrow chat."""

_GAP = "\N{NO-BREAK SPACE}" * 2
_NO_PROBLEMS: Mapping[str, str] = {}


def render(message: Message, problems: Mapping[str, str] = _NO_PROBLEMS) -> Card:
    """Draw a message as a card, which is not to be changed by whoever gets it.

    What was drawn last is kept: the answer to a press goes out as an update of the message, too.

    Args:
        message: what to say.
        problems: what is wrong with fields of its forms, by the field's name; each is said under its field.
    """
    if problems:
        return _fitting(message, problems)
    drawn = _drawn.get(id(message))
    if drawn is None:
        drawn = _drawn[id(message)] = (message, _fitting(message, problems))
        if len(_drawn) > _KEPT:
            del _drawn[next(iter(_drawn))]
    return drawn[1]


_KEPT = 256
_drawn: dict[int, tuple[Message, Card]] = {}
"""Messages by their identity, which is theirs alone as long as they are held here, with their cards."""


def render_dialog(message: Message, problems: Mapping[str, str] = _NO_PROBLEMS) -> Card:
    """Draw a message as a card for a dialog, where clients know Action.Submit only."""
    drawn: Card = orjson.loads(orjson.dumps(render(message, problems)))
    _submit(drawn)
    return drawn


def _submit(node: object) -> None:
    """Put the fallback of each Action.Execute in its place."""
    if isinstance(node, list):
        node[:] = [each.get("fallback", each) if _executes(each) else each for each in node]
    for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        _submit(each)


def _executes(node: object) -> bool:
    return isinstance(node, dict) and node.get("type") == "Action.Execute"


def _fitting(message: Message, problems: Mapping[str, str]) -> Card:
    for limit in (LIMITS.code, 2000, 800, 300, 100):
        card = _card(message, problems, limit)
        if utf16_size(card) <= SIZE:
            return card
    return _card(Message(message.fallback, (Text(message.fallback), *_last_resort(message))), {}, 1000)


def activity(message: Message) -> Card:
    """Make the activity that posts or updates a message: the card, and a summary for notifications."""
    attachment = {"contentType": CARD_TYPE, "content": render(message)}
    return {"type": "message", "summary": shortened(message.fallback, 250), "attachments": [attachment]}


def utf16_size(card: Card) -> int:
    """Count the bytes of a card's JSON as Teams does, in UTF-16."""
    coded = orjson.dumps(card)
    upper = 2 * len(coded)
    return upper if upper <= SIZE else len(coded.decode().encode("utf-16-le"))


def _last_resort(message: Message) -> tuple[Block, ...]:
    """Keep the first buttons of a message that is too large however its text is cut."""
    options = tuple(b for block in message.blocks if isinstance(block, Choices) for b in block.options)
    return (Choices(options[:12]),) if options else ()


def _card(message: Message, problems: Mapping[str, str], limit: int) -> Card:
    has_form = any(isinstance(block, Form) for block in message.blocks)
    body: list[Card] = []
    for block in message.blocks[: LIMITS.blocks]:
        match block:
            case Form():
                body += _dumped(_form(block, problems, limit))
            case Choices():
                body += _dumped(_choices(block, has_form))
            case _:
                body += _drawn_words(block, limit)
    card = AdaptiveCard(
        version="1.5",
        fallback_text=shortened(message.fallback, min(limit, 1000)) or "Laps",
        body=[],
        msteams=TeamsCardProperties(width="full"),
    )
    alone = _dumped([_rich([TextRun(text=plain(shortened(message.fallback, limit)))])]) if not body else ()
    return {**card.model_dump(by_alias=True, exclude_none=True), "body": [*body, *alone]}


def _dumped(elements: Sequence[CardElement]) -> tuple[Card, ...]:
    return tuple(element.model_dump(by_alias=True, exclude_none=True) for element in elements)


# ---------------------------------------------------------------- words


@lru_cache(maxsize=1024)
def _drawn_words(
    block: Heading | Text | Items | Code | Image | Fields | Progress | Note, limit: int
) -> tuple[Card, ...]:
    """Draw a block of words once: a lesson says the same to everybody, and models are slow to make."""
    return _dumped(_words(block, limit))


def _words(
    block: Heading | Text | Items | Code | Image | Fields | Progress | Note, limit: int
) -> Sequence[CardElement]:
    match block:
        case Heading():
            return [_heading(block)]
        case Text():
            return [_text(block, limit)]
        case Items():
            return _items(block, limit)
        case Code():
            return [_code(block, limit)]
        case Image():
            return [CardImage(url=block.url, alt_text=block.alt, size="Stretch")]
        case Fields():
            return _fields(block, limit)
        case Progress():
            return [_progress(block)]
        case Note():
            return [_note(block, limit)]


def _rich(
    inlines: list[CardElement | str], spacing: Literal["None", "Small", "Default", "Medium"] = "Default"
) -> RichTextBlock:
    return RichTextBlock(inlines=inlines, spacing=spacing)


def _heading(block: Heading) -> CardElement:
    return TextBlock(
        text=escaped(shortened(block.text, LIMITS.heading)),
        style="heading",
        size="Large" if block.level == 1 else "Medium",
        weight="Bolder",
        wrap=True,
        spacing="Default" if block.level == 1 else "Large",
    )


def _text(block: Text, limit: int) -> CardElement:
    run = TextRun(text=plain(shortened(block.text, limit)), weight="Bolder" if block.strong else None)
    return _rich([run])


def _note(block: Note, limit: int) -> CardElement:
    run = TextRun(text=plain(shortened(block.text, limit)), size="Small", is_subtle=True)
    return _rich([run], "Medium")


_MARKS: Mapping[bool | None, tuple[str, Literal["Good", "Attention", "Default"]]] = {
    True: ("✓", "Good"),
    False: ("✗", "Attention"),
    None: ("•", "Default"),
}


def _items(block: Items, limit: int) -> list[CardElement]:
    marks = block.marks or (None,) * len(block.items)
    return [_item(text, mark, limit) for text, mark in zip(block.items, marks, strict=False)]


def _item(text: str, mark: bool | None, limit: int) -> CardElement:
    sign, color = _MARKS[mark]
    return _rich(
        [
            TextRun(text=f"{sign}{_GAP}", color=color, weight="Bolder"),
            TextRun(text=plain(shortened(text, limit))),
        ],
        "Small",
    )


def _code(block: Code, limit: int) -> CardElement:
    title: list[CardElement] = []
    if block.title:
        title = [_rich([TextRun(text=plain(shortened(block.title, 100)), size="Small", weight="Bolder")])]
    text = aligned(shortened(block.text.strip("\n"), limit))
    body = _rich([TextRun(text=text, font_type="Monospace", size="Small")], "Small")
    return Container(style="emphasis", items=[*title, body], spacing="Medium")


def _fields(block: Fields, limit: int) -> list[CardElement]:
    facts = [
        Fact(title=escaped(shortened(n, 100)), value=escaped(shortened(v, limit))) for n, v in block.pairs
    ]
    return [FactSet(facts=facts)] if facts else []


_MOST_LANES = 12


def _progress(block: Progress) -> CardElement:
    """Draw a lane for each step, filled where it lies behind; the label says the same in words."""
    share = min(1.0, max(0.0, block.done / block.total)) if block.total > 0 else 0.0
    lanes = min(max(block.total, 1), _MOST_LANES)
    behind = int(share * lanes)
    parts: list[CardElement | str] = []
    if behind:
        parts.append(TextRun(text="▰" * behind, color="Accent"))
    if behind < lanes:
        parts.append(TextRun(text="▱" * (lanes - behind), is_subtle=True))
    parts.append(TextRun(text=f"{_GAP}{plain(shortened(block.label, 100))}", size="Small", is_subtle=True))
    return _rich(parts, "Small")


# ---------------------------------------------------------------- buttons


def _choices(block: Choices, has_form: bool) -> list[CardElement]:
    """Draw buttons in rows; where a label has no room, all are listed as text under their short names."""
    options = sorted(block.options, key=lambda b: b.emphasis is not Emphasis.PRIMARY)
    listed: list[CardElement] = []
    if any(b.short and len(b.label) > LIMITS.button_label for b in options):
        listed = [_lettered(b) for b in options]
        titles = [b.short or b.label for b in options]
    else:
        titles = [b.label for b in options]
    actions = [
        _press(shortened(title, LIMITS.button_label), b, has_form)
        for title, b in zip(titles, options, strict=True)
    ]
    return [*listed, *_rows(actions)]


def _lettered(button: Button) -> CardElement:
    letter = TextRun(text=f"{plain(button.short)}{_GAP}", weight="Bolder", color="Accent")
    return _rich([letter, TextRun(text=plain(shortened(button.label, 500)))], "Small")


def _rows(actions: list[ExecuteAction]) -> list[CardElement]:
    """Spread buttons evenly over as few rows as hold them."""
    for size in range(min(len(actions), LIMITS.buttons_in_a_row), 0, -1):
        even = ceil(len(actions) / ceil(len(actions) / size))
        rows = [actions[i : i + even] for i in range(0, len(actions), even)]
        if even == 1 or all(sum(len(action.title or "") + 6 for action in row) <= _ROW_WIDTH for row in rows):
            break
    else:
        return []
    return [
        ActionSet(actions=list[Action](row), spacing="Small" if n else "Medium") for n, row in enumerate(rows)
    ]


def _press(title: str, button: Button, has_form: bool) -> ExecuteAction:
    """Make a button; beside a form it neither checks nor sends the fields."""
    tooltip = shortened(button.label, 250) if button.label != title else None
    data: Card = {"v": button.verb, "a": dict(button.args)}
    return _execute(title, data, "none" if has_form else None, tooltip)


def _execute(
    title: str, data: Card, inputs: Literal["none"] | None, tooltip: str | None = None
) -> ExecuteAction:
    verb = str(data["v"])  # clients refuse an Action.Execute without one
    fallback = SubmitAction(title=title, data=data, associated_inputs=inputs)
    return ExecuteAction(
        title=title, verb=verb, data=data, associated_inputs=inputs, tooltip=tooltip, fallback=fallback
    )


# ---------------------------------------------------------------- forms


def _form(form: Form, problems: Mapping[str, str], limit: int) -> list[CardElement]:
    """Draw a form within the card; a title over a single field would only repeat the field's label."""
    items: list[CardElement] = []
    if len(form.fields) > 1:
        items.append(_heading(Heading(form.title, level=2)))
    if form.intro:
        items.append(_text(Text(form.intro), limit))
    for field in form.fields:
        if isinstance(field, FileField):  # a card has none: files come as messages
            continue
        items.append(_input(form, field, limit))
        if problem := problems.get(field.name):
            items.append(_rich([TextRun(text=plain(problem), color="Attention", weight="Bolder")], "Small"))
    data: Card = {"v": form.submit, "a": dict(form.args), "f": form.name}
    send = _execute(shortened(form.submit_label, LIMITS.button_label), data, None)
    items.append(ActionSet(actions=[send], spacing="Medium"))
    return [Container(items=items, spacing="Medium")]


def _input(form: Form, field: TextField | ChoiceField, limit: int) -> CardElement:
    return _choice_input(form, field) if isinstance(field, ChoiceField) else _text_input(form, field, limit)


def _text_input(form: Form, field: TextField, limit: int) -> TextInput:
    return TextInput(
        id=f"{form.name}.{field.name}",
        label=plain(shortened(field.label, 200)),
        value=field.value[: min(limit, field.max_length)] or None,
        is_multiline=field.multiline or None,
        max_length=field.max_length,
        placeholder=field.placeholder or None,
        is_required=not field.optional or None,
        error_message=None if field.optional else "Fill this in first.",
    )


def _choice_input(form: Form, field: ChoiceField) -> ChoiceSetInput:
    style: Literal["expanded", "compact"] = "expanded" if field.many or len(field.options) <= 6 else "compact"
    safe = escaped if style == "expanded" else plain
    return ChoiceSetInput(
        id=f"{form.name}.{field.name}",
        label=plain(shortened(field.label, 200)),
        choices=[
            Choice(title=safe(shortened(label, LIMITS.choice_label)), value=v) for v, label in field.options
        ],
        value=",".join(field.value) or None,
        is_multi_select=field.many or None,
        style=style,
        wrap=True,
        is_required=not field.optional or None,
        error_message=None if field.optional else "Choose one first.",
    )
