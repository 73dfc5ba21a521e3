import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot.events import EventType
from tests.commands import Laps, environment

FIELDS = [
    "id",
    "occurred_at",
    "local_date",
    "workspace",
    "learner",
    "channel",
    "surface",
    "type",
    "lesson",
    "lesson_version",
    "step",
    "use_case",
    "tool",
    "evidence",
    "properties",
]


def event(number: int, **changes: object) -> dict[str, object]:
    """Make what one line holds."""
    return {
        "id": f"e{number}",
        "occurred_at": f"2026-11-02T09:{number % 60:02}:00.000Z",
        "local_date": "2026-11-02",
        "workspace": "slack:T1",
        "learner": "E-4711",
        "channel": "slack",
        "surface": "direct_message",
        "type": "tool.used",
        "lesson": "finance-close",
        "lesson_version": "v1",
        "step": 3,
        "use_case": "Variance analysis",
        "tool": "copilot",
        "evidence": "self_report",
        "properties": {"times": 2, "who": "Zoë"},
        **changes,
    }


def line(number: int, **changes: object) -> str:
    """Write one line as Laps writes it."""
    return json.dumps(event(number, **changes), separators=(",", ":"), ensure_ascii=False) + "\n"


def written(folder: Path, text: str | bytes) -> str:
    """Write a file of events and return its name."""
    (folder / "events.jsonl").write_bytes(text if isinstance(text, bytes) else text.encode())
    return "events.jsonl"


def test_an_empty_database_exports_nothing(laps: Laps) -> None:
    """Without events there is no line, and that is well."""
    outcome = laps("events", "export")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")


def test_a_line_has_the_shape_of_the_contract(laps: Laps) -> None:
    """Every key is there, in this order, absent values null, times in UTC with Z."""
    minimal = {name: event(1)[name] for name in ("id", "local_date", "learner", "type")}
    given = json.dumps({**minimal, "occurred_at": "2026-11-02T10:00:00+01:00"})
    assert laps("events", "import", written(laps.folder, given)).code == 0
    made = json.loads(laps("events", "export").out)
    assert list(made) == FIELDS
    assert made["occurred_at"] == "2026-11-02T09:00:00.000Z"
    assert made["workspace"] == "web:web" and made["properties"] == {}
    assert all(
        made[name] is None
        for name in FIELDS
        if name not in minimal.keys() | {"occurred_at", "workspace", "properties"}
    )


def test_there_and_back_is_the_same(laps: Laps) -> None:
    """What is exported, imported into another database and exported again, is the same to the byte."""
    kinds = [*EventType]
    given = "".join(line(n, type=kind.value, learner=f"E-{n % 3}") for n, kind in enumerate(kinds, 1))
    first = laps("events", "import", written(laps.folder, given))
    assert first.out == f"{len(kinds)} events added, 0 were there already.\n"
    exported = laps("events", "export").out
    assert sorted(exported.splitlines()) == sorted(given.splitlines())
    laps.set(LAPS_DATABASE_URL="sqlite+aiosqlite:///other.db")
    assert laps("events", "import", written(laps.folder, exported)).code == 0
    assert laps("events", "export").out == exported


def test_importing_twice_is_importing_once(laps: Laps) -> None:
    """An event that is there already is counted and not added, in text and as data."""
    file = written(laps.folder, line(1) + line(2))
    assert laps("events", "import", file).out == "2 events added, 0 were there already.\n"
    assert laps("events", "import", file).out == "0 events added, 2 were there already.\n"
    written(laps.folder, line(2) + line(3))
    assert json.loads(laps("events", "import", file, "--format", "json").out) == {"added": 1, "present": 1}
    assert len(laps("events", "export").out.splitlines()) == 3


def test_one_line_twice_in_a_file_is_one_event(laps: Laps) -> None:
    """A repeat within a file is a repeat."""
    outcome = laps("events", "import", written(laps.folder, line(1) + line(1)))
    assert outcome.out == "1 event added, 1 was there already.\n"


def test_the_standard_input_is_a_file(laps: Laps) -> None:
    """`-` reads what is piped in."""
    outcome = laps("events", "import", "-", stdin=line(1))
    assert outcome.out == "1 event added, 0 were there already.\n"


@pytest.mark.parametrize("text", ["", "\n", "\r\n\r\n"])
def test_an_empty_file_is_no_fault(laps: Laps, text: str) -> None:
    """Nothing in, nothing added."""
    outcome = laps("events", "import", written(laps.folder, text))
    assert (outcome.code, outcome.out) == (0, "0 events added, 0 were there already.\n")


def test_files_of_other_systems_are_read(laps: Laps) -> None:
    """CRLF, a byte-order mark and a last line without an end are what other programs write."""
    text = b"\xef\xbb\xbf" + (line(1) + line(2)).replace("\n", "\r\n").rstrip().encode()
    assert laps("events", "import", written(laps.folder, text)).code == 0
    assert laps("events", "export").out == line(1) + line(2)


def test_what_unicode_calls_a_line_end_ends_no_line(laps: Laps) -> None:
    """Only a line feed ends a line: U+2028 and U+0085 may stand within a text."""
    text = line(1, use_case="one\u2028two\u0085three")
    assert laps("events", "import", written(laps.folder, text)).code == 0
    assert laps("events", "export").out == text


BAD = [
    ("{", "not JSON"),
    ("[]", "line: "),
    ('"text"', "line: "),
    (line(1, type="tool.usd"), "type: there is no 'tool.usd'; did you mean tool.used?"),
    (line(1, type=None), "type: the type of the event is missing"),
    (line(1, occurred_at="0001-01-01T00:00:00+14:00"), "occurred_at: out of the calendar"),
    (line(1, id=""), "id: "),
    (line(1, id=None), "id: "),
    (line(1, learner=""), "learner: "),
    (line(1, occurred_at="2026-11-02T09:00:00"), "occurred_at: "),
    (line(1, occurred_at="yesterday"), "occurred_at: "),
    (line(1, local_date="2026-02-30"), "local_date: "),
    (line(1, channel="carrier pigeon"), "channel: "),
    (line(1, surface="wall"), "surface: "),
    (line(1, evidence="hearsay"), "evidence: "),
    (line(1, step=-1), "step: "),
    (line(1, step=1001), "step: "),
    (line(1, colour="red"), "colour: "),
    (line(1, properties=[]), "properties: "),
    (line(1, tool="nul \x00"), "tool: "),
    (line(1, lesson="x" * 201), "lesson: "),
    (line(1, properties={"text": "x" * 100_000}), "longer than 100,000 characters"),
]


@pytest.mark.parametrize(("bad", "said"), BAD, ids=range(len(BAD)))
def test_a_bad_line_is_named_and_nothing_imported(laps: Laps, bad: str, said: str) -> None:
    """A file with a bad line changes nothing; the line is named by its number and its fault."""
    outcome = laps("events", "import", written(laps.folder, line(1) + "\n" + bad.rstrip("\n") + "\n"))
    assert (outcome.code, outcome.out) == (1, "")
    first, told, hint = outcome.err.splitlines()
    assert first == "laps: nothing was imported" and hint.startswith("      Mend")
    assert told.startswith(f"events.jsonl:3: {said}") and len(told) < 300
    assert laps("events", "export").out == ""


def test_many_bad_lines_are_counted(laps: Laps) -> None:
    """The first twenty are named, and how many more there are."""
    outcome = laps("events", "import", written(laps.folder, "{\n" * 1030))
    assert len(outcome.err.splitlines()) == 23
    assert "events.jsonl:20: " in outcome.err and "\nand 1,010 more\n" in outcome.err


@pytest.mark.parametrize("kind", ["missing", "folder", "bytes"])
def test_a_file_that_cannot_be_read_is_said_so(laps: Laps, kind: str) -> None:
    """A missing file, a folder and other bytes than UTF-8 are findings, not tracebacks."""
    if kind == "folder":
        (laps.folder / "events.jsonl").mkdir()
    elif kind == "bytes":
        written(laps.folder, line(1).encode() + b"\xff\xfe\n")
    outcome = laps("events", "import", "events.jsonl")
    said = {"missing": "no such file or directory", "folder": "is a directory", "bytes": "2: not UTF-8"}[kind]
    assert outcome.code == 1 and said in outcome.err
    assert laps("events", "export").out == ""


def test_since_leaves_out_earlier_days(laps: Laps) -> None:
    """`--since` means the learner's local day, whatever the time in UTC."""
    text = "".join(line(n, local_date=f"2026-11-0{n}") for n in (1, 2, 3))
    laps("events", "import", written(laps.folder, text))
    days = [
        json.loads(x)["local_date"]
        for x in laps("events", "export", "--since", "2026-11-02").out.splitlines()
    ]
    assert days == ["2026-11-02", "2026-11-03"]
    assert laps("events", "export", "--since", "2026-11-04").out == ""


def test_pseudonyms_are_keys(laps: Laps) -> None:
    """With `--pseudonymous` nobody's name is in the export, and one learner keeps one key."""
    text = line(1) + line(2) + line(3, learner="E-4712")
    laps("events", "import", written(laps.folder, text))
    made = [json.loads(x) for x in laps("events", "export", "--pseudonymous").out.splitlines()]
    keys = [x["learner"] for x in made]
    assert keys[0] == keys[1] != keys[2] and all(len(key) == 26 for key in keys)
    assert laps("events", "export").out == text


def test_whoever_reads_may_stop_reading(tmp_path: Path) -> None:
    """`laps events export | head -1` ends without a traceback."""
    text = "".join(line(n, properties={"text": "x" * 500}) for n in range(1, 1500))
    (tmp_path / "events.jsonl").write_text(text)
    command = [sys.executable, "-m", "bot", "events"]
    known = environment(tmp_path)
    importing = [*command, "import", "events.jsonl"]
    subprocess.run(importing, cwd=tmp_path, env=known, check=True, capture_output=True)
    exporting = subprocess.Popen(
        [*command, "export"], cwd=tmp_path, env=known, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert exporting.stdout is not None and exporting.stderr is not None
    assert json.loads(exporting.stdout.readline())["id"]
    exporting.stdout.close()
    with exporting.stderr as errors:
        assert errors.read() == b""
    assert exporting.wait() == 141
