"""Old buttons, double presses and hand-made ones: one effect at most, a kind reply, no dead screen."""

from dataclasses import replace

import pytest

from bot.events import EventType
from bot.model import ChannelName, Incoming, Operation, Sender, SessionStatus, Source, Status, Surface
from tests.walks.rooms import Room, buttons_of
from tests.walks.store import StrictMemory
from tests.walks.town import Town
from tests.world import STEPS, Person, World, make_catalogue, make_lesson


async def learning(
    channel: ChannelName = ChannelName.SLACK, name: str = "U1", in_band: bool = False
) -> Person:
    """A person in the first step of the first lesson."""
    person = Person(World(), name, channel, in_band)
    await person.joins()
    await person.press("Start")
    return person


@pytest.mark.parametrize("verb", ["arrive", "depart", "home", "profile", "uninstall"])
@pytest.mark.parametrize("channel", list(ChannelName))
async def test_what_only_a_platform_says_cannot_be_pressed(channel: ChannelName, verb: str) -> None:
    """A button that carries a platform's verb, however it was made, is unknown and changes nothing."""
    world = World()
    person = Person(world, channel=channel)
    await person.joins()
    written = len(world.store.changes)
    forged = Incoming("f1", person.ref, Sender(person.name), "D-U1", verb, source=Source("m1"))
    await world.desk.handle(forged)
    await person.does("unknown", {"text": verb})
    changes = world.store.changes[written:]
    assert [c.workspace for c in changes] == [None, None]
    assert {e.type for c in changes for e in c.events} == {EventType.HELP_SHOWN}
    assert world.store.workspaces[person.ref].active
    assert world.store.accounts[f"w-{channel}", person.name].reachable


@pytest.mark.parametrize("verb", ["set", "form", "ask", "paste", "lesson", "join", "answer", "commit"])
@pytest.mark.parametrize(
    "args",
    [
        {"e": "1"},
        {"s": "x"},
        {"k": "tools", "x": "é" * 10_000, "s": "x"},
        {"k": "time_zone", "x": "é" * 10_000},
        {"form": "paste", "s": "SESSION"},
        {"form": "paste", "s": "SESSION", "v": "x" * 10_000},
        {"form": "\0", "s": "SESSION", "v": "9" * 9},
        {"id": "é" * 10_000, "code": "é" * 10_000, "v": "-1"},
        {"s": "SESSION", "v": "1", "a": "99", "t": "nothing", "text": " "},
        {"k": "job_family", "x": "finance", "s": "SESSION", "v": "\u0663"},
    ],
)
async def test_hand_made_args_are_answered_kindly(verb: str, args: dict[str, str]) -> None:
    """Args that no button of ours carries change nothing and are answered, never logged as a bug."""
    person = await learning()
    world = person.world
    session = world.store.sessions[person.learner.current or ""]
    made = {key: value.replace("SESSION", session.id) for key, value in args.items()}
    await person.does(verb, made, pressed=True)
    assert world.outcomes[-1] in ("done", "refused")
    assert world.store.sessions == {session.id: session}
    assert person.message is not None


async def test_a_value_that_no_button_has_shows_the_screen_again() -> None:
    """An answer, a tool or a number of minutes that was not offered is not written down."""
    person = await learning()
    for label in ("I did it", "All of it", "Go on"):
        await person.press(label)
    answer = person.button("Be accurate")
    for number in ("-1", "3"):
        await person.does("answer", {**answer.args, "a": number}, pressed=True)
        assert "Which instruction" in person.text and person.world.types()[-1] == "press.stale"
    for label in ("Use only", "Go on", "70"):
        await person.press(label)
    minutes = person.button("10")
    await person.does("minutes", {**minutes.args, "n": "999999999"}, pressed=True)
    told = [e for e in person.world.store.events if e.type is EventType.MINUTES_SAVED_REPORTED]
    assert [e.properties["value"] for e in told] == [60]
    used = person.button("Copilot")
    await person.does("used", {**used.args, "t": "claude"}, pressed=True)
    assert "Which tool did you use" in person.text and "tool.not_used" not in person.world.types()
    await person.press("Copilot")
    plan = person.button("With Copilot")
    await person.does("commit", {**plan.args, "t": ""}, pressed=True)
    assert "choose one of the tools" in person.text and "commitment.made" not in person.world.types()


async def test_a_null_character_is_left_out_of_what_is_kept() -> None:
    """A plan typed with the one character that no database could hold is kept without it."""
    person = await learning()
    for label in ("I did it", "All of it", "Go on", "Use only", "Go on", "70", "10", "Copilot"):
        await person.press(label)
    await person.fill("Say it", when="I open\0 the ledger", task="a\0 note", t="copilot")
    made = person.world.store.changes[-1].commitment
    assert made is not None and (made.when, made.task) == ("I open the ledger", "a note")


async def test_pause_pressed_twice_is_one_pause() -> None:
    """The second of two presses on Pause says the same and records nothing."""
    person = Person(World())
    await person.joins()
    await person.does("pause")
    paused = person.learner
    person.world.later(minutes=1)
    await person.does("pause")
    assert person.learner == paused and "until you say resume" in person.text
    assert person.world.types().count("learner.paused") == 1


async def test_start_over_pressed_twice_is_one_new_session() -> None:
    """The second of two presses on Start over shows the session that the first one began."""
    person = await learning()
    await person.press("I did it")
    restart = {"id": "finance-lesson-1"}
    await person.does("restart", restart, pressed=True)
    await person.does("restart", restart, pressed=True)
    statuses = sorted(s.status for s in person.world.store.sessions.values())
    assert statuses == ["abandoned", "open"]
    assert person.world.types().count("lesson.restarted") == 1


async def test_an_old_button_on_a_message_that_started_over_shows_the_new_session() -> None:
    """Where a message shows a newer session now, a late press of its old button shows that one."""
    person = await learning()
    old = person.button("I did it")
    await person.press("I did it")
    await person.does("restart", {"id": "finance-lesson-1"}, pressed=True)
    await person.does(old.verb, old.args, pressed=True)
    session = person.world.store.sessions[person.learner.current or ""]
    assert session.status is SessionStatus.OPEN
    assert person.button("I did it").args["s"] == session.id != old.args["s"]


async def test_an_old_question_still_does_what_it_says() -> None:
    """A setting's button works after lessons moved on, and once more says what is set already."""
    person = await learning()
    world, lesson = person.world, person.button("I did it")
    await person.does("me")
    await person.press("Change job")
    sales = person.button("Sales")
    await person.does(lesson.verb, lesson.args)
    await person.does(sales.verb, sales.args, pressed=True)
    assert person.learner.job_family == "sales"
    changed = world.types().count("setting.changed")
    await person.does(sales.verb, sales.args, pressed=True)
    assert "You and Laps" in person.text and world.types().count("setting.changed") == changed


async def test_whoever_stopped_sees_what_is_known_and_the_way_back() -> None:
    """After stop, `me` shows no code that would be refused and no button that would do nothing."""
    person = Person(World())
    await person.joins()
    await person.does("stop")
    await person.does("me")
    assert [b.label for b in person.buttons()] == ["Come back"]
    assert person.world.store.codes == {} and "stopped, until you come back" in person.text


async def test_the_home_offers_what_comes_next() -> None:
    """The home's offer is recorded, unless there is a lesson to go on with."""
    person = Person(World())
    await person.joins()
    await person.does("home", surface=Surface.HOME)
    offers = [e for e in person.world.store.events if e.type is EventType.LESSON_OFFERED]
    assert [e.properties["by"] for e in offers] == ["welcome", "home"]
    await person.does("next")
    await person.does("home", surface=Surface.HOME)
    assert person.world.types()[-1] == "home.opened"


async def test_a_second_no_after_stop_is_still_stop() -> None:
    """Somebody who stopped and says No stays stopped: they once agreed."""
    person = Person(World())
    await person.joins()
    await person.does("stop")
    await person.does("decline")
    assert person.learner.status is Status.STOPPED
    assert "learner.declined" not in person.world.types()


async def test_going_on_where_a_lesson_was_left_keeps_its_message() -> None:
    """A lesson left in one message goes on there, though another lesson was opened elsewhere meanwhile."""
    person = await learning()
    world = person.world
    left = person.source
    await person.press("Leave for now")
    again = person.button("Go on where")
    await person.does("lesson", {"id": "finance-lesson-2"})
    sent, person.source = len(world.sink.taken), left
    await person.does(again.verb, again.args, pressed=True)
    updates = [(d.target or d.post, d.message.fallback) for d in world.sink.taken[sent:]]
    assert not any("goes on in a newer message" in text for _, text in updates)
    assert "Step 1 of 5" in person.text


async def test_a_double_press_on_a_message_that_came_back_shows_the_lesson() -> None:
    """A late press of an old button, on the message that shows the lesson again, does not make it inert."""
    person = await learning()
    old = person.button("I did it")
    await person.press("Leave for now")
    again = person.button("Go on where")
    left = person.source
    await person.does("lesson", {"id": "finance-lesson-2"})
    person.source = left
    await person.does(again.verb, again.args, pressed=True)
    await person.does(old.verb, old.args, pressed=True)
    assert "Step 1 of 5" in person.text and "newer message" not in person.text


async def test_two_browsers_of_one_learner_get_one_notice() -> None:
    """Where one learner has two accounts in a workspace, only the one with the old message is told."""
    world = World()
    first = Person(world, "browser-1", ChannelName.WEB, in_band=True)
    second = Person(world, "browser-2", ChannelName.WEB, in_band=True)
    await first.joins()
    await first.press("Start")
    await first.does("me")
    await second.does("join", {"code": next(iter(world.store.codes))})
    sent = len(world.sink.taken)
    await second.does("next")
    assert [(d.account, d.operation) for d in world.sink.taken[sent:]] == [("browser-1", Operation.UPDATE)]


async def test_a_finished_lesson_does_not_forget_the_one_under_way() -> None:
    """Two learners become one, each with an open lesson: finishing one leaves the other current."""
    world = World()
    slack, teams = Person(world), Person(world, "29:1", ChannelName.TEAMS)
    for person in (slack, teams):
        await person.joins()
        await person.press("Start")
    await teams.does("lesson", {"id": "finance-lesson-2"})
    lesson = teams.message
    await slack.does("me")
    await teams.does("join", {"code": next(iter(world.store.codes))})
    current = slack.learner.current
    teams.message = lesson
    await teams.finishes_lesson()
    assert slack.learner.current == current
    assert world.store.sessions[current or ""].status is SessionStatus.OPEN


async def test_quiet_that_was_asked_for_on_either_channel_stays() -> None:
    """Two learners become one: if one of them is paused, the one is."""
    world = World()
    slack, teams = Person(world), Person(world, "29:1", ChannelName.TEAMS)
    await slack.joins()
    await teams.joins()
    await teams.does("pause", {"until": "2 weeks"})
    until = teams.learner.paused_until
    await slack.does("me")
    await teams.does("join", {"code": next(iter(world.store.codes))})
    assert slack.learner.paused_until == until is not None
    assert slack.learner.is_paused(world.now)


async def test_a_lesson_that_cannot_be_read_any_more_starts_anew() -> None:
    """An unfinished session whose version is not to be had is ended, and the lesson begins from the start."""
    person = await learning()
    store = person.world.store
    await person.press("I did it")
    began = store.sessions[person.learner.current or ""]
    await person.does("lesson", {"id": "finance-lesson-2"})
    del store.lessons[began.lesson_version]
    person.world.catalogue = make_catalogue(make_lesson(1, steps=STEPS[:1]), make_lesson(2))
    await person.does("lesson", {"id": "finance-lesson-1"})
    assert "step 1 of 1" in person.text and "I did it" in person.text
    assert store.sessions[began.id].status is SessionStatus.ABANDONED
    person.world.catalogue = make_catalogue(make_lesson(2))
    store.lessons.clear()
    await person.does("lesson", {"id": "finance-lesson-1"})
    assert person.world.outcomes[-1] == "refused" and "There is no lesson called" in person.text


async def test_an_old_press_at_the_same_moment_leaves_a_living_screen() -> None:
    """An old button and the present one, pressed at once, leave the new screen on the message."""
    town = Town(StrictMemory())
    room = town.rooms[0]
    await town.handle(room.types(town.identity(), "yes"))
    for label in ("Finance", "I have all", "That is", "30", "Start"):
        await town.handle(pressing(town, room, label))
    old = pressing(town, room, "I did it")
    await town.handle(pressing(town, room, "I did it"))
    await town.handle(pressing(town, room, "All of it"), old)
    await town.handle(replace(old, id="late"), pressing(town, room, "Go on"))
    assert "step 3 of 5" in room.shown["U1/1"].fallback


async def test_the_home_asks_all_first_questions_without_a_message_each() -> None:
    """Agreeing and answering on the home changes the home alone, each time to a question that works."""
    world = World()
    person = Person(world)
    await person.does("home", surface=Surface.HOME)
    for label in ("Agree", "Finance", "I have all", "That is right", "30"):
        button = person.button(label)
        await person.does(button.verb, button.args, surface=Surface.HOME)
    assert {d.operation for d in world.sink.taken} == {Operation.HOME}
    assert "0 of 2 done" in person.text and person.learner.confidence == 30


def pressing(town: Town, room: Room, label: str) -> Incoming:
    """Make the press of a button of what a room shows."""
    place, shown = next(iter(room.shown.items()))
    button = next(b for b in buttons_of(shown) if b.label.startswith(label))
    return room.presses(town.identity(), place, button.verb, button.args)
