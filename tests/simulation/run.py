"""Drives the town through the weeks: what is planned, sent, answered, lost; then holds it against the laws.

Two planners and two drainers work on one database at once. Clocks jump; processes are killed between claiming
and sending and between sending and settling; people answer by the buttons of what they got.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from pathlib import Path

from bot.dispatch import Dispatcher
from bot.messages import Button, Choices
from bot.model import (
    Account,
    Changes,
    ChannelName,
    DeliveryKind,
    Incoming,
    Learner,
    NudgeDecision,
    Organization,
    Sender,
    Source,
    Status,
    Surface,
    Workspace,
    WorkspaceRef,
)
from bot.nudging.standing import NEEDS
from bot.ports import Store
from lessons.catalogue import Catalogue
from scheduler.nudges import Nudges
from scheduler.outbox import Outbox
from storage import open_store
from tests.simulation import laws
from tests.simulation.catalogue import town_catalogue
from tests.simulation.platforms import Arrival, Platform
from tests.simulation.platforms import Status as PlatformStatus
from tests.simulation.town import BEGIN, DAYS, TEMPERS, Person, people

STEP = timedelta(minutes=15)
"""So often planners and drainers look; people answer in between."""

LEASE = timedelta(seconds=31)


@dataclass
class Clock:
    """The time of all; it jumps where it is told to."""

    now: datetime = BEGIN

    def __call__(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let the time go by that is to be waited for."""
        self.now += timedelta(seconds=seconds)
        await asyncio.sleep(0)


@dataclass
class Skewed:
    """The clock of one process, which is off by a while."""

    clock: Clock
    off: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return self.clock() + self.off


@dataclass
class Outcome:
    """What came of it all."""

    learners: int
    seed: int
    arrivals: list[Arrival]
    broken: list[str]
    figures: dict[str, int]


@dataclass
class Town:
    """Everything that is there while it runs."""

    store: Store
    clock: Clock
    catalogue: Catalogue
    people: list[Person]
    platforms: dict[ChannelName, Platform]
    chance: random.Random
    seed: int
    workspaces: dict[ChannelName, Workspace] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    presses: int = 0

    def __post_init__(self) -> None:
        """Start two processes, each with a planner and an outbox."""
        self.clocks = [Skewed(self.clock), Skewed(self.clock)]
        self.outboxes = [self._outbox(skewed) for skewed in self.clocks]
        self.planners = [self._planner(n) for n in range(2)]
        self.desk = Dispatcher(self.store, lambda: self.catalogue, _Nowhere(), self.clock)
        self.answered = dict.fromkeys(self.platforms, 0)
        self.away: list[tuple[NudgeDecision, bool]] = []

    def _outbox(self, clock: Skewed) -> Outbox:
        return Outbox(self.store, self.platforms, clock, self.clock.sleep)

    def _planner(self, number: int) -> Nudges:
        presences = {
            name: PlatformStatus({each.account: each for each in self.people if each.channel is name})
            for name in (ChannelName.SLACK,)
        }
        return Nudges(
            self.store, self.outboxes[number], lambda: self.catalogue, self.clocks[number], presences
        )

    # ------------------------------------------------------------ people move in

    async def settle_in(self) -> None:
        """Have everybody agree to take part."""
        organization = await self.store.organization()
        for name in self.platforms:
            self.workspaces[name] = await self.store.workspace(WorkspaceRef(name, f"{name}-1"))
        for start in range(0, len(self.people), 100):
            some = self.people[start : start + 100]
            await asyncio.gather(*(self._settle(each, organization) for each in some))

    async def _settle(self, person: Person, organization: Organization) -> None:
        learner = Learner(
            person.learner,
            organization.id,
            status=Status.ACTIVE,
            job_family="finance",
            tools=("copilot",),
            time_zone=person.zones[-1][1],
            confidence=40,
            joined_at=self.clock(),
            country=person.country,
        )
        account = Account(
            self.workspaces[person.channel].id, person.account, person.learner, direct=f"D{person.account}"
        )
        look_by = (person.learner, self.clock())
        await self.store.apply(Changes(learner=learner, account=account, look_by=look_by))

    # ------------------------------------------------------------ one step

    async def step(self) -> None:
        """Let planners and drainers work, people answer, and something go wrong now and then."""
        self._upset()
        await asyncio.gather(*(planner.look() for planner in self.planners))
        for outbox in self.outboxes:
            await outbox.drain()
        await self._idle()
        await self._answer()
        await self._live()

    def _upset(self) -> None:
        """Have a clock jump, or go right again."""
        if self.chance.random() < 0.01:
            skewed = self.chance.choice(self.clocks)
            skewed.off = self.chance.choice((timedelta(0), timedelta(minutes=-3), timedelta(seconds=20)))
            self.counts["clock jumps"] += 1
        if self.chance.random() < 0.004:
            self.clock.now += timedelta(hours=1)
            self.counts["hours lost"] += 1

    async def _idle(self) -> None:
        """Wait for what is on its way; a process that hangs is killed, and another one takes its place."""
        while any(map(_under_way, self.outboxes)):
            hangs = [asyncio.ensure_future(each.hangs.wait()) for each in self.platforms.values()]
            both = [task for outbox in self.outboxes for task in _under_way(outbox)]
            await asyncio.wait([*both, *hangs], return_when=asyncio.FIRST_COMPLETED)
            for waiting in hangs:
                waiting.cancel()
            hung = {task for each in self.platforms.values() for task in each.hung}
            for number, outbox in enumerate(self.outboxes):
                if hung.intersection(_under_way(outbox)):
                    await self._kill(number)
            for each in self.platforms.values():
                each.hung.clear()
                each.hangs.clear()

    async def _kill(self, number: int) -> None:
        dead = self.outboxes[number]
        under_way = [*dead._workers, *dead._drainer.tasks]
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        self.outboxes[number] = self._outbox(self.clocks[number])
        self.planners[number] = self._planner(number)
        self.clock.now += LEASE
        self.counts["processes killed"] += 1

    # ------------------------------------------------------------ what people do

    async def _answer(self) -> None:
        """Have everybody who got something do with it what they do."""
        for name, platform in self.platforms.items():
            new = platform.arrived[self.answered[name] :]
            self.answered[name] = len(platform.arrived)
            for arrival in sorted(new, key=lambda each: each.delivery.key):
                await self._react(arrival)

    async def _react(self, arrival: Arrival) -> None:
        person, now = arrival.person, self.clock()
        is_nudge = arrival.delivery.kind == DeliveryKind.NUDGE
        if not is_nudge or person.wished("stop", now) or self._is_cut_off(person):
            return
        dice = random.Random(f"{self.seed} {arrival.delivery.key}").random()
        for answer, chance in TEMPERS[person.temper].items():
            if dice < chance:
                self.counts[answer] += 1
                await _ANSWERS[answer](self, arrival)
                return
            dice -= chance
        self.counts["silence"] += 1

    async def press(self, person: Person, verb: str, args: Mapping[str, str], source: str = "") -> None:
        """Press a button, or type a word."""
        self.presses += 1
        name = self.workspaces[person.channel]
        await self.desk.handle(
            Incoming(
                f"i{self.presses}",
                WorkspaceRef(name.channel, name.external),
                Sender(person.account),
                f"D{person.account}",
                verb,
                dict(args),
                Surface.DIRECT_MESSAGE,
                Source(source) if source else None,
            )
        )

    async def _live(self) -> None:
        """Have something happen to people: they move, block, come back; a workspace is uninstalled."""
        if self.chance.random() < 0.02:
            person = self.chance.choice(self.people)
            zone = self.chance.choice(self.people).zones[-1][1]
            if not person.wished("stop", self.clock()) and not self._is_cut_off(
                person
            ):  # who stopped is not heard but to come back
                await self.press(person, "set", {"k": "time_zone", "n": zone, "f": "1", "x": ""})
                person.zones.append((self.clock(), zone))
                self.counts["moved"] += 1
        if self.chance.random() < 0.01:
            person = self.chance.choice(self.people)
            person.is_blocked = not person.is_blocked
            if not person.is_blocked and not self._is_cut_off(person):
                await self.press(person, "help", {})
            self.counts["blocked or back"] += 1
        if self.chance.random() < 0.01:
            person = self.chance.choice(self.people)
            if person.wished("stop", self.clock()) and not self._is_cut_off(person):
                await self.press(person, "resume", {})
                for what in ("stop", "pause"):
                    person.end(what, self.clock())
                self.counts["came back"] += 1
        if self.chance.random() < 0.001:
            await self._uninstall()

    def _is_cut_off(self, person: Person) -> bool:
        """Say whether a person's workspace has removed the app: nothing reaches Laps from there."""
        return self.platforms[person.channel].is_uninstalled

    async def _uninstall(self) -> None:
        slack = self.platforms[ChannelName.SLACK]
        slack.is_uninstalled = not slack.is_uninstalled
        workspace = replace(self.workspaces[ChannelName.SLACK], active=not slack.is_uninstalled)
        await self.store.apply(Changes(workspace=workspace))
        self.counts["uninstalled or back"] += 1

    # ------------------------------------------------------------ the end

    async def decisions(self) -> list[NudgeDecision]:
        """Read every decision that was made."""
        found: list[NudgeDecision] = []
        for person in self.people:
            workspace = self.workspaces[person.channel]
            snapshot = await self.store.snapshot(workspace, person.account, None, NEEDS, BEGIN)
            found += snapshot.decisions
        return found


def _under_way(outbox: Outbox) -> list[asyncio.Task[None]]:
    """Return what an outbox is doing."""
    return [*outbox._workers, *outbox._drainer.tasks]


class _Nowhere:
    """Takes replies that nobody looks at here: what is answered is tested elsewhere."""

    def take(self, deliveries: object) -> None:
        """Let them be."""


# ---------------------------------------------------------------- answers


def _button(arrival: Arrival, verb: str) -> Button | None:
    blocks = arrival.message.blocks
    options = [each for block in blocks if isinstance(block, Choices) for each in block.options]
    return next((each for each in options if each.verb == verb), None)


async def _start(town: Town, arrival: Arrival) -> None:
    button = _button(arrival, "lesson")
    if button is not None:
        await town.press(arrival.person, button.verb, button.args)


async def _later(town: Town, arrival: Arrival) -> None:
    """Put it off; what is tomorrow and next week is in the person's own zone."""
    button, person = _button(arrival, "later"), arrival.person
    if button is None:
        return
    wait = town.chance.choice(("hour", "tomorrow", "week"))
    now = town.clock()
    await town.press(person, "snooze", {**button.args, "w": wait})
    town.counts[f"snooze: {wait}"] += 1
    if wait == "hour":
        person.wish("snooze", now, now + timedelta(hours=1))
        return
    zone = person.zone_at(now)
    today = now.astimezone(zone).date()
    ahead = 1 if wait == "tomorrow" else 7 - today.weekday()
    until = datetime.combine(today + timedelta(days=ahead), time(9), zone)
    person.wish("snooze", now, until.astimezone(BEGIN.tzinfo))


async def _why(town: Town, arrival: Arrival) -> None:
    button = _button(arrival, "why")
    if button is not None:
        await town.press(arrival.person, button.verb, button.args)


async def _kind(town: Town, arrival: Arrival) -> None:
    button = _button(arrival, "why")
    if button is not None:
        await town.press(arrival.person, "quiet", button.args)


async def _less(town: Town, arrival: Arrival) -> None:
    await town.press(arrival.person, "nudges", {"d": "0", "w": "0"})
    arrival.person.wish("none", town.clock())


async def _pause(town: Town, arrival: Arrival) -> None:
    """Pause for some days, to the midnight of one's own zone."""
    person, now, days = arrival.person, town.clock(), town.chance.choice((2, 7, 14))
    zone = person.zone_at(now)
    day = now.astimezone(zone).date() + timedelta(days=days)
    await town.press(person, "pause", {"until": day.isoformat()})
    person.wish("pause", now, datetime.combine(day, time(0), zone).astimezone(BEGIN.tzinfo))


async def _stop(town: Town, arrival: Arrival) -> None:
    await town.press(arrival.person, "stop", {})
    arrival.person.wish("stop", town.clock())


_ANSWERS = {
    "start": _start,
    "later": _later,
    "why": _why,
    "kind": _kind,
    "less": _less,
    "pause": _pause,
    "stop": _stop,
}


# ---------------------------------------------------------------- all of it


async def simulate(learners: int, seed: int = 20261005, days: int = DAYS, url: str = "") -> Outcome:
    """Drive so many learners through the weeks, and hold all that arrived against the laws."""
    clock, chance, everybody = Clock(), random.Random(seed), people(learners, seed)
    with tempfile.TemporaryDirectory(prefix="laps-") as folder:
        store = await open_store(
            url or f"sqlite+aiosqlite:///{Path(folder) / 'laps.db'}", "Acme", "Europe/Berlin", clock
        )
        platforms = {
            name: Platform(
                name,
                clock,
                {each.account: each for each in everybody if each.channel is name},
                random.Random(f"{seed} {name}"),
                tells=name is ChannelName.SLACK,
            )
            for name in ChannelName
        }
        town = Town(store, clock, town_catalogue(), everybody, platforms, chance, seed)
        await town.settle_in()
        end = BEGIN + timedelta(days=days)
        while clock() < end:
            await town.step()
            clock.now = max(clock.now, clock.now + STEP - (clock.now - BEGIN) % STEP)
        outcome = await _judged(town, learners, seed)
        await store.close()
    return outcome


async def _judged(town: Town, learners: int, seed: int) -> Outcome:
    arrivals = sorted(
        (each for platform in town.platforms.values() for each in platform.arrived), key=lambda one: one.at
    )
    nudges = [each for each in arrivals if each.delivery.kind == "nudge"]
    decisions = await town.decisions()
    records = await town.store.outgoing(only_lost=False, most=10_000_000)
    broken = [each for law in laws.LAWS for each in law(nudges)]
    broken += laws.as_decided(nudges, decisions)
    broken += laws.not_while_away([(each, _was_away(town, each)) for each in decisions])
    broken += laws.nothing_vanishes(nudges, decisions, records)
    figures = {**town.counts, "arrived": len(nudges)}
    for platform in town.platforms.values():
        for fault, count in platform.faults.items():
            figures[f"fault: {fault}"] = figures.get(f"fault: {fault}", 0) + count
    figures |= {f"decided: {action}": n for action, n in Counter(x.action for x in decisions).items()}
    listed = [f"{x.state}{': ' if x.reason else ''}{x.reason}" for x in records if x.kind == "nudge"]
    figures |= {f"nudges {how}": count for how, count in Counter(listed).items()}
    return Outcome(learners, seed, arrivals, broken, figures)


def _was_away(town: Town, decision: NudgeDecision) -> bool:
    person = town.people[int(decision.learner, 16)]
    is_told = person.channel is ChannelName.SLACK
    return is_told and any(since <= decision.decided_at < until for since, until in person.away)
