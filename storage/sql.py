"""How the store speaks to a database: statements are written in SQLAlchemy Core and compiled once to text.

What the store does is a generator that yields `Call`s and is sent their rows. It never sees a connection, so
that the same steps run in SQLite's writer thread and on asyncpg; see `storage.sqlite` and `storage.postgres`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import Generic, TypeVar, cast

from sqlalchemy import CTE, BigInteger, ClauseElement, Text, bindparam, column, values
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect as Compilation
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import KeyedColumnElement

from storage.tables import AnyTable

Value = str | int | bytes | None
"""What goes into and comes out of a column."""

Row = tuple[Value, ...]
Rows = Sequence[Row]
Insert = sqlite.Insert | postgresql.Insert
Wanted = CTE[ReadOnlyColumnCollection[str, KeyedColumnElement[object]]]

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
T = TypeVar("T")

LONGEST = 64
"""The most rows that one statement takes at once."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One of the two databases, for what they do not say alike."""

    compilation: Compilation
    insert: Callable[[AnyTable], Insert]
    locks: bool
    """Whether others write at the same time, so that rows are locked before they are judged."""
    numbered: bool
    """Whether parameters are written $1, $2 rather than ?."""
    exact: int
    """Up to how many rows each number of them has a text of its own: a connection keeps so many prepared."""


_POSTGRESQL = postgresql.dialect(paramstyle="qmark")  # type: ignore[no-untyped-call]  # theirs is untyped
SQLITE = Dialect(sqlite.dialect(paramstyle="qmark"), sqlite.insert, locks=False, numbered=False, exact=32)
POSTGRES = Dialect(_POSTGRESQL, postgresql.insert, locks=True, numbered=True, exact=1)


@dataclass(frozen=True, slots=True, eq=False)
class Statement(Generic[R_co]):
    """One statement, whose rows are of type R; `build` returns None where a dialect has no need of it."""

    build: Callable[[Dialect], ClauseElement | None]


@dataclass(frozen=True, slots=True, eq=False)
class Bulk(Generic[R_co]):
    """A statement over any number of rows, in whose text exactly one `VALUES (...)` is repeated for them."""

    build: Callable[[Dialect], ClauseElement | None]


@dataclass(frozen=True, slots=True)
class Call:
    """A statement with its parameters by name."""

    statement: Statement[object]
    parameters: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class BulkCall:
    """A statement with its rows."""

    statement: Bulk[object]
    rows: Rows


Steps = Generator[Call | BulkCall, Rows, T]
"""A conversation with the database that ends in a T."""


def ask(statement: Statement[R], /, **parameters: Value) -> Steps[Sequence[R]]:
    """Run a statement and return its rows."""
    rows = yield Call(statement, parameters)
    return cast("Sequence[R]", rows)


def ask_bulk(statement: Bulk[R], rows: Sequence[Row]) -> Steps[Sequence[R]]:
    """Run a statement over rows and return what it says of them; without rows there is nothing to run."""
    if not rows:
        return ()
    answer = yield BulkCall(statement, rows)
    return cast("Sequence[R]", answer)


def wanted(*columns: str) -> Wanted:
    """Make the rows of a bulk statement a table `wanted`; a name that starts with # is of whole numbers."""
    types = {name.lstrip("#"): BigInteger() if name.startswith("#") else Text() for name in columns}
    row = tuple(sql_cast(bindparam(name), kind) for name, kind in types.items())
    return (
        values(*(column(name, kind) for name, kind in types.items()), name="wanted").data([row]).cte("wanted")
    )


@dataclass(frozen=True, slots=True)
class _Text:
    text: str
    arguments: Callable[[Mapping[str, Value]], Row]


class Compiler:
    """Gives the text of statements in one dialect, each compiled when it is first needed."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._texts: dict[Statement[object], _Text | None] = {}
        self._parts: dict[Bulk[object], tuple[str, str, str] | None] = {}
        self._bulk: dict[tuple[Bulk[object], int], str] = {}

    def text(self, call: Call) -> tuple[str, Row] | None:
        """Return the text of a call and its arguments in order, or None where there is nothing to run."""
        try:
            found = self._texts[call.statement]
        except KeyError:
            found = self._texts[call.statement] = self._single(call.statement)
        return (found.text, found.arguments(call.parameters)) if found else None

    def texts(self, call: BulkCall) -> Iterator[tuple[str, Row]]:
        """Yield text and arguments for a call's rows, all at once where they are few, else by powers of two.

        So few texts cover any number of rows, and each is prepared once in the life of a connection.
        """
        start, left, exact = 0, len(call.rows), self._dialect.exact
        while left:
            size = left if left <= exact else min(LONGEST, 1 << (left.bit_length() - 1))
            text = self._portion(call.statement, size)
            if text is None:
                return
            rows = call.rows[start : start + size]
            yield text, rows[0] if size == 1 else tuple(chain.from_iterable(rows))
            start, left = start + size, left - size

    def _portion(self, statement: Bulk[object], size: int) -> str | None:
        key = (statement, size)
        if key not in self._bulk:
            if statement not in self._parts:
                self._parts[statement] = self._split(statement)
            parts = self._parts[statement]
            if parts is None:
                return None
            head, row, tail = parts
            self._bulk[key] = self._numbered(head + ", ".join([row] * size) + tail)
        return self._bulk[key]

    def _single(self, statement: Statement[object]) -> _Text | None:
        compiled = self._compile(statement.build(self._dialect))
        if compiled is None:
            return None
        names = compiled.positiontup or []
        constants = {name: value for name, value in compiled.params.items() if value is not None}
        return _Text(self._numbered(compiled.string), _in_order(names, constants))

    def _split(self, statement: Bulk[object]) -> tuple[str, str, str] | None:
        compiled = self._compile(statement.build(self._dialect))
        if compiled is None:
            return None
        text = compiled.string
        start = text.index("VALUES (") + len("VALUES ")
        end = _closing(text, start) + 1
        if "?" in text[:start] + text[end:]:
            raise ValueError(f"a parameter that is in no row: {text}")
        return text[:start], text[start:end], text[end:]

    def _compile(self, statement: ClauseElement | None) -> SQLCompiler | None:
        if statement is None:
            return None
        return cast("SQLCompiler", statement.compile(dialect=self._dialect.compilation))

    def _numbered(self, text: str) -> str:
        if not self._dialect.numbered:
            return text
        first, *rest = text.split("?")
        return first + "".join(f"${number}{part}" for number, part in enumerate(rest, 1))


def _in_order(names: Sequence[str], constants: Mapping[str, Value]) -> Callable[[Mapping[str, Value]], Row]:
    if not names:
        return lambda parameters: ()
    if constants:
        inner = _in_order(names, {})
        return lambda parameters: inner({**constants, **parameters})
    if len(names) == 1:
        name = names[0]
        return lambda parameters: (parameters[name],)
    return itemgetter(*names)


def _closing(text: str, opening: int) -> int:
    depth = 0
    for place in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if not depth:
            return place
    raise ValueError(f"no closing bracket in {text!r}")
