import json
import re
from pathlib import Path

import pytest

from lessons.lint import FORMATS, Code, Finding, Severity, render
from tests.lesson_files import LESSON, ROOT, loaded, said, write

FILE = "library/finance/close.yaml"
NO_STEPS = LESSON[: LESSON.index("steps:")]
TITLE = "title: Write the variance commentary"
TOOLS = "tools: [copilot, claude]"

Case = tuple[str, str, tuple[str, ...]]
"""lessons.yaml and a lesson, one of them changed in a place, and what is found, without the mends."""


def in_lesson(old: str, new: str, *found: str) -> Case:
    """Change the lesson; the findings are given from their line on."""
    assert old in LESSON
    return ROOT, LESSON.replace(old, new, 1), tuple(f"{FILE}:{each}" for each in found)


def in_root(old: str, new: str, *found: str) -> Case:
    """Change lessons.yaml; the findings are given from their line on."""
    assert old in ROOT
    return ROOT.replace(old, new, 1), LESSON, tuple(f"lessons.yaml:{each}" for each in found)


CASES = [
    in_lesson(TITLE, "title: a\x07b", "2:9: E004 has the control character U+0007"),
    in_lesson(TITLE, r'title: "a\x07b"', "2:8: E004 has the control character U+0007"),
    in_lesson(TITLE, "title: a: b", "2:9: E005 a colon and a space begin a value here"),
    in_lesson(TITLE, "title: 'it", "2:8: E005 a quote is opened and never closed"),
    in_lesson(TITLE, "title: @it", "2:8: E005 a text cannot begin with this character"),
    in_lesson(TITLE, "title", "2:1: E005 this has no colon, or it goes on a text and is indented too little"),
    in_lesson(TOOLS, "tools: [copilot", "7:8: E005 a list in [ ] is not closed or lacks a comma"),
    in_lesson(TITLE, f"{TITLE}\ntitle: 5", '3:1: E006 "title" is there already, on line 2'),
    in_lesson(TITLE, "title: &t Title", '2:8: E007 "&t" names a value'),
    in_lesson(TITLE, "title: *t", '2:8: E007 "*t" stands for another place'),
    in_lesson(TITLE, "title: !!str 5", '2:8: E008 "tag:yaml.org,2002:str" is a tag'),
    in_lesson("steps:", "---\nsteps:", "9:1: E009 begins a second document"),
    in_lesson(TITLE, "title: " + "[" * 30 + "]" * 30, "2:27: E010 is nested over 20 deep"),
    in_lesson(TITLE, f"{TITLE}\n? [a, b]\n: c", "3:3: E011 a list or mapping is used as a key"),
    in_lesson(
        "      hint:", "      hnt:", "10:5: W302 a practice without a hint", '15:7: E101 unknown key "hnt"'
    ),
    in_lesson("min: 25", "least: 25", '14:25: E101 unknown key "least"'),
    in_lesson(f"{TITLE}\n", "", "1:1: E102 title is missing"),
    in_lesson(
        "      task: Write three sentences on why the third quarter missed plan.\n",
        "",
        "11:7: E102 task is missing",
    ),
    in_lesson(TITLE, "title: 5", "2:8: E103 title should be text, not the number 5"),
    in_lesson(TITLE, "title: true", "2:8: E103 title should be text, not true"),
    in_lesson(TITLE, "title: {a: b}", "2:8: E103 title should be text, not a mapping"),
    in_lesson(TITLE, "title:", "2:7: E103 title should be text, not empty"),
    in_lesson(TOOLS, "tools: claude", '6:8: E103 tools should be a list, not the text "claude"'),
    in_lesson(
        "minutes: 5", "minutes: five", '7:10: E103 minutes should be a whole number, not the text "five"'
    ),
    in_lesson(
        "2027-03-01",
        "2027-02-30",
        '8:12: E103 review_by should be a day such as 2027-03-01, not the text "2027-02-30"',
    ),
    in_lesson(
        "2027-03-01",
        '"1708300800"',
        '8:12: E103 review_by should be a day such as 2027-03-01, not the text "1708300800"',
    ),
    in_lesson(
        "confidence: true",
        "confidence: yes",
        '23:27: E103 confidence should be true or false, not the text "yes"',
    ),
    in_lesson(
        "{words: {min: 25, max: 120}}",
        "{words: 25}",
        "14:24: E103 words should be a mapping, not the number 25",
    ),
    in_lesson(
        "freight, shipping", "freight, 5", "14:77: E103 an entry of mentions should be text, not the number 5"
    ),
    in_lesson(
        LESSON,
        f"{NO_STEPS}steps: [practice: x]\n",
        '9:19: E103 practice should be a mapping, not the text "x"',
    ),
    in_lesson(LESSON, "", "1:1: E103 the file should be a mapping, not empty"),
    in_lesson(TITLE, f"title: {'x' * 99}", "2:8: E104 title has 99 characters; 80 is the most"),
    in_lesson(TITLE, "title: ' '", "2:8: E104 title is empty"),
    in_lesson(TOOLS, "tools: []", "6:8: E104 tools is empty"),
    in_lesson(
        "answer: paste", "answer: past", '13:15: E104 answer should be paste or done, not the text "past"'
    ),
    in_lesson("min: 25", "min: -1", "14:30: E104 min is -1; the least is 0"),
    in_lesson("min: 25", "min: 125", "14:24: E104 words has a min over its max"),
    in_lesson("      minutes: 3", "      minutes: 0", "12:16: E104 minutes is 0; it should be more than 0"),
    in_lesson("      minutes: 3", "      minutes: .nan", "12:16: E104 minutes is nan; the most is 7"),
    in_lesson("[freight, shipping]", "[]", "14:67: E104 an entry of mentions is empty"),
    in_lesson(
        "[Every number is in the table]",
        "[a, b, c, d, e, f, g]",
        "16:15: E104 rubric has 7 entries; 6 is the most",
    ),
    in_lesson("{confidence: true}", "{}", "23:14: E104 reflect asks nothing"),
    in_lesson("{confidence: true}", "{confidence: false}", "23:14: E104 reflect asks nothing"),
    in_lesson(
        "  - practice:", "  - concept: First.\n  - practice:", "10:5: E105 the lesson opens with concept"
    ),
    in_lesson(LESSON, f"{NO_STEPS}steps: []\n", "9:8: E105 the lesson has no steps"),
    in_lesson("  - concept:", "  - conzept:", '17:5: E106 unknown step "conzept"'),
    in_lesson("{words: {min: 25, max: 120}}", "{word: 25}", '14:16: E106 unknown check "word"'),
    in_lesson("  - commit:", "    commit:", "23:5: E106 a step with 2 keys"),
    in_lesson("  - concept:", "  - nothing\n  - concept:", "17:5: E106 this is no step"),
    in_lesson("right: true, ", "", "20:7: E107 no answer is right"),
    in_lesson("Be accurate,", "Be accurate, right: true,", "20:7: E107 2 of 2 answers are right"),
    in_root("library/**", "lesson/**", '10:10: E201 "lesson/**/*.yaml" matches no file'),
    in_root("library/**/*.yaml", "'**x'", '10:10: E201 "**x" is no pattern'),
    in_root("library/**", "../**", '10:10: E202 "../**/*.yaml" leads out of the folder of lessons.yaml'),
    in_root("library/**/*.yaml", "/etc/*", '10:10: E202 "/etc/*" leads out of the folder of lessons.yaml'),
    in_root("library/**/*.yaml", "'**/*.yaml'", '10:10: E203 "**/*.yaml" matches lessons.yaml itself'),
    in_root(
        "include:",
        "      - {id: explain-variances, owner: Controller, agreed_on: 2026-10-02}\ninclude:",
        '10:14: E204 capability "explain-variances" is there already, on line 9',
    ),
    in_lesson(
        "id: finance-close",
        "id: Finance Close",
        '1:5: E205 the id "Finance Close" is not the job family and the file\'s name',
    ),
    in_lesson("job_family: finance", "job_family: finanse", '3:13: E207 unknown job family "finanse"'),
    in_lesson(TOOLS, "tools: [copilot, cloude]", '6:18: E208 unknown tool "cloude"'),
    in_lesson("explain-variances", "explain", '4:13: E209 finance has no capability "explain"'),
    in_lesson("minutes: 5", "minutes: 4", "7:10: E210 4 minutes; the estimate is 4.66"),
    in_lesson("minutes: 5", "minutes: 9", "7:10: E210 9 minutes; the estimate is 4.66"),
    in_lesson(
        "      minutes: 3", "      minutes: 7", "7:10: E210 the estimate is 8.66 minutes; a lesson has 3 to 7"
    ),
    in_root("Europe/Berlin", "Europe/Berlni", '1:39: E211 unknown time zone "Europe/Berlni"'),
    in_lesson("2027-03-01", "2026-11-01", "8:12: W301 was to be reviewed by 2026-11-01"),
    in_lesson(
        "      hint: Tell the tool to use only the table.\n", "", "10:5: W302 a practice without a hint"
    ),
    in_lesson("      rubric: [Every number is in the table]\n", "", "10:5: W303 a practice without a rubric"),
    (
        LESSON,
        LESSON,
        ("lessons.yaml:1:1: E108 this is a lesson, and says nothing of tools and job families",),
    ),
]


@pytest.mark.parametrize(("root", "lesson", "found"), CASES)
def test_a_finding_names_its_place(tmp_path: Path, root: str, lesson: str, found: tuple[str, ...]) -> None:
    """What is wrong in one place is told once, with its file, line, column, code and a mend."""
    catalogue, findings = loaded(write(tmp_path, root, lesson))
    assert tuple(said(tmp_path, findings)) == found
    assert all(finding.mend for finding in findings)
    assert (catalogue is None) == any(finding.severity is Severity.ERROR for finding in findings)


MENDS = [
    (TITLE, "titel: x", "did you mean title?"),
    (TOOLS, "tools: [copilot, cloude]", "did you mean claude?"),
    (TOOLS, "tools: [copilot, notebook]", "known here: copilot, claude"),
    ("explain-variances", "explain-variance", "did you mean explain-variances?"),
    ("job_family: finance", "job_family: fiance", "did you mean finance?"),
    ("  - concept:", "  - conzept:", "did you mean concept?"),
    ("answer: paste", "answer: past", "did you mean paste?"),
    ("minutes: 5", "minutes: 9", "write minutes: 5"),
    ("id: finance-close", "id: close", "write id: finance-close"),
    (
        "  - practice:",
        "  - concept: x\n  - practice:",
        "a lesson opens with practice: move a practice step to the top",
    ),
]


@pytest.mark.parametrize(("old", "new", "mend"), MENDS)
def test_a_mend_says_what_to_write(tmp_path: Path, old: str, new: str, mend: str) -> None:
    """A mistyped word is answered by the word that was meant, a wrong number by the right one."""
    findings = loaded(write(tmp_path, lesson=LESSON.replace(old, new, 1)))[1]
    assert mend in [finding.mend for finding in findings]


def test_every_code_has_a_test() -> None:
    """Each code is the outcome of a test, by its number or its name."""
    texts = "".join(path.read_text() for path in Path(__file__).parent.glob("test_lessons_*.py"))
    named = {code for code in Code if re.search(rf"{code.number} |Code\.{code.name}\b", texts)}
    assert named == {*Code}


def test_a_fault_in_lessons_yaml_is_not_told_once_more_for_each_lesson(tmp_path: Path) -> None:
    """Where lessons.yaml names no tools or job families at all, lessons are not held against them."""
    bare = ROOT[: ROOT.index("tools:")] + "tools: {}\njob_families: []\ninclude: library/**/*.yaml\n"
    codes = [finding.code for finding in loaded(write(tmp_path, bare))[1]]
    assert codes == [Code.VALUE, Code.KIND]


SAMPLE = Finding(Path("a,b:c%.yaml"), 3, 14, Code.UNKNOWN_TOOL, "50 % of\nit", "mend it")


def test_findings_are_printed_as_text() -> None:
    """The text form is path:line:column: CODE message (mend), one a line."""
    assert render([SAMPLE], "text") == r"a,b:c%.yaml:3:14: E208 50 % of\nit (mend it)"
    assert render([], "text") == ""


def test_findings_are_printed_as_json() -> None:
    """The JSON form is a list with every part of a finding by name."""
    assert json.loads(render([SAMPLE], "json")) == [
        {
            "path": "a,b:c%.yaml",
            "line": 3,
            "column": 14,
            "code": "E208",
            "severity": "error",
            "message": "50 % of\nit",
            "mend": "mend it",
        }
    ]
    assert json.loads(render([], "json")) == []


def test_findings_are_printed_as_annotations_of_a_workflow() -> None:
    """The GitHub form is a workflow command with everything escaped that would end it early."""
    assert render([SAMPLE], "github") == (
        "::error file=a%2Cb%3Ac%25.yaml,line=3,col=14,title=E208::50 %25 of%0Ait (mend it)"
    )


@pytest.mark.parametrize("form", FORMATS)
def test_a_path_that_is_no_text_can_be_printed(form: str) -> None:
    """A file name with bytes that are no UTF-8, or with a line break, is printed escaped."""
    finding = Finding(Path("b\udcffd\n.yaml"), 1, 1, Code.UNREADABLE, "cannot be read", "check it")
    assert finding.shown_path == r"b\xffd\n.yaml"
    assert render([finding], form).isascii()
