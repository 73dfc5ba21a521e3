"""`laps token` and `laps audit`: tokens are shown once, and a log that was changed shows it."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Role
from bot.privacy.audit import FIRST, Action, Entry, Note, first_broken, sealed
from bot.privacy.tokens import is_secret_of, make, parts
from tests.commands import Laps

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_a_token_is_shown_once(laps: Laps) -> None:
    """What is kept is not what was shown; the list names it, and it can be taken back once."""
    made = laps("token", "create", "--role", "lnd", "--name", "Power BI", "--days", "90")
    text = made.out.strip()
    name, secret = text.split("_")[1], text.split("_", 2)[2]
    assert made.code == 0 and f"laps token revoke {name}" in made.err
    with sqlite3.connect(laps.folder / "var" / "laps.db") as database:
        rows = database.execute("SELECT * FROM api_token").fetchall()
    database.close()
    assert name in rows[0] and secret not in str(rows)
    listed = laps("token", "list").out
    assert name in listed and "Power BI" in listed and "until" in listed and secret not in listed
    assert laps("token", "revoke", name).code == 0
    again = laps("token", "revoke", name)
    assert (again.code, "could be taken back" in again.err) == (1, True)
    assert json.loads(laps("token", "list", "--format", "json").out)[0]["revoked_at"]


def test_tokens_are_for_roles_that_may_read(laps: Laps) -> None:
    """A learner's token would open nothing."""
    assert laps("token", "create", "--role", "learner").code == 2
    assert "no number" in laps("token", "create", "--role", "lnd", "--days", "0").err
    assert "There is no token." in laps("token", "list").out


def test_the_log_says_who_did_what(laps: Laps) -> None:
    """Each with its number; and that nothing was changed."""
    assert "Nobody has looked at anything yet." in laps("audit", "log").out
    made = json.loads(laps("token", "create", "--role", "admin", "--format", "json").out)
    laps("digest", "--format", "csv")
    laps("token", "revoke", made["id"])
    entries = [json.loads(line) for line in laps("audit", "log", "--format", "json").out.splitlines()]
    assert [(x["number"], x["action"], x["who"]) for x in entries] == [
        (1, "token.created", "operator"),
        (2, "digest.read", "operator"),
        (3, "token.revoked", "operator"),
    ]
    verified = laps("audit", "verify")
    assert (verified.code, "3 entries" in verified.out) == (0, True)
    assert json.loads(laps("audit", "verify", "--format", "json").out)["seal"] == entries[-1]["seal"]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_entry SET who = 'somebody' WHERE number = 2",
        "UPDATE audit_entry SET about = '{}' WHERE number = 2",
        "UPDATE audit_entry SET noted_at = noted_at + 1 WHERE number = 2",
        "DELETE FROM audit_entry WHERE number = 2",
    ],
)
def test_a_changed_log_shows(laps: Laps, change: str) -> None:
    """From the entry on that is not what was written."""
    for name in ("one", "two", "three"):
        laps("token", "create", "--role", "lnd", "--name", name)
    with sqlite3.connect(laps.folder / "var" / "laps.db") as database:
        database.execute(change)
    database.close()
    verified = laps("audit", "verify")
    assert (verified.code, "entry 2 " in verified.err) == (1, True)


NOTES = st.builds(
    Note,
    st.text(max_size=5),
    st.sampled_from(Action),
    st.text(max_size=5),
    st.dictionaries(st.text(max_size=3), st.text(max_size=3) | st.integers(-9, 9), max_size=2),
)


@given(st.lists(NOTES, min_size=1, max_size=6), st.data())
def test_any_change_breaks_the_chain(notes: list[Note], data: st.DataObject) -> None:
    """One entry made anew, even with a seal of its own, does not go with the next."""
    entries: list[Entry] = []
    for number, note in enumerate(notes, 1):
        before = entries[-1].seal if entries else FIRST
        entries.append(sealed(number, NOW + timedelta(seconds=number), note, before))
    assert first_broken(entries) is None
    at = data.draw(st.integers(0, len(entries) - 1))
    other = data.draw(NOTES)
    forged = sealed(at + 1, entries[at].at, other, entries[at].before)
    changed = [*entries[:at], forged, *entries[at + 1 :]]
    is_same = forged.seal == entries[at].seal or at == len(entries) - 1
    assert first_broken(changed) == (None if is_same else at + 2)
    if at < len(entries) - 1:
        assert first_broken([*entries[:at], *entries[at + 1 :]]) == at + 1


def test_only_its_own_secret_opens_a_token() -> None:
    """Nor does anything that only looks like one."""
    text, token = make(Role.LND, "tests", NOW)
    found = parts(text)
    assert found is not None and found[0] == token.id and is_secret_of(token, found[1])
    assert not is_secret_of(token, found[1][:-1] + "~")
    for other in ("", "laps_x_y", text + "A", text.upper(), f" {text}"):
        assert parts(other) is None
