"""The roster's reads: what is known of the people of some lines, whose an account is, who is employed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import cast

from sqlalchemy import (
    BindParameter,
    ClauseElement,
    ColumnElement,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
)

from bot.cohorts.enrolling import Found, Match
from bot.cohorts.roster import Line
from bot.model import (
    ChannelName,
    Learner,
    LearnerId,
    Organization,
    Person,
    Sender,
    Span,
    Workspace,
    WorkspaceId,
)
from storage.rows import LearnerRow, PersonRow, learner_from, person_from, span_from
from storage.snapshot import ORGANIZATION, columns_of, constant, learner_columns
from storage.sql import Bulk, Call, Dialect, Row, Statement, Steps, ask, ask_bulk, wanted
from storage.tables import ACCOUNT, LEARNER, PERSON, ROSTER, WORKSPACE

MatchRow = tuple[str, str, str, str, str]
"""What was looked for, workspace, channel, external id, learner."""

_PERSON = columns_of(PERSON, "organization")
_SPAN = columns_of(ROSTER, "organization")
_FOUND_ACCOUNT = (ACCOUNT.c.workspace, WORKSPACE.c.channel, ACCOUNT.c.external, ACCOUNT.c.learner)

# ---------------------------------------------------------------- people of lines


def _people(dialect: Dialect) -> ClauseElement:
    rows = wanted("organization", "name")
    same = and_(PERSON.c.organization == rows.c.organization, PERSON.c.name == rows.c.name)
    return select(*_PERSON).join_from(rows, PERSON, same)


def _newest(dialect: Dialect) -> ClauseElement:
    rows = wanted("organization", "person")
    same = and_(ROSTER.c.organization == rows.c.organization, ROSTER.c.person == rows.c.person)
    other = ROSTER.alias("other")
    last = select(func.max(other.c.from_on)).where(
        other.c.organization == ROSTER.c.organization, other.c.person == ROSTER.c.person
    )
    return select(*_SPAN).join_from(rows, ROSTER, same).where(ROSTER.c.from_on == last.scalar_subquery())


def _by_address(dialect: Dialect) -> ClauseElement:
    rows = wanted("organization", "text")
    same = and_(ACCOUNT.c.organization == rows.c.organization, ACCOUNT.c.email == rows.c.text)
    found = select(rows.c.text, *_FOUND_ACCOUNT).join_from(rows, ACCOUNT, same)
    return found.join(WORKSPACE, WORKSPACE.c.id == ACCOUNT.c.workspace)


def _by_directory(dialect: Dialect) -> ClauseElement:
    rows = wanted("organization", "text")
    same = and_(ACCOUNT.c.organization == rows.c.organization, ACCOUNT.c.directory == rows.c.text)
    found = select(rows.c.text, *_FOUND_ACCOUNT).join_from(rows, ACCOUNT, same)
    return found.join(WORKSPACE, WORKSPACE.c.id == ACCOUNT.c.workspace)


def _by_id(channel: ChannelName) -> Bulk[MatchRow]:
    def build(dialect: Dialect) -> ClauseElement:
        rows = wanted("organization", "text")
        there = and_(
            WORKSPACE.c.organization == rows.c.organization, WORKSPACE.c.channel == constant(channel)
        )
        same = and_(ACCOUNT.c.workspace == WORKSPACE.c.id, ACCOUNT.c.external == rows.c.text)
        return select(rows.c.text, *_FOUND_ACCOUNT).join_from(rows, WORKSPACE, there).join(ACCOUNT, same)

    return Bulk(build)


def _learners(dialect: Dialect) -> ClauseElement:
    rows = wanted("id")
    return select(*learner_columns()).join_from(rows, LEARNER, LEARNER.c.id == rows.c.id)


def _known_as(dialect: Dialect) -> ClauseElement:
    rows = wanted("id")
    return select(PERSON.c.learner, PERSON.c.name).join_from(rows, PERSON, PERSON.c.learner == rows.c.id)


def _addressed(dialect: Dialect) -> ClauseElement:
    rows = wanted("organization", "email")
    same = and_(PERSON.c.organization == rows.c.organization, PERSON.c.email == rows.c.email)
    return select(rows.c.email, PERSON.c.name).join_from(rows, PERSON, same)


ADDRESSED: Bulk[tuple[str, str]] = Bulk(_addressed)
PEOPLE: Bulk[PersonRow] = Bulk(_people)
NEWEST: Bulk[tuple[str, ...]] = Bulk(_newest)
LEARNERS: Bulk[LearnerRow] = Bulk(_learners)
KNOWN_AS: Bulk[tuple[str, str]] = Bulk(_known_as)
LOOKED_FOR: tuple[tuple[str, str, Bulk[MatchRow]], ...] = (
    ("slack_user", "slack_user", _by_id(ChannelName.SLACK)),
    ("teams_user", "teams_user", _by_id(ChannelName.TEAMS)),
    ("teams_user", "teams_user", Bulk(_by_directory)),
    ("email", "email", Bulk(_by_address)),
)
"""By what a person is found: the name of it, the column that holds it, and the statement."""


def find_people(organization: Organization, lines: Sequence[Line]) -> Steps[list[Found]]:
    """Read what is known of the people of some lines, and whose accounts could be theirs."""
    home = organization.id
    names: list[Row] = [(home, line.person) for line in lines]
    people = {row[0]: person_from(row) for row in (yield from ask_bulk(PEOPLE, names))}
    newest = {row[0]: span_from(row) for row in (yield from ask_bulk(NEWEST, names))}
    matches: dict[str, list[tuple[str, MatchRow]]] = {line.person: [] for line in lines}
    for how, column, statement in LOOKED_FOR:
        sought: dict[str, list[str]] = {}
        for line in lines:
            if text := line.said.get(column) or _about(people.get(line.person), column, line):
                sought.setdefault(text, []).append(line.person)
        for row in (yield from ask_bulk(statement, [(home, text) for text in sorted(sought)])):
            for name in sought[row[0]]:
                matches[name].append((how, row))
    managers = yield from _managers(home, lines)
    keys: set[str] = {person.learner for person in people.values()}
    keys |= {row[4] for found in matches.values() for _, row in found}
    ids: list[Row] = [(key,) for key in sorted(keys)]
    learners = {row[0]: learner_from(row) for row in (yield from ask_bulk(LEARNERS, ids))}
    owners = dict((yield from ask_bulk(KNOWN_AS, ids)))
    made: list[Found] = []
    for name, rows in matches.items():
        person = people.get(name)
        learner = learners[person.learner] if person else None
        found = tuple(_match(how, row, learners, owners) for how, row in rows)
        made.append(Found(name, person, learner, newest.get(name), found, managers.get(name)))
    return made


def _managers(home: str, lines: Sequence[Line]) -> Steps[dict[str, str]]:
    """Find by their addresses the managers of people: the person's name to the manager's."""
    sought = {
        line.person: line.said["manager"].lower() for line in lines if "@" in line.said.get("manager", "")
    }
    rows = yield from ask_bulk(ADDRESSED, [(home, text) for text in sorted({*sought.values()})])
    named: dict[str, list[str]] = {}
    for email, name in rows:
        named.setdefault(email, []).append(name)
    return {person: named[email][0] for person, email in sought.items() if len(named.get(email, ())) == 1}


def _about(person: Person | None, column: str, line: Line) -> str:
    """Return what is known where the line says nothing; an empty cell says that there is none."""
    return person.about[column] if person is not None and column not in line.said else ""


def _match(how: str, row: MatchRow, learners: dict[str, Learner], owners: dict[str, str]) -> Match:
    _, workspace, channel, external, learner = row
    return Match(
        how,
        WorkspaceId(workspace),
        ChannelName(channel),
        external,
        learners[learner],
        owners.get(learner),
    )


# ---------------------------------------------------------------- whom an admin means


def _listed(*named: ColumnElement[bool]) -> Statement[tuple[str]]:
    on_roster = exists().where(
        ROSTER.c.organization == PERSON.c.organization, ROSTER.c.person == PERSON.c.name
    )
    found = select(PERSON.c.name).where(PERSON.c.organization == ORGANIZATION, or_(*named), on_roster)
    return Statement(lambda dialect: found.order_by(PERSON.c.name).limit(bindparam("most")))


_TEXT = func.lower(bindparam("text"))
EXACTLY = _listed(func.lower(PERSON.c.name) == _TEXT, PERSON.c.email == _TEXT)
LIKE = _listed(func.lower(PERSON.c.full_name).like(_TEXT, escape="\\"))


def people_named(organization: Organization, text: str, most: int) -> Steps[list[str]]:
    """Read whom of the roster somebody could mean."""
    home = organization.id
    rows = yield from ask(EXACTLY, organization=home, text=text, most=most)
    if not rows:
        part = re.sub(r"([\\%_])", r"\\\1", text)
        rows = yield from ask(LIKE, organization=home, text=f"%{part}%", most=most)
    return [name for (name,) in rows]


# ---------------------------------------------------------------- whose an account is


def _expected(dialect: Dialect) -> ClauseElement:
    explicit: list[ColumnElement[bool]] = [
        and_(literal_column(f"'{channel.value}'") == bindparam("channel"), column == bindparam(name))
        for channel, column, name in (
            (ChannelName.SLACK, PERSON.c.slack_user, "external"),
            (ChannelName.TEAMS, PERSON.c.teams_user, "external"),
            (ChannelName.TEAMS, PERSON.c.teams_user, "directory"),
        )
    ]
    by_address = PERSON.c.email == bindparam("email")
    return (
        select(*learner_columns(), PERSON.c.name, and_(or_(*explicit)))
        .join_from(PERSON, LEARNER, LEARNER.c.id == PERSON.c.learner)
        .where(PERSON.c.organization == ORGANIZATION, or_(*explicit, by_address))
    )


def _accounts_there(dialect: Dialect) -> ClauseElement:
    theirs = (ACCOUNT.c.learner == bindparam("learner"), ACCOUNT.c.workspace == bindparam("workspace"))
    return select(ACCOUNT.c.external).where(*theirs, ACCOUNT.c.organization == ORGANIZATION)


EXPECTED: Statement[tuple[object, ...]] = Statement(_expected)
ACCOUNTS_THERE: Statement[tuple[str]] = Statement(_accounts_there)


def expected(
    organization: Organization, workspace: Workspace, sender: Sender, known: LearnerId | None
) -> Steps[Learner | None]:
    """Return whom the roster has for an account; None where that is nobody, or not certain."""
    rows = yield from ask(
        EXPECTED,
        organization=organization.id,
        channel=workspace.channel.value,
        external=sender.external,
        directory=sender.directory,
        email=sender.email.lower() if sender.email else None,
    )
    named = [row for row in rows if row[-1]] or rows
    if len({row[0] for row in named}) != 1:
        return None
    learner = learner_from(cast("LearnerRow", named[0][:-2]))
    if learner.id == known or (known and (yield from ask_bulk(KNOWN_AS, [(known,)]))):
        return None
    there = yield from ask(
        ACCOUNTS_THERE, organization=organization.id, learner=learner.id, workspace=workspace.id
    )
    return None if {row[0] for row in there} - {sender.external} else learner


# ---------------------------------------------------------------- as of a day


def _as_of(dialect: Dialect) -> ClauseElement:
    day: BindParameter[str] = bindparam("day")
    holds = (ROSTER.c.from_on <= day, or_(ROSTER.c.until_on.is_(None), ROSTER.c.until_on > day))
    return select(*_SPAN).where(ROSTER.c.organization == ORGANIZATION, *holds).order_by(ROSTER.c.person)


AS_OF: Statement[tuple[str, ...]] = Statement(_as_of)


def as_of(organization: Organization, day: date) -> Call:
    """Ask for what the roster said on a day, of everybody who was on it."""
    return Call(AS_OF, {"organization": organization.id, "day": day.isoformat()})


def read_span(row: Row) -> Span:
    """Read a row of `as_of`."""
    return span_from(cast("Sequence[str | None]", row))
