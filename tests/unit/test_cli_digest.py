"""`laps digest`: a page for a terminal, JSON for programs, and what cannot be asked for."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta

import pytest

from bot.events import AdoptionEvent, EventType, Evidence, to_line
from tests.commands import Laps

MONDAY = date(2026, 8, 3)


def lines(people: int, tool: str = "copilot") -> str:
    """Make events of people of whom every second one adopts the tool."""
    made = []
    for number in range(people):
        who = f"E-{number}"
        made.append(event(f"c{number}", who, MONDAY, EventType.LESSON_COMPLETED, lesson="finance-variance"))
        for week in range(10 if number % 2 else 0):
            for day in (1, 3):
                on = MONDAY + timedelta(days=7 * week + day)
                used = {"tool": tool, "evidence": Evidence.MEASURED}
                made.append(event(f"u{number}-{on}", who, on, EventType.TOOL_USED, **used))
    return "\n".join(made) + "\n"


def event(name: str, who: str, on: date, kind: EventType, **more: object) -> str:
    """Write one event."""
    at = datetime.combine(on, time(12), UTC)
    return to_line(AdoptionEvent(name, at, on, who, kind, **more))  # type: ignore[arg-type]  # as a test says


@pytest.fixture(autouse=True)
def on_a_tuesday(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have it be 24 November 2026."""
    monkeypatch.setattr("bot.cli.digesting.now_utc", lambda: datetime(2026, 11, 24, 12, 0, tzinfo=UTC))


@pytest.fixture
def filled(laps: Laps) -> Laps:
    """Have thirty people, of whom half adopted."""
    file = laps.folder / "events.jsonl"
    file.write_text(lines(30))
    assert laps("events", "import", str(file)).code == 0
    return laps


def test_a_page_says_the_one_thing_first(filled: Laps) -> None:
    """The headline, then the figures, then what is not known and why."""
    said = filled("digest", "--week", "2026-W41").out.splitlines()
    assert said[0] == "Acme, 2026-W41, 2026-10-05 to 2026-10-11: everybody"
    assert said[2].startswith("50 % (33 % to 67 %) of 30 people adopted")
    assert any(line.startswith("What is not known, and why") for line in said)
    assert not any("What the figures mean" in line for line in said)
    asked = filled("digest", "--week", "2026-W41", "--definitions").out
    assert "Any use of the tool on days 1 to H." in asked


def test_json_has_every_figure_and_where_it_is_from(filled: Laps) -> None:
    """Each row has its evidence; what is held back is null, and says so."""
    made = json.loads(filled("digest", "--week", "2026-W41", "--format", "json").out)
    assert (made["week"], made["from"], made["to"]) == ("2026-W41", "2026-10-05", "2026-10-11")
    assert made["group"] == {"kind": "all", "value": ""}
    row = next(each for each in made["adoption"] if each["horizon_days"] == 30)
    assert (row["evidence"], row["eligible"], row["adopted"], row["share"]) == ("measured", 30, 15, 0.5)
    assert made["people"] == {"trained": 30, "measured": 30, "opted_out": None, "suppressed": True}
    assert all("evidence" in each for name in ("adoption", "targets", "frequency") for each in made[name])


def test_of_few_nothing_is_said(laps: Laps) -> None:
    """Four people are no group."""
    file = laps.folder / "events.jsonl"
    file.write_text(lines(4))
    laps("events", "import", str(file))
    said = laps("digest", "--week", "2026-W41").out
    assert "There is no adoption figure yet" in said
    made = json.loads(laps("digest", "--week", "2026-W41", "--format", "json").out)
    assert all(row["suppressed"] and row["adopted"] is None for row in made["adoption"])


def test_nobody_is_a_digest_too(laps: Laps) -> None:
    """It says that there is nobody."""
    assert "Nobody has completed a lesson" in laps("digest").out


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--week", "2026-W54"], "there is no week 2026-W54"),
        (["--week", "46"], "is no week"),
        (["--week", "2999-W01"], "is not over"),
        (["--group", "team:a"], "there is no group 'team:a'"),
        (["--group", "job_family"], "the kinds are job_family, cohort"),
        (["--group", "job_family:nobody"], "there is no group 'job_family:nobody'"),
    ],
)
def test_what_cannot_be_asked_for_is_said(filled: Laps, given: list[str], said: str) -> None:
    """With what there is instead."""
    answer = filled("digest", *given)
    assert answer.code == 1
    assert said in answer.err
