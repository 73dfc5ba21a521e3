"""`laps run`, `laps doctor`, `laps manifest`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import orjson
from aiohttp import web
from rich.console import Console
from rich.table import Table

from adapters.slack.manifest import manifest as slack_manifest
from adapters.teams.manifest import package as teams_package
from bot.app import ChannelState, Server, build, channel_states, make_adapters, now_utc, read_catalogue
from bot.errors import ConfigError, LapsError
from bot.model import Answer, Incoming
from bot.ports import Diagnosis
from bot.routes import typed_verbs
from bot.settings import Settings
from storage import open_store


async def run(settings: Settings, host: str, port: int) -> int:
    """Serve until told to stop (SIGINT, SIGTERM).

    Raises:
        SetupError: nothing was started.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    server = await build(settings, host)
    runner = web.AppRunner(server.application(), access_log=None, handle_signals=False)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await _listen(site, host, port)
        _announce(server, settings, host, _port_of(runner, port))
        await _told_to_stop()
    finally:
        await runner.cleanup()
    return 0


async def _listen(site: web.TCPSite, host: str, port: int) -> None:
    try:
        await site.start()
    except OSError as error:
        raise ConfigError(
            f"{host}:{port}",
            f"cannot be listened on ({error.strerror or error})",
            "Something else listens there, perhaps another Laps; stop it, or choose with --port.",
        ) from error


def _port_of(runner: web.AppRunner, port: int) -> int:
    return int(runner.addresses[0][1]) if runner.addresses else port


async def _told_to_stop() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stop.set)
    await stop.wait()


def _announce(server: Server, settings: Settings, host: str, port: int) -> None:
    states = channel_states(settings, host)
    console = Console(highlight=False, soft_wrap=True)
    console.print(channel_table(states))
    lessons = len(server.catalogue.lessons)
    console.print(f"{lessons} lessons from {settings.lessons}. Check everything with: laps doctor")
    if states[-1].on:
        shown = "localhost" if host in ("::1", "localhost") else host
        console.print(f"Practice room: [bold]http://{shown}:{port}/[/bold]")
    else:
        console.print(f"Listening on {host}:{port}")


def channel_table(states: Sequence[ChannelState]) -> Table:
    """Make the table of channels: which are on, how, and which setting is missing where not."""
    table = Table("channel", "", "how, or what is missing", box=None, pad_edge=False, header_style="dim")
    for state in states:
        table.add_row(
            state.channel.value, "[green]on[/green]" if state.on else "[yellow]off[/yellow]", state.detail
        )
    return table


# ---------------------------------------------------------------- doctor


class _NoDesk:
    """Stands where adapters hand in what comes in: nothing comes in while the doctor looks."""

    async def handle(self, incoming: Incoming) -> Answer:
        return Answer()


async def doctor(settings: Settings, form: str) -> int:
    """Look at everything that Laps needs, and say the mend for each thing that is not well."""
    found = [*_settings(settings), _catalogue(settings), await _database(settings)]
    for adapter in make_adapters(settings, "127.0.0.1", _NoDesk(), now_utc):
        found += await adapter.diagnose()
    if form == "json":
        rows = [{"subject": d.subject, "well": d.well, "detail": d.detail, "mend": d.mend} for d in found]
        print(json.dumps(rows, indent=2))
    else:
        _print(found)
    return 0 if all(d.well for d in found) else 1


def _print(found: Sequence[Diagnosis]) -> None:
    table = Table("", "what", "", "mend", box=None, pad_edge=False, header_style="dim")
    for line in found:
        mark = "[green]ok[/green]" if line.well else "[yellow]--[/yellow]"
        table.add_row(mark, line.subject, line.detail, line.mend)
    Console(highlight=False).print(table)


def _settings(settings: Settings) -> list[Diagnosis]:
    """List every setting, without showing a secret."""
    lines = []
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        shown = (
            "not set" if value is None else "set" if "secret" in type(value).__name__.lower() else str(value)
        )
        lines.append(Diagnosis(str(field.validation_alias), True, _without_password(shown), ""))
    try:
        settings.check("127.0.0.1")
    except ConfigError as error:
        lines.append(Diagnosis(error.setting, False, str(error), error.hint))
    for state in channel_states(settings, "127.0.0.1"):
        mend = "" if state.on else f"{state.detail} (see docs/{_PAGES[state.channel.value]})"
        lines.append(Diagnosis(f"channel {state.channel.value}", state.on, "on" if state.on else "off", mend))
    return lines


_PAGES = {"slack": "slack.md", "teams": "teams.md", "web": "practice-room.md"}


def _without_password(url: str) -> str:
    """Leave the password out of a database's address."""
    head, at, tail = url.rpartition("@")
    return f"{head.partition('://')[0]}://…@{tail}" if at else url


def _catalogue(settings: Settings) -> Diagnosis:
    try:
        catalogue = read_catalogue(settings)
    except LapsError as error:
        return Diagnosis("lessons", False, str(error).splitlines()[0], error.hint)
    return Diagnosis("lessons", True, f"{len(catalogue.lessons)} lessons from {settings.lessons}")


async def _database(settings: Settings) -> Diagnosis:
    try:
        store = await open_store(settings.database_url, "Laps", "UTC")
    except LapsError as error:
        return Diagnosis("database", False, str(error), error.hint)
    await store.close()
    return Diagnosis("database", True, _without_password(settings.database_url))


# ---------------------------------------------------------------- manifest


def manifest(settings: Settings, channel: str, output: Path | None) -> int:
    """Write a channel's app manifest: Slack's as JSON, Teams' as the package to upload.

    Raises:
        ConfigError: a setting that the manifest needs is missing.
    """
    if channel == "slack":
        body = orjson.dumps(
            slack_manifest(settings.base_url, bool(settings.slack_app_token)), option=orjson.OPT_INDENT_2
        )
        target = output
    else:
        if not settings.microsoft_app_id:
            raise ConfigError("MICROSOFT_APP_ID", "is not set", "Register the bot first: see docs/teams.md.")
        body = teams_package(settings.microsoft_app_id, settings.base_url, typed_verbs())
        target = output or Path("laps-teams.zip")
    if target is None:
        sys.stdout.write(body.decode() + "\n")
    else:
        target.write_bytes(body)
        print(f"Wrote {target} ({len(body)} bytes).")
    return 0
