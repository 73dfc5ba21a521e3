from tests.scenario.parity import play, read_scenario
from tests.web_house import room


async def test_the_first_lesson_in_the_practice_room() -> None:
    """The shared scenario plays in the practice room from the first word to the last."""
    async with room() as here, here.person() as person:
        await play(person, read_scenario("first_lesson.yaml"))
