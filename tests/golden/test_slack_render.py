"""The blocks of every kind of message, kept as JSON in slack/.

`python -m tests.golden.test_slack_render` writes them anew.
"""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block as SlackBlock
from slack_sdk.models.views import View

from adapters.slack.forms import render_form
from adapters.slack.inbound import normalise
from adapters.slack.render import render, render_home
from bot.messages import (
    Button,
    ChoiceField,
    Choices,
    Code,
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
from bot.model import Incoming, Source
from tests.golden.test_teams_cards import BLOCKS, FORMS, LONG, MESSAGES
from tests.slack.blocks import faults_of_message, faults_of_view

KEPT = Path(__file__).parent / "slack"
SOURCE = Source("1790000000.000001", "https://hooks.slack.com/actions/T1/2/x")

PLAN = next(block for block in MESSAGES["plan"].blocks if isinstance(block, Form))


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_as_it_was_kept(name: str) -> None:
    """Every kind of block draws as in the kept file, so that a change of it is seen in review."""
    assert _written(render(MESSAGES[name])) == (KEPT / f"{name}.json").read_bytes()


def test_a_form_is_as_it_was_kept() -> None:
    """A form's modal draws as in the kept file."""
    assert _written(render_form(PLAN, SOURCE, "D1")) == (KEPT / "modal.json").read_bytes()


@pytest.mark.parametrize("name", MESSAGES)
def test_slacks_own_models_read_a_message_back(name: str) -> None:
    """Every block is one that slack_sdk knows, with nothing that it would drop."""
    blocks = _blocks(render(MESSAGES[name]))
    assert [block.to_dict() for block in SlackBlock.parse_all(blocks)] == blocks


def test_slacks_own_models_read_a_modal_back() -> None:
    """A modal is one that slack_sdk knows, with nothing that it would drop."""
    view: dict[str, Any] = render_form(PLAN, SOURCE, "D1")
    assert View(**view).to_dict() == view


@settings(max_examples=60)
@given(st.builds(Message, LONG, st.tuples(BLOCKS, FORMS | BLOCKS, BLOCKS, BLOCKS)))
def test_any_message_is_one_that_slack_takes(message: Message) -> None:
    """Whatever the core says, the message and the home keep every limit of Block Kit."""
    drawn = render(message)
    assert faults_of_message(drawn) == []
    assert faults_of_view(render_home(message)) == []
    names = [element["action_id"] for element in _buttons(drawn)]
    assert len(set(names)) == len(names) == _count_buttons(message)
    assert sum(len(text.encode("utf-16-le")) // 2 for text in _texts(drawn["blocks"])) < 10_000


@settings(max_examples=60)
@given(FORMS)
def test_any_form_is_one_that_slack_takes(form: Form) -> None:
    """Whatever the core asks, the modal keeps every limit of views."""
    assert faults_of_view(render_form(form, SOURCE, "D1")) == []


@pytest.mark.parametrize("words", [1, 900])
def test_text_goes_before_buttons_do(words: int) -> None:
    """Of a message far too long the last texts are cut or left out, and every button stays."""
    row = Choices((Button("Go on", "go"), Button("Leave", "leave")))
    parts = ((Heading("H"), Text("wort " * words), row) for _ in range(40))
    drawn = render(Message("x", tuple(chain.from_iterable(parts))))
    assert len(list(_buttons(drawn))) == 80
    assert faults_of_message(drawn) == []
    assert _blocks(drawn)[0]["type"] == "header"


def test_paragraphs_come_together_before_they_go() -> None:
    """Sixty short paragraphs all show, though Slack takes fifty blocks."""
    drawn = render(Message("x", tuple(Text(f"paragraph {n}") for n in range(60))))
    assert _texts(drawn["blocks"]) == [f"paragraph {n}" for n in range(60)]


def test_a_row_holds_twenty_five_buttons() -> None:
    """Thirty buttons stand in two rows."""
    drawn = render(Message("x", (Choices(tuple(Button(str(n), "go") for n in range(30))),)))
    assert [len(block["elements"]) for block in _blocks(drawn)] == [25, 5]


def test_long_labels_are_listed_and_short_ones_stand_on_the_buttons() -> None:
    """A label that a button cannot hold is read as text, and by a screen reader on the button."""
    drawn = render(MESSAGES["question"])
    assert [button["text"]["text"] for button in _buttons(drawn)] == ["A", "B", "C"]
    assert "  Use only the table; write “not in the data” otherwise" in _texts(drawn["blocks"])
    assert next(_buttons(drawn))["accessibility_label"] == "Be accurate"


@pytest.mark.parametrize("name", ["<!channel>", "<@U1>", "<#C1>", "<https://evil.example|click>", "a & b"])
def test_a_notification_mentions_nobody(name: str) -> None:
    """The text for notifications, which Slack reads as markup, is escaped, and so is never cut midway."""
    escaped = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert render(say(name))["text"] == escaped
    assert len(str(render(say(name * 2000))["text"])) < 4000


def test_nothing_is_markup() -> None:
    """All shown text is in objects that know no markup."""
    drawn = orjson.dumps(render(MESSAGES["inert"])["blocks"]).decode()
    assert "mrkdwn" not in drawn and '"user_id"' not in drawn and "<!channel>" in drawn


@pytest.mark.parametrize(
    ("done", "total", "bar"),
    [(0, 5, "▱▱▱▱▱"), (2, 5, "▰▰▱▱▱"), (5, 5, "▰▰▰▰▰"), (0, 0, "▱"), (9, 3, "▰▰▰"), (-1, 3, "▱▱▱")],
)
def test_progress_is_said_and_drawn(done: int, total: int, bar: str) -> None:
    """The words come first, then a cell for each step; impossible numbers draw something sensible."""
    (block,) = _blocks(render(Message("x", (Progress(done, total, "Step"),))))
    assert block["elements"][0]["text"] == f"Step  {bar}"


def test_an_emoji_is_not_cut_in_two() -> None:
    """What is cut ends before an emoji that does not fit, and without a joiner."""
    (block,) = _blocks(render(Message("x", (Heading("👩‍💻" * 100),))))
    text = block["text"]["text"]
    assert text.endswith("…") and len(text.encode("utf-16-le")) // 2 <= 150
    assert not text.removesuffix("…").endswith("\u200d")


def test_empty_texts_draw_nothing() -> None:
    """Slack takes no empty text, so an empty one is left out, and of a message without any a sign is left."""
    empty = Message("", (Heading(""), Heading("", 2), Text(""), Items(()), Code(""), Note(""), Choices(())))
    assert faults_of_message(render(empty)) == []
    assert _texts(render(empty)["blocks"]) == ["…"]
    assert _texts(render(Message("All done."))["blocks"]) == ["All done."]


def test_a_modal_gives_back_where_it_was_opened() -> None:
    """Sending a form says what its button says, with the message that it was opened from."""
    sent = _sent(render_form(PLAN, SOURCE, "D1"))
    assert (sent.verb, sent.source, sent.conversation) == ("commit", SOURCE, "D1")
    assert sent.args == {
        "s": "x",
        "when": "the month's P&L is final",
        "task": "typed",
        "t": "claude",
        "days": "M,T",
    }


def test_a_modal_that_carries_too_much_forgets_its_message() -> None:
    """Where the message would not fit beside the args, the answer becomes a new message."""
    far = Source("1.1", "https://hooks.slack.com/" + "x" * 3000)
    view = render_form(PLAN, far, "D1")
    assert len(str(view["private_metadata"])) <= 3000
    assert _sent(view).source is None and _sent(view).verb == "commit"


@pytest.mark.parametrize(
    ("count", "many", "kind"),
    [
        (1, False, "radio_buttons"),
        (10, False, "radio_buttons"),
        (11, False, "static_select"),
        (10, True, "checkboxes"),
        (11, True, "multi_static_select"),
        (200, True, "multi_static_select"),
    ],
)
def test_options_show_as_their_number_allows(count: int, many: bool, kind: str) -> None:
    """Few options stand open, many hide in a menu, and what was chosen stays chosen."""
    options = tuple((f"o{n}", f"Option {n}") for n in range(count))
    field = ChoiceField("x", "Which", options, ("o0",), many)
    view = render_form(Form("f", "F", "Open", "Send", "set", (field,)), None, None)
    (block,) = _blocks(view)
    assert block["element"]["type"] == kind and faults_of_view(view) == []
    chosen = block["element"].get("initial_options") or [block["element"]["initial_option"]]
    assert [option["value"] for option in chosen] == ["o0"]


def test_a_field_without_options_is_left_out() -> None:
    """Slack takes no menu without options."""
    fields = (ChoiceField("x", "Which", ()), TextField("y", "Why"))
    view = render_form(Form("f", "F", "Open", "Send", "set", fields), None, None)
    assert [block["block_id"] for block in _blocks(view)] == ["y"]


def _sent(view: Any) -> Incoming:
    """Send a modal as a person would who typed one thing."""
    values = {
        "when": {"when": {"type": "plain_text_input", "value": "the month's P&L is final"}},
        "task": {"task": {"type": "plain_text_input", "value": "typed"}},
        "t": {"t": {"type": "radio_buttons", "selected_option": {"value": "claude"}}},
        "days": {"days": {"type": "checkboxes", "selected_options": [{"value": "M"}, {"value": "T"}]}},
    }
    payload = {
        "type": "view_submission",
        "team": {"id": "T1"},
        "user": {"id": "U1"},
        "trigger_id": "1.2",
        "view": {**view, "state": {"values": values}},
    }
    incoming = normalise(payload)
    assert isinstance(incoming, Incoming)
    return incoming


def _blocks(drawn: Any) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = drawn["blocks"]
    return blocks


def _buttons(drawn: Any) -> Iterator[dict[str, Any]]:
    for block in _blocks(drawn):
        if block["type"] == "actions":
            yield from block["elements"]


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["text"]] if isinstance(value.get("text"), str) else []
        return own + [text for inner in value.values() for text in _texts(inner)]
    return [text for inner in value for text in _texts(inner)] if isinstance(value, list) else []


def _count_buttons(message: Message) -> int:
    return sum(
        len(block.options) if isinstance(block, Choices) else isinstance(block, Form)
        for block in message.blocks
    )


def _written(drawn: object) -> bytes:
    return orjson.dumps(drawn, option=orjson.OPT_INDENT_2) + b"\n"


if __name__ == "__main__":
    KEPT.mkdir(exist_ok=True)
    for name, message in MESSAGES.items():
        (KEPT / f"{name}.json").write_bytes(_written(render(message)))
    (KEPT / "modal.json").write_bytes(_written(render_form(PLAN, SOURCE, "D1")))
