import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lessons.catalogue import Catalogue
from lessons.lint import FORMATS, Finding, Severity, render
from lessons.reading import parse
from tests.lesson_files import EXAMPLE, EXAMPLE_FILE, LESSON, ROOT, loaded, write, write_example

SOURCES = {"root": ROOT, "lesson": LESSON, "example": EXAMPLE}
ODD: st.SearchStrategy[object] = st.sampled_from(
    [
        None,
        True,
        "",
        " ",
        "x" * 3000,
        "no",
        -1,
        0,
        10**30,
        0.5,
        float("nan"),
        float("inf"),
        [],
        {},
        [[]],
        [None],
    ]
) | st.dictionaries(
    st.sampled_from(["name", "practice", "steps", "right", "x y", "step practice", "[key]", "text", "de"]),
    st.just("a"),
)


def check(which: str, data: str | bytes) -> tuple[Finding, ...]:
    """Load a catalogue with one file replaced, and hold what comes back against the promise of `load`."""
    with tempfile.TemporaryDirectory() as folder:
        if which == "example":
            path = write_example(Path(folder))
            (Path(folder) / EXAMPLE_FILE).write_bytes(data if isinstance(data, bytes) else data.encode())
        else:
            path = write(Path(folder), *((data, LESSON) if which == "root" else (ROOT, data)))
        catalogue, findings = loaded(path)
        errors = [finding for finding in findings if finding.severity is Severity.ERROR]
        assert isinstance(catalogue, Catalogue) if not errors else catalogue is None
        assert which == "root" or catalogue is None or len(catalogue.lessons) in (1, 2)
        assert all(finding.line > 0 and finding.column > 0 and finding.mend for finding in findings)
        assert len(render(findings, "text").splitlines()) == len(findings)
        for form in FORMATS:
            assert render(findings, form).encode() is not None
        return findings


@pytest.mark.parametrize("which", SOURCES)
@given(data=st.binary(max_size=400))
@example(b"")
@example(b"\xff\xfe")
@example(b"[" * 50_000)
@example(b"? " * 5_000)
@example(b"a: " + b"9" * 50_000)
@example(b"%YAML 9.9\n---\n")
@example(b"&a [*a]")
@example(b"!!binary x")
@example("a: \u2028b\n\x85c: 'd".encode())
def test_any_bytes_are_findings_and_never_an_exception(which: str, data: bytes) -> None:
    """Whatever bytes lessons.yaml or a lesson holds, there are findings and no exception."""
    assert check(which, data)


@pytest.mark.parametrize("which", SOURCES)
@given(data=st.data())
def test_any_edit_gives_findings_or_a_catalogue(which: str, data: st.DataObject) -> None:
    """A sound file with any piece replaced by any text gives findings or a catalogue."""
    text = SOURCES[which]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    piece = data.draw(st.text(st.sampled_from("ab:- \n\t[]{}&*!|>'\"#%@`?,~.0\\é\u2028"), max_size=12))
    check(which, text[:start] + piece + text[end:])


def spots(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Give the path of everything in a value."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from spots(each, (*path, key))


def replaced(value: object, path: tuple[str | int, ...], new: object) -> object:
    """Copy a value with something else at a path."""
    if not path:
        return new
    if isinstance(value, dict):
        return {k: replaced(v, path[1:], new) if k == path[0] else v for k, v in value.items()}
    assert isinstance(value, list)
    return [replaced(v, path[1:], new) if k == path[0] else v for k, v in enumerate(value)]


@pytest.mark.parametrize("which", SOURCES)
@settings(max_examples=200)
@given(data=st.data())
def test_any_odd_value_is_told_in_words_for_authors(which: str, data: st.DataObject) -> None:
    """Whatever stands where, a finding is in words of the language and not of the library that found it."""
    sound = json.loads(json.dumps(parse(Path(which), SOURCES[which].encode()).value))
    path = data.draw(st.sampled_from(sorted(spots(sound), key=repr)))
    odd = replaced(sound, path, data.draw(ODD))
    for finding in check(which, json.dumps(odd)):
        for term in (
            "pydantic",
            "Input",
            "valid ",
            "str_",
            "tuple",
            "dict",
            "None",
            "see docs",
            "regex",
            "Unable",
            "discriminator",
        ):
            assert term not in f"{finding.message} {finding.mend}"
