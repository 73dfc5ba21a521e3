import orjson
import pytest

from bot.learning.checks import count_words
from tests.slack.driver import SlackDriver
from tests.slack.house import House, house
from tests.slack.server import TEAM

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def started(here: House, name: str = "U1") -> SlackDriver:
    """Give a person with the first lesson on screen."""
    person = here.person(name)
    await person.open_home("messages")
    for label in ("Agree and start", "Finance analyst", "I have all of them", "That is right", "30"):
        await person.press(label)
    await person.press("Start the first lesson")
    return person


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Slack-Signature": "v0=00", "X-Slack-Request-Timestamp": "STAMP"},
        {"X-Slack-Signature": "v0=é", "X-Slack-Request-Timestamp": "STAMP"},
        {"X-Slack-Request-Timestamp": "STAMP"},
        {"X-Slack-Signature": "v0=00", "X-Slack-Request-Timestamp": "soon"},
        {"X-Slack-Signature": "v0=00", "X-Slack-Request-Timestamp": "-1"},
        {"X-Slack-Signature": "v0=00", "X-Slack-Request-Timestamp": "9" * 40},
        {"X-Slack-Signature": "v0=00"},
    ],
    ids=["none", "forged", "odd", "no signature", "no number", "negative", "huge", "no timestamp"],
)
async def test_what_slack_did_not_sign_is_refused(headers: dict[str, str]) -> None:
    """A missing or forged signature and a timestamp that is no number are answered 401."""
    async with house() as here:
        stamp = str(int(here.clock().timestamp()))
        sent = {name: value.replace("STAMP", stamp) for name, value in headers.items()}
        status, _, _ = await here.slack.post(here.bot, b"{}", {**JSON, **sent})
        assert status == 401
        assert await here.events() == []


@pytest.mark.parametrize(("seconds", "status"), [(0, 200), (299, 200), (301, 401), (-301, 401)])
async def test_a_signature_is_good_for_five_minutes(seconds: int, status: int) -> None:
    """A signature older, or further ahead, than 300 seconds is refused."""
    async with house() as here:
        body = orjson.dumps(here.slack.event("app_home_opened", user="U1", tab="home"))
        here.slack.user("U1")
        stamp = str(int(here.clock().timestamp()) - seconds)
        headers = {**JSON, **here.slack.sign(body, stamp)}
        assert (await here.slack.post(here.bot, body, headers))[0] == status


async def test_another_apps_secret_does_not_open() -> None:
    """A body signed with another secret is refused."""
    async with house() as here:
        headers = {**JSON, **here.slack.sign(b"{}", secret="another")}
        assert (await here.slack.post(here.bot, b"{}", headers))[0] == 401


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", JSON, 400),
        (b"[1]", JSON, 400),
        (b"", JSON, 400),
        (b"payload=%7B", FORM, 400),
        (b"payload=%FF%FE", FORM, 400),
        (b"payload=[]", FORM, 400),
        (b"=&&;", FORM, 400),
        (b"x" * 1_100_000, JSON, 413),
    ],
    ids=["json", "array", "empty", "payload", "bytes", "list", "form", "huge"],
)
async def test_broken_bodies_are_refused(body: bytes, kind: dict[str, str], status: int) -> None:
    """A signed body that is no JSON object and no form of Slack's is 400; over a megabyte 413."""
    async with house() as here:
        answer = await here.slack.post(here.bot, body, {**kind, **here.slack.sign(body)})
        assert answer[0] == status


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "event_callback"},
        {"type": "event_callback", "team_id": TEAM, "event_id": "E1", "event": {"type": "reaction_added"}},
        {"type": "event_callback", "team_id": TEAM, "event_id": "E1", "event": "x"},
        {
            "type": "event_callback",
            "team_id": TEAM,
            "event_id": "E1",
            "event": {"type": "message", "user": 7},
        },
        {"type": "block_actions", "actions": "none"},
        {"type": "block_actions", "team": {"id": TEAM}, "user": {"id": "U1"}, "actions": []},
        {"type": "view_submission", "view": None},
        {"type": "never_heard_of"},
        {"command": "/laps"},
        {},
    ],
    ids=lambda p: orjson.dumps(p).decode()[:40],
)
async def test_payloads_that_nobody_knows_are_acknowledged_and_do_nothing(payload: dict[str, object]) -> None:
    """An unknown or crippled payload never fails: it is ignored, and nothing is sent or stored."""
    async with house() as here:
        status, _, _ = await here.slack.send(here.bot, payload)
        assert status == 200
        assert await here.events() == []
        assert "chat.postMessage" not in here.slack.calls


async def test_another_workspace_is_ignored() -> None:
    """A signed event of a team that our token is not of is acknowledged and does nothing."""
    async with house() as here:
        await here.slack.until(lambda: "auth.test" in here.slack.calls)
        event = here.slack.event("app_home_opened", user="U1", tab="messages") | {"team_id": "T2"}
        assert await here.slack.deliver(here.bot, event) == [200]
        assert await here.events() == []


async def test_slacks_own_questions_are_answered() -> None:
    """The URL verification gets its challenge back, the SSL check a bare 200."""
    async with house() as here:
        challenge = {"type": "url_verification", "challenge": "abc", "token": "x"}
        status, _, body = await here.slack.send(here.bot, challenge)
        assert status == 200 and "abc" in body
        status, _, _ = await here.slack.send(here.bot, {"ssl_check": "1", "token": "x"}, "command")
        assert status == 200


async def test_an_event_sent_again_has_one_effect() -> None:
    """The same event id, delivered three times, brings one message and one set of events."""
    async with house() as here:
        person = here.person()
        await person.say("hello")
        for _ in range(2):
            await person.deliver(person.last)
        assert len(person.messages()) == 1
        assert await here.events() == ["learner.welcomed"]


async def test_bots_edits_and_other_conversations_are_not_listened_to() -> None:
    """What a bot says, an edited message and a message in a channel do nothing."""
    async with house() as here:
        base = {"channel": "D1", "channel_type": "im", "user": "U1", "text": "next"}
        for more in (
            {"bot_id": "B9"},
            {"subtype": "message_changed"},
            {"hidden": True},
            {"channel_type": "channel"},
        ):
            await here.slack.deliver(here.bot, here.slack.event("message", **{**base, **more}))
        assert await here.events() == []


async def test_a_stranger_agrees_on_the_home() -> None:
    """Whoever agrees on the home is asked there, and the first lesson begins in the direct message."""
    async with house() as here:
        person = here.person()
        await person.open_home()
        assert "[Agree and start]" in person.home() and person.messages() == []
        for label, asked in (
            ("Agree and start", "What is your job"),
            ("Finance analyst", "Which AI tools"),
            ("I have all of them", "When is your day"),
            ("That is right", "How confident are you"),
            ("30", "0 of 2 done"),
        ):
            await person.press_home(label)
            assert asked in person.home()
        assert "Agree" not in person.home() and person.messages() == []
        await person.press_home("Start the first lesson")
        assert "Step 1 of 5" in person.shown()


async def test_the_home_shows_progress_and_quiet() -> None:
    """After a lesson the home shows own progress and own use; pausing there changes the home only."""
    async with house() as here:
        person = await started(here)
        await person.open_home()
        assert "0 of 2 done" in person.home() and "Stop Laps" in person.home()
        before = len(person.messages())
        await person.press_home("Pause")
        assert "[Resume]" in person.home() and len(person.messages()) == before
        await person.press_home("Go on")
        assert "Step 1 of 5" in person.shown()


async def test_the_profile_is_read_after_agreeing() -> None:
    """Name, zone and address come from users.info once a person has agreed, and the zone is proposed."""
    async with house() as here:
        here.slack.user("U1").tz = "America/New_York"
        person = here.person()
        await person.open_home("messages")
        assert "users.info" not in here.slack.calls
        await person.press("Agree and start")
        await here.slack.until(lambda: "users.info" in here.slack.calls)
        for label in ("Finance analyst", "I have all of them"):
            await person.press(label)
        assert "America/New York" in person.shown()


async def test_a_command_is_answered_where_it_was_typed() -> None:
    """/laps help comes as an answer for one's own eyes; /laps next goes to the direct message."""
    async with house() as here:
        person = await started(here)
        await person.command("help")
        assert "What you can type" in person.shown()
        await person.command("next")
        assert any("Step 1 of 5" in text for text in person.messages())
        await person.command("lesons")
        assert "Did you mean lessons" in person.shown()
        await person.press("lessons")
        assert "0 of 2 done" in person.shown()
        await person.press("Go on: List the accruals of the month (5 min)")
        assert "direct message" in "".join(person.messages()[-2:])
        assert sum("Step 1 of 5" in text for text in person.messages()) == 1


async def test_another_persons_button_is_refused() -> None:
    """A press that carries somebody else's session changes nothing and says so."""
    async with house() as here:
        ann, ben = await started(here), await started(here, "U2")
        _, stolen = ann._find("I did it")
        posted, _ = ben._find("I did it")
        await ben._press(posted, stolen)
        assert "somebody else" in ben.shown()
        assert "Step 1 of 5" in ann.shown() and "I did it" in ann.shown()


async def test_unknown_buttons_are_answered_kindly() -> None:
    """A button value that is broken, or a verb nobody knows, gets help and no error."""
    async with house() as here:
        person = await started(here)
        posted, element = person._find("I did it")
        for value in (
            "",
            "{",
            "[]",
            '{"v":7}',
            '{"v":"launch","a":{}}',
            '{"v":"done","a":{"s":"x","v":"y"}}',
        ):
            await person._press(posted, {**element, "value": value})
            assert "Laps" in person.shown() or "somebody else" in person.shown()


NASTY = (
    "😀🏳️‍🌈 שלום \u202eabc <!channel> <@U2> <https://evil.example|click> `code` ```fence``` *bold* :tada: & "
)


async def test_a_long_strange_paste_is_shown_inert() -> None:
    """Three thousand characters with mentions, links and markup are checked, dropped, and never act."""
    async with house() as here:
        person = await started(here)
        text = (NASTY * 60)[:3000]
        await person.fill("Paste the result", text=text)
        assert "does not mention revenue" in person.shown()
        assert f"{count_words(text)} words" in person.shown()
        await person.press("Let me try again")
        await person.say(NASTY)
        await person.say("me")
        await person.press("Change time zone")
        await person.press("Another one")
        answer = await person.submit(x=NASTY[:60])
        assert answer["response_action"] == "errors" and "no time zone" in answer["errors"]["x"]
        drawn = orjson.dumps([p.body for p in here.slack.direct("U1")]).decode()
        assert "mrkdwn" not in drawn


async def test_a_database_that_does_not_answer_loses_nothing() -> None:
    """Events are answered 503 and come again; presses, commands and forms are told to press again."""
    async with house() as here:
        person = await started(here)
        await person.press("Paste the result")
        await here.slack.until(lambda: bool(person.me.modals))
        await here.server.store.close()
        event = here.slack.event("message", channel="DU1", channel_type="im", user="U1", text="help")
        assert await here.slack.deliver(here.bot, event) == [503] * 4
        answer = await person.submit(text="Revenue fell behind plan again")
        assert "Nothing was saved" in answer["errors"]["text"]
        await person.command("help")
        assert "Nothing was saved" in person.shown()
        before = len(person.messages())
        await person.press("I did it")
        await here.slack.until(lambda: len(person.messages()) > before)
        assert "Nothing was saved" in person.shown()
