"""What admins ask for when something is to be said to many, and who is heard: the pure part of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.announcing.rules import LONGEST_TEXT, LONGEST_TITLE
from bot.errors import NotAdmin
from bot.messages import (
    Args,
    ChoiceField,
    Field,
    Form,
    Heading,
    Message,
    Note,
    TextField,
    say,
)
from bot.model import Announcement, Decision, Draw, Reply, Role, Snapshot
from lessons.catalogue import Catalogue

PAGE = "announce"
"""What the form is known by."""


@dataclass(frozen=True, slots=True)
class AskToAnnounce:
    """Show the form."""


@dataclass(frozen=True, slots=True)
class Compose:
    """Keep what is to be said, and show who hears of it; `announcement` names one that is corrected."""

    title: str
    text: str
    lesson: str = ""
    job_families: tuple[str, ...] = ()
    announcement: str = ""


@dataclass(frozen=True, slots=True)
class Decide:
    """Do something with an announcement: one of `DEEDS`."""

    announcement: str
    deed: str


DEEDS = ("send_all", "approve", "refuse", "unsay", "announced", "correct")

Asked = AskToAnnounce | Compose | Decide


def composed(args: Args) -> Compose:
    """Read a form that was sent.

    Raises:
        KeyError: these are no args of ours.
    """
    families = tuple(each for each in args.get("families", "").split(",") if each)
    return Compose(
        " ".join(args["title"].split()),
        args["text"].strip(),
        args.get("lesson", "").strip(),
        families,
        args.get("a", ""),
    )


def admit(snapshot: Snapshot, command: Asked, catalogue: Catalogue, now: datetime, draw: Draw) -> Decision:
    """Let admins in; the office does the rest.

    Raises:
        NotAdmin: somebody else asks.
    """
    if Role.ADMIN not in snapshot.who.roles:
        raise NotAdmin(sent_file=False)
    return Decision(Reply(say("Here nothing can be said to many."), aside=True))


def page(form: Form) -> Message:
    """Show the form."""
    note = "You see who hears of it, and how it looks, before anything goes out."
    return Message(form.title, (Heading(form.title), form, Note(note)))


def form_of(catalogue: Catalogue, known: Announcement | None = None) -> Form:
    """Make the form to say something to many, or to correct what was said."""
    fields: tuple[Field, ...] = (
        TextField("title", "What is it about?", known.title if known else "", max_length=LONGEST_TITLE),
        TextField(
            "text", "What do you say?", known.text if known else "", multiline=True, max_length=LONGEST_TEXT
        ),
    )
    if known is not None:
        args = {"p": PAGE, "a": known.id}
        return Form(PAGE, "Correct it", "Correct it", "Correct it everywhere", "say_all", fields, args)
    lesson = TextField(
        "lesson", "A lesson to offer, by its id", placeholder="finance-…", max_length=80, optional=True
    )
    fields = (*fields, lesson, _families(catalogue))
    return Form(
        PAGE, "Say something to many", "Write it", "Show me who hears of it", "say_all", fields, {"p": PAGE}
    )


def _families(catalogue: Catalogue) -> ChoiceField:
    options: Sequence[tuple[str, str]] = [(name, each.name) for name, each in catalogue.job_families.items()]
    return ChoiceField(
        "families",
        "For which jobs? Nothing chosen means everybody.",
        tuple(options),
        many=True,
        optional=True,
    )
