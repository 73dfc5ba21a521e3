"""What Laps says, free of any channel: a `Message` is a few kinds of block with a plain-text fallback.

Every string in a block is plain text. A channel's renderer escapes it, so that it can mention nobody, ping
nobody and inject no markup. Buttons carry a verb and its arguments, never a platform's ids. What a channel
cannot hold is declared as its `Limits`; splitting and shortening follow from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Literal

import orjson
from pydantic import Discriminator, TypeAdapter

Args = Mapping[str, str]
"""The arguments of a verb: short names to short strings, together under 150 bytes as JSON."""


class Emphasis(StrEnum):
    """How a button asks to be seen."""

    PRIMARY = "primary"
    PLAIN = "plain"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a message, or of a part of it (`level` 2)."""

    text: str
    level: Literal[1, 2] = 1
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; lines are kept. `strong` stands out."""

    text: str
    strong: bool = False
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class Items:
    """A list. `marks` (same length, or empty) says for each item whether it holds: True, False, None."""

    items: tuple[str, ...]
    marks: tuple[bool | None, ...] = ()
    kind: Literal["items"] = "items"


@dataclass(frozen=True, slots=True)
class Code:
    """Text to be copied or studied as it stands, in a fixed-width face. `title` says what it is.

    `with_above`: it may be copied together with the text above it; where several such follow each other, each
    with the one above them all.
    """

    text: str
    title: str = ""
    with_above: bool = False
    kind: Literal["code"] = "code"


@dataclass(frozen=True, slots=True)
class Image:
    """A picture at an address that the channel can fetch, with words for those who do not see it."""

    url: str
    alt: str
    kind: Literal["image"] = "image"


@dataclass(frozen=True, slots=True)
class Fields:
    """Pairs of a name and a value."""

    pairs: tuple[tuple[str, str], ...]
    kind: Literal["fields"] = "fields"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far along: `done` of `total`, with words for those who do not see the bar."""

    done: int
    total: int
    label: str
    kind: Literal["progress"] = "progress"


@dataclass(frozen=True, slots=True)
class Note:
    """Small print."""

    text: str
    kind: Literal["note"] = "note"


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press.

    `label` may be long; where a channel has no room for it, it is listed as text and `short` ("A") stands on
    the button.
    """

    label: str
    verb: str
    args: Args = field(default_factory=dict)
    emphasis: Emphasis = Emphasis.PLAIN
    short: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """A row of buttons, of which one is pressed."""

    options: tuple[Button, ...]
    kind: Literal["choices"] = "choices"


@dataclass(frozen=True, slots=True)
class TextField:
    """A line or (with `multiline`) an area to type or paste into; `max_length` in characters."""

    name: str
    label: str
    value: str = ""
    multiline: bool = False
    placeholder: str = ""
    max_length: int = 3000
    optional: bool = False
    kind: Literal["text_field"] = "text_field"


@dataclass(frozen=True, slots=True)
class ChoiceField:
    """One of, or (with `many`) any of, the options: pairs of a value and a label.

    What is chosen comes back as one string; with `many`, joined by commas.
    """

    name: str
    label: str
    options: tuple[tuple[str, str], ...]
    value: tuple[str, ...] = ()
    many: bool = False
    optional: bool = False
    kind: Literal["choice_field"] = "choice_field"


@dataclass(frozen=True, slots=True)
class FileField:
    """One file to choose, for channels whose forms can have one; `accept` lists the endings, by commas."""

    name: str
    label: str
    accept: str = ""
    optional: bool = False
    kind: Literal["file_field"] = "file_field"


Field = Annotated[TextField | ChoiceField | FileField, Discriminator("kind")]


@dataclass(frozen=True, slots=True)
class Form:
    """Fields to fill in and send, as a modal where the channel has them (Slack), else within the message.

    In a message it shows as a button `open_label` (which carries the verb `form`) or as the fields
    themselves. Sending it is the verb `submit` with `args` and the fields' values.
    """

    name: str
    title: str
    open_label: str
    submit_label: str
    submit: str
    fields: tuple[Field, ...]
    args: Args = field(default_factory=dict)
    intro: str = ""
    emphasis: Emphasis = Emphasis.PLAIN
    kind: Literal["form"] = "form"


Block = Annotated[
    Heading | Text | Items | Code | Image | Fields | Progress | Note | Choices | Form, Discriminator("kind")
]


@dataclass(frozen=True, slots=True)
class Message:
    """One message: blocks, and `fallback`, the plain text for notifications and screen readers."""

    fallback: str
    blocks: tuple[Block, ...] = ()

    def form(self, name: str) -> Form | None:
        """Return the form of this name, or None where the message has none."""
        return next((b for b in self.blocks if isinstance(b, Form) and b.name == name), None)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a channel can hold, in characters unless said otherwise."""

    blocks: int
    text: int
    heading: int
    code: int
    button_label: int
    buttons_in_a_row: int
    choice_label: int
    whole_message: int


def say(text: str, *blocks: Block) -> Message:
    """Make a message of one paragraph, followed by `blocks`."""
    return Message(fallback=text, blocks=(Text(text), *blocks))


def to_json(message: Message) -> str:
    """Write a message as JSON, for the outbox."""
    return orjson.dumps(message).decode()


def from_json(text: str) -> Message:
    """Read a message back as `to_json` wrote it."""
    return _MESSAGE.validate_json(text)


_MESSAGE: TypeAdapter[Message] = TypeAdapter(Message)
