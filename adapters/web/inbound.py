"""What the page sends, made into `Incoming`; what is not of the page's shape becomes `Unsupported`."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from bot.messages import Args
from bot.model import ChannelName, FileRef, Incoming, Sender, Source, Surface, Unsupported, WorkspaceRef
from bot.overheard import OVERHEARD
from bot.said import read
from bot.typed import all_zones

WORKSPACE = WorkspaceRef(ChannelName.WEB, "web")

MOST_TEXT = 3000
"""Characters of one typed or pasted text, as on every channel. The page counts along, so that none is cut."""

_MOST_ARGS = 20
_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_ELEMENT = re.compile(r"[A-Za-z0-9_-]{1,80}")
_NAME = re.compile(r"[a-z_]{1,40}")

_PAGE_VERBS = frozenset({"arrive", "home", OVERHEARD})
"""What the page says by itself, as a platform does; whoever says it by hand sees their own page."""


def normalise(said: Any, account: str, room: str | None = None, name: str = "") -> Incoming | Unsupported:
    """Read what was done on the page; total: what is missing or strange in it becomes `Unsupported`.

    Args:
        said: the JSON value that was posted: `{id, zone?}` with either `text`, or `verb`, `args?`, `source?`
            (the element that was pressed), `form?` (it was a form that was sent) and `file?` (what came with
            it, as `{name, data}`, its bytes in base64).
        account: who did it.
        room: the conversation of several people that this was done in.
        name: what they are called.
    """
    if not isinstance(said, dict):
        return Unsupported("not an object")
    identity = said.get("id")
    if not isinstance(identity, str) or not _ID.fullmatch(identity):
        return Unsupported("no id")
    done = _typed(said["text"], room is not None) if "text" in said else _pressed(said)
    if isinstance(done, Unsupported):
        return done
    verb, args = done
    source = said.get("source")
    if source is not None and not (isinstance(source, str) and _ELEMENT.fullmatch(source)):
        return Unsupported("no such source")
    files = _files(said.get("file"))
    if isinstance(files, Unsupported):
        return files
    return Incoming(
        id=identity,
        workspace=WORKSPACE,
        sender=Sender(account, name, time_zone=_zone(said.get("zone")), locale=_locale(said.get("locale"))),
        conversation=room or account,
        verb=verb,
        args=args,
        surface=_surface(verb, said, room is not None),
        source=Source(source, private=said.get("private") is True) if source else None,
        takes_message=True,
        takes_file=True,
        by_platform=verb in _PAGE_VERBS,
        files=files,
        room=room,
    )


def _surface(verb: str, said: Mapping[str, Any], in_room: bool) -> Surface:
    """Name the surface: only a form that was sent can show which field is wrong."""
    if verb == "home":
        return Surface.HOME
    if said.get("form") is True:
        return Surface.FORM
    return Surface.CONVERSATION if in_room else Surface.DIRECT_MESSAGE


_LONGEST_LOCALE = 35
"""Characters of the longest language tag (RFC 5646, section 4.4.1)."""


_TO_LAPS = re.compile(r"\s*[@/]?laps\b[\s:,]*", re.IGNORECASE)
"""What speaks to Laps where others read, as a mention does elsewhere."""


def _typed(text: object, in_room: bool) -> tuple[str, Args] | Unsupported:
    if not isinstance(text, str):
        return Unsupported("no text")
    if len(text) > MOST_TEXT:
        return Unsupported("too long")
    said = _storable(text)
    spoken = _TO_LAPS.match(said)
    if in_room and spoken is None:
        return OVERHEARD, {"text": said}
    return read(said[spoken.end() :] if in_room and spoken is not None else said)


def _pressed(said: Mapping[str, Any]) -> tuple[str, Args] | Unsupported:
    verb, args = said.get("verb"), said.get("args", {})
    if not isinstance(verb, str) or not _NAME.fullmatch(verb) or verb == OVERHEARD:
        return Unsupported("no verb")
    if not isinstance(args, dict) or len(args) > _MOST_ARGS:
        return Unsupported("no args")
    if not all(_NAME.fullmatch(name) and isinstance(value, str) for name, value in args.items()):
        return Unsupported("no args")
    if any(len(value) > MOST_TEXT for value in args.values()):
        return Unsupported("too long")
    return verb, {name: _storable(value) for name, value in args.items()}


_LONGEST_NAME = 255
"""Characters of a file's name, as file systems have it."""


def _files(told: object) -> tuple[FileRef, ...] | Unsupported:
    """Read the file that came along, if one did."""
    if told is None:
        return ()
    if not isinstance(told, dict):
        return Unsupported("no file")
    name, encoded = told.get("name"), told.get("data")
    if not isinstance(name, str) or not isinstance(encoded, str) or len(name) > _LONGEST_NAME:
        return Unsupported("no file")
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return Unsupported("no file")
    return (FileRef(_storable(name), len(data), data=data),)


def _storable(text: str) -> str:
    """Leave out the one character that PostgreSQL cannot hold in a text."""
    return text.replace("\0", "")


def _locale(told: object) -> str | None:
    return told if isinstance(told, str) and len(told) <= _LONGEST_LOCALE else None


def _zone(told: object) -> str | None:
    return told if isinstance(told, str) and told in all_zones() else None
