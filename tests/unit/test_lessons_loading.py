import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lessons.catalogue import Catalogue
from lessons.length import estimate_minutes, length
from lessons.lint import Code
from tests.lesson_files import LESSON, ROOT, lines, loaded, write
from tests.world import STEPS, make_lesson

FILE = "library/finance/close.yaml"


def add_lesson(folder: Path, text: str, name: str) -> None:
    """Write a second lesson beside the first, or in another folder."""
    file = folder / "library" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)


def test_a_sound_catalogue_has_no_findings(tmp_path: Path) -> None:
    """What the files say is in the catalogue, and nothing is found."""
    catalogue, findings = loaded(write(tmp_path))
    assert findings == () and catalogue is not None
    assert catalogue.organization.time_zone == "Europe/Berlin"
    assert catalogue.tools["copilot"].name == "Microsoft 365 Copilot"
    assert catalogue.job_families["finance"].capabilities[0].owner == "CFO office"
    assert [lesson.title for lesson in catalogue.lessons.values()] == ["Write the variance commentary"]


def test_a_catalogue_may_have_no_lessons_yet(tmp_path: Path) -> None:
    """A root that includes nothing is a catalogue without lessons."""
    catalogue, findings = loaded(write(tmp_path, ROOT.replace("include: library/**/*.yaml\n", "")))
    assert findings == () and catalogue is not None and catalogue.lessons == {}


def test_lessons_stand_in_the_order_of_their_capabilities(tmp_path: Path) -> None:
    """Lessons stand in the order of job families and capabilities in lessons.yaml, then by file name."""
    extra = "      - {id: check-figures, owner: Controller, agreed_on: 2026-10-02}\n  sales: {name: Seller}\n"
    path = write(tmp_path, ROOT.replace("include:", extra + "include:"))
    for name, capability in (("a", "check-figures"), ("z", "explain-variances"), ("b", "explain-variances")):
        text = LESSON.replace("finance-close", f"finance-{name}").replace("explain-variances", capability)
        add_lesson(tmp_path, text, f"finance/{name}.yaml")
    catalogue, findings = loaded(path, texts=False)
    assert findings == () and catalogue is not None
    assert [*catalogue.lessons] == ["finance-b", "finance-close", "finance-z", "finance-a"]


def test_a_file_that_two_patterns_match_is_read_once(tmp_path: Path) -> None:
    """Patterns may overlap."""
    include = "include: [library/finance/*.yaml, 'library/**/*.yaml']"
    catalogue, findings = loaded(write(tmp_path, ROOT.replace("include: library/**/*.yaml", include)))
    assert findings == () and catalogue is not None and len(catalogue.lessons) == 1


def test_paths_are_those_that_were_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative root gives relative paths, which editors and workflows can open."""
    write(tmp_path, lesson=LESSON.replace("[copilot,", "[copilto,"))
    monkeypatch.chdir(tmp_path)
    assert [finding.shown_path for finding in loaded(Path("lessons.yaml"))[1]] == [FILE]


def test_two_lessons_of_one_id_are_told(tmp_path: Path) -> None:
    """A lesson copied without a new id is told where the id stands already, and what its own id is."""
    path = write(tmp_path)
    add_lesson(tmp_path, LESSON, "finance/copy.yaml")
    taken, other = lines(tmp_path, loaded(path, texts=False)[1])
    assert taken.startswith("library/finance/copy.yaml:1:5: E204 ") and f"{FILE}:1" in taken
    assert other.startswith("library/finance/copy.yaml:1:5: E205 ") and "write id: finance-copy" in other


def test_a_lesson_in_another_familys_folder_is_told(tmp_path: Path) -> None:
    """A file in the folder of another job family is told at its job family."""
    path = write(tmp_path)
    add_lesson(tmp_path, LESSON.replace("finance-close", "finance-plan"), "sales/plan.yaml")
    [line] = lines(tmp_path, loaded(path, texts=False)[1])
    assert line.startswith(
        'library/sales/plan.yaml:3:13: E206 the file is in the folder "sales", not "finance"'
    )


def test_a_file_name_that_makes_no_id_is_told(tmp_path: Path) -> None:
    """Where no id can be made of a file's name, the mend is another name."""
    path = write(tmp_path)
    add_lesson(tmp_path, LESSON.replace("finance-close", "finance-plan"), "finance/The Plan.yaml")
    [line] = lines(tmp_path, loaded(path, texts=False)[1])
    assert (
        line.startswith("library/finance/The Plan.yaml:1:5: E205 ") and "name the file in lower-case" in line
    )


def into_folder(path: Path) -> None:
    """Put a folder where the file was."""
    path.unlink()
    path.mkdir()


def into_loop(path: Path) -> None:
    """Put a link to itself where the file was."""
    path.unlink()
    path.symlink_to(path)


def into_bulk(path: Path) -> None:
    """Write one byte more than is read."""
    path.write_text("#" * 1_000_001)


UNREADABLE = [
    (Path.unlink, "E001 does not exist (name a YAML file)"),
    (into_folder, "E001 is a folder (name a YAML file)"),
    (into_loop, "E001 is a link that leads back to itself (name a YAML file)"),
    (into_bulk, "E002 is over 1,000,000 bytes (split it: one lesson a file)"),
]


@pytest.mark.parametrize(("spoil", "found"), UNREADABLE)
def test_a_root_that_cannot_be_read_is_a_finding(
    tmp_path: Path, spoil: Callable[[Path], None], found: str
) -> None:
    """A missing, unreadable or huge lessons.yaml is a finding at its first character."""
    path = write(tmp_path)
    spoil(path)
    catalogue, findings = loaded(path)
    assert catalogue is None
    assert lines(tmp_path, findings) == [f"lessons.yaml:1:1: {found}"]


def test_a_name_that_no_system_takes_is_a_finding() -> None:
    """A path with a null character or of endless length is a finding."""
    for name in ("a\0b", "x" * 5000):
        [finding] = loaded(Path(name))[1]
        assert finding.code is Code.UNREADABLE


def test_a_lesson_that_leads_nowhere_is_a_finding(tmp_path: Path) -> None:
    """An included link to nothing is told as a file that does not exist."""
    path = write(tmp_path)
    (tmp_path / "library" / "finance" / "gone.yaml").symlink_to(tmp_path / "library" / "nothing.yaml")
    assert lines(tmp_path, loaded(path)[1]) == [
        "library/finance/gone.yaml:1:1: E001 does not exist (name a YAML file)"
    ]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """A named pipe among the lessons is a finding and is never opened."""
    path = write(tmp_path)
    os.mkfifo(tmp_path / "library" / "finance" / "pipe.yaml")
    [line] = lines(tmp_path, loaded(path)[1])
    assert line == "library/finance/pipe.yaml:1:1: E001 is no file (name a YAML file)"


def test_bytes_that_are_not_utf8_are_told_at_their_place(tmp_path: Path) -> None:
    """A file saved in another encoding is told at the first byte that says so."""
    latin = LESSON.replace("Variance analysis", "Abweichungsanalyse für Q3").encode("latin-1")
    findings = loaded(write(tmp_path, lesson=latin))[1]
    assert lines(tmp_path, findings) == [f"{FILE}:5:31: E003 byte 0xfc is not UTF-8 (save the file as UTF-8)"]
    findings = loaded(write(tmp_path, lesson=LESSON.encode("utf-16")))[1]
    assert lines(tmp_path, findings) == [f"{FILE}:1:1: E003 byte 0xff is not UTF-8 (save the file as UTF-8)"]


def test_a_byte_order_mark_and_windows_line_ends_are_taken(tmp_path: Path) -> None:
    """A file saved by a Windows editor loads, and its places are right."""
    windows = b"\xef\xbb\xbf" + LESSON.replace("\n", "\r\n").encode()
    assert loaded(write(tmp_path, lesson=windows)) == loaded(write(tmp_path))
    findings = loaded(write(tmp_path, lesson=windows.replace(b"variances", b"variance")))[1]
    assert lines(tmp_path, findings)[0].startswith(f"{FILE}:4:13: E209 ")


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    """A lesson that is a link to a file elsewhere is not read."""
    elsewhere = tmp_path / "elsewhere.yaml"
    elsewhere.write_text("secret: true")
    home = tmp_path / "home"
    path = write(home)
    (home / "library" / "finance" / "link.yaml").symlink_to(elsewhere)
    [line] = lines(home, loaded(path)[1])
    assert line.startswith("lessons.yaml:10:10: E202 ") and "secret" not in line


def test_hidden_files_and_folders_are_no_lessons(tmp_path: Path) -> None:
    """An editor's hidden copies, and folders named like lessons, are passed over."""
    path = write(tmp_path)
    add_lesson(tmp_path, "broken: [", "finance/.close.yaml")
    (tmp_path / "library" / "finance" / "old.yaml").mkdir()
    catalogue, findings = loaded(path)
    assert catalogue is not None and findings == ()


def test_every_finding_comes_at_once_and_in_order(tmp_path: Path) -> None:
    """Faults in all files are told by one load, sorted by file, line and column."""
    lesson = (
        LESSON.replace("title:", "titel:").replace("minutes: 5", "minutes: 9").replace("[copilot", "[copilto")
    )
    lesson = lesson.replace("right: true, ", "").replace("- concept:", "- conzept:").replace("hint:", "hnt:")
    path = write(tmp_path, ROOT.replace("Berlin", "Brlin"), lesson)
    add_lesson(tmp_path, "a: [", "finance/broken.yaml")
    findings = loaded(path)[1]
    assert [(f.path.name, f.line, f.column, f.code.number) for f in findings] == [
        ("lessons.yaml", 1, 39, "E211"),
        ("broken.yaml", 2, 1, "E005"),
        ("close.yaml", 1, 1, "E102"),
        ("close.yaml", 2, 1, "E101"),
        ("close.yaml", 6, 9, "E208"),
        ("close.yaml", 7, 10, "E210"),
        ("close.yaml", 10, 5, "W302"),
        ("close.yaml", 15, 7, "E101"),
        ("close.yaml", 17, 5, "E106"),
        ("close.yaml", 20, 7, "E107"),
    ]


def test_warnings_leave_the_catalogue_usable(tmp_path: Path) -> None:
    """A lesson is due for review from the day after review_by, and stays in use."""
    catalogue, findings = loaded(write(tmp_path, lesson=LESSON.replace("2027-03-01", "2026-11-01")))
    assert catalogue is not None and [finding.code for finding in findings] == [Code.REVIEW_DUE]
    assert loaded(write(tmp_path, lesson=LESSON.replace("2027-03-01", "2026-11-02")))[1] == ()


def test_the_length_is_reading_practice_and_half_a_minute_an_answer() -> None:
    """Words of tasks, concepts, questions with answers and the right feedback count; material does not."""
    lesson = make_lesson(steps=STEPS)
    read = (
        "Write three sentences on why the third quarter missed plan.",
        "Grounding: you gave the tool the only facts it may use.",
        "Which instruction reduces invented causes most?",
        "Be accurate Use only the table Write less",
        "It has a way out other than inventing.",
    )
    assert length(lesson) == pytest.approx(3 + 3 * 0.5 + sum(len(text.split()) for text in read) / 238)
    assert estimate_minutes(lesson) == 5


def test_half_a_minute_is_rounded_up() -> None:
    """A lesson of exactly four and a half minutes says 5."""
    steps: list[dict[str, object]] = [{"practice": {"task": "word " * 119, "minutes": 4}}]
    assert length(make_lesson(steps=steps)) == 4.5
    assert estimate_minutes(make_lesson(steps=steps)) == 5


def test_a_version_names_the_wording(tmp_path: Path) -> None:
    """The same words have the same version however they are laid out, and another word another one."""

    def version(catalogue: Catalogue | None) -> str:
        assert catalogue is not None
        return catalogue.lessons["finance-close"].version

    first = version(loaded(write(tmp_path))[0])
    laid_out = LESSON.replace(" [copilot, claude]", "\n  - copilot\n  - claude")
    assert version(loaded(write(tmp_path, lesson=f"# note\n{laid_out}"))[0]) == first
    assert version(loaded(write(tmp_path, lesson=LESSON.replace("three", "two")))[0]) != first
