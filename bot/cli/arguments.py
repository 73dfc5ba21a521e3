"""What the arguments of commands have in common."""

from __future__ import annotations

import argparse
from datetime import date
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""Where the commands of one place are added."""


def add_format(parser: argparse.ArgumentParser) -> None:
    """Let people choose text or JSON."""
    parser.add_argument("--format", choices=("text", "json"), default="text", help="text by default")


def actions(commands: Commands, name: str, said: str) -> Commands:
    """Add a command that has commands of its own."""
    return commands.add_parser(name, help=said).add_subparsers(required=True, metavar="ACTION")


def day(text: str) -> date:
    """Read a day.

    Raises:
        ArgumentTypeError: it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no day (such as 2026-11-01)") from error


def whole(text: str, least: int = 1, most: int = 10**9 - 1) -> int:
    """Read a whole number.

    Raises:
        ArgumentTypeError: it is none, or too small or too large.
    """
    if not text.isdecimal() or not least <= int(text) <= most:
        upto = f" to {most}" if most < 10**9 - 1 else " on"
        raise argparse.ArgumentTypeError(f"{text!r} is no number from {least}{upto}")
    return int(text)
