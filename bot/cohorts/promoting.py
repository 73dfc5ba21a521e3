"""A lesson made of a shared use case, for admins to publish: on the word of a champion, or their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.cohorts.sharing import found, may_change
from bot.editing.workshop import CatalogueWorkshop
from bot.errors import NotChampion
from bot.events import EventType
from bot.facts import Facts, zone_named
from bot.messages import Button, Choices, Message, Note, Text, say
from bot.model import (
    Account,
    Changes,
    Decision,
    Delivery,
    DeliveryId,
    DeliveryKind,
    Draw,
    Incoming,
    Operation,
    Reply,
    Role,
    Share,
    ShareStatus,
    Snapshot,
    Workspace,
)
from bot.nudging.times import Week
from bot.ports import Store, Workshop
from lessons.catalogue import Catalogue
from lessons.drafting import compose, slug
from lessons.including import folder_for

GOOD_FOR = timedelta(days=3)
"""After so long it is too late to tell an admin of a suggestion."""

LINE = 140
"""Characters of a line that is checked or judged by."""


@dataclass(frozen=True, slots=True)
class PromoteShare:
    """Make a lesson of a shared use case."""

    share: str


def admit(
    snapshot: Snapshot, command: PromoteShare, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Let champions of its cohort and admins in; the office does the rest.

    Raises:
        NotChampion: somebody else asks.
        NoSuchUseCase: it was taken back.
    """
    share = found(snapshot).share
    who = snapshot.who
    if not may_change(share, who) or not {Role.ADMIN, Role.CHAMPION} & who.roles:
        raise NotChampion
    if share.status is not ShareStatus.POSTED:
        return Decision(Reply(say("It is not posted yet."), aside=True))
    return Decision(Reply(say("Here lessons can be taken and not edited."), aside=True))


def answers_of(share: Share) -> Mapping[str, str | Sequence[str]]:
    """Answer what is asked of a new lesson (`lessons.drafting.QUESTIONS`) with what was shared."""
    task = share.task.rstrip(".")
    checks = _lines(share.check) or ["Everything that you could not explain to a colleague"]
    return {
        "use_case": task[:80],
        "title": task[:80],
        "task": f"A colleague shared how they do this: {task}. Do it now with something of your own.",
        "material": share.outcome or f"Something of your own from this week that needs this: {task}.",
        "starter": share.prompt[:1500],
        "mentions": [],
        "hint": "Give the tool the material itself, say what the result is for, and what it must leave out.",
        "verify": checks[:4],
        "rubric": [
            "It is about my own material",
            *(f"I looked at this: {each}"[:LINE] for each in checks[:3]),
        ],
        "concept": (
            "Reusing a prompt that worked. A colleague used it for real work: it says what to do, with what, "
            "and what to leave out. You kept that and changed the material. A prompt that worked once is a "
            "good start and no proof: what comes out is still yours to check."
        ),
        "question": "It worked for a colleague. What do you still do before you use what comes out?",
        "right": checks[0],
        "right_why": "That is where it goes wrong, as your colleague found out.",
        "wrong": "Send it on, since the prompt is known to work",
        "wrong_why": "The prompt is the same, the material is not: it can be wrong anew each time.",
        "when": f"The next time this comes up: {task}"[:LINE],
        "plan": task[:LINE],
    }


def _lines(text: str) -> list[str]:
    """Split what is to be checked into lines that are short enough."""
    parts = [part.strip(" .-•\t") for line in text.splitlines() for part in line.split(". ")]
    return [part[:LINE] for part in parts if part]


def drafted(
    share: Share, catalogue: Catalogue, patterns: Sequence[str], today: datetime
) -> tuple[str, str, str]:
    """Write the lesson.

    Args:
        share: what it is made of.
        catalogue: for the job family's capabilities.
        patterns: where lessons are (`include`).
        today: the day on which it is written.

    Returns:
        The file's path from the folder of lessons.yaml, its text, and the lesson's id.
    """
    families = catalogue.job_families
    own = share.job_family or ""
    family = own if own in families else next(iter(families))
    kept = families[family].capabilities
    name = slug(share.task)
    taken = {each.id for each in catalogue.lessons.values()}
    while f"{family}-{name}" in taken:
        name = f"{name}-{share.id[:4]}"
    folder = folder_for(patterns, family)
    schema = "/".join([".."] * folder.count("/") + ["lesson.schema.json"])
    text = compose(
        name,
        family,
        kept[0].id if kept else "shared-by-colleagues",
        [share.tool] if share.tool in catalogue.tools else [*catalogue.tools],
        kept[0].owner if kept else "L&D",
        answers_of(share),
        today.date(),
        schema,
    )
    return f"{folder}/{name}.yaml", text, f"{family}-{name}"


class ShareOffice:
    """Where shared use cases become lessons; all else goes to the workshop behind it."""

    def __init__(
        self,
        store: Store,
        catalogue: Callable[[], Catalogue],
        patterns: Callable[[], Sequence[str]],
        workshop: CatalogueWorkshop,
        behind: Workshop,
    ) -> None:
        """Work with the catalogue as it is, on the files that `patterns` take in."""
        self._store = store
        self._catalogue = catalogue
        self._patterns = patterns
        self._workshop = workshop
        self._behind = behind

    async def decide(
        self, incoming: Incoming, snapshot: Snapshot, command: object, now: datetime, draw: Draw
    ) -> Decision:
        """Draft the lesson and show it to an admin; what a champion suggests is told to the admins."""
        if not isinstance(command, PromoteShare):
            return await self._behind.decide(incoming, snapshot, command, now, draw)
        share = found(snapshot).share
        if Role.ADMIN not in snapshot.who.roles:
            return await self._suggest(snapshot, share, now, draw)
        path, text, lesson = drafted(share, self._catalogue(), self._patterns(), now)
        made = await self._workshop.propose(incoming, snapshot, path, text.encode(), now, draw)
        event = Facts(snapshot, now, draw)(EventType.USE_CASE_PROMOTED, share=share.id)
        changes = replace(
            made.changes, learner=snapshot.who, share=replace(share, lesson=lesson), events=(event,)
        )
        return replace(made, changes=changes)

    async def _suggest(self, snapshot: Snapshot, share: Share, now: datetime, draw: Draw) -> Decision:
        told: dict[str, Delivery] = {}
        for workspace, account in await self._store.people_with(Role.ADMIN):
            if account.learner not in told:
                told[account.learner] = self._to_admin(snapshot, share, workspace, account, now)
        if not told:
            text = "There is no admin here yet who could publish a lesson."
            return Decision(Reply(say(text), aside=True))
        text = f"The admins hear of it ({len(told)}): one of them looks at the draft and publishes it."
        event = Facts(snapshot, now, draw)(EventType.USE_CASE_PROMOTED, share=share.id)
        changes = Changes(learner=snapshot.who, events=(event,), deliveries=tuple(told.values()))
        return Decision(Reply(say(text), aside=True), changes)

    def _to_admin(
        self, snapshot: Snapshot, share: Share, workspace: Workspace, account: Account, now: datetime
    ) -> Delivery:
        """Suggest it to an admin, within their working hours."""
        text = f"A champion suggests to make a lesson of “{share.task}”."
        look = Button("Look at the draft", "promote", {"i": share.id})
        message = Message(
            text,
            (Text(text), Note("Nothing is live before you publish it."), Choices((look,))),
        )
        zone = zone_named(account.time_zone or snapshot.organization.time_zone)
        week = Week.of(self._catalogue().organization.nudges, zone)
        due = week.next_start(now) or now
        name = Draw(snapshot.organization.salt, account.learner, f"promote {share.id} {now:%Y-%m-%d}")
        return Delivery(
            id=DeliveryId(name.id("delivery")),
            organization=snapshot.organization.id,
            workspace=workspace,
            key=f"promote:{share.id}:{account.learner}:{now:%Y-%m-%d}",
            kind=DeliveryKind.NOTICE,
            operation=Operation.POST,
            account=account.external,
            conversation=account.direct,
            message=message,
            created_at=now,
            lease_until=now,
            service_url=account.service_url,
            learner=account.learner,
            due_at=due,
            late_at=due + GOOD_FOR,
        )
