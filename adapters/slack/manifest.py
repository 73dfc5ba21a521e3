"""The Slack app's manifest, ready to paste (https://docs.slack.dev/reference/app-manifest)."""

from __future__ import annotations

from bot.actions import MESSAGE_ACTIONS
from bot.errors import ConfigError

Json = dict[str, object]

FEATURES = {
    "chat:write": "posting and updating lessons",
    "im:write": "opening the direct message",
    "commands": "the slash command /laps",
    "users:read": "names and time zones",
    "im:history": "typed direct messages",
    "dnd:read": "leaving people alone who do not want to be disturbed",
    "files:read": "lessons that admins send as files",
    "users:read.email": "finding people by their e-mail address",
}
"""The bot's scopes, and what each is for."""

OPTIONAL = ("im:history", "dnd:read", "files:read", "users:read.email")
"""Those of them that may be left out, which turns that feature off; the doctor says so."""

LISTENING = ("channels:history", "groups:history")
"""What hearing words takes besides: Slack then sends what is written in conversations that the bot is in."""

_LISTENING_EVENTS = ("message.channels", "message.groups")
_EVENTS = ("app_home_opened", "app_uninstalled", "message.im", "tokens_revoked")


_LONG = (
    "Laps gives you lessons of 3 to 7 minutes for your own job. Each opens with a task that you do in your "
    "own AI tool, right here in your direct messages. You decide whether to take part, you can pause or stop "
    "at any time, and your organization sees figures for groups of five or more only."
)


def manifest(base_url: str | None, socket_mode: bool, listens: bool = False) -> Json:
    """Make the manifest.

    Args:
        base_url: the public https address of Laps; not needed in Socket Mode.
        socket_mode: payloads come over a socket that Laps opens, not over HTTP.
        listens: conversations may be opened for words.

    Raises:
        ConfigError: HTTP needs an https address.
    """
    url = None
    if not socket_mode:
        if not base_url or not base_url.removeprefix("https://") or not base_url.startswith("https://"):
            raise ConfigError(
                "LAPS_BASE_URL",
                "is needed, with https, for Slack to reach Laps",
                "Set LAPS_BASE_URL=https://laps.example.com, or SLACK_APP_TOKEN for Socket Mode.",
            )
        url = f"{base_url.rstrip('/')}/slack/events"
    events = sorted((*_EVENTS, *(_LISTENING_EVENTS if listens else ())))
    return {
        "display_information": {
            "name": "Laps",
            "description": "Short practice with AI, on your own work",
            "long_description": _LONG,
            "background_color": "#0b4f6c",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "Laps", "always_online": True},
            "slash_commands": [_command(url)],
            "shortcuts": [
                {
                    "name": each.title,
                    "type": "message",
                    "callback_id": each.name,
                    "description": each.description,
                }
                for each in MESSAGE_ACTIONS.values()
            ],
        },
        "oauth_config": {"scopes": {"bot": [*FEATURES, *(LISTENING if listens else ())]}},
        "settings": {
            "event_subscriptions": _with_url({"bot_events": events}, url),
            "interactivity": _with_url({"is_enabled": True}, url),
            "org_deploy_enabled": False,
            "socket_mode_enabled": socket_mode,
            "token_rotation_enabled": False,
        },
    }


def _command(url: str | None) -> Json:
    command: Json = {
        "command": "/laps",
        "description": "Practise AI on your own work",
        "usage_hint": "next | lessons | me | pause | help",
        "should_escape": False,
    }
    if url:
        command["url"] = url
    return command


def _with_url(settings: Json, url: str | None) -> Json:
    return {**settings, "request_url": url} if url else settings
