import json
import shutil
from pathlib import Path

import pytest

from tests.commands import CATALOGUE, Laps

TITLE = "Say why the quarter missed plan"


@pytest.fixture
def folder(laps: Laps) -> Path:
    """Give a catalogue that may be edited."""
    made = laps.folder / "catalogue"
    shutil.copytree(CATALOGUE.parent, made)
    laps.set(LAPS_LESSONS=str(made / "lessons.yaml"))
    return made


def edit(folder: Path, old: str, new: str) -> Path:
    """Change a lesson's text."""
    file = folder / "library" / "finance" / "variance.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    return file


def test_files_are_published_and_listed(laps: Laps, folder: Path) -> None:
    """Each publication is a revision; the log has the newest first, with what changed."""
    assert laps("catalogue", "log").out.startswith("There is no revision yet.")
    assert laps("catalogue", "publish").out == "Revision 1: 4 files.\n"
    assert laps("catalogue", "publish").out == "Nothing changed: revision 1 is what the files say.\n"
    edit(folder, TITLE, "Say why")
    published = laps("catalogue", "publish").out
    assert published.startswith("Revision 2: 4 files.\n  ~ finance-variance  Say why\n")
    shown = laps("catalogue", "log").out
    assert shown.index("revision 2  ") < shown.index("revision 1  ") and "published by " in shown
    assert laps("catalogue", "log", "--limit", "1").out.count("revision ") == 1
    rows = json.loads(laps("catalogue", "log", "--format", "json").out)
    assert [row["revision"] for row in rows] == [2, 1]
    assert rows[0]["changes"][0] == "~ finance-variance  Say why" and rows[0]["files"] == 4


def test_what_changed_is_told_between_any_two(laps: Laps, folder: Path) -> None:
    """Between two revisions, between one and the files, and since the newest."""
    laps("catalogue", "publish")
    assert laps("catalogue", "diff").out == "Nothing changed.\n"
    edit(folder, TITLE, "Second")
    laps("catalogue", "publish")
    edit(folder, "Second", "Third")
    assert "“Second” -> “Third”" in laps("catalogue", "diff").out
    assert f"“{TITLE}” -> “Third”" in laps("catalogue", "diff", "1").out
    assert f"“{TITLE}” -> “Second”" in laps("catalogue", "diff", "1", "2").out
    assert f"“Second” -> “{TITLE}”" in laps("catalogue", "diff", "2", "1").out
    lines = json.loads(laps("catalogue", "diff", "1", "2", "--format", "json").out)
    assert lines[0] == "~ finance-variance  Second"


def test_a_rollback_writes_the_files_back(laps: Laps, folder: Path) -> None:
    """Every byte of an earlier revision is back, new lessons are gone, and that is a revision too."""
    file = folder / "library" / "finance" / "variance.yaml"
    first = file.read_bytes()
    laps("catalogue", "publish")
    edit(folder, TITLE, "Second")
    new = folder / "library" / "finance" / "notes.yaml"
    new.write_text(file.read_text().replace("finance-variance", "finance-notes"))
    laps("catalogue", "publish")
    outcome = laps("catalogue", "rollback", "1")
    assert outcome.code == 0
    assert outcome.out.startswith("Revision 3: the catalogue is what revision 1 was.\n")
    assert file.read_bytes() == first and not new.exists()
    assert laps("catalogue", "diff", "3", "1").out == "Nothing changed.\n"
    laps("catalogue", "rollback", "2")
    assert new.exists() and b"Second" in file.read_bytes()


def test_a_broken_catalogue_can_be_rolled_back(laps: Laps, folder: Path) -> None:
    """Where the files of the newest revision were broken by hand, that is a change nobody kept: said so."""
    file = folder / "library" / "finance" / "variance.yaml"
    laps("catalogue", "publish")
    good = file.read_bytes()
    edit(folder, TITLE, "Second")
    laps("catalogue", "publish")
    file.write_text("id: [\n")
    refused = laps("catalogue", "rollback", "1")
    assert refused.code == 1 and "these files have changes that no revision has" in refused.err
    assert "library/finance/variance.yaml" in refused.err and "laps catalogue publish" in refused.err
    file.unlink()
    assert laps("catalogue", "rollback", "1").code == 0
    assert file.read_bytes() == good


def test_a_bad_catalogue_is_not_published(laps: Laps, folder: Path) -> None:
    """The findings are said, and no revision is made."""
    laps("catalogue", "publish")
    edit(folder, "minutes: 5", "minutes: 19")
    outcome = laps("catalogue", "publish")
    assert outcome.code == 1 and "variance.yaml:7:10: E210 19 minutes" in outcome.err
    assert laps("catalogue", "log").out.count("revision ") == 1


@pytest.mark.parametrize(
    "arguments", [("diff", "7"), ("diff", "1", "7"), ("rollback", "7"), ("diff", "7", "1")]
)
def test_an_unknown_revision_is_refused(laps: Laps, folder: Path, arguments: tuple[str, ...]) -> None:
    """The number is named, and where the others are listed."""
    laps("catalogue", "publish")
    outcome = laps("catalogue", *arguments)
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == "laps: there is no revision 7\n      See them with `laps catalogue log`.\n"


def test_before_the_first_revision_there_is_nothing_to_compare(laps: Laps, folder: Path) -> None:
    """Who asks for a difference before the first revision is told how to make one."""
    outcome = laps("catalogue", "diff")
    assert outcome.code == 1 and "there is no revision yet" in outcome.err


@pytest.mark.parametrize("arguments", [("rollback", "0"), ("rollback", "x"), ("log", "--limit", "0")])
def test_a_number_is_a_number_from_1_on(laps: Laps, arguments: tuple[str, ...]) -> None:
    """Anything else is a wrong use."""
    outcome = laps("catalogue", *arguments)
    assert outcome.code == 2 and "is no number from 1 on" in outcome.err


# ---------------------------------------------------------------- new lesson

TYPED = """\
finance
1
Cash forecast
Explain the cash forecast in five lines
Your treasurer wants five lines on why cash is lower next week. Get a draft, then check every number.
Week   In    Out
48     120   140
.
Write five lines for a treasurer on the cash forecast below.
Use only the table.
.
120
.
If the draft names a reason, ask which row says so.
Every number is in the table
.
No reason is named that the table lacks
.
Only what is there. You asked for numbers and left the reasons open, so that nobody plans with a guess.
The draft says cash is lower because of late payers. The table has no word on it. What now?
Take the reason out and ask who keeps the forecast
One message settles it.
Leave it in
Then your name stands under a guess.
The weekly cash call begins
the five lines on cash
"""


def test_a_new_lesson_passes_lint(laps: Laps, folder: Path) -> None:
    """A few answers make a file in the right folder, without a finding, that can be taken at once."""
    outcome = laps("new", "lesson", stdin=TYPED)
    assert (outcome.code, outcome.err) == (0, "")
    file = folder / "library" / "finance" / "explain-cash-forecast-five-lines.yaml"
    assert f"Written: {file}" in outcome.out and "laps try finance-explain-cash-forecast" in outcome.out
    found = laps("lint", "--format", "json")
    assert [row for row in json.loads(found.out) if row["path"] == str(file)] == []
    assert "Week   In    Out\n        48     120   140" in file.read_text()
    again = laps("new", "lesson", stdin=TYPED.replace("Cash forecast", "Cash plan"))
    assert "explain-cash-forecast-five-lines-2.yaml" in again.out


def test_a_bad_answer_is_asked_again(laps: Laps, folder: Path) -> None:
    """What cannot be used is said at once, and the question waits for another answer."""
    typed = TYPED.replace("finance\n1\n", "nobody\n99\nfinance\n1\n\n").replace(
        "Leave it in\n", f"{'x' * 141}\nNo\n"
    )
    outcome = laps("new", "lesson", stdin=typed)
    assert outcome.code == 0
    assert outcome.out.count("Type a number from 1 to 2.") == 2
    assert "Something has to be here." in outcome.out and "That has 141 characters" in outcome.out


def test_an_input_that_ends_writes_nothing(laps: Laps, folder: Path) -> None:
    """Nothing is written where a question is left open."""
    before = sorted(folder.rglob("*"))
    outcome = laps("new", "lesson", stdin="finance\n1\nCash\n")
    assert outcome.code == 1 and "ended before the last question" in outcome.err
    assert sorted(folder.rglob("*")) == before


def test_a_lesson_that_cannot_be_written_says_so(laps: Laps, folder: Path) -> None:
    """Where a file is in the way of the folder, nothing is written, and the mend is named."""
    shutil.rmtree(folder / "library" / "sales")
    (folder / "library" / "sales").write_text("a file")
    outcome = laps("new", "lesson", stdin=TYPED.replace("finance\n", "sales\n", 1))
    assert outcome.code == 1 and "sales: cannot be written (" in outcome.err
    assert "Nothing was changed." in outcome.err


# ---------------------------------------------------------------- preview


def test_a_preview_is_one_file_with_all_in_it(laps: Laps, folder: Path) -> None:
    """Without anything else at hand the page shows every screen of the lesson on three channels."""
    outcome = laps("preview", "finance-variance")
    assert outcome.out.startswith("var/preview/finance-variance.html: every screen of finance-variance.")
    page = (laps.folder / "var" / "preview" / "finance-variance.html").read_text()
    assert page.count('class="column slack"') == page.count('class="column teams"') > 8
    assert "<script src" not in page and "<link" not in page
    only = laps("preview", "finance-variance", "--channel", "slack", "-o", "-").out
    assert 'class="column slack"' in only and 'class="column teams"' not in only


def test_an_unknown_lesson_has_no_preview(laps: Laps, folder: Path) -> None:
    """A mistyped lesson leads to the nearest one."""
    outcome = laps("preview", "finance-varianc")
    assert outcome.code == 1 and "Did you mean finance-variance?" in outcome.err


def test_a_preview_that_cannot_be_written_says_so(laps: Laps, folder: Path) -> None:
    """A place that is a folder is refused with the mend."""
    outcome = laps("preview", "finance-variance", "-o", str(laps.folder))
    assert outcome.code == 1 and "cannot be written (is a directory)" in outcome.err
