import io
import logging
import re
import sys

from rich.console import Console

from bot.cli.logs import OneLine
from bot.cli.printing import count, print_columns

ROWS = [("ok", "a setting", "short"), ("!!", "b", "a longer text of several words that does not fit")]


def printed(terminal: bool, width: int = 40) -> str:
    """Print the rows as to a terminal or a pipe."""
    file = io.StringIO()
    print_columns(
        Console(file=file, force_terminal=terminal, no_color=True, width=width, highlight=False), ROWS
    )
    return re.sub(r"\x1b\[[\d;]*m", "", file.getvalue())


def test_columns_are_wrapped_in_a_terminal() -> None:
    """The last cell goes on under itself."""
    assert printed(terminal=True) == (
        "ok  a setting  short\n"
        "!!  b          a longer text of several\n"
        "               words that does not fit\n"
    )


def test_columns_are_whole_lines_in_a_pipe() -> None:
    """What is searched with grep is not wrapped and has no blanks at its end."""
    assert printed(terminal=False) == (
        "ok  a setting  short\n!!  b          a longer text of several words that does not fit\n"
    )


def test_one_is_not_many() -> None:
    """Numbers of things read as people write them."""
    assert [count(0, "lesson"), count(1, "lesson"), count(1200, "lesson")] == [
        "0 lessons",
        "1 lesson",
        "1,200 lessons",
    ]


def logged(message: str, *arguments: object, **extra: object) -> str:
    """Format one event of the log."""
    record = logging.makeLogRecord(
        {
            "name": "laps.slack",
            "levelno": 30,
            "levelname": "WARNING",
            "msg": message,
            "args": arguments,
            **extra,
        }
    )
    record.created = 1793610000.5
    return OneLine().format(record)


def test_an_event_is_one_line_with_its_action() -> None:
    """Time in UTC, level, logger and words for people; the action and the rest for programs."""
    assert logged("a form did not open: %s", "late", action="form_lost", delivery="d 1") == (
        "2026-11-02T09:00:00.500Z WARNING laps.slack: "
        'a form did not open: late action=form_lost delivery="d 1"'
    )


def test_nobody_writes_lines_of_their_own() -> None:
    """A line end in what came from outside does not make a second event."""
    line = logged("ignored: %s", "a\nb\u2028c", action="unsupported", reason="x\ny")
    assert line.splitlines() == [line]
    assert "ignored: a b c action=unsupported" in line and r'reason="x\ny"' in line


def test_an_event_without_an_action_is_a_note() -> None:
    """What libraries say has an action as well."""
    assert logged("a library spoke").endswith("a library spoke action=note")


def test_a_traceback_is_set_in() -> None:
    """The lines of a traceback belong to the one above them."""
    try:
        raise ValueError("no")
    except ValueError:
        first, *more = logged("a bug", action="bug", exc_info=sys.exc_info()).splitlines()
    assert first.endswith("a bug action=bug")
    assert more and all(line.startswith("    ") for line in more)
