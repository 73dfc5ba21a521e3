import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import urlencode

import orjson
import pytest
from aiohttp import web

from adapters.slack import front

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
BODY = b'{"type":"event_callback"}'
FORM = "application/x-www-form-urlencoded"


def sign(body: bytes = BODY, stamp: str = STAMP, secret: str = "shhh") -> dict[str, str]:
    """Make the headers that Slack sends with a body."""
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


def admit(headers: dict[str, str], secret: str | None = "shhh") -> None:
    """Show a body with these headers at the door."""
    front.verify(secret, headers, BODY, lambda: NOW)


@pytest.mark.parametrize("seconds", [0, 299, 300, -299, -300])
def test_what_slack_signed_lately_comes_in(seconds: int) -> None:
    """A signature is good for five minutes, whichever clock is ahead."""
    admit(sign(stamp=str(int(NOW.timestamp()) + seconds)))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        sign() | {"X-Slack-Signature": ""},
        sign() | {"X-Slack-Request-Timestamp": ""},
        sign() | {"X-Slack-Request-Timestamp": "yesterday"},
        sign() | {"X-Slack-Request-Timestamp": "-1"},
        sign() | {"X-Slack-Request-Timestamp": "²³"},
        sign() | {"X-Slack-Request-Timestamp": "9" * 400},
        sign(stamp=str(int(NOW.timestamp()) - 301)),
        sign(stamp=str(int(NOW.timestamp()) + 301)),
        sign(secret="guessed"),
        sign(body=BODY + b" "),
        sign() | {"X-Slack-Signature": "v0=" + "0" * 64},
        sign() | {"X-Slack-Signature": "v0=\udcff\udcfe"},
        sign() | {"X-Slack-Signature": "v1" + sign()["X-Slack-Signature"][2:]},
    ],
)
def test_nobody_else_comes_in(headers: dict[str, str]) -> None:
    """A missing, forged, old or unreadable signature or timestamp is refused, and none is an error."""
    with pytest.raises(web.HTTPUnauthorized):
        admit(headers)


@pytest.mark.parametrize("secret", [None, ""])
def test_without_a_secret_nobody_comes_in(secret: str | None) -> None:
    """Where no signing secret is set, not even what is signed with an empty one gets through."""
    with pytest.raises(web.HTTPUnauthorized):
        admit(sign(secret=""), secret)


def test_a_form_is_read_as_it_was_typed() -> None:
    """Plus signs, percent signs, emoji, line ends and right-to-left text come through a form unchanged."""
    text = "1+1=2 50% 😀 אבג\r\n<!channel> a&b;c"
    command = {"command": "/laps", "text": text, "empty": ""}
    assert front.parse(FORM, urlencode(command).encode()) == command
    assert front.parse(FORM, urlencode({"payload": orjson.dumps({"a": text}).decode()}).encode()) == {
        "a": text
    }


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b""),
        ("application/json", b"{"),
        ("application/json", b"[]"),
        ("application/json", b'"text"'),
        ("application/json", b'{"a": "\\ud800"}'),
        ("application/json", b"\xff\xfe"),
        ("application/json", b"[" * 100_000),
        (FORM, b""),
        (FORM, b"%"),
        (FORM, b"a=1&b=2"),
        (FORM, b"payload="),
        (FORM, b"payload=%7B"),
        (FORM, b"payload=%5B%5D"),
        (FORM, b"command=%2Flaps&\xff=1"),
        (FORM, b"command=%2Flaps" + b"&a=1" * 200),
        ("text/plain", b'{"type": "event_callback"}'),
        ("application/octet-stream", b""),
    ],
)
def test_what_is_neither_is_refused(kind: str, body: bytes) -> None:
    """Broken JSON and broken forms are the sender's fault."""
    with pytest.raises(web.HTTPBadRequest):
        front.parse(kind, body)


@pytest.mark.parametrize(
    ("body", "only_a_look"),
    [
        (b"ssl_check=1", True),
        (b"token=abc&ssl_check=1", True),
        (b"ssl_check=0", False),
        (b"", False),
        (b"\xff", False),
        (BODY, False),
        (b"ssl_check=1&text=" + b"x" * 200, False),
    ],
)
def test_a_look_at_the_certificate_is_known(body: bytes, only_a_look: bool) -> None:
    """Slack's look at our certificate is told from everything else without reading much."""
    assert front.is_ssl_check(body) is only_a_look
