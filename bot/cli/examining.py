"""`laps doctor`: what is set up, what is missing, and the mend."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr

from bot.app import channel_states, make_adapters, now_utc, read_catalogue
from bot.cli.logs import quiet_libraries
from bot.cli.printing import count, make_console, print_columns
from bot.errors import ConfigError, LapsError
from bot.model import Answer, ChannelName, Incoming
from bot.ports import Diagnosis
from bot.settings import Settings
from lessons.catalogue import Catalogue
from storage import open_store

HOST = "127.0.0.1"
"""Where the doctor takes Laps to listen; which other address it may listen on, `laps run` says."""

_PAGES = {ChannelName.SLACK: "slack.md", ChannelName.TEAMS: "teams.md", ChannelName.WEB: "practice-room.md"}
_WANTED_BY = {
    ChannelName.SLACK: ("slack_bot_token", "slack_signing_secret", "slack_app_token"),
    ChannelName.TEAMS: ("microsoft_app_id", "microsoft_app_password", "microsoft_app_tenant_id"),
    ChannelName.WEB: (),
}
"""The settings of which one alone shows that somebody wants the channel."""


class _NoDesk:
    """Stands where adapters hand in what comes in: nothing comes in while the doctor looks."""

    async def handle(self, incoming: Incoming) -> Answer:
        return Answer()


async def doctor(settings: Settings, form: str) -> int:
    """Look at everything that Laps needs, and say the mend for each thing that is not well.

    A channel that nobody began to set up is off, and that is well. Returns 1 where something is not.
    """
    quiet_libraries()
    clashes = [*_combination(settings)]
    found = [*_settings(settings), *clashes, *_channels(settings)]
    catalogue, lessons = _catalogue(settings)
    found += [lessons, await _database(settings, catalogue)]
    if not clashes:
        found += await _adapters(settings)
    if form == "json":
        rows = [{"subject": d.subject, "well": d.well, "detail": d.detail, "mend": d.mend} for d in found]
        print(json.dumps(rows, indent=2))
    else:
        _print(found)
    return 0 if all(d.well for d in found) else 1


def _print(found: Sequence[Diagnosis]) -> None:
    rows = []
    for line in found:
        mark = "!!" if not line.well else "--" if line.mend else "ok"
        rows.append((mark, line.subject, line.detail))
        if line.mend:
            rows.append(("", "", f"→ {line.mend}"))
    console = make_console()
    print_columns(console, rows)
    wrong = sum(not line.well for line in found)
    are = "thing is" if wrong == 1 else "things are"
    summary = f"{wrong} {are} to be mended." if wrong else "All is well."
    console.print(f"\n{summary}", style="bold")


# ---------------------------------------------------------------- settings and channels


def _settings(settings: Settings) -> Iterator[Diagnosis]:
    """List every setting, without showing a secret."""
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        default = " (default)" if value is not None and value == field.default else ""
        yield Diagnosis(str(field.validation_alias), True, f"{_shown(value)}{default}")


def _shown(value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, SecretStr):
        return "set"
    if isinstance(value, bool):
        return str(int(value))
    return without_secrets(str(value))


def without_secrets(address: str) -> str:
    """Leave user, password and query out of an address; what is no address stays as it is."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "set, but no address"
    _, at, host = parts.netloc.rpartition("@")
    if not parts.scheme or not (at or parts.query):
        return address
    shown = f"…@{host}" if at else host
    return urlunsplit((parts.scheme, shown, parts.path, "…" if parts.query else "", ""))


def _combination(settings: Settings) -> Iterator[Diagnosis]:
    """Say which settings do not go together."""
    try:
        settings.check(HOST)
    except ConfigError as error:
        yield Diagnosis(error.setting, False, error.problem, error.hint)


def _channels(settings: Settings) -> Iterator[Diagnosis]:
    """Say which channels are on; one that was begun and not finished is not well."""
    for state in channel_states(settings, HOST):
        name = f"channel {state.channel.value}"
        page = f"see docs/{_PAGES[state.channel]}"
        if state.on or state.channel is ChannelName.WEB:
            yield Diagnosis(name, True, f"{'on' if state.on else 'off'}: {state.detail}")
        elif any(getattr(settings, wish) for wish in _WANTED_BY[state.channel]):
            yield Diagnosis(name, False, "off, though it was begun", f"To finish, {state.detail}: {page}.")
        else:
            yield Diagnosis(name, True, "off", f"To turn it on, {state.detail}: {page}.")


# ---------------------------------------------------------------- what they lead to


def _catalogue(settings: Settings) -> tuple[Catalogue | None, Diagnosis]:
    try:
        catalogue = read_catalogue(settings)
    except LapsError as error:
        first, *more = str(error).splitlines()
        others = f" (and {count(len(more), 'more finding')})" if more else ""
        return None, Diagnosis("lessons", False, f"{first}{others}", "Mend what `laps lint` finds.")
    known = f"{count(len(catalogue.lessons), 'lesson')} from {settings.lessons}"
    return catalogue, Diagnosis("lessons", True, known)


async def _database(settings: Settings, catalogue: Catalogue | None) -> Diagnosis:
    """Open the database as the server does; it keeps the organization's name, which the lessons have."""
    if catalogue is None:
        return Diagnosis("database", False, "not looked at", "Mend the lessons first.")
    organization = catalogue.organization
    try:
        store = await open_store(settings.database_url, organization.name, organization.time_zone)
    except LapsError as error:
        return Diagnosis("database", False, str(error), error.hint)
    try:
        await store.ping()
    except LapsError as error:
        return Diagnosis("database", False, str(error), error.hint)
    finally:
        await store.close()
    return Diagnosis("database", True, "answers")


async def _adapters(settings: Settings) -> list[Diagnosis]:
    """Ask the platforms of the channels that are on."""
    on = {state.channel for state in channel_states(settings, HOST) if state.on}
    found: list[Diagnosis] = []
    for adapter in make_adapters(settings, HOST, _NoDesk(), now_utc):
        if adapter.channel.name in on:
            found += await adapter.diagnose()
        await adapter.stop()
    return found
