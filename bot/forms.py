"""Forms that are opened as modals, and the screens that they belong to, as these are now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot import joining, pages
from bot.announcing import asking as announcing
from bot.cohorts import cards, gathering, sharing, trying
from bot.errors import NotYours
from bot.events import EventType
from bot.facts import Facts
from bot.learning.turn import present_session
from bot.messages import Args, Message
from bot.model import Changes, Decision, Draw, Reply, Role, Snapshot, Status
from bot.nudging import connecting
from bot.typed import small_number
from lessons.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class OpenForm:
    """Open a form of the present screen as a modal."""

    form: str
    args: Args


def opened(args: Args) -> OpenForm:
    """Read which form is to be opened.

    Raises:
        KeyError, ValueError: these are no args of ours.
    """
    if "s" in args:
        small_number(args["v"])
    return OpenForm(args["form"], args)


def open_form(
    snapshot: Snapshot, command: OpenForm, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Open the form as the present screen has it; where the screen has moved on, show the screen."""
    reply = current_screen(snapshot, command.args, catalogue, now)
    form = reply.message.form(command.form) if reply.message else None
    if form is None or any(form.args.get(k) != v for k, v in command.args.items() if k in ("s", "v", "k")):
        return Decision(reply)
    event = Facts(snapshot, now, draw)(EventType.FORM_OPENED, name=command.form)
    return Decision(Reply(form=form), Changes(events=(event,)))


def current_screen(snapshot: Snapshot, args: Args, catalogue: Catalogue, now: datetime) -> Reply:
    """Show the screen, as it is now, that buttons with these args belong to.

    Raises:
        NotYours: the args name somebody else's session.
    """
    if "s" in args:
        session, learner = snapshot.session, snapshot.learner
        if session is None or learner is None or session.id != args["s"] or session.learner != learner.id:
            raise NotYours
        return present_session(snapshot, small_number(args["v"]), catalogue, now)
    learner = snapshot.who
    if "p" in args and learner.status is Status.ACTIVE:
        return Reply(_page(snapshot, args, catalogue, now), aside=True)
    name = args.get("k", "")
    asked = joining.next_question(learner)
    if name in joining.SETTINGS and learner.status is Status.ACTIVE and asked in (None, name):
        return Reply(pages.question(name, snapshot, catalogue, first=asked is not None))
    return joining.present(snapshot, catalogue, now)


def _page(snapshot: Snapshot, args: Args, catalogue: Catalogue, now: datetime) -> Message:
    """Show the page that a form outside lessons stands on, as it is now.

    Raises:
        KeyError: it is no page of ours.
        NoSuchUseCase: what it is about was taken back.
    """
    match args["p"]:
        case cards.PAGE:
            form = sharing.form_of(snapshot, args.get("i", ""), catalogue)
            return Message(form.title, (form,))
        case cards.TRIED_PAGE:
            form = trying.asked_again(snapshot)
            return Message(form.title, (form,))
        case gathering.PAGE if snapshot.cohort is not None:
            return gathering.page(snapshot, snapshot.cohort, now)
        case announcing.PAGE if "a" not in args and Role.ADMIN in snapshot.who.roles:
            return announcing.page(announcing.form_of(catalogue))
        case connecting.PAGE:
            return connecting.page(snapshot, catalogue, now)
        case other:
            raise KeyError(other)
