"""Where a reply shows: in the HTTP answer, in place of the message that was pressed, or as a new message.

The rules, in this order:

1. A form or a form's problems go into the HTTP answer.
2. A press on the home changes the home; what is more than that goes to the direct message.
3. Where the HTTP answer can show a message (web, Teams' Execute), it does; where it fades, the message is
   updated as well.
4. A press on a message in the direct message is answered in its place.
5. A slash command gets information privately where it was typed; lessons go to the direct message.
6. What is typed is answered by a new message; in a conversation of several people, in the direct message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.messages import Message, say
from bot.model import (
    Answer,
    Decision,
    Delivery,
    DeliveryId,
    DeliveryKind,
    Draw,
    Incoming,
    Learner,
    Operation,
    Post,
    PostId,
    Snapshot,
    Source,
    Status,
    Surface,
    Workspace,
)

LEASE = timedelta(seconds=30)
"""How long the process that committed a delivery has to send it; outlives every HTTP timeout of a channel."""

HANDLE_LIFE = timedelta(minutes=29)
"""Slack's response_url works for 30 minutes."""

IN_DIRECT_MESSAGE = say("It is in our direct message.")


@dataclass(frozen=True, slots=True)
class Placed:
    """What goes out, what is tracked, and what the HTTP answer says."""

    answer: Answer
    deliveries: tuple[Delivery, ...] = ()
    posts: tuple[Post, ...] = ()


def place(
    incoming: Incoming,
    snapshot: Snapshot,
    decision: Decision,
    learner: Learner,
    home: Message | None,
    updates: Sequence[tuple[Post, Workspace, str | None, Message]],
    now: datetime,
) -> Placed:
    """Decide where a reply shows.

    Args:
        incoming: what came in.
        snapshot: what was read.
        decision: what was decided.
        learner: the learner as they will be.
        home: the home to show, where it is in sight.
        updates: left-behind messages to change, with their workspace and Teams' address for it.
        now: the time.
    """
    return _Placing(incoming, snapshot, decision, learner, now).run(home, updates)


class _Placing:
    def __init__(
        self, incoming: Incoming, snapshot: Snapshot, decision: Decision, learner: Learner, now: datetime
    ) -> None:
        self.incoming, self.snapshot, self.learner, self.now = incoming, snapshot, learner, now
        self.reply = decision.reply
        self.draw = Draw(snapshot.organization.salt, learner.id, incoming.id)
        self.deliveries: list[Delivery] = []
        self.posts: list[Post] = []

    def run(
        self, home: Message | None, updates: Sequence[tuple[Post, Workspace, str | None, Message]]
    ) -> Placed:
        for post, workspace, service_url, message in updates:
            self._change(post, workspace, service_url, message)
        answer = self._place(home)
        return Placed(answer, tuple(self.deliveries), tuple(self.posts))

    def _place(self, home: Message | None) -> Answer:
        incoming, reply, message = self.incoming, self.reply, self.reply.message
        if reply.form is not None or reply.problems:
            return Answer(form=reply.form, problems=reply.problems)
        if home is not None:
            self._send(Operation.HOME, home, None)
            if reply.home is not None:
                return Answer()
        if message is None:
            return Answer()
        if incoming.takes_message:
            return self._in_band(message)
        if incoming.source is not None and self._replaceable():
            return self._in_place(message, incoming.source)
        if incoming.takes_notice:
            return self._privately(message)
        if incoming.surface is Surface.DIRECT_MESSAGE:
            self._post(message, incoming.conversation)
            return Answer()
        self._post(message, self._direct())
        if incoming.surface is Surface.CONVERSATION and self.learner.status is Status.ACTIVE:
            self._send(Operation.POST, IN_DIRECT_MESSAGE, incoming.conversation)
        return Answer()

    def _replaceable(self) -> bool:
        """Say whether the message that was pressed can become the answer.

        One that only the presser sees cannot become a tracked message, since it cannot be updated later.
        """
        source = self.incoming.source
        if source is None or self.incoming.surface in (Surface.CONVERSATION, Surface.HOME):
            return False
        return not source.private or self.reply.post is None

    def _in_band(self, message: Message) -> Answer:
        source = self.incoming.source
        shown = source.external if source is not None and source.external else self.reply.post
        if self.reply.post is not None:
            self._track(self.incoming.conversation, shown)
        if self.incoming.message_fades and source is not None and source.external:
            self._send(Operation.UPDATE, message, self.incoming.conversation, target=source.external)
        return Answer(message=message, post=self.reply.post)

    def _in_place(self, message: Message, source: Source) -> Answer:
        self._track(self.incoming.conversation, source.external)
        self._send(
            Operation.UPDATE,
            message,
            self.incoming.conversation,
            target=source.external,
            handle=source.handle,
        )
        return Answer()

    def _privately(self, message: Message) -> Answer:
        if self.reply.aside:
            return Answer(message=message)
        self._post(message, self._direct())
        return Answer(message=IN_DIRECT_MESSAGE)

    def _post(self, message: Message, conversation: str | None) -> None:
        source, before = self.incoming.source, self.snapshot.learner
        self._track(conversation, None)
        # Before consent there is one message: a No that is typed changes it, instead of posting another one.
        is_there = self.reply.post is not None and before is not None and self.reply.post == before.welcome
        operation = Operation.UPDATE if is_there else Operation.POST
        self._send(operation, message, conversation, post=self.reply.post)
        if source is not None and source.private and source.handle:
            self._send(Operation.UPDATE, IN_DIRECT_MESSAGE, None, handle=source.handle)

    def _direct(self) -> str | None:
        account = self.snapshot.account
        return account.direct if account is not None else None

    def _track(self, conversation: str | None, external: str | None) -> None:
        """Store the reply's tracked message where it is new."""
        post = self.reply.post
        session, before = self.snapshot.session, self.snapshot.learner
        known = {session.post if session else None, before.welcome if before else None}
        if post is None or post in known:
            return
        self.posts.append(
            Post(post, self.snapshot.workspace.id, self.incoming.sender.external, conversation, external)
        )

    def _change(self, post: Post, workspace: Workspace, service_url: str | None, message: Message) -> None:
        """Change a message left behind, wherever it is."""
        self._deliver(
            Operation.UPDATE,
            message,
            workspace,
            post.account,
            post.conversation,
            service_url,
            post.id,
            post.external,
        )

    def _send(
        self,
        operation: Operation,
        message: Message,
        conversation: str | None,
        post: PostId | None = None,
        target: str | None = None,
        handle: str | None = None,
    ) -> None:
        """Send a message to the person who asked, at the place they asked from."""
        account = self.snapshot.account
        known = account.service_url if account else None
        self._deliver(
            operation,
            message,
            self.snapshot.workspace,
            self.incoming.sender.external,
            conversation,
            self.incoming.sender.service_url or known,
            post,
            target,
            handle,
        )

    def _deliver(
        self,
        operation: Operation,
        message: Message,
        workspace: Workspace,
        account: str,
        conversation: str | None,
        service_url: str | None,
        post: PostId | None,
        target: str | None,
        handle: str | None = None,
    ) -> None:
        number = len(self.deliveries)
        here = self.snapshot.workspace
        delivery = Delivery(
            id=DeliveryId(self.draw.id(f"delivery {number}")),
            organization=here.organization,
            workspace=workspace,
            key=f"reply:{here.id}:{self.incoming.id}:{number}",
            kind=DeliveryKind.REPLY,
            operation=operation,
            account=account,
            conversation=conversation,
            message=message,
            created_at=self.now,
            lease_until=self.now + LEASE,
            service_url=service_url,
            learner=self.learner.id,
            post=post,
            target=target,
            handle=handle,
            handle_until=self.now + HANDLE_LIFE if handle else None,
        )
        self.deliveries.append(delivery)
