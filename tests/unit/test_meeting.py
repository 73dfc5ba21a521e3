"""People of the roster whom Laps meets: whoever writes is the one whom the roster has for them."""

from dataclasses import replace

from bot.model import ChannelName, Incoming, Learner, LearnerId, Role, Sender, Status, WorkspaceRef
from lessons.catalogue import Catalogue, Industry
from tests.world import NOW, Person, World, make_catalogue, make_lesson


def expect(world: World, external: str, **more: object) -> Learner:
    """Have the roster expect somebody, who is stored with no account."""
    learner = Learner(LearnerId("r1"), world.store.organization_row.id, version=1)
    learner = replace(learner, **more)  # type: ignore[arg-type]
    world.store.learners[learner.id] = learner
    world.store.expects[external] = learner.id
    return learner


async def tell(world: World, person: Person, email: str) -> None:
    """Have the platform tell somebody's address."""
    sender = Sender(person.name, email=email)
    await world.desk.handle(
        Incoming(f"profile {email}", person.ref, sender, None, "profile", by_platform=True)
    )


async def test_somebody_of_the_roster_is_welcomed_as_everybody() -> None:
    """The roster agrees to nothing in anybody's name; what it knows is not asked."""
    world = World()
    expect(world, "U1", job_family="finance", tools=("copilot",), time_zone="UTC", roles=frozenset({Role.HR}))
    person = Person(world)
    await person.does("next")
    assert "Agree" in person.text and world.types() == ["learner.welcomed"]
    await person.press("Agree")
    assert "How confident are you" in person.text
    assert person.learner.id == "r1" and person.learner.roles == {Role.HR}


async def test_who_takes_part_elsewhere_goes_on_at_once() -> None:
    """A second channel of one person needs neither a second welcome nor a code."""
    world = World()
    first = Person(world)
    await first.joins()
    world.store.expects["29:1"] = first.learner.id
    second = Person(world, "29:1", ChannelName.TEAMS)
    await second.does("lessons")
    assert "Lesson 1 of finance" in second.text
    assert second.learner.id == first.learner.id
    assert world.types().count("learner.linked") == 1 and world.types().count("learner.welcomed") == 1


async def test_an_address_that_comes_later_joins_them() -> None:
    """Where the platform tells the address after the first word, what the person said stays theirs."""
    world = World()
    person = Person(world)
    await person.joins()
    before = person.learner
    expect(world, "ann@b.de", industry="banking", job_family="sales", country="AT")
    await tell(world, person, "Ann@b.de")
    assert (person.learner.id, person.learner.job_family) == (before.id, "finance")
    assert (person.learner.industry, person.learner.country) == ("banking", "AT")
    assert "r1" not in world.store.learners
    assert world.store.accounts["w-slack", "U1"].email == "ann@b.de"
    await tell(world, person, "Ann@b.de")
    assert world.types().count("learner.linked") == 1


async def test_before_consent_the_welcome_that_was_shown_stays_the_one() -> None:
    """Somebody who was welcomed and is found by their address is not welcomed again."""
    world = World()
    person = Person(world)
    await person.does("arrive")
    expect(world, "ann@b.de", job_family="finance")
    await tell(world, person, "ann@b.de")
    assert (person.learner.id, person.learner.status) == ("r1", Status.NEW)
    await person.does("arrive")
    assert [d.kind.value for d in world.sink.taken] == ["reply"]
    await person.press("Agree")
    assert "Which AI tools" in person.text and world.types() == ["learner.welcomed", "learner.joined"]


async def test_yes_here_and_no_there_stay_two() -> None:
    """A No in one place is not overruled by an address."""
    world = World()
    person = Person(world)
    await person.joins()
    expect(world, "ann@b.de", status=Status.DECLINED)
    before = person.learner
    await tell(world, person, "ann@b.de")
    assert person.learner == before and "r1" in world.store.learners


async def test_who_only_leaves_is_not_met() -> None:
    """Somebody of the roster whose first word is that they removed the bot leaves no trace."""
    world = World()
    expect(world, "U1")
    await Person(world).does("depart")
    assert world.store.accounts == {} and world.types() == []


async def test_a_lost_race_is_read_anew() -> None:
    """Whoever is met twice at once is one learner."""
    world = World()
    expect(world, "U1")
    world.store.conflicts = 1
    person = Person(world)
    await person.does("arrive")
    assert person.learner.id in world.store.learners and "Agree" in person.text
    assert len(world.store.accounts) == 1


async def test_an_industry_of_their_own_decides_what_is_shown() -> None:
    """Lessons and what may not be pasted follow a person's own industry before the organization's."""
    plain = make_catalogue()
    banking = make_lesson(3).model_copy(update={"industries": ("banking",)})
    retail = make_lesson(4).model_copy(update={"industries": ("retail",)})
    industries = {
        "banking": Industry(name="Banking", never_paste=("Account numbers",)),
        "retail": Industry(name="Retail", never_paste=("Supplier prices",)),
    }
    ours = plain.organization.model_copy(update={"industry": "retail"})
    lessons = {x.id: x for x in (make_lesson(1), banking, retail)}
    world = World(Catalogue(ours, plain.tools, plain.job_families, lessons, industries))
    expect(world, "U1", industry="banking")
    person, other = Person(world), Person(world, "U2")
    for each in (person, other):
        await each.joins()
    assert "Account numbers" in await shown(person) and "Supplier prices" in await shown(other)
    await person.does("lessons")
    assert banking.title in person.text and retail.title not in person.text
    await other.does("lessons")
    assert retail.title in other.text and banking.title not in other.text


async def shown(person: Person) -> str:
    """Open the first lesson."""
    await person.does("next")
    return person.text


async def test_the_practice_room_knows_no_address() -> None:
    """Who has neither an address nor an id of the directory is a stranger, as before."""
    world = World()
    visitor = Person(world, "room-1", ChannelName.WEB, in_band=True)
    await visitor.does("arrive")
    assert visitor.ref == WorkspaceRef(ChannelName.WEB, "web-workspace")
    assert "Agree" in visitor.text and world.now == NOW
