"""The steps of a walk: anything that anybody can do, in any order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from bot.messages import Args
from bot.model import ChannelName, Incoming
from bot.routes import ROUTES
from tests.walks.rooms import Room, Seen, values_of
from tests.walks.store import Inner
from tests.walks.town import Clock, Town, catalogues

T = TypeVar("T")

MADE = catalogues()
PASTED = "Revenue was below plan because two customers moved orders to the next quarter"
TEXTS = [
    "", "x", "ok", PASTED, PASTED * 60, "Berlin", "Europe/Lisbon", "Berlni", "no such place", "synergy",
    "<!channel> <@U1> <at>all</at> *b* `c` ```d```", "\u202eright to left 👩", "a\0b", "copilot",
    "copilot,chatgpt",
]  # fmt: skip
TYPED = [
    "next", "lessons", "lesson finance-lesson-1", "lesson finance-lesson-2", "lesson sales-lesson-1", "me",
    "pause", "pause friday", "pause 2 weeks", "pause until 2026-12-24", "pause for ever", "resume", "stop",
    "help", "restart", "restart finance-lesson-1", "yes", "no", "nxt", "lesons", "lesson finance-leson-1",
    "join 2222-2222", "what is this?", "", PASTED, "finance-lesson-2", "/laps me",
]  # fmt: skip
ODD = ["", "x", "-1", "0", "1", "2", "9" * 40, "٣", "1e9", "\0", "é" * 10_000, "copilot", "paste", "tools"]
KEYS = ["s", "v", "k", "x", "n", "f", "a", "t", "e", "id", "text", "form", "met", "when", "until", "code"]

rooms = st.integers(0, 4)
recent = st.one_of(st.integers(0, 2), st.integers(0, 400))
typed = st.one_of(st.sampled_from(TYPED), st.text(max_size=40))
values = st.lists(st.sampled_from(TEXTS), min_size=1, max_size=3)
waits = st.sampled_from([1, 16, 60 * 8, 60 * 24, 60 * 24 * 8, 60 * 24 * 60])
odd_args = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(ODD), max_size=5)


def newest(items: list[T], number: int) -> T | None:
    """Pick an item, counted from the newest one back."""
    return items[-1 - number % len(items)] if items else None


class Walk(RuleBasedStateMachine):
    """Walks through a town; every step ends with all laws holding."""

    def __init__(self, open_empty: Callable[[Clock], Awaitable[Inner]]) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        clock = Clock()
        self.town = Town(self.runner.run(_opened(open_empty, clock)), clock)
        self.known: list[Incoming] = []

    def teardown(self) -> None:
        """Close the store and end the loop."""
        self.runner.run(self.town.inner.close())
        self.runner.close()

    def _do(self, *incoming: Incoming, answers_first: bool = True) -> None:
        self.known += incoming
        self.runner.run(self.town.handle(*incoming, answers_first=answers_first))

    def _in_room(self, room: Room) -> list[Seen]:
        return [seen for seen in self.town.seen if seen.room is room]

    def _press(self, seen: Seen, button: int, room: Room | None = None) -> Incoming | None:
        buttons = seen.buttons()
        if not buttons:
            return None
        chosen = buttons[button % len(buttons)]
        by = room or seen.room
        return by.presses(self.town.identity(), seen.place, chosen.verb, chosen.args)

    @rule(room=rooms, platform=st.sampled_from(["arrive", "arrive", "home", "depart", "profile"]))
    def platform_tells(self, room: int, platform: str) -> None:
        """The platform tells that somebody came, went, or opened the home."""
        self._do(self.town.rooms[room].does(self.town.identity(), platform, {}))

    @rule(channel=st.sampled_from([ChannelName.SLACK, ChannelName.TEAMS]))
    def uninstalled(self, channel: ChannelName) -> None:
        """A workspace removes Laps."""
        self._do(self.town.uninstall(channel))

    @rule(room=rooms)
    def starts(self, room: int) -> None:
        """Somebody agrees and answers the first questions, as far as the messages offer it."""
        here = self.town.rooms[room]
        self._do(here.types(self.town.identity(), "yes"))
        for number in (0, 0, 0, 3):
            seen = newest(self._in_room(here), 0)
            incoming = self._press(seen, number) if seen else None
            if incoming is not None:
                self._do(incoming)

    @rule(room=rooms)
    def takes_a_lesson(self, room: int) -> None:
        """Somebody takes the next lesson to its end by pressing the first button each time."""
        here = self.town.rooms[room]
        self._do(here.types(self.town.identity(), "next"))
        for _ in range(14):
            seen = newest(self._in_room(here), 0)
            if seen is None or seen.message.fallback.startswith("Done"):
                return
            incoming = self._press(seen, 0)
            if incoming is not None:
                self._do(incoming)

    @rule(room=rooms, buttons=st.lists(st.integers(0, 11), min_size=1, max_size=8))
    def goes_on(self, room: int, buttons: list[int]) -> None:
        """Somebody presses one button after the other of what was shown to them last."""
        for number in buttons:
            seen = newest(self._in_room(self.town.rooms[room]), 0)
            incoming = self._press(seen, number) if seen else None
            if incoming is not None:
                self._do(incoming)

    @rule(
        pick=recent,
        button=st.integers(0, 11),
        times=st.integers(1, 3),
        first=st.booleans(),
        twice=st.booleans(),
    )
    def presses(self, pick: int, button: int, times: int, first: bool, twice: bool) -> None:
        """Somebody presses a button of any message they ever saw, several times or sent twice at once."""
        seen = newest(self.town.seen, pick)
        pressed = [self._press(seen, button) for _ in range(times)] if seen else []
        came = [it for it in pressed if it]
        self._do(*came, *came[:twice], answers_first=first)

    @rule(picks=st.lists(st.tuples(recent, st.integers(0, 11)), min_size=2, max_size=3), first=st.booleans())
    def press_at_once(self, picks: list[tuple[int, int]], first: bool) -> None:
        """Several buttons of any messages are pressed at the same time, by whomever they were shown to."""
        seen = [(newest(self.town.seen, pick), button) for pick, button in picks]
        pressed = [self._press(it, button) for it, button in seen if it]
        self._do(*[it for it in pressed if it], answers_first=first)

    @rule(pick=recent, button=st.integers(0, 11), room=rooms)
    def another_presses(self, pick: int, button: int, room: int) -> None:
        """Somebody else sends what a button carries, from a message of their own."""
        seen = newest(self.town.seen, pick)
        own = newest(self._in_room(self.town.rooms[room]), 0)
        if seen is None or own is None or self.town.are_one(seen.room, own.room):
            return
        incoming = self._press(replace(seen, place=own.place), button, self.town.rooms[room])
        if incoming is not None:
            self._do(incoming)

    @rule(room=rooms, text=typed, among_others=st.booleans())
    def types(self, room: int, text: str, among_others: bool) -> None:
        """Somebody types something, where others read it or not."""
        here = self.town.rooms[room]
        self._do(here.types(self.town.identity(), text, among_others=among_others))

    @rule(room=rooms, pick=recent, asks=rooms)
    def joins(self, room: int, pick: int, asks: int) -> None:
        """Somebody types a code that was shown in some room, perhaps just now."""
        for word in ("yes", "me"):
            self._do(self.town.rooms[asks].types(self.town.identity(), word))
        code = newest(self.town.codes, pick)
        if code is not None:
            self._do(self.town.rooms[room].types(self.town.identity(), code))

    @rule(pick=recent, texts=values, times=st.integers(1, 2))
    def sends_form(self, pick: int, texts: list[str], times: int) -> None:
        """Somebody sends a form of any message that they ever saw, with fitting or odd values."""
        seen = newest([seen for seen in self.town.seen if seen.forms()], pick)
        if seen is None:
            return
        form = seen.forms()[pick % len(seen.forms())]
        args: Args = {**form.args, **values_of(form.fields, texts)}
        ids = [self.town.identity() for _ in range(times)]
        self._do(*[seen.room.presses(i, seen.place, form.submit, args, form=True) for i in ids])

    @rule(room=rooms, verb=st.sampled_from(list(ROUTES)), args=odd_args, pick=recent)
    def forges(self, room: int, verb: str, args: dict[str, str], pick: int) -> None:
        """Somebody sends a verb with args that no button of ours carries, or only half of what one does."""
        here = self.town.rooms[room]
        seen = newest(self._in_room(here), pick)
        buttons = seen.buttons() if seen else []
        carried = dict(buttons[pick % len(buttons)].args) if buttons else {}
        for key in list(carried)[: pick % 3]:
            del carried[key]
        self._do(here.presses(self.town.identity(), seen.place if seen else "m", verb, {**carried, **args}))

    @rule(pick=st.integers(0, 400), races=st.integers(0, 4))
    def comes_again(self, pick: int, races: int) -> None:
        """A platform sends something again that it sent before."""
        incoming = newest(self.known, pick)
        if incoming is not None:
            self._do(incoming)
        self.town.store.races_to_lose = races

    @rule(minutes=waits)
    def waits(self, minutes: int) -> None:
        """Time goes by."""
        self.town.wait(minutes)

    @rule(number=st.integers(0, len(MADE) - 1))
    def edits(self, number: int) -> None:
        """An admin edits the catalogue."""
        self.town.catalogue = MADE[number]


async def _opened(open_empty: Callable[[Clock], Awaitable[Inner]], clock: Clock) -> Inner:
    return await open_empty(clock)
