"""The routes of the API: digests for those who hold a token, and real use coming in, signed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus

import orjson
from aiohttp import web

from adapters.api.cloud_events import CloudEvent, read_events
from adapters.api.openapi import document
from adapters.api.signing import is_signed
from bot.digests.forms import FORMS, Form
from bot.digests.telling import Reader
from bot.errors import BadLines, LapsError, Refusal, StorageError, UnknownGroup, UnknownWeek
from bot.measurement.digest import Digest
from bot.measurement.digesting import Issuer, group_named
from bot.measurement.intake import Taken
from bot.ports import Clock
from bot.privacy.stored import PrivacyStore
from bot.privacy.tokens import Token, is_secret_of, parts

log = logging.getLogger("laps.api")

TakeIn = Callable[[Sequence[CloudEvent]], Awaitable[Taken]]
"""Takes in the use that events tell.

Raises:
    BadLines: what is wrong with them; nothing was taken.
"""

_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
_PAGE_MAY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'"


class Problem(Exception):
    """A request that is not granted (RFC 9457)."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        self.status = status
        super().__init__(detail)


class ApiAdapter:
    """The API."""

    def __init__(
        self,
        issuer: Issuer,
        store: PrivacyStore,
        reader: Callable[[], Reader],
        clock: Clock,
        secret: str | None,
        take_in: TakeIn,
        version: str,
    ) -> None:
        """Wire it.

        Args:
            issuer: gives digests.
            store: where tokens are.
            reader: says what makes digests readable.
            clock: says the time.
            secret: signs what comes in; without it nothing is taken.
            take_in: takes in use.
            version: of Laps.
        """
        self._issuer = issuer
        self._store = store
        self._reader = reader
        self._clock = clock
        self._secret = secret
        self._take_in = take_in
        self._document = orjson.dumps(document(version))

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.get("/api/v1/openapi.json", self._openapi),
            web.get("/api/v1/digests/{week}", self._guarded(self._digest)),
            web.post("/api/v1/usage", self._guarded(self._usage)),
        ]

    def _guarded(
        self, handle: Callable[[web.Request], Awaitable[web.Response]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        """Answer what goes wrong as a problem."""

        async def answer(request: web.Request) -> web.Response:
            try:
                return await handle(request)
            except Problem as problem:
                return _problem(problem.status, str(problem))
            except (UnknownWeek, UnknownGroup) as error:
                return _problem(HTTPStatus.NOT_FOUND, _said(error))
            except (Refusal, StorageError) as error:
                is_ours = isinstance(error, StorageError)
                status = HTTPStatus.SERVICE_UNAVAILABLE if is_ours else HTTPStatus.BAD_REQUEST
                return _problem(status, "The database does not answer." if is_ours else _said(error))

        return answer

    async def _openapi(self, request: web.Request) -> web.Response:
        """Give the OpenAPI document."""
        return web.Response(body=self._document, content_type="application/json", headers=_HEADERS)

    # ------------------------------------------------------------ digests

    async def _digest(self, request: web.Request) -> web.Response:
        """Give a digest."""
        token = await self._token(request, "digests")
        name = request.query.get("format", "json")
        if name not in FORMS:
            raise Problem(HTTPStatus.BAD_REQUEST, f"There is no format {name[:50]!r}: {', '.join(FORMS)}.")
        week, group = (
            self._issuer.week(request.match_info["week"]),
            group_named(request.query.get("group", "all")),
        )
        digest = await self._issuer.read(week, group, f"token:{token.id}", name)
        tag = f'"{digest.week}.{digest.issue.number}.{name}"'
        headers = {**_HEADERS, "ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization"}
        if tag in request.headers.get("If-None-Match", ""):
            return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
        form = FORMS[name]
        # A picture keeps the processor busy for longer than anybody who presses should wait.
        body = await asyncio.to_thread(form.write, digest, self._reader())
        headers |= {"Content-Type": form.media_type} | _further(name, form, digest)
        return web.Response(body=body, headers=headers)

    async def _token(self, request: web.Request, what: str) -> Token:
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        found = parts(text.strip()) if scheme.lower() == "bearer" else None
        token = await self._store.token(found[0]) if found else None
        if found is None or token is None or not is_secret_of(token, found[1]):
            raise Problem(HTTPStatus.UNAUTHORIZED, "Send a token that `laps token create` made.")
        now = self._clock()
        if token.revoked_at is not None or (token.expires_at is not None and token.expires_at <= now):
            raise Problem(HTTPStatus.UNAUTHORIZED, "This token is not good any more.")
        if not token.may(what, now):
            raise Problem(HTTPStatus.FORBIDDEN, f"Tokens of the role {token.role} may not read {what}.")
        return token

    # ------------------------------------------------------------ use

    async def _usage(self, request: web.Request) -> web.Response:
        """Take in real use."""
        if self._secret is None:
            raise Problem(HTTPStatus.FORBIDDEN, "Set LAPS_USAGE_WEBHOOK_SECRET, and sign with it.")
        body = await request.read()
        if not is_signed(self._secret, request.headers, body, self._clock()):
            raise Problem(
                HTTPStatus.UNAUTHORIZED, "The signature is not ours, or more than five minutes off."
            )
        try:
            events = read_events(request.content_type, request.headers, body)
            taken = await self._take_in(events)
        except ValueError as error:
            raise Problem(HTTPStatus.BAD_REQUEST, str(error)) from error
        except BadLines as error:
            raise Problem(HTTPStatus.BAD_REQUEST, "\n".join(error.problems)) from error
        said = {
            "records": taken.records,
            "new": taken.new,
            "known": taken.known,
            "strangers": sorted(taken.strangers),
        }
        log.info("use came in", extra={"action": "usage_taken", "records": taken.records, "new": taken.new})
        return web.Response(body=orjson.dumps(said), content_type="application/json", headers=_HEADERS)


def _further(name: str, form: Form, digest: Digest) -> dict[str, str]:
    if name == "html":
        return {"Content-Security-Policy": _PAGE_MAY}
    if name in ("csv", "xlsx"):
        return {"Content-Disposition": f'attachment; filename="laps-{digest.week}.{name}"'}
    return {}


def _said(error: LapsError) -> str:
    return f"{error}. {error.hint}".strip()


def _problem(status: HTTPStatus, detail: str) -> web.Response:
    body = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
    headers = dict(_HEADERS)
    if status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="laps"'
    return web.Response(
        body=orjson.dumps(body), status=status, content_type="application/problem+json", headers=headers
    )
