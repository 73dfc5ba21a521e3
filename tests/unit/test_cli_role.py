import json
import sqlite3
from pathlib import Path

import pytest

from bot.cli.people import set_role
from bot.errors import Unavailable
from bot.model import Role
from bot.settings import read_settings
from tests.commands import Laps
from tests.unit.test_cli_doctor import slack


def held(folder: Path) -> list[tuple[str, str]]:
    """Read who has which role."""
    with sqlite3.connect(folder / "var" / "laps.db") as database:
        rows = database.execute(
            "SELECT account.external, role.role FROM role JOIN account ON account.learner = role.learner"
        ).fetchall()
    database.close()
    return sorted(rows)


def test_a_role_is_granted_and_revoked(laps: Laps) -> None:
    """Doing it twice is doing it once, either way."""
    for _ in range(2):
        outcome = laps("role", "grant", "web:ann", "admin")
        assert outcome.code == 0 and outcome.out.startswith("web:ann is now admin (learner ")
        assert held(laps.folder) == [("ann", "admin")]
    for _ in range(2):
        outcome = laps("role", "revoke", "web:ann", "admin")
        assert outcome.code == 0 and outcome.out.startswith("web:ann is no longer admin (learner ")
        assert held(laps.folder) == []


@pytest.mark.parametrize("role", list(Role))
def test_every_role_can_be_granted(laps: Laps, role: Role) -> None:
    """The roles of the contract, each by its name; the answer is data, too."""
    made = json.loads(laps("role", "grant", "web:ann", role.value, "--format", "json").out)
    assert made == {"learner": made["learner"], "role": role.value, "held": True}
    by_key = json.loads(laps("role", "revoke", made["learner"], role.value, "--format", "json").out)
    assert by_key == {"learner": made["learner"], "role": role.value, "held": False}


@pytest.mark.parametrize("person", ["nobody", "ann@example.com", "a" * 26, "mail:ann", "web:", ""])
def test_an_unknown_person_is_refused(laps: Laps, person: str) -> None:
    """Nobody is made up; the hint says how people are named."""
    outcome = laps("role", "grant", person, "admin")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith(f"laps: nobody matches {person!r}\n      Use slack:U012ABC")


def test_a_name_of_two_people_is_refused(laps: Laps) -> None:
    """Of two people with one address neither is guessed."""
    for person in ("web:ann", "web:bob"):
        laps("role", "grant", person, "hr")
    with sqlite3.connect(laps.folder / "var" / "laps.db") as database:
        database.execute("UPDATE account SET email = 'team@example.com'")
    database.close()
    outcome = laps("role", "grant", "team@example.com", "admin")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith("laps: 2 people match 'team@example.com'\n")


@pytest.mark.parametrize("person", ["slack:U1", "teams:29:1abc"])
def test_a_channel_that_is_not_set_up_is_said_so(laps: Laps, person: str) -> None:
    """Where Laps knows no workspace on a channel, nobody of it can be named before they wrote."""
    outcome = laps("role", "grant", person, "admin")
    assert outcome.code == 1
    assert "Laps has met no workspace there yet" in outcome.err and "laps doctor" in outcome.err


def test_an_admin_in_teams_need_not_have_spoken(laps: Laps) -> None:
    """The tenant that the settings name is the workspace."""
    laps.set(MICROSOFT_APP_TENANT_ID="tenant")
    assert laps("role", "grant", "teams:29:1abc", "admin").code == 0
    assert held(laps.folder) == [("29:1abc", "admin")]


async def test_an_admin_in_slack_need_not_have_spoken(laps: Laps) -> None:
    """Slack is asked which workspace the token belongs to."""
    async with slack({"ok": True, "team_id": "T1"}, "") as url:
        laps.set(SLACK_BOT_TOKEN="xoxb-1", SLACK_API_URL=url)
        assert await set_role(read_settings(), "slack:U1", Role.ADMIN, True, "text") == 0
    assert held(laps.folder) == [("U1", "admin")]
    # Known now: Slack is away and not asked.
    assert await set_role(read_settings(), "slack:U1", Role.LND, True, "text") == 0


async def test_slack_being_away_is_said_so(laps: Laps) -> None:
    """Where Slack has to be asked and does not answer, nobody is granted anything."""
    laps.set(SLACK_BOT_TOKEN="xoxb-1", SLACK_API_URL="http://127.0.0.1:9/")
    with pytest.raises(Unavailable):
        await set_role(read_settings(), "slack:U1", Role.ADMIN, True, "text")
    assert held(laps.folder) == []
