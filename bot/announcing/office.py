"""Where something is said to many: kept, counted, approved by a second admin, corrected, taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.announcing import asking
from bot.announcing.asking import AskToAnnounce, Compose, Decide
from bot.announcing.rules import Audience, approve, audience, check, message, needs_second, preview, report
from bot.errors import AlreadyDecided, InvalidInput, NoSuchAnnouncement, TooLong
from bot.facts import zone_named
from bot.messages import Message, say
from bot.model import (
    LOST,
    Account,
    Announcement,
    AnnouncementId,
    AnnouncementState,
    Changes,
    Decision,
    Delivery,
    DeliveryId,
    DeliveryKind,
    DeliveryState,
    Draw,
    Incoming,
    LearnerId,
    Operation,
    Organization,
    Reached,
    Reply,
    Role,
    Snapshot,
    Workspace,
)
from bot.nudging.times import Week
from bot.ports import Store, Workshop
from lessons.catalogue import Catalogue

AT_ONCE = 500
"""People read at once, when an audience is counted."""

OUT = (AnnouncementState.GOING, AnnouncementState.SENT)
"""Where something is out, at least in part."""


async def hearers(store: Store, announcement: Announcement, now: datetime) -> Audience:
    """Read who hears of something, and how many do not, by why."""
    organization = await store.organization()
    today = now.astimezone(zone_named(organization.time_zone)).date()
    people: list[Reached] = []
    after = ""
    while portion := await store.people_after(after, AT_ONCE):
        people += portion
        after = portion[-1].learner.id
        if len(portion) < AT_ONCE:
            break
    return audience(announcement, people, now, today)


async def sent_on(
    store: Store,
    catalogue: Catalogue,
    announcement: Announcement,
    heard: Audience,
    by: str,
    now: datetime,
) -> Changes:
    """Send what was looked at, or ask the other admins where it takes a second yes."""
    count = len(heard.people)
    if not needs_second(count):
        return Changes(announcement=replace(announcement, state=AnnouncementState.GOING, count=count))
    waiting = replace(announcement, state=AnnouncementState.WAITING, count=count)
    shown = preview(waiting, heard, catalogue, by, asked=True)
    organization = await store.organization()
    asked: dict[LearnerId, Delivery] = {}
    for workspace, account in await store.people_with(Role.ADMIN):
        if account.learner not in asked and account.learner != announcement.author:
            made = _asked(waiting, shown, workspace, account, organization, catalogue, now)
            asked[account.learner] = made
    return Changes(announcement=waiting, deliveries=tuple(asked.values()))


def _asked(
    announcement: Announcement,
    shown: Message,
    workspace: Workspace,
    account: Account,
    organization: Organization,
    catalogue: Catalogue,
    now: datetime,
) -> Delivery:
    """Ask an admin for the second yes, within their working hours."""
    week = Week.of(catalogue.organization.nudges, zone_named(account.time_zone or organization.time_zone))
    draw = Draw(organization.salt, account.learner, f"second yes {announcement.id}")
    return Delivery(
        id=DeliveryId(draw.id("delivery")),
        organization=organization.id,
        workspace=workspace,
        key=f"second:{announcement.id}:{account.learner}",
        kind=DeliveryKind.NOTICE,
        operation=Operation.POST,
        account=account.external,
        conversation=account.direct,
        message=shown,
        created_at=now,
        lease_until=now,
        service_url=account.service_url,
        learner=account.learner,
        due_at=week.next_start(now) or now,
    )


class AnnounceOffice:
    """Where admins say something to many in chat; all else goes to the workshop behind it."""

    def __init__(self, store: Store, catalogue: Callable[[], Catalogue], behind: Workshop) -> None:
        """Work on a store, with the catalogue as it is when it is asked for."""
        self._store = store
        self._catalogue = catalogue
        self._behind = behind

    async def decide(
        self, incoming: Incoming, snapshot: Snapshot, command: object, now: datetime, draw: Draw
    ) -> Decision:
        """Do what an admin asked for; see `bot.ports.Workshop`."""
        match command:
            case AskToAnnounce():
                form = asking.form_of(self._catalogue())
                return Decision(Reply(asking.page(form), aside=True, form=form))
            case Compose():
                return await self._compose(snapshot, command, now, draw)
            case Decide(announcement=name, deed=deed):
                known = await self._store.announcement(name)
                if known is None:
                    raise NoSuchAnnouncement(name)
                return await self._do(deed, known, snapshot, now)
            case _:
                return await self._behind.decide(incoming, snapshot, command, now, draw)

    async def _compose(self, snapshot: Snapshot, command: Compose, now: datetime, draw: Draw) -> Decision:
        """Keep a draft and show who hears of it, or correct what is out.

        Raises:
            InvalidInput: something is missing, too long, or no lesson of ours.
        """
        catalogue = self._catalogue()
        try:
            check(command.title, command.text)
        except TooLong as error:
            raise InvalidInput({error.name: f"{error} {error.hint}"}) from error
        if command.lesson and command.lesson not in catalogue.lessons:
            raise InvalidInput({"lesson": "There is no lesson of this id."})
        if command.announcement:
            return await self._corrected(snapshot, command)
        made = Announcement(
            AnnouncementId(draw.id("announcement")[:12]),
            snapshot.who.id,
            command.title,
            command.text,
            now,
            command.lesson or None,
            command.job_families,
        )
        heard = await hearers(self._store, made, now)
        shown = preview(made, heard, catalogue, _called(snapshot), asked=False)
        kept = replace(made, count=len(heard.people))
        return Decision(Reply(shown), Changes(learner=snapshot.who, announcement=kept))

    async def _corrected(self, snapshot: Snapshot, command: Compose) -> Decision:
        known = await self._store.announcement(command.announcement)
        if known is None:
            raise NoSuchAnnouncement(command.announcement)
        changes = corrected(known, command.title, command.text, self._catalogue(), _called(snapshot))
        text = "Corrected: what waits goes out so, and what is out is changed where it stands."
        return Decision(Reply(say(text)), replace(changes, learner=snapshot.who))

    async def _do(self, deed: str, known: Announcement, snapshot: Snapshot, now: datetime) -> Decision:
        who, catalogue = snapshot.who, self._catalogue()
        match deed:
            case "send_all" if known.state is AnnouncementState.DRAFT:
                heard = await hearers(self._store, known, now)
                changes = await sent_on(self._store, catalogue, known, heard, _called(snapshot), now)
                after = changes.announcement or known
            case "approve":
                changes = Changes(
                    announcement=replace(known, state=approve(known, who.id), approved_by=who.id)
                )
                after = changes.announcement or known
            case "refuse" if known.state in (AnnouncementState.DRAFT, AnnouncementState.WAITING):
                after = replace(known, state=AnnouncementState.REFUSED)
                changes = Changes(announcement=after)
            case "unsay" if known.state in OUT:
                changes = withdrawn(known)
                after = changes.announcement or known
            case "correct" if known.state in OUT:
                form = asking.form_of(catalogue, known)
                return Decision(Reply(asking.page(form), aside=True, form=form))
            case "announced":
                return Decision(Reply(await told(self._store, known)))
            case _:
                raise AlreadyDecided(known.state.value)
        return Decision(Reply(await told(self._store, after)), replace(changes, learner=who))


def corrected(known: Announcement, title: str, text: str, catalogue: Catalogue, by: str = "") -> Changes:
    """Say something else than before: what waits is reworded, what is out is changed in place.

    Raises:
        AlreadyDecided: it is not out.
    """
    if known.state not in OUT:
        raise AlreadyDecided(known.state.value)
    after = replace(known, title=title, text=text, corrections=known.corrections + 1, spread_at=0)
    return Changes(announcement=after, reworded=message(after, catalogue, by))


def withdrawn(known: Announcement) -> Changes:
    """Take it back: what waits is dropped, what is out says so in place.

    Raises:
        AlreadyDecided: it is not out.
    """
    if known.state not in OUT:
        raise AlreadyDecided(known.state.value)
    return Changes(announcement=replace(known, state=AnnouncementState.WITHDRAWN, spread_at=0))


async def told(store: Store, known: Announcement) -> Message:
    """Say how far it is."""
    counts = await store.announced_counts(known.id)
    waiting = counts.get(DeliveryState.QUEUED, 0) + counts.get(DeliveryState.SENDING, 0)
    lost = sum(counts.get(state, 0) for state in LOST)
    return report(known, counts.get(DeliveryState.SENT, 0), waiting, lost)


def _called(snapshot: Snapshot) -> str:
    return snapshot.account.name if snapshot.account is not None else ""
