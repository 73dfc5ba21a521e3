"""The one place where objects meet: settings in, a running server out."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version

import orjson
from aiohttp import web

from adapters.api.app import ApiAdapter
from adapters.api.cloud_events import CloudEvent
from adapters.calendar.feed import FeedReader
from adapters.slack.app import SlackAdapter, SlackConfig
from adapters.slack.limits import LIMITS as SLACK_LIMITS
from adapters.teams.app import TeamsAdapter, TeamsConfig
from adapters.teams.render import LIMITS as TEAMS_LIMITS
from adapters.usage.generic import record, rules
from adapters.web.app import WebAdapter, WebConfig
from adapters.web.render import LIMITS as WEB_LIMITS
from bot.announcing.office import AnnounceOffice
from bot.cohorts.looking_after import PeopleOffice
from bot.cohorts.promoting import ShareOffice
from bot.digests.telling import Reader
from bot.dispatch import Dispatcher
from bot.editing.live import LiveCatalogue
from bot.editing.notices import Notice, Notices
from bot.editing.workshop import CatalogueWorkshop
from bot.errors import CatalogueError, LapsError
from bot.facts import zone_named
from bot.measurement.digesting import Issuer
from bot.measurement.intake import Taken, Told, take_in
from bot.measurement.programs import counts_alike
from bot.metrics import Metrics
from bot.model import ChannelName, Workspace
from bot.ports import Channel, Clock, Desk, FileSource, Store, Workshop
from bot.preview.routes import PreviewPages
from bot.settings import Settings
from bot.tabular import Finding
from bot.watching import Watcher
from lessons.catalogue import Catalogue
from lessons.checking import ChannelLimit
from lessons.loading import Loaded, Loader, load
from scheduler.announcements import Announcer, slack_of
from scheduler.calendars import Calendars
from scheduler.gatherings import Gatherings
from scheduler.nudges import Nudges
from scheduler.outbox import Outbox
from scheduler.settling import Settling
from scheduler.ticker import Ticker
from storage import open_store

log = logging.getLogger("laps.app")

Adapter = SlackAdapter | TeamsAdapter | WebAdapter
Sleep = Callable[[float], Awaitable[None]]

DRAIN_EVERY = timedelta(seconds=1)
FORGET_EVERY = timedelta(hours=1)
LOOK_EVERY = timedelta(seconds=5)
CALENDARS_EVERY = timedelta(seconds=30)
GATHER_EVERY = timedelta(minutes=1)
SETTLE_EVERY = timedelta(minutes=1)
ANNOUNCE_EVERY = timedelta(minutes=1)
LOOK_AFTER = 20_000
"""How many more objects there are before the collector looks at them; Python's own 700 is a press or two."""
MOST_BODY = 1024 * 1024
"""Bytes of a request's body; more is answered 413."""


@dataclass(frozen=True, slots=True)
class ChannelState:
    """One line of the table that `laps run` prints."""

    channel: ChannelName
    on: bool
    detail: str


def now_utc() -> datetime:
    """Say what time it is."""
    return datetime.now(UTC)


_AROUND = 600
"""Characters of a screen that are no lesson's: heading, progress, labels, notes."""

CHANNEL_LIMITS = tuple(
    ChannelLimit(channel.spoken, limits.whole_message - _AROUND)
    for channel, limits in (
        (ChannelName.SLACK, SLACK_LIMITS),
        (ChannelName.TEAMS, TEAMS_LIMITS),
        (ChannelName.WEB, WEB_LIMITS),
    )
)
"""What a lesson's screen is held against by `laps lint`."""


def read_catalogue(settings: Settings, clock: Clock = now_utc) -> Catalogue:
    """Load and check the catalogue.

    Raises:
        CatalogueError: with every finding, where it cannot be used.
    """
    return good(load(settings.lessons, clock().date(), CHANNEL_LIMITS))


def good(loaded: Loaded) -> Catalogue:
    """Return the catalogue that was loaded.

    Raises:
        CatalogueError: with every finding, where it cannot be used.
    """
    if loaded.catalogue is None:
        raise CatalogueError([str(finding) for finding in loaded.findings])
    return loaded.catalogue


def channel_states(settings: Settings, host: str) -> tuple[ChannelState, ...]:
    """Say of each channel whether it is on, and if not, which setting is missing."""
    slack, teams = settings.slack_missing(), settings.teams_missing()
    how_slack = "Socket Mode" if settings.slack_app_token else "POST /slack/events"
    how_teams = "POST /api/messages"
    if settings.teams_anonymous:
        how_teams += ", without credentials, from this machine only"
    web_on = settings.web_on(host)
    if web_on:
        how_web = "GET /"
    elif settings.web is False:
        how_web = "LAPS_WEB=0 turns it off"
    else:
        how_web = f"only on a loopback address, and this is {host}"
    return (
        ChannelState(ChannelName.SLACK, not slack, how_slack if not slack else "set " + " and ".join(slack)),
        ChannelState(ChannelName.TEAMS, not teams, how_teams if not teams else "set " + " and ".join(teams)),
        ChannelState(ChannelName.WEB, web_on, how_web),
    )


def keep_what_is_loaded() -> None:
    """Have the garbage collector leave alone what was made until now, and look at the rest less often.

    Modules, tables and lessons stay for good; going through them again and again took a tenth of the time of
    a press, in pauses of up to 50 ms. What presses make ends with them, without the collector.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(LOOK_AFTER)


class Server:
    """Laps, put together. Make it with `build`; it is an aiohttp application's life."""

    def __init__(
        self,
        settings: Settings,
        host: str,
        store: Store,
        loader: Loader,
        loaded: Loaded,
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.settings = settings
        self._host = host
        self.store = store
        self.metrics = Metrics()
        self.metrics.lessons(len(good(loaded).lessons))
        channels: dict[ChannelName, Channel] = {}
        self.outbox = Outbox(store, channels, clock, sleep, self.metrics.delivery)
        self._notices = Notices(store, self.outbox, clock)
        self._telling: set[asyncio.Task[object]] = set()
        self.live = LiveCatalogue(loader, loaded, store, clock, self._tell, self._swapped)
        self._watcher = Watcher(self.live, sleep)
        self._preview = PreviewPages(lambda: self.live.now)
        files: dict[ChannelName, FileSource] = {}
        workshop = workshop_of(store, self.live, files)
        self.desk = Dispatcher(
            store, lambda: self.live.now, self.outbox, clock, self.metrics.interaction, workshop
        )
        self.adapters = make_adapters(settings, host, self.desk, clock)
        files.update({adapter.channel.name: adapter.channel for adapter in self.adapters})
        channels.update({adapter.channel.name: adapter.channel for adapter in self.adapters})
        # Teams tells bots nothing of presence, and nobody is disturbed in the practice room.
        presences = {x.channel.name: x.channel for x in self.adapters if isinstance(x, SlackAdapter)}
        self.nudges = Nudges(store, self.outbox, lambda: self.live.now, clock, presences)
        own_hosts = {each.strip() for each in (settings.calendar_hosts or "").split(",") if each.strip()}
        self.announcer = Announcer(store, self.outbox, lambda: self.live.now, clock, self._find_person)
        self.gatherings = Gatherings(store, self.outbox, lambda: self.live.now, clock)
        self._counted = self.live.now
        self.settling = Settling(store, lambda: self.live.now)
        self.issuer = Issuer(store, lambda: self.live.now, clock, self.settling.work)
        secret = settings.usage_webhook_secret
        self._api = ApiAdapter(
            self.issuer,
            store,
            lambda: reader_of(self.live.now),
            clock,
            secret.get_secret_value() if secret is not None else None,
            self._take_use,
            version("laps"),
        )
        self.calendars = Calendars(store, FeedReader(own_hosts), lambda: self.live.now, clock)
        self._clock = clock
        self._ticker = Ticker()

    def application(self) -> web.Application:
        """Make the web application: every route of every adapter that is on, and the operators' three."""
        application = web.Application(client_max_size=MOST_BODY)
        application.add_routes(
            [
                web.get("/healthz", self._healthz),
                web.get("/readyz", self._readyz),
                web.get("/metrics", self._metrics),
            ]
        )
        for adapter in self.adapters:
            application.add_routes(adapter.routes())
        application.add_routes(self._api.routes())
        if self.settings.web_on(self._host):
            application.add_routes(self._preview.routes())
        application.on_startup.append(self._start)
        application.on_shutdown.append(self._stop)
        application.on_cleanup.append(self._close)
        return application

    async def _take_use(self, events: Sequence[CloudEvent]) -> Taken:
        """Take in what a source tells by webhook, each event once."""
        catalogue = self.live.now
        zone = zone_named(catalogue.organization.time_zone)
        known = rules(catalogue.tools, self._clock().astimezone(zone).date())

        def read() -> Iterator[Told | Finding]:
            for number, event in enumerate(events, 1):
                yield from record(number, event.cells(), known, zone)

        return await take_in(self.store, "generic", read)

    async def _find_person(self, about: Mapping[str, str]) -> tuple[Workspace, str] | None:
        """Find somebody of the roster in Slack, by their id there or by their address."""
        slack = slack_of(await self.store.workspaces())
        adapter = next((each for each in self.adapters if isinstance(each, SlackAdapter)), None)
        if slack is None or adapter is None:
            return None
        found = about.get("slack_user") or None
        if found is None and about.get("email"):
            found = await adapter.channel.look_up(about["email"])
        return (slack, found) if found is not None else None

    async def _start(self, application: web.Application) -> None:
        for adapter in self.adapters:
            await adapter.start()
        self._ticker.every(DRAIN_EVERY, "outbox", self.outbox.drain)
        self._ticker.every(FORGET_EVERY, "forget", self._forget)
        self._ticker.every(LOOK_EVERY, "nudges", self.nudges.look)
        self._ticker.every(ANNOUNCE_EVERY, "announcements", self.announcer.work)
        self._ticker.every(GATHER_EVERY, "gatherings", self.gatherings.look)
        self._ticker.every(SETTLE_EVERY, "figures", self.settling.work)
        self._ticker.every(CALENDARS_EVERY, "calendars", self.calendars.read_due)
        self._ticker.start()
        try:
            if await self.live.start():
                self._do(self._look_anew(is_new=True), "look at everybody")
        except LapsError as error:
            log.warning("no revision could be stored: %s", error, extra={"action": "reload_failed"})
        self._watcher.start()

    def _tell(self, notice: Notice) -> None:
        """Tell the admins, and whoever has a preview open, while everything goes on."""
        if notice.errors:
            self._preview.refused(notice.errors)
        self._do(self._notices.tell(notice), "tell the admins")

    def _swapped(self, catalogue: Catalogue) -> None:
        self.metrics.lessons(len(catalogue.lessons))
        self._preview.changed()
        self._do(self._look_anew(), "look at everybody")

    async def _look_anew(self, is_new: bool = False) -> None:
        """Have everybody looked at, for the moments may be others now, and where need be, counted anew."""
        try:
            await self.store.look_at_everybody(self._clock())
            if is_new or not counts_alike(self._counted, self.live.now):
                self._counted = self.live.now
                await self.store.unsettle_everybody()
        except LapsError as error:
            log.warning("the moments may come late: %s", error, extra={"action": "look_lost"})

    def _do(self, work: Coroutine[object, object, object], name: str) -> None:
        """Do something while everything goes on; the end waits for it."""
        task = asyncio.create_task(work, name=name)
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _stop(self, application: web.Application) -> None:
        """Send what is under way, for which the channels' connections are needed, and then close those."""
        self._ticker.stop()
        self._preview.close()
        await self._watcher.stop()
        await asyncio.gather(*self._telling, return_exceptions=True)
        await self.outbox.stop()
        for adapter in self.adapters:
            await adapter.stop()

    async def _close(self, application: web.Application) -> None:
        await self.store.close()

    async def _forget(self) -> int:
        return await self.store.forget_texts(self._clock())

    async def _healthz(self, request: web.Request) -> web.Response:
        """Answer that the process is alive."""
        return web.json_response({"alive": True})

    async def _readyz(self, request: web.Request) -> web.Response:
        """Answer whether interactions can be taken: the database, the catalogue, each channel."""
        states: dict[str, object] = {"database": "ok", "lessons": len(self.live.now.lessons)}
        try:
            await self.store.ping()
        except LapsError as error:
            states["database"] = str(error)
        ready = states["database"] == "ok"
        states["channels"] = [s.channel.value for s in channel_states(self.settings, self._host) if s.on]
        body = orjson.dumps({"ready": ready, **states})
        return web.Response(body=body, status=200 if ready else 503, content_type="application/json")

    async def _metrics(self, request: web.Request) -> web.Response:
        """Answer Prometheus."""
        return web.Response(body=self.metrics.page(), content_type="text/plain", charset="utf-8")


async def build(
    settings: Settings,
    host: str = "127.0.0.1",
    clock: Clock = now_utc,
    store: Store | None = None,
    sleep: Sleep = asyncio.sleep,
) -> Server:
    """Put Laps together: check the settings and the catalogue, open the database.

    Args:
        settings: what differs between installations.
        host: the address to listen on.
        clock: says the time.
        store: an open store, else the one that the settings name is opened.
        sleep: waits for seconds, where a platform's pace asks for it.

    Raises:
        SetupError: with the mend; nothing was started.
        StorageUnavailable: the database cannot be opened.
    """
    settings.check(host)
    loader = Loader(settings.lessons, CHANNEL_LIMITS)
    loaded = loader.load(clock().date())
    organization = good(loaded).organization
    if store is None:
        store = await open_store(settings.database_url, organization.name, organization.time_zone, clock)
    return Server(settings, host, store, loader, loaded, clock, sleep)


def reader_of(catalogue: Catalogue) -> Reader:
    """Say what makes digests readable."""
    tools = {name: tool.name for name, tool in catalogue.tools.items()}
    return Reader(catalogue.organization.name, tools)


def workshop_of(store: Store, live: LiveCatalogue, files: Mapping[ChannelName, FileSource]) -> Workshop:
    """Put together what does in files and in the roster what no pure handler can."""
    lessons = CatalogueWorkshop(live, files)
    shares = ShareOffice(store, lambda: live.now, lambda: live.loader.patterns, lessons, lessons)
    many = AnnounceOffice(store, lambda: live.now, shares)
    return PeopleOffice(store, lambda: live.now, many)


def make_adapters(settings: Settings, host: str, desk: Desk, clock: Clock) -> Sequence[Adapter]:
    """Make the adapters of the channels that are on.

    `/slack/events` and `/api/messages` exist always, so that a platform that is set up before Laps is gets
    a clear 401 and not a 404.
    """
    states = channel_states(settings, host)
    wanted = [s.channel for s in states if s.on or s.channel is not ChannelName.WEB]
    return [_MAKERS[channel](settings, desk, clock) for channel in wanted]


def _slack(settings: Settings, desk: Desk, clock: Clock) -> Adapter:
    return SlackAdapter(
        SlackConfig(
            signing_secret=_secret(settings.slack_signing_secret),
            bot_token=_secret(settings.slack_bot_token),
            app_token=_secret(settings.slack_app_token),
            api_url=settings.slack_api_url,
        ),
        desk,
        clock,
    )


def _teams(settings: Settings, desk: Desk, clock: Clock) -> Adapter:
    return TeamsAdapter(
        TeamsConfig(
            app_id=settings.microsoft_app_id,
            app_password=_secret(settings.microsoft_app_password),
            tenant_id=settings.microsoft_app_tenant_id,
            anonymous=settings.teams_anonymous,
        ),
        desk,
        clock,
    )


def _web(settings: Settings, desk: Desk, clock: Clock) -> Adapter:
    return WebAdapter(WebConfig(), desk, clock)


_MAKERS: Mapping[ChannelName, Callable[[Settings, Desk, Clock], Adapter]] = {
    ChannelName.SLACK: _slack,
    ChannelName.TEAMS: _teams,
    ChannelName.WEB: _web,
}


def _secret(value: object) -> str | None:
    reveal = getattr(value, "get_secret_value", None)
    return reveal() if reveal else None
