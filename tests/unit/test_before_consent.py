"""Before a person agrees: one message at most, nothing recorded but the welcome and the No."""

import pytest

from bot.model import ChannelName, Incoming, Operation, Sender, Status, Surface
from tests.walks.store import StrictMemory
from tests.walks.town import Town
from tests.world import Person, World


async def test_stop_before_agreeing_is_a_no() -> None:
    """The welcome says how to stop, so that stop is a No for whoever has not agreed."""
    world = World()
    person = Person(world)
    await person.does("arrive")
    await person.does("stop")
    assert person.learner.status is Status.DECLINED
    assert world.types() == ["learner.welcomed", "learner.declined"]


@pytest.mark.parametrize("word", ["stop", "decline"])
async def test_a_typed_no_changes_the_welcome(word: str) -> None:
    """A No that is typed is answered in the welcome itself: no second message is posted."""
    world = World()
    person = Person(world)
    await person.does("arrive")
    await person.does(word)
    operations = [(d.operation, d.post) for d in world.sink.taken]
    assert operations == [
        (Operation.POST, person.learner.welcome),
        (Operation.UPDATE, person.learner.welcome),
    ]
    assert "will not write to you" in str(world.sink.taken[-1].message)


async def test_a_wrong_code_is_refused_in_the_welcome() -> None:
    """A code that does not work is said in the one message that a stranger may get."""
    world = World()
    person = Person(world)
    await person.does("join", {"code": "2222-2222"})
    assert "does not work" in person.text and "Agree" in person.text
    await person.does("join", {"code": "2222-3333"})
    assert [d.operation for d in world.sink.taken] == [Operation.POST, Operation.UPDATE]
    assert "does not work" in str(world.sink.taken[-1].message)
    assert world.types() == ["learner.welcomed"]


async def test_somebody_unknown_who_leaves_leaves_no_trace() -> None:
    """A person who removes the bot without ever having agreed is neither stored nor recorded."""
    town = Town(StrictMemory())
    room = town.rooms[1]
    await town.handle(room.does("d1", "depart", {}))
    assert town.ledger.learners == {} and town.ledger.events == set()
    await town.handle(room.does("a1", "arrive", {}))
    await town.handle(room.does("d2", "depart", {}))
    assert len(town.ledger.events) == 1


async def test_a_no_on_the_home_does_not_silence_what_is_typed_later() -> None:
    """Whoever said No on the home has no message to change, and gets the welcome when they write."""
    world = World()
    person = Person(world)
    await person.does("home", surface=Surface.HOME)
    await person.does("decline", surface=Surface.HOME)
    assert person.learner.status is Status.DECLINED and person.learner.welcome is None
    await person.does("next")
    assert [d.operation for d in world.sink.taken] == [Operation.HOME, Operation.HOME, Operation.POST]
    assert "Agree" in person.text


async def test_a_no_by_slash_command_does_not_silence_what_is_typed_later() -> None:
    """A No that was answered privately leaves no message behind; what is typed later is answered."""
    world = World()
    slash = Incoming(
        "s1", Person(world).ref, Sender("U1"), "C1", "decline", {}, Surface.CONVERSATION, takes_notice=True
    )
    await world.desk.handle(slash)
    person = Person(world)
    await person.does("next")
    assert "Agree" in person.text


@pytest.mark.parametrize("channel", list(ChannelName))
async def test_nobody_gets_a_word_after_the_welcome_unasked(channel: ChannelName) -> None:
    """Arriving again, the home, a profile and a removal say nothing new to whoever has not answered."""
    world = World()
    person = Person(world, channel=channel)
    for verb in ("arrive", "arrive", "profile", "depart", "arrive"):
        await person.does(verb)
    assert [d.operation for d in world.sink.taken] == [Operation.POST]
    assert world.types() == ["learner.welcomed"]
