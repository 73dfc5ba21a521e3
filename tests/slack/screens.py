"""Every screen that a person in Slack can come to: all buttons pressed, all forms sent, all verbs typed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from adapters.slack.render import render
from bot.messages import Args, Button, ChoiceField, Choices, Field, Form, Message
from bot.model import ChannelName, Incoming, Sender, Source, Surface, WorkspaceRef
from bot.said import read
from lessons.catalogue import Catalogue
from tests.slack.driver import read as text_of
from tests.world import MemoryStore, World

TYPED = ("next", "lessons", "me", "help", "lesons", "lesson finance", "pause 2 weeks", "pause soon", "join X")
"""What is typed at every screen; where it leads is looked at and not followed."""

FOLLOWED = ("stop", "resume")
"""What is typed at the end, with everything after it."""

PLACE = WorkspaceRef(ChannelName.SLACK, "T1")

MOST_ALIKE = 6
"""Of more buttons in a row than this (0, 10 … 100) the first and the last are pressed."""


@dataclass
class _State:
    store: MemoryStore
    message: Message


@dataclass
class Explorer:
    """Walks through everything that a catalogue holds, and keeps each message and form that is shown."""

    catalogue: Catalogue
    paste: str
    messages: dict[str, Message] = field(default_factory=dict)
    forms: dict[str, Form] = field(default_factory=dict)
    _left: list[_State] = field(default_factory=list)
    _walked: set[str] = field(default_factory=set)
    _count: int = 0
    _family: str = ""

    async def explore(self) -> None:
        """See every screen of every job family's lessons, from the welcome to the last."""
        for family in self.catalogue.job_families:
            self._family = family
            self._walked.clear()
            await self._walk()

    async def _walk(self) -> None:
        world = World(self.catalogue)
        await self._type_all(world.store)
        await self._step(world.store, "arrive", {}, by_platform=True)
        while self._left:
            state = self._left.pop()
            await self._type_all(state.store)
            for verb, args in self._ways_on(state.message):
                await self._step(state.store, verb, args, source=Source("m0", "https://hooks.example/1"))
            if not any(isinstance(b, Choices | Form) for b in state.message.blocks):
                for verb in FOLLOWED:
                    await self._step(state.store, verb, {})

    async def _type_all(self, store: MemoryStore) -> None:
        for text in TYPED:
            verb, args = read(text)
            await self._step(store, verb, args, followed=False)
        await self._step(store, "home", {}, surface=Surface.HOME, by_platform=True, followed=False)

    async def _step(
        self,
        store: MemoryStore,
        verb: str,
        args: Args,
        *,
        source: Source | None = None,
        surface: Surface = Surface.DIRECT_MESSAGE,
        by_platform: bool = False,
        followed: bool = True,
    ) -> None:
        """Do one thing in a world of its own, and keep what it leads to."""
        world = World(self.catalogue)
        for part in fields(MemoryStore):
            value = getattr(store, part.name)
            setattr(world.store, part.name, value.copy() if hasattr(value, "copy") else value)
        self._count += 1
        incoming = Incoming(
            id=f"i{self._count}",
            workspace=PLACE,
            sender=Sender("U1", time_zone="Europe/Lisbon"),
            conversation=None if surface is Surface.HOME else "D1",
            verb=verb,
            args=args,
            surface=surface,
            source=source,
            takes_form=source is not None,
        )
        answer = await world.desk.handle(replace(incoming, by_platform=by_platform))
        assert "bug" not in world.outcomes, (verb, args)
        if answer.form is not None:
            self.forms.setdefault(_key(answer.form), answer.form)
        for delivery in world.sink.taken:
            self._keep(world.store, delivery.message, followed)

    def _keep(self, store: MemoryStore, message: Message, followed: bool) -> None:
        key = _key(message)
        self.messages.setdefault(key, message)
        for block in message.blocks:
            if isinstance(block, Form):
                self.forms.setdefault(_key(block), block)
        if followed and key not in self._walked:
            self._walked.add(key)
            self._left.append(_State(store, message))

    def _ways_on(self, message: Message) -> Iterator[tuple[str, Args]]:
        for block in message.blocks:
            if isinstance(block, Choices):
                for button in self._pressed(block.options):
                    yield button.verb, button.args
            elif isinstance(block, Form):
                yield "form", {"form": block.name, **block.args}
                for text in (self.paste, "", "revenue and freight missed the plan"):
                    yield block.submit, {**block.args, **_filled(block.fields, text)}

    def _pressed(self, options: tuple[Button, ...]) -> tuple[Button, ...]:
        own = tuple(option for option in options if option.args.get("x") == self._family)
        if own and own[0].args.get("k") == "job_family":
            return own
        is_scale = len(options) > MOST_ALIKE and options[0].verb != "lesson"
        return (options[0], options[-1]) if is_scale else options


def _filled(asked: tuple[Field, ...], text: str) -> Mapping[str, str]:
    return {
        one.name: (one.options[-1][0] if one.options else "") if isinstance(one, ChoiceField) else text
        for one in asked
    }


def _key(shown: Message | Form) -> str:
    """Tell screens apart by their words; numbers, and what buttons carry, make no new ones."""
    if isinstance(shown, Form):
        words = f"{shown.title} {shown.fields}"
    else:
        drawn: Any = render(shown)["blocks"]
        words = text_of(drawn) + "".join(str(button.verb) for button in buttons_of(shown))
    return re.sub(r"\d+", "#", words)


def buttons_of(message: Message) -> list[Button]:
    """List the buttons of a message."""
    return [option for block in message.blocks if isinstance(block, Choices) for option in block.options]
