"""`make simulate`: ten thousand learners through eight weeks, and the figures in docs/simulation.md."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import time
from pathlib import Path

from tests.simulation.run import Outcome, simulate
from tests.simulation.town import DAYS, ZONES

PAGE = Path(__file__).parents[2] / "docs" / "simulation.md"
BEGINS, ENDS = "<!-- figures -->", "<!-- /figures -->"


def main() -> int:
    """Run it, print what came of it, and write the figures down."""
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--learners", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=20261005)
    parser.add_argument("--keep", action="store_true", help="leave docs/simulation.md as it is")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)  # what goes wrong here is meant to
    began = time.monotonic()
    outcome = asyncio.run(simulate(options.learners, options.seed))
    table = figures(outcome, time.monotonic() - began)
    print(table)
    for each in outcome.broken[:20]:
        print(each, file=sys.stderr)
    if not options.keep:
        text = PAGE.read_text(encoding="utf-8")
        head, tail = text.split(BEGINS)[0], text.split(ENDS)[1]
        PAGE.write_text(f"{head}{BEGINS}\n{table}\n{ENDS}{tail}", encoding="utf-8")
    return 1 if outcome.broken else 0


def figures(outcome: Outcome, seconds: float) -> str:
    """Make the table of figures."""
    rows = [
        ("learners", f"{outcome.learners:,} in {len(ZONES)} zones, {DAYS} days, seed {outcome.seed}"),
        ("messages that arrived unasked", f"{outcome.figures.get('arrived', 0):,}"),
        ("broken laws", str(len(outcome.broken))),
        *((name, f"{number:,}") for name, number in sorted(outcome.figures.items()) if name != "arrived"),
        ("took", f"{seconds:,.0f} s"),
    ]
    return "\n".join(["| what | figure |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


if __name__ == "__main__":
    sys.exit(main())
