"""What buttons and modals carry: verbs and args as compact JSON, and the message that a modal came from."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from adapters.slack.sizes import size
from bot.messages import Args
from bot.model import Source


def encode(verb: str, args: Args) -> str:
    """Write what a button carries."""
    return orjson.dumps({"v": verb, "a": dict(args)}).decode()


def decode(value: object) -> tuple[str, Args]:
    """Read what a button or a modal carries; anything else is the verb `unknown`."""
    carried = _object(value)
    verb, args = carried.get("v"), carried.get("a")
    if not isinstance(verb, str):
        return "unknown", {}
    kept = args if isinstance(args, dict) else {}
    return verb, {str(name): text for name, text in kept.items() if isinstance(text, str)}


def encode_form(verb: str, args: Args, source: Source | None, conversation: str | None, most: int) -> str:
    """Write what a modal carries: what sending it means, and the message it was opened from.

    Where that is over `most` characters the message is left out: the answer is then a new one.
    """
    carried: dict[str, object] = {"v": verb, "a": dict(args)}
    if source is not None:
        whole = {**carried, "c": conversation, "s": [source.external, source.handle, source.private]}
        text = orjson.dumps(whole).decode()
        if size(text) <= most:
            return text
    return orjson.dumps(carried).decode()


def decode_source(value: object) -> tuple[Source | None, str]:
    """Read the message that a modal was opened from, and its conversation; None and "" for none."""
    carried = _object(value)
    kept, conversation = carried.get("s"), _text(carried.get("c"))
    if not isinstance(kept, list) or len(kept) != 3:
        return None, conversation
    return Source(_text(kept[0]) or None, _text(kept[1]) or None, kept[2] is True), conversation


def _object(value: object) -> Mapping[str, object]:
    try:
        read = orjson.loads(value) if isinstance(value, str) else None
    except orjson.JSONDecodeError:
        read = None
    return read if isinstance(read, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
