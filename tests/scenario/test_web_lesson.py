from tests.scenario.parity import play, read_scenario
from tests.web_house import room

QUESTIONS = ("Agree and start", "Finance analyst", "I have all of them", "That is right", "30")


async def test_the_first_lesson_in_the_practice_room() -> None:
    """The shared scenario plays in the practice room from the first word to the last."""
    async with room() as here, here.person() as person:
        await play(person, read_scenario("first_lesson.yaml"))


async def test_a_mistyped_lesson_is_one_press_away() -> None:
    """Whoever mistypes a lesson is offered the one that was meant."""
    async with room() as here, here.person() as person:
        for label in QUESTIONS:
            await person.press(label)
        await person.say("lesson finance-varience")
        assert "Did you mean finance-variance?" in person.shown()
        await person.press("Open that one")
        assert "Say why the quarter missed plan" in person.shown()
