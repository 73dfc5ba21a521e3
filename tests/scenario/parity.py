"""The scenario file, played through any channel's driver."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.drivers import Driver

HERE = Path(__file__).parent
CATALOGUE = HERE.parent / "catalogue" / "lessons.yaml"


@dataclass(frozen=True)
class Step:
    """One thing that the learner does, and what is to be seen then."""

    verb: str
    what: str
    values: dict[str, str]
    see: tuple[str, ...]


def read_scenario(name: str) -> tuple[Step, ...]:
    """Read a scenario file."""
    steps = []
    for row in yaml.safe_load((HERE / name).read_text(encoding="utf-8")):
        verb = next(key for key in ("say", "press", "fill") if key in row)
        steps.append(Step(verb, row[verb], row.get("with", {}), tuple(map(str, row["see"]))))
    return tuple(steps)


async def play(driver: Driver, steps: tuple[Step, ...]) -> None:
    """Do each step and look at what is shown."""
    for step in steps:
        if step.verb == "fill":
            await driver.fill(step.what, **step.values)
        else:
            await getattr(driver, step.verb)(step.what)
        shown = driver.shown()
        for text in step.see:
            assert text in shown, f"after {step.verb} {step.what!r}: no {text!r} in\n{shown}"
