"""Where a reply shows: in the HTTP answer, in place of the message that was pressed, or as a new message.

The rules, in this order:

1. A form or a form's problems go into the HTTP answer.
2. A press on the home changes the home; what is more than that goes to the direct message.
3. A press in a conversation of several people, or a form opened there, changes nothing for the others: what
   is only information is shown to the presser alone, all else goes to the direct message.
   So it is where an answer is to stand beside what was pressed.
4. Where the HTTP answer can show a message (web, Teams' Execute), it does; where it fades, the message is
   updated as well.
5. A press on a message in the direct message is answered in its place.
6. A slash command gets information privately where it was typed; lessons go to the direct message.
7. What is typed is answered by a new message; in a conversation of several people, in the direct message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.messages import Choices, Message, Text, say
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
    Spoken,
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
        for said in self.reply.spoken:
            self._speak(said)
        return Placed(answer, tuple(self.deliveries), tuple(self.posts))

    def _place(self, home: Message | None) -> Answer:
        incoming, reply, message = self.incoming, self.reply, self.reply.message
        if reply.problems or (reply.form is not None and (incoming.takes_form or message is None)):
            return Answer(form=reply.form, problems=reply.problems)
        if home is not None:
            self._send(Operation.HOME, home, None)
            if reply.home is not None:
                return Answer()
        if message is None:
            return Answer()
        if incoming.in_room and (incoming.source is not None or incoming.surface is Surface.FORM):
            return self._to_the_presser(message)
        if reply.beside:
            return self._beside(message)
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
        told = bool(reply.spoken)  # where the answer is for all to see, it need not be looked for
        if incoming.surface is Surface.CONVERSATION and self.learner.status is Status.ACTIVE and not told:
            self._send(Operation.POST, IN_DIRECT_MESSAGE, incoming.conversation)
        return Answer()

    def _beside(self, message: Message) -> Answer:
        """Leave what was pressed as it is, and say something beside it."""
        incoming = self.incoming
        if incoming.takes_message and (not incoming.message_fades or _is_a_sentence(message)):
            return Answer(message=message, beside=True)
        self._post(message, incoming.conversation or self._direct())
        return Answer()

    def _to_the_presser(self, message: Message) -> Answer:
        """Answer one person in a conversation of several, without a change for the others."""
        incoming = self.incoming
        if self.reply.aside and incoming.takes_message:
            if not incoming.message_fades or _is_a_sentence(message):
                return Answer(message=message, beside=True)
            self._whisper(message)  # it must outlive the next change of what was pressed
            return Answer(message=IN_DIRECT_MESSAGE, beside=True)
        if self.reply.aside:
            self._whisper(message)
            return Answer()
        self._post(message, self._direct())
        if incoming.takes_message:
            return Answer(message=IN_DIRECT_MESSAGE, beside=True)
        if self.learner.status is Status.ACTIVE:
            self._whisper(IN_DIRECT_MESSAGE)
        return Answer()

    def _whisper(self, message: Message) -> None:
        source = self.incoming.source
        handle = source.handle if source is not None else None
        self._send(Operation.WHISPER, message, self.incoming.conversation, handle=handle)

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

    def _speak(self, said: Spoken) -> None:
        """Say something to all in a conversation; what is said once is not said again."""
        room, draw = said.room, self.draw
        if not said.again:
            self.posts.append(Post(said.post, room.workspace.id, "", room.conversation))
        number = len(self.deliveries)
        self.deliveries.append(spoken(said, draw.id(f"delivery {number}"), self._key(number), self.now))

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
            key=self._key(number),
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

    def _key(self, number: int) -> str:
        return f"reply:{self.snapshot.workspace.id}:{self.incoming.id}:{number}"


def _is_a_sentence(message: Message) -> bool:
    """Say whether a message is all said by its fallback; buttons that lead on can be done without."""
    texts = [block for block in message.blocks if not isinstance(block, Choices)]
    return all(isinstance(block, Text) and block.text == message.fallback for block in texts)


def spoken(said: Spoken, name: str, key: str, now: datetime, late_at: datetime | None = None) -> Delivery:
    """Make the delivery of what is said to all in a conversation.

    Args:
        said: what, and where; its own key comes before `key`.
        name: the delivery's id.
        key: what makes it unique.
        now: the time; it goes out from then on.
        late_at: when it is too late; None never is.
    """
    return Delivery(
        id=DeliveryId(name),
        organization=said.room.workspace.organization,
        workspace=said.room.workspace,
        key=said.key or key,
        kind=DeliveryKind.NOTICE,
        operation=Operation.UPDATE if said.again else Operation.POST,
        account="",
        conversation=said.room.conversation,
        message=said.message,
        created_at=now,
        lease_until=now,
        service_url=said.room.service_url,
        post=said.post,
        due_at=now,
        late_at=late_at,
    )
