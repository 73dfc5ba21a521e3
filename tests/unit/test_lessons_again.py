"""A loader that has loaded before says what a new one says, whatever happened to the files since."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from lessons.checking import ChannelLimit
from lessons.lint import Code
from lessons.loading import Loader
from tests.lesson_files import EXAMPLE, LESSON, ROOT, TODAY, put, write

NAMES = (
    "library/finance/a.yaml",
    "library/finance/b.yaml",
    "library/finance/close.yaml",
    "library/sales/a.yaml",
)
OTHER_WORDS = {
    "Write": "Draft",
    "three": "some",
    "sentences": "lines",
    "quarter": "month",
    "missed": "was under",
}


def lesson(name: str) -> str:
    """Make the small lesson fit its file."""
    folder, stem = Path(name).parent.name, Path(name).stem
    return LESSON.replace("finance-close", f"{folder}-{stem}").replace("finance\n", f"{folder}\n", 1)


def in_other_words(text: str) -> str:
    """Say a lesson otherwise, so that it is no longer near another."""
    for old, new in OTHER_WORDS.items():
        text = text.replace(old, new)
    return text.replace("a way out other than inventing", "something better to do now than to make things up")


TEXTS: dict[str, Callable[[str], str]] = {
    "sound": lesson,
    "otherwise": lambda name: in_other_words(lesson(name)),
    "after a": lambda name: lesson(name).replace(
        "minutes: 5\n", "minutes: 5\nprerequisites: [finance-a]\n", 1
    ),
    "after b": lambda name: lesson(name).replace(
        "minutes: 5\n", "minutes: 5\nprerequisites: [finance-b]\n", 1
    ),
    "due": lambda name: lesson(name).replace("2027-03-01", "2026-11-02"),
    "unknown tool": lambda name: lesson(name).replace("claude]", "gemini]"),
    "unknown industry": lambda name: lesson(name) + "industries: [banking]\n",
    "another's id": lambda name: LESSON,
    "faulty": lambda name: lesson(name).replace("title:", "titel:"),
    "broken": lambda name: "a: [",
    "an address": lambda name: lesson(name) + f"# jane{'@'}acme.com\n",
    "a long screen": lambda name: lesson(name).replace(
        "      hint:", f"      material: {'x' * 900}\n      hint:"
    ),
    "empty": lambda name: "",
    "Latin-1": lambda name: "title: \udce4\n",
}
ROOTS = {
    "sound": ROOT,
    "with sales": ROOT.replace("include:", "  sales: {name: Seller, capabilities: []}\ninclude:"),
    "with banking": ROOT.replace("job_families:", "industries:\n  banking: {name: Banking}\njob_families:"),
    "without claude": ROOT.replace("  claude: {name: Claude}\n", ""),
    "only a": ROOT.replace("library/**/*.yaml", "library/**/a.yaml"),
    "no lessons": ROOT.replace("include: library/**/*.yaml\n", ""),
    "broken": "organization: [",
    "empty": "",
    "a lesson": LESSON,
    "faulty": ROOT.replace("tools:", "toools:"),
}
LIMITS = (ChannelLimit("Slack", 900),)


class Again(RuleBasedStateMachine):
    """Edits, adds, removes, breaks and mends files, and loads only what changed."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp())
        self.path = write(self.home, ROOT, lesson(NAMES[2]))
        self.loader = Loader(self.path, LIMITS)
        self.loader.load(TODAY)
        self.today = TODAY
        self.changed: set[Path] = set()
        self.texts = True

    def teardown(self) -> None:
        """Remove the files."""
        shutil.rmtree(self.home)

    def clear(self, name: str) -> Path:
        """Take away whatever is at a place, and say that it changed."""
        path = self.home / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.changed.add(path)
        return path

    @rule(name=st.sampled_from(NAMES), kind=st.sampled_from([*TEXTS]))
    def save(self, name: str, kind: str) -> None:
        """Save a lesson, which may be new."""
        self.clear(name).write_bytes(TEXTS[kind](name).encode("utf-8", "surrogateescape"))

    @rule(kind=st.sampled_from([*ROOTS]))
    def save_root(self, kind: str) -> None:
        """Save lessons.yaml."""
        self.clear("lessons.yaml").write_text(ROOTS[kind])

    @rule(name=st.sampled_from([*NAMES, "lessons.yaml"]))
    def remove(self, name: str) -> None:
        """Delete a file."""
        self.clear(name)

    @rule(name=st.sampled_from(NAMES))
    def make_folder(self, name: str) -> None:
        """Put a folder where a file was."""
        self.clear(name).mkdir()

    @rule(name=st.sampled_from(NAMES), to=st.sampled_from([*NAMES, "elsewhere.yaml", "nowhere.yaml"]))
    def link(self, name: str, to: str) -> None:
        """Put a link where a file was."""
        self.clear(name).symlink_to(self.home / to)

    @rule(kind=st.sampled_from([*TEXTS]))
    def save_elsewhere(self, kind: str) -> None:
        """Save a file that is a lesson only by a link to it."""
        self.clear("elsewhere.yaml").write_bytes(TEXTS[kind](NAMES[0]).encode("utf-8", "surrogateescape"))

    @rule(name=st.sampled_from(NAMES), to=st.sampled_from(NAMES))
    def move(self, name: str, to: str) -> None:
        """Rename a file."""
        if name != to and (self.home / name).is_file():
            other = self.clear(to)
            (self.home / name).replace(other)
            self.changed.add(self.home / name)

    @rule(days=st.sampled_from([1, 90]))
    def wait(self, days: int) -> None:
        """Let days go by."""
        self.today += timedelta(days)

    @rule()
    def load_without_texts(self) -> None:
        """Load once in the quick way, which leaves texts to a later load."""
        self.loader.load(self.today, self.changed, texts=False)
        self.changed = set()

    @rule()
    def load_all(self) -> None:
        """Load as if nobody knew what changed."""
        self.loader.load(self.today)
        self.changed = set()

    @precondition(lambda self: len(self.changed) < 4)
    @invariant()
    def it_says_what_a_new_one_says(self) -> None:
        """The same catalogue, findings and sources as from a loader that never loaded before."""
        found = self.loader.load(self.today, self.changed)
        self.changed = set()
        assert found == Loader(self.path, LIMITS).load(self.today)


Again.TestCase.settings = settings(max_examples=40, stateful_step_count=25)
TestAgain = Again.TestCase


# ---------------------------------------------------------------- what the machine showed, and what it cannot


def test_a_day_makes_a_lesson_due(tmp_path: Path) -> None:
    """A lesson that nobody touched is due when its day has passed, without a load of everything."""
    loader = Loader(write(tmp_path, lesson=LESSON.replace("2027-03-01", "2026-11-02")))
    codes = [{f.code for f in loader.load(day, set()).findings} for day in (TODAY, date(2026, 11, 3), TODAY)]
    assert [Code.REVIEW_DUE in each for each in codes] == [False, True, False]


def test_a_new_pattern_is_followed(tmp_path: Path) -> None:
    """When lessons.yaml alone changed, the files that it includes now are read."""
    path = write(tmp_path, ROOT.replace("library/**/*.yaml", "other/**/*.yaml"))
    loader = Loader(path)
    assert loader.load(TODAY).catalogue is None
    path.write_text(ROOT)
    found = loader.load(TODAY, {path})
    assert found.catalogue is not None and [*found.catalogue.lessons] == ["finance-close"]
    assert loader.patterns == ("library/**/*.yaml",)


def test_what_is_empty_is_not_what_cannot_be_read(tmp_path: Path) -> None:
    """An empty file, and one that is too large to be read, are told apart also when one becomes the other."""
    path = write(tmp_path, lesson=b"")
    loader = Loader(path)
    loader.load(TODAY)
    file = put(tmp_path, "library/finance/close.yaml", b"#" * 1_000_001)
    assert [f.code for f in loader.load(TODAY, {file}).findings] == [Code.TOO_LARGE]
    put(tmp_path, "library/finance/close.yaml", b"")
    assert [f.code for f in loader.load(TODAY, {file}).findings] == [Code.KIND]


def test_what_was_read_is_given_back(tmp_path: Path) -> None:
    """The bytes of every file are there by their paths from the folder of lessons.yaml, faulty ones too."""
    put(tmp_path, "library/finance/broken.yaml", "a: [")
    found = Loader(write(tmp_path)).load(TODAY)
    assert found.catalogue is None and found.sources == {
        "lessons.yaml": ROOT.encode(),
        "library/finance/broken.yaml": b"a: [",
        "library/finance/close.yaml": LESSON.encode(),
    }


def test_a_relative_path_is_known_by_its_whole_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A watcher may name a changed file by its whole path, also where the catalogue was named from here."""
    write(tmp_path)
    monkeypatch.chdir(tmp_path)
    loader = Loader(Path("lessons.yaml"))
    loader.load(TODAY)
    file = put(tmp_path, "library/finance/close.yaml", LESSON.replace("title:", "titel:"))
    assert loader.load(TODAY, {file}).catalogue is None


def test_the_texts_of_a_file_are_looked_at_once(tmp_path: Path) -> None:
    """After an edit of lessons.yaml lessons are checked anew, and what their texts say is still known."""
    path = write(tmp_path, lesson=f"{LESSON}# jane{'@'}acme.com\n")
    loader = Loader(path)
    before = loader.load(TODAY)
    path.write_text(ROOT + "# a comment\n")
    after = loader.load(TODAY, {path})
    assert before.findings == after.findings and Code.PERSONAL in {f.code for f in after.findings}
    assert EXAMPLE != LESSON
