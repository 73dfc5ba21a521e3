"""Brings what is said to many to the outbox, in portions, and corrections to what is out.

How far it is stands with the announcement, in the same commit as each portion: whoever goes on after a crash
says nothing twice and leaves nobody out.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.announcing.rules import audience, message
from bot.community import OutRow
from bot.errors import ChannelError, Conflict, Duplicate
from bot.events import AdoptionEvent, EventType
from bot.facts import zone_named
from bot.messages import Message
from bot.model import (
    Account,
    Announcement,
    AnnouncementState,
    Changes,
    ChannelName,
    Delivery,
    DeliveryId,
    DeliveryKind,
    Draw,
    Learner,
    Operation,
    Organization,
    Post,
    PostId,
    Reached,
    Workspace,
    WorkspaceId,
)
from bot.nudging.times import Week
from bot.ports import Clock, Outlet, Store
from lessons.catalogue import Catalogue

log = logging.getLogger("laps.announcements")

PORTION = 100
"""People of one commit."""

LOOKED_UP = 40
"""People whose account is looked up in a minute: Slack's users.lookupByEmail is tier 3, 50 a minute."""

GOOD_FOR = timedelta(days=3)
"""So long after its time it is still worth reading."""

Find = Callable[[Mapping[str, str]], Awaitable[tuple[Workspace, str] | None]]
"""Finds somebody by what the roster says of them: the workspace and their id there; None: nowhere."""


async def nowhere(about: Mapping[str, str]) -> None:
    """Find nobody."""


class Announcer:
    """The bringer; the ticker wakes it."""

    def __init__(
        self,
        store: Store,
        outlet: Outlet,
        catalogue: Callable[[], Catalogue],
        clock: Clock,
        find: Find = nowhere,
    ) -> None:
        """Wire it.

        Args:
            store: where announcements and people are.
            outlet: takes what was just committed.
            catalogue: gives the catalogue that is live.
            clock: says the time.
            find: finds people of the roster who have no account yet.
        """
        self._store = store
        self._outlet = outlet
        self._catalogue = catalogue
        self._clock = clock
        self._find = find

    async def work(self) -> int:
        """Bring what is open on its way; return how many messages that were.

        Raises:
            StorageUnavailable: the store cannot be asked now; it goes on where it was.
        """
        return sum([await self._bring(each) for each in await self._store.open_announcements()])

    async def _bring(self, announcement: Announcement) -> int:
        """Bring one on its way; of invitations one portion, for people may have to be looked up."""
        count, step = 0, self._spread if announcement.spread_at is not None else self._say
        going: Announcement | None = announcement
        try:
            while going is not None:
                brought, after = await step(going)
                count += brought
                going = None if announcement.is_invitation else after
        except (Conflict, Duplicate):
            log.info("somebody else brought this portion", extra={"action": "portion_lost"})
        return count

    # ------------------------------------------------------------ saying it

    async def _say(self, announcement: Announcement) -> tuple[int, Announcement | None]:
        """Write one portion to the outbox; return how many, and what is left to do."""
        now, organization = self._clock(), await self._store.organization()
        portion = LOOKED_UP if announcement.is_invitation else PORTION
        people = await self._store.people_after(announcement.at, portion)
        by = await self._by(announcement)
        today = now.astimezone(zone_named(organization.time_zone)).date()
        heard = audience(announcement, people, now, today).people
        changes = Changes()
        for each in heard:
            said = await self._to(each, announcement, by, organization, now)
            if said is None:
                continue
            if announcement.is_invitation:
                # Each is a change of that person, so that nobody is asked twice, whoever asks at once.
                await self._invite(said)
                continue
            changes = replace(
                changes,
                posts=(*changes.posts, *said.posts),
                deliveries=(*changes.deliveries, *said.deliveries),
                events=(*changes.events, *said.events),
            )
        done = len(people) < portion
        state = AnnouncementState.SENT if done else announcement.state
        at = people[-1].learner.id if people else announcement.at
        after = replace(announcement, at=at, state=state)
        await self._store.apply(replace(changes, announcement=after))
        self._outlet.take(changes.deliveries)
        return len(heard), None if done else replace(after, version=after.version + 1)

    async def _invite(self, said: Changes) -> None:
        try:
            await self._store.apply(said)
        except (Conflict, Duplicate):
            return  # they spoke just now, or were asked by somebody else
        self._outlet.take(said.deliveries)

    async def _to(
        self, each: Reached, announcement: Announcement, by: str, organization: Organization, now: datetime
    ) -> Changes | None:
        """Make what one person gets, in their own hours, after any quiet; None where they cannot be found."""
        seat = each.seat or await self._found(each)
        if seat is None:
            return None
        workspace, account = seat
        learner, catalogue = each.learner, self._catalogue()
        draw = Draw(organization.salt, learner.id, f"announce {announcement.id}")
        zone = zone_named(learner.time_zone or account.time_zone or organization.time_zone)
        begin = max(now, each.quiet_until or now)
        due = Week.of(catalogue.organization.nudges, zone, learner.country).next_start(begin) or begin
        post = Post(PostId(draw.id("post")), workspace.id, account.external, account.direct)
        key = f"announce:{announcement.id}:{learner.id}"
        if announcement.is_invitation:
            key = f"announce:{announcement.id}:invite:{learner.id}"
        delivery = Delivery(
            id=DeliveryId(draw.id("delivery")),
            organization=organization.id,
            workspace=workspace,
            key=key,
            kind=DeliveryKind.NOTICE,
            operation=Operation.POST,
            account=account.external,
            conversation=account.direct,
            message=message(announcement, catalogue, by),
            created_at=now,
            lease_until=now,
            service_url=account.service_url,
            learner=learner.id,
            post=post.id,
            due_at=due,
            late_at=due + GOOD_FOR,
        )
        if announcement.is_invitation:
            asked = replace(learner, welcome=post.id)
            new = account if each.seat is None else None
            return Changes(learner=asked, account=new, posts=(post,), deliveries=(delivery,))
        event = _event(announcement, learner, workspace, draw, now, organization)
        return Changes(posts=(post,), deliveries=(delivery,), events=(event,))

    async def _found(self, each: Reached) -> tuple[Workspace, Account] | None:
        """Find somebody of the roster who has no account yet."""
        try:
            found = await self._find(each.about)
        except ChannelError as error:
            log.info("somebody was not found: %s", error, extra={"action": "look_up_failed"})
            return None
        if found is None:
            return None
        name, email = each.about.get("name", ""), each.about.get("email") or None
        return found[0], Account(found[0].id, found[1], each.learner.id, name, email)

    # ------------------------------------------------------------ correcting it

    async def _spread(self, announcement: Announcement) -> tuple[int, Announcement | None]:
        """Bring a correction or a withdrawal to what is out, in place."""
        now, after = self._clock(), announcement.spread_at or 0
        rows = await self._store.announced(announcement.id, after, PORTION)
        shown = message(announcement, self._catalogue(), await self._by(announcement))
        organization = await self._store.organization()
        deliveries = tuple([await self._updated(row, announcement, shown, organization, now) for row in rows])
        done = len(rows) < PORTION
        spread_at = None if done else rows[-1][0]
        changed = replace(announcement, spread_at=spread_at)
        await self._store.apply(Changes(announcement=changed, deliveries=deliveries))
        self._outlet.take(deliveries)
        return len(deliveries), None if done else replace(changed, version=changed.version + 1)

    async def _updated(
        self,
        row: OutRow,
        announcement: Announcement,
        shown: Message,
        organization: Organization,
        now: datetime,
    ) -> Delivery:
        _, workspace, account, conversation, service_url, learner, post = row
        place = await self._workspace(WorkspaceId(workspace))
        point = f"announce {announcement.id} {announcement.corrections} {announcement.state}"
        draw = Draw(organization.salt, learner, point)
        return Delivery(
            id=DeliveryId(draw.id("delivery")),
            organization=organization.id,
            workspace=place,
            key=f"reannounce:{announcement.id}:{learner}:{announcement.corrections}:{announcement.state}",
            kind=DeliveryKind.REPLY,  # it changes what is there, and rings at nobody
            operation=Operation.UPDATE,
            account=account,
            conversation=conversation,
            message=shown,
            created_at=now,
            lease_until=now,
            service_url=service_url,
            post=PostId(post),
            due_at=now,
        )

    async def _workspace(self, name: WorkspaceId) -> Workspace:
        for each in await self._store.workspaces():
            if each.id == name:
                return each
        raise LookupError(name)

    async def _by(self, announcement: Announcement) -> str:
        """Say who says it, by the name that their platform has for them."""
        if announcement.author is None:
            return ""
        accounts = await self._store.accounts_of(announcement.author)
        return next((account.name for _, account in accounts if account.name), "")


def _event(
    announcement: Announcement,
    learner: Learner,
    workspace: Workspace,
    draw: Draw,
    now: datetime,
    organization: Organization,
) -> AdoptionEvent:
    zone = zone_named(learner.time_zone or organization.time_zone)
    return AdoptionEvent(
        id=draw.id("event"),
        occurred_at=now,
        local_date=now.astimezone(zone).date(),
        learner=learner.id,
        type=EventType.ANNOUNCEMENT_SENT,
        workspace=workspace.id,
        channel=workspace.channel,
        lesson=announcement.lesson,
        properties={"announcement": announcement.id},
    )


def slack_of(workspaces: Sequence[Workspace]) -> Workspace | None:
    """Return the one active Slack workspace; None where there is none, or several."""
    found = [each for each in workspaces if each.channel is ChannelName.SLACK and each.active]
    return found[0] if len(found) == 1 else None
