import re

from adapters.slack.api import SlackApi
from adapters.slack.channel import SlackChannel
from adapters.slack.diagnosis import diagnose
from adapters.slack.manifest import FEATURES, OPTIONAL
from bot.model import Operation
from bot.settings import Settings
from tests.repo.reading import coded, page, section, table
from tests.slack.server import APP_TOKEN, SCOPES, TOKEN, slack_server
from tests.unit.test_outbox import make_delivery
from tests.web_house import Clock
from tests.world import NOW

PAGE = page("docs/slack.md")


def test_every_scope_is_on_the_page() -> None:
    """The table of scopes is the doctor's, and says of the optional ones, and of no other, what is off."""
    rows = table(section(PAGE, "## What each scope is for"))
    assert {coded(row[0])[0]: row[1] for row in rows} == FEATURES
    assert tuple(coded(row[0])[0] for row in rows if row[2].startswith("off")) == OPTIONAL


def test_the_settings_on_the_page_exist() -> None:
    """Every setting that the page names is one that there is, and all of Slack's are named."""
    known = {str(field.validation_alias) for field in Settings.model_fields.values()}
    named = set(re.findall(r"\b(?:LAPS|SLACK)_[A-Z_]+\b", PAGE))
    assert named <= known and {name for name in known if name.startswith("SLACK_")} <= named


async def test_the_doctor_says_what_the_page_shows() -> None:
    """The page's example is what the doctor says of such a Slack, line for line."""
    async with slack_server(Clock()) as slack:
        slack.scopes = SCOPES.removesuffix(",users:read.email")
        api = SlackApi(f"{slack.url}/api/", TOKEN)
        found = await diagnose(api, APP_TOKEN)
        await api.close()
    for line in found:
        assert re.search(
            rf"^(ok|--)  {re.escape(line.subject)} +{re.escape(line.detail)}$", PAGE, re.MULTILINE
        )
        assert line.mend in PAGE


def test_the_paces_on_the_page_are_those_that_are_kept() -> None:
    """The numbers of posts, updates and homes are the channel's."""
    channel = SlackChannel(SlackApi("http://127.0.0.1:1/api/", "x"), lambda: NOW)
    post, update, home = (
        max(w.limit for lane in channel.lanes(make_delivery(operation=o, target="1.1")) for w in lane.windows)
        for o in (Operation.POST, Operation.UPDATE, Operation.HOME)
    )
    told = " ".join(PAGE.split())
    assert f"{post} a minute in the workspace, {update} updates and {home} homes a minute" in told
