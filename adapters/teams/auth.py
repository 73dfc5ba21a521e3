"""Who may post activities: Microsoft's Bot Connector with a signed token, or in anonymous mode this machine.

The token is checked by ourselves because botbuilder 4.17.1 answers 500 to bad ones, blocks the loop while it
fetches keys, and never sees a rotated key.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import jwt

from adapters.teams.config import TeamsConfig
from adapters.teams.keys import Keys
from bot.loopback import is_local, is_loopback
from bot.ports import Clock

logger = logging.getLogger(__name__)

ISSUER = "https://api.botframework.com"
SKEW = 300
"""Seconds by which clocks may differ, as the Bot Framework documentation says."""

REMEMBERED = 1000
"""Good tokens kept; Teams has one for each region that its people are in."""


class Forged(Exception):
    """Whoever posted this did not prove to be Teams; the message says why, for the log."""


@dataclass(frozen=True, slots=True)
class Caller:
    """What a request proved before its body was read; `service_url` None stands for a local caller."""

    service_url: str | None
    endorsements: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Verified:
    """A token whose signature and claims are good, between two times in seconds since 1970."""

    caller: Caller
    begins: float
    expires: float


class Gatekeeper:
    """Lets in activities that are from Teams."""

    def __init__(self, config: TeamsConfig, keys: Keys, clock: Clock) -> None:
        self._config = config
        self._keys = keys
        self._clock = clock
        self._verified: OrderedDict[str, _Verified] = OrderedDict()

    async def admit(self, headers: Mapping[str, str]) -> Caller:
        """Check what the headers prove.

        Raises:
            Forged: nothing, or not enough.
        """
        if self._config.anonymous:
            if not is_local(headers):
                raise Forged("anonymous mode answers this machine only")
            return Caller(None, frozenset())
        if not self._config.app_id:
            raise Forged("no MICROSOFT_APP_ID is set")
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Forged("no bearer token")
        return await self._recognise(token.strip())

    async def _recognise(self, token: str) -> Caller:
        """Verify a token once: Teams sends the same one for an hour, with every activity."""
        verified = self._verified.get(token) or await self._verify(token)
        now = self._clock().timestamp()
        if now >= verified.expires + SKEW:
            self._verified.pop(token, None)
            raise Forged("expired")
        if now < verified.begins - SKEW:
            raise Forged("not valid yet")
        self._verified[token] = verified
        if len(self._verified) > REMEMBERED:
            self._verified.popitem(last=False)
        return verified.caller

    async def _verify(self, token: str) -> _Verified:
        try:
            header = jwt.get_unverified_header(token)
            kid = header.get("kid")
            if header.get("alg") != "RS256" or not isinstance(kid, str):
                raise Forged(f"algorithm {header.get('alg')!r}, key {kid!r}")
            key = await self._keys.find(kid)
            if key is None:
                raise Forged(f"unknown key {kid!r}")
            claims = jwt.decode(
                token,
                key.public,
                algorithms=["RS256"],
                audience=self._config.app_id,
                issuer=ISSUER,
                options=_OPTIONS,
            )
        except Forged:
            raise
        except Exception as error:  # whatever a token does to its parser, it is not a good one
            raise Forged(f"{type(error).__name__}: {error}") from error
        service_url = claims.get("serviceurl", claims.get("serviceUrl"))
        expires, begins = claims["exp"], claims.get("nbf", 0)
        if not isinstance(service_url, str):
            raise Forged("no serviceurl claim")
        if not isinstance(expires, int | float) or not isinstance(begins, int | float):
            raise Forged("times are no numbers")
        return _Verified(Caller(service_url, key.endorsements), begins, expires)


_OPTIONS: jwt.types.Options = {
    "require": ["exp", "iss", "aud"],
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "strict_aud": True,
}
"""Times are checked by our own clock."""


def confirm(caller: Caller, activity: Mapping[str, object]) -> None:
    """Check that the activity is what the caller may send: answers go to its service URL.

    Raises:
        Forged: the service URL is not the one that was signed, or the key may not sign for the channel.
    """
    service_url = activity.get("serviceUrl")
    if caller.service_url is None:
        if not isinstance(service_url, str) or not is_loopback(_host(service_url)):
            raise Forged("anonymous mode answers to this machine only")
        return
    if service_url != caller.service_url:
        raise Forged("serviceUrl is not the signed one")
    if caller.endorsements and activity.get("channelId") not in caller.endorsements:
        raise Forged("the key does not endorse this channel")


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
