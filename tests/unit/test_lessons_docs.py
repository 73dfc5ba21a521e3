import re
import shutil
from collections.abc import Iterator, Set
from datetime import UTC, datetime, time
from pathlib import Path
from typing import get_args

import pytest

from lessons.catalogue import Root
from lessons.lint import Code, Finding
from lessons.model import Lesson
from lessons.reading import parse
from lessons.steps import Step
from lessons.terms import Model
from lessons.translation import LessonWords
from tests.commands import ROOT as REPOSITORY
from tests.commands import Laps
from tests.lesson_files import EXAMPLE, EXAMPLE_FILE, EXAMPLE_ROOT, PAGE, TODAY, lines, loaded, write_example
from tests.repo.reading import coded, section, table

# ---------------------------------------------------------------- the page followed


def test_the_example_is_sound(tmp_path: Path) -> None:
    """The root and the lesson of docs/lessons.md are a catalogue without a finding."""
    catalogue, findings = loaded(write_example(tmp_path))
    assert lines(tmp_path, findings) == [] and catalogue is not None
    assert {*catalogue.lessons} == {"finance-variance-commentary", "finance-variance-note"}
    assert f"`{EXAMPLE_FILE}`" in PAGE


def test_the_page_can_be_followed(laps: Laps, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever does what the page says, in the catalogue that comes with Laps, sees what the page says."""
    noon = datetime.combine(TODAY, time(12), UTC)
    monkeypatch.setattr("bot.cli.authoring.now_utc", lambda: noon)
    laps.set(LAPS_LESSONS="lessons.yaml")
    shutil.copy(REPOSITORY / "lessons.yaml", laps.folder)
    shutil.copytree(REPOSITORY / "lessons" / "library", laps.folder / "lessons" / "library")
    before = laps("lint")
    Path(EXAMPLE_FILE).write_text(EXAMPLE)
    after = laps("lint")
    assert (after.code, after.out) == (before.code, before.out)  # the library itself is held elsewhere
    Path(EXAMPLE_FILE).write_text(re.sub("^title: .*$", "title: Write: a note", EXAMPLE, flags=re.MULTILINE))
    broken = laps("lint")
    [line] = [line for line in broken.out.splitlines() if EXAMPLE_FILE in line]
    assert broken.code == 1 and line.startswith(f"{EXAMPLE_FILE}:3:13: E005 a colon and a space")
    assert "in quotes" in line


def test_the_finding_of_the_page_is_what_lint_prints(tmp_path: Path) -> None:
    """The finding shown in docs/lessons.md is that of a mistyped tool in the example."""
    wrong = EXAMPLE.replace("[copilot,", "[copilto,")
    [tool, variant] = lines(tmp_path, loaded(write_example(tmp_path, lesson=wrong))[1])
    assert f"\n{tool}\n" in PAGE
    assert 'E215 the lesson has no tool "copilot" (did you mean copilto?)' in variant


# ---------------------------------------------------------------- every key

Key = tuple[type[Model], str]


def models_in(annotation: object) -> Set[type[Model]]:
    """Give the models that a type speaks of, without those inside them."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return {annotation}
    return {model for each in get_args(annotation) for model in models_in(each)}


def keys_of(model: type[Model]) -> Iterator[Key]:
    """Give every key that a model and those inside it have."""
    for key, field in model.model_fields.items():
        yield model, key
        for inner in models_in(field.annotation):
            yield from keys_of(inner)


def used_in(value: object, models: Set[type[Model]]) -> Iterator[Key]:
    """Give the keys that a value has of some models; what is no key of theirs is an id."""
    if isinstance(value, list):
        for each in value:
            yield from used_in(each, models)
    elif isinstance(value, dict):
        for key, each in value.items():
            having = [model for model in models if key in model.model_fields]
            yield from ((model, key) for model in having)
            inner = {m for model in having for m in models_in(model.model_fields[key].annotation)}
            yield from used_in(each, inner or models)


LANGUAGE = {*keys_of(Root), *keys_of(Lesson)}


def test_every_key_is_in_the_example() -> None:
    """The page's example has every key of the language, each model's own, and so shows all of it."""
    root = parse(Path("lessons.yaml"), EXAMPLE_ROOT.encode()).value
    lesson = parse(Path(EXAMPLE_FILE), EXAMPLE.encode()).value
    assert {*used_in(root, {Root}), *used_in(lesson, {Lesson})} == LANGUAGE


def passed(path: str, models: Set[type[Model]]) -> Iterator[Key]:
    """Give the keys on a path such as `tools.ID.name`, in which what is in capitals stands for any id."""
    for part in path.split("."):
        if part.isupper():
            continue
        having = [model for model in models if part in model.model_fields]
        assert having, f"the language has no {path}"
        yield from ((model, part) for model in having)
        models = {m for model in having for m in models_in(model.model_fields[part].annotation)}


STEPS = models_in(Step)
PROSE = re.sub("```.*?```", "", PAGE, flags=re.DOTALL)
TABLES: dict[str, Set[type[Model]]] = {
    "## lessons.yaml": {Root},
    "### Programs and targets": {Root},
    "### Moments": {Root},
    "## The example": {Lesson},
    "### Steps": STEPS,
    "### Translations": {LessonWords},
}


def test_every_key_is_explained() -> None:
    """The tables of the page explain every key of the language and no other."""
    explained: set[Key] = set()
    for heading, models in TABLES.items():
        for row in table(section(PROSE, heading)):
            within = [f"{name}." for name in coded(row[0])] if heading == "### Translations" else []
            for key in coded(row[1] if heading == "### Translations" else row[0]):
                explained |= {*passed(f"{within[0] if within else ''}{key}", models)}
    assert explained == LANGUAGE


# ---------------------------------------------------------------- every code


def test_every_code_is_on_the_page() -> None:
    """The table of codes in docs/lessons.md is the table in the program."""
    codes = re.findall(r"^\| ([EW]\d{3}) \| (.*) \|$", PAGE, re.MULTILINE)
    assert codes == [(code.number, code.sentence) for code in Code]


def test_a_code_is_a_warning_by_its_letter() -> None:
    """An E keeps the catalogue from being used, a W does not."""
    for code in Code:
        finding = Finding(Path("x"), 1, 1, code, "", "")
        assert finding.severity.value == {"E": "error", "W": "warning"}[code.number[0]]
