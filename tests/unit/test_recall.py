"""Review questions: when they come, what is said, and that the first answer counts."""

from datetime import timedelta

from pydantic import JsonValue

from bot.learning.memory import answered, begun, name_of
from tests.unit.test_path import LEARNER, ONE, lesson, session
from tests.world import NOW, Person, World, make_catalogue

HINTED: dict[str, JsonValue] = {"0": {"hint": True}}
MISSED: dict[str, JsonValue] = {"2": {"missed": True}}


def test_how_a_lesson_went_sets_when_it_is_asked() -> None:
    """Wrong comes back the next day, hinted no later than right, and right after some days, by FSRS."""
    days = {}
    for name, notes in (("wrong", MISSED), ("hinted", HINTED), ("right", {})):
        (found,) = begun(LEARNER, ONE, session(ONE, 0, notes=notes), NOW)
        days[name] = (found.due_at - NOW).days
        assert (found.count, found.right) == (1, name != "wrong")
    assert days == {"wrong": 1, "hinted": 1, "right": 2}


def test_intervals_grow_with_right_answers_and_fall_with_wrong_ones() -> None:
    """Each right answer at its time puts the question further off; a wrong one brings it back soon."""
    (found,) = begun(LEARNER, ONE, session(ONE, 0), NOW)
    gaps = []
    for _ in range(6):
        at = found.due_at
        found = answered(found, True, at)
        gaps.append((found.due_at - at).days)
    assert gaps == sorted(gaps) and gaps[-1] > 60
    assert max(gaps) <= 180
    again = answered(found, False, found.due_at)
    assert (again.due_at - found.due_at).days < gaps[-1] and not again.right


def test_a_question_is_known_by_its_words() -> None:
    """A question keeps its name wherever it stands, and a rewritten one has another."""
    one, two = lesson(1).reviews[0], lesson(2).reviews[0]
    assert name_of(one) == name_of(lesson(1, title="Another").reviews[0]) != name_of(two)
    assert len(name_of(one)) == 12


# ---------------------------------------------------------------- in the chat


async def done(world: World) -> Person:
    """Join and finish the first lesson."""
    person = Person(world)
    await person.joins()
    await person.does("next")
    await person.finishes_lesson()
    return person


def world() -> World:
    """Make a world of three lessons with review questions."""
    return World(make_catalogue(lesson(1), lesson(2), lesson(3)))


async def test_the_end_of_a_lesson_begins_its_questions() -> None:
    """The last press of a lesson stores what is to be asked, and says why the next lesson comes."""
    here = world()
    person = await done(here)
    (recall,) = here.store.recalls.values()
    assert (recall.lesson, recall.due_at - here.now) == ("finance-lesson-1", timedelta(days=2))
    assert "because it is the next one for your job: Finance analyst." in person.text


async def test_a_question_comes_before_the_next_lesson_once_it_is_due() -> None:
    """`next` asks what is due, with the reason; the right answer is confirmed and its next day told."""
    here = world()
    person = await done(here)
    here.later(days=3)
    await person.does("next")
    assert "Question of lesson 1?" in person.text
    assert "From “Lesson 1 of finance”, because you did this lesson on 2 November." in person.text
    await person.press("Use only the table")
    assert "It has a way out" in person.text and "This question comes again on" in person.text
    (recall,) = here.store.recalls.values()
    assert (recall.count, recall.right) == (2, True) and recall.due_at > here.now
    answer = next(e for e in here.store.events if e.type.value == "review.answered")
    assert answer.properties == {"question": recall.question, "answer": 1, "right": True, "attempt": 1}
    await person.press("Next lesson")
    assert "Lesson 2 of finance" in person.text and "Step 1 of 5" in person.text


async def test_a_wrong_answer_shows_the_right_one() -> None:
    """Who answers wrong is told why, sees the right answer with its reason, and is asked again tomorrow."""
    here = world()
    person = await done(here)
    here.later(days=3)
    await person.does("recall")
    await person.press("Be accurate")
    assert "Too vague" in person.text and "It has a way out" in person.text
    (recall,) = here.store.recalls.values()
    assert (recall.right, (recall.due_at - here.now).days) == (False, 1)
    here.later(days=2)
    await person.does("recall")
    assert "because on 5 November the answer was another one." in person.text


async def test_only_the_first_answer_counts() -> None:
    """A second press on a question that was answered changes nothing and says so."""
    here = world()
    person = await done(here)
    here.later(days=3)
    await person.does("recall")
    button = person.button("Be accurate")
    await person.press("Use only the table")
    before = dict(here.store.recalls)
    await person.does(button.verb, button.args, pressed=True)
    assert "answered this one already" in person.text and here.store.recalls == before


async def test_a_question_can_wait() -> None:
    """“Not now” leads to the lesson, and the question stays due."""
    here = world()
    person = await done(here)
    here.later(days=3)
    await person.does("next")
    await person.press("Not now")
    assert "Lesson 2 of finance" in person.text
    (recall,) = here.store.recalls.values()
    assert recall.count == 1


async def test_nothing_to_recall_says_when_there_will_be() -> None:
    """Where nothing is due the day of the next question is told; before any lesson, how they come about."""
    here = world()
    person = Person(here)
    await person.joins()
    await person.does("recall")
    assert "some days after a lesson" in person.text
    await person.does("next")
    await person.finishes_lesson()
    await person.does("recall")
    assert "The next question comes on Wednesday, 4 November." in person.text


async def test_a_question_that_was_rewritten_is_not_asked() -> None:
    """After an edit of the question an old button leads to what is due, or to nothing."""
    here = world()
    person = await done(here)
    here.later(days=3)
    await person.does("recall")
    old = person.button("Use only the table")
    here.catalogue = make_catalogue(lesson(1, reviews=[]), lesson(2))
    await person.does(old.verb, old.args, pressed=True)
    assert "nothing to recall" in person.text
    assert [recall.count for recall in here.store.recalls.values()] == [1]


async def test_a_lesson_done_again_goes_on_with_what_is_remembered() -> None:
    """Taking a lesson a second time counts as an answer to its questions, and does not begin anew."""
    here = world()
    person = await done(here)
    here.later(days=30)
    await person.does("lesson", {"id": "finance-lesson-1"})
    await person.finishes_lesson()
    (recall,) = here.store.recalls.values()
    assert recall.count == 2 and (recall.due_at - here.now).days > 2


async def test_the_reason_stands_on_the_first_screen() -> None:
    """A lesson that came by `next` says on its first screen why it was this one."""
    here = world()
    person = Person(here)
    await person.joins()
    await person.does("next")
    assert "This one, because " in person.text
    await person.press("I did it")
    await person.press("All of it")
    assert "This one, because " not in person.text
