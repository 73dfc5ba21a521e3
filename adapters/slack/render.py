"""Messages as Block Kit: every string inert, every limit kept by construction.

Text goes into `rich_text` and `plain_text` objects, which know no markup: a pasted `<!channel>` or `*bold*`
shows as it was written and does nothing. The blocks are plain dicts: slack_sdk's models take 36 times as
long for a message (0.6 ms, as long as all else that is done for a press) and accept overruns such as 11 radio
options; the tests read what is made here back through them. Buttons are never dropped to make room: what
they need is set aside first, and text has the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from adapters.slack import limits
from adapters.slack.carried import encode
from adapters.slack.limits import LIMITS
from adapters.slack.sizes import Room, cut, parts, size
from bot.messages import (
    Block,
    Button,
    Choices,
    Code,
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
)

Json = dict[str, object]

_MARKS = {True: "✓ ", False: "✗ ", None: ""}
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def render(message: Message) -> Json:
    """Draw a message: `text` for notifications and screen readers, and its `blocks`."""
    blocks = message.blocks or (Text(message.fallback),)
    return {"text": fallback(message.fallback), "blocks": draw(blocks, LIMITS.blocks)}


def render_home(message: Message) -> Json:
    """Draw the home view."""
    return {"type": "home", "blocks": draw(message.blocks, limits.HOME_BLOCKS)}


def fallback(text: str) -> str:
    """Make the text for notifications, which is read as markup unless it is escaped."""
    return cut(text.strip(), limits.FALLBACK).translate(_ESCAPES) or "Laps"


def plain(text: str, limit: int) -> Json:
    """Make a text object without markup; Slack takes none that is empty."""
    return {"type": "plain_text", "text": cut(text, limit) or "…", "emoji": False}


def draw(blocks: Sequence[Block], most: int) -> list[Json]:
    """Draw blocks as at most `most` of Slack's, within the characters that a message holds."""
    room = Room(LIMITS.whole_message - sum(map(_reserved, blocks)))
    pieces = _joined([piece for block in blocks for piece in _pieces(block, room)])
    return [_block(piece) for piece in _fitted(pieces, most)] or [_block(_Rich([*_section("…")]))]


@dataclass(slots=True)
class _Rich:
    """A block of text to come."""

    elements: list[Json]


@dataclass(slots=True)
class _Row:
    """A row of buttons to come."""

    buttons: list[Json]


_Piece = Json | _Rich | _Row


def _block(piece: _Piece) -> Json:
    match piece:
        case _Rich(elements):
            return {"type": "rich_text", "elements": elements}
        case _Row(buttons):
            return {"type": "actions", "elements": buttons}
        case _:
            return piece


# ---------------------------------------------------------------- text


def _pieces(block: Block, room: Room) -> Iterator[_Piece]:
    match block:
        case Choices(options):
            yield from _choices(options)
        case Form():
            yield _Row([_form_button(block)])
        case Progress(done, total, label):
            yield from _context(room.take(f"{label}  {_bar(done, total)}", LIMITS.text))
        case Note(text):
            yield from _context(room.take(text, LIMITS.text))
        case Image(url, alt):
            yield {"type": "image", "image_url": url, "alt_text": alt}
        case Heading(text, 1):
            if taken := room.take(text, LIMITS.heading):
                yield {"type": "header", "text": plain(taken, LIMITS.heading)}
        case _:
            if elements := list(_elements(block, room)):
                yield _Rich(elements)


def _elements(block: Heading | Text | Items | Code | Fields, room: Room) -> Iterator[Json]:
    match block:
        case Heading(text):
            yield from _section(room.take(text, LIMITS.heading), bold=True)
        case Text(text, strong):
            for part in parts(room.take(text, LIMITS.whole_message), LIMITS.text):
                yield from _section(part, strong)
        case Items(items, marks):
            yield from _list(items, marks or (None,) * len(items), room)
        case Code(text, title):
            yield from _section(room.take(title, LIMITS.heading), bold=True)
            for part in parts(room.take(text, LIMITS.whole_message), LIMITS.code):
                if part:
                    yield {"type": "rich_text_preformatted", "elements": [_run(part)]}
        case Fields(pairs):
            yield from _pairs(pairs, room)


def _context(text: str) -> Iterator[Json]:
    if text:
        yield {"type": "context", "elements": [plain(text, LIMITS.text)]}


def _section(text: str, bold: bool = False) -> Iterator[Json]:
    if text:
        yield {"type": "rich_text_section", "elements": [_run(text, bold)]}


def _bar(done: int, total: int) -> str:
    """Draw progress in characters; the words beside it say the same."""
    cells = max(1, min(total, limits.PROGRESS_CELLS))
    filled = min(cells, max(0, done * cells // max(1, total)))
    return "▰" * filled + "▱" * (cells - filled)


def _list(items: Iterable[str], marks: Iterable[bool | None], room: Room) -> Iterator[Json]:
    taken = [(mark, room.take(item or " ", LIMITS.text)) for item, mark in zip(items, marks, strict=True)]
    lines = [element for mark, text in taken if text for element in _section(_MARKS[mark] + text)]
    if lines:
        yield {"type": "rich_text_list", "style": "bullet", "elements": lines}


def _pairs(pairs: Iterable[tuple[str, str]], room: Room) -> Iterator[Json]:
    runs: list[Json] = []
    for name, value in pairs:
        start = "\n" if runs else ""
        if label := room.take(f"{cut(name, limits.FIELD_NAME)}: ", limits.FIELD_NAME + 2):
            runs.append(_run(start + label, bold=True))
        if taken := room.take(value, limits.FIELD_VALUE):
            runs.append(_run(taken))
    if runs:
        yield {"type": "rich_text_section", "elements": runs}


def _run(text: str, bold: bool = False) -> Json:
    run: Json = {"type": "text", "text": text}
    if bold:
        run["style"] = {"bold": True}
    return run


# ---------------------------------------------------------------- buttons


def _choices(options: Sequence[Button]) -> Iterator[_Piece]:
    """Draw buttons; where a label is too long for one, all are listed and the buttons say A, B, C."""
    listed = _is_listed(options)
    if listed:
        yield _Rich([{"type": "rich_text_section", "elements": list(_lettered(options))}])
    yield _Row([_button(o, o.short if listed and o.short else o.label) for o in options])


def _is_listed(options: Sequence[Button]) -> bool:
    long = [option for option in options if size(option.label) > limits.READABLE_BUTTON]
    return bool(long) and all(option.short for option in long)


def _lettered(options: Sequence[Button]) -> Iterator[Json]:
    start = ""
    for option in options:
        if option.short:
            yield _run(f"{start}{option.short}", bold=True)
            yield _run(f"  {cut(option.label, limits.CHOICE_LINE)}")
            start = "\n"


def _button(button: Button, shown: str) -> Json:
    element: Json = {
        "type": "button",
        "action_id": f"laps:{button.verb}",
        "text": plain(shown, LIMITS.button_label),
        "value": encode(button.verb, button.args),
    }
    if shown != button.label:
        element["accessibility_label"] = cut(button.label, limits.ACCESSIBILITY_LABEL)
    return _styled(element, button.emphasis)


def _form_button(form: Form) -> Json:
    element: Json = {
        "type": "button",
        "action_id": f"laps:form:{form.name}",
        "text": plain(form.open_label, LIMITS.button_label),
        "value": encode("form", {"form": form.name, **form.args}),
    }
    return _styled(element, form.emphasis)


def _styled(element: Json, emphasis: Emphasis) -> Json:
    if emphasis is not Emphasis.PLAIN:
        element["style"] = emphasis.value
    return element


def _reserved(block: Block) -> int:
    """Count the characters that a block's buttons need."""
    match block:
        case Form(open_label=label):
            return min(size(label), LIMITS.button_label)
        case Choices(options):
            if _is_listed(options):
                lines = (min(size(o.label), limits.CHOICE_LINE) + 2 * size(o.short) + 3 for o in options)
                return sum(lines)
            return sum(min(size(o.label), LIMITS.button_label) for o in options)
        case _:
            return 0


# ---------------------------------------------------------------- fitting


def _joined(pieces: Iterable[_Piece]) -> list[_Piece]:
    """Join neighbouring buttons into rows, and number them: an action_id stands once in a message."""
    joined: list[_Piece] = []
    row = _Row([])
    number = 0
    for piece in pieces:
        if not isinstance(piece, _Row):
            joined.append(piece)
            row = _Row([])
            continue
        for button in piece.buttons:
            if not row.buttons or len(row.buttons) >= LIMITS.buttons_in_a_row:
                row = _Row([])
                joined.append(row)
            number += 1
            row.buttons.append({**button, "action_id": f"{button['action_id']}:{number}"})
    return joined


def _fitted(pieces: list[_Piece], most: int) -> list[_Piece]:
    """Keep to a number of blocks: neighbouring texts become one, and then the last texts go."""
    if len(pieces) <= most:
        return pieces
    merged: list[_Piece] = []
    for piece in pieces:
        last = merged[-1] if merged else None
        if isinstance(piece, _Rich) and isinstance(last, _Rich):
            merged[-1] = _Rich([*last.elements, *piece.elements])
        else:
            merged.append(piece)
    over = len(merged) - most
    if over > 0:
        texts = [i for i, piece in enumerate(merged) if not isinstance(piece, _Row)]
        gone = set(texts[-over:])
        merged = [piece for i, piece in enumerate(merged) if i not in gone]
    return merged[:most]
