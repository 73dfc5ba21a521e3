"""The way of an interaction: find the verb, read, decide, write once, answer.

`handle` is the only door. A handler is pure; whatever happens twice or at the same time is settled by the
store's one atomic write: a repeat changes nothing and gets the present view, a lost race is decided again.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot import joining, pages
from bot.cohorts.meeting import account_after, meet
from bot.cohorts.reading import needed
from bot.editing.asking import draft_of
from bot.errors import (
    Conflict,
    Duplicate,
    InvalidInput,
    Refusal,
    StorageError,
    StorageUnavailable,
    UnknownLesson,
)
from bot.events import EventType
from bot.facts import Facts
from bot.forms import current_screen
from bot.learning.path import UNFINISHED
from bot.learning.turn import present_session, shows_here
from bot.messages import Button, Choices, Emphasis, Message, Text, say
from bot.model import (
    Answer,
    Changes,
    Decision,
    Draw,
    Incoming,
    Learner,
    LearnerId,
    Organization,
    Place,
    Post,
    Reply,
    Room,
    Session,
    SessionId,
    Snapshot,
    Status,
    Surface,
    Workspace,
    WorkspaceRef,
)
from bot.nudging.policy import MATTERS
from bot.overheard import OVERHEARD, Listening
from bot.placing import IN_DIRECT_MESSAGE, place
from bot.ports import Clock, Needs, Outlet, Store, Workshop
from bot.routes import ROUTES, Route, Unknown
from lessons.catalogue import Catalogue
from lessons.model import Lesson

log = logging.getLogger("laps.dispatch")

PATIENCE = timedelta(seconds=2)
"""How long a change may wait for the database: Slack takes an acknowledgement within 3 s."""

TRIES = 5


class Dispatcher:
    """Handles interactions for one organization."""

    def __init__(
        self,
        store: Store,
        catalogue: Callable[[], Catalogue],
        outlet: Outlet,
        clock: Clock,
        observe: Callable[[Incoming, str, float], None] = lambda incoming, outcome, seconds: None,
        workshop: Workshop | None = None,
    ) -> None:
        """Wire a dispatcher.

        Args:
            store: the database.
            catalogue: gives the catalogue as it is now.
            outlet: takes committed deliveries.
            clock: says the time.
            observe: is told every interaction's outcome and duration in seconds, for metrics.
            workshop: edits the catalogue; None where it cannot be edited.
        """
        self._store = store
        self._catalogue = catalogue
        self._outlet = outlet
        self._clock = clock
        self._observe = observe
        self._workshop = workshop
        self._workspaces: dict[WorkspaceRef, Workspace] = {}
        self._listening = Listening(store, clock)

    async def handle(self, incoming: Incoming) -> Answer:
        """Handle one interaction to its commit.

        Raises:
            StorageUnavailable: nothing was saved.
        """
        started = self._clock()
        outcome = "failed"
        try:
            answer, outcome = await self._handle(_storable(incoming), started)
        except StorageError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the person gets an answer and we get to know
            outcome = "bug"
            answer = Answer(message=_apology(incoming, error))
        finally:
            self._observe(incoming, outcome, (self._clock() - started).total_seconds())
        return answer

    async def _handle(self, incoming: Incoming, now: datetime) -> tuple[Answer, str]:
        workspace = await self._workspace(incoming.workspace)
        if incoming.verb == OVERHEARD and incoming.by_platform:
            found = await self._listening.heard(incoming, workspace, self._catalogue())
            if found is None:
                return Answer(), "unheard"
            incoming = found
        route, command = _command(incoming)
        for _ in range(TRIES):
            snapshot = await self._read(incoming, workspace, route, command, now)
            decision, outcome = await self._decide(incoming, route, command, snapshot, now)
            decision = _recorded(decision, outcome, incoming, route, snapshot, now)
            decision = _noticed(decision, incoming, snapshot, now)
            changes, answer = await self._complete(incoming, snapshot, decision, now)
            try:
                # Files take their time to come, and what is published already must be said so.
                await self._store.apply(changes, (self._clock() if route.workshop else now) + PATIENCE)
            except Conflict:
                continue
            except Duplicate:
                return await self._repeat(incoming, workspace, route, command, now), "repeat"
            if changes.workspace is not None:
                self._workspaces[incoming.workspace] = changes.workspace
            if changes.listening is not None:
                self._listening.forget()
            if changes.deliveries:
                self._outlet.take(changes.deliveries)
            return answer, outcome
        raise StorageUnavailable(f"lost {TRIES} races in a row")

    # ------------------------------------------------------------ reading

    async def _workspace(self, ref: WorkspaceRef) -> Workspace:
        known = self._workspaces.get(ref)
        if known is None:
            known = self._workspaces[ref] = await self._store.workspace(ref)
        return known

    async def _read(
        self, incoming: Incoming, workspace: Workspace, route: Route, command: object, now: datetime
    ) -> Snapshot:
        """Read what the verb needs, and put a stranger's place in order."""
        named = SessionId(incoming.args["s"]) if "s" in incoming.args else None
        needs = needed(command, incoming.args, route.needs)
        if isinstance(command, joining.JoinAccounts):
            needs = replace(needs, code=command.code)
        if route.workshop:
            needs = replace(needs, draft=draft_of(command))
        account = incoming.sender.external
        snapshot = await self._store.snapshot(workspace, account, named, needs, now)
        if await meet(self._store, snapshot, incoming, now):
            snapshot = await self._store.snapshot(workspace, account, named, needs, now)
        if route.in_session and (_at_last_step(snapshot) or _is_old(snapshot, incoming)):
            needs = replace(needs, history=True, uses=True, recalls=True)
            snapshot = await self._store.snapshot(workspace, account, named, needs, now)
        source = incoming.source
        room = None
        if incoming.room is not None:
            room = Room(workspace, incoming.room, incoming.sender.service_url)
        place = Place(incoming.surface, source.external if source else None, room, incoming.takes_form)
        learner = snapshot.learner or self._stranger(snapshot.organization, workspace, incoming)
        snapshot = replace(snapshot, learner=learner, place=place)
        if needs.history:
            snapshot = await self._with_shelf(snapshot)
        if named is not None and learner.current not in (None, named):
            snapshot = replace(snapshot, instead=await self._shown_instead(incoming, snapshot, now))
        return snapshot

    async def _shown_instead(
        self, incoming: Incoming, snapshot: Snapshot, now: datetime
    ) -> tuple[Session, Lesson] | None:
        """Find the current session where the message that was pressed shows it, and not the one it named."""
        account = incoming.sender.external
        current = await self._store.snapshot(snapshot.workspace, account, None, Needs(), now)
        if current.session is None or current.lesson is None or current.session.post is None:
            return None
        post = await self._store.post(current.session.post)
        seen = replace(current, post=post, place=snapshot.place)
        return (current.session, current.lesson) if shows_here(seen, current.session) else None

    async def _with_shelf(self, snapshot: Snapshot) -> Snapshot:
        """Add the message of the session under way, and lessons that the catalogue has no longer so."""
        post = None
        if snapshot.session is not None and snapshot.session.post is not None:
            post = await self._store.post(snapshot.session.post)
        shelf: dict[str, Lesson] = {}
        catalogue = self._catalogue()
        for session in snapshot.history:
            current = catalogue.lessons.get(session.lesson)
            if session.status in UNFINISHED and (
                current is None or current.version != session.lesson_version
            ):
                began = await self._store.lesson(session.lesson_version)
                if began is not None:
                    shelf[session.lesson_version] = began
        return replace(snapshot, post=post, shelf=shelf)

    def _stranger(self, organization: Organization, workspace: Workspace, incoming: Incoming) -> Learner:
        draw = Draw(organization.salt, f"{workspace.id}/{incoming.sender.external}", incoming.id)
        return Learner(LearnerId(draw.id("learner")), organization.id)

    # ------------------------------------------------------------ deciding

    async def _decide(
        self, incoming: Incoming, route: Route, command: object, snapshot: Snapshot, now: datetime
    ) -> tuple[Decision, str]:
        learner = snapshot.who
        draw = Draw(snapshot.organization.salt, learner.id, incoming.id)
        catalogue = self._catalogue()
        try:
            gate = _gate(incoming, route, snapshot, catalogue, now, draw)
            if gate is not None:
                return gate, "done"
            decision = route.decide(snapshot, command, catalogue, now, draw)
            if route.workshop and self._workshop is not None:
                decision = await self._workshop.decide(incoming, snapshot, command, now, draw)
            return decision, "done"
        except InvalidInput as refusal:
            return _invalid(incoming, route, snapshot, refusal, catalogue, now), "refused"
        except Refusal as refusal:
            if learner.status in (Status.NEW, Status.DECLINED):
                return _refused_before_consent(incoming, snapshot, refusal, catalogue, now, draw), "refused"
            return Decision(Reply(_refused(refusal), aside=True)), "refused"
        except StorageError:
            raise
        except Exception as error:  # noqa: BLE001 - a bug in a handler changes nothing and is answered
            return Decision(Reply(_apology(incoming, error), aside=True)), "bug"

    async def _repeat(
        self, incoming: Incoming, workspace: Workspace, route: Route, command: object, now: datetime
    ) -> Answer:
        """Answer a repeat with the present view, where the HTTP answer can show one."""
        if not incoming.takes_message:
            return Answer()
        if route.workshop or incoming.in_room:
            snapshot = await self._read(incoming, workspace, route, command, now)
            reply = (await self._decide(incoming, route, command, snapshot, now))[0].reply
            if not incoming.in_room:
                return Answer(message=reply.message, problems=reply.problems)
            return Answer(message=reply.message if reply.aside else IN_DIRECT_MESSAGE, beside=True)
        snapshot = await self._read(incoming, workspace, ROUTES["next"], command, now)
        try:
            if shows_here(snapshot, snapshot.session):
                reply = present_session(snapshot, None, self._catalogue(), now)
            else:
                reply = current_screen(snapshot, incoming.args, self._catalogue(), now)
        except (Refusal, KeyError, ValueError):
            reply = joining.present(snapshot, self._catalogue(), now)
        return Answer(message=reply.message, post=reply.post)

    # ------------------------------------------------------------ completing

    async def _complete(
        self, incoming: Incoming, snapshot: Snapshot, decision: Decision, now: datetime
    ) -> tuple[Changes, Answer]:
        """Add to what was decided: the incoming id, the account, and where everything is said."""
        changes = decision.changes
        if decision.reply.post is not None and changes.learner is None and snapshot.who.version:
            # A screen that is shown again must still be the present one once it is shown.
            changes = replace(changes, learner=snapshot.who)
        changes = replace(changes, learner=_with_locale(changes, snapshot.who, incoming))
        learner = changes.learner or snapshot.who
        account = account_after(incoming, snapshot, learner)
        if learner.version == 0 and changes.learner is None:
            account = None
        home = self._home(incoming, snapshot, decision, now)
        if home is not None and changes.learner is not None and not changes.sessions:
            decision = replace(decision, reply=replace(decision.reply, home=home))  # it says all there is
        targets = []
        for post_id, message in decision.reply.updates:
            post = await self._store.post(post_id)
            if post is not None and not _is_pressed(post, incoming, snapshot, decision):
                accounts = await self._store.accounts_of(snapshot.who.id)
                at = (post.workspace, post.account)
                targets += [
                    (post, w, a.service_url, message) for w, a in accounts if (w.id, a.external) == at
                ]
        placed = place(incoming, snapshot, decision, learner, home, targets, now)
        changes = replace(
            changes,
            learner=_with_welcome(changes, snapshot.who, placed.posts),
            incoming=(snapshot.workspace.id, incoming.id),
            account=account,
            posts=(*changes.posts, *placed.posts),
            deliveries=(*changes.deliveries, *placed.deliveries),
        )
        if not snapshot.workspace.active and changes.workspace is None and incoming.verb != "depart":
            changes = replace(changes, workspace=replace(snapshot.workspace, active=True))
        return changes, placed.answer

    def _home(
        self, incoming: Incoming, snapshot: Snapshot, decision: Decision, now: datetime
    ) -> Message | None:
        """Say what the home shows after this, where it was looked at or pressed on."""
        if incoming.surface is not Surface.HOME:
            return None
        changed = decision.changes.learner
        if decision.reply.home is None and changed is not None:
            after = replace(snapshot, learner=replace(changed, version=changed.version + 1))
            return joining.home_of(after, self._catalogue(), now)
        return decision.reply.home


_TRY_NEXT = Choices((Button("Go on", "next"), Button("Help", "help")))


def _noticed(decision: Decision, incoming: Incoming, snapshot: Snapshot, now: datetime) -> Decision:
    """Tell the planner of nudges what it must know: a message was answered, or something happened."""
    changes, learner = decision.changes, decision.changes.learner or snapshot.who
    nudge = incoming.args.get("u", "")
    if nudge and snapshot.who.version:
        changes = replace(changes, answered=(learner.id, nudge[:40], now))
    if changes.look_by is None and any(event.type in MATTERS for event in changes.events):
        changes = replace(changes, look_by=(learner.id, now))
    return replace(decision, changes=changes)


def _storable(incoming: Incoming) -> Incoming:
    """Leave out the one character that PostgreSQL cannot hold in a text."""
    if not any("\0" in value for value in incoming.args.values()):
        return incoming
    return replace(incoming, args={name: value.replace("\0", "") for name, value in incoming.args.items()})


def _command(incoming: Incoming) -> tuple[Route, object]:
    """Find the verb's route and make its command; anything that is not right is `unknown`."""
    route = ROUTES.get(incoming.verb)
    if route is not None and route.by_platform <= incoming.by_platform:
        try:
            return route, route.command(incoming.args)
        except (KeyError, ValueError):
            pass
    return ROUTES["unknown"], Unknown(incoming.args.get("text", "") if incoming.verb == "unknown" else "")


def _recorded(
    decision: Decision, outcome: str, incoming: Incoming, route: Route, snapshot: Snapshot, now: datetime
) -> Decision:
    """Record what left no other trace: whatever a learner does after agreeing is an adoption event."""
    learner = snapshot.who
    has_agreed = learner.status in (Status.ACTIVE, Status.STOPPED)
    if decision.changes.events or not has_agreed or route.by_platform or outcome == "bug":
        return decision
    facts = Facts(snapshot, now, Draw(snapshot.organization.salt, learner.id, incoming.id))
    verb = incoming.verb if incoming.verb in ROUTES else "unknown"
    event = facts(EventType.SCREEN_SHOWN, verb=verb, refused=outcome == "refused")
    return replace(decision, changes=replace(decision.changes, events=(event,)))


def _with_welcome(changes: Changes, before: Learner, posts: Sequence[Post]) -> Learner | None:
    """Return the learner to write, without a welcome that was shown but not posted: it cannot be changed."""
    learner = changes.learner
    if (
        learner is None
        or changes.merge is not None
        or learner.welcome in (before.welcome, *(p.id for p in posts))
    ):
        return learner
    return replace(learner, welcome=before.welcome)


_LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")


def _with_locale(changes: Changes, before: Learner, incoming: Incoming) -> Learner | None:
    """Return the learner to write, with the language that their client speaks once they have agreed.

    The first one told stays: lessons do not change their language from one device to the next.
    """
    learner = changes.learner or before
    told = incoming.sender.locale
    if learner.status is not Status.ACTIVE or learner.locale or not told or not _LOCALE.fullmatch(told):
        return changes.learner
    return replace(learner, locale=told)


def _is_old(snapshot: Snapshot, incoming: Incoming) -> bool:
    """Say whether a button is of another version of its session, so that it matters where it was pressed."""
    session = snapshot.session
    return session is not None and incoming.args.get("v") != str(session.version)


def _is_pressed(post: Post, incoming: Incoming, snapshot: Snapshot, decision: Decision) -> bool:
    """Say whether a message to be left behind is the very one that was pressed, and becomes the answer."""
    source = incoming.source
    here = (post.workspace, post.account) == (snapshot.workspace.id, incoming.sender.external)
    pressed = source is not None and source.external is not None and source.external == post.external
    return here and pressed and decision.reply.message is not None


def _at_last_step(snapshot: Snapshot) -> bool:
    session, lesson = snapshot.session, snapshot.lesson
    return session is not None and lesson is not None and session.step >= len(lesson.steps) - 1


def _gate(
    incoming: Incoming, route: Route, snapshot: Snapshot, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision | None:
    """Hold back what must wait: consent, a stop, the first questions."""
    learner = snapshot.who
    if learner.status in (Status.NEW, Status.DECLINED) and not route.before_consent:
        return joining.before_consent(snapshot, catalogue, now, draw, _is_answered(incoming))
    if learner.status is Status.STOPPED and not route.when_stopped:
        return Decision(Reply(pages.stopped(), aside=True))
    if route.after_questions and joining.next_question(learner) is not None:
        return Decision(joining.present(snapshot, catalogue, now))
    return None


def _invalid(
    incoming: Incoming,
    route: Route,
    snapshot: Snapshot,
    refusal: InvalidInput,
    catalogue: Catalogue,
    now: datetime,
) -> Decision:
    """Say what is wrong with an input: in the form it came from, else above the screen it belongs to."""
    if incoming.surface is Surface.FORM or (route.workshop and incoming.takes_message):
        fields = {("x" if name == "value" else name): text for name, text in refusal.problems.items()}
        return Decision(Reply(problems=fields))
    if not {"s", "k", "p"} & incoming.args.keys():
        return Decision(Reply(_refused(refusal), aside=True))
    try:
        reply = current_screen(snapshot, incoming.args, catalogue, now)
    except (Refusal, KeyError, ValueError):
        return Decision(Reply(_refused(refusal), aside=True))
    return Decision(replace(reply, message=_headed(str(refusal), reply.message or say(""))))


def _apology(incoming: Incoming, error: Exception) -> Message:
    """Log a bug, once, with a reference that the person is told."""
    reference = secrets.token_hex(4)
    context = {"action": "bug", "verb": incoming.verb}
    log.error("an interaction failed; reference %s", reference, exc_info=error, extra=context)
    text = f"Something went wrong on our side and nothing was changed. Reference: {reference}."
    return say(text, _TRY_NEXT)


def _refused_before_consent(
    incoming: Incoming, snapshot: Snapshot, refusal: Refusal, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Say what is wrong in the one message that a person may get who has not agreed: the welcome."""
    decision = joining.before_consent(snapshot, catalogue, now, draw, _is_answered(incoming))
    reply = decision.reply
    shown = _headed(str(refusal), reply.message) if reply.message else None
    updates = tuple((post, _headed(str(refusal), message)) for post, message in reply.updates)
    return replace(decision, reply=replace(reply, message=shown, updates=updates))


def _headed(text: str, message: Message) -> Message:
    return replace(message, blocks=(Text(text, strong=True), *message.blocks))


def _is_answered(incoming: Incoming) -> bool:
    """Say whether the HTTP answer shows what is said, so that it takes no new message."""
    return (incoming.takes_message and not incoming.in_room) or incoming.takes_notice


def _refused(refusal: Refusal) -> Message:
    text = f"{refusal} {refusal.hint}".strip()
    buttons: tuple[Button, ...] = (Button("Next lesson", "next"), Button("Lessons", "lessons"))
    if isinstance(refusal, UnknownLesson) and refusal.nearest:
        meant = Button("Open that one", "lesson", {"id": refusal.nearest}, Emphasis.PRIMARY)
        buttons = (meant, *buttons)
    return say(text, Choices(buttons))
