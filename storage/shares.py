"""Shared use cases: what one person may see of one, and the shelf on which words find them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import cast

from sqlalchemy import (
    BindParameter,
    ClauseElement,
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    desc,
    func,
    literal_column,
    or_,
    select,
    text,
)

from bot.model import (
    Account,
    Learner,
    LearnerId,
    Organization,
    PostId,
    Reach,
    Room,
    Search,
    Share,
    Shared,
    ShareId,
    ShareStatus,
    Success,
    Trial,
    Worked,
    Workspace,
)
from storage.people import accounts_of
from storage.rows import LearnerRow, WorkspaceRow, learner_from, micros, moment, workspace_from
from storage.shared_tables import SAVED, SHARE, TRIAL
from storage.snapshot import ORGANIZATION, columns_of, constant, learner_columns
from storage.sql import SQLITE, Dialect, Row, Statement, Steps, ask
from storage.tables import ACCOUNT, LEARNER, PERSON, WORKSPACE

MOST_WORDS = 12
"""Of what is looked for."""

_WORD = re.compile(r"\w+")
_SHARE = columns_of(SHARE, "seq", "organization", "words")
_WORKSPACE = columns_of(WORKSPACE, "seq")
_AT_WORKSPACE = len(_SHARE)
_AT_REST = _AT_WORKSPACE + len(_WORKSPACE)


def words_of(*texts: str) -> list[str]:
    """Return the words of texts, without capitals and accents, as they are searched."""
    plain = unicodedata.normalize("NFKD", " ".join(texts).casefold())
    return _WORD.findall("".join(each for each in plain if not unicodedata.combining(each)))


# ---------------------------------------------------------------- reading


def name_of(learner: ColumnElement[str]) -> ColumnElement[str]:
    """Say how somebody is called: as on their platform, else as the roster has it."""
    told = select(func.max(ACCOUNT.c.name)).where(ACCOUNT.c.learner == learner, ACCOUNT.c.name != "")
    listed = select(func.max(PERSON.c.full_name)).where(PERSON.c.learner == learner)
    return func.coalesce(told.scalar_subquery(), listed.scalar_subquery(), literal_column("''"))


def _count(worked: bool) -> ColumnElement[int]:
    mine: ColumnElement[bool] = TRIAL.c.share == SHARE.c.id
    if worked:
        mine = and_(mine, TRIAL.c.worked.in_([constant(Worked.YES), constant(Worked.CHANGED)]))
    return select(func.count()).select_from(TRIAL).where(mine).correlate(SHARE).scalar_subquery()


def sharing() -> Select[*tuple[object, ...]]:
    """Read use cases as one person sees them."""
    who: BindParameter[str] = bindparam("learner")
    own = and_(TRIAL.c.share == SHARE.c.id, TRIAL.c.learner == who)
    kept = and_(SAVED.c.share == SHARE.c.id, SAVED.c.learner == who)
    rest = (TRIAL.c.tried_at, TRIAL.c.worked, TRIAL.c.changed, SAVED.c.saved_at)
    return (
        select(
            *_SHARE,
            *_WORKSPACE,
            name_of(SHARE.c.author),
            _count(False),
            _count(True).label("worked_count"),
            *rest,
        )
        .select_from(
            SHARE.outerjoin(WORKSPACE, WORKSPACE.c.id == SHARE.c.workspace)
            .outerjoin(TRIAL, own)
            .outerjoin(SAVED, kept)
        )
        .where(SHARE.c.organization == ORGANIZATION)
    )


def _one(dialect: Dialect) -> ClauseElement:
    return sharing().where(SHARE.c.id == bindparam("share"))


def _may_find() -> ColumnElement[bool]:
    """Say whether the one who looks finds it: for everyone, of their own cohort, or their own."""
    for_all = SHARE.c.reach == constant(Reach.EVERYONE)
    return or_(for_all, SHARE.c.cohort == bindparam("cohort"), SHARE.c.author == bindparam("learner"))


_MATCH = {
    "fts5": (
        "share.seq IN (SELECT rowid FROM share_words WHERE share_words MATCH :fts5)",
        "(SELECT -bm25(share_words) FROM share_words WHERE share_words MATCH :fts5 AND rowid = share.seq)",
    ),
    "tsquery": (
        "to_tsvector('simple', share.words) @@ to_tsquery('simple', :tsquery)",
        "ts_rank(to_tsvector('simple', share.words), to_tsquery('simple', :tsquery))",
    ),
}
"""How each database finds words by their beginnings, and says how well."""


def _shelf(dialect: Dialect, has_words: bool) -> ClauseElement:
    wanted_ones = [
        SHARE.c.status == constant(ShareStatus.POSTED),
        _may_find(),
        or_(bindparam("tool") == literal_column("''"), SHARE.c.tool == bindparam("tool")),
        or_(bindparam("family") == literal_column("''"), SHARE.c.job_family == bindparam("family")),
        or_(
            bindparam("own") == literal_column("0"),
            SAVED.c.learner.is_not(None),
            SHARE.c.author == bindparam("learner"),
        ),
    ]
    order: list[ColumnElement[object]] = []
    if has_words:
        found, rank = _MATCH["fts5" if dialect is SQLITE else "tsquery"]
        wanted_ones.append(text(found))  # type: ignore[arg-type]  # what text says is not known
        order.append(text(f"{rank} DESC"))  # type: ignore[arg-type]
    near = case((SHARE.c.cohort == bindparam("cohort"), literal_column("0")), else_=literal_column("1"))
    order += [near, desc(SHARE.c.posted_at), desc(SHARE.c.seq)]
    return sharing().where(*wanted_ones).order_by(*order).limit(bindparam("most"))


ONE: Statement[tuple[object, ...]] = Statement(_one)
SHELF: Statement[tuple[object, ...]] = Statement(lambda dialect: _shelf(dialect, has_words=False))
SEARCHED: Statement[tuple[object, ...]] = Statement(lambda dialect: _shelf(dialect, has_words=True))


def shared_from(row: tuple[object, ...], learner: LearnerId) -> Shared:
    """Read a row of `sharing`, as somebody sees it."""
    share = share_from(row[:_AT_REST])
    by, tried, worked, tried_at, mine, changed, saved_at = cast(
        "tuple[str, int, int, int | None, str | None, str | None, int | None]", row[_AT_REST:]
    )
    trial = None
    if tried_at is not None:
        trial = Trial(share.id, learner, moment(tried_at), Worked(mine) if mine else None, changed or "")
    return Shared(share, by, tried, worked, trial, saved_at is not None)


def room_from(
    workspace: tuple[object, ...], conversation: str | None, service_url: str | None
) -> Room | None:
    """Read a conversation with its workspace, which is all None where there is none."""
    if workspace[0] is None or conversation is None:
        return None
    return Room(workspace_from(cast("WorkspaceRow", workspace)), conversation, service_url)


ShareRow = tuple[
    str, str, str, str, str, int, str, str, int | None, str, str, int, str | None, str | None, int | None,
    str | None, str | None, str | None, str | None, str | None,
]  # fmt: skip


def share_from(row: tuple[object, ...]) -> Share:
    """Read a use case, with the workspace that its card stands in behind it."""
    (
        *first, minutes, reach, status, version, cohort, family, posted_at,
        _, conversation, service_url, post, lesson,
    ) = cast("ShareRow", row[:_AT_WORKSPACE])  # fmt: skip
    name, author, task, tool, prompt, made_at, outcome, check = cast(
        "tuple[str, str, str, str, str, int, str, str]", tuple(first)
    )
    room = room_from(row[_AT_WORKSPACE:_AT_REST], conversation, service_url)
    return Share(
        id=ShareId(name),
        author=LearnerId(author),
        task=task,
        tool=tool,
        prompt=prompt,
        made_at=moment(made_at),
        outcome=outcome,
        check=check,
        minutes=minutes,
        reach=Reach(reach),
        status=ShareStatus(status),
        version=version,
        cohort=cohort,
        job_family=family,
        posted_at=moment(posted_at) if posted_at is not None else None,
        room=room,
        post=PostId(post) if post else None,
        lesson=lesson,
    )


def share_row(share: Share, organization: str) -> Row:
    """Write a use case as the row after this change: one version on."""
    room = share.room
    return (
        share.id,
        organization,
        share.author,
        share.task,
        share.tool,
        share.prompt,
        micros(share.made_at),
        share.outcome,
        share.check,
        share.minutes,
        share.reach,
        share.status,
        share.version + 1,
        share.cohort,
        share.job_family,
        micros(share.posted_at) if share.posted_at else None,
        room.workspace.id if room else None,
        room.conversation if room else None,
        room.service_url if room else None,
        share.post,
        share.lesson,
        " ".join(words_of(share.task, share.prompt, share.outcome, share.check)),
    )


def _changed(dialect: Dialect) -> ClauseElement:
    said = (TRIAL.c.share == bindparam("share"), TRIAL.c.changed != literal_column("''"))
    return select(TRIAL.c.changed).where(*said).order_by(desc(TRIAL.c.tried_at)).limit(literal_column("3"))


def _author(dialect: Dialect) -> ClauseElement:
    return select(*learner_columns()).where(LEARNER.c.id == bindparam("learner"))


CHANGED: Statement[tuple[str]] = Statement(_changed)
AUTHOR: Statement[LearnerRow] = Statement(_author)


def read_shared(organization: Organization, share: str, learner: LearnerId) -> Steps[Shared | None]:
    """Read a use case as somebody sees it, with what others changed and whom to thank."""
    rows = yield from ask(ONE, organization=organization.id, share=share, learner=learner)
    if not rows:
        return None
    seen = shared_from(rows[0], learner)
    changed = yield from ask(CHANGED, share=share)
    author = yield from _seat(organization, seen.share.author)
    return replace(seen, changed=tuple(words for (words,) in changed), author=author)


def _seat(organization: Organization, author: LearnerId) -> Steps[tuple[Workspace, Account, Learner] | None]:
    """Read where somebody can be written to."""
    accounts = yield from accounts_of(organization, author)
    rows = yield from ask(AUTHOR, learner=author)
    best = max(accounts, key=lambda each: (each[0].active and each[1].reachable,), default=None)
    return (*best, learner_from(rows[0])) if best is not None and rows else None


def search(
    organization: Organization, search: Search, learner: LearnerId, cohort: str | None
) -> Steps[tuple[Shared, ...]]:
    """Find use cases on the shelf that somebody may see."""
    who = {"organization": organization.id, "learner": learner, "cohort": cohort}
    what: dict[str, str | int] = {
        "tool": search.tool or "",
        "family": search.job_family or "",
        "own": int(search.own),
        "most": search.most,
    }
    words = words_of(search.text)[:MOST_WORDS]
    rows: Sequence[tuple[object, ...]] = ()
    if not search.text.strip():
        rows = yield from ask(SHELF, **who, **what)
    elif words:
        fts5 = (" OR " if search.any_word else " ").join(f'"{word}"*' for word in words)
        tsquery = (" | " if search.any_word else " & ").join(f"{word}:*" for word in words)
        rows = yield from ask(SEARCHED, fts5=fts5, tsquery=tsquery, **who, **what)
    return tuple(shared_from(row, learner) for row in rows)


def _successes(dialect: Dialect) -> ClauseElement:
    worked = TRIAL.c.worked.in_([constant(Worked.YES), constant(Worked.CHANGED)])
    theirs = (SHARE.c.author == bindparam("learner"), SHARE.c.organization == ORGANIZATION)
    posted = SHARE.c.status == constant(ShareStatus.POSTED)
    return (
        select(SHARE.c.id, SHARE.c.task, TRIAL.c.tried_at)
        .join_from(SHARE, TRIAL, TRIAL.c.share == SHARE.c.id)
        .where(*theirs, posted, worked)
        .order_by(SHARE.c.seq, TRIAL.c.tried_at, TRIAL.c.learner)
    )


SUCCESSES: Statement[tuple[str, str, int]] = Statement(_successes)


def read_successes(organization: Organization, learner: LearnerId) -> Steps[tuple[Success, ...]]:
    """Read which of somebody's own use cases worked for others, and when."""
    found: dict[tuple[str, str], list[datetime]] = {}
    for share, task, at in (yield from ask(SUCCESSES, organization=organization.id, learner=learner)):
        found.setdefault((share, task), []).append(moment(at))
    return tuple(Success(ShareId(share), task, tuple(times)) for (share, task), times in found.items())
