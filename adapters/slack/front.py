"""The door for Slack's HTTP requests: size, signature and form are checked here, before all else.

This is the only place where a signature is checked. Bolt's own check is off, because it answers 500 to a
timestamp that is no number, and would have the body parsed a second time by Python's own slow unquoting.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

import orjson
from aiohttp import web
from yarl import query_to_pairs

from bot.ports import Clock

Json = dict[str, object]

MOST_BODY = 1_000_000
"""Bytes of a body; Slack's own are far smaller."""

MOST_FIELDS = 100
"""Fields of a form; a slash command has about 15."""

MOST_CHECK = 200
"""Bytes of a look at our certificate: `ssl_check=1` and a token."""

PORTION = 2_000
"""Bytes that are hashed at once."""

WINDOW = 300
"""Seconds that a timestamp may be off (https://docs.slack.dev/authentication/verifying-requests-from-slack)."""


async def read_body(request: web.Request) -> bytes:
    """Read a body of at most `MOST_BODY` bytes, also one that does not say how long it is.

    Raises:
        web.HTTPRequestEntityTooLarge: it is longer.
    """
    _refuse_length(request.content_length or 0)
    parts, size = [], 0
    async for part in request.content.iter_any():
        size += len(part)
        _refuse_length(size)
        parts.append(part)
    return b"".join(parts)


def verify(secret: str | None, headers: Mapping[str, str], body: bytes, clock: Clock) -> None:
    """Let nothing through that Slack did not sign within the last five minutes.

    Raises:
        web.HTTPUnauthorized: the signature or its timestamp is missing, wrong or old, or no secret is set.
    """
    stamp = headers.get("X-Slack-Request-Timestamp", "")
    signature = headers.get("X-Slack-Signature", "")
    if not secret or not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
        raise web.HTTPUnauthorized(text="not signed by Slack")
    if abs(clock().timestamp() - int(stamp)) > WINDOW:
        raise web.HTTPUnauthorized(text="signed too long ago")
    mine = _signature(secret.encode(), b"v0:%s:%s" % (stamp.encode(), body))
    # Headers may hold any bytes, which aiohttp keeps as surrogates: those do not encode strictly.
    if not hmac.compare_digest(f"v0={mine}".encode(), signature.encode(errors="surrogateescape")):
        raise web.HTTPUnauthorized(text="not signed by Slack")


def _signature(secret: bytes, signed: bytes) -> str:
    """Compute HMAC-SHA256 in portions.

    From 2,048 bytes on Python lets other threads go first, and while the database's thread is busy it takes
    20 times as long to be let in again as to compute this.
    """
    mine = hmac.new(secret, digestmod="sha256")
    for start in range(0, len(signed), PORTION):
        mine.update(signed[start : start + PORTION])
    return mine.hexdigest()


def is_ssl_check(body: bytes) -> bool:
    """Say whether Slack only looks at our certificate; it does so unsigned, and nothing is done for it."""
    if len(body) > MOST_CHECK:
        return False
    return dict(query_to_pairs(body.decode(errors="replace"))).get("ssl_check") == "1"


def parse(content_type: str, body: bytes) -> Json:
    """Read a body: JSON (events), or a form that is a slash command or holds a `payload` of JSON.

    Raises:
        web.HTTPBadRequest: it is none of these.
    """
    try:
        parsed = orjson.loads(body) if content_type == "application/json" else _form(body)
    except ValueError as error:
        raise web.HTTPBadRequest(text="neither JSON nor a form of Slack's") from error
    if not isinstance(parsed, dict):
        raise web.HTTPBadRequest(text="an object is needed")
    return parsed


def _form(body: bytes) -> object:
    """Read a form.

    Raises:
        ValueError: it is no UTF-8, has too many fields, or is neither a payload nor a command.
    """
    pairs = dict(query_to_pairs(body.decode(), max_fields=MOST_FIELDS))
    if "payload" in pairs:
        return orjson.loads(pairs["payload"])
    if not pairs.keys() & {"command", "ssl_check"}:
        raise ValueError("neither a payload nor a command")
    return pairs


def _refuse_length(size: int) -> None:
    if size > MOST_BODY:
        raise web.HTTPRequestEntityTooLarge(MOST_BODY, size)
