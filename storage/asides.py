"""What stands beside use in a digest: answers, messages and what followed them, shared use cases, waves."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter

from sqlalchemy import (
    BindParameter,
    ClauseElement,
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    cast,
    desc,
    distinct,
    exists,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.types import Date

from bot.events import EventType, Evidence
from bot.measurement.answers import Item
from bot.measurement.asides import Asides, Held, Known, Reach, Span, Weeks
from bot.measurement.eligibility import Standing
from bot.measurement.nudged import FOLLOWS, Case
from bot.measurement.tally import GroupKind, Use
from bot.measurement.uses import Grain
from bot.measurement.waves import Course
from bot.measurement.windows import WEEK
from bot.model import DeliveryKind, DeliveryState, NudgeAction, Organization, ShareStatus
from bot.model import Reach as Reaches
from storage.measured_tables import ACTIVE_WEEK, EXPOSURE, SAID, USE_DAY
from storage.nudge_tables import NUDGE_DECISION
from storage.rows import micros
from storage.shared_tables import SHARE, TRIAL
from storage.snapshot import ORGANIZATION, constant
from storage.sql import Dialect, Statement, Steps, Value, ask
from storage.tables import ADOPTION_EVENT, DELIVERY, LEARNER
from storage.tallies import Members, counted, member_with, members_of, those

MOST_SHARES = 20
"""Use cases that a digest names."""

LATELY = timedelta(weeks=4)
"""So long before the end of the week a use case was shared or tried that a digest names."""

_ZERO: ColumnElement[int] = literal_column("0")
_ONE: ColumnElement[int] = literal_column("1")
_MILLION = 1_000_000


def _answers(members: Members) -> Statement[tuple[str, str, int | None, int | None, int]]:
    def build(dialect: Dialect) -> ClauseElement:
        member = members(dialect)
        columns = (member.c.grp, SAID.c.item, SAID.c.before, SAID.c.after)
        found = select(*columns, func.count()).join_from(SAID, member, member.c.learner == SAID.c.learner)
        day: BindParameter[str] = bindparam("day")
        holds = (SAID.c.organization == ORGANIZATION, SAID.c.until_on > day, SAID.c.from_on <= day)
        return found.where(*holds, counted(member)).group_by(*columns)

    return Statement(build)


def _followed(dialect: Dialect) -> ColumnElement[bool]:
    """Say that a tool was used within 72 hours, or on one of three days where a source knows days only."""
    one, use, event = NUDGE_DECISION.c, USE_DAY.c, ADOPTION_EVENT.c
    until = one.decided_at + literal_column(str(int(FOLLOWS.total_seconds()) * _MILLION))
    says: ColumnElement[str] = event.properties
    is_event = or_(~says.like(_text('%"grain":%')), says.like(_text(f'%"grain":"{Grain.EVENT.value}"%')))
    is_none = or_(says.like(_text('%"count":0,%')), says.like(_text('%"count":0}%')))
    at_once = exists(
        select(event.id)
        .where(
            event.learner == one.learner,
            event.occurred_at > one.decided_at,
            event.occurred_at <= until,
            event.type == constant(EventType.TOOL_USED),
            event.evidence == constant(Evidence.MEASURED),
            or_(one.tool.is_(None), event.tool == one.tool),
            is_event,
            ~is_none,
        )
        .correlate(NUDGE_DECISION)
    )
    by_day = exists(
        select(use.learner)
        .where(
            use.learner == one.learner,
            use.grain == constant(Grain.DAY),
            use.evidence == constant(Evidence.MEASURED),
            use.count > _ZERO,
            or_(one.tool.is_(None), use.tool == one.tool),
            use.on_day > one.decided_on,
            use.on_day <= _three_days_later(dialect, one.decided_on),
        )
        .correlate(NUDGE_DECISION)
    )
    return or_(at_once, by_day)


def _text(words: str) -> ColumnElement[str]:
    return literal_column(f"'{words}'")


def _three_days_later(dialect: Dialect, day: ColumnElement[str]) -> ColumnElement[str]:
    if dialect.locks:
        return func.to_char(cast(day, Date) + literal_column("3"), literal_column("'YYYY-MM-DD'"))
    return func.date(day, literal_column("'+3 days'"))


_CaseRow = tuple[str, str, str | None, str, int, int, int, int]


def _cases(members: Members) -> Statement[_CaseRow]:
    def build(dialect: Dialect) -> ClauseElement:
        member, one = members(dialect), NUDGE_DECISION.c
        used = case((_followed(dialect), _ONE), else_=_ZERO)
        columns = (member.c.grp, one.learner, one.tool, one.action, one.probability, one.rule_version)
        each = (
            select(*columns, used.label("used"))
            .join_from(NUDGE_DECISION, member, member.c.learner == one.learner)
            .where(
                one.organization == ORGANIZATION,
                one.decided_on >= bindparam("decided_from"),
                one.decided_on <= bindparam("decided_to"),
                one.available,
                one.action.in_([constant(NudgeAction.SENT), constant(NudgeAction.HELD)]),
                one.probability > _ZERO,
                one.probability < literal_column(str(_MILLION)),
                counted(member),
            )
            .subquery()
        )
        found: Select[*tuple[object, ...]] = select(*each.c, func.count())
        return found.group_by(*each.c)

    return Statement(build)


def _sent(members: Members) -> Statement[tuple[str, int, int, int]]:
    def build(dialect: Dialect) -> ClauseElement:
        member, one = members(dialect), DELIVERY.c
        went = func.sum(case((one.state == constant(DeliveryState.SENT), _ONE), else_=_ZERO))
        here = (
            one.organization == ORGANIZATION,
            one.kind == constant(DeliveryKind.NUDGE),
            one.planned_at >= bindparam("start"),
            one.planned_at < bindparam("end"),
        )
        found = select(member.c.grp, func.count(distinct(one.learner)), func.count(), went)
        joined = found.join_from(DELIVERY, member, member.c.learner == one.learner)
        return joined.where(*here, counted(member)).group_by(member.c.grp)

    return Statement(build)


def _reacted(members: Members) -> Statement[tuple[str, int]]:
    def build(dialect: Dialect) -> ClauseElement:
        member, one = members(dialect), NUDGE_DECISION.c
        here = (
            one.organization == ORGANIZATION,
            one.decided_on >= bindparam("monday"),
            one.decided_on <= bindparam("day"),
            one.action == constant(NudgeAction.SENT),
            one.answered_at < bindparam("end"),
        )
        found = select(member.c.grp, func.count()).join_from(
            NUDGE_DECISION, member, member.c.learner == one.learner
        )
        return found.where(*here, counted(member)).group_by(member.c.grp)

    return Statement(build)


def _joined(members: Members) -> Statement[tuple[str, int, int]]:
    """Count who takes part; somebody is blocked until there is another word of theirs."""

    def build(dialect: Dialect) -> ClauseElement:
        member, event, later = (
            members(dialect),
            ADOPTION_EVENT.alias("gone").c,
            ADOPTION_EVENT.alias("later").c,
        )
        back = exists(
            select(later.id).where(
                later.learner == event.learner,
                later.occurred_at > event.occurred_at,
                later.local_date <= bindparam("day"),
                later.channel.is_not(None),
            )
        )
        gone = select(event.learner).where(
            event.type == constant(EventType.LEARNER_UNREACHABLE),
            event.organization == ORGANIZATION,
            event.local_date <= bindparam("day"),
            ~back,
        )
        blocked = func.sum(case((LEARNER.c.id.in_(gone), _ONE), else_=_ZERO))
        found = select(member.c.grp, func.count(), blocked).join_from(
            LEARNER, member, member.c.learner == LEARNER.c.id
        )
        takes_part = (LEARNER.c.joined_at < bindparam("end"), LEARNER.c.organization == ORGANIZATION)
        return found.where(*takes_part, member.c.standing != constant(Standing.LEFT)).group_by(member.c.grp)

    return Statement(build)


def _shared(kind: GroupKind) -> Statement[tuple[str, str, str, str | None, str | None, int]]:
    """Read what was shared or tried lately; what is for one cohort alone is named to that cohort alone."""

    def build(dialect: Dialect) -> ClauseElement:
        member, end = member_with(grp=kind), bindparam("end", type_=SHARE.c.made_at.type)
        tried = (
            select(func.count())
            .select_from(TRIAL)
            .where(TRIAL.c.share == SHARE.c.id, TRIAL.c.tried_at < end)
            .correlate(SHARE)
            .scalar_subquery()
        )
        newly = exists(
            select(TRIAL.c.share)
            .where(
                TRIAL.c.share == SHARE.c.id, TRIAL.c.tried_at < end, TRIAL.c.tried_at >= bindparam("since")
            )
            .correlate(SHARE)
        )
        grp = SHARE.c.cohort if kind is GroupKind.COHORT else member.c.grp
        for_all = SHARE.c.reach == constant(Reaches.EVERYONE)
        here = (
            SHARE.c.organization == ORGANIZATION,
            SHARE.c.status == constant(ShareStatus.POSTED),
            SHARE.c.posted_at < end,
            or_(SHARE.c.posted_at >= bindparam("since"), newly),
            *([] if kind is GroupKind.COHORT else [for_all]),
        )
        found = select(grp, SHARE.c.id, SHARE.c.task, SHARE.c.cohort, SHARE.c.lesson, tried.label("tried"))
        joined = found.join_from(SHARE, member, member.c.learner == SHARE.c.author)
        return joined.where(*here).order_by(desc("tried"), desc(SHARE.c.posted_at), SHARE.c.id)

    return Statement(build)


@dataclass(frozen=True, slots=True)
class _Counts:
    """The statements that count some people."""

    answers: Statement[tuple[str, str, int | None, int | None, int]]
    cases: Statement[_CaseRow]
    sent: Statement[tuple[str, int, int, int]]
    reacted: Statement[tuple[str, int]]
    joined: Statement[tuple[str, int, int]]


def _counts(members: Members) -> _Counts:
    return _Counts(_answers(members), _cases(members), _sent(members), _reacted(members), _joined(members))


OF_KIND = {kind: _counts(members_of(kind)) for kind in GroupKind}
OF_THOSE = _counts(those)
SHARED = {kind: _shared(kind) for kind in GroupKind}


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of some people: the week, the days of decisions, and the tools that are measured."""

    span: Span
    decided: tuple[date, date]
    tools: Collection[str]


def read_asides(
    organization: Organization,
    kind: GroupKind,
    span: Span,
    decided: tuple[date, date],
    tools: Collection[str],
) -> Steps[Mapping[str, Asides]]:
    """Count what stands beside use, in every group of a kind."""
    home: dict[str, Value] = {"organization": organization.id}
    found = yield from _read(OF_KIND[kind], home, _Asked(span, decided, tools))
    at: dict[str, Value] = {**home, "day": span.last_on.isoformat(), "end": micros(span.end_at)}
    rows = yield from ask(SHARED[kind], **at, since=micros(span.end_at - LATELY))
    for grp, name, title, cohort, lesson, tried in rows:
        shares = _aside(found, grp or "").shares
        if len(shares) < MOST_SHARES:
            shares.append(Known(name, title, cohort or "", tried, lesson is not None))
    return found


def read_aside(
    organization: Organization,
    people: Sequence[str],
    span: Span,
    decided: tuple[date, date],
    tools: Collection[str],
) -> Steps[Asides]:
    """Count it of some people, whichever groups they are in by now; what they shared is left out."""
    about: dict[str, Value] = {"organization": organization.id, "people": " ".join(people)}
    found = yield from _read(OF_THOSE, about, _Asked(span, decided, tools))
    return found.get("") or Asides()


def _read(statements: _Counts, about: Mapping[str, Value], asked: _Asked) -> Steps[dict[str, Asides]]:
    found: dict[str, Asides] = {}
    span = asked.span
    at: dict[str, Value] = {**about, "day": span.last_on.isoformat()}
    end = {"end": micros(span.end_at)}
    for grp, item, before, after, count in (yield from ask(statements.answers, **at)):
        _aside(found, grp).answers[Held(Item(item), before, after)] += count
    rows = yield from ask(statements.sent, **at, **end, start=micros(span.start_at))
    for grp, people, planned, sent in rows:
        _reach(found, grp, Reach(people=people, planned=planned, sent=sent))
    monday = span.first_on.isoformat()
    for grp, answered in (yield from ask(statements.reacted, **at, **end, monday=monday)):
        _reach(found, grp, Reach(answered=answered))
    for grp, joined, blocked in (yield from ask(statements.joined, **at, **end)):
        _reach(found, grp, Reach(joined=joined, blocked=blocked))
    days = {"decided_from": asked.decided[0].isoformat(), "decided_to": asked.decided[1].isoformat()}
    cases = yield from ask(statements.cases, **at, **days)
    newest = max((row[5] for row in cases), default=0)
    for grp, learner, tool, action, probability, version, used, count in cases:
        # What nudging causes is never measured across two versions of its rules.
        if version == newest and (tool is None or tool in asked.tools):
            sent_it = action == NudgeAction.SENT
            _aside(found, grp).cases.append(Case(learner, sent_it, bool(used), probability / _MILLION, count))
    return found


def _aside(found: dict[str, Asides], grp: str) -> Asides:
    return found.setdefault(grp, Asides())


def _reach(found: dict[str, Asides], grp: str, more: Reach) -> None:
    """Add what one statement tells to what others told."""
    one = _aside(found, grp)
    known = one.reach
    one.reach = replace(
        known,
        people=known.people + more.people,
        planned=known.planned + more.planned,
        sent=known.sent + more.sent,
        answered=known.answered + more.answered,
        joined=known.joined + more.joined,
        blocked=known.blocked + more.blocked,
    )


# ---------------------------------------------------------------- waves


def _in_waves(dialect: Dialect) -> ClauseElement:
    member, week = member_with(grp=GroupKind.WAVE), ACTIVE_WEEK.c
    began = (
        select(func.min(EXPOSURE.c.on_day))
        .where(EXPOSURE.c.learner == member.c.learner, EXPOSURE.c.on_day <= bindparam("day"))
        .correlate(member)
        .scalar_subquery()
    )
    ours = and_(
        week.learner == member.c.learner,
        week.tool == bindparam("tool"),
        week.evidence == bindparam("evidence"),
        week.monday >= bindparam("first"),
        week.monday <= bindparam("monday"),
    )
    found = select(member.c.grp, member.c.learner, began, week.monday, week.days)
    return (
        found.select_from(member.outerjoin(ACTIVE_WEEK, ours))
        .where(counted(member), member.c.grp != _text(""))
        .order_by(member.c.grp, member.c.learner)
    )


IN_WAVES: Statement[tuple[str, str, str | None, str | None, int | None]] = Statement(_in_waves)


def read_waves(organization: Organization, use: Use, first_on: date, monday: date, day: date) -> Steps[Weeks]:
    """Read the weeks of everybody in a wave; it begins with the first lesson that one of it completes."""
    asked = {"organization": organization.id, "day": day.isoformat(), "tool": use.tool}
    span = {"first": first_on.isoformat(), "monday": monday.isoformat(), "evidence": use.evidence.value}
    rows = yield from ask(IN_WAVES, **asked, **span)
    count = (monday - first_on) // WEEK + 1
    waves: dict[str, Sequence[Course]] = {}
    for wave, theirs in groupby(rows, key=itemgetter(0)):
        people: dict[str, list[float]] = {}
        began: list[str] = []
        for _, learner, on, at, days in theirs:
            weeks = people.setdefault(learner, [0.0] * count)
            began += [on] if on is not None else []
            if at is not None:
                weeks[(date.fromisoformat(at) - first_on) // WEEK] = float(days or 0)
        begun = (date.fromisoformat(min(began)) - first_on) // WEEK if began else None
        at_index = None if begun is None or begun >= count else max(begun, 0)
        waves[wave] = [Course(learner, at_index, weeks) for learner, weeks in people.items()]
    return Weeks(first_on, waves)
