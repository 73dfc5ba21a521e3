from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.teams.inbound import normalise
from bot.model import Incoming, Surface, Unsupported

BOT = {"id": "28:bot", "name": "Laps"}
BASE: dict[str, Any] = {
    "type": "message",
    "id": "1",
    "channelId": "msteams",
    "serviceUrl": "https://smba.trafficmanager.net/emea/",
    "from": {"id": "29:ann", "name": "Ann", "aadObjectId": "a"},
    "conversation": {"id": "a:1", "conversationType": "personal", "tenantId": "t"},
    "recipient": BOT,
    "channelData": {"tenant": {"id": "t"}},
    "text": "next",
}
CHANNEL = {"id": "19:c@thread.tacv2;messageid=1", "conversationType": "channel", "isGroup": True}
MENTION = {"type": "mention", "mentioned": BOT, "text": "<at>Laps</at>"}


def taken(**changes: Any) -> Incoming:
    """Read an activity that is taken."""
    found = normalise(BASE | changes)
    assert isinstance(found, Incoming), found
    return found


def reason(**changes: Any) -> str:
    """Read an activity that is not for Laps, and give why."""
    found = normalise(BASE | changes)
    assert isinstance(found, Unsupported), found
    return found.reason


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = [
    *BASE,
    "value",
    "name",
    "entities",
    "membersAdded",
    "localTimezone",
    "action",
    "replyToId",
    "textFormat",
]
TYPES = st.sampled_from(["message", "invoke", "conversationUpdate", "installationUpdate"])


@given(TYPES, st.dictionaries(st.sampled_from(KEYS), JSON, max_size=6))
def test_whatever_comes_is_taken_or_unsupported(kind: str, changes: dict[str, Any]) -> None:
    """Any JSON in any field of an activity is read without an error."""
    assert isinstance(normalise({**BASE, "type": kind, **changes}), Incoming | Unsupported)


@given(st.fixed_dictionaries({}, optional={"v": JSON, "a": JSON, "f": JSON, "x.y": JSON}))
def test_whatever_a_button_carries_has_a_verb(data: dict[str, Any]) -> None:
    """Broken data of a button is the verb unknown; args are strings."""
    action = {"type": "Action.Execute", "data": data}
    found = taken(type="invoke", name="adaptiveCard/action", value={"action": action}, text=None)
    assert isinstance(found.verb, str)
    assert all(isinstance(value, str) for value in found.args.values())


@pytest.mark.parametrize("verb", ["uninstall", "depart", "profile", "arrive", "home"])
def test_the_platforms_own_verbs_cannot_be_pressed(verb: str) -> None:
    """What a card's button or a hand-made message carries is never taken for the platform's own word."""
    data = {"v": verb, "a": {}}
    assert not taken(type="invoke", name="adaptiveCard/action", value={"action": {"data": data}}).by_platform
    assert not taken(text=None, value=data).by_platform
    assert not taken(text=verb).by_platform


def test_the_platform_says_who_comes_and_goes() -> None:
    """Installed and removed are the platform's own word."""
    assert taken(type="installationUpdate", action="add").by_platform
    assert taken(type="installationUpdate", action="remove").by_platform
    assert taken(type="conversationUpdate", membersRemoved=[BOT]).by_platform


def test_a_mention_of_the_bot_is_left_out_of_what_was_typed() -> None:
    """In a channel the verb follows the mention, and the answer belongs to the conversation."""
    found = taken(conversation=CHANNEL, text="<at>Laps</at>&nbsp;lessons\n", entities=[MENTION])
    assert (found.verb, found.surface, found.conversation) == ("lessons", Surface.CONVERSATION, CHANNEL["id"])


def test_mentions_of_others_become_their_names() -> None:
    """A text that mentions a colleague keeps the name, not the tag."""
    other = {"type": "mention", "mentioned": {"id": "29:bob"}, "text": '<at id="1">Bob</at>'}
    found = taken(text='<at id="0">Laps</at> ask <at id="1">Bob</at> <at>x', entities=[other, MENTION])
    assert found.args["text"] == "ask Bob <at>x"


def test_a_mention_without_its_text_is_found_by_its_tag() -> None:
    """A client that leaves the text out of the mention is understood."""
    bare = {"type": "mention", "mentioned": BOT}
    assert taken(conversation=CHANNEL, text="<at>Laps</at> help", entities=[bare]).verb == "help"


def test_a_channel_message_without_a_mention_is_not_for_laps() -> None:
    """With wider consent a bot hears everything; what is not said to it is only overheard."""
    bob = {"type": "mention", "mentioned": {"id": "29:bob"}, "text": "<at>Bob</at>"}
    for entities in ([], [bob]):
        incoming = taken(conversation=CHANNEL, text="next", entities=entities)
        assert (incoming.verb, incoming.args, incoming.by_platform) == ("overheard", {"text": "next"}, True)


def test_escaped_text_is_read_as_it_was_typed() -> None:
    """Where Teams says that a text is XML, its entities become characters again; else they stay."""
    assert taken(text="a &lt; b", textFormat="xml").args["text"] == "a < b"
    assert taken(text="a &lt; b", textFormat="plain").args["text"] == "a &lt; b"


def test_ids_are_the_same_for_a_repeat_and_differ_otherwise() -> None:
    """The id is the conversation's and the activity's; without one, the content's."""
    assert taken().id == "a:1/1"
    bare = {"id": None, "timestamp": "2026-11-02T09:00:00Z"}
    assert taken(**bare).id == taken(**bare).id != taken(**bare | {"timestamp": "2026-11-02T09:00:01Z"}).id


@pytest.mark.parametrize(
    ("changes", "zone"),
    [
        ({"localTimezone": "America/New_York"}, "America/New_York"),
        ({"entities": [{"type": "clientInfo", "timezone": "Asia/Tokyo"}]}, "Asia/Tokyo"),
        ({"localTimezone": "Mars/Olympus", "entities": [{"type": "clientInfo", "timezone": "UTC"}]}, "UTC"),
        ({"localTimezone": "../../etc/passwd"}, None),
        ({"localTimezone": 5, "entities": "x"}, None),
        ({}, None),
    ],
)
def test_the_time_zone_is_taken_where_it_is_one(changes: dict[str, Any], zone: str | None) -> None:
    """The client's zone comes from the activity, else from its clientInfo; what is no zone is not taken."""
    assert taken(**changes).sender.time_zone == zone


def test_the_tenant_comes_from_the_channel_data_else_from_the_conversation() -> None:
    """Teams tells the tenant in two places, and the playground in one; without any it is local."""
    assert taken(channelData={"tenant": {"id": "x"}}).workspace.external == "x"
    assert taken(channelData=None).workspace.external == "t"
    assert taken(channelData=None, conversation={"id": "a:1"}).workspace.external == "local"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"type": "installationUpdate", "action": "add"}, "arrive"),
        ({"type": "installationUpdate", "action": "add-upgrade"}, "arrive"),
        ({"type": "installationUpdate", "action": "remove"}, "depart"),
        ({"type": "conversationUpdate", "membersAdded": [{"id": "29:x"}, BOT]}, "arrive"),
        ({"type": "conversationUpdate", "membersRemoved": [BOT]}, "depart"),
    ],
)
def test_a_person_arrives_and_departs(changes: dict[str, Any], expected: str) -> None:
    """Installing, adding and removing in the personal chat are the core's verbs."""
    assert taken(**changes).verb == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"type": "installationUpdate", "action": "remove-upgrade"}, "installation"),
        (
            {"type": "installationUpdate", "action": "add", "conversation": CHANNEL},
            "conversation_installation",
        ),
        (
            {"type": "conversationUpdate", "membersAdded": [BOT], "conversation": CHANNEL},
            "conversation_members",
        ),
        ({"type": "conversationUpdate", "membersAdded": [{"id": "29:x"}]}, "other_members"),
        ({"type": "typing"}, "activity_type"),
        ({"type": "messageReaction"}, "activity_type"),
        ({"type": "invoke", "name": "task/fetch"}, "invoke"),
        ({"channelId": "webchat"}, "other_channel"),
        ({"from": {}}, "nobody"),
        ({"conversation": {"conversationType": "personal"}}, "nobody"),
    ],
)
def test_what_is_not_for_laps_says_why(changes: dict[str, Any], expected: str) -> None:
    """A whole team is not welcomed, an upgrade is no departure, and the rest has a name for the log."""
    assert reason(**changes) == expected


def test_another_tenant_is_unsupported() -> None:
    """A single-tenant bot that is told its tenant listens to no other."""
    assert normalise(BASE, "other") == Unsupported("other_tenant")
    assert isinstance(normalise(BASE, "t"), Incoming)
