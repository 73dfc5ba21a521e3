import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from bot.cli.examining import doctor, without_secrets
from bot.settings import Settings, read_settings
from tests.commands import NAMES, Laps
from tests.lesson_files import LESSON, write

SECRETS = {
    "SLACK_SIGNING_SECRET": "shh-signing",
    "SLACK_BOT_TOKEN": "xoxb-shh",
    "MICROSOFT_APP_PASSWORD": "shh-password",
    "LAPS_DATABASE_URL": "sqlite+aiosqlite:///var/laps.db?key=shh-key",
}


def rows(out: str) -> dict[str, dict[str, object]]:
    """Read what the doctor found, by subject."""
    found = json.loads(out)
    assert all(row.keys() == {"subject", "well", "detail", "mend"} for row in found)
    return {row["subject"]: row for row in found}


def test_a_fresh_folder_is_well(laps: Laps) -> None:
    """Where nobody began to set up a channel, nothing is broken; what would turn each on is said."""
    outcome = laps("doctor")
    assert outcome.code == 0 and outcome.err == ""
    assert outcome.out.endswith("\nAll is well.\n")
    assert re.search(r"^--  channel slack +off$", outcome.out, re.MULTILINE)
    assert "→ To turn it on, set SLACK_BOT_TOKEN and SLACK_SIGNING_SECRET" in outcome.out
    assert re.search(r"^ok  channel web +on: GET /$", outcome.out, re.MULTILINE)


def test_every_setting_is_listed_with_its_default(laps: Laps) -> None:
    """The list has every setting, in the order of the class, and says where a value is the default."""
    found = rows(laps("doctor", "--format", "json").out)
    assert [subject for subject in found if subject in NAMES] == list(NAMES)
    assert found["LAPS_DATABASE_URL"]["detail"] == "sqlite+aiosqlite:///var/laps.db (default)"
    assert found["LAPS_TEAMS_ANONYMOUS"]["detail"] == "0 (default)"
    assert found["SLACK_BOT_TOKEN"]["detail"] == "not set"


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_is_shown(laps: Laps, form: str) -> None:
    """Secrets show as set; an address keeps neither user, password nor query."""
    laps.set(**SECRETS, SLACK_API_URL="http://127.0.0.1:9/")
    outcome = laps("doctor", "--format", form)
    assert "shh" not in outcome.out + outcome.err


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql+asyncpg://laps:pa@ss@db/laps", "postgresql+asyncpg://…@db/laps"),
        ("postgresql+asyncpg://db/laps?password=x", "postgresql+asyncpg://db/laps?…"),
        ("sqlite+aiosqlite:///var/laps.db", "sqlite+aiosqlite:///var/laps.db"),
        ("var/lessons.yaml", "var/lessons.yaml"),
        ("http://[db", "set, but no address"),
    ],
)
def test_an_address_keeps_what_is_no_secret(address: str, shown: str) -> None:
    """Host, database and path help to see what is set up; the rest could let somebody in."""
    assert without_secrets(address) == shown


def test_a_channel_that_was_begun_is_not_well(laps: Laps) -> None:
    """One of a channel's settings without the others names those, and the command ends with 1."""
    laps.set(SLACK_BOT_TOKEN="xoxb-1", MICROSOFT_APP_ID="a")
    outcome = laps("doctor", "--format", "json")
    found = rows(outcome.out)
    assert outcome.code == 1
    assert found["channel slack"]["well"] is False and found["channel teams"]["well"] is False
    assert str(found["channel slack"]["mend"]).startswith("To finish, set SLACK_SIGNING_SECRET")
    assert "MICROSOFT_APP_PASSWORD and MICROSOFT_APP_TENANT_ID" in str(found["channel teams"]["mend"])
    text = laps("doctor")
    assert "!!  channel slack " in text.out and text.out.endswith("\n2 things are to be mended.\n")


def test_settings_that_do_not_go_together_are_not_well(laps: Laps) -> None:
    """What would keep the server from starting is said by the doctor, too."""
    laps.set(LAPS_TEAMS_ANONYMOUS="1", MICROSOFT_APP_ID="a")
    found = [row for row in json.loads(laps("doctor", "--format", "json").out) if not row["well"]]
    assert [row["subject"] for row in found] == ["LAPS_TEAMS_ANONYMOUS"]
    assert "Unset" in found[0]["mend"]


@pytest.mark.parametrize(
    "address", ["slack.com/api", "ftp://slack.com", "https://", "https://u:shh@x.example", "https://["]
)
def test_an_address_of_slack_that_is_none_is_not_well(laps: Laps, address: str) -> None:
    """SLACK_API_URL is looked at before it is asked."""
    laps.set(SLACK_API_URL=address, SLACK_BOT_TOKEN="xoxb-1", SLACK_SIGNING_SECRET="s")
    outcome = laps("doctor")
    assert outcome.code == 1 and "!!  SLACK_API_URL" in outcome.out and "shh" not in outcome.out


def test_broken_lessons_are_not_well(laps: Laps) -> None:
    """The first finding is named, and how many more there are."""
    write(laps.folder, lesson=LESSON.replace("tools: [", "tools: [copilto, gemni, "))
    laps.set(LAPS_LESSONS="lessons.yaml")
    outcome = laps("doctor", "--format", "json")
    found = rows(outcome.out)
    assert outcome.code == 1
    assert "more finding" in str(found["lessons"]["detail"]) and "laps lint" in str(found["lessons"]["mend"])
    assert found["database"]["well"] is False and found["database"]["mend"]


def test_a_database_that_does_not_open_is_not_well(laps: Laps) -> None:
    """The database is tried, not only read from the settings."""
    laps.set(LAPS_DATABASE_URL="mysql://laps@db/laps")
    found = rows(laps("doctor", "--format", "json").out)
    assert found["database"]["well"] is False and "sqlite+aiosqlite" in str(found["database"]["mend"])


def test_the_doctor_changes_nothing(laps: Laps) -> None:
    """Looking keeps the organization as the server has it: what was granted before is there after."""
    assert laps("role", "grant", "web:ann", "admin").code == 0
    before = laps("role", "revoke", "web:ann", "hr", "--format", "json").out
    assert laps("doctor").code == 0
    assert laps("role", "revoke", "web:ann", "hr", "--format", "json").out == before


@asynccontextmanager
async def slack(answer: dict[str, object], scopes: str) -> AsyncIterator[str]:
    """Answer every method of Slack's Web API in the same way."""

    async def handle(request: web.Request) -> web.Response:
        return web.json_response(answer, headers={"X-OAuth-Scopes": scopes})

    application = web.Application()
    application.router.add_post("/{method}", handle)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def asked(url: str, laps: Laps, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, object]]:
    """Let the doctor ask Slack; return its code and each of Slack's rows as well or not."""
    laps.set(SLACK_BOT_TOKEN="xoxb-1", SLACK_SIGNING_SECRET="s", SLACK_API_URL=url)
    code = await doctor(read_settings(), "json")
    found = rows(capsys.readouterr().out)
    return code, {subject: row["well"] for subject, row in found.items() if subject.startswith("slack ")}


async def test_slack_is_asked_what_it_lets_us_do(laps: Laps, capsys: pytest.CaptureFixture[str]) -> None:
    """A scope that Laps needs and has not got is not well; one that it can do without is."""
    everything = "chat:write,im:write,commands,users:read"
    async with slack({"ok": True, "team": "Acme", "team_id": "T1"}, everything) as url:
        code, found = await asked(url, laps, capsys)
        assert code == 0 and all(found.values()) and len(found) == 9
    async with slack({"ok": True, "team": "Acme", "team_id": "T1"}, "chat:write") as url:
        code, found = await asked(url, laps, capsys)
        assert code == 1 and found["slack scope im:write"] is False and found["slack scope im:history"]


async def test_a_token_that_slack_refuses_is_not_well(laps: Laps, capsys: pytest.CaptureFixture[str]) -> None:
    """A revoked token, and a Slack that is away, are said with the mend."""
    async with slack({"ok": False, "error": "token_revoked"}, "") as url:
        assert await asked(url, laps, capsys) == (1, {"slack auth.test": False})
    assert await asked(url, laps, capsys) == (1, {"slack auth.test": False})


def test_the_names_are_the_environments() -> None:
    """Every setting has a description, and a name in capitals that tells whose it is."""
    for field in Settings.model_fields.values():
        assert field.description
        assert str(field.validation_alias).startswith(("LAPS_", "SLACK_", "MICROSOFT_"))
