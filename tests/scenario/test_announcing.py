"""Saying something to many, through the whole server: the guard, each once, taken back, invitations."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.cohorts.importing import Import, Terms
from bot.cohorts.roster import Line
from bot.model import (
    Account,
    Announcement,
    AnnouncementId,
    AnnouncementState,
    Changes,
    ChannelName,
    DeliveryState,
    Learner,
    LearnerId,
    Role,
    Status,
    WorkspaceRef,
)
from scheduler.announcements import Announcer
from tests.scenario.stages import join
from tests.slack.driver import SlackDriver
from tests.slack.house import House, house
from tests.slack.server import TEAM, Trouble

TUESDAY = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)  # ten in Berlin


@dataclass
class Office:
    """Two admins in Slack, and people."""

    here: House
    ann: SlackDriver
    cat: SlackDriver

    async def people(self, count: int) -> None:
        """Have people who take part."""
        store = self.here.server.store
        workspace = await store.workspace(WorkspaceRef(ChannelName.SLACK, TEAM))
        organization = await store.organization()
        for number in range(count):
            who = Learner(LearnerId(f"{number:026x}"), organization.id, status=Status.ACTIVE)
            who = replace(who, job_family="finance")
            name = f"U{number:03}"
            self.here.slack.user(name)
            self.here.slack.direct(name)
            account = Account(workspace.id, name, who.id, direct=f"D{name}")
            await store.apply(Changes(learner=who, account=account))

    async def write(self, title: str = "Copilot is here", text: str = "You have it from today on.") -> None:
        """Have Ann write something to all."""
        await self.ann.say("announce")
        await self.ann.fill("Write it", title=title, text=text)

    async def go(self) -> int:
        """Let the announcer and the outbox do their work."""
        count = await self.here.server.announcer.work()
        for _ in range(60):
            await self.here.server.outbox.drain()
            await self.here.server.outbox.idle()
            self.here.clock.now += timedelta(seconds=2)
        return count

    def got(self, person: str) -> list[str]:
        """Read what somebody got."""
        return [str(posted.body["blocks"]) for posted in self.here.slack.direct(person)]


@asynccontextmanager
async def office() -> AsyncIterator[Office]:
    """Have two admins in Slack."""
    async with house() as here:
        ann, cat = here.person("UANN"), here.person("UCAT")
        for driver in (ann, cat):
            await join(driver)
            found = await here.server.store.find_person(f"slack:{driver.person}")
            await here.server.store.set_role(found, Role.ADMIN, held=True)
        here.clock.now = TUESDAY
        yield Office(here, ann, cat)
        assert here.slack.complaints == []


async def test_up_to_fifty_one_admin_is_enough() -> None:
    """Who hears of it and what they read is seen first; each gets it once, in their own chat."""
    async with office() as it:
        await it.people(3)
        await it.write()
        assert "To 5 people: Copilot is here" in it.ann.shown()
        assert "5 × Finance analyst" in it.ann.shown()
        assert await it.go() == 0
        await it.ann.press("Send it to 5 people")
        assert await it.go() == 5
        assert await it.go() == 0
        assert [len(it.got(f"U{n:03}")) for n in range(3)] == [1, 1, 1]
        assert "You have it from today on." in it.got("U001")[0]
        assert (await it.here.events()).count("announcement.sent") == 5


async def test_over_fifty_it_takes_a_second_admins_yes() -> None:
    """One's own yes is none; two that come at once send it once."""
    async with office() as it:
        await it.people(51)
        await it.write()
        await it.ann.press("Ask for a second yes")
        assert "waits for a second admin's yes" in it.ann.shown()
        await it.go()
        assert "To 53 people: Copilot is here" in it.cat.shown()
        assert "Person UANN asks for your yes." in it.cat.shown()
        assert it.got("U001") == []
        [known] = await it.here.server.store.announcements(5)
        assert known.state is AnnouncementState.WAITING
        await it.ann.say("help")
        its = {"v": "approve", "a": {"a": known.id}}
        await it.ann._interact(
            it.ann._payload({"value": str(its).replace("'", '"'), "action_id": "x"})
            | {"container": {"type": "view", "view_id": "V1"}, "view": {"id": "V1", "type": "home"}}
        )
        assert (await it.here.server.store.announcements(5))[0].state is AnnouncementState.WAITING
        await it.cat.press("Yes, send it to 53")
        assert await it.go() == 53
        assert {len(it.got(f"U{n:03}")) for n in range(51)} == {1}


async def test_a_no_ends_it() -> None:
    """Nothing goes out, and a yes that comes later is told that it was decided."""
    async with office() as it:
        await it.people(60)
        await it.write()
        await it.ann.press("Ask for a second yes")
        await it.go()
        await it.cat.press("No")
        assert "was refused" in it.cat.shown()
        assert await it.go() == 0
        assert it.got("U001") == []


async def test_who_does_not_hear_of_it_is_counted_with_why() -> None:
    """Those who stopped, paused, said no or have left are left out, and nobody hears of it twice."""
    async with office() as it:
        await it.people(1)
        store = it.here.server.store
        organization = await store.organization()
        for number, more in enumerate(
            (
                {"status": Status.STOPPED},
                {"status": Status.NEW},
                {"status": Status.ACTIVE, "paused_at": TUESDAY},
            )
        ):
            who = Learner(LearnerId(f"z{number}"), organization.id, **more)  # type: ignore[arg-type]
            await store.apply(Changes(learner=who))
        await it.write()
        shown = it.ann.shown()
        assert "To 3 people" in shown
        assert "1 have not agreed to take part; 1 paused; 1 stopped" in shown


async def test_it_is_taken_back_where_it_waits_and_where_it_is() -> None:
    """What is out says so in place; what waits for its time is dropped, with a reason that operators read."""
    async with office() as it:
        await it.people(2)
        store = it.here.server.store
        workspace = await store.workspace(WorkspaceRef(ChannelName.SLACK, TEAM))
        organization = await store.organization()
        far = Learner(
            LearnerId("zfar"), organization.id, status=Status.ACTIVE, time_zone="America/Los_Angeles"
        )
        it.here.slack.user("UFAR")
        await store.apply(Changes(learner=far, account=Account(workspace.id, "UFAR", far.id, direct="DUFAR")))
        await it.write()
        await it.ann.press("Send it to 5 people")
        await it.go()
        assert it.got("UFAR") == []
        await it.ann.press("How far is it?")
        assert any("4 sent, 1 on their way, 0 not arrived" in each for each in it.ann.messages())
        await it.ann.press("Withdraw it")
        await it.go()
        assert "This message was withdrawn." in it.got("U001")[0]
        assert "You have it" not in it.got("U001")[0]
        [lost] = await store.outgoing(only_lost=True, most=5)
        assert (lost.state, lost.reason) == (DeliveryState.DROPPED, "it was withdrawn")
        it.here.clock.now = TUESDAY + timedelta(hours=10)
        await it.go()
        assert it.got("UFAR") == []


async def test_it_is_corrected_where_it_waits_and_where_it_is() -> None:
    """Nobody gets a second message; all read the new words, wherever the old ones were."""
    async with office() as it:
        await it.people(2)
        await it.write(title="Copilot is hre")
        await it.ann.press("Send it to 4 people")
        await it.go()
        await it.ann.press("Correct it")
        await it.ann.fill("Correct it", title="Copilot is here")
        await it.go()
        [only] = it.got("U001")
        assert "Copilot is here" in only
        assert "Corrected." in only


async def test_a_crash_between_two_portions_says_nothing_twice_and_leaves_nobody_out() -> None:
    """Whoever goes on finds how far it was; two who do so at once bring each portion once."""
    async with office() as it:
        await it.people(250)
        server = it.here.server
        made = Announcement(
            AnnouncementId("a1"), None, "Title", "Text", TUESDAY, state=AnnouncementState.GOING, count=252
        )
        await server.store.apply(Changes(announcement=made))
        [known] = await server.store.open_announcements()
        announcers = [
            Announcer(server.store, server.outbox, lambda: server.live.now, it.here.clock) for _ in range(2)
        ]
        first, _ = await announcers[0]._say(known)
        assert first == 100
        assert await announcers[1]._bring(known) == 0
        rest = await announcers[1].work()
        assert first + rest == 252
        counts = await server.store.announced_counts("a1")
        assert sum(counts.values()) == 252


async def test_people_of_the_roster_are_invited_once() -> None:
    """With who sends it and why; found by id or address; never again without an answer; a No is a No."""
    async with office() as it:
        store = it.here.server.store
        for name in ("UDAN", "UEVE", "UFAY"):
            it.here.slack.user(name)
        lines = [
            Line(2, "E-1", {"slack_user": "UDAN"}),
            Line(3, "E-2", {"email": "ueve@example.com"}),
            Line(4, "E-3", {"email": "nobody@example.com"}),
            Line(5, "E-4", {}),
        ]
        await Import(store, Terms(TUESDAY.date()), TUESDAY).run(lines, {x.person for x in lines}, [])
        ann = await store.find_person("slack:UANN")
        made = Announcement(
            AnnouncementId("i1"), ann.id, "An invitation", "your team begins in May.", TUESDAY,
            is_invitation=True, state=AnnouncementState.GOING,
        )  # fmt: skip
        await store.apply(Changes(announcement=made))
        await it.go()
        dan, eve = it.here.person("UDAN"), it.here.person("UEVE")
        assert "Person UANN invites you to Laps, because your team begins in May." in dan.shown()
        assert len(dan.messages()) == len(eve.messages()) == 1
        await store.apply(Changes(announcement=Announcement(
            AnnouncementId("i2"), ann.id, "Again", "again.", TUESDAY, is_invitation=True,
            state=AnnouncementState.GOING,
        )))  # fmt: skip
        await it.go()
        assert len(dan.messages()) == len(eve.messages()) == 1
        await dan.press("Agree and start")
        assert "What is your job" in dan.shown()
        assert (await store.find_person("E-1")).status is Status.ACTIVE
        await eve.press("No, thank you")
        assert (await store.find_person("E-2")).status is Status.DECLINED


async def test_slack_cannot_be_asked_for_an_address() -> None:
    """Who is not found now is left out, and can be invited another time."""
    async with office() as it:
        store = it.here.server.store
        it.here.slack.user("UEVE")
        line = Line(2, "E-2", {"email": "ueve@example.com"})
        await Import(store, Terms(TUESDAY.date()), TUESDAY).run([line], {"E-2"}, [])
        for number, trouble in enumerate(
            (Trouble(status=429, retry_after=30, only="users.lookupByEmail"), None)
        ):
            if trouble is not None:
                it.here.slack.trouble(trouble)
            await store.apply(Changes(announcement=Announcement(
                AnnouncementId(f"i{number}"), None, "An invitation", "we begin.", TUESDAY, is_invitation=True,
                state=AnnouncementState.GOING,
            )))  # fmt: skip
            await it.go()
            assert len(it.here.person("UEVE").messages()) == number
