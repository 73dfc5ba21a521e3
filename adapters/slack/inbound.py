"""Slack's payloads as `Incoming`: total, so that what is not known becomes `Unsupported`, never a KeyError.

The id of an interaction is Slack's `event_id`, else its `trigger_id`: events are sent again under the same
event id; actions, commands and views never are.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Callable, Mapping
from typing import Any

from adapters.slack.carried import decode, decode_source
from bot.actions import MESSAGE_ACTIONS
from bot.messages import Args
from bot.model import ChannelName, FileRef, Incoming, Sender, Source, Surface, Unsupported, WorkspaceRef
from bot.overheard import OVERHEARD
from bot.said import read, read_with_files

Payload = Mapping[str, Any]

MOST_TEXT = 3000
"""Characters of a pasted text that are read; Slack's inputs hold no more."""

_ENTITY = re.compile(r"<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>")
_SPOKEN = ("", "file_share", "thread_broadcast")
"""Subtypes of messages that a person typed; the others are edits, joins and what bots say."""


def normalise(payload: Payload) -> Incoming | Unsupported:
    """Make an `Incoming` of a payload of the Events API, of interactivity, or of a slash command."""
    if "command" in payload:
        return _command(payload)
    kind = payload.get("type")
    read_kind = _KINDS.get(kind) if isinstance(kind, str) else None
    return read_kind(payload) if read_kind else Unsupported("unknown payload")


def plain_text(text: str) -> str:
    """Undo Slack's escapes in a typed message: entities, and <…> around links, people and conversations."""
    return html.unescape(_ENTITY.sub(_spoken, text))


def _spoken(found: re.Match[str]) -> str:
    """Say <@U1>, <#C1|general>, <!channel> and <https://…|label> as a person reads them."""
    kind, name, label = found.groups()
    shown = label or name.partition("^")[0]
    if kind == "#":
        return f"#{shown}"
    if kind == "@" or (kind == "!" and not label):
        return f"@{shown}"
    return str(shown)


def team_of(payload: Payload) -> str:
    """Name the workspace that a payload comes from; in Enterprise Grid the team may be null."""
    team = payload.get("team")
    own = _dict(team).get("id") if not isinstance(team, str) else team
    user = _dict(payload.get("user"))
    return _text(own or payload.get("team_id") or user.get("team_id") or enterprise_of(payload))


# ---------------------------------------------------------------- events


def _event_callback(payload: Payload) -> Incoming | Unsupported:
    event = _dict(payload.get("event"))
    identity = _text(payload.get("event_id"))
    kind = _text(event.get("type"))
    if not identity or not team_of(payload):
        return Unsupported("event without an id")
    if kind in ("app_uninstalled", "tokens_revoked"):
        return _uninstalled(payload, event, identity)
    if kind == "app_home_opened":
        return _home_opened(payload, event, identity)
    if kind == "message":
        return _message(payload, event, identity)
    return Unsupported("unknown event")


def _uninstalled(payload: Payload, event: Payload, identity: str) -> Incoming | Unsupported:
    """Take both events, in either order, as the end; revoked user tokens alone are none of ours."""
    if event.get("type") == "tokens_revoked" and not _dict(event.get("tokens")).get("bot"):
        return Unsupported("tokens of users revoked")
    return _incoming(payload, identity, "", "uninstall", conversation=None, by_platform=True)


def _home_opened(payload: Payload, event: Payload, identity: str) -> Incoming | Unsupported:
    user = _text(event.get("user"))
    if not user:
        return Unsupported("home without a user")
    if event.get("tab") == "messages":
        conversation = _text(event.get("channel")) or None
        return _incoming(payload, identity, user, "arrive", conversation=conversation, by_platform=True)
    return _incoming(
        payload, identity, user, "home", conversation=None, surface=Surface.HOME, by_platform=True
    )


def _message(payload: Payload, event: Payload, identity: str) -> Incoming | Unsupported:
    """Take what a person typed to the bot; what bots say, edits and other subtypes are ignored."""
    user, text = _text(event.get("user")), event.get("text")
    if not user or event.get("bot_id") or (event.get("subtype") or "") not in _SPOKEN or event.get("hidden"):
        return Unsupported("message of no person")
    if not isinstance(text, str):
        return Unsupported("message without text")
    if event.get("channel_type") in _OTHERS_READ and _text(event.get("channel")):
        return _overheard(payload, identity, user, text, _text(event.get("channel")))
    if event.get("channel_type") != "im":
        return Unsupported("message elsewhere")
    files = _files(event)
    verb, args = read_with_files(plain_text(text)[:MOST_TEXT], [file.name for file in files])
    conversation = _text(event.get("channel")) or None
    return _incoming(payload, identity, user, verb, args, conversation=conversation, files=files)


_OTHERS_READ = ("channel", "group", "mpim")


def _overheard(payload: Payload, identity: str, user: str, text: str, conversation: str) -> Incoming:
    """Take what was written where others read, which is held against words and forgotten."""
    return _incoming(
        payload,
        identity,
        user,
        OVERHEARD,
        {"text": plain_text(text)[:MOST_TEXT]},
        conversation=conversation,
        surface=Surface.CONVERSATION,
        room=conversation,
        by_platform=True,
    )


MOST_FILES = 10
"""Files of a message that are looked at; Slack takes no more."""


def _files(event: Payload) -> tuple[FileRef, ...]:
    """Name the files of a message; one that was deleted or is elsewhere has no address."""
    listed = event.get("files")
    files = [_dict(file) for file in listed[:MOST_FILES]] if isinstance(listed, list) else []
    return tuple(
        FileRef(
            _text(file.get("name")) or "a file without a name",
            size if isinstance(size := file.get("size"), int) else None,
            _text(file.get("url_private_download")) or _text(file.get("url_private")),
        )
        for file in files
    )


# ---------------------------------------------------------------- interactivity


def _block_actions(payload: Payload) -> Incoming | Unsupported:
    actions = payload.get("actions")
    action = _dict(actions[0]) if isinstance(actions, list) and actions else {}
    user, identity = _user(payload), _identity(payload)
    if not action or not user or not identity or not team_of(payload):
        return Unsupported("action without what it needs")
    chosen = _dict(action.get("selected_option")).get("value")
    verb, args = decode(action.get("value") if chosen is None else chosen)
    container = _dict(payload.get("container"))
    if container.get("type") == "view":
        return _incoming(
            payload, identity, user, verb, args, conversation=None, surface=Surface.HOME, takes_form=True
        )
    private = container.get("is_ephemeral") is True
    conversation = _text(_dict(payload.get("channel")).get("id")) or _text(container.get("channel_id"))
    handle = _text(payload.get("response_url")) or None
    source = Source(None if private else _text(container.get("message_ts")) or None, handle, private)
    return _in_message(payload, identity, user, verb, args, conversation, source, takes_form=True)


def _view_submission(payload: Payload) -> Incoming | Unsupported:
    """Take a sent modal: what it carries in `private_metadata`, and the values of its fields."""
    view = _dict(payload.get("view"))
    user, identity = _user(payload), _identity(payload)
    metadata = view.get("private_metadata")
    if not user or not identity or not team_of(payload):
        return Unsupported("view without what it needs")
    verb, args = decode(metadata)
    values = {name: _value(field) for name, field in _fields(view)}
    source, conversation = decode_source(metadata)
    args = {**args, **values}
    return _in_message(payload, identity, user, verb, args, conversation, source, surface=Surface.FORM)


def _fields(view: Payload) -> list[tuple[str, Payload]]:
    blocks = _dict(_dict(view.get("state")).get("values"))
    return [
        (str(name), _dict(element))
        for elements in blocks.values()
        for name, element in _dict(elements).items()
    ]


def _value(element: Payload) -> str:
    """Read a field: typed text, the chosen option, or several of them joined by commas."""
    many = element.get("selected_options")
    if isinstance(many, list):
        return ",".join(_text(_dict(option).get("value")) for option in many)
    chosen = _dict(element.get("selected_option"))
    return (_text(chosen.get("value")) if chosen else _text(element.get("value")))[:MOST_TEXT]


def _message_action(payload: Payload) -> Incoming | Unsupported:
    """Take something that is to be done with a message; its text goes along for this once."""
    user, identity, name = _user(payload), _identity(payload), payload.get("callback_id")
    action = MESSAGE_ACTIONS.get(name) if isinstance(name, str) else None
    conversation = _text(_dict(payload.get("channel")).get("id"))
    if action is None or not user or not identity or not team_of(payload) or not conversation:
        return Unsupported("message action without what it needs")
    text = plain_text(_text(_dict(payload.get("message")).get("text")))[:MOST_TEXT]
    # Whatever the conversation is, the bot may not be in it: only the press's own address reaches it.
    source = Source(None, _text(payload.get("response_url")) or None)
    return _incoming(
        payload,
        identity,
        user,
        action.verb,
        {action.argument: text},
        conversation=conversation,
        surface=Surface.CONVERSATION,
        source=source,
        takes_form=True,
        room=conversation,
    )


def _command(payload: Payload) -> Incoming | Unsupported:
    """Take a slash command; it is answered to its sender alone, wherever it was typed."""
    user, identity = _text(payload.get("user_id")), _text(payload.get("trigger_id"))
    if not user or not identity or not team_of(payload):
        return Unsupported("command without what it needs")
    verb, args = read(plain_text(_text(payload.get("text")))[:MOST_TEXT])
    conversation = _text(payload.get("channel_id")) or None
    return _incoming(
        payload,
        identity,
        user,
        verb,
        args,
        conversation=conversation,
        surface=Surface.CONVERSATION,
        takes_notice=True,
        room=None if conversation is None or conversation.startswith("D") else conversation,
    )


def enterprise_of(payload: Payload) -> str:
    """Name the Enterprise Grid organization that a payload comes from; "" outside one."""
    found = _dict(payload.get("enterprise")).get("id") or payload.get("enterprise_id")
    return _text(found)


def profile_of(user: str, answer: Payload) -> Sender:
    """Read what `users.info` tells of a person."""
    about = _dict(answer.get("user"))
    return Sender(
        user,
        name=_text(about.get("real_name")) or _text(about.get("name")),
        email=_text(_dict(about.get("profile")).get("email")) or None,
        time_zone=_text(about.get("tz")) or None,
        locale=_text(about.get("locale")) or None,
    )


def first_field(payload: Payload) -> str:
    """Name the first field of a sent modal, at which a problem with all of it can be said."""
    blocks = _dict(payload.get("view")).get("blocks")
    inputs = [_dict(b) for b in blocks if _dict(b).get("type") == "input"] if isinstance(blocks, list) else []
    return _text(inputs[0].get("block_id")) if inputs else "text"


# ---------------------------------------------------------------- shared


def _in_message(
    payload: Payload,
    identity: str,
    user: str,
    verb: str,
    args: Args,
    conversation: str,
    source: Source | None,
    **more: Any,
) -> Incoming:
    """Take what was done on a message, or in a form opened from it.

    A direct one's id begins with D; what only one person sees is like one. Any other stays for the others.
    """
    private = source is not None and source.private
    if conversation.startswith("D") or private or not conversation:
        place = conversation if conversation.startswith("D") else None
        return _incoming(payload, identity, user, verb, args, conversation=place, source=source, **more)
    where = {"surface": Surface.CONVERSATION, **more, "conversation": conversation, "room": conversation}
    return _incoming(payload, identity, user, verb, args, source=source, **where)


def _incoming(
    payload: Payload, identity: str, user: str, verb: str, args: Args | None = None, **more: Any
) -> Incoming:
    """Make the interaction. The person's handle is left out: `users.info` tells the name once they agreed."""
    workspace = WorkspaceRef(ChannelName.SLACK, team_of(payload))
    return Incoming(id=identity, workspace=workspace, sender=Sender(user), verb=verb, args=args or {}, **more)


def _user(payload: Payload) -> str:
    return _text(_dict(payload.get("user")).get("id"))


def _identity(payload: Payload) -> str:
    """Name an interaction by its trigger; a view without one by its id and state, which are its own."""
    trigger = _text(payload.get("trigger_id"))
    view = _dict(payload.get("view"))
    if trigger or not view.get("id"):
        return trigger
    return hashlib.sha256(f"{view['id']}{view.get('hash')}{view.get('state')}".encode()).hexdigest()


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _known_but_unused(reason: str) -> Callable[[Payload], Unsupported]:
    return lambda payload: Unsupported(reason)


_KINDS: Mapping[str, Callable[[Payload], Incoming | Unsupported]] = {
    "event_callback": _event_callback,
    "block_actions": _block_actions,
    "view_submission": _view_submission,
    "view_closed": _known_but_unused("form closed"),
    "shortcut": _known_but_unused("shortcut"),
    "message_action": _message_action,
    "block_suggestion": _known_but_unused("suggestion"),
    "app_rate_limited": _known_but_unused("over 30,000 events an hour"),
}
