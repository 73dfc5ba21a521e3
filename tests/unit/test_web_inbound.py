from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.web.inbound import MOST_TEXT, normalise
from bot.model import ChannelName, Draw, Incoming, Source, Surface, Unsupported

ID = "0b7f8a54-3c7e-4f0e-9f59-7a1f5f1c2d3e"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
FIELDS = ("id", "verb", "args", "text", "source", "zone", "form")


def taken(**said: Any) -> Incoming:
    """Read what is fine."""
    read = normalise({"id": ID, **said}, "ann")
    assert isinstance(read, Incoming)
    return read


def refused(**said: Any) -> str:
    """Read what is not, and give the reason."""
    read = normalise({"id": ID, **said}, "ann")
    assert isinstance(read, Unsupported)
    return read.reason


def test_a_press_carries_its_verb_its_args_and_its_element() -> None:
    """A press is the verb and args of its button, on the element that was pressed."""
    press = taken(verb="go", args={"s": "x", "v": "3"}, source="p1", zone="Europe/Lisbon")
    assert (press.verb, press.args, press.source) == ("go", {"s": "x", "v": "3"}, Source("p1"))
    assert (press.workspace.channel, press.workspace.external) == (ChannelName.WEB, "web")
    assert (press.sender.external, press.sender.time_zone) == ("ann", "Europe/Lisbon")
    assert (press.surface, press.takes_message, press.takes_form) == (Surface.DIRECT_MESSAGE, True, False)


def test_what_is_typed_is_read_as_everywhere() -> None:
    """Typed words become verbs by the one table."""
    typed = taken(text="Lesson finance-variance")
    assert (typed.verb, typed.args, typed.source) == ("lesson", {"id": "finance-variance"}, None)


def test_a_form_that_was_sent_can_be_told_its_problems() -> None:
    """Only a form that was sent is on the surface that shows which field is wrong."""
    assert taken(verb="set", args={"k": "tools", "x": ""}, form=True).surface is Surface.FORM
    assert taken(verb="set", form="yes").surface is Surface.DIRECT_MESSAGE
    assert taken(verb="home").surface is Surface.HOME


@pytest.mark.parametrize(
    ("verb", "heard"),
    [("arrive", True), ("home", True), ("depart", False), ("profile", False), ("uninstall", False)],
)
def test_the_page_says_two_of_the_platforms_verbs(verb: str, heard: bool) -> None:
    """The page says who came and who opened the home; nobody removes the room for all by a forged press."""
    assert taken(verb=verb, args={"x": "y"}).by_platform is heard
    assert not taken(text=verb).by_platform


def test_a_text_keeps_everything_but_the_null_character() -> None:
    """Emoji, right-to-left text and markup come in as they are; a null no database could hold is left out."""
    pasted = "a\0b 🙂 שלום <script> <!channel>"
    assert taken(verb="paste", args={"text": pasted}).args["text"] == pasted.replace("\0", "")


def test_a_long_text_is_refused_not_cut() -> None:
    """At the limit a text is taken whole, above it not at all."""
    assert len(taken(verb="paste", args={"text": "x" * MOST_TEXT}).args["text"]) == MOST_TEXT
    assert refused(verb="paste", args={"text": "x" * (MOST_TEXT + 1)}) == "too long"
    assert refused(text="x" * (MOST_TEXT + 1)) == "too long"


@pytest.mark.parametrize("zone", [None, 7, "", "Mars/Olympus", "../../etc/passwd", "x" * 5000])
def test_a_zone_that_is_none_is_not_told(zone: object) -> None:
    """What is no time zone counts as not told."""
    assert taken(verb="next", zone=zone).sender.time_zone is None


@pytest.mark.parametrize(
    "said",
    [
        {"id": 5, "verb": "next"},
        {"id": "short", "verb": "next"},
        {"id": "x" * 65, "verb": "next"},
        {"id": "1234567\n", "verb": "next"},
        {},
        {"verb": 5},
        {"verb": "x" * 41},
        {"text": None},
        {"verb": "next", "args": None},
        {"verb": "next", "args": {"a": 1}},
        {"verb": "next", "args": {"A B": "x"}},
        {"verb": "next", "args": {f"a{'b' * n}": "" for n in range(21)}},
        {"verb": "next", "source": "<b>"},
        {"verb": "next", "source": ["p1"]},
    ],
)
def test_what_is_not_of_the_pages_shape_is_refused(said: dict[str, Any]) -> None:
    """Missing, mistyped and oversized members are refused by name."""
    assert refused(**said).startswith("no ")


@given(JSON | st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, JSON) | {"id": st.just(ID)}))
def test_reading_is_total(said: object) -> None:
    """Whatever JSON comes, it is read or refused, never an error."""
    assert isinstance(normalise(said, "ann"), Incoming | Unsupported)


@given(st.text(max_size=20))
def test_any_code_that_is_shown_can_be_typed(point: str) -> None:
    """Whatever characters a joining code is drawn from, typing it is read as joining."""
    code = Draw(b"salt", point, "1").code()
    assert (taken(text=f"join {code}").verb, taken(text=f"Join {code.upper()}").args) == (
        "join",
        {"code": code},
    )
