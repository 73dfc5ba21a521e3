"""The part of the store that sees to who may see what, and who did."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import cast

import orjson
from sqlalchemy import ClauseElement, bindparam, literal_column, select, update

from bot.model import Organization, Role
from bot.privacy.audit import FIRST, Action, Entry, Note, sealed
from bot.privacy.tokens import Token
from storage.changes import Nothing, insertion
from storage.privacy_tables import API_TOKEN, AUDIT
from storage.rows import micros, moment, to_text
from storage.running import Running
from storage.snapshot import ORGANIZATION, columns_of
from storage.sql import Bulk, Call, Dialect, Statement, Steps, Value, ask, ask_bulk

_EntryRow = tuple[int, int, str, str, str, str, str, str]
_TokenRow = tuple[str, str, str, str, int, int | None, int | None]


def _last(dialect: Dialect) -> ClauseElement:
    found = select(AUDIT.c.number, AUDIT.c.seal).where(AUDIT.c.organization == ORGANIZATION)
    return found.order_by(AUDIT.c.number.desc()).limit(literal_column("1"))


def _entry(dialect: Dialect) -> ClauseElement:
    return insertion(dialect, AUDIT)


def _entries(dialect: Dialect) -> ClauseElement:
    ours = (AUDIT.c.organization == ORGANIZATION, AUDIT.c.number > bindparam("after"))
    return select(*columns_of(AUDIT, "organization")).where(*ours).order_by(AUDIT.c.number)


def _add_token(dialect: Dialect) -> ClauseElement:
    return insertion(dialect, API_TOKEN)


def _tokens(dialect: Dialect) -> ClauseElement:
    ours = API_TOKEN.c.organization == ORGANIZATION
    return select(*columns_of(API_TOKEN, "organization")).where(ours).order_by(API_TOKEN.c.created_at.desc())


def _token(dialect: Dialect) -> ClauseElement:
    ours = (API_TOKEN.c.organization == ORGANIZATION, API_TOKEN.c.id == bindparam("token"))
    return select(*columns_of(API_TOKEN, "organization")).where(*ours)


def _revoke(dialect: Dialect) -> ClauseElement:
    ours = (API_TOKEN.c.organization == ORGANIZATION, API_TOKEN.c.id == bindparam("token"))
    made = update(API_TOKEN).where(*ours, API_TOKEN.c.revoked_at.is_(None))
    return made.values(revoked_at=bindparam("now")).returning(API_TOKEN.c.id)


LAST: Statement[tuple[int, str]] = Statement(_last)
ENTRY: Bulk[Nothing] = Bulk(_entry)
ENTRIES: Statement[_EntryRow] = Statement(_entries)
ADD_TOKEN: Bulk[Nothing] = Bulk(_add_token)
TOKENS: Statement[_TokenRow] = Statement(_tokens)
TOKEN: Statement[_TokenRow] = Statement(_token)
REVOKE: Statement[tuple[str]] = Statement(_revoke)


def append(organization: Organization, note: Note, at: datetime) -> Steps[Entry]:
    """Append to the audit log; of two at once the second is begun anew, since the number is taken."""
    rows = yield from ask(LAST, organization=organization.id)
    number, before = rows[0] if rows else (0, FIRST)
    made = sealed(number + 1, at, note, before)
    values = (note.who, note.action.value, note.subject, to_text(dict(note.about)))
    row = (organization.id, made.number, micros(at), *values, made.before, made.seal)
    yield from ask_bulk(ENTRY, [row])
    return made


def _entry_from(row: _EntryRow) -> Entry:
    number, at, who, action, subject, about, before, seal = row
    note = Note(who, Action(action), subject, orjson.loads(about))
    return Entry(number, moment(at), note, before, seal)


def _token_from(row: _TokenRow) -> Token:
    name, role, label, digest, created, expires, revoked = row
    return Token(
        name,
        Role(role),
        label,
        digest,
        moment(created),
        moment(expires) if expires is not None else None,
        moment(revoked) if revoked is not None else None,
    )


class Privacy(Running):
    """What the store keeps for privacy."""

    async def note(self, note: Note) -> Entry:
        """Append to the audit log."""
        return await self._write(lambda: append(self._organization, note, self._clock()))

    async def audit_log(self, after: int) -> AsyncIterator[Entry]:
        """Yield the entries of the audit log after a number, in their order."""
        call = Call(ENTRIES, {"organization": self._organization.id, "after": after})
        async for page in self._pages(call):
            for row in page:
                yield _entry_from(cast("_EntryRow", row))

    async def add_token(self, token: Token) -> None:
        """Keep a token."""
        expires = micros(token.expires_at) if token.expires_at is not None else None
        about = (token.role.value, token.name, token.digest, micros(token.created_at), expires, None)
        row = (token.id, self._organization.id, *about)
        await self._write(lambda: ask_bulk(ADD_TOKEN, [row]))

    async def tokens(self) -> Sequence[Token]:
        """Return every token, the newest first."""
        rows = await self._read(ask(TOKENS, organization=self._organization.id))
        return [_token_from(row) for row in rows]

    async def token(self, name: str) -> Token | None:
        """Return a token by its id."""
        rows = await self._read(ask(TOKEN, organization=self._organization.id, token=name))
        return _token_from(rows[0]) if rows else None

    async def revoke_token(self, name: str, at: datetime) -> bool:
        """Take a token back; False where there is none of the id that is not revoked yet."""
        asked: dict[str, Value] = {"organization": self._organization.id, "token": name, "now": micros(at)}
        return bool(await self._write(lambda: ask(REVOKE, **asked)))
