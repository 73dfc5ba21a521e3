"""Files that are meant to harm: each ends with a finding, soon, in little memory, and never with a crash."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.commands import ROOT as REPOSITORY
from tests.lesson_files import EXAMPLE, LESSON, ROOT, write

SECONDS, MEGABYTES = 2, 200
"""Of a processor and of memory, for one load of a catalogue with one such file."""

MEASURE = """
import json, resource, sys, time
from datetime import date
from pathlib import Path
from lessons.loading import Loader

def peak():
    # On Linux ru_maxrss begins with that of the process that started this one.
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1_000_000
    [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024 / 1_000_000

resource.setrlimit(resource.RLIMIT_AS, (2_000_000_000, 2_000_000_000))
for path in sys.argv[1:]:
    loader = Loader(Path(path))
    started = time.process_time()
    found = loader.load(date(2026, 11, 2))
    took = time.process_time() - started
    size = sum(len(str(finding)) for finding in found.findings)
    codes = sorted({finding.code.number for finding in found.findings})
    sound = found.catalogue is not None
    print(json.dumps([took, peak(), len(found.findings), size, sound, codes]), flush=True)
"""

M = 900_000
"""Bytes just under those that are read."""


def repeated(piece: str, most: int = M) -> str:
    """Fill most of a file with a piece."""
    return piece * (most // len(piece.encode()))


def numbered(form: str, count: int) -> str:
    """Repeat a piece with a number in it."""
    return "".join(form.format(number) for number in range(count))


def in_lesson(old: str, new: str) -> str:
    """Change the sound lesson."""
    assert old in LESSON, old
    return LESSON.replace(old, new, 1)


def laughs(flow: str, depth: int = 30) -> str:
    """Nest aliases so that each level is nine times the one before."""
    levels = ["a0: &a0 [lol]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, depth))]
    return "\n".join(levels) + flow


TITLE = "title: Write the variance commentary"
HINT = "      hint: Tell the tool to use only the table.\n"
ANSWER = "        - {text: Be accurate,"
VARIANTS = HINT + "      variants:\n"
GERMAN = "translations:\n  de:\n"

HOSTILE: dict[str, str | bytes] = {
    "aliases that multiply": laughs("\n"),
    "merge keys": "a: &a {b: c}\n" + numbered("x{0}: {{<<: *a}}\n", 30_000),
    "an anchor in itself": "&a [*a, *a]\n",
    "anchors without end": numbered("a{0}: &a{0} x\n", 50_000),
    "one anchor of a megabyte": "a: &" + "b" * M + " c\n",
    "aliases without end": "a: [" + repeated("*b, ") + "]\n",
    "tags without end": numbered("a{0}: !t x\n", 60_000),
    "lists in lists": "[" * M,
    "lists in lists, closed": "a: " + "[" * 400_000 + "]" * 400_000,
    "mappings in mappings": "{a: " * 200_000,
    "dashes": repeated("- "),
    "questions": repeated("? "),
    "indentation": "\n".join(" " * n + "a:" for n in range(1_300)),
    "many documents": repeated("--- a\n"),
    "ten megabytes": b"a: " + b"x" * 10_000_000,
    "a million keys": numbered("{0}: 1\n", 1_000_000),
    "as many keys as fit": numbered("k{0}: \n", 100_000),
    "as many keys as are read": LESSON + numbered("titel{0}: x\n", 19_000),
    "the same key again and again": repeated("a: b\n"),
    "each key twice": numbered("k{0}: \n", 9_000) + numbered("k{0}: \n", 9_000),
    "empty entries": "steps: [" + repeated(",") + "]",
    "one line": in_lesson(TITLE, "title: " + "x" * M),
    "one line of words": in_lesson(TITLE, "title: " + repeated("variance ")),
    "one line of a million @": in_lesson(HINT, f"      hint: '{'@' * M}'\n"),
    "addresses without end": in_lesson(HINT, f"      material: '{repeated('j@acme.co ')}'\n"),
    "digits": in_lesson("minutes: 5", "minutes: " + "9" * M),
    "digits after a point": in_lesson("minutes: 5", "minutes: 5." + "0" * M),
    "an exponent": in_lesson("minutes: 5", "minutes: 1e999999999"),
    "hexadecimal digits": in_lesson("minutes: 5", "minutes: 0x" + "f" * M),
    "numbers": in_lesson(HINT, f"      material: '{repeated('4111 ')}'\n"),
    "tokens": in_lesson(HINT, f"      material: '{repeated('eyJ')}'\n"),
    "tokens with dots": in_lesson(HINT, f"      material: '{repeated('eyJaaaaaaaa.')}'\n"),
    "placeholders": in_lesson(HINT, f"      material: '{repeated('[your ')}'\n"),
    "placeholders on lines": in_lesson(HINT, "      material: |\n" + repeated("        [your a]\n")),
    "comments": LESSON + repeated("# mail j@acme.co\n"),
    "line breaks": LESSON + "\n" * M,
    "carriage returns": LESSON + "\r" * M,
    "spaces": in_lesson(TITLE, "title: '" + " " * M + "'"),
    "tabs": in_lesson(TITLE, "title:\t" + "\t" * M),
    "quotes": in_lesson(TITLE, "title: '" + "''" * (M // 2) + "'"),
    "escapes": in_lesson(TITLE, 'title: "' + repeated("\\x41") + '"'),
    "an open quote": in_lesson(TITLE, 'title: "' + "a\n" * (M // 2)),
    "control characters": in_lesson(TITLE, "title: " + "\x01" * M),
    "nulls": b"\0" * M,
    "a null in a text": in_lesson(TITLE, 'title: "a\\0b"'),
    "an escaped bell": in_lesson(TITLE, r'title: "a\u0007b"'),
    "half of a character": in_lesson(TITLE, r'title: "a\ud800b"'),
    "two halves of a character": in_lesson(TITLE, r'title: "\ud83d\ude00"'),
    "beyond all characters": in_lesson(TITLE, r'title: "\U7fffffff"'),
    "an unknown escape": in_lesson(TITLE, r'title: "\q"'),
    "half of a character in UTF-8": LESSON.encode().replace(b"Write the", b"\xed\xa0\x80"),
    "an overlong slash": LESSON.encode().replace(b"Write the", b"\xc0\xaf"),
    "a byte order mark inside": in_lesson(TITLE, "title: a\ufeffb"),
    "two byte order marks": b"\xef\xbb\xbf" * 2 + LESSON.encode(),
    "UTF-16": LESSON.encode("utf-16"),
    "UTF-16 without a mark": LESSON.encode("utf-16-le"),
    "UTF-32": LESSON.encode("utf-32"),
    "Latin-1": in_lesson(TITLE, "title: Größe").encode("latin-1"),
    "UTF-7": in_lesson(TITLE, "title: @a").encode("utf-7"),
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 3_000,
    "a program's archive": b"PK\x03\x04" + b"\0" * 200_000,
    "a directive": "%YAML 9.9\n---\na: b\n",
    "tags that name objects": "!!python/object/apply:os.system ['true']\n",
    "unknown steps": in_lesson("  - concept:", "  - conzept: x\n" * 1_000 + "  - concept:"),
    "steps that are none": "steps:\n" + repeated("- x\n"),
    "unknown tools": in_lesson("[copilot, claude]", f"[{numbered('copilot{0}, ', 15_000)}]"),
    "one unknown tool of a megabyte": in_lesson("[copilot, claude]", f"[{'copilot' * 120_000}]"),
    "prerequisites without end": LESSON + f"prerequisites: [{numbered('a{0}, ', 19_000)}]\n",
    "variants without end": in_lesson(HINT, VARIANTS + numbered("        t{0}: {{menu: x}}\n", 9_000)),
    "translations without end": LESSON + "translations:\n" + numbered("  l{0}: {{title: x}}\n", 9_000),
    "a translation of many variants": in_lesson(HINT, VARIANTS + numbered("        t{0}: {{}}\n", 9_000))
    + GERMAN
    + "    steps:\n      - practice:\n          variants:\n"
    + numbered("            t{0}: {{}}\n", 9_000),
    "a translation of other steps": LESSON + GERMAN + "    steps:\n" + numbered("    - {{k{0}: x}}\n", 9_000),
    "answers without end": in_lesson(ANSWER, "        - {text: x, feedback: y}\n" * 6_000 + ANSWER),
    "reviews without end": LESSON + "reviews:\n" + "- {question: x, answers: [{text: x}]}\n" * 3_000,
    "mentions without end": in_lesson("[revenue, [freight", "[" + "[a, b], " * 5_000 + "[freight"),
    "an image of a megabyte": in_lesson(HINT, f"      image: {{url: 'https://{'a/' * 400_000}', alt: x}}\n"),
    "dots and bangs": in_lesson(HINT, f"      hint: '{'.!' * 400_000}'\n"),
    "a name of a megabyte": in_lesson("finance-close", "finance-" + "a-" * 400_000),
    "a job family of a megabyte": in_lesson("job_family: finance", "job_family: " + "finance" * 120_000),
}  # fmt: skip

SOUND = {"line breaks", "carriage returns", "mentions without end"}
"""What is only odd, and read as what it says."""

ROOTS: dict[str, str | bytes] = {
    "aliases that multiply": laughs("\n"),
    "tools without end": ROOT.replace("  copilot:", numbered("  t{0}: {{name: x}}\n", 9_000) + "  tool:"),
    "tools without a name": ROOT.replace("tools:\n", "tools:\n" + numbered("  t{0}: {{}}\n", 19_000)),
    "capabilities without end": ROOT.replace(
        "include:", "      - {id: explain-variances, owner: x, agreed_on: 2026-10-01}\n" * 4_000 + "include:"
    ),
    "patterns without end": ROOT.replace("library/**/*.yaml", f"[{numbered('x{0}/**/*.yaml, ', 9_000)}]"),
    "stars": ROOT.replace("library/**/*.yaml", f"'{'**/' * 300_000}*.yaml'"),
    "folders": ROOT.replace("library/**/*.yaml", f"'{'*/' * 300_000}*.yaml'"),
    "brackets": ROOT.replace("library/**/*.yaml", f"'library/{'[!' * 300_000}'"),
    "a pattern of stars": ROOT.replace("library/**/*.yaml", f"'library/*/{'*a' * 90}.yaml'"),
    "a time zone of a megabyte": ROOT.replace("Europe/Berlin", "Europe/" * 120_000),
    "a million @": ROOT + "#" + "@" * M,
}  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """What loading one catalogue took and found; memory is the most of all so far."""

    seconds: float
    megabytes: float
    count: int
    size: int
    sound: bool
    codes: Sequence[str]


def measured(paths: Mapping[str, Path]) -> dict[str, Measured]:
    """Load catalogues, one after the other, in a process of its own; those after a crash are not there."""
    command = [sys.executable, "-W", "error", "-c", MEASURE, *map(str, paths.values())]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, timeout=110, check=False)
    lines = done.stdout.decode().splitlines()
    return {name: Measured(*json.loads(line)) for name, line in zip(paths, lines, strict=False)}


@pytest.fixture(scope="module")
def lessons(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Measured]:
    """Load each of the lessons, in a catalogue of its own."""
    return measured({name: write(tmp_path_factory.mktemp("a"), ROOT, text) for name, text in HOSTILE.items()})


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Measured]:
    """Load each of the roots, with a sound lesson."""
    return measured({name: write(tmp_path_factory.mktemp("a"), text) for name, text in ROOTS.items()})


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_lesson_is_a_finding(lessons: dict[str, Measured], name: str) -> None:
    """Whatever a lesson file holds, it is told in two seconds and 200 MB, and in few words."""
    found = lessons[name]
    assert found.seconds < SECONDS and found.megabytes < MEGABYTES
    assert 0 < found.count <= 310 and found.size < 200_000
    assert found.sound == (name in SOUND), found.codes


@pytest.mark.parametrize("name", ROOTS)
def test_a_hostile_root_is_a_finding(roots: dict[str, Measured], name: str) -> None:
    """The same holds of lessons.yaml."""
    found = roots[name]
    assert found.seconds < SECONDS and found.megabytes < MEGABYTES
    assert 0 < found.count <= 310 and found.size < 200_000
    assert found.sound == (name == "a million @"), found.codes


def test_many_words_that_are_nearly_known_are_told_soon(tmp_path: Path) -> None:
    """Looking for what was meant among thousands of tools takes no longer than the rest."""
    root = ROOT.replace("  copilot:", numbered("  assistant-number-{0}: {{name: x}}\n", 6_000) + "  copilot:")
    tools = numbered("asistant-numbr-{0}, ", 9_000)
    path = write(tmp_path, root, in_lesson("[copilot, claude]", f"[{tools}]"))
    found = measured({"it": path})["it"]
    assert found.codes == ["E012", "E208", "W306"] and found.seconds < SECONDS and found.megabytes < MEGABYTES


def test_the_largest_sound_lesson_is_read(tmp_path: Path) -> None:
    """A lesson of nearly a megabyte of comments and reviews is a lesson."""
    review = EXAMPLE[EXAMPLE.index("  - question: The draft") : EXAMPLE.index("translations:")]
    lesson = LESSON + "reviews:\n" + review * 1_000 + repeated("# a comment\n", 400_000)
    found = measured({"it": write(tmp_path, lesson=lesson)})["it"]
    assert found.sound and found.codes == ["W306"]
    assert found.seconds < SECONDS and found.megabytes < MEGABYTES
