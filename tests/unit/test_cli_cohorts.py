"""`laps cohorts`: proposals that can be taken in as they are, and what is said of those there are."""

import json
from datetime import UTC, datetime

import pytest

from tests.commands import Laps


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have it be the second of November 2026."""
    for module in ("roster", "cohorts"):
        monkeypatch.setattr(f"bot.cli.{module}.now_utc", lambda: datetime(2026, 11, 2, 9, 0, tzinfo=UTC))


def roster(laps: Laps) -> None:
    """Take in nine of finance, two of sales on the other side of the earth, and one who is in a cohort."""
    rows = [f"E-{n:02},finance,Europe/Berlin,,1" for n in range(9)]
    rows += [f"E-{n:02},sales,Asia/Tokyo,,2" for n in (9, 10)]
    rows += ["E-11,finance,Europe/Berlin,finance-1,1"]
    text = "\n".join(["person,job_family,time_zone,cohort,wave", *rows])
    (laps.folder / "people.csv").write_text(text)
    assert laps("people", "import", "people.csv").code == 0


def test_what_is_proposed_can_be_taken_in(laps: Laps) -> None:
    """The file is one that the roster takes; after it nobody but the left over is without a cohort."""
    roster(laps)
    outcome = laps("cohorts", "propose", "--write", "new.csv")
    assert outcome.code == 0
    assert "finance-2  9 people  finance  one time zone  all new to each other" in outcome.out
    assert "Left over, too few or too far from the others: E-09, E-10." in outcome.err
    assert laps("people", "import", "--partial", "new.csv").code == 0
    again = laps("cohorts", "propose")
    assert "No cohort can be made" in again.out
    listed = laps("cohorts", "list")
    assert "finance-1  0 of 1 take part  no champion" in listed.out
    assert "1 person is in it; 8 to 12 work best." in listed.out
    assert "finance-2  0 of 9 take part" in listed.out


def test_a_wave_is_proposed_alone_and_nothing_is_changed(laps: Laps) -> None:
    """Only its people are proposed; without --write nothing is written."""
    roster(laps)
    made = json.loads(laps("cohorts", "propose", "--wave", "2", "--format", "json").out)
    assert made == {"cohorts": [], "left_over": ["E-09", "E-10"]}
    assert len(json.loads(laps("cohorts", "list", "--format", "json").out)) == 1


def test_a_file_that_cannot_be_written_is_said(laps: Laps) -> None:
    """The reason is the system's."""
    roster(laps)
    outcome = laps("cohorts", "propose", "--write", "no/folder/new.csv")
    assert outcome.code == 1
    assert "no/folder/new.csv cannot be written" in outcome.err


def test_a_size_that_does_not_work_is_wrong_use(laps: Laps) -> None:
    """Cohorts have 8 to 12 people."""
    outcome = laps("cohorts", "propose", "--size", "30")
    assert outcome.code == 2
    assert "no number from 8 to 12" in outcome.err


def test_nobody_in_a_cohort_is_said(laps: Laps) -> None:
    """With the command that helps."""
    assert laps("cohorts", "list").out == "Nobody is in a cohort yet: laps cohorts propose\n"
