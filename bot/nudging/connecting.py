"""A learner's calendar: connecting it, what Laps found in it, and taking it away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.errors import InvalidInput
from bot.events import EventType
from bot.facts import Facts
from bot.messages import (
    Block,
    Button,
    Choices,
    Emphasis,
    Fields,
    Form,
    Heading,
    Items,
    Message,
    Note,
    Text,
    TextField,
    say,
)
from bot.model import Changes, Decision, Draw, Feed, Reply, Snapshot
from lessons.catalogue import Catalogue
from lessons.moments import MeetingTrigger, titles

PAGE = "calendar"
"""What the form is known by."""

LONGEST = 2000
"""Of an address, in characters."""


@dataclass(frozen=True, slots=True)
class ShowCalendar:
    """Show what Laps knows of the calendar."""


@dataclass(frozen=True, slots=True)
class ConnectCalendar:
    """Read this calendar from now on."""

    url: str


@dataclass(frozen=True, slots=True)
class DisconnectCalendar:
    """Read it no more, and forget what was found."""


def show_calendar(
    snapshot: Snapshot, command: ShowCalendar, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Show it, with the form to connect one, or the button to take it away."""
    return Decision(Reply(page(snapshot, catalogue, now), aside=True))


def connect_calendar(
    snapshot: Snapshot, command: ConnectCalendar, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Keep the address; it is read within half a minute.

    Raises:
        InvalidInput: it is no address.
    """
    url = command.url.strip()
    if not url.lower().startswith(("https://", "webcal://", "http://")) or len(url) > LONGEST:
        raise InvalidInput({"url": "An address begins with https:// or webcal://."})
    if any(each.isspace() for each in url):
        raise InvalidInput({"url": "An address has no spaces in it."})
    who = snapshot.who
    event = Facts(snapshot, now, draw)(EventType.CALENDAR_CONNECTED)
    feed = Feed(who.id, url, look_at=now)
    text = "Connected. Laps reads it within half a minute, and every half hour from then on."
    buttons = Choices((Button("What was found", "calendar"), Button("Disconnect", "disconnect")))
    return Decision(Reply(say(text, buttons)), Changes(learner=who, feed=feed, events=(event,)))


def disconnect_calendar(
    snapshot: Snapshot, command: DisconnectCalendar, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Forget the address and everything found."""
    if snapshot.feed is None:
        return Decision(Reply(say("There is no calendar to disconnect.")))
    event = Facts(snapshot, now, draw)(EventType.CALENDAR_DISCONNECTED)
    changes = Changes(learner=snapshot.who, no_feed=snapshot.who.id, events=(event,))
    return Decision(Reply(say("Disconnected. The address and what was found are deleted.")), changes)


def page(snapshot: Snapshot, catalogue: Catalogue, now: datetime) -> Message:
    """Make the page."""
    listed = [each for each in catalogue.moments if isinstance(each.when, MeetingTrigger)]
    kinds = tuple(", ".join(titles(each.when)) for each in listed if isinstance(each.when, MeetingTrigger))
    heading = Heading("Your calendar")
    if snapshot.feed is not None:
        return Message("Your calendar is connected.", (heading, *_connected(snapshot, snapshot.feed, now)))
    if not kinds:
        text = "Your organization has listed no meetings, so there is nothing to connect a calendar for."
        return Message(text, (heading, Text(text)))
    blocks: tuple[Block, ...] = (
        heading,
        Text("Laps can speak up shortly before the meetings where AI helps. It looks for these titles:"),
        Items(kinds),
        Note(
            "Connect the secret address in iCal format, from your calendar's settings. Laps keeps the "
            "address and the times of meetings that match: no titles, no guests, nothing else."
        ),
        _form(),
    )
    return Message("Connect your calendar", blocks)


def _form() -> Form:
    field = TextField("url", "Secret address in iCal format", placeholder="https://", max_length=LONGEST)
    return Form(
        name=PAGE,
        title="Your calendar",
        open_label="Connect a calendar",
        submit_label="Connect",
        submit="connect",
        fields=(field,),
        args={"p": PAGE},
        emphasis=Emphasis.PRIMARY,
    )


def _connected(snapshot: Snapshot, feed: Feed, now: datetime) -> tuple[Block, ...]:
    zone = Facts(snapshot, now, Draw(b"", snapshot.who.id, "")).zone
    coming = [each for each in snapshot.meetings if each.starts_at > now]
    read = "not yet" if feed.read_at is None else f"{feed.read_at.astimezone(zone):%A, %H:%M}"
    found = {0: "none in the next days", 1: "one in the next days"}.get(
        len(coming), f"{len(coming)} in the next days"
    )
    pairs = [("Read last", read), ("Meetings that match", found)]
    if coming:
        first = min(each.starts_at for each in coming).astimezone(zone)
        pairs.append(("The next one", f"{first:%A, %H:%M}"))
    wrong = (Text(f"It could not be read. {feed.why}"),) if feed.why else ()
    buttons = (Button("Look again", "calendar"), Button("Disconnect", "disconnect"))
    return (Fields(tuple(pairs)), *wrong, Choices(buttons))
