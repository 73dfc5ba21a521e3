"""What admins are told about the catalogue, and how it reaches them: at most once each."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.errors import Duplicate, LapsError
from bot.messages import Block, Button, Choices, Heading, Items, Message, Note, Text
from bot.model import Account, Changes, Delivery, DeliveryId, DeliveryKind, Operation, Role, Workspace
from bot.ports import Clock, Outlet, Store

log = logging.getLogger("laps.catalogue")

MOST = 15
"""Findings in a message; whoever has more runs `laps lint`."""

LEASE = timedelta(seconds=30)
"""How long the process that stored a notice has to send it."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell; what has the same `name` is not told twice to the same person.

    `errors` counts those of a catalogue that was refused.
    """

    name: str
    message: Message
    errors: int = 0


def told_bad(errors: Sequence[str], live: int) -> Notice:
    """Say that what was saved has errors, what they are, and that nothing changed for learners."""
    many = f"{len(errors)} errors" if len(errors) != 1 else "one error"
    text = f"The lessons were saved with {many}. Nothing changed for learners: revision {live} stays live."
    blocks: list[Block] = [Heading("The catalogue needs a look"), Text(text), Items(tuple(errors[:MOST]))]
    if len(errors) > MOST:
        blocks.append(Note(f"And {len(errors) - MOST} more. All of them: laps lint"))
    blocks.append(Note("Save the file again when it is mended; it is live within a second."))
    digest = hashlib.sha256("\n".join((str(live), *errors)).encode()).hexdigest()[:20]
    return Notice(f"bad:{digest}", Message(text, tuple(blocks)), len(errors))


def told_mended(number: int, summary: Sequence[str]) -> Notice:
    """Say that the catalogue is good again, and what is different now."""
    text = f"The catalogue is good again: revision {number} is live."
    changed: tuple[Block, ...] = (Items(tuple(summary[:MOST])),) if summary else ()
    blocks = (Text(text), *changed, Choices((Button("Lessons", "lessons"),)))
    return Notice(f"good:{number}", Message(text, blocks))


class Notices:
    """Tells the admins, through the outbox."""

    def __init__(self, store: Store, outlet: Outlet, clock: Clock) -> None:
        self._store = store
        self._outlet = outlet
        self._clock = clock

    async def tell(self, notice: Notice) -> int:
        """Tell every admin who can be reached, each on one channel; return how many were told just now."""
        told: set[str] = set()
        for workspace, account in await self._store.people_with(Role.ADMIN):
            if account.learner not in told and await self._send(notice, workspace, account):
                told.add(account.learner)
        if not told:
            log.info("no admin is there to be told", extra={"action": "nobody_told"})
        return len(told)

    async def _send(self, notice: Notice, workspace: Workspace, account: Account) -> bool:
        now = self._clock()
        key = f"notice:{notice.name}:{account.external}"
        delivery = Delivery(
            id=DeliveryId(hashlib.sha256(f"{workspace.id}\0{key}".encode()).hexdigest()[:26]),
            organization=workspace.organization,
            workspace=workspace,
            key=f"{key}:{workspace.id}",
            kind=DeliveryKind.NOTICE,
            operation=Operation.POST,
            account=account.external,
            conversation=account.direct,
            message=notice.message,
            created_at=now,
            lease_until=now + LEASE,
            service_url=account.service_url,
            learner=account.learner,
        )
        try:
            await self._store.apply(Changes(incoming=(workspace.id, key), deliveries=(delivery,)))
        except Duplicate:
            return True
        except LapsError as error:
            log.warning("an admin could not be told: %s", error, extra={"action": "notice_lost"})
            return False
        self._outlet.take((delivery,))
        return True
