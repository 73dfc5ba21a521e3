"""The traffic: signed presses as Slack sends them, activities as Teams sends them, each one different."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import quote_plus

import orjson

from benchmarks.load import http_post

SECRET = "benchmark"
TEAM = "T1"
TENANT = "tenant-1"


@dataclass
class Learner:
    """One seeded learner at a practice; the screen flips between done and again with each press."""

    user: str
    session: str
    version: int = 1

    def press(self) -> tuple[str, dict[str, str]]:
        """Give the verb and args of the next press."""
        verb = "done" if self.version % 2 else "again"
        args = {"s": self.session, "v": str(self.version)}
        self.version += 1
        return verb, args


def sign(body: bytes, secret: str = SECRET) -> dict[str, str]:
    """Sign a body as Slack does."""
    stamp = str(int(time.time()))
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


_MESSAGE = [
    {
        "type": "section",
        "block_id": f"b{n}",
        "text": {"type": "plain_text", "text": "Why Q3 missed plan. " * 4},
    }
    for n in range(8)
]
_numbers = count(1)


def slack_press(learner: Learner) -> bytes:
    """Make a signed block_actions request of about 2.7 kB."""
    verb, args = learner.press()
    payload = {
        "type": "block_actions",
        "team": {"id": TEAM, "domain": "acme"},
        "user": {"id": learner.user, "username": "person", "team_id": TEAM},
        "api_app_id": "A1",
        "trigger_id": f"{time.time_ns()}.{next(_numbers)}",
        "container": {"type": "message", "message_ts": "1.1", "channel_id": f"D{learner.user}"},
        "channel": {"id": f"D{learner.user}", "name": "directmessage"},
        "message": {"ts": "1.1", "blocks": _MESSAGE},
        "response_url": f"http://127.0.0.1:9/hooks/{next(_numbers)}",
        "actions": [
            {
                "type": "button",
                "action_id": f"laps:{verb}:1",
                "block_id": "b9",
                "value": orjson.dumps({"v": verb, "a": args}).decode(),
                "action_ts": "1.2",
            }
        ],
    }
    body = b"payload=" + quote_plus(orjson.dumps(payload)).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", **sign(body)}
    return http_post("/slack/events", body, headers)


def teams_press(learner: Learner, service_url: str) -> bytes:
    """Make an invoke of Action.Execute."""
    verb, args = learner.press()
    data = {"v": verb, "a": args}
    value = {"action": {"type": "Action.Execute", "data": data}, "trigger": "manual"}
    more = {"type": "invoke", "name": "adaptiveCard/action", "value": value, "replyToId": "1"}
    return _activity(learner.user, service_url, more)


def teams_message(learner: Learner, service_url: str) -> bytes:
    """Make a typed message."""
    return _activity(learner.user, service_url, {"type": "message", "text": "hello", "textFormat": "plain"})


def _activity(user: str, service_url: str, more: Mapping[str, object]) -> bytes:
    activity = {
        "id": f"f:{time.time_ns()}-{next(_numbers)}",
        "timestamp": "2026-11-02T09:00:00.000Z",
        "channelId": "msteams",
        "serviceUrl": service_url,
        "from": {"id": user, "name": "Person"},
        "conversation": {"id": f"a:{user}", "conversationType": "personal", "tenantId": TENANT},
        "recipient": {"id": "28:laps", "name": "Laps"},
        "channelData": {"tenant": {"id": TENANT}},
        "localTimezone": "Europe/Berlin",
        **more,
    }
    return http_post("/api/messages", orjson.dumps(activity), {"Content-Type": "application/json"})


@dataclass
class Crowd:
    """Learners shared out among connections, each taken in turn."""

    learners: Sequence[Learner]
    connections: int
    _turns: dict[int, int] = field(default_factory=dict)

    def next(self, connection: int) -> Learner:
        """Give the next learner of a connection; nobody else ever presses for them."""
        own = self.learners[connection :: self.connections]
        turn = self._turns.get(connection, 0)
        self._turns[connection] = turn + 1
        return own[turn % len(own)]
