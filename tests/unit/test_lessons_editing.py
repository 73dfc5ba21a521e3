"""Changing, describing, writing and drafting lessons as files."""

import difflib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.drafting import QUESTIONS, compose, problem, slug
from lessons.editing import Way, edited
from lessons.loading import load
from lessons.reading import parse
from lessons.revising import describe
from lessons.writing import put_files
from tests.lesson_files import LESSON, ROOT, TODAY, write

LIBRARY = sorted((Path(__file__).parents[2] / "lessons" / "library").rglob("*.yaml"))[:12]

COMMENTED = """\
# yaml-language-server: $schema=../../lesson.schema.json
# Kept by the CFO office.
id: finance-close   # never change it
title: "Write the commentary"
steps:
- practice:
    task: >-
      One line
      and another.
    material: |
      a  b
      1  2
    checks: [{words: {min: 25}}, {mentions: [revenue]}]
    # what helps
    hint: 'Use only the table'
"""


def changed_lines(before: str, after: str) -> list[str]:
    """Give the lines that differ, with a sign."""
    diff = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line for line in diff if line[0] in "+-" and not line.startswith(("+++", "---"))]


@pytest.mark.parametrize(
    ("way", "new", "lines"),
    [
        (("title",), "Another", ['-title: "Write the commentary"', '+title: "Another"']),
        (("title",), "With: colon", ['-title: "Write the commentary"', '+title: "With: colon"']),
        (
            ("steps", 0, "practice", "hint"),
            "Use the table",
            ["-    hint: 'Use only the table'", "+    hint: 'Use the table'"],
        ),
        (("steps", 0, "practice", "material"), "a  b\n1  3", ["-      1  2", "+      1  3"]),
    ],
)
def test_one_change_touches_its_own_lines_only(way: Way, new: str, lines: list[str]) -> None:
    """Comments, order, quotes, indentation and everything else stay as the author wrote them."""
    assert changed_lines(COMMENTED, edited(COMMENTED.encode(), {way: new}).decode()) == lines


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_every_lesson_can_be_edited(path: Path) -> None:
    """In lessons as they are, a new title changes one line and a new concept only its own."""
    data = path.read_bytes()
    text = edited(data, {("title",): "A title of its own"}).decode()
    assert len(changed_lines(data.decode(), text)) == 2
    longer = "What was just practised, said in a sentence that is long enough to be folded over lines. " * 3
    steps = parse(path, data).value
    assert isinstance(steps, dict)
    at = next(i for i, step in enumerate(steps["steps"]) if isinstance(step, dict) and "concept" in step)  # type: ignore[arg-type]
    after = edited(data, {("steps", at, "concept"): longer.strip()})
    found = parse(path, after).value
    assert isinstance(found, dict) and parse(path, after).findings == ()
    assert {key: each for key, each in found.items() if key != "steps"} == {
        key: each for key, each in steps.items() if key != "steps"
    }


@given(
    st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co")), max_size=300)
)
def test_any_text_can_be_written(text: str) -> None:
    """Whatever somebody types comes back as it was typed, or is refused; the file can always be read."""
    try:
        data = edited(LESSON.encode(), {("title",): text, ("steps", 0, "practice", "hint"): text})
    except ValueError:
        return
    found = parse(Path("x.yaml"), data)
    assert isinstance(found.value, dict) and found.findings == ()
    assert found.value.get("title", "") == text.replace("\r\n", "\n").strip("\n") or "\n" in text


def test_a_key_is_added_and_taken_out() -> None:
    """A text that is not there yet is added, and an empty one takes its key out."""
    added = edited(LESSON.encode(), {("owner",): "CFO office"})
    assert b"\nowner: CFO office\n" in added
    assert edited(added, {("owner",): ""}).decode() == LESSON


@pytest.mark.parametrize(
    "way", [("steps", 9, "concept"), ("title", "more"), ("steps", "x"), ("nothing", "there")]
)
def test_a_way_that_leads_nowhere_is_refused(way: Way) -> None:
    """Nothing is written where nothing is."""
    with pytest.raises(ValueError, match="nothing is at"):
        edited(LESSON.encode(), {way: "text"})


def test_a_broken_file_is_not_edited() -> None:
    """What cannot be read is mended by its author first."""
    with pytest.raises(ValueError, match="findings"):
        edited(b"id: a\nid: b\n", {("title",): "text"})


# ---------------------------------------------------------------- describing


def test_a_change_is_told_lesson_by_lesson() -> None:
    """New, gone and changed lessons, each changed text old and new, long ones cut around the change."""
    long = "word " * 60
    before = {
        "lessons.yaml": ROOT.encode(),
        "library/finance/close.yaml": LESSON.encode(),
        "library/finance/gone.yaml": LESSON.replace("finance-close", "finance-gone").encode(),
        "library/finance/noted.yaml": LESSON.replace("finance-close", "finance-noted").encode(),
    }
    after = {
        "lessons.yaml": ROOT.replace("Claude", "Claude Enterprise").encode(),
        "library/finance/close.yaml": LESSON.replace(
            "Tell the tool to use only the table.", f"{long}end"
        ).encode(),
        "library/finance/new.yaml": LESSON.replace("finance-close", "finance-new").encode(),
        "library/finance/noted.yaml": (
            "# noted\n" + LESSON.replace("finance-close", "finance-noted")
        ).encode(),
    }
    told = describe(before, after)
    assert told[:2] == (
        "~ lessons.yaml",
        "    tools claude name: “Claude” -> “Claude Enterprise”",
    )
    assert told[2] == "~ finance-close  Write the variance commentary"
    assert told[3].startswith(
        "    steps 1 practice hint: “Tell the tool to use only the table.” -> “word word"
    )
    assert len(told[3]) < 300
    assert told[4:] == (
        "- finance-gone  Write the variance commentary",
        "+ finance-new  Write the variance commentary",
        "~ finance-noted  Write the variance commentary",
        "    only comments or layout",
    )
    assert describe(before, before) == ()


def test_a_small_change_in_a_long_text_shows_its_surroundings() -> None:
    """Of a long text only what changed is shown, with a few words around."""
    old = "a " * 100 + "freight" + " b" * 100
    one = {"x.yaml": f"id: x\ntitle: t\ntext: {old}\n".encode()}
    two = {"x.yaml": f"id: x\ntitle: t\ntext: {old.replace('freight', 'shipping')}\n".encode()}
    (_, line) = describe(one, two)
    assert "freight" in line and "shipping" in line and len(line) < 160 and "…" in line


# ---------------------------------------------------------------- writing


def test_files_are_put_in_place_and_taken_away(tmp_path: Path) -> None:
    """New folders are made, old files replaced with their permissions, and nothing else is left behind."""
    old, gone = tmp_path / "a.yaml", tmp_path / "b.yaml"
    old.write_text("old")
    old.chmod(0o640)
    gone.write_text("gone")
    put_files(tmp_path, {"a.yaml": b"new", "deep/er/c.yaml": b"c"}, ["b.yaml"])
    assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()) == [
        "a.yaml",
        "deep/er/c.yaml",
    ]
    assert old.read_text() == "new" and old.stat().st_mode & 0o777 == 0o640


def test_where_one_file_cannot_be_written_none_is(tmp_path: Path) -> None:
    """A folder that is a file refuses the whole change, and leaves no trace."""
    (tmp_path / "deep").write_text("a file")
    (tmp_path / "a.yaml").write_text("old")
    with pytest.raises(OSError, match="deep"):
        put_files(tmp_path, {"a.yaml": b"new", "deep/c.yaml": b"c"})
    assert (tmp_path / "a.yaml").read_text() == "old" and len([*tmp_path.iterdir()]) == 2


@pytest.mark.parametrize("path", ["../out.yaml", "/tmp/out.yaml", "a/../../out.yaml"])
def test_nothing_is_written_outside(tmp_path: Path, path: str) -> None:
    """A path that leads out of the catalogue's folder is refused."""
    inside = tmp_path / "catalogue"
    inside.mkdir()
    with pytest.raises(ValueError, match="leads out"):
        put_files(inside, {path: b"x"})
    assert [*tmp_path.iterdir()] == [inside]


# ---------------------------------------------------------------- drafting

ANSWERS = {asked.key: [asked.example] if asked.lines == "list" else asked.example for asked in QUESTIONS}


def test_the_examples_of_the_questions_make_a_sound_lesson(tmp_path: Path) -> None:
    """Whoever answers as the examples do gets a lesson without a finding."""
    name = slug(str(ANSWERS["title"]))
    tools = ["copilot", "claude"]
    text = compose(
        name, "finance", "explain-variances", tools, "CFO office", ANSWERS, TODAY, "lesson.schema.json"
    )
    root = write(tmp_path, lesson=LESSON)
    (tmp_path / "library" / "finance" / f"{name}.yaml").write_text(text)
    found = load(root, TODAY)
    assert [str(f) for f in found.findings if f.path.stem == name] == []
    assert found.catalogue is not None and f"finance-{name}" in found.catalogue.lessons
    assert text.startswith("# yaml-language-server: $schema=lesson.schema.json\n")


@pytest.mark.parametrize(
    ("key", "answer", "said"),
    [
        ("title", "", "Something has to be here."),
        ("title", "x" * 81, "That has 81 characters; 80 is the most."),
        ("concept", "word " * 80, "That has 80 words; 79 is the most."),
        ("rubric", ["", " "], "Something has to be here."),
        ("rubric", ["x" * 141], "That has 141 characters; 140 is the most."),
        ("mentions", [], None),
        ("material", "mail ann@" + "laps-mail.com", "an e-mail address stands in it"),
        ("task", "TO" + "DO later", "a placeholder stands in it"),
        ("task", "Do it now", None),
    ],
)
def test_an_answer_is_checked_as_it_is_given(key: str, answer: str | list[str], said: str | None) -> None:
    """What `laps lint` would find later is said at once."""
    asked = next(each for each in QUESTIONS if each.key == key)
    found = problem(asked, answer)
    assert found == said or (found and said and found.startswith(said))


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Write the variance commentary from a P&L table", "write-variance-commentary-p-l"),
        ("Explain the week's cash forecast", "explain-weeks-cash-forecast"),
        ("Überprüfe Größen", "uberprufe-groen"),
        ("???", "lesson"),
    ],
)
def test_a_title_becomes_a_name(title: str, name: str) -> None:
    """A file is named by the words of the title that say something."""
    assert slug(title) == name


def test_a_long_draft_keeps_within_seven_minutes() -> None:
    """Where the texts are long, the practice is given less time, so that the estimate fits."""
    long = {**ANSWERS, "task": "word " * 115, "concept": "word " * 78, "question": "word " * 75}
    text = compose("x", "finance", "c", ["copilot"], "CFO office", long, date(2026, 11, 2), "s.json")
    found = parse(Path("x.yaml"), text.encode()).value
    assert isinstance(found, dict) and isinstance(found["minutes"], int) and 3 <= found["minutes"] <= 7
