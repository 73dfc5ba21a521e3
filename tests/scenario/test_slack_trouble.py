import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from tests.scenario.test_slack_inbound import started
from tests.slack.driver import SlackDriver
from tests.slack.house import House, house, laps
from tests.slack.server import Trouble, slack_server
from tests.web_house import Clock

NASTY = "😀🏳️‍🌈 שלום \u202eabc <!channel> <@U2> <https://evil.example|x> `code` ```fence``` *bold* & "


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Lock the database as another process would."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield


def pressing(person: SlackDriver, label: str) -> dict[str, Any]:
    """Make the payload of a press without sending it."""
    posted, element = person._find(label)
    container = {"type": "message", "message_ts": posted.ts, "channel_id": person.channel}
    return person._payload(element) | {
        "container": container,
        "channel": {"id": person.channel},
        "response_url": person.server.hook(person.channel, posted.ts),
    }


async def later(here: House, seconds: float) -> None:
    """Let time go by, and send what is due then."""
    here.clock.now += timedelta(seconds=seconds)
    await here.server.outbox.drain()
    await here.server.outbox.idle()


# ---------------------------------------------------------------- what comes in


async def test_a_body_that_does_not_say_how_long_it_is() -> None:
    """A chunked body is refused as soon as it is over a megabyte, and a short one is read."""

    async def chunks(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b"x" * 10_000

    async with house() as here, aiohttp.ClientSession() as http:
        for count, status in ((1, 401), (200, 413)):
            async with http.post(here.bot, data=chunks(count)) as response:
                assert response.status == status


async def test_a_press_of_another_workspace_is_ignored() -> None:
    """Presses, commands and forms of a team that our token is not of change nothing."""
    async with house() as here:
        person = await started(here)
        before, shown = await here.events(), person.messages()
        press = pressing(person, "I did it") | {"team": {"id": "T2"}}
        command = {"command": "/laps", "text": "stop", "team_id": "T2", "user_id": "U1", "trigger_id": "t"}
        assert (await here.slack.send(here.bot, press, "payload"))[0] == 200
        assert (await here.slack.send(here.bot, command, "command"))[0] == 200
        assert await here.events() == before and person.messages() == shown


async def test_somebody_unknown_presses_what_is_not_theirs() -> None:
    """A press by somebody who never spoke to Laps brings them the welcome, and leaves the owner alone."""
    async with house() as here:
        ann, eve = await started(here), here.person("U9")
        before = await here.events()
        press = pressing(ann, "I did it") | {"user": {"id": "U9"}, "channel": {"id": "DU9"}}
        press |= {"container": {"type": "message", "channel_id": "DU9"}, "response_url": None}
        assert (await here.slack.send(here.bot, press, "payload"))[0] == 200
        await here.server.outbox.idle()
        assert (await here.events())[len(before) :] in ([], ["learner.welcomed"])
        assert all("Step" not in text for text in eve.messages())
        assert "I did it" in ann.shown()


async def test_another_persons_form_is_refused() -> None:
    """A form that carries somebody else's session changes nothing, whoever sends it."""
    async with house() as here:
        ann, ben = await started(here), await started(here, "U2")
        await ann.press("Paste the result")
        await here.slack.until(lambda: bool(ann.me.modals))
        await ben.press("Paste the result")
        await here.slack.until(lambda: bool(ben.me.modals))
        (own,), (stolen,) = ben.me.modals, ann.me.modals
        carried, wanted = orjson.loads(own["private_metadata"]), orjson.loads(stolen["private_metadata"])
        own["private_metadata"] = orjson.dumps({**carried, "a": wanted["a"]}).decode()
        before = await here.events()
        await ben.submit(text="Revenue fell behind plan again and again")
        new = (await here.events())[len(before) :]
        assert "practice.submitted" not in new
        assert "I did it" in ann.shown() and "somebody else" in ben.shown()


@pytest.mark.parametrize("kind", ["press", "command", "form"])
async def test_what_comes_twice_has_one_effect(kind: str) -> None:
    """The same press, command or form with the same trigger, sent again, is acknowledged and does nothing."""
    async with house() as here:
        person = await started(here)
        payload, form = await _something(here, person, kind)
        before = await here.events()
        assert (await here.slack.send(here.bot, payload, form))[0] == 200
        await here.server.outbox.idle()
        once, shown = await here.events(), person.messages()
        assert len(once) > len(before)
        for _ in range(2):
            assert (await here.slack.send(here.bot, payload, form))[0] == 200
        await here.server.outbox.idle()
        assert await here.events() == once and person.messages() == shown


async def _something(here: House, person: SlackDriver, kind: str) -> tuple[dict[str, Any], str]:
    if kind == "press":
        return pressing(person, "I did it"), "payload"
    if kind == "command":
        command = {"command": "/laps", "text": "pause", "team_id": "T1", "channel_id": "C9", "user_id": "U1"}
        hook = here.slack.hook("C9", None, private=True)
        return command | {"trigger_id": "123.456", "response_url": hook}, "command"
    await person.press("Paste the result")
    await here.slack.until(lambda: bool(person.me.modals))
    view = person.me.modals[-1]
    values = {"text": {"text": {"type": "plain_text_input", "value": "Revenue was 90 below plan"}}}
    return {
        "type": "view_submission",
        "team": {"id": "T1"},
        "user": {"id": "U1"},
        "trigger_id": "123.789",
        "view": {**view, "state": {"values": values}},
    }, "payload"


async def test_what_is_shown_again_is_inert() -> None:
    """A plan in strange words stands in the message as it was typed, where Slack reads no markup."""
    async with house() as here:
        person = await started(here)
        await _come_to_the_plan(person)
        await person.fill(
            "Say it in my words", when=NASTY.strip(), task="<!here> the commentary", t="chatgpt"
        )
        shown = person.shown()
        assert NASTY.strip() in shown and "<!here> the commentary" in shown
        for posted in here.slack.direct("U1"):
            drawn = orjson.dumps(posted.body["blocks"]).decode()
            assert "mrkdwn" not in drawn and '"link"' not in drawn and '"broadcast"' not in drawn
            assert not {"<", ">"} & set(posted.body["text"])


async def _come_to_the_plan(person: SlackDriver) -> None:
    for label in ("I did it", "All of it holds", "Go on"):
        await person.press(label)
    await person.press("Use only the table and write not in the data otherwise")
    for label in ("Go on", "70", "20", "ChatGPT"):
        await person.press(label)


# ---------------------------------------------------------------- our database


async def test_a_locked_database_loses_nothing(tmp_path: Path) -> None:
    """While the file is locked events are answered 503 and presses told so; afterwards each counts once."""
    file = tmp_path / "laps.db"
    async with house(LAPS_DATABASE_URL=f"sqlite+aiosqlite:///{file}") as here:
        person = await started(here)
        event = here.slack.event(
            "message", channel="DU1", channel_type="im", user="U1", text="help", ts="1.1"
        )
        before, messages = await here.events(), person.messages()
        press = pressing(person, "I did it")
        with locked(file):
            statuses, (status, _, _) = await asyncio.gather(
                here.slack.deliver(here.bot, event, retries=0), here.slack.send(here.bot, press, "payload")
            )
        assert statuses == [503] and status == 200
        await here.slack.until(lambda: len(person.messages()) > len(messages))
        assert "Nothing was saved" in person.shown() and await here.events() == before
        assert await here.slack.deliver(here.bot, event) == [200]
        await person.press("I did it")
        assert sorted((await here.events())[len(before) :]) == ["help.shown", "practice.submitted"]


async def test_the_home_says_that_nothing_was_saved() -> None:
    """On the home, where no answer can stand below the button, a modal says it."""
    async with house() as here:
        person = await started(here)
        await person.open_home()
        await here.server.store.close()
        await person.press_home("Pause")
        await here.slack.until(lambda: bool(person.me.modals))
        assert "Nothing was saved" in orjson.dumps(person.me.modals[-1]).decode()


@pytest.mark.parametrize("kind", ["press", "command", "form"])
async def test_a_fault_of_ours_is_answered_with_an_apology(kind: str) -> None:
    """Where Laps itself fails the person is told a reference, wherever they pressed, typed or sent."""
    async with house() as here:
        person = await started(here)
        payload, form = await _something(here, person, kind)

        async def fail(*args: object) -> None:
            raise ZeroDivisionError

        here.server.store.snapshot = fail  # type: ignore[method-assign, assignment]
        before = len(person.messages())
        status, _, body = await here.slack.send(here.bot, payload, form)
        assert status == 200
        if kind == "press":
            await here.slack.until(lambda: len(person.messages()) > before)
            body = person.shown()
        assert "Something went wrong on our side" in body and "Reference" in body


# ---------------------------------------------------------------- Slack itself


@pytest.mark.parametrize(
    ("trouble", "wait"),
    [
        (Trouble(429, retry_after=47), 47),
        (Trouble(503), 4),
        (Trouble(502, html=True), 4),
        (Trouble(200, html=True), 4),
        (Trouble(reset=True), 4),
        (Trouble(error="service_unavailable"), 4),
    ],
    ids=["429", "503", "502", "html", "reset", "service_unavailable"],
)
async def test_the_welcome_comes_when_slack_is_back(trouble: Trouble, wait: int) -> None:
    """Whatever Slack answers in its trouble, the message is stored, and comes once when its time is."""
    async with house() as here:
        person = here.person()
        here.slack.trouble(Trouble(**{**_fields(trouble), "only": "chat.postMessage"}))
        await person.say("hello")
        assert person.messages() == [] and await here.events() == ["learner.welcomed"]
        if wait > 4:
            await later(here, wait - 2)
            assert person.messages() == []
        await later(here, wait)
        assert len(person.messages()) == 1 and "Agree and start" in person.shown()
        await later(here, 4000)
        assert len(person.messages()) == 1


def _fields(trouble: Trouble) -> dict[str, Any]:
    return {name: getattr(trouble, name) for name in Trouble.__dataclass_fields__}


async def test_a_slack_that_hangs_keeps_nobody_waiting() -> None:
    """While Slack answers nothing at all, what comes in is saved and acknowledged."""
    async with house() as here:
        person = await started(here)
        here.slack.trouble(*[Trouble(503, hang=True)] * 50)
        before = await here.events()
        async with asyncio.timeout(3):
            assert (await here.slack.send(here.bot, pressing(person, "I did it"), "payload"))[0] == 200
            assert (await here.slack.send(here.bot, pressing(person, "Paste the result"), "payload"))[
                0
            ] == 200
            event = here.slack.event("message", channel="DU1", channel_type="im", user="U1", text="help")
            assert await here.slack.deliver(here.bot, event) == [200]
        assert {"practice.submitted", "help.shown"} <= set((await here.events())[len(before) :])
        here.slack._never.set()


async def test_slack_being_away_for_a_while(tmp_path: Path) -> None:
    """What people did while nobody listened at Slack's address reaches them once it is back."""
    clock = Clock()
    more = {"LAPS_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path / 'laps.db'}"}
    async with slack_server(clock) as slack:
        async with laps(slack, clock, **{**more, "SLACK_API_URL": "http://127.0.0.1:9/api/"}) as here:
            person = here.person()
            await person.say("hello")
            assert person.messages() == [] and await here.events() == ["learner.welcomed"]
        clock.now += timedelta(minutes=1)
        async with laps(slack, clock, **more) as again:
            await later(again, 1)
            assert "Agree and start" in again.person().shown()
