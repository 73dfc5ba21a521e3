"""Messages as accessible HTML: jinja2 escapes every string, so that a pasted tag shows as it was written."""

from __future__ import annotations

from pathlib import Path

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.messages import Args, Choices, Form, Limits, Message

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


def _pressed(verb: str, args: Args) -> str:
    """Write what a button carries."""
    return orjson.dumps({"verb": verb, "args": dict(args)}).decode()


_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_PAGES.filters["pressed"] = _pressed
_MESSAGE = _PAGES.get_template("message.html")
_PAGE = _PAGES.get_template("page.html")


def render(message: Message, post: str) -> str:
    """Draw a message as the inside of the element whose id is `post`."""
    groups = [block for block in message.blocks if isinstance(block, Choices | Form)]
    return _MESSAGE.render(message=message, post=post, compact=_is_scale, groups=len(groups))


def render_page(organization: str) -> str:
    """Draw the page that the messages come into."""
    return _PAGE.render(organization=organization)


def _is_scale(choices: Choices) -> bool:
    """Say whether all labels are short, as on a scale, so that they stand side by side."""
    return len(choices.options) > 4 and all(len(option.label) <= 8 for option in choices.options)
