"""The roster in the store: dated history, accounts joined to people, and two imports at once."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.cohorts.enrolling import Kind
from bot.cohorts.importing import Import, Terms, counted
from bot.cohorts.roster import Line
from bot.errors import ManyLeavers, NewAdmins, StorageUnavailable
from bot.model import Account, Changes, ChannelName, Learner, Role, Sender, Status, WorkspaceRef
from bot.ports import Store
from storage import store as common
from tests.stores import NOW, Place, Town

DAY = date(2026, 11, 2)
NEXT = DAY + timedelta(days=1)
TENANT = WorkspaceRef(ChannelName.TEAMS, "tenant")


def lines(*people: str, **said: str) -> list[Line]:
    """Say the same of some people."""
    return [Line(n, person, said) for n, person in enumerate(people, 2)]


async def take_in(
    store: Store, given: Sequence[Line], day: date = DAY, partial: bool = False, rehearsal: bool = False
) -> Import:
    """Take lines in, as the command does."""
    work = Import(store, Terms(day, is_partial=partial, is_rehearsal=rehearsal), NOW)
    admins = [line for line in given if "admin" in line.said.get("role", "")]
    await work.run(given, {line.person for line in given}, admins)
    return work


def counts(work: Import) -> dict[str, int]:
    """Count what an import came to, without what it did not."""
    return {kind.value: number for kind, number in counted(work.made).items() if number}


async def on(store: Store, day: date) -> dict[str, str]:
    """Return who works here on a day, with their job family."""
    return {
        span.person: span.facts["job_family"] async for span in store.roster(day) if span.is_employed(day)
    }


async def known(store: Store, person: str) -> Learner:
    """Return the learner behind a person."""
    return await store.find_person(person)


async def in_teams(town: Town, external: str, **more: object) -> Learner:
    """Store a learner with an account in Teams."""
    workspace = await town.store.workspace(TENANT)
    learner = town.stranger(status=Status.ACTIVE, joined_at=NOW, **more)
    account = Account(workspace.id, external, learner.id, email="ann@b.de")
    await town.store.apply(Changes(learner=learner, account=account))
    return replace(learner, version=1)


# ---------------------------------------------------------------- history


async def test_the_roster_can_be_asked_for_any_day(town: Town) -> None:
    """What was said of a day is answered as it was then, whatever was said since."""
    await take_in(town.store, lines("E-1", "E-2", job_family="finance"))
    later = [*lines("E-2", job_family="sales"), *lines("E-3", job_family="finance")]
    assert counts(await take_in(town.store, later, NEXT)) == {"joined": 1, "changed": 1, "left": 1}
    assert await on(town.store, DAY - timedelta(days=1)) == {}
    assert await on(town.store, DAY) == {"E-1": "finance", "E-2": "finance"}
    assert await on(town.store, NEXT) == {"E-2": "sales", "E-3": "finance"}
    back = await take_in(town.store, lines("E-1"), NEXT + timedelta(days=1), partial=True)
    assert counts(back) == {"back": 1}
    assert "E-1" not in await on(town.store, NEXT)
    assert await on(town.store, NEXT + timedelta(days=1)) == {
        "E-1": "finance",
        "E-2": "sales",
        "E-3": "finance",
    }


async def test_the_same_file_again_changes_nothing(town: Town) -> None:
    """A second import writes no row, and says that all is as before."""
    given = lines(*(f"E-{n}" for n in range(450)), job_family="finance", tools="copilot", role="champion")
    assert counts(await take_in(town.store, given)) == {"joined": 450}
    before = await known(town.store, "E-7")
    assert counts(await take_in(town.store, given, NEXT)) == {"same": 450}
    assert await known(town.store, "E-7") == before
    assert (before.job_family, before.tools) == ("finance", ("copilot",))
    assert before.roles == {Role.CHAMPION}


async def test_a_rehearsal_says_the_same_and_writes_nothing(town: Town) -> None:
    """What a dry run tells is what the real one tells after it."""
    await take_in(town.store, lines("E-1", "E-2", job_family="finance"))
    later = [*lines("E-2", job_family="sales"), *lines("E-3")]
    rehearsed = await take_in(town.store, later, NEXT, rehearsal=True)
    assert await on(town.store, NEXT) == {"E-1": "finance", "E-2": "finance"}
    assert (await take_in(town.store, later, NEXT)).made == rehearsed.made


async def test_leavers_stay_and_lose_their_roles_on_their_day(town: Town) -> None:
    """A last day that was known ahead takes the roles when it is over, by itself."""
    await take_in(town.store, lines("E-1", role="champion", ends_on="2026-11-24"))
    assert (await known(town.store, "E-1")).roles == {Role.CHAMPION}
    await town.store.forget_texts(NOW + timedelta(days=1))
    assert (await known(town.store, "E-1")).roles == {Role.CHAMPION}
    await town.store.forget_texts(NOW + timedelta(days=2))
    assert (await known(town.store, "E-1")).roles == frozenset()


async def test_somebody_of_whom_events_were_imported_is_the_same_person(town: Town) -> None:
    """What was imported of a name before the roster is theirs."""
    await town.store.import_events([town.event("E-1")])
    before = await known(town.store, "E-1")
    assert counts(await take_in(town.store, lines("E-1"))) == {"joined": 1}
    assert (await known(town.store, "E-1")).id == before.id
    assert (await town.store.import_events([town.event("E-9")])) == 1
    assert "E-9" not in await on(town.store, DAY), "a name in a file of events is not the roster"


# ---------------------------------------------------------------- two at once


async def test_two_imports_at_once_end_in_one_state(place: Place) -> None:
    """Two processes with two files: one goes after the other, nothing is doubled, nobody is half of each."""
    stores = [await place.open() for _ in range(2)]
    people = [f"E-{n}" for n in range(600)]
    files = [lines(*people[:500], job_family="finance"), lines(*people[100:], job_family="sales")]
    works = await asyncio.gather(*(take_in(s, f) for s, f in zip(stores, files, strict=True)))
    now = await on(stores[0], DAY)
    assert now in (dict.fromkeys(people[:500], "finance"), dict.fromkeys(people[100:], "sales"))
    assert sum(counts(work)["joined"] for work in works) == 600
    assert len({(await known(stores[1], person)).id for person in people[:20]}) == 20
    for store in stores:
        await store.close()


async def test_the_same_file_twice_at_once_is_once(place: Place) -> None:
    """The second finds all as it is, also of ten thousand people."""
    stores = [await place.open() for _ in range(2)]
    given = lines(*(f"E-{n}" for n in range(10_000)), job_family="finance")
    works = await asyncio.gather(*(take_in(store, given) for store in stores))
    assert sorted(str(counts(work)) for work in works) == ["{'joined': 10000}", "{'same': 10000}"]
    for store in stores:
        await store.close()


async def test_an_import_waits_only_so_long_for_another(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second import says that one is under way, and writes nothing; after the first it can go on."""
    first, second = await place.open(), await place.open()
    monkeypatch.setattr(common, "IMPORT_PATIENCE", 0.2)
    async with first.importing():
        with pytest.raises(StorageUnavailable, match="another import"):
            await take_in(second, lines("E-1"))
    assert counts(await take_in(second, lines("E-1"))) == {"joined": 1}
    for store in (first, second):
        await store.close()


async def test_an_import_that_broke_off_is_finished_by_the_next(town: Town) -> None:
    """Whatever was written stays, and the same file once more does the rest."""
    given = lines(*(f"E-{n}" for n in range(450)), job_family="finance")
    work = Import(town.store, Terms(DAY), NOW)

    def break_off(people: int) -> None:
        raise KeyboardInterrupt

    work.tell = break_off
    with pytest.raises(KeyboardInterrupt):
        await work.run(given, {line.person for line in given}, [])
    assert len(await on(town.store, DAY)) == 200
    assert counts(await take_in(town.store, given)) == {"joined": 250, "same": 200}


async def test_somebody_who_acts_meanwhile_is_taken_in_anew(town: Town) -> None:
    """A press between reading and writing wins, and so does the roster after it."""
    ann = await town.move_in("U1", status=Status.ACTIVE, joined_at=NOW)

    class Busy:
        """The store, with somebody who presses a button after the first look at the roster."""

        def __init__(self) -> None:
            self.presses = 2

        def __getattr__(self, name: str) -> object:
            return getattr(town.store, name)

        async def on_roster(self, asked: Sequence[Line]) -> object:
            found = await town.store.on_roster(asked)
            if self.presses:
                self.presses -= 1
                seen = await town.see()
                await town.store.apply(Changes(learner=replace(seen.who, confidence=70)))
            return found

    await take_in(Busy(), lines("E-1", slack_user="U1", job_family="finance"))  # type: ignore[arg-type]  # it is one
    after = await known(town.store, "E-1")
    assert (after.id, after.confidence, after.job_family) == (ann.id, 70, "finance")


# ---------------------------------------------------------------- accounts


async def test_accounts_are_found_by_id_and_address(town: Town) -> None:
    """Slack's id, Teams' id, the directory's id and the address lead to the account, in any workspace."""
    await town.move_in("U1")
    directory = "6f9619ff-8b86-d011-b42d-00c04fc964ff"
    teams = await in_teams(town, "29:1")
    workspace = await town.store.workspace(TENANT)
    account = Account(workspace.id, "29:1", teams.id, email="ann@b.de", directory=directory)
    await town.store.apply(Changes(account=account))
    for said in ({"teams_user": "29:1"}, {"teams_user": directory}, {"email": "ann@b.de"}):
        [found] = await town.store.on_roster([Line(2, "E-1", said)])
        assert [(m.name, m.how) for m in found.matches] == [("teams:29:1", *said)]
    [found] = await town.store.on_roster([Line(2, "E-1", {"slack_user": "U1"})])
    assert [m.name for m in found.matches] == ["slack:U1"]


async def test_one_person_on_slack_and_teams_becomes_one_learner(town: Town) -> None:
    """Three learners, one of them from an earlier import, become one; the history of all is theirs."""
    await take_in(town.store, lines("E-1", job_family="finance"))
    slack = await town.move_in("U1", status=Status.ACTIVE, joined_at=NOW - timedelta(days=3))
    teams = await in_teams(town, "29:1")
    await town.store.apply(Changes(learner=teams, events=(town.event(teams),)))
    work = await take_in(town.store, lines("E-1", slack_user="U1", email="ann@b.de"), NEXT)
    assert sorted(work.made[0].linked) == ["slack:U1", "teams:29:1"]
    kept = await known(town.store, "E-1")
    assert kept.id == slack.id and kept.job_family == "finance"
    assert len(await town.store.accounts_of(kept.id)) == 2
    assert {(event.learner, person) for event, person in await town.exported()} == {(slack.id, "E-1")}


async def test_an_address_that_two_lines_lead_to_is_one_persons(town: Town) -> None:
    """One line finds an account by its id and another by its address: the first keeps it, also rehearsed."""
    learner = town.stranger()
    await town.store.apply(Changes(learner=learner, account=town.account(learner, email="ann@b.de")))
    given = [Line(2, "E-1", {"slack_user": "U1"}), Line(3, "E-2", {"email": "ann@b.de"})]
    rehearsed = await take_in(town.store, given, rehearsal=True)
    work = await take_in(town.store, given)
    assert work.made == rehearsed.made
    assert [(each.linked, each.unclear) for each in work.made] == [
        (("slack:U1",), ()),
        ((), ("slack:U1 (email) is E-1's already",)),
    ]


async def test_a_manager_is_found_by_address(town: Town) -> None:
    """A manager's address is somebody's name once that is known."""
    await take_in(town.store, lines("E-2", email="boss@b.de"))
    await take_in(town.store, lines("E-1", manager="Boss@b.de"), partial=True)
    spans = {span.person: span.facts["manager"] async for span in town.store.roster(DAY)}
    assert spans == {"E-1": "E-2", "E-2": ""}


# ---------------------------------------------------------------- whom an account is expected to be


def sender(external: str = "U9", **more: str) -> Sender:
    """Somebody as the platform tells of them."""
    return Sender(external, **more)


async def test_the_roster_knows_whose_a_new_account_is(town: Town) -> None:
    """By the id of the channel, by the directory's or by the address, in capitals or not."""
    given = [Line(2, "E-1", {"slack_user": "U9", "email": "ann@b.de", "teams_user": "dir-1"})]
    await take_in(town.store, given)
    ann = await known(town.store, "E-1")
    teams = await town.store.workspace(TENANT)
    asked = town.store.expected
    assert await asked(town.workspace, sender(), None) == ann
    assert await asked(town.workspace, sender("U8", email="Ann@b.de"), None) == ann
    assert await asked(teams, sender("29:x", directory="dir-1"), None) == ann
    assert await asked(teams, sender("U9"), None) is None, "an id counts on its own channel"
    assert await asked(town.workspace, sender("U8"), None) is None
    assert await asked(town.workspace, sender(), ann.id) is None, "that is who they are already"


async def test_nobody_is_expected_where_it_is_not_certain(town: Town) -> None:
    """Two people of one address, an account of the same workspace, somebody else of the roster: no guess."""
    given = [Line(2, "E-1", {"email": "ann@b.de", "slack_user": "U1"}), Line(3, "E-2", {"slack_user": "U2"})]
    await town.move_in("U1")
    await town.move_in("U2")
    await take_in(town.store, given)
    other = await known(town.store, "E-2")
    assert await town.store.expected(town.workspace, sender(email="ann@b.de"), None) is None
    teams = await town.store.workspace(TENANT)
    assert await town.store.expected(teams, sender("29:1", email="ann@b.de"), other.id) is None
    assert await town.store.expected(teams, sender("29:1", email="ann@b.de"), None) is not None
    await take_in(town.store, [Line(2, "E-3", {"email": "ann@b.de"})], partial=True)
    assert await town.store.expected(teams, sender("29:1", email="ann@b.de"), None) is None


async def test_somebody_is_found_by_what_an_admin_types(town: Town) -> None:
    """What they are known as and their address mean one person; a part of a name may mean several."""
    given = [Line(2, "E-1", {"name": "Ann Lee", "email": "ann@b.de"}), Line(3, "ann", {"name": "Bo 100%_x"})]
    await take_in(town.store, given)
    await town.store.import_events([town.event("Ann Other")])
    asked = town.store.people_named
    assert await asked("e-1", 5) == await asked("Ann@b.de", 5) == await asked("lee", 5) == ["E-1"]
    assert await asked("ANN", 5) == ["ann"], "an exact name comes before a part of one"
    assert await asked("100%_", 5) == ["ann"] and await asked("_", 5) == ["ann"]
    assert await asked("n", 1) == ["E-1"] and await asked("other", 5) == []


# ---------------------------------------------------------------- refused


async def test_a_file_makes_no_admins_unless_it_may(town: Town) -> None:
    """Nothing is written; who is an admin already may be in the file as one."""
    with pytest.raises(NewAdmins, match="E-2"):
        await take_in(town.store, [*lines("E-1"), *lines("E-2", role="admin")])
    assert await on(town.store, DAY) == {}
    await take_in(town.store, lines("E-2"))
    await town.store.set_role(await known(town.store, "E-2"), Role.ADMIN, True)
    assert counts(await take_in(town.store, lines("E-2", role="admin"))) == {"changed": 1}
    allowed = Import(town.store, Terms(DAY, is_partial=True, may_make_admins=True), NOW)
    await allowed.run(lines("E-3", role="admin"), {"E-3"}, lines("E-3", role="admin"))
    assert (await known(town.store, "E-3")).roles == {Role.ADMIN}


async def test_most_people_do_not_leave_by_mistake(town: Town) -> None:
    """A file without most of the people is refused before anything is written; partly it can be taken in."""
    await take_in(town.store, lines(*(f"E-{n}" for n in range(120))))
    with pytest.raises(ManyLeavers, match="119 of 120"):
        await take_in(town.store, lines("E-1"), NEXT)
    rehearsed = await take_in(town.store, lines("E-1"), NEXT, rehearsal=True)
    assert counts(rehearsed) == {"left": 119, "same": 1} and isinstance(rehearsed.refusal, ManyLeavers)
    assert len(await on(town.store, NEXT)) == 120
    assert counts(await take_in(town.store, lines("E-1"), NEXT, partial=True)) == {"same": 1}
    allowed = Import(town.store, Terms(NEXT, may_lose_many=True), NOW)
    await allowed.run(lines("E-1"), {"E-1"}, [])
    assert [each.kind for each in allowed.made].count(Kind.LEFT) == 119
