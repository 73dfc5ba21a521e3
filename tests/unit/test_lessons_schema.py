import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from lessons.loading import load
from lessons.reading import read
from lessons.schema import catalogue_schema, lesson_schema
from tests.lesson_files import EXAMPLE, EXAMPLE_FILE, EXAMPLE_ROOT, LESSON, ROOT, TODAY, write, write_example

HERE = Path(__file__).parents[2]
LIBRARY = sorted((HERE / "lessons" / "library").glob("*/*.yaml"))
BOTH = {"lesson": lesson_schema, "catalogue": catalogue_schema}
STEP = LESSON[LESSON.index("  - practice:") :]


def faults(of: str, path: Path) -> list[str]:
    """Hold a file against a schema of the language."""
    schema = Draft202012Validator(BOTH[of](), format_checker=FormatChecker())
    return [error.message for error in schema.iter_errors(read(path).value)]


@pytest.mark.parametrize("of", BOTH)
def test_the_committed_schema_is_that_of_the_language(of: str) -> None:
    """The schema files that editors read say what the models say (`laps schema` prints them)."""
    committed = (HERE / "lessons" / f"{of}.schema.json").read_text()
    assert committed == json.dumps(BOTH[of](), indent=2) + "\n"


@pytest.mark.parametrize("of", BOTH)
def test_the_schemas_are_sound(of: str) -> None:
    """Each is a valid schema of draft 2020-12 that describes every key of its file."""
    schema = BOTH[of]()
    Draft202012Validator.check_schema(schema)
    properties = schema["properties"]
    assert isinstance(properties, dict) and schema["title"] and schema["description"]
    for name, each in properties.items():
        assert isinstance(each, dict) and each.get("description"), name


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_every_lesson_of_the_library_fits_the_schema(path: Path) -> None:
    """A lesson that comes with Laps shows no fault in an editor, and names its schema in the first line."""
    assert faults("lesson", path) == []
    assert path.read_text().startswith("# yaml-language-server: $schema=../../lesson.schema.json\n")


def test_the_root_fits_the_schema() -> None:
    """The lessons.yaml that comes with Laps shows no fault in an editor, and names its schema."""
    path = HERE / "lessons.yaml"
    assert faults("catalogue", path) == []
    assert path.read_text().startswith("# yaml-language-server: $schema=lessons/catalogue.schema.json\n")


REFUSED = [
    ("  - practice:", "  - concept: First the theory.\n  - practice:"),
    (STEP, ""),
    ("  - concept:", "  - conzept:"),
    ("right: true, ", ""),
    ("Be accurate,", "Be accurate, right: true,"),
    ("{confidence: true}", "{}"),
    ("title: Write", "subtitle: x\ntitle: Write"),
    ("use_case: Variance analysis", "use_case: ' '"),
    ("2027-03-01", "soon"),
    ("minutes: 5", "minutes: 8"),
    ("minutes: 5", "minutes: '5'"),
    ("id: finance-close", "id: Finance Close"),
    ("[freight, shipping]", "[]"),
]


@pytest.mark.parametrize(("old", "new"), REFUSED)
def test_the_schema_refuses_what_lint_refuses(tmp_path: Path, old: str, new: str) -> None:
    """A lesson that opens with a concept, or breaks another rule of one file, is refused by the schema."""
    write(tmp_path, lesson=LESSON)
    path = tmp_path / "library" / "finance" / "close.yaml"
    assert faults("lesson", path) == []
    assert old in LESSON
    write(tmp_path, lesson=LESSON.replace(old, new, 1))
    assert faults("lesson", path)


IN_EXAMPLE = [
    ("skill: produce", "skill: watch"),
    ("difficulty: easy", "difficulty: 1"),
    ("prerequisites: [", "prerequisites: [a, b, c, d, e, "),
    ("industries: [banking]", "industries: [Banking & more]"),
    ("reviewed_on: 2026-11-02", "reviewed_on: lately"),
    ("https://example.com/laps/grounding.png", "http://example.com/laps/grounding.png"),
    ("        alt: A table inside a frame, with an arrow from the frame to three sentences\n", ""),
    ("        copilot:\n", "        chatgpt: {}\n        copilot:\n"),
    ("        copilot:\n", "        Copilot 365:\n"),
    ("          menu: In Excel, select", "          manu: In Excel, select"),
    ("        why: It sets", "        because: It sets"),
    (
        "        - Every number stands in the table\n",
        "        - a\n        - b\n        - c\n        - Every number\n",
    ),
    ("      text: >-\n        Grounding.", "      txt: >-\n        Grounding."),
    ("  de:\n", "  german:\n"),
    ("    use_case: Abweichungsanalyse", "    minutes: 5"),
    ("      - {}\n", "      - reflect: {confidence: true}\n"),
    ("              feedback: Wieder gilt", "              right: true\n              feedback: Wieder gilt"),
    ("          image: {alt: Je", "          image: {url: 'https://a.example/b', alt: Je"),
    ("  - transfer:\n      question: You", "  - transfer:\n      asked: You"),
]


def test_the_example_fits_the_schemas(tmp_path: Path) -> None:
    """The page's root and lesson show no fault in an editor, and name their schemas in the first line."""
    assert faults("catalogue", write_example(tmp_path)) == []
    assert faults("lesson", tmp_path / EXAMPLE_FILE) == []
    assert EXAMPLE.startswith("# yaml-language-server: $schema=../../lesson.schema.json\n")
    assert EXAMPLE_ROOT.startswith("# yaml-language-server: $schema=lessons/catalogue.schema.json\n")


@pytest.mark.parametrize(("old", "new"), IN_EXAMPLE)
def test_the_schema_refuses_the_example_with_a_fault(tmp_path: Path, old: str, new: str) -> None:
    """What a file by itself can be held against is refused by the schema as it is by lint."""
    assert old in EXAMPLE
    path = write_example(tmp_path, lesson=EXAMPLE.replace(old, new, 1))
    assert faults("lesson", tmp_path / EXAMPLE_FILE)
    assert load(path, TODAY).catalogue is None


def test_the_schema_refuses_a_tool_that_is_no_id(tmp_path: Path) -> None:
    """An id in lessons.yaml that no lesson could name is refused."""
    assert faults("catalogue", write(tmp_path)) == []
    assert faults("catalogue", write(tmp_path, ROOT.replace("  claude:", "  Claude AI:")))
