"""People's dated facts, counted group by group as of a day; and what tells of real use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import (
    CTE,
    BindParameter,
    ClauseElement,
    ColumnElement,
    Select,
    Text,
    and_,
    bindparam,
    case,
    distinct,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.elements import KeyedColumnElement

from bot.events import Evidence
from bot.measurement import metrics
from bot.measurement.eligibility import Source, Standing
from bot.measurement.retention import WEEKS
from bot.measurement.standings import BASELINE, named
from bot.measurement.tally import Begun, First, GroupKind, Met, Tally, Use, Week
from bot.measurement.uses import Grain, detail_of
from bot.model import Organization, Role
from storage.measured_tables import ACTIVE_WEEK, EXPOSURE, REACHED, SPELL, UNMEASURED, USAGE_SOURCE
from storage.snapshot import ORGANIZATION, constant
from storage.sql import Dialect, Statement, Steps, ask
from storage.tables import LEARNER, PERSON, ROLE, ROSTER

Member = CTE[ReadOnlyColumnCollection[str, KeyedColumnElement[object]]]

_NOTHING: ColumnElement[str] = literal_column("''")
_NEVER: ColumnElement[str] = literal_column("'9999-12-31'")

# Of these the day matters: it tells when people began.
_DATED = (BASELINE, *(named(metrics.RETAINED, week) for week in WEEKS))


Members = Callable[[Dialect], Member]
"""Says of whom something is counted, in which group they are, and whether they are counted."""


def members_of(kind: GroupKind) -> Members:
    """Mean everybody, in the groups of a kind."""
    return lambda dialect: member_with(grp=kind)


def those(dialect: Dialect) -> Member:
    """Mean those whose keys `people` has, with spaces between: one group, wherever they are by now."""
    people: BindParameter[str] = bindparam("people", type_=Text())
    if dialect.locks:
        keys = (
            func.unnest(func.string_to_array(people, literal_column("' '")))
            .table_valued("value")
            .render_derived()
        )
    else:
        first, between, last = (_words(each) for each in ('["', '","', '"]'))
        listed = func.replace(people, _words(" "), between)
        keys = func.json_each(first.concat(listed).concat(last)).table_valued("value")
    grp, standing = _NOTHING.label("grp"), constant(Standing.ELIGIBLE).label("standing")
    return select(keys.c.value.label("learner"), grp, standing).cte("member")


def _words(words: str) -> ColumnElement[str]:
    return literal_column(f"'{words}'")


def member_with(**kinds: GroupKind) -> Member:
    """Say of everybody in which groups they are as of `day`, and whether they are counted.

    Of whom the roster tells nothing about that day, what is known today holds; who is not on it any more has
    left.
    """
    day: BindParameter[str] = bindparam("day")
    covers = and_(
        ROSTER.c.organization == PERSON.c.organization,
        ROSTER.c.person == PERSON.c.name,
        ROSTER.c.from_on <= day,
        or_(ROSTER.c.until_on.is_(None), ROSTER.c.until_on > day),
    )
    held = exists(
        select(ROSTER.c.person)
        .where(
            ROSTER.c.organization == PERSON.c.organization,
            ROSTER.c.person == PERSON.c.name,
            ROSTER.c.from_on <= day,
        )
        .correlate(PERSON)
    )
    on_roster = ROSTER.c.person.is_not(None)
    late = or_(
        and_(ROSTER.c.ends_on != _NOTHING, ROSTER.c.ends_on < day),
        and_(ROSTER.c.starts_on != _NOTHING, ROSTER.c.starts_on > day),
    )
    has_left = case(
        (on_roster, late),
        (and_(PERSON.c.name.is_not(None), held), true()),
        else_=func.coalesce(LEARNER.c.left_on, _NEVER) <= day,
    )
    out = (
        UNMEASURED.c.learner == LEARNER.c.id,
        UNMEASURED.c.from_on <= day,
        or_(UNMEASURED.c.until_on.is_(None), UNMEASURED.c.until_on > day),
    )
    is_out = exists(select(UNMEASURED.c.learner).where(*out).correlate(LEARNER))
    standing = case(
        (has_left, constant(Standing.LEFT)),
        (is_out, constant(Standing.OPTED_OUT)),
        else_=constant(Standing.ELIGIBLE),
    )
    joined = LEARNER.outerjoin(
        PERSON, and_(PERSON.c.learner == LEARNER.c.id, PERSON.c.organization == LEARNER.c.organization)
    ).outerjoin(ROSTER, covers)
    groups = (func.min(_value(kind)).label(name) for name, kind in kinds.items())
    columns = (*groups, func.min(standing).label("standing"))
    made = select(LEARNER.c.id.label("learner"), *columns).select_from(joined)
    return made.where(LEARNER.c.organization == ORGANIZATION).group_by(LEARNER.c.id).cte("member")


def _value(kind: GroupKind) -> ColumnElement[str]:
    """Return the group that somebody is in, by the roster where it tells, else by what they chose."""
    if kind is GroupKind.ALL:
        return _NOTHING
    if kind is GroupKind.ROLE:
        return _teaches()
    of_roster = func.nullif(ROSTER.c[kind.value], _NOTHING)
    chosen = {
        GroupKind.JOB_FAMILY: LEARNER.c.job_family,
        GroupKind.COHORT: LEARNER.c.cohort,
        GroupKind.INDUSTRY: LEARNER.c.industry,
    }.get(kind)
    return func.coalesce(of_roster, *([] if chosen is None else [chosen]), _NOTHING)


def _teaches() -> ColumnElement[str]:
    """Tell those who teach from all others, by the roster or by what was granted."""
    theirs = (ROLE.c.learner == LEARNER.c.id, ROLE.c.role == constant(Role.LND))
    granted = exists(select(ROLE.c.role).where(*theirs).correlate(LEARNER))
    teaches = or_(ROSTER.c.role == constant(Role.LND), granted)
    return case((teaches, constant(Role.LND)), else_=_NOTHING)


def counted(member: Member) -> ColumnElement[bool]:
    """Say that somebody is employed and measured."""
    return member.c.standing == constant(Standing.ELIGIBLE)


def _begun(members: Members) -> Statement[tuple[str, str, str, str, int]]:
    def build(dialect: Dialect) -> ClauseElement:
        member = members(dialect)
        columns = (member.c.grp, EXPOSURE.c.program, EXPOSURE.c.on_day, member.c.standing)
        found = select(*columns, func.count()).join_from(
            EXPOSURE, member, member.c.learner == EXPOSURE.c.learner
        )
        return found.where(EXPOSURE.c.on_day <= bindparam("day")).group_by(*columns)

    return Statement(build)


def _people(members: Members) -> Statement[tuple[str, str, int]]:
    """Count everybody who has begun any program once."""

    def build(dialect: Dialect) -> ClauseElement:
        member = members(dialect)
        columns = (member.c.grp, member.c.standing)
        found = select(*columns, func.count(distinct(member.c.learner))).join_from(
            EXPOSURE, member, member.c.learner == EXPOSURE.c.learner
        )
        return found.where(EXPOSURE.c.on_day <= bindparam("day")).group_by(*columns)

    return Statement(build)


def _met(members: Members) -> Statement[tuple[str, str, str, str, str, str | None, int]]:
    def build(dialect: Dialect) -> ClauseElement:
        member = members(dialect)
        dated = REACHED.c.name.in_([literal_column(f"'{name}'") for name in _DATED])
        on = case((dated, REACHED.c.on_day), else_=null())
        columns = (member.c.grp, REACHED.c.program, REACHED.c.tool, REACHED.c.evidence, REACHED.c.name, on)
        found = select(*columns, func.count()).join_from(
            REACHED, member, member.c.learner == REACHED.c.learner
        )
        return found.where(REACHED.c.on_day <= bindparam("day"), counted(member)).group_by(*columns)

    return Statement(build)


def _first(members: Members) -> Statement[tuple[str, str, str, str, str, str, int]]:
    def build(dialect: Dialect) -> ClauseElement:
        member = members(dialect)
        began = and_(EXPOSURE.c.learner == REACHED.c.learner, EXPOSURE.c.program == REACHED.c.program)
        named_so = REACHED.c.name == literal_column(f"'{metrics.FIRST_QUALIFYING_WEEK.name}'")
        columns = (
            member.c.grp,
            REACHED.c.program,
            REACHED.c.tool,
            REACHED.c.evidence,
            EXPOSURE.c.on_day,
            REACHED.c.on_day,
        )
        found = (
            select(*columns, func.count())
            .join_from(REACHED, member, member.c.learner == REACHED.c.learner)
            .join(EXPOSURE, began)
        )
        here = (REACHED.c.on_day <= bindparam("day"), named_so)
        return found.where(*here, counted(member)).group_by(*columns)

    return Statement(build)


def _weeks(members: Members) -> Statement[tuple[str, str, str, int, int, bool, bool, int, int]]:
    def build(dialect: Dialect) -> ClauseElement:
        member, week = members(dialect), ACTIVE_WEEK.c
        used = case((week.uses > literal_column("0"), literal_column("1")), else_=literal_column("0"))
        many = (week.days, week.tasks, week.habitual, week.power, used)
        columns = (member.c.grp, week.tool, week.evidence, *many)
        found = select(*columns, func.count()).join_from(
            ACTIVE_WEEK, member, member.c.learner == week.learner
        )
        here = (week.organization == ORGANIZATION, week.monday == bindparam("monday"))
        return found.where(*here, counted(member), _is_trained()).group_by(*columns)

    return Statement(build)


def _is_trained() -> ColumnElement[bool]:
    begun = (EXPOSURE.c.learner == ACTIVE_WEEK.c.learner, EXPOSURE.c.on_day <= bindparam("day"))
    return exists(select(EXPOSURE.c.learner).where(*begun).correlate(ACTIVE_WEEK))


def _spells(members: Members) -> Statement[tuple[str, str, str, int, int]]:
    def build(dialect: Dialect) -> ClauseElement:
        member, day = members(dialect), bindparam("day", type_=SPELL.c.from_on.type)
        back = and_(SPELL.c.returned_on.is_not(None), SPELL.c.returned_on <= day)
        columns = (member.c.grp, SPELL.c.tool, SPELL.c.evidence)
        counts = (
            func.count(distinct(case((~back, SPELL.c.learner)))),
            func.count(distinct(case((back, SPELL.c.learner)))),
        )
        found: Select[*tuple[object, ...]] = select(*columns, *counts).join_from(
            SPELL, member, member.c.learner == SPELL.c.learner
        )
        return found.where(SPELL.c.from_on <= day, counted(member)).group_by(*columns)

    return Statement(build)


@dataclass(frozen=True, slots=True)
class _Counts:
    """The statements that count some people."""

    people: Statement[tuple[str, str, int]]
    begun: Statement[tuple[str, str, str, str, int]]
    met: Statement[tuple[str, str, str, str, str, str | None, int]]
    first: Statement[tuple[str, str, str, str, str, str, int]]
    weeks: Statement[tuple[str, str, str, int, int, bool, bool, int, int]]
    spells: Statement[tuple[str, str, str, int, int]]


def _counts(members: Members) -> _Counts:
    return _Counts(
        _people(members), _begun(members), _met(members), _first(members), _weeks(members), _spells(members)
    )


OF_KIND = {kind: _counts(members_of(kind)) for kind in GroupKind}
OF_THOSE = _counts(those)


def read_tallies(
    organization: Organization, kind: GroupKind, day: date, monday: date
) -> Steps[Mapping[str, Tally]]:
    """Count the people of every group of a kind, as of a day, with what they did in one week."""
    return (yield from _read(OF_KIND[kind], organization, day, monday, {}))


def read_tally(organization: Organization, people: Sequence[str], day: date, monday: date) -> Steps[Tally]:
    """Count some people, whichever groups they are in by now."""
    found = yield from _read(OF_THOSE, organization, day, monday, {"people": " ".join(people)})
    return found.get("") or Tally()


def _read(
    asked: _Counts, organization: Organization, day: date, monday: date, more: Mapping[str, str]
) -> Steps[Mapping[str, Tally]]:
    found: dict[str, Tally] = {}
    at = {"organization": organization.id, "day": day.isoformat(), **more}
    for grp, standing, count in (yield from ask(asked.people, **at)):
        _tally(found, grp).people[Standing(standing)] += count
    for grp, program, on, standing, count in (yield from ask(asked.begun, **at)):
        key = Begun(program, date.fromisoformat(on), Standing(standing))
        _tally(found, grp).begun[key] += count
    for grp, program, tool, evidence, name, day_, count in (yield from ask(asked.met, **at)):
        settled = date.fromisoformat(day_) if day_ else None
        _tally(found, grp).met[Met(program, tool, Evidence(evidence), name, settled)] += count
    for grp, program, tool, evidence, on, reached, count in (yield from ask(asked.first, **at)):
        days = (date.fromisoformat(on), date.fromisoformat(reached))
        _tally(found, grp).first[First(program, tool, Evidence(evidence), *days)] += count
    rows = yield from ask(asked.weeks, **at, monday=monday.isoformat())
    for grp, tool, evidence, active, tasks, habitual, power, used, count in rows:
        week = Week(tool, Evidence(evidence), active, tasks, bool(habitual), bool(power), bool(used))
        _tally(found, grp).week[week] += count
    for grp, tool, evidence, lapsed, returned in (yield from ask(asked.spells, **at)):
        use = Use(tool, Evidence(evidence))
        _tally(found, grp).lapsed[use] += lapsed
        _tally(found, grp).returned[use] += returned
    return found


def _tally(found: dict[str, Tally], grp: str) -> Tally:
    return found.setdefault(grp, Tally())


# ---------------------------------------------------------------- sources

_SourceRow = tuple[str, str, str, str, str, str | None]


def _sources(dialect: Dialect) -> ClauseElement:
    one = USAGE_SOURCE.c
    columns = (one.tool, one.source, one.grain, one.first_on, one.last_on, one.complete_through)
    return select(*columns).where(one.organization == ORGANIZATION).order_by(one.tool, one.source, one.grain)


SOURCES: Statement[_SourceRow] = Statement(_sources)


def read_sources(organization: Organization) -> Steps[Sequence[Source]]:
    """Read what tells of real use."""
    rows = yield from ask(SOURCES, organization=organization.id)
    return [*_sources_from(rows)]


def _sources_from(rows: Sequence[_SourceRow]) -> Iterable[Source]:
    for tool, source, grain, first, last, through in rows:
        days = 7 if Grain(grain) is Grain.PERIOD else 1
        yield Source(
            source or "events",
            tool,
            date.fromisoformat(through or last),
            detail_of(Grain(grain), days),
            since=date.fromisoformat(first),
        )
