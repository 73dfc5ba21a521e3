"""`laps run`: the server, from its table of channels to the signal that ends it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import signal
from collections.abc import Sequence

from aiohttp import web
from rich.console import Console

from bot.app import ChannelState, Server, build, channel_states, keep_what_is_loaded
from bot.cli.logs import start_logging
from bot.cli.printing import count, make_console, print_columns
from bot.errors import ConfigError
from bot.model import ChannelName
from bot.settings import Settings

log = logging.getLogger("laps.run")

LAST_ANSWERS = 1.0
"""Seconds for requests under way at the end. With what the outbox and Slack take, it is over within the ten
seconds that `docker stop` waits."""

_MENDS = {
    errno.EADDRINUSE: "Something else listens there, perhaps another Laps: stop it, or choose with --port.",
    errno.EACCES: "Ports below 1024 are for administrators: choose another with --port.",
}


async def run(settings: Settings, host: str, port: int) -> int:
    """Serve until told to stop (SIGINT, SIGTERM); what is under way is finished then.

    Raises:
        SetupError: nothing was started.
    """
    start_logging()
    server = await build(settings, host)
    application = server.application()
    runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=LAST_ANSWERS)
    await runner.setup()
    try:
        keep_what_is_loaded()
        await _listen(web.TCPSite(runner, host, port), host, port)
        stopped = _stop_signal()
        announce(make_console(), server, host, _port_of(runner, port))
        number = await stopped
        log.info("stopping, since %s came", number.name, extra={"action": "stopping"})
    finally:
        await runner.cleanup()
    log.info("stopped", extra={"action": "stopped"})
    return 0


async def _listen(site: web.TCPSite, host: str, port: int) -> None:
    try:
        await site.start()
    except OSError as error:
        known = error.errno in errno.errorcode
        reason = os.strerror(error.errno) if known and error.errno else error.strerror or str(error)
        raise ConfigError(
            f"{host}:{port}",
            f"cannot be listened on ({reason.lower()})",
            _MENDS.get(error.errno or 0, "Name an address of this machine with --host."),
        ) from error


def _port_of(runner: web.AppRunner, port: int) -> int:
    return int(runner.addresses[0][1]) if runner.addresses else port


def _stop_signal() -> asyncio.Future[signal.Signals]:
    """Return what becomes the first signal to stop."""
    loop = asyncio.get_running_loop()
    came: asyncio.Future[signal.Signals] = loop.create_future()

    def take(number: signal.Signals) -> None:
        if not came.done():
            came.set_result(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, take, number)
    return came


def announce(console: Console, server: Server, host: str, port: int) -> None:
    """Print the table of channels, what is live, and where the practice room is."""
    states = channel_states(server.settings, host)
    print_channels(console, states)
    lessons = count(len(server.live.now.lessons), "lesson")
    console.print(
        f"{lessons} from {server.settings.lessons}. Check everything with: laps doctor", soft_wrap=True
    )
    shown = f"[{host}]" if ":" in host else host
    if any(state.on for state in states if state.channel is ChannelName.WEB):
        console.print(f"Practice room: http://{shown}:{port}/", style="bold", markup=False, soft_wrap=True)
    else:
        console.print(f"Listening on {shown}:{port}", markup=False, soft_wrap=True)


def print_channels(console: Console, states: Sequence[ChannelState]) -> None:
    """Print which channels are on, how, and which setting is missing where not."""
    rows = [("channel", "", "how, or what is missing")]
    rows += [(state.channel.value, "on" if state.on else "off", state.detail) for state in states]
    print_columns(console, rows, head=True)
