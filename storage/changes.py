"""The statements that judge and write changes, many people's at once.

Those that judge return only losers, which are few: SQLite lets other threads go on for each row it returns.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal_column,
    null,
    or_,
    select,
    update,
)

from bot.measurement.uses import Grain
from bot.model import DeliveryState
from storage.measured_tables import ANSWER, COMPLETED, ISSUED_SET, STANDINGS, UNMEASURED, UNSETTLED, USE_DAY
from storage.nudge_tables import FEED, MEETING, NUDGE_DECISION, NUDGING
from storage.shared_tables import KEPT, SAVED, SHARE, TRIAL
from storage.snapshot import ORGANIZATION, constant, words
from storage.sql import Bulk, Dialect, Insert, Statement, wanted
from storage.tables import (
    ACCOUNT,
    ADOPTION_EVENT,
    COMMITMENT,
    DELIVERY,
    DRAFT,
    INCOMING,
    JOIN_CODE,
    LEARNER,
    LESSON_VERSION,
    PERSON,
    POST,
    RECALL,
    ROLE,
    ROSTER,
    SESSION,
    SUBMISSION,
    WORKSPACE,
    AnyTable,
)

Nothing = tuple[()]
EXISTS = -1
"""Asks the judge of learners only whether one is there."""

UNINSTALLED = "the workspace has removed Laps"


# ---------------------------------------------------------------- judging


def _taken(dialect: Dialect) -> ClauseElement:
    rows = wanted("workspace", "id")
    same = and_(INCOMING.c.workspace == rows.c.workspace, INCOMING.c.id == rows.c.id)
    return select(rows.c.workspace, rows.c.id).join_from(rows, INCOMING, same)


def _lock(dialect: Dialect) -> ClauseElement | None:
    if not dialect.locks:
        return None
    rows = wanted("id")
    return (
        select(LEARNER.c.id)
        .where(LEARNER.c.id.in_(select(rows.c.id)))
        .order_by(LEARNER.c.id)
        .with_for_update(key_share=True)
    )


def _stale(dialect: Dialect) -> ClauseElement:
    rows = wanted("organization", "id", "#version")
    same = and_(LEARNER.c.id == rows.c.id, LEARNER.c.organization == rows.c.organization)
    zero: ColumnElement[int] = literal_column("0")
    moved = and_(rows.c.version >= zero, func.coalesce(LEARNER.c.version, zero) != rows.c.version)
    gone = and_(rows.c.version < zero, LEARNER.c.id.is_(None))
    return (
        select(rows.c.id, rows.c.version).select_from(rows.outerjoin(LEARNER, same)).where(or_(moved, gone))
    )


def _accounts(dialect: Dialect) -> ClauseElement:
    rows = wanted("workspace", "external")
    same = and_(ACCOUNT.c.workspace == rows.c.workspace, ACCOUNT.c.external == rows.c.external)
    return select(ACCOUNT.c.workspace, ACCOUNT.c.external, ACCOUNT.c.learner).join_from(rows, ACCOUNT, same)


def _unused(dialect: Dialect) -> ClauseElement:
    rows = wanted("organization", "code")
    same = and_(JOIN_CODE.c.organization == rows.c.organization, JOIN_CODE.c.code == rows.c.code)
    found = select(JOIN_CODE.c.code).join_from(rows, JOIN_CODE, same).where(JOIN_CODE.c.used_at.is_(None))
    return found.with_for_update(of=JOIN_CODE)


TAKEN: Bulk[tuple[str, str]] = Bulk(_taken)
LOCK: Bulk[tuple[str]] = Bulk(_lock)
STALE: Bulk[tuple[str, int]] = Bulk(_stale)
ACCOUNTS: Bulk[tuple[str, str, str]] = Bulk(_accounts)
UNUSED: Bulk[tuple[str]] = Bulk(_unused)


# ---------------------------------------------------------------- writing


def add(table: AnyTable) -> Bulk[Nothing]:
    """Insert rows that must be new; `seq` is the database's to give."""
    return Bulk(lambda dialect: insertion(dialect, table))


def insertion(dialect: Dialect, table: AnyTable) -> Insert:
    """Insert a row whose every column but `seq` is given by name."""
    names = [column.name for column in table.c if column.name != "seq"]
    return dialect.insert(table).values({name: bindparam(name) for name in names}).inline()


def add_unseen(table: AnyTable, *unique: str) -> Bulk[Nothing]:
    """Insert rows whose `unique` columns are new, and leave the others as they are."""
    return Bulk(lambda dialect: insertion(dialect, table).on_conflict_do_nothing(index_elements=unique))


def put(
    table: AnyTable, *, fixed: Collection[str] = (), kept: Collection[str] = (), key: Collection[str] = ()
) -> Bulk[Nothing]:
    """Insert rows or change those that are there, but for `fixed` columns; `kept` ones are never unset.

    Rows are the same by `key`, or where that is empty by the primary key.
    """
    same = [*key] or [column.name for column in table.primary_key]

    def build(dialect: Dialect) -> ClauseElement:
        statement = insertion(dialect, table)
        changed: dict[str, ColumnElement[object]] = {}
        for column in table.c:
            if column.name not in {*same, *fixed, "seq"}:
                new = statement.excluded[column.name]
                changed[column.name] = func.coalesce(new, column) if column.name in kept else new
        return statement.on_conflict_do_update(index_elements=same, set_=changed)

    return Bulk(build)


def _clear_roles(dialect: Dialect) -> ClauseElement:
    rows = wanted("learner")
    return delete(ROLE).where(ROLE.c.learner.in_(select(rows.c.learner)))


def _supersede(dialect: Dialect) -> ClauseElement:
    rows = wanted("workspace", "subject", "#settled_at")
    return (
        update(DELIVERY)
        .where(
            DELIVERY.c.workspace == rows.c.workspace,
            DELIVERY.c.subject == rows.c.subject,
            DELIVERY.c.state == constant(DeliveryState.QUEUED),
        )
        .values(SUPERSEDED | {"settled_at": rows.c.settled_at})
    )


BLANKED = {"due_at": null(), "message": null(), "handle": null(), "handle_until": null(), "tried_at": null()}
"""What a delivery loses when it is settled."""
SUPERSEDED = BLANKED | {
    "state": constant(DeliveryState.SUPERSEDED),
    "reason": words("a newer one took its place"),
}


def _use_codes(dialect: Dialect) -> ClauseElement:
    rows = wanted("organization", "code", "#used_at")
    same = (JOIN_CODE.c.organization == rows.c.organization, JOIN_CODE.c.code == rows.c.code)
    return update(JOIN_CODE).where(*same).values(used_at=rows.c.used_at)


def _gone_drafts(dialect: Dialect) -> ClauseElement:
    rows = wanted("organization", "id")
    ours = DRAFT.c.organization.in_(select(rows.c.organization))
    return delete(DRAFT).where(DRAFT.c.id.in_(select(rows.c.id)), ours)


def given_up(reason: str) -> Mapping[str, ColumnElement[object]]:
    """Say how what waits ends when nobody wants it any more; of what may have gone out, nobody knows."""
    is_known = DELIVERY.c.tried_at.is_(None)
    known, unknown = constant(DeliveryState.DROPPED), constant(DeliveryState.UNKNOWN)
    state = case((is_known, known), else_=unknown)
    said = case((is_known, words(reason)), else_=words(f"sent or not, nobody knows; then {reason}"))
    return {**BLANKED, "state": state, "reason": said}


def _uninstalled(dialect: Dialect) -> ClauseElement:
    waiting = (DELIVERY.c.due_at.is_not(None), DELIVERY.c.state == constant(DeliveryState.QUEUED))
    ended = {**given_up(UNINSTALLED), "settled_at": bindparam("now")}
    return update(DELIVERY).where(DELIVERY.c.workspace == bindparam("workspace"), *waiting).values(ended)


def _workspace(dialect: Dialect) -> ClauseElement:
    here = (WORKSPACE.c.id == bindparam("workspace"), WORKSPACE.c.organization == ORGANIZATION)
    return update(WORKSPACE).where(*here).values(active=bindparam("is_active"))


INCOMINGS = add(INCOMING)
NEW_LEARNERS = add(LEARNER)
LEARNERS = put(LEARNER, fixed=["organization"])
CLEAR_ROLES: Bulk[Nothing] = Bulk(_clear_roles)
ROLES = add_unseen(ROLE, "learner", "role")
NEW_ACCOUNTS = add(ACCOUNT)
OLD_ACCOUNTS = put(ACCOUNT, fixed=["organization"], kept=["direct", "service_url"])
NEW_PERSONS = add(PERSON)
PERSONS = put(PERSON)
SPANS = put(ROSTER)
LESSONS = add_unseen(LESSON_VERSION, "organization", "version")
SESSIONS = put(SESSION, fixed=["organization"])
POSTS = put(POST, fixed=["organization"], kept=["conversation", "external"])
EVENTS = add_unseen(ADOPTION_EVENT, "organization", "id")
SUPERSEDE: Bulk[Nothing] = Bulk(_supersede)

DELIVERIES = add(DELIVERY)
NEW_COMMITMENTS = add(COMMITMENT)
SUBMISSIONS = put(SUBMISSION, fixed=["organization"])
CODES = add(JOIN_CODE)
RECALLS = put(RECALL, fixed=["organization"])
DRAFTS = add_unseen(DRAFT, "id")
GONE_DRAFTS: Bulk[Nothing] = Bulk(_gone_drafts)
USE_CODES: Bulk[Nothing] = Bulk(_use_codes)
WORKSPACES: Statement[Nothing] = Statement(_workspace)
UNINSTALL: Statement[Nothing] = Statement(_uninstalled)


# ---------------------------------------------------------------- two learners become one


def _hand_over(table: AnyTable, name: str = "learner") -> Statement[Nothing]:
    gone = table.c[name] == bindparam("gone")
    return Statement(lambda dialect: update(table).where(gone).values({name: bindparam("kept")}))


def _forget(table: AnyTable, name: str) -> Statement[Nothing]:
    return Statement(lambda dialect: delete(table).where(table.c[name] == bindparam("gone")))


def _add_uses(dialect: Dialect) -> ClauseElement:
    """Give single uses of a day to the one who is kept, besides their own; of other grains theirs stay."""
    columns = [column for column in USE_DAY.c if column.name != "learner"]
    kept: ColumnElement[str] = bindparam("kept").label("learner")
    held: Select[*tuple[object, ...]] = select(kept, *columns).where(USE_DAY.c.learner == bindparam("gone"))
    copied = dialect.insert(USE_DAY).from_select(["learner", *(column.name for column in columns)], held)
    is_event = USE_DAY.c.grain == constant(Grain.EVENT)
    count = case((is_event, USE_DAY.c.count + copied.excluded["count"]), else_=USE_DAY.c.count)
    return copied.on_conflict_do_update(index_elements=list(USE_DAY.primary_key), set_={"count": count})


def _earlier(dialect: Dialect) -> ClauseElement:
    """Give completed lessons to the one who is kept, each with the earlier day."""
    columns = [column for column in COMPLETED.c if column.name != "learner"]
    kept: ColumnElement[str] = bindparam("kept").label("learner")
    held: Select[*tuple[object, ...]] = select(kept, *columns).where(COMPLETED.c.learner == bindparam("gone"))
    copied = dialect.insert(COMPLETED).from_select(["learner", *(column.name for column in columns)], held)
    new, known = copied.excluded.on_day, COMPLETED.c.on_day
    earlier = case((new < known, new), else_=known)
    return copied.on_conflict_do_update(index_elements=["learner", "lesson"], set_={"on_day": earlier})


def _unsettle_kept(dialect: Dialect) -> ClauseElement:
    """Have the facts of the one who is kept made anew."""
    one: ColumnElement[int] = literal_column("1")
    values = {"learner": bindparam("kept"), "organization": ORGANIZATION_OF_KEPT, "mark": one}
    made = dialect.insert(UNSETTLED).values(values).inline()
    return made.on_conflict_do_update(index_elements=["learner"], set_={"mark": UNSETTLED.c.mark + one})


ORGANIZATION_OF_KEPT = (
    select(LEARNER.c.organization).where(LEARNER.c.id == bindparam("kept")).scalar_subquery()
)


def _rename_in_sets(dialect: Dialect) -> ClauseElement:
    """Have the one who is kept stand where the other was counted."""
    people = func.replace(ISSUED_SET.c.people, bindparam("gone"), bindparam("kept"))
    theirs = ISSUED_SET.c.people.contains(bindparam("gone"))
    ours = ISSUED_SET.c.organization == ORGANIZATION_OF_KEPT
    return update(ISSUED_SET).where(ours, theirs).values(people=people)


def _hand_over_once(table: AnyTable, *others: str) -> tuple[Statement[Nothing], ...]:
    """Give rows of which one has each once to the one who is kept, who may have them already."""

    def copy(dialect: Dialect) -> ClauseElement:
        columns = [column.name for column in table.c]
        theirs = [column for column in table.c if column.name != "learner"]
        kept: ColumnElement[str] = bindparam("kept").label("learner")
        held: Select[*tuple[object, ...]] = select(kept, *theirs).where(table.c.learner == bindparam("gone"))
        ordered = ["learner", *(name for name in columns if name != "learner")]
        copied = dialect.insert(table).from_select(ordered, held)
        return copied.on_conflict_do_nothing(index_elements=["learner", *others])

    return Statement(copy), _forget(table, "learner")


def _drop_doubles(dialect: Dialect) -> ClauseElement:
    """Leave out what was decided of both."""
    theirs = NUDGE_DECISION.alias("theirs")
    both = (theirs.c.moment == NUDGE_DECISION.c.moment, theirs.c.subject == NUDGE_DECISION.c.subject)
    known = select(theirs.c.id).where(theirs.c.learner == bindparam("kept"), *both)
    return delete(NUDGE_DECISION).where(NUDGE_DECISION.c.learner == bindparam("gone"), known.exists())


def _keep_own_feed(dialect: Dialect) -> ClauseElement:
    """Let the kept learner's own calendar be the one that stays, where both have one."""
    theirs = FEED.alias("theirs")
    own = select(theirs.c.learner).where(theirs.c.learner == bindparam("kept"))
    return delete(FEED).where(FEED.c.learner == bindparam("gone"), own.exists())


_HANDED_OVER = (
    ACCOUNT,
    PERSON,
    SESSION,
    ADOPTION_EVENT,
    COMMITMENT,
    SUBMISSION,
    JOIN_CODE,
    DELIVERY,
    DRAFT,
    NUDGE_DECISION,
    KEPT,
)

MERGE: tuple[Statement[Nothing], ...] = (
    Statement(_drop_doubles),
    *map(_hand_over, _HANDED_OVER),
    _forget(NUDGING, "learner"),
    Statement(_keep_own_feed),
    _hand_over(FEED),
    _forget(MEETING, "learner"),
    *_hand_over_once(ROLE, "role"),
    *_hand_over_once(RECALL, "lesson", "question"),
    *_hand_over_once(TRIAL, "share"),
    *_hand_over_once(SAVED, "share"),
    *_hand_over_once(ANSWER, "item", "phase", "subject", "on_day"),
    *_hand_over_once(UNMEASURED, "from_on"),
    _hand_over(SHARE, "author"),
    Statement(_add_uses),
    Statement(_earlier),
    Statement(_unsettle_kept),
    Statement(_rename_in_sets),
    *(_forget(table, "learner") for table in (USE_DAY, COMPLETED, UNSETTLED, *STANDINGS)),
    _forget(LEARNER, "id"),
)
