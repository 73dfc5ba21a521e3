from pathlib import Path

import pytest

from tests.peers.manifests import slack_faults, teams_faults

SLACK = {
    "display_information": {"name": "Laps", "description": "Learn by doing"},
    "features": {
        "bot_user": {"display_name": "Laps"},
        "slash_commands": [{"command": "/laps", "description": "Take a lesson", "usage_hint": "next"}],
    },
    "oauth_config": {"scopes": {"bot": ["chat:write", "commands"]}},
    "settings": {"interactivity": {"is_enabled": True, "request_url": "https://laps.example/slack/events"}},
}
TEAMS = {
    "manifestVersion": "1.25",
    "version": "1.0.0",
    "id": "6f0e5f0c-9f0a-4a53-8f3e-0d0b7a3c8a11",
    "developer": {
        "name": "Acme",
        "websiteUrl": "https://acme.example",
        "privacyUrl": "https://acme.example/privacy",
        "termsOfUseUrl": "https://acme.example/terms",
    },
    "name": {"short": "Laps", "full": "Laps"},
    "description": {"short": "Learn by doing", "full": "Lessons of a few minutes, in the chat."},
    "icons": {"color": "color.png", "outline": "outline.png"},
    "accentColor": "#336699",
    "bots": [{"botId": "6f0e5f0c-9f0a-4a53-8f3e-0d0b7a3c8a11", "scopes": ["personal", "team"]}],
}


@pytest.mark.peer("node", "typescript", "slack-manifest")
def test_slack_accepts_a_valid_manifest(tmp_path: Path) -> None:
    """A manifest that follows Slack's types and lengths has no fault."""
    assert slack_faults(SLACK, tmp_path) == []


@pytest.mark.peer("node", "typescript", "slack-manifest")
@pytest.mark.parametrize(
    ("part", "value", "said"),
    [
        ("settings", {"socket_mode": True}, "socket_mode"),
        ("settings", {"event_subscriptions": {"bot_events": ["message.dm"]}}, "message.dm"),
        ("oauth_config", {"scopes": {"bot": ["chat:shout"]}}, "chat:shout"),
        ("display_information", {"name": "L" * 36}, "takes 35"),
        ("features", {"bot_user": {"display_name": "Laps", "always_on": True}}, "always_on"),
    ],
)
def test_slack_names_what_is_wrong(part: str, value: object, said: str, tmp_path: Path) -> None:
    """An unknown field, event or scope and a name too long are each named."""
    assert said in "\n".join(slack_faults({**SLACK, part: value}, tmp_path))


@pytest.mark.peer("teams-manifest")
def test_teams_accepts_a_valid_manifest() -> None:
    """A manifest that follows Microsoft's schema has no fault."""
    assert teams_faults(TEAMS) == []


@pytest.mark.peer("teams-manifest")
@pytest.mark.parametrize(
    ("part", "value", "said"),
    [
        ("accentColor", "blue", "accentColor"),
        ("manifestVersion", "0.7", "no schema 0.7"),
        ("bots", [{"botId": "laps", "scopes": ["personal"]}], "botId"),
        ("colour", "blue", "colour"),
    ],
)
def test_teams_names_what_is_wrong(part: str, value: object, said: str) -> None:
    """A wrong value, an unknown field and an unknown version are each named."""
    assert said in "\n".join(teams_faults({**TEAMS, part: value}))
