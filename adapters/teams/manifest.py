"""The app package for Teams: what `laps manifest teams` writes, ready to upload."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.resources import files
from io import BytesIO
from urllib.parse import urlsplit
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import orjson

from adapters.teams.inert import shortened
from bot.actions import MESSAGE_ACTIONS, MessageAction
from bot.errors import ConfigError

SCHEMA = "1.29"
VERSION = "1.0.0"
"""Of the package: Teams takes an upload over an installed app only if this has grown."""

MOST_COMMANDS = 12
"""Microsoft's limit for a list of commands."""

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ICONS = ("color.png", "outline.png")
_EPOCH = (1980, 1, 1, 0, 0, 0)


def package(
    app_id: str | None, base_url: str | None, commands: Sequence[tuple[str, str]], listens: bool = False
) -> bytes:
    """Make the package: a zip of manifest.json and the two icons, the same bytes for the same input.

    Args:
        app_id: MICROSOFT_APP_ID, the bot's.
        base_url: LAPS_BASE_URL, https.
        commands: (verb, what it does) for the list that Teams offers while typing.
        listens: channels may be opened for words.

    Raises:
        ConfigError: a setting is missing or cannot stand in a manifest.
    """
    made = _manifest(_guid(app_id), _https(base_url), commands)
    if listens:
        made |= _heard(_guid(app_id), _https(base_url))
    manifest = orjson.dumps(made, option=orjson.OPT_INDENT_2)
    icons = files("adapters.teams").joinpath("icons")
    written = BytesIO()
    with ZipFile(written, "w", ZIP_DEFLATED) as archive:
        archive.writestr(ZipInfo("manifest.json", _EPOCH), manifest, ZIP_DEFLATED)
        for name in _ICONS:
            archive.writestr(ZipInfo(name, _EPOCH), icons.joinpath(name).read_bytes())
    return written.getvalue()


def _manifest(app_id: str, base_url: str, commands: Sequence[tuple[str, str]]) -> dict[str, object]:
    about = f"{base_url}/about"
    listed = [
        {"title": shortened(verb, 32), "description": shortened(meaning, 128)}
        for verb, meaning in commands[:MOST_COMMANDS]
    ]
    return {
        "$schema": f"https://developer.microsoft.com/json-schemas/teams/v{SCHEMA}/MicrosoftTeams.schema.json",
        "manifestVersion": SCHEMA,
        "version": VERSION,
        "id": app_id,
        "developer": {
            "name": "Laps",
            "websiteUrl": about,
            "privacyUrl": f"{about}#who-sees-what",
            "termsOfUseUrl": f"{about}#terms",
        },
        "name": {"short": "Laps", "full": "Laps: short practice with AI"},
        "description": {
            "short": "Short practice with AI on your own work, right in chat.",
            "full": (
                "Lessons of 3 to 7 minutes for your own job. Each starts with a task that you do in your own "
                "AI tool, not with theory. You can leave at any step and go on later, pause, or stop. What "
                "you paste is checked by simple rules; no AI reads it. Type help to see what you can type."
            ),
        },
        "icons": {"color": "color.png", "outline": "outline.png"},
        "accentColor": "#0A5C86",
        "bots": [
            {
                "botId": app_id,
                "scopes": ["personal", "team"],
                "isNotificationOnly": False,
                "supportsFiles": True,
                "commandLists": [
                    {"scopes": ["personal"], "commands": listed},
                    {"scopes": ["team"], "commands": listed},
                ],
            }
        ],
        "composeExtensions": [{"botId": app_id, "commands": [_action(x) for x in MESSAGE_ACTIONS.values()]}],
        "defaultInstallScope": "personal",
        "validDomains": [urlsplit(base_url).netloc],
    }


def _heard(app_id: str, base_url: str) -> dict[str, object]:
    """Ask for what is written in the channels of teams that the app is in, with their owners' consent."""
    permission = {"name": "ChannelMessage.Read.Group", "type": "Application"}
    return {
        "webApplicationInfo": {"id": app_id, "resource": base_url},
        "authorization": {"permissions": {"resourceSpecific": [permission]}},
    }


def _action(action: MessageAction) -> dict[str, object]:
    """Offer an action on messages; its dialog is made by the bot."""
    return {
        "id": action.name,
        "type": "action",
        "title": shortened(action.title, 32),
        "description": shortened(action.description, 128),
        "context": ["message"],
        "fetchTask": True,
    }


def _guid(app_id: str | None) -> str:
    if not app_id:
        raise ConfigError("MICROSOFT_APP_ID", "is not set", "Register the bot first: see docs/teams.md.")
    if not _GUID.fullmatch(app_id):
        hint = "Copy the application (client) id, which looks like 00000000-0000-0000-0000-000000000000."
        raise ConfigError("MICROSOFT_APP_ID", "is no application id", hint)
    return app_id.lower()


def _https(base_url: str | None) -> str:
    hint = "Set it to the public address of this server, such as https://laps.example.com."
    if not base_url:
        raise ConfigError("LAPS_BASE_URL", "is not set", hint)
    if not base_url.startswith("https://") or not urlsplit(base_url).netloc:
        raise ConfigError("LAPS_BASE_URL", "is no https address", hint)
    return base_url.rstrip("/")
