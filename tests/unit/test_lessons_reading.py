import math
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from lessons.lint import Code
from lessons.reading import Block, Listing, Value, parse, plain

HERE = Path("lesson.yaml")

# Most are the examples of YAML 1.2.2, sections 10.2.1 and 10.3.2.
SCALARS: list[tuple[str, Value]] = [
    ("no", "no"),
    ("yes", "yes"),
    ("off", "off"),
    ("20:00", "20:00"),
    ("010", 10),
    ("0o7", 7),
    ("0x3A", 58),
    ("-19", -19),
    ("1_000", "1_000"),
    ("1,200", "1,200"),
    ("0.", 0.0),
    ("-0.0", -0.0),
    (".5", 0.5),
    ("+12e03", 12000.0),
    ("-2E+05", -200000.0),
    ("1e400", math.inf),
    (".inf", math.inf),
    ("-.Inf", -math.inf),
    ("~", None),
    ("null", None),
    ("", None),
    ("nULL", "nULL"),
    ("true", True),
    ("FALSE", False),
    ("tRUE", "tRUE"),
    ("2027-03-01", "2027-03-01"),
    ("0b1", "0b1"),
    ("1.2.3", "1.2.3"),
    ("-", "-"),
    (".", "."),
    ("9" * 5000, "9" * 5000),
    ("0x" + "f" * 5000, "0x" + "f" * 5000),
    ("1." + "0" * 5000, "1." + "0" * 5000),
]


@pytest.mark.parametrize(("text", "value"), SCALARS)
def test_unquoted_scalars_are_those_of_yaml_12(text: str, value: Value) -> None:
    """What stands unquoted is a number, true, false, null or text by the core schema of YAML 1.2."""
    assert plain(text) == value and type(plain(text)) is type(value)


def test_not_a_number_is_a_number() -> None:
    """The scalar .nan is read, so that it can be found out of range."""
    number = plain(".nan")
    assert isinstance(number, float) and math.isnan(number)


def test_quoted_scalars_are_text() -> None:
    """What stands in quotes or in a block is text, whatever it looks like."""
    found = parse(HERE, b"a: \"5\"\nb: 'true'\nc: |\n  5\nd: >-\n  null\n").value
    assert found == {"a": "5", "b": "true", "c": "5\n", "d": "null"}


def test_every_key_and_value_has_its_place() -> None:
    """Keys, values and entries know the line and column at which they begin, counted in characters."""
    found = parse(HERE, "# ä\nä: {b: [ü, c]}\nd:\n  - |\n    e\n  - f: 1\n".encode()).value
    assert isinstance(found, Block) and found.at == (2, 1)
    assert (found.key_at("ä"), found.key_at("d")) == ((2, 1), (3, 1))
    assert (found.value_at("ä"), found.value_at("d")) == ((2, 4), (4, 3))
    inner, listing = found["ä"], found["d"]
    assert isinstance(inner, Block) and isinstance(listing, Listing)
    assert inner.key_at("b") == (2, 5) and inner.value_at("b") == (2, 8)
    assert isinstance(inner["b"], Listing) and [inner["b"].item_at(i) for i in (0, 1)] == [(2, 9), (2, 12)]
    assert listing.at == (4, 3) and [listing.item_at(i) for i in (0, 1)] == [(4, 5), (6, 5)]


def test_keys_are_text_as_it_is_written() -> None:
    """A key that looks like a number, or like nothing, is a text all the same."""
    assert parse(HERE, b"1: a\n01: b\ntrue: c\n~: d\n").value == {"1": "a", "01": "b", "true": "c", "~": "d"}


def test_one_reading_tells_several_faults() -> None:
    """A repeated key, an anchor, an alias and a tag are all told, and the rest of the file is read."""
    document = parse(HERE, b"a: &x 1\na: 2\nb: *x\nc: !!int 3\nd: 4\n")
    codes = [finding.code for finding in document.findings]
    assert codes == [Code.ANCHOR, Code.REPEATED_KEY, Code.ANCHOR, Code.TAG]
    assert document.value == {"a": 1, "b": None, "c": "3", "d": 4} and not document.broken


def test_aliases_never_multiply() -> None:
    """Nine levels of nine aliases, which elsewhere grow to gigabytes, stay as small as they are written."""
    levels = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    document = parse(HERE, "\n".join(levels).encode())
    assert {finding.code for finding in document.findings} == {Code.ANCHOR}
    assert isinstance(document.value, Block) and document.value["a9"] == [None] * 9


@pytest.mark.parametrize("opening", ["[", "{", "- ", "? ", "a: {", "[{"])
def test_depth_is_bounded(opening: str) -> None:
    """A file that nests without end is left at once, with one finding."""
    document = parse(HERE, (opening * 200_000).encode())
    assert [finding.code for finding in document.findings] in ([Code.DEPTH], [Code.SYNTAX])


BROKEN = [
    "a: b: c",
    "a: [",
    "a: {",
    "a: 'b",
    "\ta: b",
    "a: @b",
    "a\nb: c",
    "a: ]",
    '"a" "b"',
    "- a\nb: c",
    "a: *",
]


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_wrong_with_yaml_is_said_in_plain_words(text: str) -> None:
    """The usual slips are explained without a parser's terms."""
    [finding] = parse(HERE, text.encode()).findings
    assert finding.code is Code.SYNTAX and finding.mend
    for term in ("token", "scalar", "node", "scanning", "document start", "alias", "block"):
        assert term not in finding.message


LETTERS = st.characters(
    codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\ufffe\uffff"
)
# PyYAML leaves unquoted what YAML 1.2, but not 1.1, takes for a number, such as 1e5.
TEXTS = st.text(LETTERS).filter(lambda text: not text or isinstance(plain(text), str))
PLAINS: st.SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(PLAINS)
@example({"no": "no", "": ["20:00", "010", "~", "5", "true"]})
def test_what_another_program_writes_is_read_alike(value: object) -> None:
    """Any value written by PyYAML is read as that value."""
    written = yaml.safe_dump(value, allow_unicode=True)
    document = parse(HERE, written.encode())
    assert document.findings == () and document.value == value
