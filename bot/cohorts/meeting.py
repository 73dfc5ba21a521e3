"""Joins an account to the person whom the roster has for it, when Laps meets it or learns its address."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from bot.cohorts.uniting import unite
from bot.errors import Conflict
from bot.events import EventType
from bot.facts import Facts
from bot.model import Account, Changes, Draw, Incoming, Learner, Sender, Snapshot, Status, Surface
from bot.ports import Store


async def meet(store: Store, snapshot: Snapshot, incoming: Incoming, now: datetime) -> bool:
    """Make the sender the learner whom the roster has for them; say whether the snapshot is to be read anew.

    Nothing is guessed: where the roster could mean somebody else too, or one of two learners said yes and the
    other no, they stay two, and the next import lists them.
    """
    sender = incoming.sender
    if not sender.external or incoming.verb == "depart" or not _tells_more(sender, snapshot.account):
        return False
    known = snapshot.learner.id if snapshot.learner else None
    learner = await store.expected(snapshot.workspace, sender, known)
    if learner is None:
        return False
    changes = joined(snapshot, learner, incoming, now)
    if changes is None:
        return False
    with suppress(Conflict):  # somebody was faster: what they made of it is read
        await store.apply(changes)
    return True


def _tells_more(sender: Sender, account: Account | None) -> bool:
    """Say whether the platform tells something by which a person is found, and did not tell before."""
    if account is None:
        return True
    email = sender.email.lower() if sender.email else account.email
    return email != account.email or (sender.directory or account.directory) != account.directory


def joined(snapshot: Snapshot, learner: Learner, incoming: Incoming, now: datetime) -> Changes | None:
    """Join the sender's account to a learner who is stored; None where they cannot be one."""
    sender, merge = incoming.sender, None
    if snapshot.learner is not None:
        united = unite(learner, snapshot.learner, now)
        if united is None:
            return None
        learner, merge = united
    before = snapshot.account or Account(snapshot.workspace.id, sender.external, learner.id)
    account = replace(
        before,
        learner=learner.id,
        name=sender.name or before.name,
        email=sender.email.lower() if sender.email else before.email,
        directory=sender.directory or before.directory,
    )
    changes = Changes(learner=learner, account=account, merge=merge)
    if learner.status is Status.NEW:  # of somebody who never agreed nothing is recorded
        return changes
    draw = Draw(snapshot.organization.salt, learner.id, f"meet {incoming.id}")
    event = Facts(snapshot, now, draw, learner)(
        EventType.LEARNER_LINKED, channels=[snapshot.workspace.channel]
    )
    return replace(changes, events=(event,))


def account_after(incoming: Incoming, snapshot: Snapshot, learner: Learner) -> Account | None:
    """Return the account as this interaction shows it to be, None where nothing about it is new."""
    sender, known = incoming.sender, snapshot.account
    if not sender.external:
        return None
    before = known or Account(snapshot.workspace.id, sender.external, learner.id)
    direct = incoming.conversation if incoming.surface is Surface.DIRECT_MESSAGE else None
    now = replace(
        before,
        learner=learner.id,
        name=sender.name or before.name,
        email=sender.email.lower() if sender.email else before.email,
        time_zone=sender.time_zone or before.time_zone,
        direct=direct or before.direct,
        service_url=sender.service_url or before.service_url,
        directory=sender.directory or before.directory,
        reachable=incoming.verb != "depart",
    )
    return None if now == known else now
