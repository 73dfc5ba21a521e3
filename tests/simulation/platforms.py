"""Three platforms that keep what arrives, and have bad hours: limits, errors, silence, pages of HTML."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.errors import BadCredentials, RateLimited, ReplyLost, Unavailable, Unreachable
from bot.messages import Limits, Message
from bot.model import ChannelName, Delivery, Operation, Sent
from bot.ports import Channel, Clock, Lane
from tests.simulation.town import BEGIN, DAYS, Person

LIMITS = Limits(100, 20_000, 300, 20_000, 300, 50, 300, 100_000)

TROUBLES = ("429", "5xx", "timeout, sent", "timeout, not sent", "html", "killed before", "killed after")


@dataclass(frozen=True)
class Arrival:
    """A message as it arrived at somebody: nothing here can be taken back."""

    at: datetime
    person: Person
    delivery: Delivery

    @property
    def message(self) -> Message:
        """Return what it says."""
        return self.delivery.message


@dataclass
class Platform:
    """A platform; see `bot.ports.Channel`. It keeps each message by its id, as Slack's metadata does.

    Chance falls by the message and the try, so that the same seed brings the same whatever runs first.
    """

    name: ChannelName
    clock: Clock
    people: Mapping[str, Person]
    chance: random.Random
    tells: bool
    limits: Limits = LIMITS
    arrived: list[Arrival] = field(default_factory=list)
    faults: dict[str, int] = field(default_factory=dict)
    is_uninstalled: bool = False
    hung: set[asyncio.Task[object] | None] = field(default_factory=set)
    hangs: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Choose the hours in which it is in trouble, and how."""
        hours = self.chance.sample(range(DAYS * 24), 40)
        self._bad = {hour: self.chance.choice(TROUBLES) for hour in hours}
        self._got: dict[str, Sent] = {}

    def lanes(self, delivery: Delivery) -> tuple[Lane, ...]:
        """Keep no pace: that is measured elsewhere."""
        return ()

    async def deliver(self, delivery: Delivery) -> Sent:
        """Take it, unless this is one of the bad hours."""
        if self.is_uninstalled:
            raise BadCredentials("account_inactive")
        person = self.people[delivery.account]
        if person.is_blocked:
            raise Unreachable("blocked")
        hour = int((self.clock() - BEGIN) / timedelta(hours=1))
        trouble = self._bad.get(hour, "")
        chance = random.Random(f"{hour} {delivery.id} {delivery.attempts}")
        if trouble and chance.random() < 0.7:
            self.faults[trouble] = self.faults.get(trouble, 0) + 1
            return await self._fail(trouble, delivery, person, chance)
        return self._take(delivery, person)

    async def find(self, delivery: Delivery) -> Sent | None:
        """Say whether it arrived, where this platform says so."""
        if not self.tells:
            raise ReplyLost("does not say")
        return self._got.get(delivery.id)

    def _take(self, delivery: Delivery, person: Person) -> Sent:
        if delivery.operation is Operation.POST:
            self.arrived.append(Arrival(self.clock(), person, delivery))
        sent = self._got[delivery.id] = Sent(f"m-{delivery.id}", f"D{delivery.account}")
        return sent

    async def _fail(self, trouble: str, delivery: Delivery, person: Person, chance: random.Random) -> Sent:
        match trouble:
            case "429":
                raise RateLimited(chance.choice((1, 30, 600)))
            case "5xx" | "html":
                raise Unavailable("503" if trouble == "5xx" else "text/html")
            case "timeout, sent" | "killed after":
                self._take(delivery, person)
            case _:
                pass
        if trouble.startswith("killed"):  # the process is gone: nobody ever hears how it ended
            self.hung.add(asyncio.current_task())
            self.hangs.set()
            await asyncio.Event().wait()
        raise ReplyLost("no answer within 10 s")


@dataclass
class Status:
    """What the platform tells of absence; see `bot.ports.Presence`."""

    people: Mapping[str, Person]

    async def away(self, accounts: Collection[str], now: datetime) -> Mapping[str, datetime]:
        """Return until when some people are away."""
        found = {}
        for account in accounts:
            spans = [until for since, until in self.people[account].away if since <= now < until]
            if spans:
                found[account] = max(spans)
        return found


def is_channel(platform: Platform) -> Channel:
    """Say that a platform is a channel; mypy holds it to that."""
    return platform
