"""`laps role`, `laps events`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from adapters.slack.api import SlackApi
from bot.cli.opening import opened
from bot.cli.printing import count
from bot.errors import BadLines, UnknownWorkspace
from bot.events import AdoptionEvent, from_line, to_line
from bot.model import ChannelName, Role, WorkspaceRef
from bot.ports import Store
from bot.settings import Settings

BATCH = 1000
"""Events that are written at once."""

LONGEST = 100_000
"""Characters of a line of events; what Laps writes has under 2,000."""


# ---------------------------------------------------------------- roles


async def set_role(settings: Settings, person: str, role: Role, held: bool, form: str) -> int:
    """Grant or revoke a role.

    Raises:
        UnknownPerson: nobody matches, or several do.
        ChannelError: the person is named in Slack, and Slack does not say which workspace that is.
    """
    async with opened(settings) as store:
        try:
            learner = await store.find_person(person)
        except UnknownWorkspace as error:
            if error.known or not await _meet_workspace(settings, store, person):
                raise
            learner = await store.find_person(person)
        await store.set_role(learner, role, held)
    if form == "json":
        print(json.dumps({"learner": learner.id, "role": role.value, "held": held}))
    else:
        print(f"{person} is {'now' if held else 'no longer'} {role.value} (learner {learner.id}).")
    return 0


async def _meet_workspace(settings: Settings, store: Store, person: str) -> bool:
    """Store the workspace that the settings lead to, so that an admin can be named before anybody wrote."""
    channel = person.strip().partition(":")[0].lower()
    if channel == ChannelName.TEAMS and settings.microsoft_app_tenant_id:
        await store.workspace(WorkspaceRef(ChannelName.TEAMS, settings.microsoft_app_tenant_id))
        return True
    if channel == ChannelName.SLACK and settings.slack_bot_token:
        api = SlackApi(settings.slack_api_url, settings.slack_bot_token.get_secret_value())
        try:
            answer = await api.call("auth.test")
        finally:
            await api.close()
        await store.workspace(WorkspaceRef(ChannelName.SLACK, str(answer["team_id"])))
        return True
    return False


# ---------------------------------------------------------------- events


async def export_events(settings: Settings, since: date | None, pseudonymous: bool) -> int:
    """Write every adoption event to stdout, oldest first."""
    async with opened(settings) as store:
        async for event, person in store.export_events(since):
            line = to_line(event, None if pseudonymous else person)
            sys.stdout.buffer.write(line.encode() + b"\n")
    sys.stdout.buffer.flush()
    return 0


async def import_events(settings: Settings, file: Path, form: str) -> int:
    """Append the events of a file that are not there yet; a file with a bad line changes nothing.

    Raises:
        BadLines: names each bad line.
    """
    events = _events(file)
    async with opened(settings) as store:
        added = 0
        for start in range(0, len(events), BATCH):
            added += await store.import_events(events[start : start + BATCH])
    present = len(events) - added
    if form == "json":
        print(json.dumps({"added": added, "present": present}))
    else:
        were = "was" if present == 1 else "were"
        print(f"{count(added, 'event')} added, {present:,} {were} there already.")
    return 0


def _events(file: Path) -> list[AdoptionEvent]:
    """Read a file of JSON lines, ended by LF or CRLF; empty ones are passed over."""
    problems: list[str] = []
    events = []
    for number, line in enumerate(_lines(file), 1):
        try:
            if len(line) > LONGEST:
                raise ValueError(f"longer than {LONGEST:,} characters")
            if line.strip():
                events.append(from_line(line))
        except ValueError as error:
            problems.append(f"{file}:{number}: {error}")
    if problems:
        raise BadLines(problems)
    return events


def _lines(file: Path) -> Iterator[str]:
    """Split at line feeds only: what else Unicode calls the end of a line may stand inside of one."""
    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise BadLines([f"{file}: cannot be read ({(error.strerror or str(error)).lower()})"]) from error
    for number, line in enumerate(raw.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        try:
            yield line.decode()
        except UnicodeDecodeError as error:
            raise BadLines([f"{file}:{number}: not UTF-8"]) from error
