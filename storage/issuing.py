"""Digests that were issued, and who was counted in those of small groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import orjson
from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    Select,
    Text,
    and_,
    bindparam,
    distinct,
    exists,
    func,
    literal_column,
    select,
)

from bot.measurement.answers import Item
from bot.measurement.keeping import packed, unpacked
from bot.measurement.sets import SMALL, Began, Issued, Sets
from bot.measurement.tally import PLACED, GroupKind
from bot.model import Organization
from bot.privacy.overlapping import Placed
from storage.changes import Nothing, insertion
from storage.measured_tables import DIGEST_ISSUE, EXPOSURE, ISSUED_SET, SAID
from storage.rows import micros
from storage.snapshot import ORGANIZATION
from storage.sql import Bulk, Dialect, Row, Statement, Steps, Value, ask, ask_bulk
from storage.tallies import counted, member_with, those

# ---------------------------------------------------------------- people and their groups


def _placed(dialect: Dialect) -> ClauseElement:
    """Count who began which program on which day, by the groups that they are in."""
    member, began = member_with(**{kind.value: kind for kind in PLACED}), EXPOSURE.c
    columns = [*(member.c[kind.value] for kind in PLACED), began.program, began.on_day]
    found = select(*columns, func.count()).join_from(EXPOSURE, member, began.learner == member.c.learner)
    return found.where(counted(member), began.on_day <= bindparam("day")).group_by(*columns)


def _placed_once(dialect: Dialect) -> ClauseElement:
    """Count who began any program, each once."""
    member, began = member_with(**{kind.value: kind for kind in PLACED}), EXPOSURE.c
    groups = [member.c[kind.value] for kind in PLACED]
    each = (
        select(*groups, func.min(began.on_day).label("on_day"))
        .join_from(EXPOSURE, member, began.learner == member.c.learner)
        .where(counted(member), began.on_day <= bindparam("day"))
        .group_by(member.c.learner, *groups)
        .subquery()
    )
    found: Select[*tuple[object, ...]] = select(*each.c, func.count())
    return found.group_by(*each.c)


def _placed_saying(dialect: Dialect) -> ClauseElement:
    """Count who has answered something."""
    member, day = member_with(**{kind.value: kind for kind in PLACED}), bindparam("day", type_=Text())
    groups = [member.c[kind.value] for kind in PLACED]
    said = (SAID.c.item == bindparam("item"), SAID.c.after.is_not(None))
    holds = (SAID.c.organization == ORGANIZATION, SAID.c.until_on > day, SAID.c.from_on <= day)
    found: Select[*tuple[object, ...]] = select(*groups, func.count())
    joined = found.join_from(SAID, member, SAID.c.learner == member.c.learner)
    return joined.where(*said, *holds, counted(member)).group_by(*groups)


PLACED_PEOPLE: Statement[tuple[str, str, str, str, str, str, str, int]] = Statement(_placed)
PLACED_ONCE: Statement[tuple[str, str, str, str, str, str, int]] = Statement(_placed_once)
PLACED_SAYING: Statement[tuple[str, str, str, str, str, int]] = Statement(_placed_saying)

_BeganRow = tuple[str, str, str, str]


def _began(kind: GroupKind) -> Statement[_BeganRow]:
    """Read of the people of small groups when each began which program."""

    def build(dialect: Dialect) -> ClauseElement:
        member = member_with(grp=kind)
        joined = and_(EXPOSURE.c.learner == member.c.learner, EXPOSURE.c.on_day <= bindparam("day"))
        people: ColumnElement[int] = func.count(distinct(member.c.learner))
        small = (
            select(member.c.grp)
            .join_from(member, EXPOSURE, joined)
            .where(counted(member))
            .group_by(member.c.grp)
            .having(people < literal_column(str(SMALL)))
        )
        columns = (member.c.grp, member.c.learner, EXPOSURE.c.program, EXPOSURE.c.on_day)
        return (
            select(*columns)
            .join_from(member, EXPOSURE, joined)
            .where(counted(member), member.c.grp.in_(small))
        )

    return Statement(build)


def _those_began(dialect: Dialect) -> ClauseElement:
    member = those(dialect)
    joined = and_(EXPOSURE.c.learner == member.c.learner, EXPOSURE.c.on_day <= bindparam("day"))
    columns = (member.c.grp, member.c.learner, EXPOSURE.c.program, EXPOSURE.c.on_day)
    return select(*columns).join_from(member, EXPOSURE, joined)


BEGAN = {kind: _began(kind) for kind in GroupKind}
THOSE_BEGAN: Statement[_BeganRow] = Statement(_those_began)


def read_placed(organization: Organization, day: date) -> Steps[Sequence[Placed]]:
    """Count people by the groups that they are in, by program and by the day on which they began it."""
    about = {"organization": organization.id, "day": day.isoformat()}
    rows = yield from ask(PLACED_PEOPLE, **about)
    found = [Placed(row[:5], row[5], date.fromisoformat(row[6]), row[7]) for row in rows]
    once = yield from ask(PLACED_ONCE, **about)
    return [*found, *(Placed(row[:5], "", date.fromisoformat(row[5]), row[6]) for row in once)]


def read_placed_saying(organization: Organization, item: Item, day: date) -> Steps[Sequence[Placed]]:
    """Count people who have answered something by the groups that they are in."""
    about = {"organization": organization.id, "day": day.isoformat(), "item": item.value}
    rows = yield from ask(PLACED_SAYING, **about)
    return [Placed(row[:5], "", day, row[5]) for row in rows]


def read_began(organization: Organization, kind: GroupKind, day: date) -> Steps[Mapping[str, Began]]:
    """Read of the people of small groups when each began which program."""
    rows = yield from ask(BEGAN[kind], organization=organization.id, day=day.isoformat())
    return _by_group(rows)


def read_those(people: Sequence[str], day: date) -> Steps[Began]:
    """Read of some people when each began which program."""
    rows = yield from ask(THOSE_BEGAN, people=" ".join(people), day=day.isoformat())
    return _by_group(rows).get("", {})


def _by_group(rows: Sequence[_BeganRow]) -> dict[str, dict[str, dict[str, date]]]:
    found: dict[str, dict[str, dict[str, date]]] = {}
    for grp, learner, program, on in rows:
        found.setdefault(grp, {}).setdefault(learner, {})[program] = date.fromisoformat(on)
    return found


# ---------------------------------------------------------------- issues

_Issue, _Set = DIGEST_ISSUE.c, ISSUED_SET.c


def _issues(dialect: Dialect) -> ClauseElement:
    """Read the newest issue of a week for every group of a kind."""
    later = DIGEST_ISSUE.alias("later").c
    same = (
        getattr(later, name) == getattr(_Issue, name) for name in ("organization", "week", "kind", "value")
    )
    newer = exists(select(later.number).where(*same, later.number > _Issue.number).correlate(DIGEST_ISSUE))
    here = and_(
        _Set.organization == _Issue.organization,
        _Set.week == _Issue.week,
        _Set.kind == _Issue.kind,
        _Set.value == _Issue.value,
    )
    found = select(_Issue.value, _Issue.body, _Set.people, _Set.rows).select_from(
        DIGEST_ISSUE.outerjoin(ISSUED_SET, here)
    )
    ours = (_Issue.organization == ORGANIZATION, _Issue.kind == bindparam("kind"))
    return found.where(*ours, _Issue.week == bindparam("week"), ~newer)


def _one(dialect: Dialect) -> ClauseElement:
    ours = (_Issue.organization == ORGANIZATION, _Issue.kind == bindparam("kind"))
    wanted = (_Issue.week == bindparam("week"), _Issue.value == bindparam("value"))
    found = select(_Issue.body).where(*ours, *wanted).order_by(_Issue.number.desc())
    return found.limit(literal_column("1"))


def _around(dialect: Dialect) -> ClauseElement:
    """Find the last week before one that was issued for a kind, and the first after it."""
    ours = (_Issue.organization == ORGANIZATION, _Issue.kind == bindparam("kind"))
    week = bindparam("week", type_=_Issue.week.type)
    before = select(func.max(_Issue.week)).where(*ours, _Issue.week < week).scalar_subquery()
    after = select(func.min(_Issue.week)).where(*ours, _Issue.week > week).scalar_subquery()
    return select(before, after)


def _weeks(dialect: Dialect) -> ClauseElement:
    newest = func.max(_Issue.number)
    columns = (_Issue.week, func.min(_Issue.issued_at), newest)
    ours = (_Issue.organization == ORGANIZATION, _Issue.kind == bindparam("kind"))
    return select(*columns).where(*ours).group_by(_Issue.week).order_by(_Issue.week.desc())


def _add(dialect: Dialect) -> ClauseElement:
    made = insertion(dialect, DIGEST_ISSUE)
    return made.on_conflict_do_nothing(index_elements=list(DIGEST_ISSUE.primary_key))


def _add_set(dialect: Dialect) -> ClauseElement:
    made = insertion(dialect, ISSUED_SET)
    changed = {"people": made.excluded.people, "rows": made.excluded.rows}
    return made.on_conflict_do_update(index_elements=list(ISSUED_SET.primary_key), set_=changed)


ISSUES: Statement[tuple[str, bytes, str | None, str | None]] = Statement(_issues)
ONE: Statement[tuple[bytes]] = Statement(_one)
AROUND: Statement[tuple[str | None, str | None]] = Statement(_around)
WEEKS: Statement[tuple[str, int, int]] = Statement(_weeks)
ADD: Bulk[Nothing] = Bulk(_add)
ADD_SET: Bulk[Nothing] = Bulk(_add_set)


def read_issues(organization: Organization, week: str, kind: GroupKind) -> Steps[Mapping[str, Issued]]:
    """Read the newest issue of a week for every group of a kind, with who was counted in small ones."""
    rows = yield from ask(ISSUES, organization=organization.id, week=week, kind=kind.value)
    return {
        value: Issued(unpacked(bytes(body)), _sets(people, told) if people is not None and told else None)
        for value, body, people, told in rows
    }


def read_issue(organization: Organization, week: str, kind: GroupKind, value: str) -> Steps[bytes | None]:
    """Read the newest issue of a week for one group."""
    about = {"week": week, "kind": kind.value, "value": value}
    rows = yield from ask(ONE, organization=organization.id, **about)
    return bytes(rows[0][0]) if rows else None


def read_around(
    organization: Organization, week: str, kind: GroupKind
) -> Steps[tuple[str | None, str | None]]:
    """Read which weeks before and after one were issued last and first."""
    rows = yield from ask(AROUND, organization=organization.id, week=week, kind=kind.value)
    return rows[0]


def put_issues(organization: Organization, issues: Mapping[str, Issued], issued_at: datetime) -> Steps[None]:
    """Keep digests of one week and kind; where there is one of the number already, that stays.

    A digest and who was counted in it are written together or not at all.
    """
    rows: list[Row] = []
    sets: list[Row] = []
    for value, each in issues.items():
        digest = each.digest
        key: tuple[Value, ...] = (organization.id, digest.week, digest.group.kind.value, value)
        rows.append((*key, digest.issue.number, micros(issued_at), packed(digest)))
        if each.sets is not None:
            sets.append((*key, *_told(each.sets)))
    yield from ask_bulk(ADD, rows)
    yield from ask_bulk(ADD_SET, sets)


def _told(sets: Sets) -> tuple[str, str]:
    """Write sets as the keys of all people in a row, and of each set the places of its people in that row."""
    everybody = sorted(sets.people.union(*sets.rows.values()))
    at = {who: number for number, who in enumerate(everybody)}
    rows = {name: sorted(at[who] for who in people) for name, people in sets.rows.items()}
    return " ".join(everybody), orjson.dumps({"": sorted(at[who] for who in sets.people), **rows}).decode()


def _sets(people: str, told: str) -> Sets:
    everybody = people.split(" ")
    rows = {
        name: frozenset(everybody[number] for number in numbers)
        for name, numbers in orjson.loads(told).items()
    }
    return Sets(rows.pop(""), rows)
