from tests.scenario.parity import play, read_scenario
from tests.slack.house import house


async def test_the_first_lesson_in_slack() -> None:
    """The shared scenario plays in Slack from the first word to the last."""
    async with house() as here:
        await play(here.person(), read_scenario("first_lesson.yaml"))
