"""What `laps manifest slack` writes; Slack's own schema is kept beside the other pieces of Slack.

It is schemas/manifest.schema.2.0.0.json of github.com/slackapi/manifest-schema, under its licence.
"""

from pathlib import Path
from typing import Any

import jsonschema
import orjson
import pytest

from adapters.slack.app import ROUTE
from adapters.slack.inbound import normalise
from adapters.slack.manifest import FEATURES, OPTIONAL, manifest
from bot.errors import ConfigError
from bot.model import Incoming

BASE = "https://laps.example.com"
SCHEMA = orjson.loads((Path(__file__).parents[1] / "slack" / "manifest.schema.2.0.0.json").read_bytes())


def made(base_url: str | None = BASE, socket_mode: bool = False) -> dict[str, Any]:
    """Make a manifest."""
    return manifest(base_url, socket_mode)


def faults(manifest: dict[str, Any]) -> list[str]:
    """Say what Slack's schema finds wrong with a manifest."""
    checker = jsonschema.validators.validator_for(SCHEMA)
    return [error.json_path for error in checker(SCHEMA).iter_errors(manifest)]


@pytest.mark.parametrize("socket_mode", [False, True], ids=["http", "socket"])
def test_slacks_schema_takes_it(socket_mode: bool) -> None:
    """Either way of being reached makes a manifest without a fault, and the schema does find faults."""
    good = made(socket_mode=socket_mode)
    assert faults(good) == []
    assert faults(good | {"display_information": {"name": "L" * 36}}) == ["$.display_information.name"]
    assert faults(good | {"settings": {"socket_mode": True}}) == ["$.settings"]


def test_over_http_everything_comes_to_one_address() -> None:
    """Events, presses and the command are posted to the route that Laps serves."""
    http = made(f"{BASE}/")
    settings = http["settings"]
    addresses = {
        settings["event_subscriptions"]["request_url"],
        settings["interactivity"]["request_url"],
        http["features"]["slash_commands"][0]["url"],
    }
    assert addresses == {f"{BASE}{ROUTE}"} and settings["socket_mode_enabled"] is False


def test_over_the_socket_there_is_no_address() -> None:
    """In Socket Mode no address stands in it, whatever the settings say, and the rest is the same."""
    for base_url in (None, BASE, "http://laps.example.com"):
        socket = made(base_url, socket_mode=True)
        assert "laps.example.com" not in str(socket) and socket["settings"]["socket_mode_enabled"] is True
        assert socket["oauth_config"] == made()["oauth_config"]


@pytest.mark.parametrize("base_url", [None, "", "http://laps.example.com", "laps.example.com", "https://"])
def test_without_a_public_address_the_mend_is_said(base_url: str | None) -> None:
    """A manifest that Slack would refuse is not made; the setting and both ways out are named."""
    with pytest.raises(ConfigError) as refused:
        made(base_url)
    assert refused.value.setting == "LAPS_BASE_URL"
    assert "https" in refused.value.problem and "SLACK_APP_TOKEN" in refused.value.hint


def test_what_it_asks_for_is_what_the_doctor_looks_for() -> None:
    """The scopes are those that the doctor knows, and what may be left out is among them."""
    assert made()["oauth_config"]["scopes"] == {"bot": list(FEATURES)}
    assert set(OPTIONAL) < set(FEATURES)


def test_every_event_that_it_asks_for_is_listened_to() -> None:
    """No event is subscribed to that Laps would leave alone, and typed messages need their scope."""
    events = made()["settings"]["event_subscriptions"]["bot_events"]
    for name in events:
        kind, _, place = name.partition(".")
        event = {"type": kind, "user": "U1", "channel": "D1", "channel_type": place, "text": "next"}
        event |= {"tab": "home", "tokens": {"bot": ["UBOT"]}}
        payload = {"type": "event_callback", "team_id": "T1", "event_id": "Ev1", "event": event}
        assert isinstance(normalise(payload), Incoming), name
    assert "message.im" in events and "im:history" in FEATURES


def test_tokens_are_not_rotated() -> None:
    """Laps keeps one token in its settings and has nowhere to keep the next one."""
    settings = made()["settings"]
    assert settings["token_rotation_enabled"] is False and settings["org_deploy_enabled"] is False


def test_its_texts_fit() -> None:
    """The name, the descriptions and the hint keep the lengths that Slack states."""
    shown = made()["display_information"]
    (command,) = made()["features"]["slash_commands"]
    assert len(shown["name"]) <= 35 and len(shown["description"]) <= 140
    assert 174 <= len(shown["long_description"]) <= 4000
    assert len(command["description"]) <= 2000 and len(command["usage_hint"]) <= 1000
