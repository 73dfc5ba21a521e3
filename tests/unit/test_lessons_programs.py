"""Programs and targets in lessons.yaml: what they can say, and what lint says of those that cannot be."""

import re
from datetime import date
from pathlib import Path

import pytest

from bot.measurement.programs import EVERYTHING, is_in, lessons_of, program_named, programs_of
from bot.model import Learner, LearnerId, OrganizationId
from lessons.catalogue import Catalogue
from lessons.lint import Code
from tests.lesson_files import ROOT, lines, loaded, write

SAID = """\
programs:
  - {id: close-2026, lessons: {lesson: finance-close}, people: {job_family: finance}, starts_on: 2026-11-01}
targets:
  - {id: eighty, program: close-2026, tool: copilot, task: variance analysis, share: 0.8}
moments:
  - {id: week, kind: apply, when: {below_target: eighty}, offer: {lesson: next}}
"""


def told(folder: Path, old: str, new: str) -> list[str]:
    """Break it in one place, and give what lint says of it."""
    assert old in SAID
    _, findings = loaded(write(folder, ROOT + SAID.replace(old, new)))
    ours = [finding for finding in findings if finding.code is not Code.USE_CASES]
    return [re.sub(r"^lessons.yaml:", "", line) for line in lines(folder, ours)]


def read(folder: Path, said: str) -> Catalogue:
    """Read a root with some programs and targets."""
    catalogue, findings = loaded(write(folder, ROOT + said))
    assert catalogue is not None, findings
    return catalogue


def test_a_program_and_its_target_are_read(tmp_path: Path) -> None:
    """They are in the catalogue, with what was left out as the page has it, and there is nothing to say."""
    assert told(tmp_path, "eighty", "eighty") == []
    catalogue = read(tmp_path, SAID)
    (program,), (target,) = catalogue.programs, catalogue.targets
    assert (program.id, program.starts_on) == ("close-2026", date(2026, 11, 1))
    assert (target.times_per_week, target.within_days, target.share) == (2, 30, 0.8)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("lesson: finance-close", "lesson: finance-clsoe", '12:40: E217 there is no lesson "finance-clsoe"'),
        ("{lesson: finance-close}", "{job_family: finanse}", '12:44: E207 unknown job family "finanse"'),
        ("job_family: finance}", "job_family: finanse}", '12:77: E207 unknown job family "finanse"'),
        ("program: close-2026", "program: close-2025", '14:27: E218 there is no program "close-2025"'),
        ("program: close-2026, ", "", "14:5: E218 the target says not of which program"),
        ("tool: copilot", "tool: copilto", '14:45: E208 unknown tool "copilto" (did you mean copilot?)'),
        (
            "variance analysis,",
            "variance analisis,",
            '14:60: W309 no lesson has the use case "variance analisis"',
        ),
        ("below_target: eighty", "below_target: eigthy", '16:50: E219 there is no target "eigthy"'),
        ("share: 0.8", "share: 0", "14:86: E104 share is 0; it should be more than 0"),
        ("share: 0.8", "share: 80", "14:86: E104 share is 80; the most is 1"),
        ("share: 0.8", "share: 0.8, within_days: 27", "14:104: E104 within_days is 27; the least is 28"),
        ("share: 0.8", "share: 0.8, times_per_week: 0", "14:107: E104 times_per_week is 0; the least is 1"),
        ("starts_on: 2026-11-01", "starts_on: soon", "12:98: E103 starts_on should be a day"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, old: str, new: str, said: str) -> None:
    """Each fault is told with line, column, code and mend."""
    found = told(tmp_path, old, new)
    assert any(line.startswith(said) for line in found), found


@pytest.mark.parametrize("what", ["programs", "targets"])
def test_two_of_one_name(tmp_path: Path, what: str) -> None:
    """The second is told where the first stands."""
    entry = next(line for line in SAID.split(f"{what}:\n")[1].splitlines())
    found = told(tmp_path, f"{what}:\n", f"{what}:\n{entry}\n")
    assert any("E204" in line and "is there already, on line" in line for line in found), found


def test_without_programs_there_is_one(tmp_path: Path) -> None:
    """Its name is `all`, it has every lesson, and it is for everybody; a target is of it."""
    catalogue = read(tmp_path, "targets:\n  - {id: half, tool: copilot, share: 0.5}\n")
    assert programs_of(catalogue) == (EVERYTHING,)
    assert program_named(catalogue.targets[0].program, catalogue) is EVERYTHING
    assert lessons_of(EVERYTHING, catalogue) is None
    assert is_in(EVERYTHING, Learner(LearnerId("l"), OrganizationId("o")))


def test_a_program_has_its_own_lessons_and_people(tmp_path: Path) -> None:
    """Those of a job family and single ones; people of a job family who have a tool."""
    family = "programs:\n  - {id: f, lessons: {job_family: [finance], lesson: x-y}, people: {tool: claude}}\n"
    catalogue, _ = loaded(write(tmp_path, ROOT + family.replace(", lesson: x-y", "")))
    assert catalogue is not None
    (program,) = catalogue.programs
    assert lessons_of(program, catalogue) == frozenset({"finance-close"})
    someone = Learner(LearnerId("l"), OrganizationId("o"), tools=("copilot", "claude"))
    assert is_in(program, someone)
    assert not is_in(program, Learner(LearnerId("l"), OrganizationId("o"), tools=("copilot",)))
    assert program_named("another", catalogue) is None
