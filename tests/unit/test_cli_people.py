"""`laps people import`: what it prints, what it refuses, and that a bad file changes nothing."""

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.commands import Laps

HEAD = "person,job_family,tools\n"


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have it be the second of November 2026, half past midnight in Berlin."""
    monkeypatch.setattr("bot.cli.roster.now_utc", lambda: datetime(2026, 11, 1, 23, 30, tzinfo=UTC))


def write(laps: Laps, text: str | bytes) -> str:
    """Write a roster and return its name."""
    (laps.folder / "people.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return "people.csv"


def spans(folder: Path) -> list[tuple[str | None, ...]]:
    """Read the history."""
    file = folder / "var" / "laps.db"
    with sqlite3.connect(file) as database:
        rows = database.execute(
            "SELECT person, from_on, until_on, job_family FROM roster ORDER BY 1, 2"
        ).fetchall()
    database.close()
    return rows


def test_a_roster_is_taken_in(laps: Laps) -> None:
    """The day is today's in the organization's zone; once more, all is as before."""
    file = write(laps, HEAD + "E-1,finance,copilot\nE-2,sales,\n")
    outcome = laps("people", "import", file)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == "joined  E-1\njoined  E-2\npeople.csv, as of 2026-11-02: 2 people: 2 joined.\n"
    assert laps("people", "import", file).out == "people.csv, as of 2026-11-02: 2 people: 2 as before.\n"
    assert spans(laps.folder) == [
        ("E-1", "2026-11-02", None, "finance"),
        ("E-2", "2026-11-02", None, "sales"),
    ]


def test_a_dry_run_prints_the_same_and_changes_nothing(laps: Laps) -> None:
    """Who joins, what changes, who leaves and who is back, before and after it is so."""
    laps(
        "people",
        "import",
        write(laps, HEAD + "E-1,finance,copilot\nE-2,sales,\nE-3,,\n"),
        "--as-of",
        "2026-10-01",
    )
    laps("people", "import", write(laps, HEAD + "E-1,finance,copilot\nE-2,sales,\n"), "--as-of", "2026-10-15")
    before = spans(laps.folder)
    file = write(laps, HEAD + "E-1,sales,\nE-3,,\nE-4,,\n")
    rehearsed = laps("people", "import", file, "--dry-run")
    assert spans(laps.folder) == before
    assert (
        rehearsed.out.removesuffix("Nothing was written (--dry-run).\n") == laps("people", "import", file).out
    )
    assert rehearsed.out.splitlines()[:4] == [
        "joined   E-4",
        "changed  E-1  job_family: finance → sales; tools: copilot → –",
        "left     E-2",
        "back     E-3",
    ]
    assert "4 people: 1 joined, 1 changed, 1 left, 1 back." in rehearsed.out


def test_with_partial_nobody_leaves(laps: Laps) -> None:
    """A file of some people says nothing of the others."""
    laps("people", "import", write(laps, HEAD + "E-1,,\nE-2,,\n"))
    outcome = laps("people", "import", write(laps, HEAD + "E-1,sales,\n"), "--partial")
    assert outcome.out.endswith("1 person: 1 changed.\n")


def test_an_import_as_data(laps: Laps) -> None:
    """All people of whom there is something to say, with the counts of all."""
    laps("people", "import", write(laps, HEAD + "E-1,finance,\nE-2,,\n"))
    data = json.loads(
        laps("people", "import", write(laps, HEAD + "E-1,sales,\nE-2,,\n"), "--format", "json").out
    )
    row = {"person": "E-1", "kind": "changed", "what": {"job_family": ["finance", "sales"]}}
    nothing: dict[str, list[str]] = {"linked": [], "kept": [], "unclear": []}
    counts = {"joined": 0, "changed": 1, "left": 0, "back": 0, "same": 1, "later": 0}
    assert data == {"as_of": "2026-11-02", "written": True, "counts": counts, "people": [{**row, **nothing}]}


def test_of_many_some_are_named(laps: Laps) -> None:
    """Text stays readable, however many there are."""
    rows = "".join(f"E-{n},,\n" for n in range(1_200))
    out = laps("people", "import", write(laps, HEAD + rows)).out.splitlines()
    assert len(out) == 22 and out[20] == "joined  and 1,180 more"
    assert out[21].endswith("1,200 people: 1,200 joined.")


def test_a_bad_line_changes_nothing(laps: Laps) -> None:
    """Every finding is said with its line, on stderr, and nobody of the file is taken in."""
    outcome = laps("people", "import", write(laps, HEAD + "E-1,finance,\nE-2,finanse,\nE-1,,gpt\n"))
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == (
        "laps: nothing was imported\n"
        "people.csv:3: job_family: lessons.yaml has no job family “finanse”; did you mean finance?\n"
        "people.csv:4: tools: lessons.yaml has no tool “gpt”; did you mean chatgpt?\n"
        "people.csv:4: person: “E-1” stands in line 2 already\n"
        "      Mend what is named and import the file again: what is there already is not counted twice.\n"
    )
    assert not (laps.folder / "var").exists()


def test_a_column_that_is_not_ours_is_said(laps: Laps) -> None:
    """It is passed over, and the rest is taken in."""
    outcome = laps("people", "import", write(laps, "person,cost centre\nE-1,7\n"))
    assert outcome.code == 0
    assert outcome.err == "people.csv:1: cost_centre: there is no such column; it is passed over\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"", "people.csv:1: the file is empty"),
        (b"person\n", "people.csv: nobody is in it"),
        (b"person,name\nE-1,M\xfcller\n", "people.csv:2: the byte 0xFC in it is not UTF-8"),
        (
            b"person,name\nE-1,=cmd|' /C calc'!A0\n",
            "people.csv:2: name: “=cmd|' /C calc'!A0” begins like a formula",
        ),
    ],
)
def test_a_file_that_is_no_roster_is_refused(laps: Laps, text: bytes, told: str) -> None:
    """An empty file above all: it would make leavers of everybody."""
    outcome = laps("people", "import", write(laps, text))
    assert (outcome.code, outcome.out) == (1, "") and told in outcome.err


def test_a_file_that_cannot_be_read_is_a_finding(laps: Laps) -> None:
    """A wrong name is said as what it is."""
    outcome = laps("people", "import", "nothing.csv")
    assert outcome.code == 1 and "nothing.csv: cannot be read (no such file or directory)" in outcome.err


def test_the_standard_input_is_a_file(laps: Laps) -> None:
    """`-` reads what is piped in, twice as every file is."""
    assert laps("people", "import", "-", stdin=HEAD + "E-1,,\n").out.endswith("1 person: 1 joined.\n")


def test_a_day_to_come_is_refused(laps: Laps) -> None:
    """What nobody can know yet is no state of the roster; no day at all is wrong use."""
    file = write(laps, HEAD + "E-1,,\n")
    outcome = laps("people", "import", file, "--as-of", "2026-11-03")
    assert outcome.code == 1 and "2026-11-03 has not come yet: today is 2026-11-02" in outcome.err
    assert laps("people", "import", file, "--as-of", "someday").code == 2


def test_an_earlier_day_than_is_known_changes_nobody(laps: Laps) -> None:
    """History is written forwards; who is known as of a later day is counted as such."""
    file = write(laps, HEAD + "E-1,,\n")
    laps("people", "import", file)
    outcome = laps("people", "import", write(laps, HEAD + "E-1,sales,\n"), "--as-of", "2026-10-01")
    assert outcome.out.endswith("1 person: 1 known as of a later day, and left so.\n")


def test_admins_and_many_leavers_need_a_word(laps: Laps) -> None:
    """A dry run shows what would be, and ends as the real one would."""
    rows = "".join(f"E-{n},,\n" for n in range(110))
    laps("people", "import", write(laps, HEAD + rows))
    few = write(laps, HEAD + "E-1,,\n")
    assert laps("people", "import", few).err.startswith("laps: 109 of 110 people are missing from the file")
    rehearsed = laps("people", "import", few, "--dry-run")
    assert rehearsed.code == 1 and "109 left" in rehearsed.out and "--allow-leavers" in rehearsed.err
    assert "109 left" in laps("people", "import", few, "--allow-leavers").out
    admin = write(laps, "person,role\nE-1,admin\n")
    refused = laps("people", "import", admin)
    assert refused.code == 1 and refused.err.startswith("laps: the roster would make admins of: E-1\n")
    assert laps("people", "import", admin, "--allow-admins").out.startswith("changed  E-1  role: – → admin\n")


def test_people_are_named_by_the_roster_from_then_on(laps: Laps) -> None:
    """What the roster calls somebody, or their address in it, is a name for every other command."""
    laps("people", "import", write(laps, "person,email\nE-1,ann@b.de\n"))
    for name in ("E-1", "ann@b.de"):
        assert laps("role", "grant", name, "champion").code == 0, name


def test_accounts_are_joined_and_listed(laps: Laps) -> None:
    """Who is known from chat is said, and who cannot be told apart; their choice stays."""
    for who in ("web:ann", "web:bob", "web:eve"):
        laps("role", "grant", who, "learner")
    with sqlite3.connect(laps.folder / "var" / "laps.db") as database:
        database.execute("UPDATE account SET email = external || '@b.de'")
        database.execute("UPDATE account SET email = 'bob@b.de' WHERE external = 'eve'")
        database.execute("UPDATE learner SET job_family = 'sales'")
    database.close()
    file = write(laps, "person,email,job_family\nE-1,Ann@b.de,finance\nE-2,bob@b.de,\n")
    outcome = laps("people", "import", file)
    assert outcome.out == (
        "joined   E-1\n"
        "joined   E-2\n"
        "linked   E-1  web:ann\n"
        "kept     E-1  they chose the job family sales themselves; the roster says finance\n"
        "unclear  E-2  web:bob (email): so could web:eve be; web:eve (email): so could web:bob be\n"
        "people.csv, as of 2026-11-02: 2 people: 2 joined.\n"
    )
