from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.carried import decode, decode_source, encode, encode_form
from adapters.slack.inbound import first_field, normalise, plain_text, profile_of, team_of
from bot.model import ChannelName, FileRef, Incoming, Sender, Source, Surface, Unsupported, WorkspaceRef

Json = dict[str, Any]

TEAM = WorkspaceRef(ChannelName.SLACK, "T1")
HOOK = "https://hooks.slack.com/actions/T1/2/x"


def an_event(**event: Any) -> Json:
    """Make an event of the Events API."""
    return {"type": "event_callback", "team_id": "T1", "event_id": "Ev1", "event": event}


def a_message(**changes: Any) -> Json:
    """Make what a person typed in the direct message."""
    typed = {
        "type": "message",
        "channel": "D1",
        "channel_type": "im",
        "user": "U1",
        "text": "next",
        "ts": "1.1",
    }
    return an_event(**typed | changes)


def a_press(**changes: Any) -> Json:
    """Make a press on a message in the direct message."""
    return {
        "type": "block_actions",
        "team": {"id": "T1", "domain": "acme"},
        "user": {"id": "U1", "username": "ann", "name": "ann", "team_id": "T1"},
        "trigger_id": "12.34.ab",
        "container": {"type": "message", "message_ts": "1.1", "channel_id": "D1", "is_ephemeral": False},
        "channel": {"id": "D1", "name": "directmessage"},
        "response_url": HOOK,
        "actions": [
            {"type": "button", "action_id": "laps:go:1", "value": encode("go", {"s": "x", "v": "3"})}
        ],
    } | changes


def a_command(**changes: Any) -> Json:
    """Make a slash command."""
    return {
        "command": "/laps",
        "text": "lessons",
        "team_id": "T1",
        "channel_id": "C1",
        "user_id": "U1",
        "user_name": "ann",
        "trigger_id": "12.34.cd",
        "response_url": HOOK,
    } | changes


def a_submission(**changes: Any) -> Json:
    """Make a sent modal."""
    return {
        "type": "view_submission",
        "team": {"id": "T1"},
        "user": {"id": "U1"},
        "trigger_id": "12.34.ef",
        "view": {
            "id": "V1",
            "private_metadata": encode_form("paste", {"s": "x"}, Source("1.1", HOOK), "D1", 3000),
            "state": {
                "values": {"text": {"text": {"type": "plain_text_input", "value": "It <b>fell</b> &"}}}
            },
            "blocks": [{"type": "rich_text"}, {"type": "input", "block_id": "text"}],
        },
    } | changes


def taken(payload: Json) -> Incoming:
    """Read a payload that must be an interaction."""
    incoming = normalise(payload)
    assert isinstance(incoming, Incoming), incoming
    return incoming


def test_what_is_typed_in_the_direct_message() -> None:
    """A typed verb comes with the event's id, the person and the conversation."""
    assert taken(a_message()) == Incoming("Ev1", TEAM, Sender("U1"), "D1", "next")


@pytest.mark.parametrize(
    "changes",
    [
        {"bot_id": "B1"},
        {"subtype": "bot_message"},
        {"subtype": "message_changed"},
        {"subtype": "message_deleted"},
        {"subtype": ["file_share"]},
        {"hidden": True},
        {"user": None},
        {"text": None},
        {"channel_type": "app_home"},
    ],
)
def test_what_no_person_typed_to_laps_is_left_alone(changes: Json) -> None:
    """What bots say, edits, deletions, and what is said in other conversations is none of ours."""
    assert isinstance(normalise(a_message(**changes)), Unsupported)


def test_a_file_brings_its_words() -> None:
    """Words beside a file are read; a YAML file, or one alone, as a long paste becomes, is looked at."""
    assert taken(a_message(subtype="file_share", files=[{}])).verb == "next"
    assert taken(a_message(subtype="file_share", files=[{"name": "a.YAML"}])).verb == "upload"
    assert taken(a_message(subtype="file_share", files=[{}], text="")).verb == "upload"


@pytest.mark.parametrize("files", [None, "x", {"a": 1}, [], [None, 7, "x"], [{"name": 3, "size": "big"}]])
def test_strange_files_are_no_trouble(files: object) -> None:
    """Whatever stands where files should, something is made of the message."""
    assert all(file.address == "" for file in taken(a_message(subtype="file_share", files=files)).files)


def test_a_file_is_named_with_its_address_and_size() -> None:
    """Name, size and address come from the payload; nothing is read for it."""
    found = {"name": "close.yaml", "size": 12, "url_private_download": "https://files.slack.com/a"}
    message = taken(a_message(subtype="file_share", files=[found], text=""))
    assert message.files == (FileRef("close.yaml", 12, "https://files.slack.com/a"),)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("&lt;!channel&gt;", "<!channel>"),
        ("<!channel> <!here|here> <!subteam^S1|@finance>", "@channel here @finance"),
        ("<@U1> <@U2|bob> <#C1|general> <#C2>", "@U1 @bob #general #C2"),
        (
            "<https://a.example/?x=1&amp;y|a> <https://b.example> <mailto:a@b.c|a@b.c>",
            "a https://b.example a@b.c",
        ),
        ("<!date^1392734382^{date}|18 February>", "18 February"),
        ("", ""),
    ],
)
def test_slacks_escapes_are_undone(typed: str, meant: str) -> None:
    """A person's words are read as they typed them, not as Slack writes them."""
    assert plain_text(typed) == meant


@pytest.mark.parametrize(
    ("event", "verb", "surface", "conversation"),
    [
        ({"tab": "home", "channel": "D1"}, "home", Surface.HOME, None),
        ({"tab": "messages", "channel": "D1"}, "arrive", Surface.DIRECT_MESSAGE, "D1"),
    ],
)
def test_opening_a_tab(event: Json, verb: str, surface: Surface, conversation: str | None) -> None:
    """The home tab asks for the home; the messages tab is an arrival."""
    incoming = taken(an_event(type="app_home_opened", user="U1", **event))
    assert (incoming.verb, incoming.surface, incoming.conversation) == (verb, surface, conversation)
    assert incoming.by_platform


@pytest.mark.parametrize("verb", ["uninstall", "depart", "profile", "arrive", "home"])
def test_the_platforms_own_verbs_cannot_be_pressed(verb: str) -> None:
    """What a button carries or a person types is never taken for Slack's own word."""
    action = {"type": "button", "value": encode(verb, {})}
    pressed = taken(a_press(actions=[action]))
    assert (pressed.verb, pressed.by_platform) == (verb, False)
    assert not taken(a_message(text=verb)).by_platform


@pytest.mark.parametrize(
    "event", [{"type": "app_uninstalled"}, {"type": "tokens_revoked", "tokens": {"bot": ["UB"], "oauth": []}}]
)
def test_the_end_of_a_workspace(event: Json) -> None:
    """An uninstalled app and revoked bot tokens mean the same, whichever comes first."""
    incoming = taken(an_event(**event))
    assert (incoming.verb, incoming.sender, incoming.conversation) == ("uninstall", Sender(""), None)
    assert incoming.by_platform


def test_a_press_in_the_direct_message_names_its_message() -> None:
    """A press brings verb, args, the message to replace, and a way to replace it."""
    assert taken(a_press()) == Incoming(
        "12.34.ab",
        TEAM,
        Sender("U1"),
        "D1",
        "go",
        {"s": "x", "v": "3"},
        source=Source("1.1", HOOK),
        takes_form=True,
    )


def test_a_press_on_a_private_answer() -> None:
    """What only the presser sees can be replaced through its own URL, and never by its id."""
    private = {"type": "message", "message_ts": "1.1", "channel_id": "C1", "is_ephemeral": True}
    incoming = taken(a_press(container=private, channel={"id": "C1"}))
    assert (incoming.source, incoming.conversation) == (Source(None, HOOK, private=True), None)
    assert incoming.surface is Surface.DIRECT_MESSAGE


@pytest.mark.parametrize("kind", ["channel", "group", "mpim"])
def test_what_is_written_where_others_read_is_overheard(kind: str) -> None:
    """It is no word to Laps: its text goes along for this once, with where it was written."""
    incoming = taken(a_message(channel_type=kind, channel="C1", text="the month end"))
    assert (incoming.verb, incoming.room, incoming.by_platform) == ("overheard", "C1", True)
    assert incoming.args == {"text": "the month end"}


def test_a_press_that_others_see_says_that_they_do() -> None:
    """A press in a conversation of several people names it, so that its message stays for the others."""
    public = {"type": "message", "message_ts": "1.1", "channel_id": "C1"}
    incoming = taken(a_press(container=public, channel={"id": "C1"}))
    assert (incoming.conversation, incoming.surface, incoming.room) == ("C1", Surface.CONVERSATION, "C1")
    assert incoming.source is not None
    assert (incoming.source.external, incoming.source.private) == ("1.1", False)


def test_a_press_on_the_home() -> None:
    """The home has no message and no URL, but takes forms."""
    pressed = a_press(container={"type": "view", "view_id": "V1"}, view={"id": "V1", "hash": "1"})
    incoming = taken({k: v for k, v in pressed.items() if k not in ("channel", "response_url")})
    assert (incoming.surface, incoming.source, incoming.takes_form) == (Surface.HOME, None, True)


@pytest.mark.parametrize(
    "value", [None, "", "{", "[]", '"go"', '{"v":7}', '{"a":{}}', "\ud800", 5, {"v": "go"}]
)
def test_a_strange_button_is_the_unknown_verb(value: object) -> None:
    """A value that is none of ours is no error."""
    action = {"type": "button", "value": value}
    incoming = taken(a_press(actions=[action]))
    assert (incoming.verb, incoming.args) == ("unknown", {})


def test_only_texts_are_args() -> None:
    """Args of another kind than text are left out, so that no handler meets them."""
    assert decode('{"v":"go","a":{"s":"x","n":5,"l":[],"o":null}}') == ("go", {"s": "x"})
    assert decode('{"v":"go","a":[1]}') == ("go", {})


def test_a_sent_form_comes_with_its_message() -> None:
    """The fields' values join the args as they were typed, and the answer knows which message to replace."""
    incoming = taken(a_submission())
    assert incoming.args == {"s": "x", "text": "It <b>fell</b> &"}
    assert (incoming.verb, incoming.surface, incoming.conversation) == ("paste", Surface.FORM, "D1")
    assert incoming.source == Source("1.1", HOOK)
    assert first_field(a_submission()) == "text"


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ({"type": "plain_text_input", "value": None}, ""),
        ({"type": "plain_text_input", "value": "x" * 9000}, "x" * 3000),
        ({"type": "radio_buttons", "selected_option": {"value": "a"}}, "a"),
        ({"type": "static_select", "selected_option": None}, ""),
        ({"type": "checkboxes", "selected_options": [{"value": "a"}, {"value": "b"}]}, "a,b"),
        ({"type": "checkboxes", "selected_options": []}, ""),
        ({}, ""),
    ],
)
def test_every_kind_of_field_is_a_text(element: Json, value: str) -> None:
    """Typed, chosen and left out: what comes of a field is one text."""
    view = a_submission()["view"] | {"state": {"values": {"x": {"x": element}}}}
    assert taken(a_submission(view=view)).args["x"] == value


def test_a_form_without_a_message_is_answered_anew() -> None:
    """A form opened on the home carries no message."""
    assert decode_source(encode_form("set", {}, None, None, 3000)) == (None, "")
    assert decode_source("{") == decode_source(None) == decode_source('{"s":[1]}') == (None, "")


def test_a_view_without_a_trigger_is_known_by_itself() -> None:
    """The same submission sent again has the same id, another one another."""
    once, again = a_submission(trigger_id=None), a_submission(trigger_id=None)
    other = a_submission(trigger_id=None)
    other["view"] = other["view"] | {"id": "V2"}
    assert taken(once).id == taken(again).id != taken(other).id


def test_a_command_is_answered_to_its_sender() -> None:
    """A slash command is answered where it was typed, for one person's eyes."""
    incoming = taken(a_command(text="  Lessons "))
    assert (incoming.verb, incoming.conversation, incoming.takes_notice) == ("lessons", "C1", True)
    assert incoming.surface is Surface.CONVERSATION and incoming.id == "12.34.cd"
    assert taken(a_command(text="")).verb == "help"


@pytest.mark.parametrize(
    ("place", "team"),
    [
        ({"team": {"id": "T1"}}, "T1"),
        ({"team": None, "user": {"id": "U1", "team_id": "T2"}, "enterprise": {"id": "E1"}}, "T2"),
        ({"team": None, "enterprise": {"id": "E1"}, "is_enterprise_install": True}, "E1"),
        ({"team_id": "T3", "enterprise_id": "E1"}, "T3"),
        ({"team_id": None, "enterprise_id": "E1"}, "E1"),
        ({"team": "T4"}, "T4"),
        ({"team": {"id": 7}}, ""),
        ({}, ""),
    ],
)
def test_the_workspace_in_and_outside_enterprise_grid(place: Json, team: str) -> None:
    """Where Slack names no team, the person's team stands for it, else the organization."""
    assert team_of(place) == team


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"type": None},
        {"type": ["event_callback"]},
        {"type": "event_callback"},
        {"type": "event_callback", "event_id": "Ev1", "team_id": "T1"},
        {"type": "app_rate_limited", "team_id": "T1"},
        {"type": "view_closed", "view": {}},
        {"type": "shortcut"},
        {"type": "something_new"},
        an_event(type="reaction_added", user="U1"),
        an_event(type="app_home_opened", tab="home"),
        an_event(type="tokens_revoked", tokens={"oauth": ["U1"]}),
        an_event(type="message", channel_type="im", user={"id": 1}, text="x"),
        a_press(actions=[]),
        a_press(actions=None),
        a_press(user=None),
        a_press(team=None, user={"id": "U1"}),
        a_press(trigger_id=None),
        a_submission(user=None),
        a_command(user_id=""),
        a_command(trigger_id=""),
        a_command(team_id=""),
    ],
)
def test_what_is_not_known_is_unsupported(payload: Json) -> None:
    """A payload that lacks what an interaction needs, or that Laps has no use for, is named so."""
    incoming = normalise(payload)
    assert isinstance(incoming, Unsupported) and incoming.reason


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from([a_message(), a_press(), a_submission(), a_command(), an_event(type="app_home_opened")]),
    st.data(),
)
def test_nothing_makes_reading_fail(payload: Json, data: st.DataObject) -> None:
    """Whatever stands in the place of any part of a payload, reading it gives an answer."""
    key = data.draw(st.sampled_from(sorted(payload)))
    changed = payload | {key: _mutated(payload[key], data)}
    assert isinstance(normalise(changed), Incoming | Unsupported)
    first_field(changed)
    profile_of("U1", changed)


def _mutated(value: Any, data: st.DataObject) -> Any:
    if not isinstance(value, dict) or not value or data.draw(st.integers(0, 4)) == 0:
        return data.draw(ANYTHING)
    key = data.draw(st.sampled_from(sorted(value)))
    return value | {key: _mutated(value[key], data)}


def test_a_profile_is_read_as_far_as_it_goes() -> None:
    """Name, zone and address come where Slack tells them; the zone by its name, not its offset."""
    about = {
        "real_name": "Ann Lee",
        "name": "ann",
        "tz": "Europe/Berlin",
        "tz_offset": 3600,
        "profile": {"email": "a@b.c"},
    }
    assert profile_of("U1", {"user": about}) == Sender("U1", "Ann Lee", "a@b.c", "Europe/Berlin")
    assert profile_of("U1", {"user": {"name": "ann"}}) == Sender("U1", "ann")
    assert profile_of("U1", {}) == Sender("U1")
