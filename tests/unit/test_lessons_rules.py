"""The rules of the language, each broken in the example of docs/lessons.md or between two lessons."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.checking import ChannelLimit
from lessons.lint import Code, Finding, Severity
from lessons.reading import places_in
from lessons.together import circles
from tests.lesson_files import (
    EXAMPLE,
    EXAMPLE_FILE,
    EXAMPLE_ROOT,
    LESSON,
    ROOT,
    lines,
    loaded,
    put,
    write,
    write_example,
)

Change = tuple[str, str, str, str]
"""What stands in a file and what instead; before what the finding is; the finding from its code on."""

A_LOCALE = "write a language such as de, or one with its country such as pt-BR"
BECAUSE = "CFO office reads it again, mends it, and sets new days"

IN_LESSON: list[Change] = [
    (
        "skill: produce",
        "skill: juge",
        "juge",
        'E104 skill should be produce or judge, not the text "juge" (did you mean judge?)',
    ),
    (
        "skill: produce",
        "skill: 5",
        "5\n",
        "E104 skill should be produce or judge, not the number 5 (known here: produce, judge)",
    ),
    (
        "difficulty: easy",
        "difficulty: esay",
        "esay",
        'E104 difficulty should be easy, medium or hard, not the text "esay" (did you mean easy?)',
    ),
    ("[banking]", "[bankin]", "bankin]", 'E212 unknown industry "bankin" (did you mean banking?)'),
    (
        "[finance-variance-commentary]",
        "[finance-variance-comentary]",
        "finance-variance-com",
        'E213 finance has no lesson "finance-variance-comentary" (did you mean finance-variance-commentary?)',
    ),
    (
        "[finance-variance-commentary]",
        "[finance-variance-note]",
        "[finance-variance-note]",
        "E214 comes before itself: finance-variance-note after finance-variance-note (take one of them out)",
    ),
    (
        "[finance-variance-commentary]",
        "[" + ", ".join(["finance-variance-commentary"] * 6) + "]",
        "[finance-variance-c",
        "E104 prerequisites has 6 entries; 5 is the most (leave some out)",
    ),
    (
        "        copilot:\n",
        "        gemini: {menu: Start}\n        copilot:\n",
        "gemini:",
        'E215 the lesson has no tool "gemini" (add it to tools, or leave the variant out)',
    ),
    (
        "        copilot:\n",
        "        chatgpt: {starter: ''}\n        copilot:\n",
        "{starter: ''}",
        "E104 chatgpt says nothing (give it a starter or a menu, or leave it out)",
    ),
    (
        "          menu: In Excel,",
        "          manu: Home\n          menu: In Excel,",
        "manu:",
        'E101 unknown key "manu" (did you mean menu?)',
    ),
    (
        "url: https://example.com/laps/plan",
        "url: http://example.com/laps/plan",
        "http://",
        (
            'E104 url should be a whole https address, not "http://example.com/laps/plan-and-actual.png" '
            "(begin it with https://)"
        ),
    ),
    (
        "        url: https://example.com/laps/plan-and-actual.png\n",
        "",
        "alt: Two bars",
        "E102 url is missing (add url: where it is, beginning with https://)",
    ),
    (
        "    alt: Two bars for each line of the table, plan beside actual",
        "    alt: ''",
        "''",
        "E104 alt is empty (write it out)",
    ),
    ("  de:\n", "  german:\n", "german:", f'E104 german should be a locale, not "german" ({A_LOCALE})'),
    ("  de:\n", "  de-ch:\n", "de-ch:", f'E104 de-ch should be a locale, not "de-ch" ({A_LOCALE})'),
    (
        "    use_case: Abweichungsanalyse",
        "    capability: Abweichungsanalyse",
        "capability: Abw",
        'E101 unknown key "capability" (known here: title, use_case, steps, reviews)',
    ),
    (
        "      - {}\n",
        "      - commit: {task: x}\n",
        "commit: {task: x}",
        'E109 the lesson has no "commit" here (here it has reflect; {} passes an entry over)',
    ),
    (
        "            - text: Fasse ihn zusammen wie eine Anwältin\n",
        "            - text: Noch eine\n            - text: Fasse ihn zusammen wie eine Anwältin\n",
        "text: Fasse",
        "E109 answers of the lesson has 2 entries, and this is one more (leave it out)",
    ),
    (
        "            copilot:\n              menu: In Excel die",
        "            chatgpt:\n              menu: In Excel die",
        "chatgpt:\n              menu",
        'E109 the lesson has no "chatgpt" here (here it has copilot; {} passes an entry over)',
    ),
    (
        "          hint: Erklärt der Entwurf Zahlen, die nicht in der Tabelle stehen? Dann sag",
        "          hint: [a]  #",
        "[a]",
        "E103 hint should be text, not a list (write one text; one that begins with [ or - needs quotes)",
    ),
    (
        "      text: >-\n        Grounding.",
        "      txt: x\n      text: >-\n        Grounding.",
        "txt: x",
        'E101 unknown key "txt" (did you mean text?)',
    ),
    (
        "image: {alt: Eine Tabelle in",
        "image: {alt: Eine Tabelle, in",
        "in einem Rahmen",
        (
            'E101 unknown key "in einem Rahmen und ein Pfeil von dort zu drei Sätzen" '
            "(inside { } a text with a comma needs quotes)"
        ),
    ),
    (
        "reviewed_on: 2026-11-02",
        "reviewed_on: 2026-08-01",
        "2026-08-01",
        f"W301 was last reviewed on 2026-08-01, over three months ago ({BECAUSE})",
    ),
    (
        "review_by: 2027-02-01",
        "review_by: 2026-11-01",
        "2026-11-01",
        f"W301 was to be reviewed by 2026-11-01 ({BECAUSE})",
    ),
    (
        "Zeile der Tabelle zwei",
        "Zeile von <your table> zwei",
        "<your table>",
        "E301 a placeholder is left in (write what belongs here)",
    ),
    (
        "A tool that may say",
        "A tool that may say " + "and say again " * 20,
        "text: >-\n        Grounding",
        (
            "W305 the concept has 95 words, and what is practised with only 60 "
            "(say it shorter: it only names what was practised)"
        ),
    ),
]

IN_ROOT: list[Change] = [
    (
        "industry: banking",
        "industry: banks",
        "banks",
        'E212 unknown industry "banks" (did you mean banking?)',
    ),
    (
        "language: en",
        "language: English",
        "English",
        f'E104 language should be a locale, not "English" ({A_LOCALE})',
    ),
    (
        "keep_text_days: 0",
        "keep_text_days: 91",
        "91",
        "E104 keep_text_days is 91; the most is 90 (change it)",
    ),
    (
        "include: lessons/library/**/*.yaml",
        f"include: [{', '.join(['lessons/library/**/*.yaml'] * 21)}]",
        "[lessons/library",
        "E104 include has 21 entries; 20 is the most (leave some out)",
    ),
    (
        "      - names, addresses or account",
        "      - ask [your lead] for names, addresses or account",
        "[your lead]",
        "E301 a placeholder is left in (write what belongs here)",
    ),
]


def place_of(text: str, mark: str) -> str:
    """Give the line and column at which something stands."""
    assert text.count(mark) == 1, mark
    [(line, column)] = places_in(text, [text.index(mark)])
    return f"{line}:{column}"


def changed(text: str, old: str, new: str) -> str:
    """Change a text in the one place where something stands, or in the first of them."""
    assert old in text, old
    return text.replace(old, new, 1)


def told(folder: Path, file: str, findings: tuple[Finding, ...]) -> list[str]:
    """Give the findings of one file, its name apart."""
    return [line.removeprefix(f"{file}:") for line in lines(folder, findings) if line.startswith(f"{file}:")]


@pytest.mark.parametrize(("old", "new", "at", "found"), IN_LESSON)
def test_a_broken_rule_of_a_lesson_is_told_at_its_place(
    tmp_path: Path, old: str, new: str, at: str, found: str
) -> None:
    """One change in the example is one finding, at the line and column of what is wrong, with its mend."""
    lesson = changed(EXAMPLE, old, new)
    findings = loaded(write_example(tmp_path, lesson=lesson))[1]
    assert told(tmp_path, EXAMPLE_FILE, findings) == [f"{place_of(lesson, at)}: {found}"]


@pytest.mark.parametrize(("old", "new", "at", "found"), IN_ROOT)
def test_a_broken_rule_of_the_root_is_told_at_its_place(
    tmp_path: Path, old: str, new: str, at: str, found: str
) -> None:
    """The same in lessons.yaml."""
    root = changed(EXAMPLE_ROOT, old, new)
    findings = loaded(write_example(tmp_path, root=root))[1]
    at = place_of(root, at) if root.count(at) == 1 else f"{root.count(chr(10))}:{len('include: ') + 1}"
    assert told(tmp_path, "lessons.yaml", findings) == [f"{at}: {found}"]


def test_a_concept_is_written_alike_in_every_language(tmp_path: Path) -> None:
    """A concept with a picture is one in each language, and a plain text is a plain text."""
    start, end = (
        EXAMPLE.index("          text: >-\n            Erdung."),
        EXAMPLE.index("      - check:\n          q"),
    )
    plain = EXAMPLE[: start - 1] + " Erdung.\n" + EXAMPLE[end:]
    [line] = told(tmp_path, EXAMPLE_FILE, loaded(write_example(tmp_path, lesson=plain))[1])
    assert line.endswith(
        " E109 the concept of the lesson has a text and an image (write it alike in every language)"
    )
    text = "translations:\n  de: {steps: [{}, concept: {text: Erdung.}]}\n"
    [line] = lines(tmp_path / "x", loaded(write(tmp_path / "x", lesson=LESSON + text))[1])
    assert line == (
        "library/finance/close.yaml:26:29: E109 the concept of the lesson is only a text "
        "(write it alike in every language)"
    )


def test_a_root_without_industries_knows_none(tmp_path: Path) -> None:
    """Where lessons.yaml has no industries, any is unknown; where they are faulty, none is."""
    start, end = EXAMPLE_ROOT.index("industries:"), EXAMPLE_ROOT.index("job_families:")
    for instead, codes in (("", [Code.UNKNOWN_INDUSTRY] * 2), ("industries: [a]\n", [Code.KIND])):
        root = EXAMPLE_ROOT[:start] + instead + EXAMPLE_ROOT[end:]
        findings = loaded(write_example(tmp_path, root=root))[1]
        assert [finding.code for finding in findings] == codes


# ---------------------------------------------------------------- too much for a screen

LIMITS = (ChannelLimit("Microsoft Teams", 1_900), ChannelLimit("Slack", 1_800))


def test_a_screen_that_is_too_long_is_told_with_channel_and_limit(tmp_path: Path) -> None:
    """The strictest channel is named, its limit, and by how much the practice has to be shorter."""
    assert loaded(write_example(tmp_path), LIMITS)[1] == ()
    lesson = changed(
        EXAMPLE, "        Freight        180      240\n", "        Freight        180      240\n" * 50
    )
    [original] = lines(tmp_path, loaded(write_example(tmp_path, lesson=lesson), LIMITS)[1])
    assert original.startswith(f"{EXAMPLE_FILE}:17:5: E216 the practice has ")
    assert (
        "characters on one screen; Slack shows 1,800 (shorten material, starter or variants by " in original
    )


def test_a_translation_is_measured_too(tmp_path: Path) -> None:
    """A practice that is too long only in another language is told there."""
    lesson = changed(
        EXAMPLE, "            Fracht         180      240\n", "            Fracht         180      240\n" * 50
    )
    [line] = lines(tmp_path, loaded(write_example(tmp_path, lesson=lesson), LIMITS)[1])
    assert " E216 the practice in de has " in line
    at = lesson[: lesson.index("      - practice:\n          task")].count("\n") + 1
    assert line.startswith(f"{EXAMPLE_FILE}:{at}:9: ")


def test_what_may_not_be_pasted_counts(tmp_path: Path) -> None:
    """The note of the organization's industry stands on the same screen, and no other."""
    one = "    name: Banking\n    never_paste:\n"
    lines_of = "".join(f"      - {'x' * 130}\n" for _ in range(6))
    long = changed(
        EXAMPLE_ROOT,
        EXAMPLE_ROOT[EXAMPLE_ROOT.index(one) : EXAMPLE_ROOT.index("job_families")],
        one + lines_of,
    )
    limits = (ChannelLimit("Slack", 1_000),)
    assert loaded(write_example(tmp_path), limits)[1] == ()
    assert [f.code for f in loaded(write_example(tmp_path, root=long), limits)[1]] == [Code.TOO_LONG] * 2
    other = changed(long, "industry: banking", "industry: retail")
    other = changed(other, "industries:\n", "industries:\n  retail: {name: Retail}\n")
    assert loaded(write_example(tmp_path, root=other), limits)[1] == ()


def test_characters_are_counted_as_platforms_do(tmp_path: Path) -> None:
    """A character beyond the first plane counts twice, as in UTF-16."""
    material = "      material: " + "😀" * 700 + "\n"
    lesson = LESSON.replace("      hint:", f"{material}      hint:")
    [finding] = loaded(write(tmp_path, lesson=lesson), (ChannelLimit("Slack", 1_000),))[1]
    assert finding.code is Code.TOO_LONG and "1,495 characters" in finding.message


# ---------------------------------------------------------------- between lessons


def another(name: str, before: str = "", text: str = LESSON) -> str:
    """Make the small lesson another one, in words of its own, after one or more lessons."""
    head, steps = text.replace("finance-close", f"finance-{name}").split("steps:\n")
    if before:
        head = head.replace("minutes: 5\n", f"minutes: 5\nprerequisites: [{before}]\n")

    def other(found: re.Match[str]) -> str:
        word = found.group()
        return (
            word
            if word in {"true", "paste"}
            else "".join(chr(97 + (ord(c) * ord(name[0])) % 26) for c in word)
        )

    return f"{head}steps:\n{re.sub('[a-z]{4,}(?!:)(?![a-z])', other, steps)}"


def write_some(folder: Path, **before: str) -> Path:
    """Write lessons of finance, each with those that come before it."""
    for name, names in before.items():
        put(folder, f"library/finance/{name}.yaml", another(name, names))
    return put(folder, "lessons.yaml", ROOT)


def test_prerequisites_may_go_round_nowhere(tmp_path: Path) -> None:
    """Each lesson of a circle is told the shortest way round; one that only leads into it is not."""
    path = write_some(tmp_path, a="finance-b", b="finance-c", c="finance-a", d="finance-a", e="finance-d")
    findings = loaded(path)[1]
    assert [(f.path.stem, f.code, f.message) for f in findings] == [
        ("a", Code.CIRCLE, "comes before itself: finance-a after finance-b after finance-c after finance-a"),
        ("b", Code.CIRCLE, "comes before itself: finance-b after finance-c after finance-a after finance-b"),
        ("c", Code.CIRCLE, "comes before itself: finance-c after finance-a after finance-b after finance-c"),
    ]


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdefg"), max_size=3), max_size=6)
)
def test_every_circle_is_found(before: dict[str, list[str]]) -> None:
    """Whatever comes before what, all that lead back to themselves are told, with a way that is there."""
    found = circles(before)
    for name, names in before.items():
        reached, waiting = set[str](), [*names]
        while waiting:
            each = waiting.pop()
            if each not in reached:
                reached.add(each)
                waiting += before.get(each, [])
        assert (name in found) == (name in reached)
    for name, way in found.items():
        assert way[0] == way[-1] == name and len({*way}) == len(way) - 1
        assert all(second in before[first] for first, second in pairwise(way))


def test_prerequisites_are_of_the_same_job_family(tmp_path: Path) -> None:
    """A lesson of another job family is none that could come before; the mend says whose it is."""
    capability = "    capabilities: [{id: follow-up, owner: Head of sales, agreed_on: 2026-10-01}]\n"
    write_some(tmp_path, a="sales-call")
    path = put(
        tmp_path,
        "lessons.yaml",
        ROOT.replace("include:", f"  sales:\n    name: Seller\n{capability}include:"),
    )
    call = (
        another("call")
        .replace("finance-call", "sales-call")
        .replace("job_family: finance", "job_family: sales")
    )
    put(tmp_path, "library/sales/call.yaml", call.replace("explain-variances", "follow-up"))
    [finding] = [f for f in loaded(path)[1] if f.severity is Severity.ERROR]
    assert (finding.code, finding.message) == (Code.UNKNOWN_LESSON, 'finance has no lesson "sales-call"')
    assert finding.mend == "it is one of sales; a lesson and what comes before it are of one job family"


def test_a_faulty_lesson_is_still_there_to_come_before_another(tmp_path: Path) -> None:
    """A fault in one lesson does not make it unknown to those after it, nor hide its own prerequisites."""
    path = write_some(tmp_path, a="finance-b", b="finance-z")
    put(tmp_path, "library/finance/b.yaml", another("b", "finance-z").replace("title:", "titel:"))
    found = [(f.path.stem, f.code) for f in loaded(path)[1]]
    assert found == [("b", Code.MISSING_KEY), ("b", Code.UNKNOWN_KEY), ("b", Code.UNKNOWN_LESSON)]
    put(tmp_path, "library/finance/b.yaml", "id: finance-b\n")
    assert "a" not in {f.path.stem for f in loaded(path)[1]}


@pytest.mark.parametrize(("count", "told"), [(9, "9 use cases"), (10, ""), (15, ""), (16, "16 use cases")])
def test_a_job_family_has_ten_to_fifteen_use_cases(tmp_path: Path, count: int, told: str) -> None:
    """Fewer than ten use cases of a job family, or more than fifteen, are told at the job family."""
    names = [*"abcdefghijklmnopqrstuvwxyz"[:count]]
    path = write_some(tmp_path, **dict.fromkeys(names, ""))
    for name in names:
        text = another(name).replace("Variance analysis", f"Use {name}")
        put(tmp_path, f"library/finance/{name}.yaml", text)
    found = lines(tmp_path, loaded(path, counted=True)[1])
    assert [line.split("; ")[0] for line in found] == (
        [f"lessons.yaml:6:3: W306 finance has {told}"] if told else []
    )


def test_one_use_case_may_have_several_lessons(tmp_path: Path) -> None:
    """Use cases are counted, not lessons, also in faulty lessons, unless one cannot be read."""
    path = write_some(tmp_path, a="", b="")
    [few] = loaded(path, counted=True)[1]
    assert few.code is Code.USE_CASES and few.message.startswith("finance has 1 use case; ")
    put(tmp_path, "library/finance/b.yaml", "job_family: finance\nuse_case: Another\n")
    told = [f.message for f in loaded(path, counted=True)[1] if f.code is Code.USE_CASES]
    assert told == [few.message.replace("1 use case", "2 use cases")]
    put(tmp_path, "library/finance/b.yaml", "use_case: [")
    assert Code.USE_CASES not in {finding.code for finding in loaded(path, counted=True)[1]}


def test_a_lesson_with_the_nouns_changed_is_told(tmp_path: Path) -> None:
    """A near duplicate is told at both ids, with how near it is; other material hides nothing."""
    put(
        tmp_path,
        "library/finance/copy.yaml",
        LESSON.replace("finance-close", "finance-copy").replace("quarter", "month"),
    )
    path = write(
        tmp_path,
        lesson=LESSON.replace("      hint:", "      material: All the words of a table\n      hint:"),
    )
    findings = loaded(path)[1]
    assert [(f.path.stem, f.line, f.column, f.code) for f in findings] == [
        ("close", 1, 5, Code.NEARLY_THE_SAME),
        ("copy", 1, 5, Code.NEARLY_THE_SAME),
    ]
    assert findings[0].message.endswith(" % the same words as finance-copy")


# ---------------------------------------------------------------- more than anybody reads


@pytest.mark.parametrize(("read_on", "due"), [("2026-08-02", False), ("2026-08-01", True)])
def test_three_months_are_ninety_two_days(tmp_path: Path, read_on: str, due: bool) -> None:
    """A lesson is stale from the ninety-third day after it was read."""
    findings = loaded(write(tmp_path, lesson=LESSON + f"reviewed_on: {read_on}\n"))[1]
    assert [finding.code for finding in findings] == ([Code.REVIEW_DUE] if due else [])


def test_a_lesson_is_not_offered_as_what_comes_before_it(tmp_path: Path) -> None:
    """Where the only lesson with a name like it is the lesson itself, that is not what was meant."""
    [finding] = loaded(write_some(tmp_path, close="finance-clse"))[1]
    assert (finding.code, finding.mend) == (Code.UNKNOWN_LESSON, "known here: nothing yet")


def test_a_file_with_a_thousand_faults_is_told_the_first_hundred(tmp_path: Path) -> None:
    """Of one file a hundred findings are told, and that there are more."""
    lesson = LESSON + "".join(f"nonsense{number}: x\n" for number in range(1000))
    findings = loaded(write(tmp_path, lesson=lesson))[1]
    codes = [finding.code for finding in findings]
    assert codes.count(Code.UNKNOWN_KEY) == 100 and codes.count(Code.TOO_MANY) == 1 and len(codes) == 101


def test_a_file_with_too_many_values_is_read_no_further(tmp_path: Path) -> None:
    """A file of twenty thousand values and more is no lesson, whatever it says."""
    lesson = "steps: [" + "a, " * 20_001 + "]\n"
    [finding] = loaded(write(tmp_path, lesson=lesson))[1]
    assert (finding.code, finding.message) == (Code.TOO_LARGE, "has over 20,000 values")
