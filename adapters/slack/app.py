"""Puts Slack together: one listener behind HTTP and Socket Mode, a channel to speak through, diagnosis.

Acknowledged only after the commit, and no call to Slack is awaited before that: forms open and profiles are
read in tasks of their own, which are kept and finished at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import orjson
from aiohttp import web
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import front
from adapters.slack.api import SlackApi
from adapters.slack.background import Background
from adapters.slack.channel import SlackChannel
from adapters.slack.diagnosis import diagnose
from adapters.slack.forms import render_form, render_notice
from adapters.slack.inbound import first_field, normalise, profile_of
from adapters.slack.render import render
from adapters.slack.socket import SocketMode
from bot.errors import ChannelError, StorageError
from bot.messages import Message, say
from bot.model import Answer, Incoming, Unsupported
from bot.ports import Clock, Desk, Diagnosis

log = logging.getLogger("laps.slack")

Json = dict[str, object]

ROUTE = "/slack/events"
NOTHING_SAVED = say("Nothing was saved, because the database does not answer. Press again in a moment.")


@dataclass(frozen=True, slots=True)
class SlackConfig:
    """What a Slack app is set up with; None is not set."""

    signing_secret: str | None
    bot_token: str | None
    app_token: str | None = None
    api_url: str = "https://slack.com/api/"


class SlackAdapter:
    """Slack: takes payloads in, and speaks to people through `channel`."""

    def __init__(self, config: SlackConfig, desk: Desk, clock: Clock) -> None:
        self._config = config
        self._desk = desk
        self._clock = clock
        self._api = SlackApi(config.api_url, config.bot_token)
        self._background = Background()
        self._team: str | None = None
        self._enterprise: str | None = None
        self._known: set[str] = set()
        self._socket: SocketMode | None = None
        self._bolt = self._make_bolt()
        self.channel = SlackChannel(self._api, clock)

    def routes(self) -> list[web.RouteDef]:
        """Return the route that Slack posts everything to."""
        return [web.post(ROUTE, self._receive)]

    async def start(self) -> None:
        """Get ready; Slack being down does not keep Laps from starting."""
        if self._config.bot_token:
            self._background.watch(self._identify())
            if self._config.app_token:
                self._socket = SocketMode(self._take, self._config.app_token, self._api, self._background)
                self._background.watch(self._socket.keep())

    async def stop(self) -> None:
        """Take nothing more from the socket, finish what is under way, and close the connections."""
        if self._socket is not None:
            self._socket.leave()
        await self._background.stop()
        if self._socket is not None:
            await self._socket.close()
        await self._api.close()

    async def diagnose(self) -> tuple[Diagnosis, ...]:
        """Say what Slack answers about our tokens; nothing where there is none."""
        if not self._config.bot_token:
            return ()
        try:
            return await diagnose(self._api, self._config.app_token)
        finally:
            await self._api.close()

    # ------------------------------------------------------------ coming in

    async def _receive(self, request: web.Request) -> web.Response:
        body = await front.read_body(request)
        if front.is_ssl_check(body):
            return web.Response()
        front.verify(self._config.signing_secret, request.headers, body, self._clock)
        answer = await self._take(front.parse(request.content_type, body))
        kind = answer.headers.get("content-type", ["text/plain"])[0].partition(";")[0]
        return web.Response(status=answer.status, body=(answer.body or "").encode(), content_type=kind)

    async def _take(self, payload: Json) -> BoltResponse:
        """Take a payload, whichever way it came."""
        incoming = normalise(payload)
        if isinstance(incoming, Unsupported) and payload.get("type") != "url_verification":
            return _ignore(incoming)  # before Bolt, which fails on some of it
        asked = AsyncBoltRequest(body=payload, mode="socket_mode", context={"incoming": incoming})
        return await self._bolt.async_dispatch(asked)

    def _make_bolt(self) -> AsyncApp:
        """Make the Bolt app, whose one listener stands before everything that Bolt does for many.

        There it commits before the answer, and Slack is asked nothing on the way: Bolt's own authorization,
        matching of listeners and making of their arguments would cost as much as all the rest.
        """
        token = self._config.bot_token
        client = AsyncWebClient(token=token, base_url=self._config.api_url, retry_handlers=[], timeout=10)

        async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
            """Answer from memory what Bolt asks for Slack's own questions."""
            return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=token)

        return _Bolt(
            name="laps",
            client=client,
            process_before_response=True,
            request_verification_enabled=False,
            ssl_check_enabled=False,
            authorize=authorize,
            before_authorize=_Listener(self._listen_to),
        )

    async def _listen_to(self, body: Json, incoming: Incoming) -> BoltResponse:
        """Hand one payload in and answer once it is committed."""
        if self._is_foreign(incoming.workspace.external):
            log.warning("ignored: a workspace that is not ours", extra={"action": "foreign_workspace"})
            return _empty()
        with self._background.busy():
            try:
                answer = await self._desk.handle(incoming)
            except StorageError:
                return self._nothing_saved(body, incoming)
            self._follow_up(body, incoming, answer)
            if answer.problems and body.get("type") == "view_submission":
                return _json({"response_action": "errors", "errors": dict(answer.problems)})
            return self._tell(body, incoming, answer.message) if answer.message else _empty()

    def _is_foreign(self, team: str) -> bool:
        """Say whether a signed payload is of another workspace than our token's."""
        return self._team is not None and team not in (self._team, self._enterprise)

    def _nothing_saved(self, body: Json, incoming: Incoming) -> BoltResponse:
        """Answer what could not be saved: events are sent again by Slack, people are asked to press again."""
        if "event" in body:
            return BoltResponse(status=503, body="")
        return self._tell(body, incoming, NOTHING_SAVED)

    def _tell(self, body: Json, incoming: Incoming, message: Message) -> BoltResponse:
        """Answer the sender alone: in the HTTP answer where that can show it, else below what was pressed.

        On the home nothing can stand below, so a modal says it.
        """
        if "command" in body:
            return _json({"response_type": "ephemeral", **render(message)})
        if body.get("type") == "view_submission":
            errors = {first_field(body): message.fallback}
            return _json({"response_action": "errors", "errors": errors})
        trigger = body.get("trigger_id")
        if incoming.source is not None and incoming.source.handle:
            self._background.run(self._say_privately(incoming.source.handle, message))
        elif isinstance(trigger, str):
            self._background.run(self._open(trigger, render_notice(message)))
        return _empty()

    def _follow_up(self, body: Json, incoming: Incoming, answer: Answer) -> None:
        """Do what is left after the commit: open a form, read a new person's profile."""
        trigger = body.get("trigger_id")
        if answer.form is not None and isinstance(trigger, str):
            channel = incoming.conversation
            view = render_form(answer.form, incoming.source, channel)
            self._background.run(self._open(trigger, view))
        person = incoming.sender.external
        if incoming.verb == "agree" and person and person not in self._known:
            self._known.add(person)
            self._background.run(self._read_profile(incoming))

    async def _open(self, trigger: str, view: Json) -> None:
        """Open a modal; a trigger lives 3 seconds, and a lost form is opened by pressing again."""
        try:
            await self._api.call("views.open", {"trigger_id": trigger, "view": view})
        except ChannelError as error:
            log.warning("a form did not open: %s", error, extra={"action": "form_lost"})

    async def _say_privately(self, handle: str, message: Message) -> None:
        with contextlib.suppress(ChannelError):
            body = {"response_type": "ephemeral", "replace_original": False, **render(message)}
            await self._api.respond(handle, body)

    async def _read_profile(self, incoming: Incoming) -> None:
        """Learn name, time zone and, where the scope is granted, address of a person who agreed."""
        user = incoming.sender.external
        try:
            answer = await self._api.call("users.info", {"user": user, "include_locale": True})
            sender = profile_of(user, answer)
            told = replace(
                incoming,
                id=f"profile:{incoming.id}",
                verb="profile",
                args={},
                sender=sender,
                source=None,
                by_platform=True,
            )
            await self._desk.handle(told)
        except (ChannelError, StorageError) as error:
            self._known.discard(user)
            log.info("a profile was not read: %s", error, extra={"action": "profile_unread"})

    # ------------------------------------------------------------ Slack's side

    async def _identify(self) -> None:
        """Learn which workspace the token belongs to; until then every signed payload is taken."""
        wait = 1.0
        while self._team is None:
            try:
                answer = await self._api.call("auth.test")
                enterprise = answer.get("enterprise_id")
                self._enterprise = enterprise if isinstance(enterprise, str) else None
                self._team = str(answer.get("team_id") or "")
            except ChannelError as error:
                log.warning("Slack does not say who we are: %s", error, extra={"action": "auth_test_failed"})
                await asyncio.sleep(wait)
                wait = min(300.0, wait * 2)


class _Bolt(AsyncApp):
    """Bolt without the Web client that it makes for each request since 1.15, at a tenth of a press's cost."""

    def _init_context(self, req: AsyncBoltRequest) -> None:
        req.context["client"] = self.client


class _Listener(AsyncMiddleware):
    """The one listener, for HTTP and Socket Mode alike."""

    def __init__(self, listen: Callable[[Json, Incoming], Awaitable[BoltResponse]]) -> None:
        self._listen = listen

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt's own name
    ) -> BoltResponse:
        """Take what Laps knows; what Slack asks of the address itself is Bolt's to answer."""
        if req.body.get("type") == "url_verification":
            return await next()
        return await self._listen(req.body, req.context["incoming"])


def _ignore(unsupported: Unsupported) -> BoltResponse:
    """Acknowledge what Laps does not act on."""
    log.info("ignored: %s", unsupported.reason, extra={"action": "unsupported"})
    return _empty()


def _empty() -> BoltResponse:
    """Acknowledge without a word."""
    return BoltResponse(status=200, body="")


def _json(body: Json) -> BoltResponse:
    return BoltResponse(
        status=200, body=orjson.dumps(body).decode(), headers={"content-type": ["application/json"]}
    )
