from collections.abc import Mapping

import pytest

from adapters.slack.api import SlackApi
from adapters.slack.diagnosis import diagnose
from adapters.slack.manifest import FEATURES, OPTIONAL
from bot.ports import Diagnosis
from tests.slack.house import house
from tests.slack.server import APP_TOKEN, SCOPES, TOKEN, Trouble, slack_server
from tests.web_house import Clock

REQUIRED = [scope for scope in FEATURES if scope not in OPTIONAL]


async def asked(
    *troubles: Trouble, scopes: str = SCOPES, token: str = TOKEN, app_token: str | None = None
) -> Mapping[str, Diagnosis]:
    """Diagnose a loopback Slack that grants some scopes."""
    async with slack_server(Clock()) as slack:
        slack.scopes = scopes
        slack.trouble(*troubles)
        api = SlackApi(f"{slack.url}/api/", token)
        found = await diagnose(api, app_token)
        await api.close()
        assert slack.sockets == []
    return {line.subject.removeprefix("slack "): line for line in found}


def without(scope: str) -> str:
    """Give all scopes but one."""
    return ",".join(name for name in SCOPES.split(",") if name != scope)


async def test_all_is_well() -> None:
    """Where everything is granted, the workspace and each scope with its use are said, and no mend."""
    found = await asked(app_token=APP_TOKEN)
    assert list(found) == ["auth.test", *(f"scope {name}" for name in FEATURES), "Socket Mode"]
    assert all(line.well and not line.mend for line in found.values())
    assert found["auth.test"].detail == "Acme (T1)"
    assert found["scope commands"].detail == FEATURES["commands"]


@pytest.mark.parametrize("scope", REQUIRED)
async def test_a_scope_that_laps_needs_is_missed(scope: str) -> None:
    """Without one of the needed scopes that line is not well, and names the scope to add."""
    found = await asked(scopes=without(scope))
    (line,) = [line for line in found.values() if not line.well]
    assert line.subject == f"slack scope {scope}" and line.detail == f"missing: {FEATURES[scope]}"
    assert scope in line.mend and "install the app again" in line.mend


@pytest.mark.parametrize("scope", OPTIONAL)
async def test_a_scope_that_may_be_left_out_is_off(scope: str) -> None:
    """Without one of the others all is well, and what is off is said with what would turn it on."""
    found = await asked(scopes=without(scope))
    assert all(line.well for line in found.values())
    line = found[f"scope {scope}"]
    assert line.detail == f"off: {FEATURES[scope]}" and line.mend.startswith("If you want it: ")


async def test_a_token_that_slack_does_not_know_is_to_be_set() -> None:
    """A wrong token is one line, and the mend is about the token."""
    (line,) = (await asked(token="xoxb-wrong")).values()
    assert not line.well and "invalid_auth" in line.detail and "SLACK_BOT_TOKEN" in line.mend


@pytest.mark.parametrize(
    "trouble",
    [Trouble(503), Trouble(502, html=True), Trouble(reset=True), Trouble(429, retry_after=30)],
    ids=["503", "502", "reset", "429"],
)
async def test_a_slack_that_is_away_is_not_the_tokens_fault(trouble: Trouble) -> None:
    """Where Slack does not answer as Slack, the mend is to look again, not to renew anything."""
    (line,) = (await asked(trouble)).values()
    assert not line.well and "reaches Slack" in line.mend and "TOKEN" not in line.mend


async def test_an_app_token_that_opens_no_socket() -> None:
    """A refused app token, or one without its scope, is named; the bot's token is well all the same."""
    found = await asked(app_token="xapp-wrong")
    assert found["auth.test"].well and not found["Socket Mode"].well
    assert "SLACK_APP_TOKEN" in found["Socket Mode"].mend
    found = await asked(Trouble(error="missing_scope", only="connections"), app_token=APP_TOKEN)
    assert "connections:write" in found["Socket Mode"].mend
    found = await asked(Trouble(503, only="connections"), app_token=APP_TOKEN)
    assert not found["Socket Mode"].well and "reaches Slack" in found["Socket Mode"].mend


async def test_the_adapter_asks_with_its_own_tokens() -> None:
    """The adapter's diagnosis says what Slack says of the settings' tokens; without any it asks nothing."""
    async with house(SLACK_APP_TOKEN=APP_TOKEN) as here:
        assert len(await here.adapter.diagnose()) == 2 + len(FEATURES)
    async with house(SLACK_BOT_TOKEN=None) as here:
        assert await here.adapter.diagnose() == () and here.slack.calls == []
