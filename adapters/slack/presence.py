"""Whom Slack shows as not to be disturbed, or as out of the office, and until when.

Asked only of people who would be written to now, remembered for an hour, and within Slack's limits: of whom
nothing is known, because it may not be asked or not so often, nothing is assumed.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from adapters.slack.api import Json, SlackApi
from bot.errors import BadCredentials, ChannelError

log = logging.getLogger("laps.slack")

KEPT = timedelta(hours=1)
"""How long an answer is remembered, and how long nothing is asked that may not be."""

AT_ONCE = 50
"""People that dnd.teamInfo tells of in one call (https://docs.slack.dev/reference/methods/dnd.teamInfo)."""

DND_A_MINUTE = 15
"""Calls of dnd.teamInfo, which is tier 2: 20 and more a minute."""

STATUS_A_MINUTE = 60
"""Calls of users.info for a status, which is tier 4, 100 and more a minute, and serves new people, too."""

AWAY = (":palm_tree:", ":face_with_thermometer:")
"""The emoji of Slack's own statuses "Vacationing" and "Out sick"."""

UNTIL_CHANGED = timedelta(days=1)
"""After how long a status is looked at again that ends when its owner says so."""

Spell = tuple[datetime, datetime]
"""From when until when somebody is away."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What Slack said of one person, and when it was asked."""

    read_at: datetime
    spell: Spell | None


class SlackPresence:
    """Knows who is away in one workspace."""

    def __init__(self, api: SlackApi) -> None:
        self._api = api
        self._dnd: dict[str, _Known] = {}
        self._status: dict[str, _Known] = {}
        self._dnd_calls = _Budget(DND_A_MINUTE)
        self._status_calls = _Budget(STATUS_A_MINUTE)
        self._refused_until: datetime | None = None

    async def away(self, accounts: Collection[str], now: datetime) -> Mapping[str, datetime]:
        """Return until when people are away; see `bot.ports.Presence`."""
        await self._read_dnd(_unknown(accounts, self._dnd, now), now)
        unknown = [*_unknown(accounts, self._status, now)][: self._status_calls.left(now)]
        await asyncio.gather(*(self._read_status(account, now) for account in unknown))
        found: dict[str, datetime] = {}
        for account in accounts:
            spells = (known[account].spell for known in (self._dnd, self._status) if account in known)
            ends = [spell[1] for spell in spells if spell is not None and spell[0] <= now < spell[1]]
            if ends:
                found[account] = max(ends)
        return found

    async def _read_dnd(self, accounts: Sequence[str], now: datetime) -> None:
        if self._refused_until is not None and now < self._refused_until:
            return
        for start in range(0, len(accounts), AT_ONCE):
            some = accounts[start : start + AT_ONCE]
            if not self._dnd_calls.take(now):
                return
            try:
                answer = await self._api.call("dnd.teamInfo", {"users": ",".join(some)})
            except ChannelError as error:
                if isinstance(error, BadCredentials):  # the scope dnd:read is not granted
                    self._refused_until = now + KEPT
                log.info(
                    "who is not to be disturbed is not known: %s", error, extra={"action": "away_unread"}
                )
                return
            told = answer.get("users")
            for account in some:
                said = told.get(account) if isinstance(told, dict) else None
                self._dnd[account] = _Known(now, _dnd_of(said) if isinstance(said, dict) else None)

    async def _read_status(self, account: str, now: datetime) -> None:
        self._status_calls.take(now)
        try:
            answer = await self._api.call("users.info", {"user": account})
        except ChannelError as error:
            log.info("a status is not known: %s", error, extra={"action": "away_unread"})
            return
        self._status[account] = _Known(now, _status_of(answer, now))


class _Budget:
    """So many calls in any minute."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._times: deque[datetime] = deque()

    def left(self, now: datetime) -> int:
        """Return how many more there may be now."""
        while self._times and now - self._times[0] >= timedelta(minutes=1):
            self._times.popleft()
        return self._most - len(self._times)

    def take(self, now: datetime) -> bool:
        """Count one, where there may be one more."""
        if self.left(now) <= 0:
            return False
        self._times.append(now)
        return True


def _unknown(accounts: Collection[str], known: dict[str, _Known], now: datetime) -> Sequence[str]:
    """Forget what is old, and return those of whom nothing is remembered."""
    for account in [each for each, said in known.items() if now - said.read_at >= KEPT]:
        del known[account]
    return [account for account in accounts if account not in known]


def _dnd_of(said: Json) -> Spell | None:
    """Read the next or present time of not being disturbed."""
    times = [*_instants(said.get("next_dnd_start_ts"), said.get("next_dnd_end_ts"))]
    return (times[0], times[1]) if said.get("dnd_enabled") is True and len(times) == 2 else None


def _status_of(answer: Json, now: datetime) -> Spell | None:
    """Read a status that says that somebody is out of the office."""
    user = answer.get("user")
    profile = user.get("profile") if isinstance(user, dict) else None
    if not isinstance(profile, dict) or profile.get("status_emoji") not in AWAY:
        return None
    ends = [*_instants(profile.get("status_expiration"))]
    return (now, ends[0] if ends else now + UNTIL_CHANGED)


def _instants(*seconds: object) -> Iterator[datetime]:
    """Give times that Slack counts in seconds since 1970; 0 and 1 stand for none."""
    for each in seconds:
        if isinstance(each, int) and 1 < each < 1 << 33:
            yield datetime.fromtimestamp(each, UTC)
