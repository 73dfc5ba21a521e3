import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import ROOT, Laps, environment

LESSON = "finance-accruals"


def play(laps: Laps, *typed: str, lesson: str = LESSON) -> str:
    """Take a lesson by typing these lines; return what was shown."""
    outcome = laps("try", lesson, stdin="\n".join([*typed, ""]))
    assert (outcome.code, outcome.err) == (0, "")
    return outcome.out


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("finance-acruals", "Did you mean finance-accruals?"),
        ("zzz", "There are: finance-accruals, finance-v"),
    ],
)
def test_an_unknown_lesson_gets_the_nearest(laps: Laps, typed: str, nearest: str) -> None:
    """Who mistypes a lesson's id is told the one that was meant."""
    outcome = laps("try", typed)
    assert (outcome.code, outcome.out) == (1, "")
    assert f"There is no lesson called “{typed}”." in outcome.err and nearest in outcome.err


WAY = (
    "1",
    "Revenue missed plan by 90,",
    "",
    "since two orders moved to October.",
    ".",
    "1",
    "1",
    "2",
    "1",
    "70",
    "4",
    "1",
    "1",
)


def test_a_lesson_is_taken_to_its_end(laps: Laps) -> None:
    """Every step by its number, a pasted text with an empty line in it, and the end says what came of it."""
    shown = play(laps, *WAY)
    assert re.findall(r"Step (\d) of 5", shown) == ["1", "1", "2", "3", "3", "4", "4", "4", "5"]
    assert "✓ 11 words" in shown and "✓ Use only the table" in shown
    assert "Confidence  70 of 100 (at the start: 50)" in shown
    assert shown.endswith("\nThe end; nothing was stored.\n")
    assert list(laps.folder.iterdir()) == []


def test_what_is_to_be_copied_stands_alone(laps: Laps) -> None:
    """Material and starter have nothing beside them and are shown at length once."""
    shown = play(laps, "3", "q")
    assert "\nLine      Plan  Actual\nRevenue  1,200   1,110\n──" in shown
    assert shown.count("Revenue  1,200   1,110") == 1
    assert "── Material: as above\n" in shown and "Hint: Tell the tool to use only the table." in shown


def test_lines_fit_the_terminal(laps: Laps) -> None:
    """Nothing but what is to be copied is wider than the terminal, and no line ends in blanks."""
    laps.set(COLUMNS="60")
    shown = play(laps, *WAY)
    for line in shown.splitlines():
        assert len(line) <= 60 or line.startswith(("0, 10", "1 to"))


def test_what_is_no_choice_is_asked_again(laps: Laps) -> None:
    """Letters, other numbers and nothing ask once more; q leaves."""
    shown = play(laps, "0", "9", "", "²", "one", "Q")
    assert shown.count("or q to leave ›") == 6
    assert shown.endswith("\nLeft; nothing was stored.\n")


def test_an_empty_text_is_refused_and_asked_again(laps: Laps) -> None:
    """What cannot be taken is said, and the same screen is there again."""
    shown = play(laps, "1", ".", "2", "q")
    assert "There is nothing to check yet" in shown
    assert "Laps did not see your result" in shown


def test_a_plan_in_own_words_takes_what_is_proposed(laps: Laps) -> None:
    """An empty line keeps the proposal; a choice is a number."""
    shown = play(laps, *WAY[:-1], "3", "At the close", "", "2")
    assert "(The month-end close starts) ›" in shown
    assert re.search("When at the close, I will use ChatGPT\\s+for\\s+variance\\s+commentary", shown)


@pytest.mark.parametrize("typed", [(), ("1",), ("1", "half a text"), WAY[:9]])
def test_the_end_of_input_leaves(laps: Laps, typed: tuple[str, ...]) -> None:
    """Where nothing more is typed, wherever that is, the lesson is left without a traceback."""
    assert play(laps, *typed).endswith("\nLeft; nothing was stored.\n")


def test_every_lesson_of_the_library_can_be_tried(laps: Laps) -> None:
    """The lessons that Laps comes with open on their practice."""
    laps.set(LAPS_LESSONS=str(ROOT / "lessons.yaml"))
    for file in sorted((ROOT / "lessons" / "library").glob("*/*.yaml")):
        shown = play(laps, "q", lesson=f"{file.parent.name}-{file.stem}")
        assert re.search("Step 1 of [5-7] · practice", shown)


IN_TERMINAL = """
import fcntl, sys, termios
from bot.__main__ import main
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
sys.exit(main())
"""
"""Makes the terminal the process's own, so that Ctrl-C is a signal to it."""


class Terminal:
    """A terminal of 80 columns with a lesson in it."""

    def __init__(self, folder: Path) -> None:
        self._main, side = pty.openpty()
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        command = [sys.executable, "-c", IN_TERMINAL, "try", LESSON]
        kept = {**environment(folder), "TERM": "xterm-256color"}
        kept.pop("COLUMNS", None)
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=kept,
            stdin=side,
            stdout=side,
            stderr=side,
            start_new_session=True,
        )
        os.close(side)
        self._read = b""
        self.shown = ""

    def wait_for(self, text: str, seconds: float = 60) -> None:
        """Read on until this was shown."""
        while text not in self.shown:
            ready, _, _ = select.select([self._main], [], [], seconds)
            assert ready, self.shown
            with contextlib.suppress(OSError):
                self._read += os.read(self._main, 65536)
            self.shown = self._read.decode(errors="ignore")

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._main, keys.encode())

    def close(self) -> None:
        """End what is left."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._main)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """Open a lesson in a terminal."""
    made = Terminal(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("keys", "before"), [((), "to leave"), (("1\r",), "end with a line")], ids=["choosing", "pasting"]
)
def test_ctrl_c_leaves_at_once(terminal: Terminal, keys: tuple[str, ...], before: str) -> None:
    """One Ctrl-C in a terminal ends the lesson with 130, while choosing and while pasting."""
    terminal.wait_for("to leave")
    for key in keys:
        terminal.type(key)
    terminal.wait_for(before)
    terminal.type("\x03")
    terminal.wait_for("Left; nothing was stored.")
    assert terminal.process.wait(30) == 130
    assert "Traceback" not in terminal.shown


def test_ctrl_d_leaves(terminal: Terminal) -> None:
    """Ctrl-D is the end of input."""
    terminal.wait_for("to leave")
    terminal.type("\x04")
    terminal.wait_for("Left; nothing was stored.")
    assert terminal.process.wait(30) == 0
