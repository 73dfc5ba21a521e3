"""The people of the simulation: where they live, how they answer, and what each of them wished when."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.model import ChannelName, LearnerId

BEGIN = datetime(2026, 10, 5, tzinfo=UTC)
"""A Monday; summer time ends within the eight weeks in most zones that have it, and begins in others."""

DAYS = 56

ZONES: Sequence[tuple[str, str]] = tuple(
    (zone, country)
    for country, zones in (
        ("DE", "Europe/Berlin"),
        ("GB", "Europe/London"),
        ("PT", "Europe/Lisbon"),
        ("GR", "Europe/Athens"),
        ("RU", "Europe/Moscow"),
        ("IE", "Europe/Dublin"),
        ("US", "America/New_York America/Chicago America/Denver America/Los_Angeles"),
        ("CA", "America/St_Johns"),
        ("BR", "America/Sao_Paulo"),
        ("CL", "America/Santiago"),
        ("MX", "America/Mexico_City"),
        ("JP", "Asia/Tokyo"),
        ("IN", "Asia/Kolkata"),
        ("NP", "Asia/Kathmandu"),
        ("AE", "Asia/Dubai"),
        ("IR", "Asia/Tehran"),
        ("CN", "Asia/Shanghai"),
        ("SG", "Asia/Singapore"),
        ("IL", "Asia/Jerusalem"),
        ("AU", "Australia/Sydney Australia/Adelaide Australia/Lord_Howe"),
        ("NZ", "Pacific/Auckland Pacific/Chatham"),
        ("WS", "Pacific/Apia"),
        ("ZA", "Africa/Johannesburg"),
        ("MA", "Africa/Casablanca"),
    )
    for zone in zones.split()
)
"""Thirty zones, of half and quarter hours among them, each with the country whose holidays are kept."""


@dataclass
class Wished:
    """What somebody wished, from when until when; None: for good, as long as it is not ended."""

    what: str
    since: datetime
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Say whether it was wished at a time."""
        return self.since <= at and (self.until is None or at < self.until)


@dataclass
class Person:
    """Somebody: `zones` are theirs with the time from which each holds, the newest last."""

    number: int
    learner: LearnerId
    channel: ChannelName
    account: str
    country: str
    zones: list[tuple[datetime, str]]
    temper: str
    wishes: list[Wished] = field(default_factory=list)
    away: list[tuple[datetime, datetime]] = field(default_factory=list)
    is_blocked: bool = False

    def zone_at(self, at: datetime) -> ZoneInfo:
        """Return where they were at a time; before the first is known, in the first."""
        known = [name for since, name in self.zones if since <= at] or [self.zones[0][1]]
        return ZoneInfo(known[-1])

    def wished(self, what: str, at: datetime, since: datetime | None = None) -> bool:
        """Say whether they wished something at a time, and all the while since another."""
        return any(
            each.what == what and each.holds(at) and (since is None or each.holds(since))
            for each in self.wishes
        )

    def wish(self, what: str, since: datetime, until: datetime | None = None) -> None:
        """Wish something from now on; what was wished of the kind before ends."""
        self.end(what, since)
        self.wishes.append(Wished(what, since, until))

    def end(self, what: str, at: datetime) -> None:
        """Wish it no more."""
        for each in self.wishes:
            if each.what == what and each.holds(at):
                each.until = at


TEMPERS = {
    # What each kind of person does with a message: the chances of each answer; the rest is silence.
    "eager": {"start": 0.5, "later": 0.2, "why": 0.1},
    "busy": {"start": 0.15, "later": 0.4, "kind": 0.05, "pause": 0.05},
    "silent": {"start": 0.05},
    "annoyed": {"kind": 0.2, "stop": 0.15, "less": 0.2, "pause": 0.1},
}


def people(count: int, seed: int) -> list[Person]:
    """Make so many people; the same seed makes the same."""
    chance = random.Random(seed)
    made = []
    for number in range(count):
        zone, country = ZONES[number % len(ZONES)]
        channel = (ChannelName.SLACK, ChannelName.TEAMS, ChannelName.WEB)[number % 3]
        person = Person(
            number,
            LearnerId(f"{number:026x}"),
            channel,
            f"U{number}",
            country,
            [(BEGIN, zone)],
            chance.choice(list(TEMPERS)),
        )
        for _ in range(chance.randrange(3)):  # a day off here and there, told by the status
            start = BEGIN + timedelta(days=chance.randrange(DAYS), hours=chance.randrange(24))
            person.away.append((start, start + timedelta(hours=chance.choice((2, 8, 48)))))
        made.append(person)
    return made
