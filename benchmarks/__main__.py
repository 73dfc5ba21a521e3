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
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table

from benchmarks import sending
from benchmarks.load import Request, Run, as_fast_as_possible, at_a_rate
from benchmarks.traffic import Crowd, Learner, slack_press, teams_message, teams_press

CONNECTIONS = 32
RESULTS = Path(__file__).parent / "RESULTS.md"
NOWHERE = "http://127.0.0.1:9/teams/"


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


def _closed(port: int, make: Request, seconds: float) -> Run:
    asyncio.run(as_fast_as_possible(port, make, CONNECTIONS, min(1.0, seconds)))
    return asyncio.run(as_fast_as_possible(port, make, CONNECTIONS, seconds))


def _presses(crowd: Crowd, make: Callable[[Learner], bytes]) -> Request:
    return lambda connection: make(crowd.next(connection))


def _ours(
    name: str, make: Callable[[Learner], bytes], folder: Path, seconds: float
) -> tuple[float, Server, Request]:
    running = Server(name, folder / f"{name}-{time.time_ns()}")
    requests = _presses(Crowd(running.learners(), CONNECTIONS), make)
    asyncio.run(as_fast_as_possible(running.port, requests, CONNECTIONS, min(1.0, seconds)))
    running.settle()
    run = asyncio.run(as_fast_as_possible(running.port, requests, CONNECTIONS, seconds))
    if run.failures:
        raise SystemExit(f"{name}: {run.failures} of {run.answers} answers failed")
    late = running.settle()
    return run.answers / (run.seconds + late), running, requests


def measure_slack(folder: Path, rounds: int, seconds: float) -> Row:
    """Interactions through /slack/events against a stock Bolt app that does nothing."""
    mine, stock = [], []
    half: Run | None = None
    for number in range(rounds):
        with server("stock-bolt", folder) as bolt:
            crowd = Crowd([Learner(f"U{n}", "s") for n in range(512)], CONNECTIONS)
            stock.append(_closed(bolt.port, _presses(crowd, slack_press), seconds).rate)
        rate, running, requests = _ours("slack", slack_press, folder, seconds)
        mine.append(rate)
        if number == rounds - 1:
            load = statistics.median(mine) / 2
            half = asyncio.run(at_a_rate(running.port, requests, CONNECTIONS, seconds, load))
        running.stop()
    return Row(
        "Slack presses", statistics.median(mine), "stock Bolt, no-op", statistics.median(stock), 1.0, half
    )


def _stock_teams(folder: Path, seconds: float) -> float:
    with server("connector", folder) as sink, server("stock-cloud-adapter", folder) as cloud:
        url = f"http://127.0.0.1:{sink.port}/teams/"
        crowd = Crowd([Learner(f"U{n}", "s") for n in range(512)], CONNECTIONS)
        return _closed(cloud.port, _presses(crowd, lambda p: teams_message(p, url)), seconds).rate


def measure_teams(folder: Path, rounds: int, seconds: float) -> Row:
    """Interactions through /api/messages against a stock CloudAdapter echo."""
    mine, stock = [], []
    half: Run | None = None
    for number in range(rounds):
        stock.append(_stock_teams(folder, seconds))
        rate, running, requests = _ours("teams", lambda p: teams_press(p, NOWHERE), folder, seconds)
        mine.append(rate)
        if number == rounds - 1:
            load = statistics.median(mine) / 2
            half = asyncio.run(at_a_rate(running.port, requests, CONNECTIONS, seconds, load))
        running.stop()
    return Row(
        "Teams presses", statistics.median(mine), "CloudAdapter echo", statistics.median(stock), 10.0, half
    )


def measure_sending(folder: Path, rounds: int, seconds: float) -> Row:
    """Cards through our sender against botbuilder's own."""
    mine, stock = [], []
    for _ in range(rounds):
        with server("connector", folder) as sink:
            url = f"http://127.0.0.1:{sink.port}/teams/"
            stock.append(asyncio.run(sending.stock(url, seconds)))
            mine.append(asyncio.run(sending.ours(url, seconds)))
    return Row(
        "cards sent to Teams", statistics.median(mine), "botbuilder's client", statistics.median(stock), 8.0
    )


def profile(folder: Path, seconds: float) -> str:
    """Give the top rows of where a Slack server spends its time."""
    with server("slack", folder, profile=True) as running:
        requests = _presses(Crowd(running.learners(), CONNECTIONS), slack_press)
        asyncio.run(as_fast_as_possible(running.port, requests, CONNECTIONS, seconds))
        running.settle()
        where = running.folder / "profile.txt"
    return where.read_text()


def table(rows: list[Row]) -> Table:
    """Draw the table."""
    drawn = Table("a second", "Laps", "baseline", "", "ratio", "goal", "p50 / p99 at half load")
    for row in rows:
        half = row.half_load
        latency = f"{half.percentile(0.5):.1f} / {half.percentile(0.99):.1f} ms" if half else ""
        drawn.add_row(
            row.what,
            f"{row.rate:,.0f}",
            row.baseline,
            f"{row.baseline_rate:,.0f}",
            f"{row.ratio:.2f}",
            f"{row.goal:g}",
            latency,
        )
    return drawn


def report(rows: list[Row], profiled: str) -> str:
    """Write the results as the page that is kept."""
    python, sqlite = platform.python_version(), sqlite3.sqlite_version
    machine = f"{_processor()}, {os.cpu_count()} cores, Python {python}, SQLite {sqlite}"
    lines = [
        "# Results",
        "",
        "Made by `make bench`. Every rate stands beside its baseline, measured in the same run on the same",
        "machine; machines differ and are noisy, so read the ratios.",
        "",
        f"**{datetime.now(UTC):%Y-%m-%d}**, {machine}",
        "",
        "| what, a second | Laps | baseline | its rate | ratio | goal | p50 / p99 at half load |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        half = row.half_load
        latency = f"{half.percentile(0.5):.1f} / {half.percentile(0.99):.1f} ms" if half else ""
        lines.append(
            f"| {row.what} | {row.rate:,.0f} | {row.baseline} | {row.baseline_rate:,.0f} | {row.ratio:.2f} "
            f"| {row.goal:g} | {latency} |"
        )
    lines += [
        "",
        "A press counts from the request to the settled delivery: verified, decided, committed with its",
        "adoption event on SQLite (WAL, synchronous=FULL) before the acknowledgement, the answer drawn,",
        "handed to a sink that enforces the platform's pace, and settled. Teams' limit per app and tenant",
        "(50 a second) is left out of the sink, since it is far below what is measured.",
        "",
        "## Where a Slack server spends its time",
        "",
        "```",
        *[line.rstrip() for line in profiled.splitlines() if line.strip()][:22],
        "```",
        "",
    ]
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
            measure(folder, rounds, seconds) for measure in (measure_slack, measure_teams, measure_sending)
        ]
        profiled = profile(folder, seconds)
    console.print(table(rows))
    console.print("\n".join(profiled.splitlines()[:22]))
    if not options.quick:
        RESULTS.write_text(report(rows, profiled), encoding="utf-8")
        console.print(f"Kept in {RESULTS}")


if __name__ == "__main__":
    main()
