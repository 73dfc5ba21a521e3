"""`laps usage import`: real use comes in once, of people who are known; bad lines are named."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from datetime import UTC, datetime

import pytest

from tests.commands import Laps, Outcome

HEAD = "event_id,person,occurred_at,day,tool,task,count,unit,source,grain"
PEOPLE = "person,email,job_family\nE-1,ann@example.com,finance\nE-2,bob@example.com,sales\n"


@pytest.fixture(autouse=True)
def on_a_tuesday(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have it be 24 November 2026."""
    for module in ("usage", "digesting"):
        monkeypatch.setattr(f"bot.cli.{module}.now_utc", lambda: datetime(2026, 11, 24, 12, 0, tzinfo=UTC))


@pytest.fixture
def staffed(laps: Laps) -> Laps:
    """Have two people on the roster."""
    file = laps.folder / "people.csv"
    file.write_text(PEOPLE)
    assert laps("people", "import", str(file), "--as-of", "2026-08-01").code == 0
    return laps


def use(laps: Laps, *lines: str, head: str = HEAD, more: tuple[str, ...] = ()) -> Outcome:
    """Import lines of use."""
    file = laps.folder / "use.csv"
    file.write_text("\n".join([head, *lines]) + "\n")
    return laps("usage", "import", str(file), *more)


def events(laps: Laps) -> list[dict[str, object]]:
    """Give the events of use that are there."""
    found = [json.loads(line) for line in laps("events", "export").out.splitlines()]
    return [each for each in found if each["type"] == "tool.used"]


def test_use_comes_in_by_name_and_address_and_once(staffed: Laps) -> None:
    """Who is known by either is the same person; the same file again brings nothing new."""
    lines = (
        "a1,E-1,2026-11-02T09:30:00Z,,copilot,Variance analysis,3,prompts,,",
        "a2,ANN@example.com,2026-11-02T23:30:00+00:00,,copilot,,,,,event",
        ",bob@example.com,,2026-11-03,copilot,,4,,graph,day_utc",
    )
    assert use(staffed, *lines).out.endswith(
        "3 records, 2026-11-02 to 2026-11-03: 3 new, 0 known before, 0 of people whom nobody knows.\n"
    )
    assert "0 new, 3 known before" in use(staffed, *lines).out
    made = {(each["learner"], each["local_date"]): each for each in events(staffed)}
    assert set(made) == {("E-1", "2026-11-02"), ("E-1", "2026-11-03"), ("E-2", "2026-11-03")}
    first = made["E-1", "2026-11-02"]
    assert (first["evidence"], first["use_case"]) == ("measured", "Variance analysis")
    assert first["properties"] == {"grain": "event", "count": 3, "source": "generic", "unit": "prompts"}
    assert made["E-2", "2026-11-03"]["properties"] == {"grain": "day_utc", "count": 4, "source": "graph"}


def test_what_is_told_anew_of_a_day_counts_last(staffed: Laps) -> None:
    """Late and corrected figures of days replace the earlier; a single use says one thing for good."""
    use(staffed, ",E-1,,2026-11-03,copilot,,4,,,")
    assert "1 new" in use(staffed, ",E-1,,2026-11-03,copilot,,0,,,").out
    use(staffed, "a1,E-1,2026-11-02T09:30:00Z,,copilot,,1,,,")
    again = use(staffed, "a1,E-1,2026-11-02T09:30:00Z,,chatgpt,,1,,,")
    assert (again.code, "use.csv:2: this record was imported before, with other figures" in again.err) == (
        1,
        True,
    )


def test_whom_nobody_knows_is_listed_and_not_made_up(staffed: Laps) -> None:
    """Their records are left out, and can be imported again once they are on the roster."""
    known = "a2,E-1,2026-11-02T09:30:00Z,,copilot,,1,,,"
    lines = ("a1,eve@example.com,2026-11-02T09:30:00Z,,copilot,,1,,,", known)
    said = use(staffed, *lines).out
    assert "nobody knows eve@example.com: 1 record left out" in said
    assert "1 new, 0 known before, 1 of people whom nobody knows" in said
    assert len(events(staffed)) == 1
    told = json.loads(use(staffed, *lines, more=("--format", "json")).out)
    assert (told["known"], told["unmatched"]) == (1, {"eve@example.com": 1})


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("a1,E-1,2026-11-02T09:30:00Z,,copilot,,-1,,,", "2: count: '-1' is no whole number of 0 or more"),
        ("a1,E-1,2026-11-02T09:30:00Z,,copilot,,1.5,,,", "2: count: '1.5' is no whole number"),
        ("a1,E-1,2026-11-02T09:30:00Z,,copilot,,9999999,,,", "the most that a record may count"),
        ("a1,E-1,2027-11-02T09:30:00Z,,copilot,,1,,,", "2: occurred_at: 2027-11-02 has not come yet"),
        ("a1,E-1,2026-11-02T09:30:00,,copilot,,1,,,", "names no zone"),
        ("a1,E-1,yesterday,,copilot,,1,,,", "'yesterday' is no time"),
        (",E-1,,2026-13-02,copilot,,1,,,", "2: day: there is no day '2026-13-02'"),
        ("a1,E-1,,,copilot,,1,,,", "2: it has neither occurred_at nor day"),
        (",E-1,2026-11-02T09:30:00Z,,copilot,,1,,,", "2: a single use needs an event_id"),
        ("a1,,2026-11-02T09:30:00Z,,copilot,,1,,,", "2: it names no person"),
        ("a1,E-1,2026-11-02T09:30:00Z,,,,1,,,", "2: it names no tool"),
        ("a1,E-1,2026-11-02T09:30:00Z,,copiloot,,1,,,", "did you mean copilot?"),
        (",E-1,,2026-11-02,copilot,,1,,,weekly", "2: grain: there is no grain 'weekly'"),
        (",E-1,,2026-11-02,copilot,,1,,,period", "2: grain: there is no grain 'period'"),
        ("=1+1,E-1,2026-11-02T09:30:00Z,,copilot,,1,,,", "begins like a formula"),
        ("a1,E-1,2026-11-02T09:30:00Z,,copilot", "it has 5 cells, and the first line has 10"),
    ],
)
def test_a_bad_line_keeps_all_of_a_file_out(staffed: Laps, line: str, said: str) -> None:
    """It is named with what is wrong in it; the good line below it is not imported either."""
    answer = use(staffed, line, "a9,E-1,2026-11-02T09:30:00Z,,copilot,,1,,,")
    assert answer.code == 1
    assert said in answer.err
    assert "nothing was imported" in answer.err
    assert events(staffed) == []


def test_one_record_that_says_two_things_is_refused(staffed: Laps) -> None:
    """Both lines are named; the same line twice is once."""
    one = "a1,E-1,2026-11-02T09:30:00Z,,copilot,,1,,,"
    assert "2 records, 2026-11-02 to 2026-11-02: 1 new, 1 known before" in use(staffed, one, one).out
    two = ("b1,E-1,2026-11-02T09:30:00Z,,copilot,,1,,,", "b1,E-2,2026-11-02T09:30:00Z,,copilot,,1,,,")
    answer = use(staffed, *two)
    assert "use.csv:3: the same record stands in line 2 with other figures" in answer.err
    assert len(events(staffed)) == 1


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (HEAD.replace("person", "who"), "no column is called person"),
        (
            HEAD.replace("tool", "app"),
            "1: tool: there is no such column",
        ),
    ],
)
def test_a_file_with_other_columns_is_none(staffed: Laps, head: str, said: str) -> None:
    """What is missing is named."""
    answer = use(staffed, "a1,E-1,2026-11-02T09:30:00Z,,copilot,,1,,,", head=head)
    assert (answer.code, said in answer.err) == (1, True), answer.err


def test_files_are_unpacked_and_half_a_file_is_refused(staffed: Laps) -> None:
    """By what they are, not by their name."""
    text = f"{HEAD}\na1,E-1,2026-11-02T09:30:00Z,,copilot,,1,,,\n".encode()
    file = staffed.folder / "use.csv"
    file.write_bytes(gzip.compress(text)[:-9])
    answer = staffed("usage", "import", str(file))
    assert (answer.code, "its end is missing or broken" in answer.err) == (1, True)
    file.write_bytes(gzip.compress(text))
    assert "1 new" in staffed("usage", "import", str(file)).out


def test_a_file_that_is_too_large_is_refused(staffed: Laps, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not even read to its end."""
    monkeypatch.setattr("adapters.usage.generic.LARGEST", 1000)
    monkeypatch.setattr("bot.cli.usage.LARGEST", 1000)
    answer = use(staffed, *["a1,E-1,2026-11-02T09:30:00Z,,copilot,,1,,,"] * 100)
    assert (answer.code, "the file has more than 0 MB" in answer.err) == (1, True)


def test_figures_are_complete_through_a_day(staffed: Laps) -> None:
    """As it was said; a day to come is refused."""
    line = "a1,E-1,2026-11-02T09:30:00Z,,copilot,,1,,,"
    assert use(staffed, line, more=("--complete-through", "2027-01-01")).code == 1
    assert use(staffed, line, more=("--complete-through", "2026-11-20")).code == 0
    notes = json.loads(staffed("digest", "--week", "2026-W47", "--format", "json").out)["notes"]
    assert any("complete through 2026-11-20" in note for note in notes)


def test_memory_does_not_grow_with_the_records(staffed: Laps) -> None:
    """Twenty times as many take little more."""

    def peak(records: int) -> int:
        lines = [f"c{records}-{n},E-1,2026-11-02T09:30:00Z,,copilot,,1,,," for n in range(records)]
        tracemalloc.start()
        assert use(staffed, *lines).code == 0
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most - sum(map(len, lines))  # the test's own lines

    small, large = peak(1_000), peak(20_000)
    assert large < small + 8_000_000


def test_a_report_is_about_its_tool(staffed: Laps) -> None:
    """The usual one, or the one that is said; without it in lessons.yaml that is asked for."""
    file = staffed.folder / "report.csv"
    head = "Report Refresh Date,User Principal Name,Report Period,Active Usage Days for all apps"
    file.write_text(f"{head}\n2026-11-16,Ann@Example.com,7,4\n")
    given = ("usage", "import", str(file), "--source", "m365_copilot")
    assert "1 record, 2026-11-16 to 2026-11-16: 1 new" in staffed(*given).out
    [made] = events(staffed)
    assert (made["learner"], made["tool"]) == ("E-1", "copilot")
    said = {"grain": "rolling_7d", "count": 4, "active_days": 4, "source": "m365_copilot"}
    assert made["properties"] == said
    assert "1 new" in staffed(*given, "--tool", "chatgpt").out
    answer = staffed("usage", "import", str(file), "--source", "gemini")
    assert answer.code == 1
    assert "has no tool 'gemini'" in answer.err and "--tool; there are copilot, chatgpt" in answer.err
