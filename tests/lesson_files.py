"""A small sound catalogue as files, for tests that break it in one place."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from lessons.catalogue import Catalogue
from lessons.lint import Finding
from lessons.loading import load

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
  - concept: Grounding. You gave the tool the only facts that it may use.
  - check:
      question: Which instruction reduces invented causes most?
      answers:
        - {text: Be accurate, feedback: Too vague to change what it writes.}
        - {text: Use only the table, right: true, feedback: It has a way out other than inventing.}
  - reflect: {confidence: true}
  - commit: {when: The close begins, task: variance commentary}
"""


def write(folder: Path, root: str | bytes = ROOT, lesson: str | bytes = LESSON) -> Path:
    """Write a root and its lesson, and return the root's path."""
    file = folder / "library" / "finance" / "close.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    for path, text in ((folder / "lessons.yaml", root), (file, lesson)):
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder / "lessons.yaml"


def loaded(path: Path) -> tuple[Catalogue | None, tuple[Finding, ...]]:
    """Load a catalogue on a fixed day."""
    found = load(path, TODAY)
    return found.catalogue, found.findings


def lines(folder: Path, findings: tuple[Finding, ...]) -> list[str]:
    """Print findings with paths as seen from the folder."""
    return [str(finding).removeprefix(f"{folder}/") for finding in findings]
