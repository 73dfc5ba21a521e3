"""Uses rolled up by the day, in the write that brings them, and the dated facts that are made of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import cast

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal_column,
    select,
)

from bot.events import AdoptionEvent, EventType, Evidence
from bot.measurement.answers import Answer, Item, answer_of
from bot.measurement.standings import Standings
from bot.measurement.stored import Unsettled
from bot.measurement.uses import Grain, Use, uses_of
from bot.model import Learner, Organization, Span
from storage.changes import Nothing, add, add_unseen, insertion
from storage.measured_tables import (
    ACTIVE_WEEK,
    ANSWER,
    COMPLETED,
    EXPOSURE,
    REACHED,
    SAID,
    SPELL,
    STANDINGS,
    UNSETTLED,
    USAGE_SOURCE,
    USE_DAY,
)
from storage.rows import EventRow, LearnerRow, event_from, event_row, learner_from, span_from
from storage.snapshot import ORGANIZATION, columns_of, constant, learner_columns
from storage.sql import Bulk, Dialect, Row, Statement, Steps, ask, ask_bulk, wanted
from storage.tables import ACCOUNT, ADOPTION_EVENT, LEARNER, PERSON, ROSTER, AnyTable

_RESTING = frozenset({EventType.TOOL_USED, EventType.LESSON_COMPLETED, EventType.SETTING_CHANGED})


def is_counted(event: AdoptionEvent) -> bool:
    """Say whether somebody's facts rest upon an event."""
    return event.type in _RESTING or any(answer_of(event))


# ---------------------------------------------------------------- rolling up


def _unseen(dialect: Dialect) -> ClauseElement:
    made = insertion(dialect, ADOPTION_EVENT)
    return made.on_conflict_do_nothing(index_elements=["organization", "id"]).returning(ADOPTION_EVENT.c.id)


def _use(dialect: Dialect) -> ClauseElement:
    """Add single uses to those of their day; of every other grain the source's last word holds."""
    made = insertion(dialect, USE_DAY)
    is_event = USE_DAY.c.grain == constant(Grain.EVENT)
    count = case((is_event, USE_DAY.c.count + made.excluded["count"]), else_=made.excluded["count"])
    changed = {"count": count, "active_days": made.excluded.active_days}
    return made.on_conflict_do_update(index_elements=list(USE_DAY.primary_key), set_=changed)


def _completed(dialect: Dialect) -> ClauseElement:
    made = insertion(dialect, COMPLETED)
    new, known = made.excluded.on_day, COMPLETED.c.on_day
    return made.on_conflict_do_update(
        index_elements=["learner", "lesson"], set_={"on_day": case((new < known, new), else_=known)}
    )


def _answered(dialect: Dialect) -> ClauseElement:
    """Keep the last answer of a day; that it was asked for takes none away."""
    made = insertion(dialect, ANSWER)
    value = func.coalesce(made.excluded.value, ANSWER.c.value)
    return made.on_conflict_do_update(index_elements=list(ANSWER.primary_key), set_={"value": value})


def _told(dialect: Dialect) -> ClauseElement:
    made = insertion(dialect, USAGE_SOURCE)
    first, last, one = made.excluded.first_on, made.excluded.last_on, USAGE_SOURCE.c
    changed = {
        "first_on": case((first < one.first_on, first), else_=one.first_on),
        "last_on": case((last > one.last_on, last), else_=one.last_on),
    }
    return made.on_conflict_do_update(index_elements=list(USAGE_SOURCE.primary_key), set_=changed)


def _unsettle(dialect: Dialect) -> ClauseElement:
    made = insertion(dialect, UNSETTLED)
    return made.on_conflict_do_update(
        index_elements=["learner"], set_={"mark": UNSETTLED.c.mark + literal_column("1")}
    )


def _unsettle_all(dialect: Dialect) -> ClauseElement:
    rows = select(COMPLETED.c.learner, COMPLETED.c.organization, literal_column("1")).distinct()
    made = dialect.insert(UNSETTLED).from_select(
        ["learner", "organization", "mark"], rows.where(COMPLETED.c.organization == ORGANIZATION)
    )
    return made.on_conflict_do_update(
        index_elements=["learner"], set_={"mark": UNSETTLED.c.mark + literal_column("1")}
    )


UNSEEN: Bulk[tuple[str]] = Bulk(_unseen)
USE: Bulk[Nothing] = Bulk(_use)
TELLS: Bulk[Nothing] = Bulk(_told)
COMPLETE: Bulk[Nothing] = Bulk(_completed)
ANSWERED: Bulk[Nothing] = Bulk(_answered)
UNSETTLE: Bulk[Nothing] = Bulk(_unsettle)
UNSETTLE_ALL: Statement[Nothing] = Statement(_unsettle_all)


def add_counted(events: Sequence[AdoptionEvent], home: str) -> Steps[set[str]]:
    """Write events upon which figures rest, and roll up those that are new; return the ids of these."""
    rows = [event_row(each, home) for each in events]
    new = {row[0] for row in (yield from ask_bulk(UNSEEN, rows))}
    fresh = [each for each in events if each.id in new]
    uses: dict[Row, list[int | None]] = {}
    for use in uses_of(fresh, with_none=True):
        key = _key(use)
        before = uses.get(key)
        is_event = use.grain is Grain.EVENT
        count = use.count + (before[0] or 0 if before and is_event else 0)
        uses[key] = [count, use.active_days]
    yield from ask_bulk(USE, [(*key, home, *counted) for key, counted in uses.items()])
    yield from ask_bulk(TELLS, _tells(uses, home))
    completed: dict[tuple[str, str], str] = {}
    for each in fresh:
        if each.type is EventType.LESSON_COMPLETED and each.lesson is not None:
            key_, on = (each.learner, each.lesson), each.local_date.isoformat()
            completed[key_] = min(on, completed.get(key_, on))
    yield from ask_bulk(COMPLETE, [(*key_, home, on) for key_, on in completed.items()])
    yield from ask_bulk(ANSWERED, _answers(fresh, home))
    yield from unsettle({each.learner for each in fresh}, home)
    return new


def _answers(events: Iterable[AdoptionEvent], home: str) -> list[Row]:
    """Write what was asked and answered; of a day the last holds."""
    found: dict[Row, Row] = {}
    for event in sorted(events, key=lambda each: each.occurred_at):
        for said in answer_of(event):
            key: Row = (event.learner, said.item, said.phase, said.subject, said.on.isoformat())
            before = found[key][-1] if key in found else None
            found[key] = (*key, home, before if said.value is None else said.value)
    return list(found.values())


def unsettle(learners: Collection[str], home: str) -> Steps[None]:
    """Have the facts of some people made anew."""
    yield from ask_bulk(UNSETTLE, [(learner, home, 1) for learner in sorted(learners)])


def unsettle_everybody(organization: Organization) -> Steps[None]:
    """Have everybody's facts made anew: the programs or the targets may be others."""
    yield from ask(UNSETTLE_ALL, organization=organization.id)


def _tells(uses: Iterable[Row], home: str) -> list[Row]:
    """Say of which days what tells of real use has told here."""
    told: dict[Row, list[str]] = {}
    for _, tool, evidence, on, _, source, grain, _ in cast("Iterable[tuple[str, ...]]", uses):
        if evidence == Evidence.MEASURED:
            told.setdefault((home, tool, source, grain), []).append(on)
    return [(*key, min(days), max(days), None) for key, days in sorted(told.items())]


def _key(use: Use) -> Row:
    from_on = use.from_on.isoformat() if use.from_on else ""
    return (
        use.person, use.tool, use.evidence, use.on.isoformat(), use.task or "", use.source, use.grain, from_on
    )  # fmt: skip


# ---------------------------------------------------------------- making facts


def _waiting(dialect: Dialect) -> ClauseElement:
    ours = UNSETTLED.c.organization == ORGANIZATION
    found = select(UNSETTLED.c.mark, *learner_columns()).join_from(
        UNSETTLED, LEARNER, LEARNER.c.id == UNSETTLED.c.learner
    )
    return found.where(ours).order_by(UNSETTLED.c.learner).limit(bindparam("most"))


def _of(table: AnyTable) -> Bulk[tuple[object, ...]]:
    def build(dialect: Dialect) -> ClauseElement:
        rows = wanted("learner")
        return select(*columns_of(table, "organization")).join_from(
            rows, table, table.c.learner == rows.c.learner
        )

    return Bulk(build)


def _spans(dialect: Dialect) -> ClauseElement:
    rows = wanted("learner")
    same = and_(ROSTER.c.organization == PERSON.c.organization, ROSTER.c.person == PERSON.c.name)
    found = select(PERSON.c.learner, *columns_of(ROSTER, "organization"))
    return found.join_from(rows, PERSON, PERSON.c.learner == rows.c.learner).join(ROSTER, same)


def _forget(table: AnyTable) -> Bulk[Nothing]:
    def build(dialect: Dialect) -> ClauseElement:
        rows = wanted("learner")
        return delete(table).where(table.c.learner.in_(select(rows.c.learner)))

    return Bulk(build)


def _settled(dialect: Dialect) -> ClauseElement:
    rows = wanted("learner", "#mark")
    same = (rows.c.learner == UNSETTLED.c.learner, rows.c.mark == UNSETTLED.c.mark)
    return delete(UNSETTLED).where(select(rows.c.mark).where(*same).exists())


WAITING: Statement[tuple[object, ...]] = Statement(_waiting)
USES_OF = _of(USE_DAY)
COMPLETED_OF = _of(COMPLETED)
ANSWERS_OF = _of(ANSWER)
SPANS_OF: Bulk[tuple[object, ...]] = Bulk(_spans)
FORGET = tuple(_forget(table) for table in STANDINGS)
SETTLED: Bulk[Nothing] = Bulk(_settled)
EXPOSURES = add_unseen(EXPOSURE, "learner", "program")
REACHES = add(REACHED)
ACTIVE_WEEKS = add(ACTIVE_WEEK)
SPELLS = add(SPELL)
SAYS = add(SAID)


def read_unsettled(organization: Organization, most: int) -> Steps[list[Unsettled]]:
    """Read some of those whose facts are to be made anew."""
    rows = yield from ask(WAITING, organization=organization.id, most=most)
    people = {learner.id: (cast("int", row[0]), learner) for row, learner in ((r, _learner(r)) for r in rows)}
    keys: list[Row] = [(who,) for who in people]
    uses: dict[str, list[Use]] = {who: [] for who in people}
    for row in (yield from ask_bulk(USES_OF, keys)):
        use = _use_from(cast("_UseRow", row))
        uses[use.person].append(use)
    completed: dict[str, dict[str, date]] = {who: {} for who in people}
    for who, lesson, on in cast("Sequence[tuple[str, str, str]]", (yield from ask_bulk(COMPLETED_OF, keys))):
        completed[who][lesson] = date.fromisoformat(on)
    answers: dict[str, list[Answer]] = {who: [] for who in people}
    for row in (yield from ask_bulk(ANSWERS_OF, keys)):
        who, item, phase, subject, on, value = cast("tuple[str, str, str, str, str, int | None]", row)
        answers[who].append(Answer(Item(item), phase, subject, date.fromisoformat(on), value))
    spans: dict[str, list[Span]] = {who: [] for who in people}
    for row in (yield from ask_bulk(SPANS_OF, keys)):
        spans[cast("str", row[0])].append(span_from(cast("Sequence[str | None]", row[1:])))
    return [
        Unsettled(learner, mark, uses[who], completed[who], spans[who], answers[who])
        for who, (mark, learner) in people.items()
    ]


def put_standings(made: Mapping[str, tuple[int, Standings]], organization: Organization) -> Steps[None]:
    """Put the facts of some people in the place of the old ones; `made` has their marks as they were read."""
    home = organization.id
    people: list[Row] = [(who,) for who in made]
    for statement in FORGET:
        yield from ask_bulk(statement, people)
    for bulk, rows in (
        (EXPOSURES, _exposures), (REACHES, _reached), (ACTIVE_WEEKS, _active), (SPELLS, _spells),
        (SAYS, _said),
    ):  # fmt: skip
        yield from ask_bulk(bulk, [row for who, (_, it) in made.items() for row in rows(who, it, home)])
    yield from ask_bulk(SETTLED, [(who, mark) for who, (mark, _) in made.items()])


_Rows = Callable[[str, Standings, str], Iterable[Row]]


def _exposures(who: str, it: Standings, home: str) -> Iterable[Row]:
    return [(who, program, home, on.isoformat()) for program, on in it.exposed.items()]


def _reached(who: str, it: Standings, home: str) -> Iterable[Row]:
    return [(who, x.program, x.tool, x.evidence, x.name, home, x.on.isoformat()) for x in it.reached]


def _active(who: str, it: Standings, home: str) -> Iterable[Row]:
    return [
        (who, x.tool, x.evidence, x.monday.isoformat(), home, x.days, x.uses, x.habitual, x.power, x.tasks)
        for x in it.active
    ]


def _spells(who: str, it: Standings, home: str) -> Iterable[Row]:
    found: dict[Row, Row] = {}
    for x in it.spells:
        key: Row = (who, x.program, x.tool, x.evidence, x.lapse.from_on.isoformat())
        back = x.lapse.returned_on
        found[key] = (*key, home, back.isoformat() if back else None)
    return found.values()


def _said(who: str, it: Standings, home: str) -> Iterable[Row]:
    return [
        (who, x.item, x.subject, x.on.isoformat(), home, _until(x.until), x.before, x.after) for x in it.said
    ]


def _until(day: date | None) -> str:
    return (day or date.max).isoformat()


_UseRow = tuple[str, str, str, str, str, str, str, str, int, int | None]


def _use_from(row: _UseRow) -> Use:
    who, tool, evidence, on, task, source, grain, from_on, count, active = row
    return Use(
        who,
        tool,
        date.fromisoformat(on),
        Evidence(evidence),
        task or None,
        Grain(grain),
        count,
        active,
        date.fromisoformat(from_on) if from_on else None,
        source,
    )


def _learner(row: tuple[object, ...]) -> Learner:
    return learner_from(cast("LearnerRow", row[1:]))


# ---------------------------------------------------------------- whom sources mean, and what they said


def _called(
    column: ColumnElement[str | None], learner: ColumnElement[str], home: ColumnElement[str]
) -> Bulk[tuple[str, str]]:
    def build(dialect: Dialect) -> ClauseElement:
        rows = wanted("organization", "text")
        found = select(rows.c.text, learner)
        return found.where(home == rows.c.organization, column == rows.c.text).distinct()

    return Bulk(build)


BY_NAME = _called(PERSON.c.name, PERSON.c.learner, PERSON.c.organization)
BY_ADDRESS = (
    _called(PERSON.c.email, PERSON.c.learner, PERSON.c.organization),
    _called(ACCOUNT.c.email, ACCOUNT.c.learner, ACCOUNT.c.organization),
)


def people_called(organization: Organization, names: Collection[str]) -> Steps[Mapping[str, str]]:
    """Read whom some names and addresses mean."""
    home = organization.id
    rows = yield from ask_bulk(BY_NAME, [(home, name) for name in sorted(names)])
    found = dict(rows)
    addresses: dict[str, list[str]] = {}
    for name in names:
        if name not in found and "@" in name:
            addresses.setdefault(name.lower(), []).append(name)
    owners: dict[str, set[str]] = {}
    for statement in BY_ADDRESS:
        rows = yield from ask_bulk(statement, [(home, address) for address in sorted(addresses)])
        for address, learner in rows:
            owners.setdefault(address, set()).add(learner)
    for address, learners in owners.items():
        if len(learners) == 1:
            found |= dict.fromkeys(addresses[address], *learners)
    return found


def _events(dialect: Dialect) -> ClauseElement:
    rows = wanted("organization", "id")
    same = and_(ADOPTION_EVENT.c.organization == rows.c.organization, ADOPTION_EVENT.c.id == rows.c.id)
    return select(*columns_of(ADOPTION_EVENT, "seq", "organization")).join_from(rows, ADOPTION_EVENT, same)


EVENTS_CALLED: Bulk[EventRow] = Bulk(_events)


def events_called(organization: Organization, ids: Sequence[str]) -> Steps[Sequence[AdoptionEvent]]:
    """Read those of some events that are there."""
    rows = yield from ask_bulk(EVENTS_CALLED, [(organization.id, each) for each in ids])
    return [event_from(row) for row in rows]


def told_through(
    organization: Organization, told: Collection[tuple[str, str, Grain]], day: date
) -> Steps[None]:
    """Keep through which day sources are complete."""
    on = day.isoformat()
    rows: list[Row] = [
        (organization.id, tool, source, grain, on, on, on) for tool, source, grain in sorted(told)
    ]
    yield from ask_bulk(COMPLETE_THROUGH, rows)


def _complete_through(dialect: Dialect) -> ClauseElement:
    made = insertion(dialect, USAGE_SOURCE)
    through = made.excluded.complete_through
    return made.on_conflict_do_update(
        index_elements=list(USAGE_SOURCE.primary_key), set_={"complete_through": through}
    )


COMPLETE_THROUGH: Bulk[Nothing] = Bulk(_complete_through)
