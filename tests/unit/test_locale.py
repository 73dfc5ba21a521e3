"""Lessons in the language of a learner's client: the first one told stays, and the rest falls back."""

import pytest

from bot.model import ChannelName, Incoming, Learner, Sender, WorkspaceRef
from lessons.model import Lesson
from tests.world import Person, World, make_catalogue, make_lesson

GERMAN = {
    "title": "Lektion eins",
    "steps": [
        {"practice": {"task": "Schreibe drei Sätze.", "checks": [{"mentions": ["Umsatz"]}]}},
        {"concept": "Erdung: nur diese Fakten."},
        {"check": {"question": "Was hilft am meisten?", "answers": [{}, {"text": "Nur die Tabelle"}]}},
    ],
}


def translated() -> Lesson:
    """Make a lesson that has German texts for its first steps."""
    return Lesson.model_validate({**make_lesson(1).model_dump(mode="json"), "translations": {"de": GERMAN}})


async def arrives(world: World, locale: str | None, name: str = "U1") -> Learner:
    """Join from a client that tells its language, and return the learner."""
    for number, (verb, args) in enumerate(
        [("arrive", {}), ("agree", {})]
        + [
            ("set", {"k": key, "x": value})
            for key, value in (
                ("job_family", "finance"),
                ("tools", "copilot"),
                ("time_zone", "UTC"),
                ("confidence", "30"),
            )
        ]
    ):
        await world.desk.handle(
            Incoming(
                id=f"{name}-{number}",
                workspace=WorkspaceRef(ChannelName.SLACK, "slack-workspace"),
                sender=Sender(name, locale=locale),
                conversation=f"D-{name}",
                verb=verb,
                args=args,
                by_platform=verb == "arrive",
            )
        )
    return world.store.learners[world.store.accounts["w-slack", name].learner]


@pytest.mark.parametrize(
    ("told", "kept"),
    [("de-CH", "de-CH"), ("de_DE", "de_DE"), ("en", "en"), (None, None), ("<b>", None), ("x" * 50, None)],
)
async def test_the_language_of_the_client_is_kept(told: str | None, kept: str | None) -> None:
    """A language tag is taken as it is told, and anything else is passed over."""
    assert (await arrives(World(make_catalogue(translated())), told)).locale == kept


async def test_the_first_language_told_stays() -> None:
    """Another device in another language does not turn a lesson round."""
    world = World(make_catalogue(translated()))
    await arrives(world, "de")
    person = Person(world)
    await person.does("next")
    assert person.learner.locale == "de"


async def test_a_lesson_is_told_in_the_learners_language_and_falls_back() -> None:
    """Texts that are translated are shown so, the others as they are; checks are those of the language."""
    world = World(make_catalogue(translated()))
    await arrives(world, "de-CH")
    person = Person(world)
    await person.does("next")
    assert "Lektion eins" in person.text and "Schreibe drei Sätze." in person.text
    assert "Revenue  1,200" in person.text
    await person.fill("Paste the result", text="Der Umsatz fehlt")
    assert "mentions Umsatz" in person.text
    await person.press("All of it")
    assert "Erdung" in person.text
    await person.press("Go on")
    assert "Was hilft am meisten?" in person.text and "Be accurate" in person.text
    await person.press("Nur die Tabelle")
    assert "It has a way out" in person.text


async def test_another_language_reads_the_original() -> None:
    """Where a lesson has no text in a language, it is as it was written, and its version is the same."""
    world = World(make_catalogue(translated()))
    await arrives(world, "fr")
    person = Person(world)
    await person.does("next")
    assert "Lesson 1 of finance" in person.text
    (session,) = world.store.sessions.values()
    assert session.lesson_version == translated().version
