"""The two ways of reading say the same, and so do the two ways of checking."""

import json
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from lessons.checking import ChannelLimit, Known, check_lesson, is_fine
from lessons.length import check_minutes
from lessons.model import Lesson
from lessons.reading import MOST_VALUES, parse
from lessons.values import values
from tests.lesson_files import EXAMPLE, EXAMPLE_ROOT, LESSON, TODAY

HERE = Path("library/finance/close.yaml")
ODD = [
    "",
    "ä",
    "😀",
    " ",
    "\n",
    "\n  ",
    "- ",
    ": ",
    "? ",
    "#",
    "'",
    '"',
    "&a ",
    "*a",
    "!t ",
    "|",
    ">",
    "[",
    "]",
    "{",
    "}",
    ",",
    "%",
    "---",
    "...",
    "\t",
    "\x07",
    "\ufeff",
    "\u2028",
    "\\",
    "<<",
    "~",
    "0",
    "1e3",
    "0x1",
    "true",
    ".nan",
    "a: b",
    "id: x\n",
    '"\\u0007"',
    '"\\n"',
]


def edits(text: str) -> st.SearchStrategy[str]:
    """Make a text with one or two places changed into something odd."""
    place = st.tuples(st.integers(0, len(text)), st.integers(0, 12), st.sampled_from(ODD))

    def apply(changes: list[tuple[int, int, str]]) -> str:
        changed = text
        for start, length, new in changes:
            changed = changed[:start] + new + changed[start + length :]
        return changed

    return st.lists(place, max_size=2).map(apply)


def agree(data: bytes) -> None:
    """Hold the fast reading against the slow one: the same values, or no answer."""
    found, document = values(data), parse(HERE, data)
    if found is not None:
        assert document.findings == ()
        assert repr(found) == repr(document.value)
    elif isinstance(document.value, dict):
        assert document.findings


@given(edits(LESSON))
@example(LESSON)
@example(EXAMPLE)
@example(EXAMPLE_ROOT)
@example("a: 1\n---\nb: 2\n")
@example("a: 1\na: 2\n")
@example("{}")
@example('a: "b\\u0007"\n')
@example("a: \ufeff\n")
def test_the_fast_reading_is_the_slow_one(text: str) -> None:
    """A file with nothing to tell is read alike both ways; another one only by the slow way."""
    agree(text.encode())


@given(st.binary(max_size=200))
@example(b"\xef\xbb\xbfa: b")
@example(b"\xff\xfea")
@example(b"")
def test_any_bytes_are_read_alike(data: bytes) -> None:
    """So are any bytes."""
    agree(data)


@pytest.mark.parametrize("count", [MOST_VALUES - 1, MOST_VALUES, MOST_VALUES + 1])
def test_both_stop_at_the_same_count(count: int) -> None:
    """A file of as many values as are allowed is read both ways, and one more by none."""
    data = f"a: [{'b,' * (count - 1)}]\n".encode()
    assert (values(data) is not None) == (count <= MOST_VALUES) == (parse(HERE, data).findings == ())
    agree(data)


@pytest.mark.parametrize("depth", [19, 20, 21])
def test_both_stop_at_the_same_depth(depth: int) -> None:
    """The same holds of lists in each other."""
    data = ("a: " + "[" * (depth - 1) + "]" * (depth - 1)).encode()
    assert (values(data) is not None) == (depth <= 20)
    agree(data)


# ---------------------------------------------------------------- fine at a glance

ROOT = EXAMPLE_ROOT.replace("  chatgpt: {name", "  claude: {name: Claude}\n  chatgpt: {name")
KNOWN = Known.of(parse(Path("lessons.yaml"), ROOT.encode()))
LIMITS = (ChannelLimit("Slack", 900), ChannelLimit("Microsoft Teams", 2_000))
GOOD = LESSON + "industries: [banking]\nskill: judge\nowner: CFO office\nreviewed_on: 2026-11-01\n"
VALUES: list[object] = [
    None,
    "",
    " ",
    "x",
    "finance",
    "finance-close",
    "explain-variances",
    "copilot",
    "banking",
    "x" * 850,
    "word " * 99,
    "2026-11-01",
    "2026-11-02",
    "2026-08-01",
    "2026-08-02",
    "2027-03-01",
    0,
    1,
    3,
    4,
    5,
    6,
    7,
    0.5,
    True,
    False,
    [],
    {},
    ["copilot"],
    ["x"],
    [""],
    {"copilot": {"starter": "x"}},
    {"chatgpt": {"menu": "x"}},
    {"copilot": {"starter": "x" * 800}},
    {"de": {}},
    {"de": {"title": "x"}},
    {"de": {"steps": [{"practice": {"task": "x" * 500}}]}},
]
KEYS = [
    "variants",
    "material",
    "starter",
    "industries",
    "translations",
    "reviewed_on",
    "owner",
    "hint",
    "rubric",
    "prerequisites",
    "better",
    "image",
    "x",
]


def places(value: object, way: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """List the ways to everything in a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way, *(found for key, each in inner for found in places(each, (*way, key)))]


def put(value: object, way: tuple[str | int, ...], new: object) -> object:
    """Copy a value with something else at the end of a way."""
    if not way:
        return new
    if isinstance(value, dict):
        key = str(way[0])
        return {**value, key: put(value.get(key), way[1:], new)}
    assert isinstance(value, list)
    return [put(each, way[1:], new) if index == way[0] else each for index, each in enumerate(value)]


SOUND = values(GOOD.encode())
WAYS = [
    *places(SOUND),
    *((key,) for key in KEYS),
    *(("steps", 0, "practice", key) for key in KEYS),
]


@settings(max_examples=200)
@given(
    st.lists(st.tuples(st.sampled_from(WAYS[1:]), st.sampled_from(VALUES)), max_size=2),
    st.sampled_from(["finance", "sales"]),
    st.sampled_from(["close", "plan"]),
)
@example([], "finance", "close")
def test_what_is_fine_at_a_glance_is_fine(
    changes: list[tuple[tuple[str | int, ...], object]], folder: str, stem: str
) -> None:
    """Where the quick look at a lesson is content, the look at its source finds nothing."""
    source: object = SOUND
    for way, new in changes:
        if way in places(source) or len(way) == 1 or way[:3] == ("steps", 0, "practice"):
            try:
                source = put(source, way, new)
            except AssertionError:
                return
    hold(source, folder, stem)


@pytest.mark.parametrize("way", WAYS[1:], ids=str)
def test_each_single_change_is_seen_at_a_glance(way: tuple[str | int, ...]) -> None:
    """The same, with one value after the other in every place."""
    for new in VALUES:
        hold(put(SOUND, way, new), "finance", "close")


def hold(source: object, folder: str, stem: str) -> None:
    """Hold the quick look at a lesson against the look at its source."""
    document = parse(Path(folder) / f"{stem}.yaml", json.dumps(source).encode())
    try:
        lesson = Lesson.model_validate(document.value)
    except ValidationError:
        return
    found = [*check_lesson(document, KNOWN, TODAY, LIMITS), *check_minutes(document, lesson)]
    fine = is_fine((folder, stem), lesson, KNOWN, TODAY, LIMITS)
    assert not (fine and found)
    assert fine or found or lesson.translations, "a lesson without a finding is told so at a glance"
