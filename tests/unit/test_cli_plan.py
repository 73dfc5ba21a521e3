"""`laps plan`: what would be said to a person unasked, and what would not, and why."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.commands import CATALOGUE, Laps

MOMENTS = """
moments:
  - {id: ritual, kind: more, when: {weekday: monday, at: "09:30"}, offer: {lesson: finance-variance}}
  - {id: late, kind: more, when: {cron: "0 20 * * 1"}, offer: {lesson: next}}
"""


@pytest.fixture
def catalogue(laps: Laps, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a catalogue with moments, on a Sunday."""
    shutil.copytree(CATALOGUE.parent, laps.folder / "catalogue")
    root = laps.folder / "catalogue" / "lessons.yaml"
    root.write_text(root.read_text() + MOMENTS)
    laps.set(LAPS_LESSONS=str(root))
    monkeypatch.setattr("bot.cli.planning.now_utc", lambda: datetime(2026, 11, 29, 12, 0, tzinfo=UTC))
    return root


def test_a_plan_says_what_comes_and_what_does_not(
    laps: Laps, catalogue: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each line has the local time, what would be done, the moment and the reason."""
    laps("role", "grant", "web:somebody-here-1234", "learner")
    found = laps("plan", "web:somebody-here-1234")
    assert found.code == 0 and found.out.count("not taking part") == 4, "who did not agree hears nothing"
    assert found.out.startswith("Mon 2026-11-30 09:30  not       ritual: not taking part\n")
    rows = json.loads(laps("plan", "web:somebody-here-1234", "--days", "2", "--format", "json").out)
    assert [(row["at"], row["moment"], row["rule"]) for row in rows] == [
        ("2026-11-30T08:30:00Z", "ritual", "consent"),
        ("2026-11-30T19:00:00Z", "late", "consent"),
    ]


def test_without_moments_that_is_said(laps: Laps) -> None:
    """A catalogue without moments says nothing unasked, and neither does an empty stretch of time."""
    laps("role", "grant", "web:somebody-here-1234", "learner")
    assert "has no moments" in laps("plan", "web:somebody-here-1234").out
    assert laps("plan", "web:somebody-here-1234", "--format", "json").out == "[]\n"


def test_an_empty_stretch_of_time_is_said(laps: Laps, catalogue: Path) -> None:
    """Where nothing comes within the days that were asked for, that is the answer."""
    laps("role", "grant", "web:somebody-here-1234", "learner")
    assert laps("plan", "web:somebody-here-1234", "--days", "1").out.startswith("Mon") is True
    catalogue.write_text(
        catalogue.read_text().replace("weekday: monday", "weekday: friday").replace("* * 1", "* * 5")
    )
    assert laps("plan", "web:somebody-here-1234", "--days", "1").out == "Nothing in the next day.\n"


def test_an_unknown_person_is_refused(laps: Laps, catalogue: Path) -> None:
    """Nobody of that name: said with the ways to name somebody."""
    refused = laps("plan", "nobody@example.com")
    assert refused.code == 1 and "nobody@example.com" in refused.err
