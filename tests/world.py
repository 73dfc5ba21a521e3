"""A small catalogue and a person in it, for tests of decisions: no database, a fixed clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Protocol, TypeVar

from bot.dispatch import Dispatcher
from bot.errors import Conflict, Duplicate
from bot.events import AdoptionEvent
from bot.messages import Args, Button, Choices, Form, Message
from bot.model import (
    Account,
    Answer,
    Changes,
    ChannelName,
    Commitment,
    Delivery,
    Draft,
    FileRef,
    Incoming,
    JoinCode,
    Learner,
    LearnerId,
    NudgeDecision,
    Organization,
    OrganizationId,
    Post,
    PostId,
    Recall,
    Sender,
    Session,
    SessionId,
    Snapshot,
    Source,
    Surface,
    ToolUse,
    Wishes,
    Workspace,
    WorkspaceId,
    WorkspaceRef,
)
from bot.ports import Needs
from bot.routes import ROUTES
from lessons.catalogue import Catalogue, JobFamily, OrganizationSettings, Tool
from lessons.model import Lesson

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)

STEPS: list[dict[str, object]] = [
    {
        "practice": {
            "task": "Write three sentences on why the third quarter missed plan.",
            "material": "Line      Plan  Actual\nRevenue  1,200   1,110\n",
            "starter": "Use only the table.\nTable:\n",
            "minutes": 3,
            "checks": [{"words": {"min": 3, "max": 40}}, {"mentions": ["revenue"]}, {"avoids": ["synergy"]}],
            "hint": "Tell the tool to use only the table.",
            "rubric": ["Every number is in the table", "The cause is named"],
        }
    },
    {"concept": "Grounding: you gave the tool the only facts it may use."},
    {
        "check": {
            "question": "Which instruction reduces invented causes most?",
            "answers": [
                {"text": "Be accurate", "feedback": "Too vague to change what it writes."},
                {
                    "text": "Use only the table",
                    "right": True,
                    "feedback": "It has a way out other than inventing.",
                },
                {"text": "Write less", "feedback": "Short texts are invented as easily."},
            ],
        }
    },
    {"reflect": {"confidence": True, "minutes_saved": True, "used": True}},
    {"commit": {"when": "The month-end close starts", "task": "variance commentary"}},
]


def make_lesson(number: int = 1, family: str = "finance", steps: Sequence[object] = STEPS) -> Lesson:
    """Make a lesson of five steps."""
    return Lesson.model_validate(
        {
            "id": f"{family}-lesson-{number}",
            "title": f"Lesson {number} of {family}",
            "job_family": family,
            "capability": "explain-variances",
            "use_case": "Variance analysis",
            "tools": ["copilot", "chatgpt"],
            "minutes": 5,
            "review_by": date(2027, 3, 1),
            "steps": list(steps),
        }
    )


def make_catalogue(*lessons: Lesson, keep_text_days: int = 0) -> Catalogue:
    """Make a catalogue of two job families and three tools."""
    listed = lessons or (make_lesson(1), make_lesson(2), make_lesson(1, "sales"))
    return Catalogue(
        OrganizationSettings(name="Acme", time_zone="Europe/Berlin", keep_text_days=keep_text_days),
        {"copilot": Tool(name="Copilot"), "chatgpt": Tool(name="ChatGPT"), "claude": Tool(name="Claude")},
        {"finance": JobFamily(name="Finance analyst"), "sales": JobFamily(name="Sales representative")},
        {lesson.id: lesson for lesson in listed},
    )


class _Owned(Protocol):
    @property
    def learner(self) -> str: ...


T = TypeVar("T", bound=_Owned)


@dataclass
class MemoryStore:
    """The store's promises in memory, as far as dispatch uses them; the real ones have a suite."""

    organization_row: Organization = field(
        default_factory=lambda: Organization(OrganizationId("o1"), "Acme", "Europe/Berlin", b"s" * 32)
    )
    workspaces: dict[WorkspaceRef, Workspace] = field(default_factory=dict)
    learners: dict[str, Learner] = field(default_factory=dict)
    accounts: dict[tuple[str, str], Account] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    lessons: dict[str, Lesson] = field(default_factory=dict)
    posts: dict[str, Post] = field(default_factory=dict)
    codes: dict[str, JoinCode] = field(default_factory=dict)
    drafts: dict[str, Draft] = field(default_factory=dict)
    wishes: dict[str, Wishes] = field(default_factory=dict)
    decisions: list[NudgeDecision] = field(default_factory=list)
    commitments: list[Commitment] = field(default_factory=list)
    looks: dict[str, datetime] = field(default_factory=dict)
    events: list[AdoptionEvent] = field(default_factory=list)
    incoming: set[tuple[str, str]] = field(default_factory=set)
    changes: list[Changes] = field(default_factory=list)
    recalls: dict[tuple[str, str, str], Recall] = field(default_factory=dict)
    uses: dict[str, tuple[ToolUse, ...]] = field(default_factory=dict)
    conflicts: int = 0
    expects: dict[str, str] = field(default_factory=dict)

    async def expected(self, workspace: Workspace, sender: Sender, known: str | None) -> Learner | None:
        found = self.expects.get(sender.external) or self.expects.get((sender.email or "").lower())
        return self.learners[found] if found and found != known else None

    async def workspace(self, ref: WorkspaceRef) -> Workspace:
        if ref not in self.workspaces:
            self.workspaces[ref] = Workspace(
                WorkspaceId(f"w-{ref.channel}"), self.organization_row.id, ref.channel, ref.external
            )
        return self.workspaces[ref]

    async def snapshot(
        self, workspace: Workspace, account: str, session: SessionId | None, needs: Needs, now: datetime
    ) -> Snapshot:
        found = self.accounts.get((workspace.id, account))
        learner = self.learners.get(found.learner) if found else None
        wanted = session or (learner.current if learner else None)
        shown = self.sessions.get(wanted) if wanted else None
        code = self.codes.get(needs.code or "")
        draft = self.drafts.get(needs.draft or "")
        history = [s for s in self.sessions.values() if learner and s.learner == learner.id]
        return Snapshot(
            self.organization_row,
            workspace,
            found,
            learner,
            shown,
            self.lessons.get(shown.lesson_version) if shown else None,
            tuple(sorted(history, key=lambda s: s.updated_at, reverse=True)) if needs.history else (),
            uses=self.uses.get(learner.id, ()) if learner and needs.uses else (),
            recalls=self._recalls(learner) if learner and needs.recalls else (),
            commitments=self._of(learner, self.commitments) if needs.commitments else (),
            wishes=self.wishes.get(learner.id, Wishes()) if learner and needs.nudging else Wishes(),
            decisions=self._of(learner, self.decisions) if needs.nudging else (),
            draft=draft if draft and learner and draft.learner == learner.id else None,
            code=code,
            other=self.learners.get(code.learner) if code else None,
        )

    @staticmethod
    def _of(learner: Learner | None, rows: Sequence[T]) -> tuple[T, ...]:
        return tuple(row for row in reversed(rows) if learner and row.learner == learner.id)

    def _recalls(self, learner: Learner) -> tuple[Recall, ...]:
        own = (r for (who, _, _), r in self.recalls.items() if who == learner.id)
        return tuple(sorted(own, key=lambda r: (r.due_at, r.lesson, r.question)))

    async def post(self, post: PostId) -> Post | None:
        return self.posts.get(post)

    async def lesson(self, version: str) -> Lesson | None:
        return self.lessons.get(version)

    async def accounts_of(self, learner: LearnerId) -> Sequence[tuple[Workspace, Account]]:
        spaces = {w.id: w for w in self.workspaces.values()}
        return [(spaces[a.workspace], a) for a in self.accounts.values() if a.learner == learner]

    async def apply(self, changes: Changes, deadline: datetime | None = None) -> None:
        if self.conflicts:
            self.conflicts -= 1
            raise Conflict
        if changes.incoming in self.incoming:
            raise Duplicate
        learner = changes.learner
        stored = self.learners.get(learner.id) if learner else None
        if learner and (stored.version if stored else 0) != learner.version:
            raise Conflict
        self._write(changes)

    def _write(self, changes: Changes) -> None:
        self.changes.append(changes)
        if changes.incoming:
            self.incoming.add(changes.incoming)
        if changes.merge:
            self._merge(changes.merge.gone, changes.merge.kept)
        if learner := changes.learner:
            self.learners[learner.id] = replace(learner, version=learner.version + 1)
        if account := changes.account:
            self.accounts[account.workspace, account.external] = account
        self.sessions.update({s.id: s for s in changes.sessions})
        self.posts.update({p.id: p for p in changes.posts})
        if changes.lesson:
            self.lessons[changes.lesson.version] = changes.lesson
        if changes.code:
            self.codes[changes.code.code] = changes.code
        if changes.used_code:
            del self.codes[changes.used_code]
        if changes.draft:
            self.drafts.setdefault(changes.draft.id, changes.draft)
        self.drafts.pop(changes.gone_draft or "", None)
        self._write_nudging(changes)
        self.events += changes.events
        self.recalls.update({(r.learner, r.lesson, r.question): r for r in changes.recalls})

    def _write_nudging(self, changes: Changes) -> None:
        if changes.commitment:
            self.commitments.append(changes.commitment)
        known = {(each.learner, each.moment, each.subject) for each in self.decisions}
        self.decisions += [x for x in changes.decisions if (x.learner, x.moment, x.subject) not in known]
        if changes.answered:
            who, name, at = changes.answered
            self.decisions = [
                replace(x, answered_at=x.answered_at or at) if (x.learner, x.id) == (who, name) else x
                for x in self.decisions
            ]
        if changes.wishes:
            self.wishes[changes.wishes[0]] = changes.wishes[1]
        if changes.looked:
            self.looks[changes.looked[0]] = changes.looked[1]
        if changes.look_by:
            who, at = changes.look_by
            self.looks[who] = min(at, self.looks.get(who, at))

    def _merge(self, gone: str, kept: str) -> None:
        del self.learners[gone]
        owner = self.learners[kept].id
        self.accounts = {
            k: replace(a, learner=owner) if a.learner == gone else a for k, a in self.accounts.items()
        }
        moved = {k: replace(s, learner=owner) for k, s in self.sessions.items() if s.learner == gone}
        self.sessions.update(moved)
        for key in [key for key in self.recalls if key[0] == gone]:
            recall = replace(self.recalls.pop(key), learner=owner)
            self.recalls.setdefault((owner, *key[1:]), recall)
        self.codes = {k: replace(c, learner=owner) if c.learner == gone else c for k, c in self.codes.items()}


@dataclass
class Sink:
    """An outlet that keeps what it takes."""

    taken: list[Delivery] = field(default_factory=list)

    def take(self, deliveries: Sequence[Delivery]) -> None:
        self.taken += deliveries


class Person:
    """Somebody on one channel: does things through the real dispatcher, sees what is answered.

    With `in_band` the answers come in the HTTP answer, as on the web; else as deliveries, as in Slack.
    """

    def __init__(
        self,
        world: World,
        name: str = "U1",
        channel: ChannelName = ChannelName.SLACK,
        in_band: bool = False,
    ) -> None:
        self.world = world
        self.name = name
        self.ref = WorkspaceRef(channel, f"{channel}-workspace")
        self.in_band = in_band
        self.message: Message | None = None
        self.answer = Answer()
        self.source: str | None = None

    async def does(
        self,
        verb: str,
        args: Args | None = None,
        *,
        pressed: bool = False,
        identity: str | None = None,
        surface: Surface = Surface.DIRECT_MESSAGE,
        notice: bool = False,
        form: bool = False,
        files: tuple[FileRef, ...] = (),
    ) -> Answer:
        """Send one interaction and take in what comes back."""
        self.world.count += 1
        before = len(self.world.sink.taken)
        source = Source(self.source or "m0", "https://hooks.example/1") if pressed else None
        self.answer = await self.world.desk.handle(
            Incoming(
                id=identity or f"i{self.world.count}",
                workspace=self.ref,
                sender=Sender(self.name, time_zone="Europe/Lisbon"),
                conversation=f"D-{self.name}",
                verb=verb,
                args=args or {},
                surface=surface,
                source=source,
                takes_message=self.in_band,
                takes_notice=notice,
                takes_form=form,
                takes_file=self.ref.channel is ChannelName.WEB,
                files=files,
                by_platform=ROUTES[verb].by_platform if verb in ROUTES else False,
            )
        )
        self._see(self.world.sink.taken[before:], pressed)
        return self.answer

    def _see(self, taken: Sequence[Delivery], pressed: bool) -> None:
        mine = [d for d in taken if d.workspace.channel == self.ref.channel and d.account == self.name]
        if self.answer.message is not None:
            self.message = self.answer.message
        elif mine:
            self.message = mine[-1].message
        if not pressed and self.message is not None and (mine or self.answer.message):
            self.world.messages += 1
            self.source = f"m{self.world.messages}"
            post = mine[-1].post if mine else self.answer.post
            if post in self.world.store.posts:
                row = self.world.store.posts[post]
                self.world.store.posts[post] = replace(row, external=self.source)

    async def press(self, label: str, **more: str) -> Answer:
        """Press the button whose label begins so."""
        button = self.button(label)
        return await self.does(button.verb, {**button.args, **more}, pressed=True)

    async def fill(self, label: str, **values: str) -> Answer:
        """Fill in and send the form whose button begins so."""
        form = self.form(label)
        return await self.does(form.submit, {**form.args, **values}, pressed=True)

    def button(self, label: str) -> Button:
        """Find a button of what is shown."""
        for button in self.buttons():
            if button.label.startswith(label):
                return button
        raise AssertionError(f"no button {label!r} among {[b.label for b in self.buttons()]}")

    def buttons(self) -> list[Button]:
        """List the buttons of what is shown."""
        blocks = self.message.blocks if self.message else ()
        return [option for block in blocks if isinstance(block, Choices) for option in block.options]

    def form(self, label: str) -> Form:
        """Find a form of what is shown."""
        blocks = self.message.blocks if self.message else ()
        return next(b for b in blocks if isinstance(b, Form) and b.open_label.startswith(label))

    @property
    def text(self) -> str:
        """All that is shown, as one text."""
        return str(self.message)

    @property
    def learner(self) -> Learner:
        """The learner behind this person."""
        account = self.world.store.accounts[f"w-{self.ref.channel}", self.name]
        return self.world.store.learners[account.learner]

    async def joins(self) -> None:
        """Agree and answer the first questions."""
        await self.does("arrive")
        for label in ("Agree", "Finance", "I have all", "That is right", "30"):
            await self.press(label)

    async def finishes_lesson(self) -> None:
        """Take the lesson that is shown to its end."""
        for label in (
            "I did it",
            "All of it",
            "Go on",
            "Use only",
            "Go on",
            "70",
            "10",
            "Copilot",
            "With Copilot",
        ):
            await self.press(label)


class World:
    """A dispatcher on a memory store, a sink for what goes out, and a clock that stands still."""

    def __init__(self, catalogue: Catalogue | None = None) -> None:
        self.store = MemoryStore()
        self.sink = Sink()
        self.catalogue = catalogue or make_catalogue()
        self.now = NOW
        self.count = 0
        self.messages = 0
        self.outcomes: list[str] = []
        self.desk = Dispatcher(
            self.store,  # type: ignore[arg-type]  # the part of a store that dispatch uses
            lambda: self.catalogue,
            self.sink,
            lambda: self.now,
            lambda incoming, outcome, seconds: self.outcomes.append(outcome),
        )

    def later(self, **by: float) -> None:
        """Move the clock on."""
        self.now += timedelta(**by)

    def types(self) -> list[str]:
        """List the types of all events so far."""
        return [event.type.value for event in self.store.events]
