"""Messages as accessible HTML: jinja2 escapes every string, so that a pasted tag shows as it was written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.messages import (
    Args,
    Block,
    Choices,
    Code,
    Emphasis,
    FileField,
    Form,
    Heading,
    Limits,
    Message,
    Text,
    TextField,
)
from bot.routes import typed_verbs

LIMITS = Limits(
    blocks=100,
    text=20_000,
    heading=300,
    code=20_000,
    button_label=300,
    buttons_in_a_row=50,
    choice_label=300,
    whole_message=100_000,
)

_SCALE_LABEL = 8
_ROW_LABEL = 28
"""Characters up to which labels stand side by side, on a scale and in a row; longer ones in a column."""

_MOST_SEGMENTS = 12
"""Steps up to which the progress bar shows each; the style sheet knows as many."""

_AWAY = frozenset({"leave", "no_plan"})
"""Verbs that lead out of what one is doing: their buttons are drawn more quietly than the others."""

_FIRST_CHIPS = ("next", "lessons", "me", "help")
"""What is offered below the conversation; the other verbs are offered once their first letters are typed."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A block and what its place in the message says about it.

    Attributes:
        block: what to draw.
        id: the element's id.
        level: the heading's level on the page, whose own title is 1.
        asked: the id of the text or heading that buttons answer; "" where there is none.
        shape: how buttons, code or a form are laid out.
        above: of a text to copy, the one just above it, which can be copied along; None where there is none.
    """

    block: Block
    id: str
    level: int = 2
    asked: str = ""
    shape: str = ""
    above: _Part | None = None


def render(message: Message, post: str) -> str:
    """Draw a message as the inside of the element whose id is `post`."""
    return _MESSAGE.render(parts=list(_parts(message, post)))


def render_page() -> str:
    """Draw the page that the messages come into."""
    return _PAGE.render(verbs=typed_verbs(), first=_FIRST_CHIPS)


def render_together() -> str:
    """Draw the page on which two people and what both read stand side by side."""
    return _PAGES.get_template("together.html").render()


def _parts(message: Message, post: str) -> Iterator[_Part]:
    above: _Part | None = None
    asked, titled = "", False
    for number, block in enumerate(message.blocks or (Text(message.fallback),)):
        identity = f"{post}-{block.name if isinstance(block, Form) else number}"
        level = 3 if isinstance(block, Heading) and block.level == 2 and titled else 2
        goes_with = above if isinstance(block, Code) and block.with_above else None
        part = _Part(block, identity, level, asked, _shape(block), goes_with)
        yield part
        if not isinstance(block, Code):
            above = None
        elif not block.with_above:  # of two prompts both go with the material, and neither with the other
            above = part
        if isinstance(block, Heading | Text):
            asked = identity
        titled = titled or isinstance(block, Heading)


def _shape(block: Block) -> str:
    if isinstance(block, Choices):
        return _row_shape(block)
    if isinstance(block, Code):
        return "aligned" if _has_rows(block.text) else ""
    if isinstance(block, Form):
        return "" if block.emphasis is Emphasis.PRIMARY else "folded"
    return ""


_COLUMNS = re.compile(r"\S {3,}\S.{0,23}$|\S {2,}\S.*\S {2,}\S|\t")
"""Words set in columns: two gaps, or a wide one before something short. A name before a sentence is none."""


def _rows(text: str) -> list[tuple[str, bool]]:
    """Split a text into lines, and say of each whether it is a table's row, which must not be broken."""
    return [(line, bool(_COLUMNS.search(line))) for line in text.split("\n")]


def _has_rows(text: str) -> bool:
    """Say whether a text is laid out in columns, which only a typeface of even widths shows."""
    return any(is_row for _, is_row in _rows(text))


def _row_shape(choices: Choices) -> str:
    longest = max((len(option.label) for option in choices.options), default=0)
    if longest <= _SCALE_LABEL and len(choices.options) > 4:
        return "scale"
    return "row" if longest <= _ROW_LABEL else "column"


def _pressed(verb: str, args: Args) -> str:
    """Write what a button carries."""
    return orjson.dumps({"verb": verb, "args": dict(args)}).decode()


def _segments(total: int) -> str:
    """Name the class of a progress bar that shows its steps."""
    return f"of-{total}" if 1 < total <= _MOST_SEGMENTS else ""


def _is_text(field: object) -> bool:
    return isinstance(field, TextField)


def _is_file(field: object) -> bool:
    return isinstance(field, FileField)


_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_PAGES.filters |= {"pressed": _pressed, "segments": _segments, "rows": _rows, "has_rows": _has_rows}
_PAGES.tests |= {"text_field": _is_text, "file_field": _is_file}
_PAGES.globals["away"] = _AWAY
_MESSAGE = _PAGES.get_template("message.html")
_PAGE = _PAGES.get_template("page.html")
