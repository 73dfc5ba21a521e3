"""Where people sit in a walk: an account on a channel, what it shows now and what it ever showed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.slack import render as slack
from adapters.teams import render as teams
from adapters.web import render as web
from bot.messages import Args, Button, ChoiceField, Choices, Code, Field, Form, Message
from bot.model import ChannelName, Incoming, Sender, Source, Surface, WorkspaceRef
from bot.routes import ROUTES
from bot.said import read
from tests.slack.blocks import faults_of_message

HOME = "home"
PRIVATE = "private"
MOST_ARGS = 150
"""Bytes of a button's args as JSON."""


@dataclass(frozen=True)
class Seen:
    """A message as it once showed: in which room, and at which place in it."""

    room: Room
    place: str
    message: Message

    def buttons(self) -> list[Button]:
        """List its buttons, those that open forms included."""
        return [*buttons_of(self.message), *self._openers()]

    def forms(self) -> list[Form]:
        """List its forms."""
        return [block for block in self.message.blocks if isinstance(block, Form)]

    def _openers(self) -> list[Button]:
        if self.room.ref.channel is not ChannelName.SLACK:
            return []
        return [Button(form.open_label, "form", {"form": form.name, **form.args}) for form in self.forms()]


@dataclass(eq=False)
class Room:
    """One account: what its messages show now, by the platform's id of each."""

    channel: ChannelName
    name: str
    shown: dict[str, Message] = field(default_factory=dict)
    posted: int = 0

    @property
    def ref(self) -> WorkspaceRef:
        """The workspace."""
        return WorkspaceRef(self.channel, f"{self.channel}-workspace")

    @property
    def direct(self) -> str:
        """The conversation of the direct message."""
        return f"D-{self.name}"

    def types(self, identity: str, text: str, *, among_others: bool = False) -> Incoming:
        """Type something, alone with Laps or where others are."""
        verb, args = read(text)
        return self.does(identity, verb, args, among_others=among_others)

    def does(self, identity: str, verb: str, args: Args, *, among_others: bool = False) -> Incoming:
        """Do something that is on no message."""
        is_slash = among_others and self.channel is ChannelName.SLACK
        others = among_others and self.channel is not ChannelName.WEB
        surface = Surface.CONVERSATION if others else Surface.DIRECT_MESSAGE
        return Incoming(
            identity,
            self.ref,
            Sender(self.name, name=f"Person {self.name}", time_zone="Europe/Lisbon"),
            "C-all" if others else self.direct,
            verb,
            args,
            Surface.HOME if verb == "home" else surface,
            takes_message=self.channel is ChannelName.WEB,
            takes_notice=is_slash,
            by_platform=ROUTES[verb].by_platform,
        )

    def presses(self, identity: str, place: str, verb: str, args: Args, *, form: bool = False) -> Incoming:
        """Press a button, or send a form, at a place of this room."""
        if self.channel is ChannelName.SLACK:
            return self._presses_in_slack(identity, place, verb, args, form)
        is_teams = self.channel is ChannelName.TEAMS
        return Incoming(
            identity,
            self.ref,
            Sender(self.name, time_zone="Europe/Lisbon"),
            self.direct,
            verb,
            args,
            Surface.FORM if form and not is_teams else Surface.DIRECT_MESSAGE,
            Source(place),
            takes_message=True,
            message_fades=is_teams,
        )

    def _presses_in_slack(self, identity: str, place: str, verb: str, args: Args, form: bool) -> Incoming:
        surface = Surface.HOME if place == HOME else Surface.DIRECT_MESSAGE
        private = place == PRIVATE
        source = Source(None if private else place, f"https://hooks.example/{identity}", private)
        return Incoming(
            identity,
            self.ref,
            Sender(self.name),
            None if place in (HOME, PRIVATE) else self.direct,
            verb,
            args,
            Surface.FORM if form else surface,
            None if place == HOME else source,
            takes_form=not form,
        )


def buttons_of(message: Message) -> list[Button]:
    """List the buttons of a message."""
    return [option for block in message.blocks if isinstance(block, Choices) for option in block.options]


def codes_of(message: Message) -> list[str]:
    """List the joining codes that a message shows."""
    codes = [block.text for block in message.blocks if isinstance(block, Code)]
    return [text for text in codes if text.startswith("join ")]


def values_of(fields: tuple[Field, ...], texts: list[str]) -> Mapping[str, str]:
    """Fill in fields: what is chosen among options is the first text that is one, else any text."""
    values = {}
    for number, wanted in enumerate(fields):
        text = texts[number % len(texts)]
        if isinstance(wanted, ChoiceField) and len(text) < 3:
            text = wanted.options[len(text) % len(wanted.options)][0]
        values[wanted.name] = text
    return values


def faults_of(message: Message, channel: ChannelName) -> list[str]:
    """Say what is wrong with a message on a channel."""
    found = [] if message.fallback.strip() else ["no fallback"]
    for button in buttons_of(message):
        size = len(repr(dict(button.args)))
        if size > MOST_ARGS or not button.label:
            found.append(f"{size} characters of args on {button.label!r}")
    if channel is ChannelName.SLACK:
        return [*found, *faults_of_message(slack.render(message))]
    if channel is ChannelName.TEAMS:
        return [*found] if teams.utf16_size(teams.render(message)) <= teams.SIZE else [*found, "too large"]
    return [*found] if web.render(message, "p") else [*found, "nothing to see"]
