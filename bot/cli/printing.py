"""How the command prints: aligned columns that fit a terminal, and whole lines where it is piped."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.text import Text

GAP = 2
"""Spaces between columns."""

NARROWEST = 24
"""Characters that the last column is given at least, however narrow the terminal."""

MARKS = {"on": "green", "off": "yellow", "ok": "green", "--": "yellow", "!!": "bold red"}
"""The cells that have a colour of their own."""


def make_console() -> Console:
    """Make the console of standard output, which colours what it is told to and nothing else."""
    return Console(highlight=False)


def print_columns(console: Console, rows: Sequence[Sequence[str]], head: bool = False) -> None:
    """Print rows of equally many cells, aligned.

    In a terminal the last cell is wrapped within its own column. In a pipe every row is one line, so that
    it can be searched. An empty first cell continues the row above.
    """
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)]
    indent = sum(widths) + GAP * len(widths)
    room = max(NARROWEST, console.width - indent) if console.is_terminal else None
    for number, row in enumerate(rows):
        line = Text(style="dim" if head and number == 0 else "")
        for cell, width in zip(row[:-1], widths, strict=True):
            line.append(cell, MARKS.get(cell, ""))
            line.append(" " * (width - len(cell) + GAP))
        line.append(f"\n{' ' * indent}".join(_wrapped(row[-1], room)))
        line.rstrip()
        console.print(line, soft_wrap=True)


def _wrapped(text: str, room: int | None) -> list[str]:
    if room is None:
        return [text]
    return textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False) or [""]


def count(number: int, noun: str, plurals: Mapping[str, str] | None = None) -> str:
    """Say a number of things: "1 lesson", "12 lessons"."""
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {(plurals or {}).get(noun, noun + 's')}"
