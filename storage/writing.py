"""The one write: judges changes against what is stored and against each other, and writes those that hold."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from bot.errors import Conflict, Duplicate, StorageError
from bot.model import Changes, Organization
from storage import changes as sql
from storage.calendars import write_calendars
from storage.community import lock_shared, moved, shared_of, write_shared
from storage.measured import add_counted, is_counted, unsettle
from storage.nudging import write_nudging
from storage.rows import (
    account_row,
    commitment_row,
    delivery_row,
    draft_row,
    event_row,
    learner_row,
    micros,
    person_row,
    post_row,
    recall_row,
    session_row,
    span_row,
    submission_row,
)
from storage.sql import Row, Steps, ask, ask_bulk

Verdict = StorageError | None
"""Why a change is not written; None where it is."""


@dataclass(slots=True)
class Found:
    """What the database says of a batch of changes.

    Attributes:
        taken: incoming ids that were handled before.
        stale: learners with the version they are not at; with `EXISTS`, those that are not there.
        owners: the learners of the accounts that are there already.
        unused: the codes that may be used.
        moved: what people have in common that is not at the version it was read at.
    """

    taken: set[tuple[str, str]] = field(default_factory=set)
    stale: set[tuple[str, int]] = field(default_factory=set)
    owners: dict[tuple[str, str], str] = field(default_factory=dict)
    unused: set[str] = field(default_factory=set)
    moved: set[tuple[str, str, int]] = field(default_factory=set)


def write_changes(
    batch: Sequence[Changes], organization: Organization, now: int, stored: Container[str]
) -> Steps[list[Verdict]]:
    """Write those of a batch that hold, and return a verdict for each.

    Args:
        batch: changes of any number of people, in the order in which they came.
        organization: whose they are.
        now: microseconds since 1970, for when an incoming id was handled.
        stored: versions of lessons that need not be written again.
    """
    found = yield from _look(batch, organization)
    verdicts = judge(batch, found)
    winners = [change for change, verdict in zip(batch, verdicts, strict=True) if verdict is None]
    if winners:
        yield from _write_core(winners, organization.id, now, found)
        yield from _write_lessons(winners, organization.id, now, stored)
        yield from _write_deliveries(winners, organization.id, now)
        yield from _write_rest(winners, organization.id, now)
    return verdicts


# ---------------------------------------------------------------- judging


def judge(batch: Sequence[Changes], found: Found) -> list[Verdict]:
    """Give each change of a batch its verdict: of two that cannot both hold, the first wins."""
    court = _Court(found)
    return [court.hear(change) for change in batch]


class _Court:
    """Remembers what earlier winners of the batch will have changed."""

    def __init__(self, found: Found) -> None:
        self._found = found
        self._handled = set(found.taken)
        self._owners = dict(found.owners)
        self._unused = set(found.unused)
        self._moved: set[str] = set()
        self._shared: set[tuple[str, str]] = set()
        self._gone: set[str] = set()

    def hear(self, change: Changes) -> Verdict:
        """Judge one change, and count on it from then on if it wins."""
        if change.incoming is not None and change.incoming in self._handled:
            return Duplicate(f"{change.incoming[1]} was handled before")
        if not (self._learners_hold(change) and self._account_holds(change) and self._code_holds(change)):
            return Conflict("somebody else changed the same learner first")
        if any(at in self._found.moved or at[:2] in self._shared for at in shared_of(change)):
            return Conflict("somebody else changed the same use case or cohort first")
        self._take(change)
        return None

    def _learners_hold(self, change: Changes) -> bool:
        stale, moved = self._found.stale, self._moved
        if any(at in stale or at[0] in moved for at in _versions(change)):
            return False
        return not any(
            who in self._gone or ((who, sql.EXISTS) in stale and who not in moved)
            for who in _mentioned(change)
        )

    def _account_holds(self, change: Changes) -> bool:
        account = change.account
        if account is None:
            return True
        owner = self._owners.get((account.workspace, account.external), account.learner)
        return owner == account.learner or (change.merge is not None and owner == change.merge.gone)

    def _code_holds(self, change: Changes) -> bool:
        return change.used_code is None or change.used_code in self._unused

    def _take(self, change: Changes) -> None:
        self._moved.update(who for who, _ in _versions(change))
        self._shared.update(at[:2] for at in shared_of(change))
        if change.incoming is not None:
            self._handled.add(change.incoming)
        if change.account is not None:
            self._owners[change.account.workspace, change.account.external] = change.account.learner
        if change.used_code is not None:
            self._unused.discard(change.used_code)
        if change.merge is not None:
            self._gone.add(change.merge.gone)


def _versions(change: Changes) -> Iterator[tuple[str, int]]:
    """Yield the learners that a change rests on, with the versions they were read at."""
    if change.learner is not None:
        yield change.learner.id, change.learner.version
    if change.merge is not None:
        yield change.merge.gone, change.merge.gone_version


def _mentioned(change: Changes) -> set[str]:
    """Return the learners whom a change only writes of, and who must be there."""
    who: set[str] = {event.learner for event in change.events}
    who.update(session.learner for session in change.sessions)
    if change.account is not None:
        who.add(change.account.learner)
    if change.commitment is not None:
        who.add(change.commitment.learner)
    if change.submission is not None:
        who.add(change.submission.learner)
    if change.code is not None:
        who.add(change.code.learner)
    who.update(recall.learner for recall in change.recalls)
    who.update(decision.learner for decision in change.decisions)
    who.update(named[0] for named in (change.wishes, change.looked, change.look_by) if named)
    if change.draft is not None:
        who.add(change.draft.learner)
    if change.share is not None:
        who.add(change.share.author)
    if change.trial is not None:
        who.add(change.trial.learner)
    if change.saved is not None:
        who.add(change.saved[1])
    who.update(learner for _, learner, _ in change.kept)
    if change.feed is not None:
        who.add(change.feed.learner)
    if change.feed_read is not None:
        who.add(change.feed_read[0].learner)
    if change.merge is not None:
        who.add(change.merge.kept)
    if change.learner is not None:
        who.discard(change.learner.id)
    return who


def _look(batch: Sequence[Changes], organization: Organization) -> Steps[Found]:
    """Ask the database all that judging a batch needs."""
    home = organization.id
    versions = [at for change in batch for at in _versions(change)]
    mentioned: set[str] = set()
    for change in batch:
        mentioned |= _mentioned(change)
    yield from ask_bulk(sql.LOCK, [(who,) for who in sorted({who for who, _ in versions})])
    yield from lock_shared(batch, home)
    versions += [(who, sql.EXISTS) for who in mentioned]
    incoming: list[Row] = [change.incoming for change in batch if change.incoming]
    accounts: list[Row] = [(c.account.workspace, c.account.external) for c in batch if c.account]
    codes: list[Row] = [(home, change.used_code) for change in batch if change.used_code is not None]
    return Found(
        set((yield from ask_bulk(sql.TAKEN, incoming))),
        set((yield from ask_bulk(sql.STALE, [(home, *at) for at in versions]))),
        {(w, external): who for w, external, who in (yield from ask_bulk(sql.ACCOUNTS, accounts))},
        {code for (code,) in (yield from ask_bulk(sql.UNUSED, codes))},
        (yield from moved(batch, home)),
    )


# ---------------------------------------------------------------- writing


def _write_core(winners: Sequence[Changes], home: str, now: int, found: Found) -> Steps[None]:
    """Write what nearly every change has: incoming ids, learners, accounts, sessions, events."""
    incoming: list[Row] = [(*change.incoming, home, now) for change in winners if change.incoming]
    yield from ask_bulk(sql.INCOMINGS, incoming)
    learners = [change.learner for change in winners if change.learner]
    yield from ask_bulk(sql.NEW_LEARNERS, [learner_row(x) for x in learners if not x.version])
    known = [learner for learner in learners if learner.version]
    yield from ask_bulk(sql.LEARNERS, [learner_row(learner) for learner in known])
    yield from ask_bulk(sql.CLEAR_ROLES, [(learner.id,) for learner in known])
    yield from ask_bulk(sql.ROLES, [(x.id, role, home) for x in learners for role in sorted(x.roles)])
    new: dict[tuple[str, str], Row] = {}
    old: dict[tuple[str, str], Row] = {}
    for account in (change.account for change in winners if change.account):
        key = (account.workspace, account.external)
        (old if key in found.owners else new)[key] = account_row(account, home)
    yield from ask_bulk(sql.NEW_ACCOUNTS, list(new.values()))
    yield from ask_bulk(sql.OLD_ACCOUNTS, list(old.values()))
    yield from ask_bulk(sql.SESSIONS, [session_row(x, home) for change in winners for x in change.sessions])
    events = [each for change in winners for each in change.events]
    yield from ask_bulk(sql.EVENTS, [event_row(each, home) for each in events if not is_counted(each)])
    counted = [each for each in events if is_counted(each)]
    if counted:
        yield from add_counted(counted, home)


def _write_lessons(winners: Iterable[Changes], home: str, now: int, stored: Container[str]) -> Steps[None]:
    lessons = {c.lesson.version: c.lesson for c in winners if c.lesson and c.lesson.version not in stored}
    rows: list[Row] = [
        (home, version, lesson.id, lesson.model_dump_json(), now) for version, lesson in lessons.items()
    ]
    yield from ask_bulk(sql.LESSONS, rows)


def _write_deliveries(winners: Sequence[Changes], home: str, now: int) -> Steps[None]:
    """Write posts and deliveries; a newer message takes the place of older ones that wait."""
    deliveries = [delivery for change in winners for delivery in change.deliveries]
    newer: list[Row] = [(x.workspace.id, x.subject, now) for x in deliveries if x.subject is not None]
    yield from ask_bulk(sql.POSTS, [post_row(x, home) for change in winners for x in change.posts])
    yield from ask_bulk(sql.SUPERSEDE, newer)
    yield from ask_bulk(sql.DELIVERIES, [delivery_row(delivery) for delivery in deliveries])


def _write_rest(winners: Sequence[Changes], home: str, now: int) -> Steps[None]:
    """Write what few changes have; learners become one last, so that nothing new is left behind."""
    plans = [commitment_row(change.commitment, home) for change in winners if change.commitment]
    yield from ask_bulk(sql.NEW_COMMITMENTS, plans)
    texts = [submission_row(change.submission, home) for change in winners if change.submission]
    yield from ask_bulk(sql.SUBMISSIONS, texts)
    recalls = {
        (x.learner, x.lesson, x.question): recall_row(x, home) for change in winners for x in change.recalls
    }
    yield from ask_bulk(sql.RECALLS, list(recalls.values()))
    yield from write_nudging(winners, home, now)
    yield from write_calendars(winners, home)
    yield from write_shared(winners, home, now)
    yield from ask_bulk(sql.DRAFTS, [draft_row(x.draft, home) for x in winners if x.draft])
    gone: list[Row] = [(home, x.gone_draft) for x in winners if x.gone_draft is not None]
    yield from ask_bulk(sql.GONE_DRAFTS, gone)
    codes: list[Row] = [
        (home, x.code.code, x.code.learner, micros(x.code.expires_at), None) for x in winners if x.code
    ]
    yield from ask_bulk(sql.CODES, codes)
    persons = [change.person for change in winners if change.person]
    yield from ask_bulk(sql.NEW_PERSONS, [person_row(x, home) for x in persons if x.is_new])
    yield from ask_bulk(sql.PERSONS, [person_row(x, home) for x in persons if not x.is_new])
    yield from ask_bulk(sql.SPANS, [span_row(x, home) for change in winners for x in change.spans])
    yield from unsettle({x.person.learner for x in winners if x.person and x.spans}, home)
    used: list[Row] = [(home, change.used_code, now) for change in winners if change.used_code is not None]
    yield from ask_bulk(sql.USE_CODES, used)
    for change in winners:
        if change.workspace is not None:
            here = {"organization": home, "workspace": change.workspace.id}
            yield from ask(sql.WORKSPACES, is_active=change.workspace.active, **here)
            if not change.workspace.active:
                yield from ask(sql.UNINSTALL, workspace=change.workspace.id, now=now)
        if change.merge is not None:
            for statement in sql.MERGE:
                yield from ask(statement, gone=change.merge.gone, kept=change.merge.kept)
