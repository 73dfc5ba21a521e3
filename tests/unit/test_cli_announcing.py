"""`laps announce` and `laps invite`: what is shown before anything goes out, and what is refused."""

import json
import sqlite3
from collections.abc import Sequence

import pytest

from tests.commands import Laps


def people(laps: Laps, statuses: Sequence[str]) -> None:
    """Have people of whom only their key and how far they let Laps in are known."""
    laps("doctor")
    assert laps("role", "grant", "web:aaaaaaaaaaaaaaaaaaaa", "admin").code == 0
    with sqlite3.connect(laps.folder / "var" / "laps.db") as database:
        (home,) = database.execute("SELECT id FROM organization").fetchone()
        for number, status in enumerate(statuses):
            row = (f"l{number:03}", home, 1, status, "finance", "[]", "")
            database.execute(
                "INSERT INTO learner (id, organization, version, status, job_family, tools, shows) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )
            database.execute(
                "INSERT INTO person (organization, name, learner) VALUES (?, ?, ?)",
                (home, f"E-{number}", row[0]),
            )
            database.execute(
                "INSERT INTO account (workspace, external, organization, learner, name, reachable) "
                "VALUES ('web:web', ?, ?, ?, '', 1)",
                (f"person-{number}", home, row[0]),
            )
    database.close()


def send(laps: Laps, *more: str) -> str:
    """Show or send something, and give what is printed."""
    outcome = laps("announce", "send", "--title", "Copilot is here", "--text", "From today on.", *more)
    assert outcome.code == 0, outcome.err
    return outcome.out


def test_nothing_goes_out_before_it_was_looked_at(laps: Laps) -> None:
    """Who hears of it, who does not and why, and what they read; without --yes nothing is kept."""
    people(laps, ["active", "active", "stopped"])
    shown = send(laps)
    assert "2 people hear of it." in shown
    assert "1 stopped" in shown
    assert "  From today on." in shown
    assert "Send it with --yes." in shown
    assert laps("announce", "list").out == "Nothing was announced yet.\n"


def test_it_goes_with_yes_and_is_listed(laps: Laps) -> None:
    """Up to fifty people; whoever runs the server brings it on its way."""
    people(laps, ["active"])
    assert "It goes out" in send(laps, "--yes")
    [listed] = json.loads(laps("announce", "list", "--format", "json").out)
    assert (listed["title"], listed["state"], listed["people"]) == ("Copilot is here", "going", 1)
    name = listed["announcement"]
    assert "0 sent" in laps("announce", "correct", name, "--text", "From tomorrow on.").out
    assert "was withdrawn" in laps("announce", "withdraw", name).out
    again = laps("announce", "withdraw", name)
    assert (again.code, "was decided already" in again.err) == (1, True)


def test_over_fifty_a_second_admin_is_asked(laps: Laps) -> None:
    """The command line alone sends nothing to so many."""
    people(laps, ["active"] * 51)
    assert "With --yes a second admin is asked" in send(laps)
    made = json.loads(send(laps, "--yes", "--format", "json"))
    assert (made["state"], made["people"], made["second_yes"]) == ("waiting", 51, True)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--by", "l000"), "Lessons are edited by admins."),
        (("--lesson", "finance-varianse"), "There is no lesson called “finance-varianse”."),
        (("--text", "x" * 1501), "The text has 1,501 characters."),
    ],
)
def test_what_cannot_be_is_refused(laps: Laps, more: tuple[str, ...], said: str) -> None:
    """By whom it may not, of what is not there, or too long."""
    people(laps, ["active"])
    outcome = laps("announce", "send", "--title", "A", "--text", "B", *more)
    assert (outcome.code, said in outcome.err) == (1, True)


def test_only_who_never_spoke_is_invited(laps: Laps) -> None:
    """With the welcome as they will read it."""
    people(laps, ["new", "active", "declined"])
    outcome = laps("invite", "--why", "your team begins in May.")
    assert "1 person hears of it." in outcome.out
    assert "2 have spoken to Laps already" in outcome.out
    assert "invites you to Laps, because your team begins in May." in outcome.out
    assert "Laps does not ask again." in outcome.out


def test_what_is_not_there_is_said(laps: Laps) -> None:
    """An id that is none."""
    outcome = laps("announce", "withdraw", "nothing")
    assert (outcome.code, "There is no announcement" in outcome.err) == (1, True)
