"""The cards of every kind of block, kept as JSON in teams/.

`python -m tests.golden.test_teams_cards` writes them anew.
"""

from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.teams.render import SIZE, activity, render, utf16_size
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
from tests.teams_cards import elements, faults

KEPT = Path(__file__).parent / "teams"

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

MESSAGES = {
    "words": Message(
        "Write the variance commentary",
        (
            Heading("Write the variance commentary"),
            Progress(1, 5, "Step 2 of 5 · practice"),
            Text("Your manager wants three sentences.\nMake them true."),
            Text("Not quite there yet:", strong=True),
            Items(("25 to 120 words", "mentions freight", "avoids guesses"), (True, False, None)),
            Heading("Material", level=2),
            Code("Line       Plan   Actual\nRevenue   1,200    1,110\n  of which new   90", "Material"),
            Fields((("Job", "Finance analyst"), ("Tools", "Copilot, Claude"))),
            Note("About 3 minutes."),
        ),
    ),
    "practice": Message(
        "Step 1",
        (
            Heading("Write the variance commentary"),
            PASTE,
            Choices((Button("I’m stuck", "hint", {"s": "x"}), Button("Leave for now", "leave", {"s": "x"}))),
        ),
    ),
    "question": Message(
        "A question",
        (
            Text("Which instruction most reduces invented causes?", strong=True),
            Choices(
                (
                    Button("Be accurate", "answer", {"a": "0"}, short="A"),
                    Button(
                        "Use only the table; write “not in the data” otherwise",
                        "answer",
                        {"a": "1"},
                        short="B",
                    ),
                    Button("Take your time", "answer", {"a": "2"}, short="C"),
                )
            ),
        ),
    ),
    "confidence": Message(
        "How confident are you?",
        (Choices(tuple(Button(str(n), "confidence", {"n": str(n)}) for n in range(0, 101, 10))),),
    ),
    "plan": Message(
        "Your plan",
        (
            Form(
                "plan",
                "Your plan",
                "Change it",
                "That is my plan",
                "commit",
                (
                    TextField("when", "When …", "the month's P&L is final"),
                    TextField("task", "… I will use AI for …", optional=True, max_length=140),
                    ChoiceField("t", "… with", (("copilot", "Microsoft 365 Copilot"), ("claude", "Claude"))),
                    ChoiceField("days", "On", tuple((d, d) for d in "MTWtFSs"), ("M", "T"), many=True),
                ),
                {"s": "x"},
                intro="People who decide when and where follow through far more often.",
            ),
        ),
    ),
    "inert": Message(
        "Inert",
        (
            Heading("**bold** _it_ [link](https://evil.example) <at>Ann</at> {{DATE(2026-01-01T00:00:00Z)}}"),
            Text("**bold** [link](https://evil.example) <at>Ann</at> <!channel> <@U1> ```code``` אבג 🙂"),
            Fields((("*name*", "[a](b) <at>Ann</at>"),)),
            Items(("- *x*", "1. y")),
            Code("<at>Ann</at> **b**"),
            Choices((Button("*x* <at>", "x", {"t": "<at>Ann</at>"}),)),
        ),
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_card_is_as_it_was_kept(name: str) -> None:
    """Every kind of block draws as in the kept file, so that a change of it is seen in review."""
    assert _written(render(MESSAGES[name])) == (KEPT / f"{name}.json").read_bytes()


@pytest.mark.parametrize("name", MESSAGES)
def test_a_card_is_valid_by_the_official_schema(name: str) -> None:
    """Every kept card passes Adaptive Cards 1.5 and Teams' own rules."""
    assert faults(render(MESSAGES[name])) == []


def test_every_button_has_a_submit_to_fall_back_to() -> None:
    """Where a client knows no Action.Execute, the same button submits the same data."""
    for name, message in MESSAGES.items():
        for node in elements(render(message)):
            if node["type"] == "Action.Execute":
                assert node["fallback"]["data"] == node["data"], name


def test_long_labels_are_listed_and_short_ones_stand_on_the_buttons() -> None:
    """A label that a button cannot hold is read as text, and its button's tooltip says it in full."""
    nodes = list(elements(render(MESSAGES["question"])))
    assert [n["title"] for n in nodes if n["type"] == "Action.Execute"] == ["A", "B", "C"]
    assert any("not in the data" in n.get("text", "") for n in nodes)
    assert any("not in the data" in n.get("tooltip", "") for n in nodes)


def test_buttons_beside_a_form_leave_its_fields_alone() -> None:
    """“I'm stuck” neither demands nor sends the text field; the form's own button does."""
    presses = [n for n in elements(render(MESSAGES["practice"])) if n["type"] == "Action.Execute"]
    assert [n.get("associatedInputs") for n in presses] == [None, "none", "none"]


def test_the_primary_button_stands_first() -> None:
    """Teams colours no button, so the place tells which one to press."""
    message = say("x", Choices((Button("No", "no"), Button("Yes", "yes", emphasis=Emphasis.PRIMARY))))
    assert [n["title"] for n in elements(render(message)) if n["type"] == "Action.Execute"] == ["Yes", "No"]


def test_problems_stand_under_their_fields() -> None:
    """What is wrong with a field is said in the card, beneath the field."""
    items = list(elements(render(MESSAGES["practice"], {"text": "Too short."})))
    at = next(i for i, n in enumerate(items) if n["type"] == "Input.Text")
    assert any(n.get("text") == "Too short." and n["color"] == "Attention" for n in items[at : at + 3])


def test_an_activity_has_a_summary_for_notifications() -> None:
    """The notification says what the card is about, in a line."""
    body = activity(Message("word " * 200, (Text("x"),)))
    assert body["type"] == "message"
    assert len(str(body["summary"])) <= 250


def test_too_much_text_is_shortened_until_the_card_fits() -> None:
    """A message of 300,000 characters becomes a card under the limit that still has its buttons."""
    long = "wort 漢字 🙂 " * 1000
    message = Message(long, (*(Text(long) for _ in range(30)), Choices((Button("Go on", "go"),))))
    card = render(message)
    assert utf16_size(card) <= SIZE
    assert faults(card) == []
    assert any(n.get("title") == "Go on" for n in elements(card))


def test_too_many_buttons_leave_the_first_dozen() -> None:
    """A message that is too large whatever is cut keeps its text and its first buttons."""
    many = tuple(
        Button(f"Lesson number {n} with a long name", "lesson", {"id": "x" * 90}) for n in range(500)
    )
    card = render(Message("All lessons", (Choices(many),)))
    assert utf16_size(card) <= SIZE
    assert sum(n["type"] == "Action.Execute" for n in elements(card)) == 12


def test_an_empty_message_shows_its_fallback() -> None:
    """A message without blocks is its plain text."""
    assert any(n.get("text") == "All done." for n in elements(render(Message("All done."))))


WORDS = st.text(min_size=1, max_size=60).filter(str.strip)
LONG = st.text(max_size=5000) | st.integers(1, 9000).map(lambda n: "лонг " * n)
BUTTONS = st.builds(
    Button,
    WORDS,
    st.sampled_from(["next", "go"]),
    st.dictionaries(st.sampled_from("abc"), st.text(max_size=20)),
    st.sampled_from(Emphasis),
    st.text(max_size=3),
)
BLOCKS: st.SearchStrategy[Block] = st.one_of(
    st.builds(Heading, LONG, st.sampled_from([1, 2])),
    st.builds(Text, LONG, st.booleans()),
    st.builds(Items, st.lists(LONG, max_size=4).map(tuple)),
    st.builds(Code, LONG, LONG),
    st.builds(Fields, st.lists(st.tuples(WORDS, LONG), max_size=5).map(tuple)),
    st.builds(Progress, st.integers(-2, 9), st.integers(-1, 9), WORDS),
    st.builds(Note, LONG),
    st.builds(Choices, st.lists(BUTTONS, max_size=20).map(tuple)),
)
FORMS = st.builds(
    Form,
    st.just("form"),
    WORDS,
    WORDS,
    WORDS,
    st.just("set"),
    st.tuples(
        st.builds(TextField, st.just("a"), WORDS, LONG, st.booleans(), st.text(max_size=20)),
        st.builds(
            ChoiceField, st.just("b"), WORDS, st.lists(st.tuples(WORDS, WORDS), max_size=30).map(tuple)
        ),
    ),
)


@settings(max_examples=30)
@given(st.builds(Message, LONG, st.tuples(BLOCKS, FORMS | BLOCKS, BLOCKS, BLOCKS)))
def test_any_message_becomes_a_valid_card(message: Message) -> None:
    """Whatever the core says, the card is valid by the schema and under the size limit."""
    card = render(message)
    assert faults(card) == []
    assert utf16_size(card) <= SIZE


def _written(card: object) -> bytes:
    return orjson.dumps(card, option=orjson.OPT_INDENT_2) + b"\n"


if __name__ == "__main__":
    KEPT.mkdir(exist_ok=True)
    for name, message in MESSAGES.items():
        (KEPT / f"{name}.json").write_bytes(_written(render(message)))


def test_a_message_is_drawn_once_for_the_answer_and_the_update() -> None:
    """The card of one message is made once; an equal message, or one with problems, has a card of its own."""
    message = MESSAGES["practice"]
    assert render(message) is render(message)
    again = Message(message.fallback, message.blocks)
    assert render(again) is not render(message)
    assert render(again) == render(message)
    assert render(message, {"text": "Too short."}) != render(message)


def test_cards_that_were_drawn_do_not_pile_up() -> None:
    """After many other messages a card is made anew, the same as before."""
    message = MESSAGES["practice"]
    first = render(message)
    others = [Message(f"word {number}", (Text("x"),)) for number in range(300)]
    for other in others:
        render(other)
    assert render(message) is not first
    assert render(message) == first
