"""`laps lint`, `laps schema`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bot.app import CHANNEL_LIMITS, now_utc
from bot.cli.printing import count
from lessons.lint import Severity, render
from lessons.loading import load
from lessons.schema import catalogue_schema, lesson_schema


def lint(path: Path, form: str) -> int:
    """Print every finding; 1 where there is an error among them."""
    root = path / "lessons.yaml" if path.is_dir() else path
    loaded = load(root, now_utc().date(), CHANNEL_LIMITS)
    catalogue, findings = loaded.catalogue, loaded.findings
    text = render(findings, form)
    if text:
        print(text)
    if form == "text":
        errors = sum(finding.severity is Severity.ERROR for finding in findings)
        told = [count(len(catalogue.lessons), "lesson")] if catalogue else [count(errors, "error")]
        told.append(count(len(findings) - errors, "warning"))
        print(f"{', '.join(told)}.", file=sys.stderr)
    return 1 if catalogue is None else 0


def schema(of: str) -> int:
    """Print a JSON Schema of the lesson language."""
    print(json.dumps(lesson_schema() if of == "lesson" else catalogue_schema(), indent=2))
    return 0
