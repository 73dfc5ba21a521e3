"""Small sound catalogues as files, for tests that break them in one place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from lessons.catalogue import Catalogue
from lessons.checking import ChannelLimit
from lessons.lint import Code, Finding
from lessons.loading import Loader

TODAY = date(2026, 11, 2)

ROOT = """\
organization: {name: Acme, time_zone: Europe/Berlin}
tools:
  copilot: {name: Microsoft 365 Copilot}
  claude: {name: Claude}
job_families:
  finance:
    name: Finance analyst
    capabilities:
      - {id: explain-variances, owner: CFO office, agreed_on: 2026-10-01}
include: library/**/*.yaml
"""

LESSON = """\
id: finance-close
title: Write the variance commentary
job_family: finance
capability: explain-variances
use_case: Variance analysis
tools: [copilot, claude]
minutes: 5
review_by: 2027-03-01
steps:
  - practice:
      task: Write three sentences on why the third quarter missed plan.
      minutes: 3
      answer: paste
      checks: [{words: {min: 25, max: 120}}, {mentions: [revenue, [freight, shipping]]}]
      hint: Tell the tool to use only the table.
      rubric: [Every number is in the table]
  - concept: Grounding. You gave the tool its only facts.
  - check:
      question: Which instruction reduces invented causes most?
      answers:
        - {text: Be accurate, feedback: Too vague to change what it writes.}
        - {text: Use only the table, right: true, feedback: It has a way out other than inventing.}
  - reflect: {confidence: true}
  - commit: {when: The close begins, task: variance commentary}
"""

PAGE = (Path(__file__).parents[1] / "docs" / "lessons.md").read_text()
EXAMPLE_ROOT, EXAMPLE = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
"""The example of docs/lessons.md, in which every key of the language appears."""

EXAMPLE_FILE = "lessons/library/finance/variance-note.yaml"
BEFORE_IT = LESSON.replace("finance-close", "finance-variance-commentary").replace(", claude]", "]")


def write(folder: Path, root: str | bytes = ROOT, lesson: str | bytes = LESSON) -> Path:
    """Write a root and its lesson, and return the root's path."""
    put(folder, "library/finance/close.yaml", lesson)
    return put(folder, "lessons.yaml", root)


def write_example(folder: Path, root: str = EXAMPLE_ROOT, lesson: str = EXAMPLE) -> Path:
    """Write the example of the page and the lesson that comes before it, and return the root's path."""
    put(folder, "lessons/library/finance/variance-commentary.yaml", BEFORE_IT)
    put(folder, EXAMPLE_FILE, lesson)
    return put(folder, "lessons.yaml", root)


def put(folder: Path, name: str, text: str | bytes) -> Path:
    """Write one file, and the folders that it needs."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def loaded(
    path: Path, limits: Sequence[ChannelLimit] = (), *, counted: bool = False, texts: bool = True
) -> tuple[Catalogue | None, tuple[Finding, ...]]:
    """Load a catalogue on a fixed day; that a family has few use cases is told only where it is `counted`."""
    found = Loader(path, limits).load(TODAY, texts=texts)
    return found.catalogue, tuple(x for x in found.findings if counted or x.code is not Code.USE_CASES)


def lines(folder: Path, findings: Sequence[Finding]) -> list[str]:
    """Print findings with paths as seen from the folder."""
    return [str(finding).removeprefix(f"{folder}/") for finding in findings]


def said(folder: Path, findings: Sequence[Finding]) -> list[str]:
    """Print findings without their mends."""
    printed = zip(lines(folder, findings), findings, strict=True)
    return [line.removesuffix(f" ({finding.mend})") for line, finding in printed]
