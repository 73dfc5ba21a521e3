"""The door for Slack's HTTP requests: size, signature and form are checked here, before all else.

This is the only place where a signature is checked: Bolt's own check is off, because it answers 500 to a
timestamp that is no number, and reads the body a second time.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote_to_bytes

import orjson
from aiohttp import web

from bot.ports import Clock

Json = dict[str, object]

MOST_BODY = 1_000_000
"""Bytes of a body; Slack's own are far smaller."""

WINDOW = 300
"""Seconds that a timestamp may be off (https://docs.slack.dev/authentication/verifying-requests-from-slack)."""


async def read_body(request: web.Request) -> bytes:
    """Read a body of at most `MOST_BODY` bytes.

    Raises:
        web.HTTPRequestEntityTooLarge: it is longer.
    """
    if (request.content_length or 0) > MOST_BODY:
        raise web.HTTPRequestEntityTooLarge(MOST_BODY, request.content_length or 0)
    body = await request.read()
    if len(body) > MOST_BODY:
        raise web.HTTPRequestEntityTooLarge(MOST_BODY, len(body))
    return body


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
    mine = hmac.new(secret.encode(), b"v0:%s:%s" % (stamp.encode(), body), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(f"v0={mine}".encode(), signature.encode()):
        raise web.HTTPUnauthorized(text="not signed by Slack")


def parse(content_type: str, body: bytes) -> Json:
    """Read a body: JSON (events), or a form that is a slash command or holds a `payload` of JSON.

    Raises:
        web.HTTPBadRequest: it is neither.
    """
    try:
        parsed = orjson.loads(body) if content_type == "application/json" else _form(body)
    except (ValueError, UnicodeDecodeError) as error:
        raise web.HTTPBadRequest(text="neither JSON nor a form of Slack's") from error
    if not isinstance(parsed, dict):
        raise web.HTTPBadRequest(text="an object is needed")
    return parsed


def _form(body: bytes) -> object:
    if body.startswith(b"payload="):
        text = body[8:].partition(b"&")[0]
        return orjson.loads(unquote_to_bytes(text.replace(b"+", b" ")))
    pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=100)
    return dict(pairs)
