"""Every screen of every lesson of the library, as previews show them."""

from datetime import date
from functools import cache
from pathlib import Path

import pytest

from bot.learning.checks import passing, run_checks
from bot.learning.screens import screens_of
from lessons.catalogue import Catalogue
from lessons.loading import load
from lessons.steps import PracticeStep

ROOT = Path(__file__).parents[2] / "lessons.yaml"
NAMES = [
    f"{path.parent.name}-{path.stem}"
    for path in sorted((ROOT.parent / "lessons" / "library").rglob("*.yaml"))
]


@cache
def ours() -> Catalogue:
    """Load the catalogue that Laps comes with."""
    found = load(ROOT, date(2026, 11, 23))
    assert found.catalogue is not None, found.findings
    return found.catalogue


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_has_all_its_screens(name: str) -> None:
    """Each step is there in order, with its second screens, then the end, then the review questions."""
    lesson = ours().lessons[name]
    names = [screen.name for screen in screens_of(lesson, ours())]
    steps = [name.partition(":")[0] for name in names if name.startswith("Step ")]
    assert list(dict.fromkeys(steps)) == [
        f"Step {n} of {len(lesson.steps)}" for n in range(1, len(lesson.steps) + 1)
    ]
    assert names[-len(lesson.reviews) - 1] == "The end" and len(names) == len(set(names))


@pytest.mark.parametrize("name", NAMES)
def test_the_checks_of_a_lesson_can_be_passed(name: str) -> None:
    """A text that has the terms asked for, and is long enough, passes all checks: none rules out another."""
    for step in ours().lessons[name].steps:
        if isinstance(step, PracticeStep):
            checks = step.practice.checks
            assert all(result.passed for result in run_checks(checks, passing(checks))), name
