"""`laps new lesson`: a few questions, and a lesson that passes `laps lint`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from bot.app import CHANNEL_LIMITS, good, now_utc
from bot.cli.opening import save
from bot.cli.printing import make_console
from bot.errors import Unanswered
from bot.settings import Settings
from lessons.catalogue import Catalogue
from lessons.drafting import QUESTIONS, Asked, compose, problem, slug
from lessons.including import folder_for
from lessons.lint import Finding
from lessons.loading import Loader

END = "."
"""The line that ends a text of several lines."""


def new_lesson(settings: Settings) -> int:
    """Ask, write the lesson into the library, and check it.

    Raises:
        CatalogueError: the catalogue has errors already.
        Unanswered: the input ended before the last question.
    """
    console = make_console()
    loader = Loader(settings.lessons, CHANNEL_LIMITS)
    today = now_utc().date()
    catalogue = good(loader.load(today))
    console.print("A new lesson. Each answer can be changed later, in the file.", style="bold")
    family = _choose(console, "For which job?", [(k, f.name) for k, f in catalogue.job_families.items()])
    capability, owner = _capability(console, catalogue, family)
    answers: dict[str, str | Sequence[str]] = {}
    for asked in QUESTIONS:
        answers[asked.key] = _ask(console, asked)
    folder = folder_for(loader.patterns, family)
    name = _free(settings.lessons.parent / folder, slug(str(answers["title"])))
    path = f"{folder}/{name}.yaml"
    schema = "/".join([".."] * (len(Path(folder).parts) - 1) + ["lesson.schema.json"])
    text = compose(name, family, capability, list(catalogue.tools), owner, answers, today, schema)
    save(settings.lessons.parent, {path: text.encode()})
    place = settings.lessons.parent / path
    return _tell(console, place, f"{family}-{name}", loader.load(today).findings)


def _tell(console: Console, place: Path, name: str, findings: Sequence[Finding]) -> int:
    ours = [finding for finding in findings if finding.path == place]
    console.print(f"\nWritten: {place}", style="bold", markup=False, soft_wrap=True)
    for finding in ours:
        print(finding)
    if ours:
        console.print("Mend what is named above, then check it again: laps lint")
    console.print(f"See it: laps preview {name}\nTake it: laps try {name}", markup=False)
    return 1 if ours else 0


def _free(folder: Path, name: str) -> str:
    """Return a name that no file has yet."""
    names = [name, *(f"{name}-{number}" for number in range(2, 1000))]
    return next(each for each in names if not (folder / f"{each}.yaml").exists())


def _capability(console: Console, catalogue: Catalogue, family: str) -> tuple[str, str]:
    capabilities = catalogue.job_families[family].capabilities
    options = [(each.id, f"{each.id} ({each.owner})") for each in capabilities]
    chosen = _choose(console, "Which capability does it build?", options)
    return chosen, next(each.owner for each in capabilities if each.id == chosen)


def _choose(console: Console, question: str, options: Sequence[tuple[str, str]]) -> str:
    console.print(Text(f"\n{question}", "bold"))
    for number, (_, label) in enumerate(options, 1):
        console.print(f"  {number:>2}  {label}", markup=False)
    while True:
        typed = _line(console)
        named = [value for value, _ in options if value == typed]
        if typed.isdecimal() and 0 < int(typed) <= len(options):
            return options[int(typed) - 1][0]
        if named:
            return named[0]
        console.print(f"Type a number from 1 to {len(options)}.", style="yellow")


def _ask(console: Console, asked: Asked) -> str | Sequence[str]:
    console.print(Text.assemble((f"\n{asked.question}", "bold"), (f"  For example: {asked.example}", "dim")))
    if asked.lines != "one":
        console.print(Text(f"As many lines as you like; then a line with only {END}", "dim"))
    while True:
        answer: str | Sequence[str] = _line(console)
        if asked.lines != "one":
            lines = _rest(console, str(answer))
            answer = "\n".join(lines) if asked.lines == "text" else [line for line in lines if line.strip()]
        wrong = problem(asked, answer)
        if wrong is None:
            return answer
        console.print(wrong, style="yellow", markup=False)


def _rest(console: Console, first: str) -> list[str]:
    lines = []
    line = first
    while line.strip() != END:
        lines.append(line)
        line = _line(console)
    return lines


def _line(console: Console) -> str:
    if sys.stdin.isatty():
        console.print("> ", end="")
    line = sys.stdin.readline()
    if not line:
        raise Unanswered
    return line.rstrip("\r\n") if line.startswith(" ") else line.strip()
