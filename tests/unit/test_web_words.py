"""Words that a learner reads, where a sloppy sentence would mislead them."""

from bot.learning.checks import run_checks
from lessons.steps import MentionsCheck, WordRange, WordsCheck
from tests.world import Person, World


def test_what_is_missing_can_be_told_from_its_alternatives() -> None:
    """Alternatives are told from what else is wanted, and terms of several words from the words around."""
    check = MentionsCheck(mentions=("revenue", ("air", "port"), ("no note", "not in the data", "open")))
    (result,) = run_checks([check], "Freight rose.")
    assert result.line == "does not mention revenue; air or port; “no note” or the like"
    (one,) = run_checks([check], "Revenue; no note.")
    assert one.line == "does not mention air or port"
    (all_there,) = run_checks([check], "Revenue and port costs; not in the data.")
    assert all_there.line == "mentions revenue, port, “not in the data”"


def test_a_length_names_what_to_aim_for() -> None:
    """A text too short or too long is told its own length and the one to aim for."""
    check = WordsCheck(words=WordRange(min=2, max=3))
    lines = [run_checks([check], text)[0].line for text in ("one", "one two three four")]
    assert lines == ["1 word: aim for at least 2", "4 words: aim for at most 3"]


async def test_a_number_changed_later_is_not_called_the_first() -> None:
    """After the confidence was changed, no page says that the new one was there at the start."""
    person = Person(World())
    await person.joins()
    await person.does("me")
    await person.press("Confidence now")
    assert "before you start" not in person.text
    await person.press("70")
    assert "70 of 100" in person.text and "at the start" not in person.text


async def test_the_time_zone_is_asked_in_whole_sentences() -> None:
    """Every sentence about the time zone begins with a capital letter."""
    person = Person(World())
    await person.does("arrive")
    for label in ("Agree", "Finance", "I have all"):
        await person.press(label)
    assert "'Your time zone seems to be " in person.text or "'Most people here are in " in person.text


async def test_time_that_was_lost_is_not_called_saved() -> None:
    """Whoever says that the tool cost time reads so at the end."""
    person = Person(World())
    await person.joins()
    await person.does("next")
    for label in ("I did it", "All of it", "Go on", "Use only", "Go on", "70", "15 lost", "Copilot", "With"):
        await person.press(label)
    assert "('Time lost', '15 minutes')" in person.text and "Time saved" not in person.text
