"""Activities as Teams sends them, made into `Incoming`; what is not known becomes `Unsupported`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson

from bot.actions import MESSAGE_ACTIONS
from bot.messages import Args
from bot.model import ChannelName, FileRef, Incoming, Sender, Source, Surface, Unsupported, WorkspaceRef
from bot.overheard import OVERHEARD
from bot.said import read_with_files

Activity = Mapping[str, Any]

CARD_ACTION = "adaptiveCard/action"
"""The name of the invoke that Action.Execute sends."""

FETCH, SUBMIT = "composeExtension/fetchTask", "composeExtension/submitAction"
DIALOGS = (FETCH, SUBMIT)
"""The names of the invokes of a message action: it was chosen; something was pressed in its dialog."""


def normalise(activity: Activity, tenant: str | None = None) -> Incoming | Unsupported:
    """Read an activity; total: whatever is missing or strange in it becomes `Unsupported` or verb `unknown`.

    Args:
        activity: the JSON object that was posted, from a caller who was authenticated.
        tenant: the only tenant to listen to; None listens to all.
    """
    if activity.get("channelId") != "msteams":
        return Unsupported("other_channel")
    reader = _READERS.get(_text(activity.get("type")))
    if reader is None:
        return Unsupported("activity_type")
    theirs = _tenant(activity)
    if tenant and theirs and theirs != tenant:
        return Unsupported("other_tenant")
    if not (_text(_object(activity.get("from")).get("id")) and _text(_conversation(activity).get("id"))):
        return Unsupported("nobody")
    return reader(activity, theirs or tenant or "local")


def _message(activity: Activity, tenant: str) -> Incoming | Unsupported:
    value = activity.get("value")
    typed = _text(activity.get("text"))
    files = _files(activity)
    if isinstance(value, dict) and ("v" in value or not (typed.strip() or files)):
        verb, args = _pressed(value)
        return _incoming(activity, tenant, verb, args, source=_source(activity))
    if not _is_personal(activity) and not _mentions_bot(activity):
        heard = {"text": _said(activity)[:MOST_TEXT]}
        return _incoming(activity, tenant, OVERHEARD, heard, by_platform=True)
    verb, args = read_with_files(_said(activity), [file.name for file in files])
    return _incoming(activity, tenant, verb, args, files=files)


def _invoke(activity: Activity, tenant: str) -> Incoming | Unsupported:
    if activity.get("name") in DIALOGS:
        return _dialog(activity, tenant)
    if activity.get("name") != CARD_ACTION:
        return Unsupported("invoke")
    action = _object(_object(activity.get("value")).get("action"))
    verb, args = _pressed(_object(action.get("data")))
    return _incoming(activity, tenant, verb, args, source=_source(activity), takes_message=True)


def _dialog(activity: Activity, tenant: str) -> Incoming | Unsupported:
    """Take a message action, or what was pressed or sent in the dialog that it opened.

    The dialog is the person's alone, wherever the message is; what is more than information leaves it.
    """
    value = _object(activity.get("value"))
    if activity.get("name") == FETCH:
        action = MESSAGE_ACTIONS.get(_text(value.get("commandId")))
        body = _object(_object(value.get("messagePayload")).get("body"))
        if action is None:
            return Unsupported("message action")
        done: tuple[str, Args] = (
            action.verb,
            {action.argument: _plain(_text(body.get("content")))[:MOST_TEXT]},
        )
    else:
        done = _pressed(_object(value.get("data")))
    verb, args = done
    found = _incoming(activity, tenant, verb, args, source=Source(None), takes_message=True)
    return replace(found, message_fades=False, room=_root(activity), surface=Surface.CONVERSATION)


MOST_TEXT = 3000
"""Characters of a message that are looked at."""

_MARKUP = re.compile(r"<[^<>]*>")


def _plain(content: str) -> str:
    """Read the HTML of a message as people do."""
    return " ".join(unescape(_MARKUP.sub(" ", content)).split())


def _conversation_update(activity: Activity, tenant: str) -> Incoming | Unsupported:
    if not _is_personal(activity):
        return Unsupported("conversation_members")
    if _has_bot(activity, "membersAdded"):
        return _incoming(activity, tenant, "arrive", by_platform=True)
    if _has_bot(activity, "membersRemoved"):
        return _incoming(activity, tenant, "depart", by_platform=True)
    return Unsupported("other_members")


def _installation_update(activity: Activity, tenant: str) -> Incoming | Unsupported:
    if not _is_personal(activity):
        return Unsupported("conversation_installation")
    match activity.get("action"):
        case "add" | "add-upgrade":
            return _incoming(activity, tenant, "arrive", by_platform=True)
        case "remove":
            return _incoming(activity, tenant, "depart", by_platform=True)
        case _:  # "remove-upgrade": the app comes back at once
            return Unsupported("installation")


_READERS: dict[str, Callable[[Activity, str], Incoming | Unsupported]] = {
    "message": _message,
    "invoke": _invoke,
    "conversationUpdate": _conversation_update,
    "installationUpdate": _installation_update,
}


def _incoming(
    activity: Activity,
    tenant: str,
    verb: str,
    args: Args | None = None,
    source: Source | None = None,
    takes_message: bool = False,
    by_platform: bool = False,
    files: tuple[FileRef, ...] = (),
) -> Incoming:
    return Incoming(
        id=_id(activity),
        workspace=WorkspaceRef(ChannelName.TEAMS, tenant),
        sender=_sender(activity),
        conversation=_text(_conversation(activity).get("id")),
        verb=verb,
        args=args or {},
        surface=Surface.DIRECT_MESSAGE if _is_personal(activity) else Surface.CONVERSATION,
        source=source,
        takes_message=takes_message,
        message_fades=takes_message,
        by_platform=by_platform,
        files=files,
        room=None if _is_personal(activity) else _root(activity),
    )


# ---------------------------------------------------------------- what was pressed


def _pressed(data: Mapping[str, Any]) -> tuple[str, Args]:
    """Read a button's data: {"v": verb, "a": args}; "f" names the form whose `form.field`s lie beside it."""
    verb, carried = data.get("v"), data.get("a", {})
    if not isinstance(verb, str) or not isinstance(carried, dict):
        return "unknown", {}
    args = {name: value for name, value in carried.items() if isinstance(value, str)}
    if len(args) < len(carried):
        return "unknown", {}
    form = data.get("f")
    if isinstance(form, str):
        args |= _fields(data, f"{form}.")
    return verb, args


def _fields(data: Mapping[str, Any], prefix: str) -> dict[str, str]:
    return {
        name.removeprefix(prefix): value
        for name, value in data.items()
        if name.startswith(prefix) and isinstance(value, str)
    }


def _source(activity: Activity) -> Source:
    return Source(external=_text(activity.get("replyToId")) or None)


# ---------------------------------------------------------------- what was typed

_TAG = re.compile(r"<at\b[^>]*>(.*?)</at>", re.DOTALL)


def _said(activity: Activity) -> str:
    """Give the typed text without the mention of the bot; other people's mentions become their names."""
    text = _text(activity.get("text"))
    bot = _object(activity.get("recipient")).get("id")
    for mention in _mentions(activity):
        marked, mentioned = _text(mention.get("text")), _object(mention.get("mentioned"))
        name = "" if mentioned.get("id") == bot else _TAG.sub(r"\1", marked)
        if marked and marked in text:
            text = text.replace(marked, name)
        elif not name:
            text = _TAG.sub("", text, count=1)
    if activity.get("textFormat") == "xml":
        text = unescape(text)
    return text.replace("&nbsp;", " ").strip()


def _mentions(activity: Activity) -> list[Activity]:
    return [entity for entity in _objects(activity.get("entities")) if entity.get("type") == "mention"]


def _mentions_bot(activity: Activity) -> bool:
    bot = _object(activity.get("recipient")).get("id")
    return any(_object(m.get("mentioned")).get("id") == bot for m in _mentions(activity))


FILE = "application/vnd.microsoft.teams.file.download.info"
"""The attachment that stands for a file in a personal chat, with an address that is good for minutes."""

MOST_FILES = 10
"""Files of a message that are looked at; Teams takes no more."""


def _files(activity: Activity) -> tuple[FileRef, ...]:
    """Name the files that a person sent in the personal chat; elsewhere a bot gets none."""
    if not _is_personal(activity):
        return ()
    attached = [each for each in _objects(activity.get("attachments")) if each.get("contentType") == FILE]
    return tuple(
        FileRef(
            _text(each.get("name")) or "a file without a name",
            address=_text(_object(each.get("content")).get("downloadUrl")),
        )
        for each in attached[:MOST_FILES]
    )


# ---------------------------------------------------------------- who and where


def _id(activity: Activity) -> str:
    """Name the activity the same whenever it comes again.

    Activity ids are unique within a conversation only. An activity without one (some invokes) is named by its
    content, which holds its timestamp.
    """
    own = _text(activity.get("id"))
    if not own:
        content = orjson.dumps(activity, option=orjson.OPT_SORT_KEYS)
        own = f"sha256:{hashlib.sha256(content).hexdigest()}"
    return f"{_text(_conversation(activity).get('id'))}/{own}"


def _sender(activity: Activity) -> Sender:
    person = _object(activity.get("from"))
    return Sender(
        external=_text(person.get("id")),
        name=_text(person.get("name")),
        time_zone=_time_zone(activity),
        service_url=_text(activity.get("serviceUrl")) or None,
        locale=_text(activity.get("locale")) or None,
        directory=_text(person.get("aadObjectId")).lower() or None,
    )


def _time_zone(activity: Activity) -> str | None:
    """Find the zone that the client tells with a message: at its top, else in its clientInfo entity."""
    told = [activity.get("localTimezone")]
    told += [e.get("timezone") for e in _objects(activity.get("entities")) if e.get("type") == "clientInfo"]
    return next((zone for zone in told if isinstance(zone, str) and _is_zone(zone)), None)


@lru_cache(maxsize=1024)
def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _tenant(activity: Activity) -> str:
    told = _object(_object(activity.get("channelData")).get("tenant")).get("id")
    return _text(told) or _text(_conversation(activity).get("tenantId"))


def _conversation(activity: Activity) -> Activity:
    return _object(activity.get("conversation"))


def _root(activity: Activity) -> str:
    """Name a conversation as new messages go there: a reply's names the message that it answers as well."""
    return _text(_conversation(activity).get("id")).partition(";")[0]


def _is_personal(activity: Activity) -> bool:
    conversation = _conversation(activity)
    kind = conversation.get("conversationType")
    return kind == "personal" or (kind is None and not conversation.get("isGroup"))


def _has_bot(activity: Activity, members: str) -> bool:
    bot = _object(activity.get("recipient")).get("id")
    return any(member.get("id") == bot for member in _objects(activity.get(members)))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _object(value: object) -> Activity:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[Activity]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
