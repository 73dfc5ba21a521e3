"""Values survive the way into a row and back, and statements take any number of rows."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Draw
from storage import changes, deliveries
from storage.people import is_key, new_key
from storage.rows import micros, moment
from storage.sql import LONGEST, POSTGRES, SQLITE, BulkCall, Compiler

zones = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
first, last = datetime(2, 1, 1), datetime(9998, 12, 31)  # noqa: DTZ001 - Hypothesis adds the zone
times = st.datetimes(first, last, timezones=zones)


@given(times)
def test_every_time_is_stored_exactly(at: datetime) -> None:
    """A time of any century and zone comes back to the microsecond, in UTC."""
    assert moment(micros(at)) == at
    assert moment(micros(at)).tzinfo is UTC


@given(st.lists(times))
def test_stored_times_sort_like_times(told: list[datetime]) -> None:
    """Numbers in the database are in the order of the times."""
    assert sorted(told) == sorted(told, key=micros)


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRES])
@given(count=st.integers(0, 300))
def test_a_bulk_statement_takes_every_row_once(dialect: object, count: int) -> None:
    """Few texts cover any number of rows, each with as many places as values; a few rows go at once."""
    assert dialect in (SQLITE, POSTGRES)
    known = SQLITE if dialect is SQLITE else POSTGRES
    texts = Compiler(known)
    rows = [(f"w{number}", f"i{number}") for number in range(count)]
    seen: list[object] = []
    for text, arguments in texts.texts(BulkCall(changes.TAKEN, rows)):
        places = text.count("?") if dialect is SQLITE else text.count("$")
        assert places == len(arguments)
        assert len(arguments) % 2 == 0
        portion = len(arguments) // 2
        assert portion <= LONGEST
        assert portion <= known.exact or portion & (portion - 1) == 0
        seen += arguments
    assert seen == [value for row in rows for value in row]


def test_parameters_are_numbered_for_postgresql() -> None:
    """The places of a statement are $1, $2, … in the order of its arguments."""
    rows = [("d1", "C1"), ("d2", "C2")]
    ((text, arguments),) = Compiler(POSTGRES).texts(BulkCall(deliveries.DIRECT, rows))
    assert arguments == ("d1", "C1", "d2", "C2")
    assert [text.find(f"${number}") > 0 for number in (1, 2, 3, 4, 5)] == [True] * 4 + [False]


def test_keys_are_random_and_known_as_such() -> None:
    """A new key has 26 characters, as one that a decision draws, and nothing else is taken for one."""
    keys = {new_key() for _ in range(100)}
    keys |= {Draw(b"salt", "T1/U1", f"{number}").id("learner") for number in range(100)}
    assert len(keys) == 200
    assert all(map(is_key, keys))
    assert not any(map(is_key, ["", "a" * 25, "a" * 27, "A" * 26, "g" * 26, "ann@example.com.example.com"]))
