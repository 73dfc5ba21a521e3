"""What admins ask for when they edit the catalogue in chat, and who is heard: the pure part of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.errors import NotAdmin
from bot.messages import Args, say
from bot.model import Decision, Draw, Reply, Role, Snapshot
from lessons.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class EditLesson:
    """Show what can be edited: the job families, the lessons of one, a lesson's parts, or one part's form.

    Each member is "" where it is not said. `draft` names a draft to go on with, instead of the lesson as it
    is.
    """

    lesson: str = ""
    family: str = ""
    part: str = ""
    draft: str = ""


@dataclass(frozen=True, slots=True)
class SendTexts:
    """Propose other texts for one part of a lesson.

    `since` is the beginning of the digest of the file that the form showed, or `draft` the draft that it did.
    """

    lesson: str
    part: str
    since: str
    texts: Mapping[str, str] = field(default_factory=dict)
    draft: str = ""


@dataclass(frozen=True, slots=True)
class SendFile:
    """Propose a whole file; it came along with the interaction."""


@dataclass(frozen=True, slots=True)
class PublishDraft:
    """Make a draft live. `lesson` and (the beginning of) `digest` tell a draft that is live already."""

    draft: str
    lesson: str
    digest: str


@dataclass(frozen=True, slots=True)
class DiscardDraft:
    """Throw a draft away."""

    draft: str
    lesson: str


@dataclass(frozen=True, slots=True)
class RedoDraft:
    """Make the change of a draft in the file as it is now."""

    draft: str
    lesson: str


Asked = EditLesson | SendTexts | SendFile | PublishDraft | DiscardDraft | RedoDraft

_OURS = frozenset({"id", "p", "h", "d"})
"""Args of a form that are none of its fields."""


def edit_lesson(args: Args) -> EditLesson:
    """Read what is to be edited."""
    return EditLesson(args.get("id", ""), args.get("f", ""), args.get("p", ""), args.get("d", ""))


def send_texts(args: Args) -> SendTexts:
    """Read a form that was sent."""
    texts = {name: text for name, text in args.items() if name not in _OURS}
    return SendTexts(args["id"], args["p"], args["h"], texts, args.get("d", ""))


def draft_of(command: object) -> str | None:
    """Return the draft that a command is about, None for none."""
    match command:
        case EditLesson(draft=draft) | SendTexts(draft=draft):
            return draft or None
        case PublishDraft(draft=draft) | DiscardDraft(draft=draft) | RedoDraft(draft=draft):
            return draft
        case _:
            return None


def admit(snapshot: Snapshot, command: Asked, catalogue: Catalogue, now: datetime, draw: Draw) -> Decision:
    """Let admins in; the workshop does the rest, where there is one.

    Raises:
        NotAdmin: somebody else asks.
    """
    if Role.ADMIN not in snapshot.who.roles:
        raise NotAdmin(isinstance(command, SendFile))
    return Decision(Reply(say("Here lessons can be taken and not edited."), aside=True))
