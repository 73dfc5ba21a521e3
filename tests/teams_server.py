"""A loopback Microsoft: Bot Connector, token endpoint and OpenID keys, as strict as the real ones.

What passes here would pass at Teams: tokens are real and run out, cards are checked against the official
schema, unknown conversations and messages are 404, people who blocked the bot are 403. `trouble` makes the
next requests fail as the real service does.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Literal, cast

import jwt
import orjson
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from tests.teams_cards import faults

Json = dict[str, Any]

APP_ID = "11111111-2222-3333-4444-555555555555"
PASSWORD = "correct horse"
TENANT = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
CARD = "application/vnd.microsoft.card.adaptive"
MESSAGE_LIMIT = 100_000


def now_utc() -> datetime:
    """Say what time it is."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Trouble:
    """How one request fails: `before` the message is taken, or `after` it was.

    `hang` takes the request and never answers; `reset` cuts the connection.
    """

    status: int = 0
    retry_after: str | None = None
    html: bool = False
    hang: bool = False
    reset: bool = False
    when: Literal["before", "after"] = "before"
    only: str = ""


@dataclass
class Posted:
    """A message in a conversation, with every activity that it has shown."""

    id: str
    versions: list[Json]

    @property
    def card(self) -> Json:
        """The card that it shows."""
        return cast(Json, self.versions[-1]["attachments"][0]["content"])


@dataclass
class Conversation:
    """A one-to-one chat, or a channel's thread."""

    id: str
    members: set[str]
    messages: list[Posted] = field(default_factory=list)

    def find(self, message: str) -> Posted | None:
        """Give a message by its id."""
        return next((m for m in self.messages if m.id == message), None)


@dataclass
class SigningKey:
    """One of Microsoft's keys."""

    kid: str
    private: rsa.RSAPrivateKey
    endorsements: tuple[str, ...] = ("msteams", "webchat")

    @classmethod
    def make(cls, kid: str, endorsements: tuple[str, ...] = ("msteams", "webchat")) -> SigningKey:
        """Make a key of 2048 bits."""
        return cls(kid, rsa.generate_private_key(65537, 2048), endorsements)

    def public(self) -> Json:
        """Give its entry in the key set."""
        jwk = orjson.loads(RSAAlgorithm.to_jwk(self.private.public_key()))
        return {**jwk, "kid": self.kid, "use": "sig", "endorsements": list(self.endorsements)}


_FIRST_KEY = SigningKey.make("key-1")


class TeamsServer:
    """Microsoft, on a port of this machine."""

    def __init__(self, clock: Callable[[], datetime] = now_utc) -> None:
        self.clock = clock
        self.url = ""
        self.keys = [_FIRST_KEY]
        self.keys_down = False
        self.conversations: dict[str, Conversation] = {}
        self.blocked: set[str] = set()
        self.troubles: deque[Trouble] = deque()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.tokens: dict[str, datetime] = {}
        self.files: dict[str, bytes] = {}
        self.token_lifetime = timedelta(hours=1)
        self.changed = asyncio.Event()
        self._ids = count(1_790_000_000_000)
        self._numbers = count(1)
        self._never = asyncio.Event()

    # ------------------------------------------------------------ what tests ask for

    @property
    def service_url(self) -> str:
        """The service URL that activities carry."""
        return f"{self.url}/teams/"

    def trouble(self, *troubles: Trouble) -> None:
        """Let the next requests fail, one after the other."""
        self.troubles.extend(troubles)

    def direct(self, person: str) -> Conversation:
        """Give the one-to-one conversation with a person: there is one, whoever opens it."""
        name = f"a:{person.removeprefix('29:')}"
        return self.conversations.setdefault(name, Conversation(name, {person}))

    def thread(self, name: str) -> Conversation:
        """Give a channel's thread."""
        return self.conversations.setdefault(name, Conversation(name, set()))

    def rotate(self) -> SigningKey:
        """Publish a new key instead of the old ones."""
        self.keys = [SigningKey.make(f"key-{next(self._numbers) + 1}")]
        return self.keys[0]

    def sign(self, key: SigningKey | None = None, **claims: object) -> str:
        """Sign a token as the Bot Connector does; `claims` override, None leaves a claim out."""
        key = key or self.keys[0]
        now = int(self.clock().timestamp())
        full = {
            "iss": "https://api.botframework.com",
            "aud": APP_ID,
            "serviceurl": self.service_url,
            "nbf": now - 300,
            "exp": now + 3600,
            **claims,
        }
        kept = {name: value for name, value in full.items() if value is not None}
        return jwt.encode(kept, key.private, "RS256", {"kid": key.kid})

    async def until(self, condition: Callable[[], bool], seconds: float = 10) -> None:
        """Wait for something to have been posted or updated."""
        async with asyncio.timeout(seconds):
            while not condition():
                self.changed.clear()
                await self.changed.wait()

    # ------------------------------------------------------------ what the bot asks for

    def application(self) -> web.Application:
        """Make the web application of every endpoint."""
        application = web.Application(client_max_size=10_000_000, middlewares=[self._troubled])
        application.add_routes(
            [
                web.get("/v1/.well-known/openidconfiguration", self._metadata),
                web.get("/v1/keys", self._keys),
                web.post("/login/{tenant}/oauth2/v2.0/token", self._token),
                web.post("/teams/v3/conversations", self._create),
                web.post("/teams/v3/conversations/{conversation}/activities", self._post),
                web.put("/teams/v3/conversations/{conversation}/activities/{activity}", self._update),
                web.get("/personal/download.aspx", self._file),
            ]
        )
        return application

    @web.middleware
    async def _troubled(
        self, request: web.Request, handler: Callable[[web.Request], Any]
    ) -> web.StreamResponse:
        self.requests.append(f"{request.method} {request.path}")
        trouble = None
        if self.troubles and self.troubles[0].only in request.path:
            trouble = self.troubles.popleft()
        if trouble is None:
            return cast(web.StreamResponse, await handler(request))
        if trouble.when == "after":
            await handler(request)
        if trouble.hang:
            await self._never.wait()
        if trouble.reset:
            assert request.transport is not None
            request.transport.abort()
        headers = {"Retry-After": trouble.retry_after} if trouble.retry_after else {}
        if trouble.html:
            page = "<html><h1>Sorry</h1></html>"
            return web.Response(status=trouble.status, headers=headers, text=page, content_type="text/html")
        return _refusal(trouble.status, "ServiceError", "as asked", headers)

    async def _metadata(self, request: web.Request) -> web.Response:
        if self.keys_down:
            return web.Response(status=503)
        found = {"issuer": "https://api.botframework.com", "jwks_uri": f"{self.url}/v1/keys"}
        return web.json_response(found)

    async def _keys(self, request: web.Request) -> web.Response:
        return web.json_response({"keys": [key.public() for key in self.keys]})

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        asked = {name: form.get(name) for name in ("grant_type", "client_id", "scope")}
        wanted = {
            "grant_type": "client_credentials",
            "client_id": APP_ID,
            "scope": "https://api.botframework.com/.default",
        }
        if request.match_info["tenant"] != TENANT or asked != wanted:
            return web.json_response({"error": "invalid_request"}, status=400)
        if form.get("client_secret") != PASSWORD:
            return web.json_response({"error": "invalid_client"}, status=401)
        value = f"token-{next(self._numbers)}"
        self.tokens[value] = self.clock() + self.token_lifetime
        lifetime = int(self.token_lifetime.total_seconds())
        return web.json_response({"token_type": "Bearer", "expires_in": lifetime, "access_token": value})

    async def _create(self, request: web.Request) -> web.Response:
        body = await self._read(request)
        if isinstance(body, web.Response):
            return body
        members = body.get("members")
        tenant = (body.get("channelData") or {}).get("tenant", {}).get("id")
        if (
            not isinstance(members, list)
            or len(members) != 1
            or tenant != TENANT
            or body.get("tenantId") != TENANT
        ):
            return self._complain(400, "BadSyntax", "one member and the tenant are needed")
        if body.get("bot") != {"id": f"28:{APP_ID}"}:
            return self._complain(400, "BadSyntax", "the bot is needed")
        person = str(members[0].get("id"))
        if not person.startswith("29:"):
            return self._complain(403, "BotNotInConversationRoster", "no bot-specific id of a person")
        if person in self.blocked:
            return _refusal(403, "ConversationBlockedByUser", "User blocked the conversation with the bot.")
        return web.json_response({"id": self.direct(person).id}, status=201)

    async def _post(self, request: web.Request) -> web.Response:
        body = await self._read(request)
        if isinstance(body, web.Response):
            return body
        conversation = self.conversations.get(request.match_info["conversation"])
        if conversation is None:
            return _refusal(404, "ConversationNotFound", "Conversation not found.")
        if refusal := self._check(conversation, body):
            return refusal
        posted = Posted(str(next(self._ids)), [body])
        conversation.messages.append(posted)
        self.changed.set()
        return web.json_response({"id": posted.id}, status=201)

    async def _update(self, request: web.Request) -> web.Response:
        body = await self._read(request)
        if isinstance(body, web.Response):
            return body
        conversation = self.conversations.get(request.match_info["conversation"])
        posted = conversation.find(request.match_info["activity"]) if conversation else None
        if conversation is None or posted is None:
            return _refusal(404, "ActivityNotFoundInConversation", "The activity is not there.")
        if refusal := self._check(conversation, body):
            return refusal
        posted.versions.append(body)
        self.changed.set()
        return web.json_response({"id": posted.id})

    def file(self, name: str, data: bytes) -> Json:
        """Keep a file that somebody sends, and give the attachment that stands for it."""
        identity = f"file{next(self._numbers)}"
        self.files[identity] = data
        # The address is the permission: a signature with signs that another spelling of it would change.
        address = f"{self.url}/personal/download.aspx?UniqueId={identity}&tempauth=v1.ey%2BJ%3D"
        content = {"downloadUrl": address, "uniqueId": identity, "fileType": name.rpartition(".")[2]}
        kind = "application/vnd.microsoft.teams.file.download.info"
        return {"contentType": kind, "contentUrl": f"{self.url}/{name}", "name": name, "content": content}

    async def _file(self, request: web.Request) -> web.Response:
        """Hand over a file to whoever has its address as it was given; no token of a bot belongs here."""
        if "Authorization" in request.headers:
            return self._complain(400, "BadSyntax", "a token was sent to the people's files")
        if not request.raw_path.endswith("&tempauth=v1.ey%2BJ%3D"):
            return web.Response(status=401)
        data = self.files.get(request.query.get("UniqueId", ""))
        return web.Response(status=404) if data is None else web.Response(body=data)

    async def _read(self, request: web.Request) -> Json | web.Response:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or self.tokens.get(token, self.clock()) <= self.clock():
            return _refusal(401, "Unauthorized", "Authorization has been denied for this request.")
        if request.content_type != "application/json":
            return self._complain(415, "UnsupportedMediaType", request.content_type)
        content = await request.read()
        if len(content.decode().encode("utf-16-le")) > MESSAGE_LIMIT:
            return self._complain(413, "MessageSizeTooBig", "Message size too large.")
        body = orjson.loads(content)
        return body if isinstance(body, dict) else self._complain(400, "BadSyntax", "no object")

    def _check(self, conversation: Conversation, body: Json) -> web.Response | None:
        if conversation.members & self.blocked:
            return _refusal(403, "ConversationBlockedByUser", "User blocked the conversation with the bot.")
        if body.get("type") != "message" or not body.get("summary"):
            return self._complain(400, "BadArgument", "a message with a summary is needed")
        attachments = body.get("attachments") or []
        if [a.get("contentType") for a in attachments] != [CARD]:
            return self._complain(400, "BadArgument", "one Adaptive Card is needed")
        if found := faults(attachments[0]["content"]):
            return self._complain(400, "BadArgument", "; ".join(found))
        return None

    def _complain(self, status: int, code: str, message: str) -> web.Response:
        """Refuse what Laps should never have sent, and remember it for the end of the test."""
        self.complaints.append(f"{code}: {message}")
        return _refusal(status, code, message)


def _refusal(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=status, headers=headers)


@asynccontextmanager
async def teams_server(clock: Callable[[], datetime] = now_utc) -> AsyncIterator[TeamsServer]:
    """Run a loopback Microsoft; at the end nothing may have been sent that Teams would refuse."""
    server = TeamsServer(clock)
    async with served(server.application()) as url:
        server.url = url
        yield server
        server._never.set()
    assert server.complaints == []


@asynccontextmanager
async def served(application: web.Application) -> AsyncIterator[str]:
    """Serve an application on a free port of this machine and give its address."""
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()
