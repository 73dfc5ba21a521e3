import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import ROOT, Laps, environment

COMMANDS = (
    "run",
    "doctor",
    "manifest",
    "lint",
    "schema",
    "try",
    "role",
    "role grant",
    "role revoke",
    "events",
    "events export",
    "events import",
)


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_is_there(laps: Laps, command: str) -> None:
    """Every command explains itself, every argument with a sentence, within 80 columns."""
    laps.set(COLUMNS="80")
    outcome = laps(*command.split(), "--help")
    assert outcome.code == 0 and outcome.err == ""
    assert outcome.out.startswith(f"usage: laps {command}".rstrip())
    lines = outcome.out.splitlines()
    assert max(map(len, lines)) <= 80
    for line, after in itertools.pairwise([*lines, ""]):
        if line.startswith("  -"):
            assert "  " in line.strip() or after.startswith(" " * 10), f"{line} says nothing"


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "fly",
        "run --port 65536",
        "run --port -1",
        "run --port ten",
        "doctor --format xml",
        "manifest",
        "manifest teems",
        "lint --format xml",
        "schema person",
        "try",
        "role",
        "role grant",
        "role grant slack:U1",
        "role grant slack:U1 king",
        "role lend slack:U1 admin",
        "events",
        "events export --since yesterday",
        "events export --format csv",
        "events import",
        "events import a b",
    ],
)
def test_wrong_use_ends_with_two(laps: Laps, wrong: str) -> None:
    """Wrong use is said on stderr with the usage, and changes nothing."""
    outcome = laps(*wrong.split())
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("usage: laps") and "error: " in outcome.err
    assert not (laps.folder / "var").exists()


def test_a_wrong_role_is_told_the_right_ones(laps: Laps) -> None:
    """Who mistypes a role sees which there are."""
    outcome = laps("role", "grant", "slack:U1", "king")
    for role in ("learner", "champion", "manager", "hr", "lnd", "admin"):
        assert f"'{role}'" in outcome.err


def test_the_command_and_the_module_are_the_same(tmp_path: Path) -> None:
    """`laps` and `python -m bot` print the same."""
    script = Path(sys.executable).with_name("laps")
    outputs = [
        subprocess.run(
            [*command, "schema"], cwd=tmp_path, env=environment(tmp_path), capture_output=True, check=True
        ).stdout
        for command in ([script], [sys.executable, "-m", "bot"])
    ]
    assert outputs[0] == outputs[1] == (ROOT / "lessons" / "lesson.schema.json").read_bytes()


def test_an_interrupted_command_ends_as_shells_have_it(laps: Laps, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends a command with 130 and without a traceback."""

    def interrupt(of: str) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("bot.cli.authoring.schema", interrupt)
    outcome = laps("schema")
    assert (outcome.code, outcome.out, outcome.err) == (130, "", "")


@pytest.mark.parametrize("command", [["doctor"], ["try", "finance-accruals"], ["try", "nonsense"]])
def test_a_terminal_without_unicode_is_no_hindrance(tmp_path: Path, command: list[str]) -> None:
    """A character that the terminal cannot show becomes a question mark; nothing ends for its sake."""
    made = environment(tmp_path, PYTHONIOENCODING="ascii")
    ended = subprocess.run(
        [sys.executable, "-m", "bot", *command],
        cwd=tmp_path,
        env=made,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert b"Traceback" not in ended.stderr and b"?" in ended.stdout + ended.stderr
