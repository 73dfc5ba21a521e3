from datetime import date

import pytest

from bot.errors import InvalidInput
from bot.model import ChannelName, Operation, Status, Surface
from bot.typed import find_zone, read_day
from tests.world import NOW, Person, World, make_catalogue, make_lesson


async def test_first_contact_brings_the_welcome_whatever_is_typed() -> None:
    """A stranger's first word is answered by the welcome and by nothing else."""
    world = World()
    person = Person(world)
    await person.does("next")
    assert "Agree" in person.text and "groups of five" in person.text
    assert world.types() == ["learner.welcomed"]
    assert person.learner.status is Status.NEW


async def test_without_an_answer_nothing_more_is_posted() -> None:
    """Before consent one message is posted; later words only update it."""
    world = World()
    person = Person(world)
    await person.does("arrive")
    await person.does("arrive")
    await person.does("next")
    await person.does("help")
    operations = [d.operation for d in world.sink.taken]
    assert operations == [Operation.POST, Operation.UPDATE, Operation.UPDATE]
    assert "waits for your answer" in str(world.sink.taken[-1].message)
    assert world.types() == ["learner.welcomed"]


async def test_no_is_taken_and_leaves_a_way_back() -> None:
    """A person who says No gets no message more, and may still take part later."""
    world = World()
    person = Person(world)
    await person.does("arrive")
    await person.press("No")
    assert person.learner.status.value == "declined"
    await person.does("next")
    assert [d.operation for d in world.sink.taken] == [Operation.POST, Operation.UPDATE, Operation.UPDATE]
    await person.press("Agree")
    assert person.learner.status.value == "active"
    assert world.types() == ["learner.welcomed", "learner.declined", "learner.joined"]


async def test_the_questions_come_in_order_and_confidence_before_the_first_lesson() -> None:
    """Job, tools, zone and confidence are asked in one message before any lesson can be opened."""
    world = World()
    person = Person(world)
    await person.does("arrive")
    await person.press("Agree")
    assert "What is your job" in person.text
    await person.does("next")
    assert "What is your job" in person.text, "a lesson waits for the questions"
    await person.press("Finance")
    await person.fill("Choose your tools", x="chatgpt")
    assert "Europe/Lisbon" in person.text, "the platform's zone is proposed"
    await person.fill("Another one", x="Sao Paulo")
    assert person.learner.time_zone == "America/Sao_Paulo"
    await person.press("40")
    assert person.learner.tools == ("chatgpt",)
    assert person.learner.confidence == 40
    assert "first lesson" in person.text
    assert world.types()[-2:] == ["confidence.reported", "lesson.offered"]


async def test_a_second_click_on_a_question_changes_nothing() -> None:
    """A button of a question that was answered shows the next question and keeps the answer."""
    world = World()
    person = Person(world)
    await person.does("arrive")
    await person.press("Agree")
    finance, sales = person.button("Finance"), person.button("Sales")
    await person.does(finance.verb, finance.args, pressed=True)
    before = person.learner
    await person.does(sales.verb, sales.args, pressed=True)
    assert person.learner == before
    assert "Which AI tools" in person.text


async def test_an_unknown_city_is_refused_with_the_nearest() -> None:
    """A mistyped zone keeps the question on screen and names the nearest zone."""
    world = World()
    person = Person(world)
    await person.does("arrive")
    for label in ("Agree", "Finance", "I have all"):
        await person.press(label)
    await person.fill("Another one", x="Berlni")
    assert "Did you mean Europe/Berlin?" in person.text
    assert "That is right" in person.text
    assert person.learner.time_zone is None


async def test_everything_can_be_changed_from_me() -> None:
    """Each setting has a button on the learner's own page, and comes back to it."""
    world = World()
    person = Person(world)
    await person.joins()
    await person.does("me")
    for ask, choose in (("Change job", "Sales"), ("Change tools", "I have all"), ("Change time", "That is")):
        await person.press(ask)
        await person.press(choose)
        assert "You and Laps" in person.text
    assert person.learner.job_family == "sales"
    await person.press("Confidence now")
    await person.press("90")
    assert person.learner.confidence == 90


async def test_a_code_joins_two_channels_into_one_learner() -> None:
    """A code shown on one channel and typed on another makes both accounts one learner."""
    world = World()
    slack = Person(world)
    await slack.joins()
    await slack.does("me")
    code = next(iter(world.store.codes))
    assert code in slack.text
    teams = Person(world, "29:a", ChannelName.TEAMS)
    await teams.does("join", {"code": code})
    assert teams.learner == slack.learner
    assert "one learner" in teams.text
    other = Person(world, "29:b", ChannelName.TEAMS)
    await other.does("join", {"code": code})
    assert "does not work" in other.text, "a code works once"


async def test_a_code_is_refused_when_it_is_old() -> None:
    """A code older than fifteen minutes joins nothing."""
    world = World()
    slack = Person(world)
    await slack.joins()
    await slack.does("me")
    world.later(minutes=15)
    teams = Person(world, "29:a", ChannelName.TEAMS)
    await teams.does("arrive")
    await teams.does("join", {"code": next(iter(world.store.codes))})
    assert teams.learner != slack.learner


async def test_joining_a_learner_who_exists_merges_them() -> None:
    """Two learners with their own answers become one that keeps the code owner's answers."""
    world = World()
    slack, teams = Person(world), Person(world, "29:a", ChannelName.TEAMS)
    await slack.joins()
    await teams.joins()
    await teams.press("Start")
    await slack.does("me")
    await teams.does("join", {"code": next(iter(world.store.codes))})
    merge = world.store.changes[-1].merge
    assert merge is not None and merge.kept == slack.learner.id
    assert len(world.store.learners) == 1


async def test_pause_resume_and_stop() -> None:
    """Pause is quiet until a day, stop holds everything but coming back, resume ends both."""
    world = World()
    person = Person(world)
    await person.joins()
    await person.does("pause", {"until": "2026-11-09"})
    assert person.learner.is_paused(NOW)
    assert "Monday, 9 November 2026" in person.text
    await person.does("resume")
    assert not person.learner.is_paused(NOW)
    await person.does("stop")
    await person.does("next")
    assert "has stopped" in person.text
    await person.press("Come back")
    assert person.learner.status is Status.ACTIVE
    assert world.types()[-5:] == [
        "learner.paused",
        "learner.resumed",
        "learner.stopped",
        "screen.shown",
        "learner.resumed",
    ]


async def test_pause_ends_at_local_midnight() -> None:
    """A pause until a day ends when that day begins where the learner is."""
    world = World()
    person = Person(world)
    await person.joins()
    await person.does("pause", {"until": "tomorrow"})
    until = person.learner.paused_until
    assert until is not None and until.isoformat() == "2026-11-03T00:00:00+00:00"


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("2026-12-01", date(2026, 12, 1)),
        ("tomorrow", date(2026, 11, 3)),
        ("friday", date(2026, 11, 6)),
        ("monday", date(2026, 11, 9)),
        ("3 days", date(2026, 11, 5)),
        ("a week", date(2026, 11, 9)),
        ("for 2 weeks", date(2026, 11, 16)),
        ("until 2026-11-30", date(2026, 11, 30)),
    ],
)
def test_days_are_read_as_people_type_them(typed: str, day: date) -> None:
    """A day may be typed as a date, a weekday or a number of days."""
    assert read_day(typed, date(2026, 11, 2)) == day


@pytest.mark.parametrize(
    "typed", ["2026-11-02", "2020-01-01", "2030-01-01", "soon", "0 days", "999 weeks", "٣ days x"]
)
def test_days_that_are_none_or_past_are_refused(typed: str) -> None:
    """What is no day within the coming year is refused with an example."""
    with pytest.raises(InvalidInput):
        read_day(typed, date(2026, 11, 2))


def test_zones_are_found_by_name_and_city() -> None:
    """A zone is found by its IANA name in any case and by its city."""
    assert find_zone("europe/lisbon") == "Europe/Lisbon"
    assert find_zone("New York") == "America/New_York"
    assert find_zone(" UTC ") == "UTC"


async def test_the_home_shows_the_welcome_before_consent_and_progress_after() -> None:
    """The home asks for consent first; later it shows what is next, progress and the way to quiet."""
    world = World()
    person = Person(world)
    await person.does("home", surface=Surface.HOME)
    assert world.sink.taken[-1].operation is Operation.HOME
    assert "Agree" in person.text
    assert world.store.learners == {}, "looking at the home stores nothing"
    await person.joins()
    await person.does("home", surface=Surface.HOME)
    assert "0 of 2 done" in person.text and "Stop Laps" in person.text


async def test_quiet_from_the_home_changes_the_home_only() -> None:
    """Pausing on the home posts nothing: the home itself shows it."""
    world = World()
    person = Person(world)
    await person.joins()
    before = len(world.sink.taken)
    await person.does("pause", surface=Surface.HOME)
    assert [d.operation for d in world.sink.taken[before:]] == [Operation.HOME]
    assert "Resume" in person.text


async def test_leaving_the_platform_marks_the_account() -> None:
    """A person who removes the bot is marked unreachable there, and reachable again when they speak."""
    world = World()
    person = Person(world)
    await person.joins()
    await person.does("depart")
    assert not world.store.accounts["w-slack", "U1"].reachable
    await person.does("help")
    assert world.store.accounts["w-slack", "U1"].reachable


async def test_an_uninstalled_workspace_is_inactive_until_it_speaks() -> None:
    """After uninstall nothing more goes to a workspace, until somebody there speaks again."""
    world = World()
    person = Person(world)
    await person.joins()
    nobody = Person(world, "")
    await nobody.does("uninstall")
    assert world.store.changes[-1].workspace is not None
    assert not world.store.changes[-1].workspace.active
    await person.does("help")
    assert world.store.changes[-1].workspace is not None
    assert world.store.changes[-1].workspace.active


async def test_all_tools_can_be_chosen_with_one_press() -> None:
    """However many tools there are, the button for all of them carries one character."""
    world = World()
    person = Person(world)
    await person.does("arrive")
    await person.press("Agree and start")
    await person.press("Finance analyst")
    assert person.button("I have all of them").args["x"] == "*"
    await person.press("I have all of them")
    assert person.learner.tools == tuple(world.catalogue.tools)


async def test_a_no_that_nothing_asked_for_stops_nothing() -> None:
    """Only the welcome takes a typed No; later it says what stop and pause do."""
    world = World()
    person = Person(world)
    await person.joins()
    await person.does("decline", {"typed": ""})
    assert "type “stop”" in person.text and world.types()[-1] == "screen.shown"
    await person.does("decline")
    assert world.types()[-1] == "learner.stopped"


async def test_whatever_a_learner_does_is_recorded() -> None:
    """Also what changes nothing and what is refused leaves an adoption event, once somebody has agreed."""
    world = World()
    person = Person(world)
    await person.joins()
    for verb, args, refused in (
        ("agree", {}, False),
        ("lesson", {"id": "no-such-lesson"}, True),
        ("resume", {}, False),
    ):
        before = len(world.store.events)
        await person.does(verb, args)
        (event,) = world.store.events[before:]
        assert event.type == "screen.shown"
        assert event.properties == {"verb": verb, "refused": refused}


async def test_a_job_without_lessons_is_not_offered() -> None:
    """Of the job families only those are asked for that have a lesson."""
    world = World(make_catalogue(make_lesson(1)))
    person = Person(world)
    await person.does("arrive")
    await person.press("Agree")
    assert [button.label for button in person.buttons()] == ["Finance analyst"]
