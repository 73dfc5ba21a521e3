import re
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.routes import ROUTES
from tests.repo.reading import FOLDERS, ROOT, coded, modules, named, page, pages, section, table
from tests.scenario.test_run import TABLE

README = page("README.md")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")


def anchors(text: str) -> set[str]:
    """Name the headings of a page as links do."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", [named(path) for path in pages()])
def test_every_link_leads_somewhere(name: str) -> None:
    """A link of a page leads to a file that is there, and to a heading that is in it."""
    here = ROOT / name
    text = re.sub(r"```.*?```", "", here.read_text(), flags=re.DOTALL)
    for link in LINK.findall(text):
        if re.match(r"https?://|mailto:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (here.parent / path).resolve() if path else here
        assert target.exists(), f"{name} links to {link}"
        if anchor:
            assert anchor in anchors(target.read_text()), f"{name} links to {link}"


def commands_of(parts: list[str], capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    """List the commands below these words, as their own help does."""
    with pytest.raises(SystemExit):
        main([*parts, "--help"])
    shown = capsys.readouterr().out
    if "COMMAND" not in shown and "ACTION" not in shown:
        return [parts]
    names = re.findall(r"^    (\w+)(?: {2,}|$)", shown, re.MULTILINE)
    return [command for name in names for command in commands_of([*parts, name], capsys)]


def spelled(text: str) -> list[str]:
    r"""Spell out `role grant\|revoke PERSON` as two."""
    match = re.match(r"(.*?)(\w+(?:\\\|\w+)+)(.*)", text)
    if match is None:
        return [text]
    return [f"{match[1]}{word}{match[3]}" for word in match[2].split(r"\|")]


def test_every_command_is_in_the_readme(capsys: pytest.CaptureFixture[str]) -> None:
    """The table of commands has every command that there is, and no other."""
    rows = table(section(README, "## Commands"))
    told = {
        " ".join(word for word in one.split()[1:] if word.islower())
        for row in rows
        for code in coded(row[0])
        for one in spelled(code)
    }
    there = {" ".join(command) for command in commands_of([], capsys)}
    there = there - {"manifest"} | {"manifest slack", "manifest teams"}
    assert told == there


@pytest.mark.parametrize("name", [named(path) for path in pages()])
def test_every_command_of_a_page_exists(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Wherever a page says `laps …` or `make …`, there is such a command."""
    if name == "CHANGELOG.md":
        return
    known = {command[0] for command in commands_of([], capsys)} | {"COMMAND"}
    targets = set(re.findall(r"^([a-z]+):.*##", page("Makefile"), re.MULTILINE))
    text = page(name)
    said = coded(re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    said += [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    for code in said:
        words = code.split()
        if len(words) > 1 and words[0] == "laps" and not words[1].startswith(("-", ".")):
            assert words[1] in known, f"{name}: {code}"
        if len(words) > 1 and words[0] == "make":
            assert words[1] in targets, f"{name}: {code}"


def test_what_run_prints_is_in_the_readme() -> None:
    """The README shows the table of a first start as it is."""
    counted = re.search(
        r"^(\d+) lessons from lessons.yaml. Check everything with: laps doctor$", README, re.MULTILINE
    )
    assert counted and int(counted[1]) <= len([*(ROOT / "lessons" / "library").rglob("*.yaml")])
    shown = f"{counted[0]}\nPractice room: http://127.0.0.1:3978/\n"
    assert f"```\n{TABLE}{shown}```" in README


def test_every_typed_verb_is_in_the_readme() -> None:
    """The README lists the verbs of the one table, each as it is typed, in the table's order."""
    told = [code for code in coded(section(README, "## What learners type")) if not code.startswith("/")]
    usages = [route.usage for route in ROUTES.values() if route.help]
    assert [code.split()[0] for code in told] == [usage.split()[0] for usage in usages]


WORDS = (
    "organization",
    "workspace",
    "channel",
    "surface",
    "learner",
    "job family",
    "lesson, step, practice",
    "session",
    "moment of need",
    "nudge",
    "adoption event",
    "program",
    "target",
    "digest",
    "catalogue",
)
"""The words of the design, in its order; further ones belong in the second table."""


def test_the_glossary_holds_the_words() -> None:
    """The first table is the design's, the second the code's, and no word is explained twice."""
    glossary = page("docs/glossary.md")
    first = [row[0] for row in table(glossary)]
    second = [row[0] for row in table(section(glossary, "## Words inside the code"))]
    assert tuple(first) == WORDS
    words = [word for row in first for word in row.split(", ")]
    words += [word for row in table(glossary) for word in re.findall(r"\*([\w ]+)\*:", row[1])]
    assert len({*words, *second}) == len(words) + len(second)


FORBIDDEN = re.compile(
    r"\b(trainees?|students?|pupils?|quiz(?:zes)?|curriculum|curricula|courseware|micro-?lessons?|"
    r"participants?|e-?learning|reminders?)\b",
    re.IGNORECASE,
)


def test_there_are_no_synonyms() -> None:
    """What has a word is not called by another, on pages and in the code."""
    for path in [*pages(), *modules(*FOLDERS)]:
        assert FORBIDDEN.findall(path.read_text()) == [], named(path)


# ---------------------------------------------------------------- how it works

STEPS = table(page("docs/how-it-works.md"))


@pytest.mark.parametrize("number", range(1, len(STEPS) + 1))
def test_a_step_of_how_it_works_is_in_the_code(number: int) -> None:
    """The files of each step are there, and hold the functions and classes that it names."""
    step, where, what = STEPS[number - 1]
    assert step == str(number)
    found: list[Path] = []
    for name in coded(where):
        if "/" in name:
            found.append(ROOT / name)
        elif name.endswith(".py"):
            found.append(found[-1].parent / name)
    assert found and all(path.exists() for path in found), where
    texts = [p.read_text() for f in found for p in (f.glob("*.py") if f.is_dir() else (f,))]
    everywhere = [p.read_text() for p in modules("bot")]
    for name in coded(what) + [name for name in coded(where) if "/" not in name and not name.endswith(".py")]:
        if re.fullmatch(r"[\w.]+(\(\w+\))?", name) and "/" not in name:
            for part in name.partition("(")[0].split("."):
                spot = re.compile(rf"\b{re.escape(part)}\b")
                assert any(spot.search(text) for text in texts) or any(map(spot.search, everywhere)), name
        elif "/" in name and not name.startswith("POST"):
            assert (ROOT / name).exists(), name


def test_the_files_of_how_it_works_are_there() -> None:
    """What the page says to touch, or where a test is, exists."""
    for name in coded(page("docs/how-it-works.md")):
        if re.fullmatch(r"(bot|adapters|lessons|scheduler|storage|tests)/[\w/.]*", name):
            assert (ROOT / name).exists(), name
