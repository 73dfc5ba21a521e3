"""What the repository's tests read: its files, the tables of its pages, the names in its code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("bot", "lessons", "adapters", "scheduler", "storage")
"""Where the product's code is; the rest tests it."""

_SHOWN = {".ci", ".dockerignore", ".gitattributes", ".gitignore", ".npmrc"}
_MADE = {"node_modules", "__pycache__", "var", "build", "dist"}


@cache
def files() -> tuple[Path, ...]:
    """List the repository's own files: nothing that is hidden (but for .ci), installed or made."""
    return tuple(sorted(_walk(ROOT)))


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        hidden = path.name.startswith(".") and path.name not in _SHOWN
        if hidden or path.name in _MADE or path.name.endswith(".egg-info"):
            continue
        if path.is_dir():
            yield from _walk(path)
        else:
            yield path


def named(path: Path) -> str:
    """Name a file as seen from the root."""
    return path.relative_to(ROOT).as_posix()


def pages() -> list[Path]:
    """List the Markdown files."""
    return [path for path in files() if path.suffix == ".md"]


def modules(*folders: str) -> list[Path]:
    """List the Python files of these folders."""
    return [p for p in files() if p.suffix == ".py" and named(p).split("/")[0] in folders]


def tree(path: Path) -> ast.Module:
    """Read a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def page(name: str) -> str:
    """Read a file by its name."""
    return (ROOT / name).read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """Return what stands under a heading of a page, up to the next one of its level or above."""
    level = len(heading) - len(heading.lstrip("#"))
    _, found, rest = f"\n{text}".partition(f"\n{heading}\n")
    assert found, heading
    return re.split(rf"^#{{1,{level}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def table(text: str) -> list[list[str]]:
    """Return the cells of the first Markdown table, without its head; an escaped bar ends no cell."""
    rows: list[list[str]] = []
    for line in text.splitlines():
        if line.startswith("|"):
            rows.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
        elif rows:
            break
    return rows[2:]


def coded(text: str) -> list[str]:
    """Return what stands between backticks in a line of text."""
    return re.findall(r"`([^`]+)`", text)
