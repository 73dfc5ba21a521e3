"""Reads what was typed into a verb and its arguments."""

from __future__ import annotations

import re
from collections.abc import Collection

from bot.messages import Args
from bot.routes import ROUTES

_BARE = {"yes": "agree", "agree": "agree", "?": "help", "hi": "help", "hello": "help"}
_CODE = re.compile(r"^(?:join )?([a-z2-7]{4})[- ]?([a-z2-7]{4})$")
_LESSON_ID = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)+$")


def read(text: str) -> tuple[str, Args]:
    """Read what was typed into a verb and its args; what is no verb is `unknown` with its text."""
    said = " ".join(text.split())
    folded = said.casefold().strip(".!").removeprefix("/laps ").strip()
    words = folded.split()
    if not words:
        return ("help" if not said else "unknown"), ({} if not said else {"text": text[:3000]})
    verb = words[0]
    if words == ["no"]:
        return "decline", {"typed": ""}
    code = _CODE.match(folded)
    if code and (verb == "join" or "-" in folded):
        return "join", {"code": f"{code[1]}-{code[2]}"}
    if verb == "join" and len(words) == 2:
        return "join", {"code": words[1][:20]}
    if len(words) == 1 and ((verb in ROUTES and ROUTES[verb].help) or verb in _BARE):
        return ("lessons" if verb == "lesson" else _BARE.get(verb, verb)), {}
    if verb in ("lesson", "restart", "edit") and len(words) == 2:
        return verb, {"id": words[1]}
    if verb == "usecases" and len(words) <= 12:
        return "usecases", {"q": " ".join(words[1:])}
    if words == ["listen", "off"]:
        return "listen", {"off": "1"}
    if verb == "assist":
        return "assist", {"text": _after(verb, said)}
    if verb == "cohort" and len(words) <= 8:
        return "cohort", {"n": _after(verb, said)}
    if verb == "person" and len(words) <= 6:
        return "person", {"n": " ".join(words[1:])}
    if verb == "pause" and len(words) <= 4:
        until = " ".join(words[1:]).removeprefix("until ").removeprefix("for ")
        return "pause", {"until": until}
    if len(words) == 1 and _LESSON_ID.match(verb):
        return "lesson", {"id": verb}
    return "unknown", {"text": text[:3000]}


def _after(verb: str, said: str) -> str:
    """Return what was typed after a verb, in its own capitals."""
    found = re.search(rf"\b{verb}\s+(.+)", said, re.IGNORECASE)
    return found[1].strip() if found else ""


def read_with_files(text: str, names: Collection[str]) -> tuple[str, Args]:
    """Read a message that may bring files: a YAML file is to be looked at, and so is one without a word.

    With words beside it any other file is left alone, as people show each other pictures.
    """
    if names and (not text.strip() or any(name.lower().endswith((".yaml", ".yml")) for name in names)):
        return "upload", {}
    return read(text)
