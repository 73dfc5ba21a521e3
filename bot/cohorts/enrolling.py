"""What a line of the roster changes: the person's dated history, and the learner behind it. Pure.

A person is joined to accounts by the user ids and the e-mail address that both sides know; whatever could
mean two people is listed and left. What somebody chose in chat stays: a setting follows the roster only as
long as it is what the roster last said, or was never set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from bot.cohorts.roster import ABOUT, DATED, Line
from bot.cohorts.uniting import unite
from bot.events import AdoptionEvent, EventType
from bot.facts import zone_named
from bot.model import (
    Changes,
    ChannelName,
    Draw,
    Learner,
    LearnerId,
    Merge,
    Organization,
    Person,
    Role,
    Span,
    Status,
    WorkspaceId,
)

FOLLOWING = {"job_family": "job family", "tools": "tools", "time_zone": "time zone"}
"""What the roster sets for a learner who did not choose otherwise in chat, as it is called."""

_UNSAID: Mapping[str, str] = dict.fromkeys(DATED, "")


class Kind(StrEnum):
    """What became of a person by a line of the roster, or by having none."""

    JOINED = "joined"
    CHANGED = "changed"
    LEFT = "left"
    BACK = "back"
    SAME = "same"
    LATER = "later"  # something is known of a later day, and stays


@dataclass(frozen=True, slots=True)
class Match:
    """An account that could be a person's: `how` names the column by which, `person` whose it is already."""

    how: str
    workspace: WorkspaceId
    channel: ChannelName
    external: str
    learner: Learner
    person: str | None = None

    @property
    def name(self) -> str:
        """Name the account as operators do."""
        return f"{self.channel}:{self.external}"

    def is_as_sure_as(self, other: Match) -> bool:
        """Say whether as much speaks for this one: an id that the roster names comes before an address."""
        return self.how != "email" or other.how == "email"


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of a person before a line is taken in.

    `newest` is the last span of their history. `manager` is whom the line's manager's address belongs to.
    """

    name: str
    person: Person | None = None
    learner: Learner | None = None
    newest: Span | None = None
    matches: tuple[Match, ...] = ()
    manager: str | None = None


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a line comes to.

    `what` holds each column that changed, with what it was and is. `linked` names the accounts that are
    joined to the person now, `unclear` says which could not be and why, `kept` what the person chose
    otherwise; `claims` are the learners that are nobody else's from now on. `once_more`: another account has
    to be joined in a write of its own.
    """

    person: str
    kind: Kind
    what: tuple[tuple[str, str, str], ...] = ()
    linked: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    claims: tuple[LearnerId, ...] = ()
    changes: Changes | None = None
    once_more: bool = False


@dataclass(slots=True)
class _Joining:
    """One learner made of all that are one person, step by step."""

    learner: Learner
    linked: list[str]
    unclear: list[str]
    claims: list[LearnerId]
    merges: list[Merge]
    events: list[AdoptionEvent]


@dataclass(frozen=True, slots=True)
class Registrar:
    """Takes lines in as of a day; `taken` are the learners that earlier lines were joined to."""

    organization: Organization
    as_of: date
    now: datetime
    taken: Mapping[LearnerId, str]

    def enrol(self, line: Line, found: Found) -> Enrolment:
        """Take a line in."""
        if found.newest is not None and found.newest.known_on > self.as_of:
            return Enrolment(line.person, Kind.LATER)
        if found.manager is not None:
            line = replace(line, said={**line.said, "manager": found.manager})
        joining = self._joined(found)
        about = {name: line.said.get(name, _about(found).get(name, "")) for name in ABOUT}
        span, spans = self._spans(line, found.newest)
        settled, kept = settle(joining.learner, found.newest, span, self.as_of)
        person = Person(line.person, settled.id, about, is_new=found.person is None)
        kind, what = self._kind(found, span, about)
        changes = Changes(
            learner=settled,
            person=person,
            spans=spans,
            merge=joining.merges[0] if joining.merges else None,
            events=(*joining.events[:1], *self._granted(settled, found.newest, span)),
            look_by=(settled.id, self.now) if settled.status is Status.ACTIVE else None,
        )
        is_same = found.learner == settled and found.person == person and not spans and not joining.merges
        return Enrolment(
            line.person,
            kind,
            what,
            tuple(joining.linked),
            tuple(joining.unclear),
            kept,
            tuple(joining.claims),
            None if is_same else changes,
            len(joining.merges) > 1,
        )

    def close(self, found: Found) -> Enrolment:
        """Take in that a person is missing from the whole roster: a leaver from this day."""
        newest = found.newest
        if newest is None or found.learner is None or newest.known_on > self.as_of:
            return Enrolment(found.name, Kind.LATER)
        if _left(newest, self.as_of):
            return Enrolment(found.name, Kind.SAME)
        span = replace(newest, until_on=self.as_of)
        settled, _ = settle(found.learner, newest, span, self.as_of)
        return Enrolment(found.name, Kind.LEFT, changes=Changes(learner=settled, spans=(span,)))

    # ------------------------------------------------------------ who it is

    def _joined(self, found: Found) -> _Joining:
        """Make one learner of the person's own and of those whose accounts are certainly theirs."""
        unclear: list[str] = []
        matches = [match for match in found.matches if self._is_ours(match, found, unclear)]
        known = {match.learner.id: match.learner for match in matches}
        linked: list[str] = []
        claims = [*known]
        learner = found.learner
        if learner is None and known:
            learner = known.pop(claims[0])
            linked += _names(matches, learner)
        joining = _Joining(learner or self._new(found.name), linked, unclear, claims, [], [])
        for other in known.values():
            names = _names(matches, other)
            united = unite(joining.learner, other, self.now)
            if united is None:
                unclear.append(f"{', '.join(names)}: they took part in one place and not in the other")
            else:
                joining.learner, merge = united
                joining.merges.append(merge)
                joining.events.append(self._linked(joining.learner, merge.gone, names))
                linked += names
        return joining

    def _is_ours(self, match: Match, found: Found, unclear: list[str]) -> bool:
        """Say whether an account is certainly this person's, and not joined to them yet."""
        if found.learner is not None and match.learner.id == found.learner.id:
            return False
        other = match.person or self.taken.get(match.learner.id)
        if other not in (None, found.name):
            unclear.append(f"{match.name} ({match.how}) is {other}'s already")
            return False
        same = [x for x in found.matches if x.workspace == match.workspace]
        rivals = [x.name for x in same if x.learner.id != match.learner.id and x.is_as_sure_as(match)]
        if rivals:
            unclear.append(f"{match.name} ({match.how}): so could {' or '.join(rivals)} be")
        return not rivals

    def _new(self, name: str) -> Learner:
        draw = Draw(self.organization.salt, f"person {name}", f"roster {self.now.isoformat()}")
        return Learner(LearnerId(draw.id("learner")), self.organization.id)

    def _linked(self, kept: Learner, gone: LearnerId, names: Sequence[str]) -> AdoptionEvent:
        zone = zone_named(kept.time_zone or self.organization.time_zone)
        return AdoptionEvent(
            id=Draw(self.organization.salt, kept.id, f"roster {gone}").id("linked"),
            occurred_at=self.now,
            local_date=self.now.astimezone(zone).date(),
            learner=kept.id,
            type=EventType.LEARNER_LINKED,
            properties={"channels": [*sorted({name.partition(":")[0] for name in names})]},
        )

    def _granted(self, learner: Learner, before: Span | None, span: Span) -> tuple[AdoptionEvent, ...]:
        """Say which tools are new for somebody who takes part and was on the roster before."""
        if before is None or learner.status is not Status.ACTIVE:
            return ()
        had = {*before.facts.get("tools", "").split(";")}
        zone = zone_named(learner.time_zone or self.organization.time_zone)
        return tuple(
            AdoptionEvent(
                id=Draw(self.organization.salt, learner.id, f"roster {self.as_of}").id(f"granted {tool}"),
                occurred_at=self.now,
                local_date=self.now.astimezone(zone).date(),
                learner=learner.id,
                type=EventType.TOOL_GRANTED,
                tool=tool,
            )
            for tool in span.facts.get("tools", "").split(";")
            if tool and tool not in had
        )

    # ------------------------------------------------------------ what it says

    def _spans(self, line: Line, newest: Span | None) -> tuple[Span, tuple[Span, ...]]:
        """Return the span that holds from now on, and the spans to write for it."""
        said = {name: text for name, text in line.said.items() if name in DATED}
        if newest is None:
            made = Span(line.person, self.as_of, None, {**_UNSAID, **said})
            return made, (made,)
        was = newest.facts
        if newest.until_on is not None:  # they are back: what ended then says nothing of now
            was = {**was, "starts_on": "", "ends_on": ""} if newest.until_on < self.as_of else was
        facts = {**was, **said}
        if facts == dict(newest.facts) and newest.until_on in (None, self.as_of):
            again = replace(newest, until_on=None)
            return again, () if again == newest else (again,)
        made = Span(line.person, self.as_of, None, facts)
        ended = newest.from_on == self.as_of or newest.until_on is not None
        return made, (made,) if ended else (replace(newest, until_on=self.as_of), made)

    def _kind(
        self, found: Found, span: Span, about: Mapping[str, str]
    ) -> tuple[Kind, tuple[tuple[str, str, str], ...]]:
        newest = found.newest
        if newest is None:
            return Kind.LEFT if _left(span, self.as_of) else Kind.JOINED, ()
        was, known = {**newest.facts, **_about(found)}, {**span.facts, **about}
        what = tuple(
            (name, was.get(name, ""), text) for name, text in known.items() if was.get(name, "") != text
        )
        had_left, has_left = _left(newest, self.as_of), _left(span, self.as_of)
        if had_left != has_left:
            return Kind.LEFT if has_left else Kind.BACK, what
        return Kind.CHANGED if what else Kind.SAME, what


def _about(found: Found) -> Mapping[str, str]:
    return found.person.about if found.person else {}


def _left(span: Span, day: date) -> bool:
    return span.left_on is not None and span.left_on <= day


def _names(matches: Sequence[Match], learner: Learner) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.name for each in matches if each.learner.id == learner.id))


def settle(learner: Learner, before: Span | None, span: Span, day: date) -> tuple[Learner, tuple[str, ...]]:
    """Bring a learner in line with the roster, but for what they chose themselves.

    Args:
        learner: as they are now.
        before: what the roster said until now, None where it said nothing.
        span: what it says from now on.
        day: as of when. Whoever has left by then holds no role any more.

    Returns:
        The learner, and what the roster says otherwise than they chose.
    """
    was, facts = before.facts if before else _UNSAID, span.facts
    own = {"job_family": learner.job_family or "", "time_zone": learner.time_zone or ""}
    own["tools"] = ";".join(learner.tools)
    kept: list[str] = []
    for name, label in FOLLOWING.items():
        if not own[name] or _alike(own[name], was[name]):
            own[name] = facts[name]
        elif facts[name] and not _alike(own[name], facts[name]):
            kept.append(f"they chose the {label} {own[name]} themselves; the roster says {facts[name]}")
    settled = replace(
        learner,
        job_family=own["job_family"] or None,
        time_zone=own["time_zone"] or None,
        tools=tuple(own["tools"].split(";")) if own["tools"] else (),
        roles=_roles(learner, before, span, day),
        industry=facts["industry"] or None,
        country=facts["country"] or None,
        left_on=span.left_on,
        cohort=_cohort(learner, before, span),
    )
    return settled, tuple(kept)


def _cohort(learner: Learner, before: Span | None, span: Span) -> str | None:
    """Follow the roster where it says something new of it; what was joined by hand stays otherwise."""
    was, says = before.facts["cohort"] if before else "", span.facts["cohort"]
    return (says or None) if says != was else (learner.cohort or says or None)


def _alike(one: str, other: str) -> bool:
    return {*one.split(";")} == {*other.split(";")}


def _roles(learner: Learner, before: Span | None, span: Span, day: date) -> frozenset[Role]:
    """Give and take what the roster says anew; what was granted or taken by hand since then stays so."""
    if _left(span, day):
        return frozenset()
    had = roles_of(before.facts) if before and not _left(before, day) else frozenset()
    has = roles_of(span.facts)
    return (learner.roles - (had - has)) | (has - had)


def roles_of(facts: Mapping[str, str]) -> frozenset[Role]:
    """Return the roles that the roster gives."""
    return frozenset(Role(name) for name in facts.get("role", "").split(";") if name)
