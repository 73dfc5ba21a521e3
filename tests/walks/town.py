"""A town to walk in: rooms on three channels, a dispatcher, and platforms that show what is sent at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.dispatch import Dispatcher
from bot.messages import Message
from bot.model import (
    Answer,
    ChannelName,
    Delivery,
    DeliveryState,
    Incoming,
    Learner,
    Operation,
    Sent,
    Status,
)
from bot.placing import IN_DIRECT_MESSAGE
from bot.ports import Needs, Settlement
from lessons.catalogue import Catalogue
from tests.walks.laws import Ledger
from tests.walks.rooms import HOME, PRIVATE, Room, Seen, buttons_of, codes_of, faults_of
from tests.walks.store import Inner, Recorded
from tests.world import NOW, STEPS, Sink, make_catalogue, make_lesson

SILENT = ("arrive", "depart", "profile", "uninstall")
"""What is said by a platform, and may be answered by nothing."""


def catalogues() -> list[Catalogue]:
    """Make the catalogue as it is edited: one lesson changed, one removed, a job and its lessons removed."""
    first = dict(STEPS[0]["practice"], task="Another task.")  # type: ignore[call-overload]
    changed = make_lesson(1, steps=[{"practice": first}, *STEPS[1:]])
    short = make_lesson(2, steps=[{"practice": {**first, "answer": "done", "rubric": []}}, STEPS[3]])
    sales = make_lesson(1, "sales")
    whole = make_catalogue()
    only_sales = make_catalogue(sales)
    return [
        whole,
        make_catalogue(changed, make_lesson(2), sales),
        make_catalogue(changed, short, sales, keep_text_days=7),
        make_catalogue(make_lesson(2), sales),
        replace(only_sales, job_families={"sales": whole.job_families["sales"]}),
    ]


@dataclass
class Clock:
    """A clock that is set by the walk."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Town:
    """Rooms, and everything that was seen in them."""

    inner: Inner
    clock: Clock = field(default_factory=Clock)
    rooms: list[Room] = field(
        default_factory=lambda: [
            Room(ChannelName.SLACK, "U1"),
            Room(ChannelName.TEAMS, "29:1"),
            Room(ChannelName.WEB, "browser-1"),
            Room(ChannelName.SLACK, "U2"),
            Room(ChannelName.WEB, "browser-2"),
        ]
    )

    def __post_init__(self) -> None:
        self.store = Recorded(self.inner)
        self.sink = Sink()
        self.catalogue = make_catalogue()
        self.outcomes: dict[str, str] = {}
        self.actions: dict[tuple[str, str], Incoming] = {}
        self.seen: list[Seen] = []
        self.codes: list[str] = []
        self.ledger = Ledger()
        self.taken = 0
        self.posted_before_consent: dict[str, int] = {}
        self.desk = Dispatcher(
            self.store,  # type: ignore[arg-type]  # the part of a store that dispatch uses
            lambda: self.catalogue,
            self.sink,
            self.clock,
            self._observe,
        )

    def identity(self) -> str:
        """Make an id for something that comes in."""
        self.taken += 1
        return f"i{self.taken}"

    async def handle(self, *all_at_once: Incoming, answers_first: bool = True) -> None:
        """Hand in what comes at the same time, show what comes back, and hold it all against the laws."""
        written, sent = len(self.store.written), len(self.sink.taken)
        ids = [(incoming.workspace.channel.value, incoming.id) for incoming in all_at_once]
        fresh = [it for it in dict(zip(ids, all_at_once, strict=True)).items() if it[0] not in self.actions]
        self.actions.update(fresh)
        self.outcomes.clear()
        answers = await asyncio.gather(*map(self.desk.handle, all_at_once))
        assert not {"bug", "failed"} & set(self.outcomes.values()), self.outcomes
        for changes in self.store.written[written:]:
            assert changes.incoming is not None
            channel = changes.incoming[0]
            found = [a for (c, i), a in self.actions.items() if i == changes.incoming[1]]
            assert len(found) == 1, channel
            self.ledger.take(changes, found[0])
        deliveries = self.sink.taken[sent:]
        self._judge_answers(all_at_once, [key for key, _ in fresh], answers, deliveries)
        order = [changes.incoming[1] for changes in self.store.written[written:] if changes.incoming]
        pairs = list(zip(all_at_once, answers, strict=True))
        for incoming, answer in sorted(
            pairs, key=lambda it: order.index(it[0].id) if it[0].id in order else -1
        ):
            mine = [delivery for delivery in deliveries if delivery.key.split(":")[-2] == incoming.id]
            if answers_first:
                self._show_answer(incoming, answer)
            await self._show(mine)
            if not answers_first:
                self._show_answer(incoming, answer)
        await self._judge_state()

    # ------------------------------------------------------------ showing

    def _room(self, channel: ChannelName, name: str) -> Room:
        return next(r for r in self.rooms if (r.channel, r.name) == (channel, name))

    def _show_answer(self, incoming: Incoming, answer: Answer) -> None:
        if answer.message is not None:
            room = self._room(incoming.workspace.channel, incoming.sender.external)
            source = incoming.source.external if incoming.source else None
            place = source or answer.post or f"m-{incoming.id}"
            self._see(room, PRIVATE if incoming.takes_notice else place, answer.message)

    async def _show(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            room = self._room(delivery.workspace.channel, delivery.account)
            sent = Sent(conversation=None if delivery.conversation else room.direct)
            if delivery.operation is Operation.HOME:
                self._see(room, HOME, delivery.message)
            elif delivery.operation is Operation.POST:
                room.posted += 1
                sent = replace(sent, external=f"{room.name}/{room.posted}")
                if delivery.conversation in (None, room.direct):
                    self._see(room, sent.external or "", delivery.message)
                else:
                    assert delivery.message == IN_DIRECT_MESSAGE, "nothing personal is said among others"
            else:
                post = await self.inner.post(delivery.post) if delivery.post else None
                place = delivery.target or (post.external if post else None)
                self._see(room, place or PRIVATE, delivery.message)
            settled = Settlement(delivery.id, DeliveryState.SENT, self.clock.now, 1, sent)
            await self.store.sent(delivery, settled)

    def _see(self, room: Room, place: str, message: Message) -> None:
        assert faults_of(message, room.channel) == []
        if place != PRIVATE:
            room.shown[place] = message
        self.seen.append(Seen(room, place, message))
        self.codes += codes_of(message)

    # ------------------------------------------------------------ judging

    def _observe(self, incoming: Incoming, outcome: str, seconds: float) -> None:
        self.outcomes[f"{incoming.id} {incoming.verb} {dict(incoming.args)}"[:300]] = outcome

    def _judge_answers(
        self,
        asked: Sequence[Incoming],
        fresh: Sequence[tuple[str, str]],
        answers: Sequence[Answer],
        deliveries: Sequence[Delivery],
    ) -> None:
        """Everybody who does something new is answered; nobody else is told anything."""
        for incoming in asked:
            mine = [d for d in deliveries if d.key.split(":")[-2] == incoming.id]
            told = [a for it, a in zip(asked, answers, strict=True) if it.id == incoming.id]
            said = mine or any(a.message or a.form or a.problems for a in told)
            is_fresh = (incoming.workspace.channel.value, incoming.id) in fresh
            assert said or incoming.verb in SILENT or not is_fresh, incoming
            assert is_fresh or not mine, "a repeat sends nothing"
        assert len({d.key for d in deliveries}) == len({d.id for d in deliveries}) == len(deliveries)
        for delivery in deliveries:
            incoming = next(i for i in asked if delivery.key.split(":")[-2] == i.id)
            own = (delivery.workspace.channel, delivery.account)
            if own != (incoming.workspace.channel, incoming.sender.external):
                assert delivery.operation is Operation.UPDATE, "elsewhere, messages only change"
                assert not buttons_of(delivery.message) or "You left" in delivery.message.fallback
            elif delivery.operation is Operation.POST and delivery.conversation != "C-all":
                self._count_before_consent(delivery)

    def _count_before_consent(self, delivery: Delivery) -> None:
        learner = self.ledger.learners.get(delivery.learner or "")
        if learner is None or (learner.status in (Status.NEW, Status.DECLINED)):
            count = self.posted_before_consent.get(delivery.account, 0) + 1
            self.posted_before_consent[delivery.account] = count
            assert count == 1, "before consent there is one message at most"

    async def _judge_state(self) -> None:
        """Everything is stored as it was written, and every button that is in sight is alive."""
        for room in self.rooms:
            workspace = await self.inner.workspace(room.ref)
            needs = Needs(history=True)
            kept = await self.inner.snapshot(workspace, room.name, None, Needs(), self.clock.now)
            seen = await self.inner.snapshot(workspace, room.name, None, needs, self.clock.now)
            mine = self.ledger.accounts.get((workspace.id, room.name))
            assert seen.learner == kept.learner == (self.ledger.learners[mine] if mine else None)
            assert seen.session == kept.session
            assert seen.session is None or seen.session == self.ledger.sessions[seen.session.id]
            own = {k: s for k, s in self.ledger.sessions.items() if s.learner == mine}
            assert {s.id: s for s in seen.history} == own
            self._judge_shown(room, seen.learner)
        await self._judge_open()

    async def _judge_open(self) -> None:
        """Every open lesson has a message from which it can be gone on with."""
        for session in self.ledger.open_sessions():
            post = await self.inner.post(session.post) if session.post else None
            assert post is not None and post.external is not None
            room = next(room for room in self.rooms if room.name == post.account)
            assert Seen(room, post.external, room.shown[post.external]).buttons(), "a dead end"

    def _judge_shown(self, room: Room, learner: Learner | None) -> None:
        for place, message in room.shown.items():
            for button in buttons_of(message):
                owner = self.ledger.owner_of(button.args)
                if owner is None:
                    continue
                session = self.ledger.sessions[button.args["s"]]
                assert learner is not None and owner == learner.id, "nobody sees another person's lesson"
                assert button.args["v"] == str(session.version), f"a dead button at {place} of {room.name}"
                assert session.ended_at is None

    def are_one(self, room: Room, other: Room) -> bool:
        """Say whether two rooms belong to the same learner."""
        owner = {name: learner for (_, name), learner in self.ledger.accounts.items()}
        return room is other or (room.name in owner and owner[room.name] == owner.get(other.name))

    def wait(self, minutes: int) -> None:
        """Let time go by."""
        self.clock.now += timedelta(minutes=minutes)

    def uninstall(self, channel: ChannelName) -> Incoming:
        """Remove Laps from a whole workspace."""
        return Room(channel, "").does(self.identity(), "uninstall", {})
