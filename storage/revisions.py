"""The catalogue's revisions, each file's text once however many revisions have it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import ClauseElement, and_, bindparam, desc, select

from bot.errors import Conflict
from bot.model import Account, Organization, Revision, Role, Status, Workspace
from storage import changes
from storage.rows import (
    AccountRow,
    RevisionRow,
    WorkspaceRow,
    account_from,
    revision_from,
    revision_row,
    workspace_from,
)
from storage.snapshot import ACCOUNT_COLUMNS, ORGANIZATION, columns_of, constant
from storage.sql import Bulk, Dialect, Row, Statement, Steps, ask, ask_bulk, wanted
from storage.tables import ACCOUNT, LEARNER, REVISION, ROLE, SOURCE, WORKSPACE


def _newest(dialect: Dialect) -> ClauseElement:
    ours = REVISION.c.organization == ORGANIZATION
    return (
        select(*columns_of(REVISION, "organization"))
        .where(ours)
        .order_by(desc(REVISION.c.number))
        .limit(bindparam("most"))
    )


def _sources(dialect: Dialect) -> ClauseElement:
    rows = wanted("organization", "digest")
    same = and_(SOURCE.c.organization == rows.c.organization, SOURCE.c.digest == rows.c.digest)
    return select(SOURCE.c.digest, SOURCE.c.text).join_from(rows, SOURCE, same)


def _people_with(dialect: Dialect) -> ClauseElement:
    held = and_(ROLE.c.learner == LEARNER.c.id, ROLE.c.role == bindparam("role"))
    return (
        select(*columns_of(WORKSPACE, "seq"), *ACCOUNT_COLUMNS)
        .join_from(ACCOUNT, WORKSPACE, WORKSPACE.c.id == ACCOUNT.c.workspace)
        .join(LEARNER, LEARNER.c.id == ACCOUNT.c.learner)
        .join(ROLE, held)
        .where(
            ACCOUNT.c.organization == ORGANIZATION,
            ACCOUNT.c.reachable,
            WORKSPACE.c.active,
            LEARNER.c.status == constant(Status.ACTIVE),
        )
        .order_by(WORKSPACE.c.seq, ACCOUNT.c.external)
    )


NEWEST: Statement[RevisionRow] = Statement(_newest)
SOURCES: Bulk[tuple[str, str]] = Bulk(_sources)
PEOPLE_WITH: Statement[tuple[object, ...]] = Statement(_people_with)
NEW_REVISIONS = changes.add_unseen(REVISION, "organization", "number")
NEW_SOURCES = changes.add_unseen(SOURCE, "organization", "digest")


def digest(text: bytes) -> str:
    """Name a file's content: the SHA-256 in hexadecimal digits."""
    return hashlib.sha256(text).hexdigest()


def newest(organization: Organization, most: int) -> Steps[list[Revision]]:
    """Read the newest revisions, the newest first."""
    rows = yield from ask(NEWEST, organization=organization.id, most=most)
    return list(map(revision_from, rows))


def sources(organization: Organization, revision: Revision) -> Steps[dict[str, bytes]]:
    """Read the files of a revision by their paths.

    Raises:
        Conflict: a text is not there; then nothing of it is returned.
    """
    wanted_rows: list[Row] = [(organization.id, each) for each in sorted(set(revision.files.values()))]
    found = dict((yield from ask_bulk(SOURCES, wanted_rows)))
    if len(found) < len(wanted_rows):
        raise Conflict(f"revision {revision.number} is not there in full")
    return {path: found[each].encode() for path, each in revision.files.items()}


def accept(
    organization: Organization,
    files: Mapping[str, bytes],
    author: str,
    way: str,
    summary: Sequence[str],
    after: int,
    now: datetime,
) -> Steps[Revision]:
    """Store a state of the catalogue as the revision after number `after`.

    Raises:
        Conflict: another revision was accepted meanwhile.
    """
    last = yield from newest(organization, 1)
    if (last[0].number if last else 0) != after:
        raise Conflict(f"revision {after} is not the newest any more")
    named = {path: digest(text) for path, text in files.items()}
    known = set(last[0].files.values()) if last else set()
    texts = {named[path]: text.decode() for path, text in files.items() if named[path] not in known}
    yield from ask_bulk(NEW_SOURCES, [(organization.id, each, text) for each, text in texts.items()])
    made = Revision(after + 1, now, author, way, named, tuple(summary))
    yield from ask_bulk(NEW_REVISIONS, [revision_row(made, organization.id)])
    return made


def people_with(organization: Organization, role: Role) -> Steps[list[tuple[Workspace, Account]]]:
    """Read the reachable accounts of those who hold a role and take part."""
    rows = yield from ask(PEOPLE_WITH, organization=organization.id, role=role.value)
    return [
        (workspace_from(cast("WorkspaceRow", row[:5])), account_from(cast("AccountRow", row[5:])))
        for row in rows
    ]
