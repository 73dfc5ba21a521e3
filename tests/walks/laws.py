"""What must hold of every committed change, whoever did what when: told over the list of all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.events import EventType
from bot.model import Changes, Incoming, Learner, Session, SessionStatus, Stage, Status
from bot.routes import ROUTES

BEFORE_CONSENT = {EventType.LEARNER_WELCOMED, EventType.LEARNER_DECLINED}
CONSENTED = (Status.ACTIVE, Status.STOPPED)
ENDED = (SessionStatus.COMPLETED, SessionStatus.ABANDONED)


@dataclass
class Ledger:
    """All that was written, folded; each change is held against the laws before it is counted in."""

    learners: dict[str, Learner] = field(default_factory=dict)
    accounts: dict[tuple[str, str], str] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    events: set[str] = field(default_factory=set)
    handled: set[tuple[str, str]] = field(default_factory=set)
    merges: Counter[str] = field(default_factory=Counter)

    def take(self, changes: Changes, incoming: Incoming) -> None:
        """Judge one change that `incoming` brought about, and count it in."""
        assert changes.incoming is not None and changes.incoming not in self.handled
        self.handled.add(changes.incoming)
        actor = self._actor(changes, incoming)
        if changes.merge is not None:
            self._merge(changes)
        self._judge_learner(changes, actor)
        self._judge_events(changes, actor)
        for session in changes.sessions:
            self._judge_session(session, changes, incoming, actor)
        assert len({s.id for s in changes.sessions}) == len(changes.sessions)

    def _actor(self, changes: Changes, incoming: Incoming) -> str | None:
        """Name the learner who acts: as stored, else as this change stores them."""
        workspace, _ = changes.incoming or ("", "")
        key = (workspace, incoming.sender.external)
        before = self.accounts.get(key)
        if changes.account is not None:
            assert (changes.account.workspace, changes.account.external) == key
            joined = changes.merge is not None and changes.merge.gone == before
            assert before in (None, changes.account.learner) or joined
            self.accounts[key] = changes.account.learner
        return self.accounts.get(key)

    def _merge(self, changes: Changes) -> None:
        merge = changes.merge
        assert merge is not None and changes.used_code is not None and merge.gone != merge.kept
        del self.learners[merge.gone]
        self.merges[merge.kept] += 1 + self.merges.pop(merge.gone, 0)
        self.accounts = {k: merge.kept if v == merge.gone else v for k, v in self.accounts.items()}
        for session in [s for s in self.sessions.values() if s.learner == merge.gone]:
            self.sessions[session.id] = replace(session, learner=merge.kept)

    def _judge_learner(self, changes: Changes, actor: str | None) -> None:
        learner = changes.learner
        if learner is None:
            return
        assert learner.id == actor, "only one's own row is written"
        before = self.learners.get(learner.id)
        assert learner.version == (before.version if before else 0)
        places = {"current": None, "welcome": None}
        if before is None or replace(before, **places) != replace(learner, **places):  # type: ignore[arg-type]
            assert changes.events, "a change of a learner has its event"
        self.learners[learner.id] = replace(learner, version=learner.version + 1)

    def _judge_events(self, changes: Changes, actor: str | None) -> None:
        for event in changes.events:
            assert event.id not in self.events, "an event's key is its own"
            self.events.add(event.id)
            assert event.learner == actor, "everybody's events are about themselves"
            if event.type not in BEFORE_CONSENT:
                assert self.learners[event.learner].status in CONSENTED, f"{event.type} before consent"
        kinds = [event.type for event in changes.events]
        ended = [s for s in changes.sessions if s.status is SessionStatus.COMPLETED]
        assert kinds.count(EventType.LESSON_COMPLETED) == len(ended) <= 1

    def _judge_session(
        self, session: Session, changes: Changes, incoming: Incoming, actor: str | None
    ) -> None:
        before = self.sessions.get(session.id)
        self.sessions[session.id] = session
        assert session.learner == actor, "nobody changes another person's session"
        assert changes.events, "a change of a session has its event"
        if before is None:
            assert session.version == 1 and session.step == 0
            return
        assert session.version == before.version + 1, "one effect at a time"
        assert before.status not in ENDED, "what has ended stays as it ended"
        assert (session.lesson, session.lesson_version) == (before.lesson, before.lesson_version)
        assert session.step in (before.step, before.step + 1), "progress never runs back"
        if (before.stage, session.stage) == (Stage.FEEDBACK, Stage.ASK) and session.step == before.step:
            assert incoming.verb == "again"
        if ROUTES[incoming.verb].in_session:
            assert incoming.args["s"] == session.id and int(incoming.args["v"]) == before.version

    def open_sessions(self) -> list[Session]:
        """List the open sessions: one of each learner at most, and one for each who became one with them."""
        found = [s for s in self.sessions.values() if s.status is SessionStatus.OPEN]
        for learner, count in Counter(s.learner for s in found).items():
            assert count <= 1 + self.merges[learner], "one lesson at a time"
        return found

    def owner_of(self, args: Mapping[str, str]) -> str | None:
        """Name the learner of the session that a button's args name; None where they name none."""
        return self.sessions[args["s"]].learner if "s" in args else None
