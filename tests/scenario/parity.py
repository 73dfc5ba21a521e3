"""The scenario file, played through any channel's driver."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

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
    who: str = ""
    where: str = "direct"
    unseen: tuple[str, ...] = ()


def read_scenario(name: str) -> tuple[Step, ...]:
    """Read a scenario file."""
    steps = []
    for row in yaml.safe_load((HERE / name).read_text(encoding="utf-8")):
        verb = next(key for key in ("say", "press", "fill", "look", "wait") if key in row)
        see, unseen = (tuple(map(str, row.get(key, ()))) for key in ("see", "unseen"))
        who, where = row.get("as", ""), row.get("in", "direct")
        steps.append(Step(verb, row[verb], row.get("with", {}), see, who, where, unseen))
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


class Stage(Protocol):
    """A channel on which several people are, in their direct messages and in one conversation of all."""

    def driver(self, who: str, where: str) -> Driver:
        """Give somebody at their client, in their direct message or in the room."""

    async def reach(self, at: datetime) -> None:
        """Let a time come, and Laps say what it has to say by then."""


async def play_together(stage: Stage, steps: tuple[Step, ...]) -> None:
    """Do each step as the person and in the place that it names, and look at what that person sees there.

    `look` does nothing but look, at all that is there.
    """
    for step in steps:
        if step.verb == "wait":
            await stage.reach(datetime.fromisoformat(step.what).replace(tzinfo=UTC))
        driver = stage.driver(step.who, step.where)
        if step.verb == "fill":
            await driver.fill(step.what, **step.values)
        elif step.verb not in ("look", "wait"):
            await getattr(driver, step.verb)(step.what)
        seen = driver.messages()
        shown = "\n".join(seen[-1:] if step.verb != "look" else seen)
        said = f"after {step.who} did {step.verb} {step.what!r} in {step.where}"
        for text in step.see:
            assert text in shown, f"{said}: no {text!r} in\n{shown}"
        for text in step.unseen:
            assert all(text not in each for each in seen), f"{said}: {text!r} is seen"
