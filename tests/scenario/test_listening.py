"""Words in conversations that listen: who opens them, who is answered, and that nothing else is heard."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.model import NudgeAction, NudgeDecision, Role
from bot.nudging.hearing import heard
from bot.nudging.standing import NEEDS
from lessons.loading import load
from tests import teams_house
from tests.commands import CATALOGUE
from tests.scenario.stages import ROOM, TEAMS_ROOM, join
from tests.slack.house import House, house

TUESDAY = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)  # ten in Berlin
WORDS = """
moments:
  - id: variance
    kind: solve
    when: {keyword: [variance, month end, Écart]}
    offer: {lesson: finance-variance}
    say: There is a lesson for that.
"""
NO_HOLD = "organization: {name: Acme, time_zone: Europe/Berlin, nudges: {hold: 0.0}}"


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """Make a catalogue with a moment of words."""
    shutil.copytree(CATALOGUE.parent, tmp_path / "lessons")
    root = tmp_path / "lessons" / "lessons.yaml"
    text = root.read_text().replace("organization: {name: Acme, time_zone: Europe/Berlin}", NO_HOLD)
    root.write_text(text + WORDS)
    return root


@asynccontextmanager
async def listening(root: Path) -> AsyncIterator[House]:
    """Have Ann, a champion, and Bob take part in Slack, and Ann have Laps listen in the room."""
    async with house(LAPS_LESSONS=str(root)) as here:
        here.clock.now = TUESDAY
        for name in ("UANN", "UBOB"):
            await join(here.person(name))
        store = here.server.store
        await store.set_role(await store.find_person("slack:UANN"), Role.CHAMPION, held=True)
        here.slack.room(ROOM)
        await here.person("UANN").in_room(ROOM).say("listen")
        yield here
        assert here.slack.complaints == []


async def write(here: House, who: str, text: str, channel: str = ROOM, **more: object) -> None:
    """Have somebody write something where others read."""
    about = {"channel": channel, "channel_type": "channel", "user": who, "text": text, "ts": "9.9", **more}
    await here.person(who).deliver(here.slack.event("message", **about))


async def decisions(here: House, who: str) -> list[NudgeDecision]:
    """Read what was decided of somebody."""
    store = here.server.store
    found = await store.accounts_of((await store.find_person(f"slack:{who}")).id)
    snapshot = await store.snapshot(found[0][0], who, None, NEEDS, here.clock.now)
    return list(snapshot.decisions)


def rooms(here: House, who: str) -> list[str]:
    """Read what somebody sees in the room."""
    return here.person(who).in_room(ROOM).messages()


async def test_who_writes_a_word_is_answered_alone(catalogue: Path) -> None:
    """The offer comes where they wrote, for their eyes alone, with why and the ways out; no text is kept."""
    async with listening(catalogue) as here:
        assert "Laps listens here from now on" in rooms(here, "UBOB")[0]
        await write(here, "UBOB", "Does anybody have a template for the Variance? It hurts.")
        assert "There is a lesson for that." in rooms(here, "UBOB")[-1]
        assert "Why am I getting this?" in rooms(here, "UBOB")[-1]
        assert len(rooms(here, "UANN")) == len(rooms(here, "UBOB")) - 1 + 1  # Ann's own answer to listen
        [made] = await decisions(here, "UBOB")
        assert (made.action, made.moment) == (NudgeAction.SENT, "variance")
        exported = [str(event) async for event, _ in here.server.store.export_events(None)]
        assert not any("template" in each for each in [*exported, str(made)])
        await here.person("UBOB").in_room(ROOM).press("Why am I getting this?")
        assert "you wrote of something for which your organization has help" in rooms(here, "UBOB")[-1]


async def test_the_whole_policy_holds(catalogue: Path) -> None:
    """The budget, hours, pause and stop keep Laps silent here as everywhere, and each is recorded."""
    async with listening(catalogue) as here:
        await write(here, "UBOB", "variance")
        before = rooms(here, "UBOB")
        here.clock.now = TUESDAY + timedelta(minutes=1)
        await write(here, "UBOB", "variance again")
        here.clock.now = TUESDAY + timedelta(days=7, hours=12)
        await write(here, "UBOB", "variance at night")
        await here.person("UBOB").say("pause")
        here.clock.now = TUESDAY + timedelta(days=7, hours=23)
        await write(here, "UBOB", "variance while away")
        assert rooms(here, "UBOB") == before
        rules = [each.rule for each in await decisions(here, "UBOB")]
        assert rules[:3] == ["pause", "hours", "every_days"]


async def test_no_more_of_this_kind_is_heeded(catalogue: Path) -> None:
    """The way to turn it off is on the message."""
    async with listening(catalogue) as here:
        await write(here, "UBOB", "variance")
        there = here.person("UBOB").in_room(ROOM)
        await there.press("Later")
        await there.press("No more of this kind")
        before = len(rooms(here, "UBOB"))
        here.clock.now = TUESDAY + timedelta(days=14)
        await write(here, "UBOB", "variance")
        assert len(rooms(here, "UBOB")) == before
        assert (await decisions(here, "UBOB"))[0].rule == "off"


@pytest.mark.parametrize(
    ("who", "text", "channel", "more"),
    [
        ("UEVE", "variance", ROOM, {}),
        ("UBOB", "variances and covariance, the month-ending", ROOM, {}),
        ("UBOB", "variance", "C7", {}),
        ("UBOB", "variance", ROOM, {"bot_id": "B7"}),
        ("UBOB", "variance", ROOM, {"subtype": "message_changed"}),
        ("UBOB", "variance", ROOM, {"subtype": "message_deleted", "hidden": True}),
        ("UBOB", "", ROOM, {}),
    ],
)
async def test_all_else_is_not_heard(
    catalogue: Path, who: str, text: str, channel: str, more: dict[str, object]
) -> None:
    """Strangers, other words, other conversations, bots, edits: nothing is said, and nothing is written."""
    async with listening(catalogue) as here:
        here.slack.room("C7")
        before = (len(rooms(here, who)), len(await here.events()))
        await write(here, who, text, channel, **more)
        assert (len(rooms(here, who)), len(await here.events())) == before
        assert here.slack.room("C7") == []


async def test_who_has_not_agreed_is_not_even_welcomed(catalogue: Path) -> None:
    """Writing somewhere is no word to Laps: no account is made."""
    async with listening(catalogue) as here:
        await write(here, "UEVE", "variance")
        assert here.person("UEVE").messages() == []
        ann = await here.server.store.find_person("slack:UANN")
        workspace = (await here.server.store.accounts_of(ann.id))[0][0]
        snapshot = await here.server.store.snapshot(workspace, "UEVE", None, NEEDS, here.clock.now)
        assert snapshot.account is None


async def test_the_same_message_again_says_nothing_twice(catalogue: Path) -> None:
    """Slack sends an event again when it was not answered in time."""
    async with listening(catalogue) as here:
        bob = here.person("UBOB")
        await write(here, "UBOB", "variance")
        event = here.slack.event(
            "message", channel=ROOM, channel_type="channel", user="UBOB", text="variance", ts="9.9"
        )
        here.clock.now = TUESDAY + timedelta(days=8)
        await bob.deliver(event)
        before = len(rooms(here, "UBOB"))
        await bob.deliver(event)
        assert len(rooms(here, "UBOB")) == before


async def test_only_champions_and_admins_open_and_close(catalogue: Path) -> None:
    """Others are told who can; where it ends, all are told, and nothing is heard from then on."""
    async with listening(catalogue) as here:
        await here.person("UBOB").in_room(ROOM).say("listen off")
        assert "That is for a champion" in rooms(here, "UBOB")[-1]
        await here.person("UANN").in_room(ROOM).say("listen off")
        assert "Laps listens here no more." in rooms(here, "UBOB")[-1]
        before = len(rooms(here, "UBOB"))
        await write(here, "UBOB", "variance")
        assert len(rooms(here, "UBOB")) == before
        await here.person("UANN").say("listen")
        assert "Type this in the conversation" in here.person("UANN").shown()


async def test_in_teams_the_answer_comes_in_the_chat(catalogue: Path) -> None:
    """Teams shows nothing to one person alone in a channel."""
    async with teams_house.laps(catalogue) as here:
        here.clock.now = TUESDAY
        ann, bob = here.person("ann"), here.person("bob")
        for driver in (ann, bob):
            await join(driver)
        await here.store.set_role(await here.store.find_person("teams:29:ann"), Role.ADMIN, held=True)
        here.microsoft.thread(TEAMS_ROOM)
        await ann.in_room(TEAMS_ROOM).say("listen")
        there = bob.in_room(TEAMS_ROOM)
        before = len(there.messages())
        await there.post({"type": "message", "text": "the variance, again"})
        await here.outbox.idle()
        assert "There is a lesson for that." in bob.shown()
        assert len(there.messages()) == before


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The VARIANCE is", True),
        ("month\nend!", True),
        ("l’écart", True),
        ("ecart", True),
        ("covariance", False),
        ("variances", False),
        ("weekend", False),
    ],
)
def test_words_are_whole_and_alike_in_capitals_and_accents(catalogue: Path, text: str, found: bool) -> None:
    """A word within another is another word."""
    loaded = load(catalogue, TUESDAY.date()).catalogue
    assert loaded is not None
    assert (heard(text, loaded) is not None) is found
