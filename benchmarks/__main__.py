"""`make bench`: every rate beside its named baseline, in one run, and the profile's top rows."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import platform
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table

from benchmarks import sending
from benchmarks.catalogue import SPANS, Span, measure_catalogue
from benchmarks.delivering import EACH, MESSAGES, SLACK_SPACES, TEAMS_TENANTS, deliver_all
from benchmarks.load import Request, Run, as_fast_as_possible, at_a_rate
from benchmarks.planning import measure_planning
from benchmarks.traffic import Crowd, Learner, slack_press, teams_message, teams_press

FEW, MANY = 16, 64
"""Connections at once: as an installation sees on a busy morning, and more than any will."""
RESULTS = Path(__file__).parent / "RESULTS.md"
NOWHERE = "http://127.0.0.1:9/teams/"

COLUMNS = ("what, a second", "Laps", "baseline", "its rate", "ratio", "goal", "p50 / p99 at half load")


@dataclass(frozen=True)
class Row:
    """One line of the table: a rate beside its baseline."""

    what: str
    rate: float
    baseline: str
    baseline_rate: float
    goal: float
    half_load: Run | None = None

    @property
    def ratio(self) -> float:
        """How many times the baseline."""
        return self.rate / self.baseline_rate

    def cells(self) -> tuple[str, ...]:
        """Write it, in the order of `COLUMNS`."""
        half = self.half_load
        return (
            self.what,
            f"{self.rate:,.0f}",
            self.baseline,
            f"{self.baseline_rate:,.0f}",
            f"{self.ratio:.2f}",
            f"{self.goal:g}",
            f"{half.percentile(0.5):.1f} / {half.percentile(0.99):.1f} ms" if half else "",
        )


class Server:
    """A server under test in its own process."""

    def __init__(self, name: str, folder: Path, profile: bool = False) -> None:
        folder.mkdir()
        self.folder = folder
        environment = {**os.environ, **({"LAPS_PROFILE": "1"} if profile else {})}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.servers", name, str(folder)], env=environment
        )
        while not (folder / "port").exists():
            if self._process.poll() is not None:
                raise SystemExit(f"the server {name} did not start")
            time.sleep(0.05)
        self.port = int((folder / "port").read_text())

    def learners(self) -> list[Learner]:
        """Give who was seeded."""
        return [
            Learner(user, session)
            for user, session in orjson.loads((self.folder / "learners.json").read_bytes())
        ]

    def settle(self) -> float:
        """Wait until every delivery is settled and give the seconds that it took."""
        start = time.perf_counter()
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/settled", timeout=60) as response:
            response.read()
        return time.perf_counter() - start

    def stop(self) -> None:
        """Stop it and wait for its end."""
        self._process.terminate()
        self._process.wait(30)


@contextlib.contextmanager
def server(name: str, folder: Path, profile: bool = False) -> Iterator[Server]:
    """Run a server."""
    running = Server(name, folder / f"{name}-{time.time_ns()}", profile)
    try:
        yield running
    finally:
        running.stop()


def _closed(port: int, make: Request, connections: int, seconds: float) -> Run:
    asyncio.run(as_fast_as_possible(port, make, connections, min(1.0, seconds)))
    return asyncio.run(as_fast_as_possible(port, make, connections, seconds))


def _presses(crowd: Crowd, make: Callable[[Learner], bytes]) -> Request:
    return lambda connection: make(crowd.next(connection))


def _strangers(connections: int) -> Crowd:
    """Give people for a stock server, which knows none."""
    return Crowd([Learner(f"U{number}", "s") for number in range(512)], connections)


def _ours(
    name: str, make: Callable[[Learner], bytes], folder: Path, connections: int, seconds: float, half: bool
) -> tuple[float, Run | None]:
    """Measure Laps: the rate from request to settled delivery, and the latencies at half of it."""
    with server(name, folder) as running:
        requests = _presses(Crowd(running.learners(), connections), make)
        asyncio.run(as_fast_as_possible(running.port, requests, connections, min(1.0, seconds)))
        running.settle()
        run = asyncio.run(as_fast_as_possible(running.port, requests, connections, seconds))
        if run.failures:
            raise SystemExit(f"{name}: {run.failures} of {run.answers} answers failed")
        rate = run.answers / (run.seconds + running.settle())
        if not half:
            return rate, None
        return rate, asyncio.run(at_a_rate(running.port, requests, connections, seconds, rate / 2))


def _beside(
    what: str,
    baseline: str,
    goal: float,
    rounds: int,
    stock: Callable[[], float],
    ours: Callable[[bool], tuple[float, Run | None]],
) -> Row:
    """Measure a baseline and Laps in turn, and take the medians; half load is measured in the last round."""
    theirs, mine = [], []
    half: Run | None = None
    for number in range(rounds):
        theirs.append(stock())
        rate, half = ours(number == rounds - 1)
        mine.append(rate)
    return Row(what, statistics.median(mine), baseline, statistics.median(theirs), goal, half)


def measure_slack(folder: Path, rounds: int, seconds: float, connections: int) -> Row:
    """Interactions through /slack/events against a stock Bolt app that does nothing."""

    def stock() -> float:
        with server("stock-bolt", folder) as bolt:
            return _closed(
                bolt.port, _presses(_strangers(connections), slack_press), connections, seconds
            ).rate

    return _beside(
        f"Slack presses, {connections} at once",
        "stock Bolt, no-op",
        1.0,
        rounds,
        stock,
        lambda half: _ours("slack", slack_press, folder, connections, seconds, half),
    )


def measure_teams(folder: Path, rounds: int, seconds: float, connections: int) -> Row:
    """Interactions through /api/messages against a stock CloudAdapter echo."""

    def stock() -> float:
        with server("connector", folder) as sink, server("stock-cloud-adapter", folder) as cloud:
            url = f"http://127.0.0.1:{sink.port}/teams/"
            requests = _presses(_strangers(connections), lambda person: teams_message(person, url))
            return _closed(cloud.port, requests, connections, seconds).rate

    return _beside(
        f"Teams presses, {connections} at once",
        "CloudAdapter echo",
        10.0,
        rounds,
        stock,
        lambda half: _ours(
            "teams", lambda person: teams_press(person, NOWHERE), folder, connections, seconds, half
        ),
    )


def measure_sending(folder: Path, rounds: int, seconds: float) -> Row:
    """Cards through our sender against botbuilder's own."""
    with server("connector", folder) as sink:
        url = f"http://127.0.0.1:{sink.port}/teams/"
        return _beside(
            "cards sent to Teams",
            "botbuilder's client",
            8.0,
            rounds,
            lambda: asyncio.run(sending.stock(url, seconds)),
            lambda half: (asyncio.run(sending.ours(url, seconds)), None),
        )


def measure_delivering(messages: int) -> Row:
    """Deliveries to many conversations against what the platforms permit, on a virtual clock."""
    found = deliver_all(messages)
    if found.refused:
        raise SystemExit(f"{found.refused} of {messages:,} deliveries were refused with 429")
    conversations, spaces = messages // EACH, SLACK_SPACES + TEAMS_TENANTS
    what = f"{messages:,} deliveries to {conversations:,} conversations in {spaces} workspaces, no 429"
    return Row(what, found.rate, "what the platforms permit", found.permitted, 0.95)


def profile(folder: Path, seconds: float) -> str:
    """Give the top rows of where a Slack server spends its time."""
    with server("slack", folder, profile=True) as running:
        requests = _presses(Crowd(running.learners(), MANY), slack_press)
        asyncio.run(as_fast_as_possible(running.port, requests, MANY, seconds))
        running.settle()
        where = running.folder / "profile.txt"
    return where.read_text()


def table(columns: Sequence[str], rows: Sequence[Row | Span]) -> Table:
    """Draw a table."""
    drawn = Table(*columns)
    for row in rows:
        drawn.add_row(*row.cells())
    return drawn


def report(rows: list[Row], spans: list[Span], profiled: str) -> str:
    """Write the results as the page that is kept."""
    python, sqlite = platform.python_version(), sqlite3.sqlite_version
    machine = f"{_processor()}, {os.cpu_count()} cores, Python {python}, SQLite {sqlite}"
    lines = (
        "# Results",
        "",
        "Made by `make bench`. Every rate stands beside its baseline, measured in the same run on the same",
        "machine; machines differ and are noisy, so read the ratios.",
        "",
        f"**{datetime.now(UTC):%Y-%m-%d}**, {machine}",
        "",
        f"| {' | '.join(COLUMNS)} |",
        "|---" * len(COLUMNS) + "|",
        *(f"| {' | '.join(row.cells())} |" for row in rows),
        "",
        "A press counts from the request to the settled delivery: verified, decided, committed with its",
        "adoption event on SQLite (WAL, synchronous=FULL) before the acknowledgement, the answer drawn,",
        "handed to a sink that enforces the platform's pace, and settled. Teams' limit per app and tenant",
        "(50 a second) is left out of the sink, since it is far below what is measured.",
        "",
        "Deliveries are claimed, noted, sent and settled by the outbox on SQLite, on a virtual clock that it",
        "shares with a server which counts what arrives. Permitted are 525 a minute in each of four Slack",
        "workspaces, and 40 a second in each of two Teams tenants, where the server refuses more than 50.",
        "",
        "At 16 at once a stock Bolt app waits for its own poll of the acknowledgement, every 10 ms; at 64",
        "only the processor limits it, and what Laps stores, draws and settles costs its share.",
        "",
        f"| {' | '.join(SPANS)} |",
        "|---" * len(SPANS) + "|",
        *(f"| {' | '.join(span.cells())} |" for span in spans),
        "",
        "The lessons are those of the library with other words, each in a file of its own. The baseline",
        "reads the same files and drops what it parsed. Texts are looked through once for the same bytes:",
        "reading level, keys and personal data, and the likeness of every pair. The writing of the revision",
        "is left out.",
        "",
        "Planning looks at everybody who is due, decides, and commits decision and message, on SQLite with",
        "synchronous=FULL. The jobs are APScheduler's, one for each learner, kept in its SQLite store, as",
        "many as it adds in a minute; those that are due decide and write the same.",
        "",
        "## Where a Slack server spends its time",
        "",
        "```",
        *[line.rstrip() for line in profiled.splitlines() if line.strip()][:22],
        "```",
        "",
    )
    return "\n".join(lines)


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def main() -> None:
    """Measure, print, and keep the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--quick", action="store_true", help="a short run that keeps no results")
    options = parser.parse_args()
    rounds, seconds = (1, 2.0) if options.quick else (3, 5.0)
    console = Console(width=120)
    with tempfile.TemporaryDirectory(prefix="laps-bench-") as name:
        folder = Path(name)
        rows = [
            measure_slack(folder, rounds, seconds, FEW),
            measure_slack(folder, rounds, seconds, MANY),
            measure_teams(folder, rounds, seconds, FEW),
            measure_teams(folder, rounds, seconds, MANY),
            measure_sending(folder, rounds, seconds),
            measure_delivering(MESSAGES // 20 if options.quick else MESSAGES),
        ]
        profiled = profile(folder, seconds)
        spans = measure_catalogue(folder / "catalogue", 2 * rounds + 1)
        spans += measure_planning(folder / "planning")
    console.print(table(COLUMNS, rows))
    console.print(table(SPANS, spans))
    console.print("\n".join(profiled.splitlines()[:22]))
    if not options.quick:
        RESULTS.write_text(report(rows, spans, profiled), encoding="utf-8")
        console.print(f"Kept in {RESULTS}")


if __name__ == "__main__":
    main()
