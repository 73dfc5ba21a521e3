import re
from pathlib import Path

from lessons.lint import Code, Finding
from tests.lesson_files import lines, loaded

PAGE = (Path(__file__).parents[2] / "docs" / "lessons.md").read_text()
ROOT, LESSON = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
NAME = "lessons/library/finance/variance-note.yaml"


def write(folder: Path, lesson: str = LESSON) -> Path:
    """Write the page's two examples as the files that they are said to be."""
    assert f"This is `{NAME}`" in PAGE
    file = folder / NAME
    file.parent.mkdir(parents=True)
    file.write_text(lesson)
    (folder / "lessons.yaml").write_text(ROOT)
    return folder / "lessons.yaml"


def test_the_examples_of_the_page_are_sound(tmp_path: Path) -> None:
    """The catalogue and the lesson of docs/lessons.md load without a finding."""
    catalogue, findings = loaded(write(tmp_path))
    assert lines(tmp_path, findings) == []
    assert catalogue is not None and [*catalogue.lessons] == ["finance-variance-note"]


def test_the_finding_of_the_page_is_what_lint_prints(tmp_path: Path) -> None:
    """The finding shown in docs/lessons.md is that of a mistyped tool in the example."""
    _, findings = loaded(write(tmp_path, LESSON.replace("[copilot", "[copilto")))
    [line] = lines(tmp_path, findings)
    assert f"\n{line}\n" in PAGE


def test_every_code_is_on_the_page() -> None:
    """The table of codes in docs/lessons.md is the table in the program."""
    table = re.findall(r"^\| ([EW]\d{3}) \| (.*) \|$", PAGE, re.MULTILINE)
    assert table == [(code.number, code.sentence) for code in Code]


def test_a_code_is_a_warning_by_its_letter() -> None:
    """An E keeps the catalogue from being used, a W does not."""
    for code in Code:
        finding = Finding(Path("x"), 1, 1, code, "", "")
        assert finding.severity.value == {"E": "error", "W": "warning"}[code.number[0]]
