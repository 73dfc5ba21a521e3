"""The installation's organization and workspaces, and the people that operators name."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import cast

from sqlalchemy import ClauseElement, Select, bindparam, delete, func, literal_column, or_, select, update

from bot.errors import Conflict, UnknownPerson, UnknownWorkspace
from bot.model import (
    Account,
    ChannelName,
    Learner,
    LearnerId,
    Organization,
    OrganizationId,
    Role,
    Workspace,
    WorkspaceId,
    WorkspaceRef,
)
from storage import changes
from storage.changes import Nothing
from storage.rows import (
    AccountRow,
    LearnerRow,
    OrganizationRow,
    WorkspaceRow,
    account_from,
    account_row,
    learner_from,
    learner_row,
    organization_from,
    workspace_from,
)
from storage.snapshot import ACCOUNT_COLUMNS, ORGANIZATION, columns_of, learner_columns
from storage.sql import Dialect, Statement, Steps, ask, ask_bulk
from storage.tables import ACCOUNT, LEARNER, PERSON, ROLE, WORKSPACE
from storage.tables import ORGANIZATION as ORGANIZATIONS

KEY_LENGTH = 26
PRACTICE_ROOM = WorkspaceRef(ChannelName.WEB, "web")
_ALPHABET = frozenset("0123456789abcdef")


def new_key() -> str:
    """Return 26 random characters [0-9a-f] (104 bits), as `Draw.id` has them."""
    return secrets.token_hex(KEY_LENGTH // 2)


def is_key(text: str) -> bool:
    """Say whether a text looks like a learner's key."""
    return len(text) == KEY_LENGTH and _ALPHABET.issuperset(text)


# ---------------------------------------------------------------- organization and workspaces


def _organization(dialect: Dialect) -> ClauseElement:
    return select(*columns_of(ORGANIZATIONS, "created_at")).order_by(ORGANIZATIONS.c.created_at).limit(1)


def _rename(dialect: Dialect) -> ClauseElement:
    ours = ORGANIZATIONS.c.id == ORGANIZATION
    return update(ORGANIZATIONS).where(ours).values(name=bindparam("name"), time_zone=bindparam("zone"))


def _add_workspace(dialect: Dialect) -> ClauseElement:
    names = ("id", "organization", "channel", "external", "active")
    return (
        dialect.insert(WORKSPACE).values({n: bindparam(n) for n in names}).inline().on_conflict_do_nothing()
    )


def _workspaces(dialect: Dialect) -> ClauseElement:
    named = (WORKSPACE.c.organization == ORGANIZATION, WORKSPACE.c.channel == bindparam("channel"))
    return select(*columns_of(WORKSPACE, "seq")).where(*named).order_by(WORKSPACE.c.seq)


ORGANIZATION_READ: Statement[OrganizationRow] = Statement(_organization)
ADD_ORGANIZATION = changes.add(ORGANIZATIONS)
RENAME: Statement[Nothing] = Statement(_rename)
ADD_WORKSPACE: Statement[Nothing] = Statement(_add_workspace)
WORKSPACES: Statement[WorkspaceRow] = Statement(_workspaces)


def settle_in(name: str, time_zone: str, now: int) -> Steps[Organization]:
    """Return the installation's organization under its present name, made at the first start."""
    rows = yield from ask(ORGANIZATION_READ)
    if not rows:
        made = Organization(OrganizationId(new_key()), name, time_zone, secrets.token_bytes(32))
        yield from ask_bulk(ADD_ORGANIZATION, [(made.id, made.name, made.time_zone, made.salt, now)])
        return made
    found = organization_from(rows[0])
    if not name or (found.name, found.time_zone) == (name, time_zone):
        return found
    yield from ask(RENAME, organization=found.id, name=name, zone=time_zone)
    return Organization(found.id, name, time_zone, found.salt)


def find_workspace(organization: Organization, ref: WorkspaceRef) -> Steps[Workspace | None]:
    """Read the workspace that a platform names so, or None where it was never seen."""
    rows = yield from ask(WORKSPACES, organization=organization.id, channel=ref.channel.value)
    return next((workspace_from(row) for row in rows if row[3] == ref.external), None)


def _all_workspaces(dialect: Dialect) -> ClauseElement:
    ours = WORKSPACE.c.organization == ORGANIZATION
    return select(*columns_of(WORKSPACE, "seq")).where(ours).order_by(WORKSPACE.c.seq)


ALL_WORKSPACES: Statement[WorkspaceRow] = Statement(_all_workspaces)


def read_workspaces(organization: Organization) -> Steps[list[Workspace]]:
    """Read every workspace, in the order in which they were first seen."""
    return [workspace_from(row) for row in (yield from ask(ALL_WORKSPACES, organization=organization.id))]


def add_workspace(organization: Organization, ref: WorkspaceRef) -> Steps[Workspace]:
    """Store a workspace at first sight and return it.

    Raises:
        Conflict: it is another organization's.
    """
    made = Workspace(WorkspaceId(f"{ref.channel}:{ref.external}"), organization.id, ref.channel, ref.external)
    row = {"id": made.id, "channel": made.channel.value, "external": made.external, "active": made.active}
    yield from ask(ADD_WORKSPACE, organization=organization.id, **row)
    found = yield from find_workspace(organization, ref)
    if found is None:
        raise Conflict(f"{made.id} belongs to another organization")
    return found


# ---------------------------------------------------------------- whom an operator means


def _people() -> Select[*tuple[object, ...]]:
    return select(*learner_columns()).where(LEARNER.c.organization == ORGANIZATION).distinct()


def _by_name(dialect: Dialect) -> ClauseElement:
    named = (PERSON.c.learner == LEARNER.c.id, PERSON.c.organization == ORGANIZATION)
    return _people().where(*named, PERSON.c.name == bindparam("text"))


def _by_account(dialect: Dialect) -> ClauseElement:
    theirs = (ACCOUNT.c.learner == LEARNER.c.id, WORKSPACE.c.id == ACCOUNT.c.workspace)
    channel = WORKSPACE.c.channel == bindparam("channel")
    return _people().where(*theirs, channel, ACCOUNT.c.external == bindparam("external"))


def _by_key(dialect: Dialect) -> ClauseElement:
    return _people().where(LEARNER.c.id == bindparam("text"))


def _by_account_name(dialect: Dialect) -> ClauseElement:
    same = func.lower(ACCOUNT.c.name) == func.lower(bindparam("text"))
    return _people().where(ACCOUNT.c.learner == LEARNER.c.id, same)


def _by_address(dialect: Dialect) -> ClauseElement:
    """Match the addresses that the platforms tell, and those of the roster."""
    address = func.lower(bindparam("text"))
    told = select(ACCOUNT.c.learner).where(func.lower(ACCOUNT.c.email) == address)
    listed = select(PERSON.c.learner).where(PERSON.c.email == address, PERSON.c.organization == ORGANIZATION)
    return _people().where(or_(LEARNER.c.id.in_(told), LEARNER.c.id.in_(listed)))


BY_NAME: Statement[LearnerRow] = Statement(_by_name)
BY_ACCOUNT: Statement[LearnerRow] = Statement(_by_account)
BY_KEY: Statement[LearnerRow] = Statement(_by_key)
BY_EMAIL: Statement[LearnerRow] = Statement(_by_address)
BY_ACCOUNT_NAME: Statement[LearnerRow] = Statement(_by_account_name)


def find_person(organization: Organization, person: str) -> Steps[Learner]:
    """Find the one learner whom an operator means, or make an account for one named as `channel:external`.

    Raises:
        UnknownPerson: nobody matches, or several do.
    """
    text = person.strip()
    channel, _, external = text.partition(":")
    for statement in (BY_NAME, BY_ACCOUNT, BY_KEY, BY_EMAIL, BY_ACCOUNT_NAME):
        if statement is BY_ACCOUNT:
            named = {"channel": channel.lower(), "external": external}
        else:
            named = {"text": text}
        rows = yield from ask(statement, organization=organization.id, **named)
        if len(rows) > 1:
            raise UnknownPerson(person, len(rows))
        if rows:
            return learner_from(rows[0])
    if channel.lower() not in set(ChannelName) or not external:
        raise UnknownPerson(person)
    return (yield from _welcome(organization, ChannelName(channel.lower()), external, person))


def _welcome(organization: Organization, channel: ChannelName, external: str, person: str) -> Steps[Learner]:
    """Make an account in the one workspace that the installation has on a channel.

    Raises:
        UnknownWorkspace: it has none there, or several.
    """
    rows = yield from ask(WORKSPACES, organization=organization.id, channel=channel.value)
    workspaces = [workspace_from(row) for row in rows]
    if not workspaces and channel is ChannelName.WEB:
        workspaces = [(yield from add_workspace(organization, PRACTICE_ROOM))]
    if len(workspaces) != 1:
        raise UnknownWorkspace(person, len(workspaces))
    learner = Learner(LearnerId(new_key()), organization.id)
    account = Account(workspaces[0].id, external, learner.id)
    yield from ask_bulk(changes.NEW_LEARNERS, [learner_row(learner)])
    yield from ask_bulk(changes.NEW_ACCOUNTS, [account_row(account, organization.id)])
    return replace(learner, version=1)


# ---------------------------------------------------------------- roles and accounts


def _grant(dialect: Dialect) -> ClauseElement:
    row = {"learner": bindparam("learner"), "role": bindparam("role"), "organization": ORGANIZATION}
    statement = dialect.insert(ROLE).values(row)
    return statement.on_conflict_do_nothing(index_elements=["learner", "role"]).returning(ROLE.c.role)


def _take(dialect: Dialect) -> ClauseElement:
    theirs = (ROLE.c.learner == bindparam("learner"), ROLE.c.organization == ORGANIZATION)
    return delete(ROLE).where(*theirs, ROLE.c.role == bindparam("role")).returning(ROLE.c.role)


def _bump(dialect: Dialect) -> ClauseElement:
    theirs = (LEARNER.c.id == bindparam("learner"), LEARNER.c.organization == ORGANIZATION)
    moved = update(LEARNER).where(*theirs).values(version=LEARNER.c.version + literal_column("1"))
    return moved.returning(LEARNER.c.id)


def _accounts_of(dialect: Dialect) -> ClauseElement:
    theirs = (ACCOUNT.c.learner == bindparam("learner"), ACCOUNT.c.organization == ORGANIZATION)
    return (
        select(*columns_of(WORKSPACE, "seq"), *ACCOUNT_COLUMNS)
        .join_from(ACCOUNT, WORKSPACE, WORKSPACE.c.id == ACCOUNT.c.workspace)
        .where(*theirs)
        .order_by(WORKSPACE.c.seq, ACCOUNT.c.external)
    )


GRANT: Statement[tuple[str]] = Statement(_grant)
TAKE: Statement[tuple[str]] = Statement(_take)
BUMP: Statement[tuple[str]] = Statement(_bump)
ACCOUNTS_OF: Statement[tuple[object, ...]] = Statement(_accounts_of)


def set_role(organization: Organization, learner: Learner, role: Role, held: bool) -> Steps[None]:
    """Grant or take a role; where that changes anything, the learner's version moves on.

    Raises:
        Conflict: the learner is not there any more.
    """
    who = {"organization": organization.id, "learner": learner.id}
    if not (yield from ask(BY_KEY, organization=organization.id, text=learner.id)):
        raise Conflict("this learner became part of another")
    changed = yield from ask(GRANT if held else TAKE, role=role.value, **who)
    if changed:
        yield from ask(BUMP, **who)


def accounts_of(organization: Organization, learner: LearnerId) -> Steps[list[tuple[Workspace, Account]]]:
    """Read a learner's accounts with their workspaces, in the order in which these were first seen."""
    rows = yield from ask(ACCOUNTS_OF, organization=organization.id, learner=learner)
    return [
        (workspace_from(cast("WorkspaceRow", row[:5])), account_from(cast("AccountRow", row[5:])))
        for row in rows
    ]
