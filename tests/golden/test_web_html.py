"""The HTML of every kind of block, kept in web/.

`python -m tests.golden.test_web_html` writes it anew.
"""

import html
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.web.render import render, render_page
from bot.messages import (
    Block,
    Button,
    ChoiceField,
    Choices,
    Code,
    Emphasis,
    Fields,
    Form,
    Heading,
    Items,
    Message,
    Note,
    Progress,
    Text,
    TextField,
    say,
)

KEPT = Path(__file__).parent / "web"

SCALE = Choices(tuple(Button(str(n), "confidence", {"n": str(n)}) for n in range(0, 101, 10)))
PASTE = Form(
    "paste",
    "Paste your result",
    "Paste the result",
    "Check it",
    "paste",
    (TextField("text", "What you came up with", multiline=True, placeholder="Paste here"),),
    {"s": "abcdefghijklmnopqrstuvwxyz", "v": "3"},
    emphasis=Emphasis.PRIMARY,
)
PLAN = Form(
    "plan",
    "Your plan",
    "Say it in my words",
    "That is my plan",
    "commit",
    (
        TextField("when", "When …", "the ledger closes", max_length=140),
        TextField("task", "… I will use AI for …", optional=True, max_length=140),
        ChoiceField("t", "… with", (("copilot", "Copilot"), ("claude", "Claude")), ("claude",)),
    ),
    {"s": "x", "v": "9"},
    intro="When, what, with what.",
)

MESSAGES = {
    "words": Message(
        "Write the variance commentary",
        (
            Heading("Write the variance commentary"),
            Progress(1, 5, "Step 2 of 5 · practice"),
            Text("Your manager wants three sentences.\nMake them true."),
            Text("Not quite there yet:", strong=True),
            Items(("25 to 120 words", "mentions freight", "avoids guesses"), (True, False, None)),
            Items(("one", "two")),
            Heading("Material", level=2),
            Code("Line       Plan   Actual\nRevenue   1,200    1,110", "Material"),
            Code("\nUse only the table.\n", with_above=True),
            Code("CALL NOTE  Thu 12 Nov\nBudget    1,200\nMeeting   Renate, head of operations, new\n- late"),
            Fields((("Job", "Finance analyst"), ("Tools", "Copilot, Claude"))),
            Progress(3, 40, "3 of 40 done"),
            Note("About 3 minutes."),
        ),
    ),
    "buttons": Message(
        "Choose",
        (
            Choices((Button("Agree", "agree", emphasis=Emphasis.PRIMARY), Button("No", "decline"))),
            Text("Which instruction reduces invented causes?", strong=True),
            Choices(
                (
                    Button("Use only the table; write 'not in the data' otherwise", "answer", short="A"),
                    Button("Be accurate", "answer", {"a": "1"}, short="B"),
                )
            ),
            SCALE,
            Choices((Button("Stop Laps", "stop", emphasis=Emphasis.DANGER),)),
        ),
    ),
    "forms": Message(
        "Forms",
        (
            PASTE,
            PLAN,
            Form(
                "tools",
                "Your tools",
                "Choose",
                "These are mine",
                "set",
                (ChoiceField("x", "Tools", (("a", "A"), ("b", "B")), ("a", "b"), many=True, optional=True),),
                emphasis=Emphasis.PRIMARY,
            ),
        ),
    ),
    "fallback": Message("Nothing but words"),
    "parts": Message("Parts", (Heading("Your plans", level=2), Heading("More", level=2))),
    "inert": say(
        "<script>alert(1)</script> <img src=x onerror=alert(1)> & \"quotes\" 'and' <!channel> {{ 7*7 }}",
        Heading("</h2><b>"),
        Code("</pre><script>", "</figcaption>"),
        Items(("<li>",), (True,)),
        Fields((("<dt>", "</dl>"),)),
        Choices((Button("</button>", "go", {"s": "\"'><script>"}, short='"><i>'),)),
        Form("f", '"><b>', "<o>", "<s>", "set", (TextField("x", "<l>", '"><i>', multiline=True),)),
    ),
}


def drawn(message: Message) -> str:
    """Draw a message as it is kept."""
    return render(message, "p1")


@pytest.mark.parametrize("name", MESSAGES)
def test_html_is_as_kept(name: str) -> None:
    """Each message is drawn as the kept HTML."""
    assert drawn(MESSAGES[name]) == (KEPT / f"{name}.html").read_text(encoding="utf-8")


class _Outline(HTMLParser):
    """Collects what a reader's software relies on."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.headings: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if re.fullmatch(r"h\d", tag):
            self.headings.append(int(tag[1]))
        if tag not in ("input", "img", "link", "meta"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def outline(markup: str) -> _Outline:
    """Read HTML and see that every element ends where it should."""
    read = _Outline()
    read.feed(markup)
    read.close()
    assert read.open == []
    return read


@pytest.mark.parametrize("name", MESSAGES)
def test_html_is_sound(name: str) -> None:
    """Ids are unique, what refers to an id finds it, headings follow each other without a gap."""
    read = outline(drawn(MESSAGES[name]))
    ids = [attributes["id"] for _, attributes in read.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in read.tags:
        for reference in ("for", "aria-labelledby", "aria-describedby"):
            assert set(attributes.get(reference, "").split()) <= set(ids)
    assert not read.headings or read.headings[0] == 2
    assert all(after - before <= 1 for before, after in zip(read.headings, read.headings[1:], strict=False))


def test_the_page_itself_is_sound() -> None:
    """The page loads from its own server only, and carries no script or style that its policy forbids."""
    read = outline(render_page().removeprefix("<!doctype html>"))
    loaded = [a.get("src") or a.get("href", "") for tag, a in read.tags if tag in ("script", "link", "img")]
    assert loaded and all(address.startswith("/web/static/") for address in loaded)
    assert not any("style" in a or any(name.startswith("on") for name in a) for _, a in read.tags)


TEXT = st.text(max_size=60) | st.sampled_from(
    ["<script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}", "\u202e", "\0"]
)
BLOCKS: st.SearchStrategy[Block] = st.one_of(
    st.builds(Heading, TEXT, st.sampled_from([1, 2])),
    st.builds(Text, TEXT, st.booleans()),
    st.builds(Code, TEXT, TEXT),
    st.builds(Note, TEXT),
    st.builds(lambda items: Items(tuple(items)), st.lists(TEXT, max_size=3)),
    st.builds(lambda pairs: Fields(tuple(pairs)), st.lists(st.tuples(TEXT, TEXT), max_size=3)),
    st.builds(lambda label, value: Choices((Button(label, "go", {"x": value}, short=label),)), TEXT, TEXT),
    st.builds(
        lambda a, b: Form("f", a, b, a, "set", (TextField("x", a, b), ChoiceField("y", a, ((b, a),)))),
        TEXT,
        TEXT,
    ),
)
OURS = frozenset(
    {"h2", "h3", "p", "strong", "ul", "li", "span", "figure", "figcaption", "pre", "dl", "div", "dt", "dd"}
    | {"button", "progress", "label", "form", "textarea", "input", "fieldset", "legend", "details", "summary"}
)


@given(st.lists(BLOCKS, max_size=6), TEXT)
def test_no_text_becomes_markup(blocks: list[Block], fallback: str) -> None:
    """Whatever the texts are, only our own elements come out, without a handler or an address among them."""
    read = outline(render(Message(fallback, tuple(blocks)), "p1"))
    for tag, attributes in read.tags:
        assert tag in OURS
        assert not any(name.startswith("on") or name in ("src", "href", "style") for name in attributes)


def test_a_button_carries_what_it_does() -> None:
    """What a button carries comes back from the HTML as it went in."""
    args = {"s": "\"'<>&", "v": "3"}
    carried = re.search(r'data-press="([^"]*)"', drawn(say("x", Choices((Button("Go", "go", args),)))))
    assert carried
    assert html.unescape(carried[1]) == '{"verb":"go","args":{"s":"\\"\'<>&","v":"3"}}'


if __name__ == "__main__":
    KEPT.mkdir(exist_ok=True)
    for kept_name, kept in MESSAGES.items():
        (KEPT / f"{kept_name}.html").write_text(drawn(kept), encoding="utf-8")


def test_only_what_may_go_together_is_copied_together() -> None:
    """Where not all of the material goes into the tool, no button copies it along with the prompt."""
    for together in (True, False):
        blocks = (Code("the note", "Material"), Code("Mask it.", "Prompt to start from", together))
        assert ("Copy with material" in render(Message("", blocks), "p1")) is together


def test_two_prompts_go_with_the_material_and_not_with_each_other() -> None:
    """Where a tool has a prompt of its own, each is copied with the material above them both."""
    prompts = (Code("Use the table.", "Copilot", with_above=True), Code("Use it.", "Others", with_above=True))
    drawn = render(Message("Practice", (Code("Plan 1,200", "Material"), *prompts)), "p1")
    assert drawn.count('data-above="p1-0"') == 2 and drawn.count("Copy with material") == 2
    apart = render(Message("Practice", (Code("Plan", "Material"), Note("Now:"), *prompts)), "p1")
    assert "data-above" not in apart
