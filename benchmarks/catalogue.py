"""A catalogue of 1,000 lessons: read, checked and swapped in, beside PyYAML's C loader that only parses it.

The lessons are those of the library, again and again with other words of the same length, so that bytes,
shape and reading are those of real lessons and no two are nearly the same.
"""

from __future__ import annotations

import asyncio
import random
import re
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import yaml

from bot.app import CHANNEL_LIMITS
from bot.editing.live import LiveCatalogue
from bot.model import Revision
from bot.ports import Store
from lessons.lint import Severity
from lessons.loading import Loader

ROOT = Path(__file__).parents[1]
LESSONS = 1000
TODAY = date(2026, 11, 23)

_WORD = re.compile(r"\b[a-z]{4,}\b")
_MOMENTS = re.compile(r"^moments:\n(?:[ #].*\n|\n)*", re.MULTILINE)
_KEPT = re.compile(
    r"^(?:#|id:|job_family:|capability:|tools:|industries:|skill:|difficulty:|minutes:|prerequisites:"
    r"|review_by:|reviewed_on:)"
)
_KEYED = re.compile(
    r"[a-z_]{4,}(?=:)|\b(?:true|false|paste|done)\b|\S*@\S+|https?:\S+|\$schema\S+|[<\[][a-z]+|: [a-z]+$"
)


@dataclass(frozen=True)
class Span:
    """One line of the table: how long something takes beside the baseline; the goal is the most it may be."""

    what: str
    seconds: float
    baseline_seconds: float
    goal: float
    baseline: str = "CSafeLoader only parses it"

    @property
    def ratio(self) -> float:
        """How many times the baseline's time."""
        return self.seconds / self.baseline_seconds

    def cells(self) -> tuple[str, ...]:
        """Write it, in the order of `SPANS`."""
        return (
            self.what,
            f"{self.seconds * 1000:,.1f} ms",
            self.baseline,
            f"{self.baseline_seconds * 1000:,.1f} ms",
            f"{self.ratio:.3f}",
            f"{self.goal:g}",
        )


SPANS = ("how long", "Laps", "baseline", "its time", "ratio", "goal, at most")


def write_catalogue(folder: Path, count: int = LESSONS) -> Path:
    """Write a catalogue of so many lessons and return its root."""
    sources = [(path, path.read_text()) for path in sorted((ROOT / "lessons" / "library").rglob("*.yaml"))]
    words: dict[int, list[str]] = {}
    spoken = {word for _, text in sources for word in _WORD.findall(text)} - {"true", "false", "null"}
    for word in sorted(spoken):
        words.setdefault(len(word), []).append(word)
    folder.mkdir(exist_ok=True)
    root = folder / "lessons.yaml"
    root.write_text(
        _MOMENTS.sub("", (ROOT / "lessons.yaml").read_text())
    )  # they name lessons that are not here
    made: set[Path] = set()
    number = 0
    while len(made) < count:
        while len(made) < count:
            path, text = sources[number % len(sources)]
            turn = number // len(sources)
            family = path.parent.name
            place = folder / "lessons" / "library" / family / f"{path.stem}-{turn}.yaml"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(_another(text, f"{family}-{path.stem}-{turn}", turn, words))
            made.add(place)
            number += 1
        for path in {f.path for f in Loader(root).load(TODAY).findings if f.severity is Severity.ERROR}:
            path.unlink()  # by chance its words became a placeholder or the like
            made.discard(path)
    return root


def _another(text: str, name: str, turn: int, words: Mapping[int, Sequence[str]]) -> str:
    """Make another lesson of one: the same keys, and other words of the same length."""
    draw = random.Random(name)
    lines = (
        f"id: {name}" if line.startswith("id:") else _reworded(line, draw, words) if turn else line
        for line in text.splitlines()
        if not line.startswith("prerequisites:")
    )
    return "\n".join(lines) + "\n"


def _reworded(line: str, draw: random.Random, words: Mapping[int, Sequence[str]]) -> str:
    """Put other words of the same length in the place of those that are no keys."""
    if _KEPT.match(line):
        return line
    kept = {at for match in _KEYED.finditer(line) for at in range(*match.span())}

    def other(match: re.Match[str]) -> str:
        word = match.group()
        return word if match.start() in kept else draw.choice(words[len(word)])

    return _WORD.sub(other, line)


class _NoStore:
    """A store that takes revisions at once: their writing is the database's time, not ours."""

    def __init__(self) -> None:
        self._last = Revision(1, datetime.now(UTC), "", "server started", {})

    async def revisions(self, limit: int) -> Sequence[Revision]:
        return [self._last]

    async def sources(self, revision: Revision) -> Mapping[str, bytes]:
        return {}

    async def accept(
        self, files: Mapping[str, bytes], author: str, way: str, summary: Sequence[str], after: int
    ) -> Revision:
        self._last = Revision(after + 1, datetime.now(UTC), author, way, {}, tuple(summary))
        return self._last


def _parse(files: Sequence[Path]) -> None:
    """Parse each file and drop what comes of it: the quickest that the baseline can be."""
    for path in files:
        yaml.load(path.read_bytes(), yaml.CSafeLoader)


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measure_catalogue(folder: Path, rounds: int, count: int = LESSONS) -> list[Span]:
    """Time each piece of work in turn with the baseline, and take the medians."""
    root = write_catalogue(folder, count)
    files = [*sorted((root.parent / "lessons").rglob("*.yaml")), root]
    parsed, loaded, texts, edited = [], [], [], []
    for number in range(rounds):
        parsed.append(_timed(lambda: _parse(files)))
        fresh = Loader(root, CHANNEL_LIMITS)
        loaded.append(_timed(partial(fresh.load, TODAY, texts=False)))
        texts.append(_timed(partial(fresh.load, TODAY, set())))
        edited.append(_edited(fresh, files[number]))
    base = statistics.median(parsed)
    return [
        Span("1,000 lessons read, validated, cross-referenced", statistics.median(loaded), base, 1.0),
        Span("their texts checked, for the first time", statistics.median(texts), base, 6.0),
        Span("one edited lesson, from notice to swap", statistics.median(edited), base, 0.05),
    ]


def _edited(loader: Loader, file: Path) -> float:
    """Save one lesson anew and time until it is live, the revision's write apart."""
    store: Store = _NoStore()  # type: ignore[assignment]  # the part of a store that a revision needs
    live = LiveCatalogue(loader, loader.load(TODAY, set()), store, _noon, print)
    file.write_text(re.sub(r"(?m)^review_by: .*$", "review_by: 2027-01-15", file.read_text()))
    before = live.now
    seconds = asyncio.run(_reloaded(live, file))
    if live.now is before:
        raise SystemExit("the edited lesson is not live")
    return seconds


async def _reloaded(live: LiveCatalogue, file: Path) -> float:
    await live.start()
    start = time.perf_counter()
    await live.reload({file})
    return time.perf_counter() - start


def _noon() -> datetime:
    return datetime.combine(TODAY, datetime.min.time(), UTC)
