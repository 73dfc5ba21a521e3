"""A loopback Slack: Web API, response URLs, signed deliveries, Socket Mode; as strict as the real one.

What passes here would pass at Slack: tokens are checked, Block Kit is checked against its documented limits,
triggers live 3 seconds, response URLs take 5 answers in 30 minutes. `trouble` makes the next calls fail.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from itertools import count
from typing import Any
from urllib.parse import urlencode

import aiohttp
import orjson
from aiohttp import web

from tests.slack.blocks import faults_of_message, faults_of_view

Json = dict[str, Any]

TEAM, BOT, TOKEN, APP_TOKEN, SECRET = "T1", "UBOT", "xoxb-right", "xapp-right", "shhh"
FORMS_ONLY = ("users.info", "dnd.teamInfo")
"""Methods that take JSON for no arguments at all (docs.slack.dev/apis/web-api#methods_supporting_json)."""
SCOPES = "chat:write,im:write,commands,users:read,im:history,dnd:read,files:read,users:read.email"
SOCKET = "socket"
"""Stands for an address: payloads for it go over the newest socket."""
_KINDS = {None: "events_api", "payload": "interactive", "command": "slash_commands"}


@dataclass(frozen=True)
class Trouble:
    """How one request fails, `before` it is taken or (`taken`) after."""

    status: int = 0
    retry_after: int | None = None
    error: str = ""
    html: bool = False
    reset: bool = False
    hang: bool = False
    taken: bool = False
    only: str = ""


@dataclass
class Posted:
    """A message in a conversation, as it is now; `private` ones only one person sees, in a room `to`."""

    ts: str
    body: Json
    private: bool = False
    posted_by: str = "chat.postMessage"
    to: str = ""


@dataclass
class Hook:
    """A response URL."""

    channel: str
    ts: str | None
    private: bool
    made_at: datetime
    uses: int = 0
    user: str = ""


@dataclass
class User:
    """A person in the workspace."""

    id: str
    tz: str = "Europe/Berlin"
    blocked: bool = False
    dnd: tuple[int, int] | None = None
    status: tuple[str, int] = ("", 0)
    home: Json | None = None
    modals: list[Json] = field(default_factory=list)


class SlackServer:
    """Slack, on a port of this machine."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.url = ""
        self.users: dict[str, User] = {}
        self.channels: dict[str, list[Posted]] = {}
        self.calls: list[str] = []
        self.complaints: list[str] = []
        self.troubles: deque[Trouble] = deque()
        self.changed = asyncio.Event()
        self.scopes = SCOPES
        self.sockets: list[web.WebSocketResponse] = []
        self.files: dict[str, bytes] = {}
        self.acks: dict[str, Json] = {}
        self._tickets: set[str] = set()
        self._sent: dict[str, bool] = {}
        self._hooks: dict[str, Hook] = {}
        self._triggers: dict[str, tuple[str, datetime]] = {}
        self._numbers = count(1)
        self._never = asyncio.Event()

    # ------------------------------------------------------------ what tests ask for

    def user(self, name: str) -> User:
        """Give a person of the workspace."""
        return self.users.setdefault(name, User(name))

    def direct(self, name: str) -> list[Posted]:
        """Give the direct message between a person and the bot."""
        return self.channels.setdefault(f"D{name}", [])

    def room(self, name: str) -> list[Posted]:
        """Give a conversation of several people that the bot was invited to."""
        return self.channels.setdefault(name, [])

    def trouble(self, *troubles: Trouble) -> None:
        """Let the next calls fail, one after the other."""
        self.troubles.extend(troubles)

    async def until(self, condition: Callable[[], bool], seconds: float = 10) -> None:
        """Wait for something to have come in."""
        async with asyncio.timeout(seconds):
            while not condition():
                self.changed.clear()
                await self.changed.wait()

    def trigger(self, user: str) -> str:
        """Make a trigger, which lives 3 seconds."""
        name = f"trigger-{next(self._numbers)}"
        self._triggers[name] = (user, self.clock())
        return name

    def hook(self, channel: str, ts: str | None, private: bool = False, user: str = "") -> str:
        """Make a response URL for one press or command."""
        name = f"hook-{next(self._numbers)}"
        self._hooks[name] = Hook(channel, ts, private, self.clock(), user=user)
        return f"{self.url}/hooks/{name}"

    def sign(self, body: bytes, stamp: str | None = None, secret: str = SECRET) -> dict[str, str]:
        """Sign a body as Slack does."""
        stamp = stamp if stamp is not None else str(int(self.clock().timestamp()))
        digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}

    async def send(self, address: str, payload: Json, form: str | None = None) -> tuple[int, str, str]:
        """Post a signed payload once: JSON, or with `form` "payload" or "command" as a form.

        With `SOCKET` for an address it goes over the socket, and the answer is the acknowledgement.
        """
        if address == SOCKET:
            return await self._send_over_socket(_KINDS[form], payload)
        if form == "command":
            body, kind = urlencode(payload).encode(), "application/x-www-form-urlencoded"
        elif form == "payload":
            text = urlencode({"payload": orjson.dumps(payload).decode()})
            body, kind = text.encode(), "application/x-www-form-urlencoded"
        else:
            body, kind = orjson.dumps(payload), "application/json"
        return await self.post(address, body, {**self.sign(body), "Content-Type": kind})

    async def post(self, address: str, body: bytes, headers: dict[str, str]) -> tuple[int, str, str]:
        """Post raw bytes and give status, content type and body."""
        async with (
            aiohttp.ClientSession() as http,
            http.post(address, data=BytesIO(body), headers=headers) as response,
        ):
            return response.status, response.content_type, await response.text()

    async def deliver(self, address: str, event: Json, retries: int = 3) -> list[int]:
        """Deliver an event until it is taken, as often as Slack tries, and give every status."""
        if address == SOCKET:
            return [(await self.send(address, event))[0]]
        statuses: list[int] = []
        body = orjson.dumps(event)
        for number in range(retries + 1):
            again = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": "http_error"} if number else {}
            headers = {**self.sign(body), "Content-Type": "application/json", **again}
            try:
                status, _, _ = await self.post(address, body, headers)
            except aiohttp.ClientError:
                status = 0
            statuses.append(status)
            if status == 200:
                break
        return statuses

    def event(self, kind: str, **event: object) -> Json:
        """Make an Events API payload with an id of its own."""
        return {
            "type": "event_callback",
            "team_id": TEAM,
            "api_app_id": "A1",
            "event_id": f"Ev{next(self._numbers)}",
            "event_time": int(self.clock().timestamp()),
            "event": {"type": kind, **event},
        }

    # ------------------------------------------------------------ what the bot asks for

    def application(self) -> web.Application:
        """Make the web application of every endpoint."""
        application = web.Application(client_max_size=2_000_000)
        application.add_routes(
            [
                web.route("*", "/api/{method}", self._api),
                web.post("/hooks/{name}", self._respond),
                web.get("/socket", self._socket),
                web.get("/files-pri/{name}", self._file),
            ]
        )
        return application

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        self.calls.append(method)
        self.changed.set()
        trouble = self._trouble(method)
        if trouble and not trouble.taken:
            return await self._fail(request, trouble)
        answer = await self._answer(method, request)
        self.changed.set()
        if trouble:
            return await self._fail(request, trouble)
        return web.json_response(answer, headers={"x-oauth-scopes": self.scopes})

    def _trouble(self, name: str) -> Trouble | None:
        if self.troubles and self.troubles[0].only in name:
            return self.troubles.popleft()
        return None

    async def _fail(self, request: web.Request, trouble: Trouble) -> web.StreamResponse:
        if trouble.hang:
            await self._never.wait()
        if trouble.reset and request.transport is not None:
            request.transport.abort()
        if trouble.error:
            return web.json_response({"ok": False, "error": trouble.error})
        headers = {"Retry-After": str(trouble.retry_after)} if trouble.retry_after is not None else {}
        if trouble.html:
            page = "<html>Something went wrong</html>"
            return web.Response(status=trouble.status or 200, text=page, content_type="text/html")
        return web.json_response(
            {"ok": False, "error": "ratelimited"}, status=trouble.status, headers=headers
        )

    async def _answer(self, method: str, request: web.Request) -> Json:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        wanted = APP_TOKEN if method == "apps.connections.open" else TOKEN
        if token != wanted:
            return {"ok": False, "error": "invalid_auth" if token else "not_authed"}
        name = re.sub("([A-Z])", r"_\1", method.replace(".", "_")).lower()
        handler = getattr(self, f"_{name}", None)
        if handler is None:
            return self._complain("unknown_method", method)
        answer: Json = handler(await _read(request))
        return answer

    def _auth_test(self, body: Json) -> Json:
        return {"ok": True, "team": "Acme", "team_id": TEAM, "user_id": BOT, "bot_id": "B1"}

    def _apps_connections_open(self, body: Json) -> Json:
        ticket = f"ticket-{next(self._numbers)}"
        self._tickets.add(ticket)
        return {"ok": True, "url": f"{self.url.replace('http', 'ws')}/socket?ticket={ticket}"}

    def _users_info(self, body: Json) -> Json:
        user = self.users.get(str(body.get("user")))
        if user is None:
            return {"ok": False, "error": "user_not_found"}
        emoji, until = user.status
        profile = {
            "email": f"{user.id.lower()}@example.com",
            "status_emoji": emoji,
            "status_expiration": until,
        }
        about = {"id": user.id, "real_name": f"Person {user.id}", "tz": user.tz, "tz_offset": 3600}
        return {"ok": True, "user": {**about, "profile": profile}}

    def _users_lookup_by_email(self, body: Json) -> Json:
        if "users:read.email" not in self.scopes.split(","):
            return {"ok": False, "error": "missing_scope", "needed": "users:read.email"}
        address = str(body.get("email"))
        found = next((name for name in self.users if f"{name.lower()}@example.com" == address), None)
        return self._users_info({"user": found}) if found else {"ok": False, "error": "users_not_found"}

    def _dnd_team_info(self, body: Json) -> Json:
        asked = [name for name in str(body.get("users", "")).split(",") if name]
        if "dnd:read" not in self.scopes.split(","):
            return {"ok": False, "error": "missing_scope", "needed": "dnd:read", "provided": self.scopes}
        if not asked:
            return {"ok": False, "error": "no_users_provided"}
        if len(asked) > 50:
            return self._complain("too_many_users", str(len(asked)))
        users = {}
        for name in asked:
            begin, end = self.user(name).dnd or (1, 1)
            dnd = {"dnd_enabled": self.user(name).dnd is not None, "next_dnd_start_ts": begin}
            users[name] = {**dnd, "next_dnd_end_ts": end}
        return {"ok": True, "users": users}

    def _chat_post_message(self, body: Json) -> Json:
        channel = str(body.get("channel"))
        if channel in self.users:
            channel = f"D{channel}"
        user = self.users.get(channel[1:])
        if channel not in self.channels and user is None:
            return {"ok": False, "error": "channel_not_found"}
        if user is not None and user.blocked:
            return {"ok": False, "error": "cannot_dm_bot"}
        if faults := faults_of_message(body):
            return self._complain("invalid_blocks", "; ".join(faults))
        posted = Posted(self._stamp(), body)
        self.channels.setdefault(channel, []).append(posted)
        return {"ok": True, "channel": channel, "ts": posted.ts}

    def _chat_post_ephemeral(self, body: Json) -> Json:
        channel, user = str(body.get("channel")), str(body.get("user"))
        if channel not in self.channels:
            return {"ok": False, "error": "channel_not_found"}
        if user not in self.users:
            return {"ok": False, "error": "user_not_in_channel"}
        if faults := faults_of_message(body):
            return self._complain("invalid_blocks", "; ".join(faults))
        posted = Posted(self._stamp(), body, private=True, posted_by="chat.postEphemeral", to=user)
        self.channels[channel].append(posted)
        return {"ok": True, "message_ts": posted.ts}

    def _stamp(self) -> str:
        """Make the next message's name, which is its time."""
        return f"{int(self.clock().timestamp())}.{next(self._numbers):06}"

    def _conversations_open(self, body: Json) -> Json:
        user = self.users.get(str(body.get("users")))
        if user is None:
            return {"ok": False, "error": "user_not_found"}
        return {"ok": True, "channel": {"id": f"D{user.id}"}}

    def _conversations_history(self, body: Json) -> Json:
        """Give the newest messages, with their metadata where that is asked for."""
        channel = str(body.get("channel"))
        if "im:history" not in self.scopes.split(","):
            return {"ok": False, "error": "missing_scope", "needed": "im:history"}
        if channel not in self.channels:
            return {"ok": False, "error": "channel_not_found"}
        said = [p for p in self.channels[channel] if not p.private and float(p.ts) >= float(body["oldest"])]
        most = int(body.get("limit", 100))
        return {
            "ok": True,
            "messages": [_as_told(posted, body) for posted in reversed(said[-most:])],
            "has_more": len(said) > most,
        }

    def _chat_update(self, body: Json) -> Json:
        posted = self._find(str(body.get("channel")), str(body.get("ts")))
        if posted is None:
            return {"ok": False, "error": "message_not_found"}
        if faults := faults_of_message(body):
            return self._complain("invalid_blocks", "; ".join(faults))
        kept = {"metadata": posted.body["metadata"]} if "metadata" in posted.body else {}
        posted.body, posted.posted_by = {**kept, **body}, "chat.update"
        return {"ok": True, "channel": body["channel"], "ts": posted.ts}

    def _views_open(self, body: Json) -> Json:
        user, made_at = self._triggers.pop(str(body.get("trigger_id")), ("", self.clock()))
        if not user:
            return {"ok": False, "error": "invalid_trigger_id"}
        if self.clock() - made_at > timedelta(seconds=3):
            return {"ok": False, "error": "expired_trigger_id"}
        view = _decoded(body.get("view"))
        if faults := faults_of_view(view):
            return self._complain("invalid_arguments", "; ".join(faults))
        self.user(user).modals.append({**view, "id": f"V{next(self._numbers)}", "hash": "h1"})
        return {"ok": True, "view": {"id": self.user(user).modals[-1]["id"]}}

    def _views_publish(self, body: Json) -> Json:
        view = _decoded(body.get("view"))
        if faults := faults_of_view(view):
            return self._complain("invalid_arguments", "; ".join(faults))
        user = self.users.get(str(body.get("user_id")))
        if user is None:
            return {"ok": False, "error": "user_not_found"}
        user.home = view
        return {"ok": True, "view": {"id": f"V{next(self._numbers)}"}}

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        """Take an answer through a response URL."""
        self.calls.append("response_url")
        self.changed.set()
        trouble = self._trouble("response_url")
        if trouble and not trouble.taken:
            return await self._fail(request, trouble)
        hook = self._hooks.get(request.match_info["name"])
        if hook is None or hook.uses >= 5 or self.clock() - hook.made_at > timedelta(minutes=30):
            return web.json_response({"ok": False, "error": "expired_url"}, status=404)
        hook.uses += 1
        body = orjson.loads(await request.read())
        if faults := faults_of_message(body):
            self.complaints.append(f"response_url: {'; '.join(faults)}")
            return web.json_response({"ok": False, "error": "invalid_blocks"}, status=400)
        self._replace(hook, body)
        self.changed.set()
        if trouble:
            return await self._fail(request, trouble)
        return web.Response(text="ok")

    def file(self, name: str, data: bytes) -> Json:
        """Keep a file that somebody uploads, and give what a message says of it."""
        identity = f"F{next(self._numbers)}"
        self.files[identity] = data
        address = f"{self.url}/files-pri/{identity}"
        about = {"id": identity, "name": name, "title": name, "size": len(data), "mode": "snippet"}
        return {**about, "url_private": address, "url_private_download": address}

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """Hand over a file; without the scope or the token people are led to the page where they sign in."""
        self.calls.append("file")
        if trouble := self._trouble("file"):
            return await self._fail(request, trouble)
        is_ours = request.headers.get("Authorization") == f"Bearer {TOKEN}"
        if not is_ours or "files:read" not in self.scopes.split(","):
            return web.Response(status=302, headers={"Location": f"{self.url}/signin"})
        data = self.files.get(request.match_info["name"])
        return web.Response(status=404) if data is None else web.Response(body=data)

    def _replace(self, hook: Hook, body: Json) -> None:
        posted = self._find(hook.channel, hook.ts or "")
        if body.get("replace_original") and posted is not None:
            posted.body, posted.posted_by = body, "response_url"
            return
        ts = self._stamp()
        private = body.get("response_type") != "in_channel"
        self.channels.setdefault(hook.channel, []).append(
            Posted(ts, body, private, "response_url", hook.user)
        )

    def _find(self, channel: str, ts: str) -> Posted | None:
        return next((p for p in self.channels.get(channel, []) if p.ts == ts), None)

    def _complain(self, error: str, detail: str) -> Json:
        """Refuse what Laps should never have sent, and remember it for the end of the test."""
        self.complaints.append(f"{error}: {detail}")
        return {"ok": False, "error": error, "response_metadata": {"messages": [detail]}}

    # ------------------------------------------------------------ Socket Mode

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        """Hold one connection; its ticket is good for this one time."""
        self.calls.append("socket")
        self.changed.set()
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=404)
        self._tickets.remove(ticket)
        if trouble := self._trouble("socket"):
            return await self._fail(request, trouble)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A1"}})
        self.sockets.append(socket)
        self.changed.set()
        async for message in socket:
            self._acknowledged(orjson.loads(message.data))
        self.sockets.remove(socket)
        self.changed.set()
        return socket

    def _acknowledged(self, ack: Json) -> None:
        """Take an acknowledgement: of something sent, once, and with an answer only where one is taken."""
        name = ack.get("envelope_id", "")
        if name not in self._sent or name in self.acks or set(ack) - {"envelope_id", "payload"}:
            self.complaints.append(f"acknowledgement {ack}")
        elif "payload" in ack and not self._sent[name]:
            self.complaints.append(f"an answer to what takes none: {ack}")
        elif isinstance(ack.get("payload"), dict) and "blocks" in ack["payload"]:
            self.complaints += faults_of_message(ack["payload"])
        self.acks[name] = ack
        self.changed.set()

    async def envelope(self, kind: str, payload: Json, socket: web.WebSocketResponse | None = None) -> str:
        """Send an envelope over a socket, the newest where none is named, and give its id."""
        name = f"envelope-{next(self._numbers)}"
        answered = self._sent[name] = kind != "events_api"
        envelope = {
            "envelope_id": name,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": answered,
        }
        await (socket or self.sockets[-1]).send_json(envelope)
        return name

    async def _send_over_socket(self, kind: str, payload: Json) -> tuple[int, str, str]:
        await self.until(lambda: bool(self.sockets))
        name = await self.envelope(kind, payload)
        await self.until(lambda: name in self.acks)
        answer = self.acks[name].get("payload")
        return (200, "application/json", orjson.dumps(answer).decode()) if answer else (200, "text/plain", "")


async def _read(request: web.Request) -> Json:
    """Read arguments: the query of a GET, a form or JSON of a POST."""
    if request.method == "GET":
        return dict(request.query)
    if request.content_type == "application/json":
        if request.match_info["method"] in FORMS_ONLY:
            return {}
        body = orjson.loads(await request.read() or b"{}")
        return body if isinstance(body, dict) else {}
    return dict(await request.post())


def _as_told(posted: Posted, asked: Json) -> Json:
    """Tell of a message as the history does."""
    told = {"type": "message", "bot_id": "B1", "ts": posted.ts, "text": posted.body.get("text", "")}
    if asked.get("include_all_metadata") and "metadata" in posted.body:
        told["metadata"] = posted.body["metadata"]
    return told


def _decoded(value: object) -> Json:
    read = orjson.loads(value) if isinstance(value, str) else value
    return read if isinstance(read, dict) else {}


@asynccontextmanager
async def slack_server(clock: Callable[[], datetime]) -> AsyncIterator[SlackServer]:
    """Run a loopback Slack; at the end nothing may have been sent that Slack would refuse."""
    server = SlackServer(clock)
    runner = web.AppRunner(server.application(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        server.url = f"http://{host}:{port}"
        yield server
        server._never.set()
    finally:
        await runner.cleanup()
    assert server.complaints == []
