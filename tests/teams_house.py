"""A bot in a house of its own for tests of the Teams adapter: a desk that notes, a loopback Microsoft."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from adapters.teams.app import TeamsAdapter, TeamsConfig
from bot.app import workshop_of
from bot.dispatch import Dispatcher
from bot.editing.live import LiveCatalogue
from bot.messages import Button, Choices, say
from bot.model import (
    Answer,
    ChannelName,
    Delivery,
    DeliveryId,
    DeliveryKind,
    Incoming,
    Operation,
    OrganizationId,
    Workspace,
    WorkspaceId,
)
from bot.ports import Channel, Desk, FileSource, Store
from lessons.loading import Loader
from scheduler.outbox import Outbox
from storage import open_store
from tests.teams_driver import TeamsDriver
from tests.teams_server import APP_ID, PASSWORD, TENANT, TeamsServer, served, teams_server

UNSET: dict[str, Any] = {"app_id": None, "app_password": None, "tenant_id": None}
CATALOGUE = Path(__file__).parent / "catalogue" / "lessons.yaml"
ANONYMOUS: dict[str, Any] = {**UNSET, "anonymous": True}
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
CARD = say("Step two", Choices((Button("Go on", "go", {"s": "x"}),)))


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **units: float) -> None:
        """Let time go by, in the units of a timedelta."""
        self.now += timedelta(**units)

    async def sleep(self, seconds: float) -> None:
        """Wait without waiting."""
        self.pass_by(seconds=seconds)


@dataclass
class NotingDesk:
    """A desk that notes what comes in and answers what it was told to."""

    answer: Answer = field(default_factory=lambda: Answer(message=CARD))
    error: Exception | None = None
    taken: list[Incoming] = field(default_factory=list)

    async def handle(self, incoming: Incoming) -> Answer:
        """Note it, and answer where the HTTP answer shows a message."""
        self.taken.append(incoming)
        if self.error:
            raise self.error
        return self.answer if incoming.takes_message else Answer()


@dataclass
class House:
    """A bot, its Microsoft, and a person at a client."""

    microsoft: TeamsServer
    adapter: TeamsAdapter
    desk: NotingDesk
    url: str
    clock: Clock

    @property
    def ann(self) -> TeamsDriver:
        """A person at a client."""
        return TeamsDriver(self.microsoft, self.url)


def configured(microsoft: TeamsServer, **changes: Any) -> TeamsConfig:
    """Set up the bot for a loopback Microsoft."""
    return replace(
        TeamsConfig(
            app_id=APP_ID,
            app_password=PASSWORD,
            tenant_id=TENANT,
            login_url=f"{microsoft.url}/login",
            openid_url=f"{microsoft.url}/v1/.well-known/openidconfiguration",
            service_url=microsoft.service_url,
        ),
        **changes,
    )


@asynccontextmanager
async def _served(
    desk: Desk, clock: Clock, **changes: Any
) -> AsyncIterator[tuple[TeamsServer, TeamsAdapter, str]]:
    """Run an adapter, set up with `changes`, beside a loopback Microsoft."""
    async with teams_server(clock) as microsoft:
        adapter = TeamsAdapter(configured(microsoft, **changes), desk, clock)
        application = web.Application()
        application.add_routes(adapter.routes())
        await adapter.start()
        async with served(application) as url:
            yield microsoft, adapter, f"{url}/api/messages"
        await adapter.stop()


@asynccontextmanager
async def house(desk: NotingDesk | None = None, **changes: Any) -> AsyncIterator[House]:
    """Run a bot with a desk that notes."""
    clock, noting = Clock(), desk or NotingDesk()
    async with _served(noting, clock, **changes) as (microsoft, adapter, url):
        yield House(microsoft, adapter, noting, url, clock)


def a_press(verb: str = "go", **data: object) -> dict[str, Any]:
    """Make an invoke of Action.Execute."""
    action = {"type": "Action.Execute", "data": {"v": verb, "a": {"s": "x"}, **data}}
    return {"type": "invoke", "name": "adaptiveCard/action", "value": {"action": action}, "replyToId": "17"}


def a_delivery(**changes: Any) -> Delivery:
    """Make a post to Ann's direct message, which is not known yet."""
    organization = OrganizationId("o")
    made = Delivery(
        id=DeliveryId("d"),
        organization=organization,
        workspace=Workspace(WorkspaceId("w"), organization, ChannelName.TEAMS, TENANT),
        key="reply:w:1:0",
        kind=DeliveryKind.REPLY,
        operation=Operation.POST,
        account="29:ann",
        conversation=None,
        message=CARD,
        created_at=NOW,
        lease_until=NOW + timedelta(seconds=30),
    )
    return replace(made, **changes)


@dataclass
class Laps:
    """The whole of Laps behind the Teams adapter, with a loopback Microsoft in front of it."""

    microsoft: TeamsServer
    url: str
    store: Store
    outbox: Outbox
    clock: Clock
    live: LiveCatalogue

    def person(self, name: str = "ann", **changes: Any) -> TeamsDriver:
        """A person at a client, who waits until Laps has said what it had to say."""
        return TeamsDriver(
            self.microsoft, self.url, f"29:{name}", name.title(), settle=self.outbox.idle, **changes
        )


@asynccontextmanager
async def laps(place: Path = CATALOGUE, **changes: Any) -> AsyncIterator[Laps]:
    """Run Laps on a database in memory with the catalogue of the scenarios, or another."""
    clock = Clock()
    loader = Loader(place)
    store = await open_store("sqlite+aiosqlite://", "Acme", "Europe/Berlin", clock)
    live = LiveCatalogue(loader, loader.load(clock().date()), store, clock, lambda notice: None)
    await live.start()
    files: dict[ChannelName, FileSource] = {}
    channels: dict[ChannelName, Channel] = {}
    outbox = Outbox(store, channels, clock, clock.sleep)
    desk = Dispatcher(store, lambda: live.now, outbox, clock, workshop=workshop_of(store, live, files))
    async with _served(desk, clock, **changes) as (microsoft, adapter, url):
        channels[ChannelName.TEAMS] = files[ChannelName.TEAMS] = adapter.channel
        yield Laps(microsoft, url, store, outbox, clock, live)
        await outbox.stop()
    await store.close()
