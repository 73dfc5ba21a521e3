"""An admin edits the catalogue in chat: in Slack, in Teams and in the practice room, with the real files."""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bot.editing.live import LiveCatalogue
from bot.model import Role
from bot.ports import Store
from tests import teams_house
from tests.commands import CATALOGUE
from tests.drivers import FileDriver
from tests.slack.driver import SlackDriver
from tests.slack.house import house
from tests.slack.server import Trouble
from tests.teams_driver import TeamsDriver
from tests.web_driver import WebDriver
from tests.web_house import room

TITLE, OTHER = "Say why the quarter missed plan", "Say why it missed"
LESSON = "library/finance/variance.yaml"


@dataclass
class Office:
    """Somebody at a client of one channel, and the catalogue behind it."""

    driver: FileDriver
    account: str
    store: Store
    live: LiveCatalogue
    asked: Callable[[], int]
    """How often a file was asked for."""
    platform: Any = None

    @property
    def file(self) -> Path:
        """The lesson that is edited."""
        return self.live.folder / LESSON

    @property
    def title(self) -> str:
        """The title that learners see."""
        return self.live.now.lessons["finance-variance"].title

    async def becomes_admin(self) -> None:
        """Take part, and get the role."""
        await self.driver.say("hello")
        for label in ("Agree and start", "Finance analyst", "I have all of them", "That is right", "30"):
            await self.driver.press(label)
        await self.store.set_role(await self.store.find_person(self.account), Role.ADMIN, True)

    async def fills(self, part: str, **texts: str) -> str:
        """Open a part of the lesson, send texts, and give what is said to be wrong with them."""
        driver = self.driver
        await driver.press(part)
        if isinstance(driver, SlackDriver):  # a modal
            problems = (await driver.submit(**texts)).get("errors", {})
            driver.me.modals.clear()
            return " ".join(problems.values())
        seen = len(driver.notices) if isinstance(driver, TeamsDriver) else 0
        await driver.fill("Edit", **texts)
        if isinstance(driver, TeamsDriver):
            return " ".join(driver.notices[seen:])
        assert isinstance(driver, WebDriver)
        return " ".join(driver.problems.values())


@asynccontextmanager
async def in_slack(place: Path) -> AsyncIterator[Office]:
    """Sit in Slack."""
    async with house(LAPS_LESSONS=str(place)) as here:
        server = here.server
        yield Office(
            here.person(), "slack:U1", server.store, server.live, lambda: here.slack.calls.count("file"), here
        )
        assert here.slack.complaints == []


@asynccontextmanager
async def in_teams(place: Path) -> AsyncIterator[Office]:
    """Sit in Teams."""
    async with teams_house.laps(place, file_hosts=("127.0.0.1",)) as here:

        def asked() -> int:
            return sum("download.aspx" in each for each in here.microsoft.requests)

        yield Office(here.person(), "teams:29:ann", here.store, here.live, asked, here)
        assert here.microsoft.complaints == []


@asynccontextmanager
async def in_the_room(place: Path) -> AsyncIterator[Office]:
    """Sit in the practice room."""
    async with room(LAPS_LESSONS=str(place)) as here, here.person() as driver:
        (account,) = {cookie.value for cookie in driver.http.cookie_jar if cookie.key.startswith("laps")}
        yield Office(driver, f"web:{account}", here.server.store, here.server.live, lambda: 0, here)


OFFICES = {"slack": in_slack, "teams": in_teams, "room": in_the_room}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Give a catalogue in a folder of its own."""
    shutil.copytree(CATALOGUE.parent, tmp_path / "catalogue")
    return tmp_path / "catalogue" / "lessons.yaml"


@pytest.fixture(params=OFFICES)
async def office(request: pytest.FixtureRequest, place: Path) -> AsyncIterator[Office]:
    """Give an admin at a client of each channel."""
    async with OFFICES[request.param](place) as made:
        await made.becomes_admin()
        yield made


async def test_a_lesson_is_edited_in_a_form(office: Office) -> None:
    """From the lesson to its part, the form, the difference, and live: in the file and as a revision."""
    driver, before = office.driver, office.file.read_text()
    await driver.say("edit finance-variance")
    assert "What do you want to change?" in driver.shown()
    assert await office.fills("Title and use case", title=OTHER) == ""
    assert "Not live yet" in driver.shown() and f"title: “{TITLE}” -> “{OTHER}”" in driver.shown()
    assert office.title == TITLE
    await driver.press("Publish")
    assert "is live, as revision 2" in driver.shown()
    assert office.title == OTHER and office.file.read_text() == before.replace(TITLE, OTHER)
    newest = (await office.store.revisions(1))[0]
    person = await office.store.find_person(office.account)
    assert (newest.way, newest.author) == ("edited in chat", person.id)


async def test_every_part_opens_and_is_sent(office: Office) -> None:
    """Each part of a lesson fits its form, and what was only opened and sent has changed nothing."""
    driver = office.driver
    await driver.say("edit finance-variance")
    parts = ["Step 1, practice: the task", "Step 1, practice: the result", "Step 2, concept", "Step 3, check"]
    for part in ["Title and use case", *parts, "Step 5, commit"]:
        await driver.say("edit finance-variance")
        assert "Nothing is different yet" in await office.fills(part), part


async def test_what_is_wrong_is_said_in_the_form(office: Office) -> None:
    """A finding stands at its field, on clients that can show it there, and the typed text is not lost."""
    driver = office.driver
    await driver.say("edit finance-variance")
    assert "e-mail address" in await office.fills("Step 1, practice: the task", hint="Ask jo@acme.com.")
    assert office.title == TITLE and "acme.com" not in office.file.read_text()


async def test_a_file_is_sent(office: Office) -> None:
    """A YAML file is checked, shown and published; with an error its findings are told."""
    driver = office.driver
    await driver.say("edit")
    good = office.file.read_bytes().replace(TITLE.encode(), OTHER.encode())
    await driver.upload("variance.yaml", good.replace(b"minutes: 5", b"minutes: 19"))
    assert "cannot go live as it is" in driver.shown() and "E210" in driver.shown()
    await driver.say("edit")
    await driver.upload("variance (1).yaml", good)
    assert "Not live yet" in driver.shown() and office.title == TITLE
    await driver.press("Publish")
    assert "is live, as revision 2" in driver.shown()
    assert office.title == OTHER and office.file.read_bytes() == good


async def test_others_files_are_not_opened(office: Office) -> None:
    """Who is no admin is told so, and their file is asked for nowhere."""
    driver = office.driver
    await driver.say("edit")
    person = await office.store.find_person(office.account)
    await office.store.set_role(person, Role.ADMIN, False)
    await driver.upload("variance.yaml", office.file.read_bytes())
    assert "Laps opens no files" in driver.shown() and office.asked() == 0
    await driver.say("edit finance-variance")
    assert "edited by admins" in driver.shown()


async def test_without_its_scope_slack_keeps_the_file(place: Path) -> None:
    """Slack leads to a sign-in page then; Laps does not follow it and says what to do."""
    async with in_slack(place) as office:
        await office.becomes_admin()
        office.platform.slack.scopes = office.platform.slack.scopes.replace("files:read,", "")
        await office.driver.upload("variance.yaml", office.file.read_bytes())
        assert "Slack did not hand over “variance.yaml”" in office.driver.shown()
        assert "files:read" in office.driver.shown() and "laps doctor" in office.driver.shown()


@pytest.mark.parametrize(
    "troubles",
    [
        [Trouble(status=503)],
        [Trouble(status=429, retry_after=7)],
        [Trouble(reset=True)] * 2,  # what only reads is asked for twice
        [Trouble(html=True)],
    ],
    ids=["503", "429", "reset", "page"],
)
async def test_slack_in_trouble_hands_over_nothing(place: Path, troubles: list[Trouble]) -> None:
    """Whatever Slack answers instead of the file, the admin is told, and it can be sent again."""
    async with in_slack(place) as office:
        await office.becomes_admin()
        data = office.file.read_bytes().replace(TITLE.encode(), OTHER.encode())
        office.platform.slack.trouble(*(replace(each, only="file") for each in troubles))
        await office.driver.upload("variance.yaml", data)
        assert "Slack did not hand over" in office.driver.shown()
        await office.driver.upload("variance.yaml", data)
        assert "Not live yet" in office.driver.shown()


@pytest.mark.parametrize(
    "address",
    ["https://files.example.com/a", "http://127.0.0.1:1/files-pri/F1", "http://evil@[::1", "", "file:///etc"],
)
async def test_slacks_token_goes_to_slack_alone(place: Path, address: str) -> None:
    """An address on another host, or none, is not asked, so the token cannot be fished for."""
    async with in_slack(place) as office:
        await office.becomes_admin()
        driver: Any = office.driver
        file = {"name": "a.yaml", "size": 9, "url_private_download": address}
        about = {"channel": driver.channel, "channel_type": "im", "user": driver.person, "ts": "1.1"}
        server = office.platform.slack
        await driver.deliver(server.event("message", subtype="file_share", text="", files=[file], **about))
        assert "is not kept where Slack keeps files" in driver.shown() and office.asked() == 0


@pytest.mark.parametrize(
    "address", ["https://example.com/a", "http://evil.sharepoint.com/a", "https://sharepoint.com.example.net"]
)
async def test_teams_files_come_from_microsoft_alone(place: Path, address: str) -> None:
    """An address elsewhere, or without encryption, is not asked."""
    async with teams_house.laps(place) as here:
        office = Office(here.person(), "teams:29:ann", here.store, here.live, lambda: 0, here)
        await office.becomes_admin()
        file = here.microsoft.file("a.yaml", b"") | {"content": {"downloadUrl": address}}
        await office.driver.post({"type": "message", "attachments": [file]})  # type: ignore[attr-defined]
        await here.outbox.idle()
        assert "is not kept where Teams keeps files" in office.driver.shown()


async def test_an_address_of_teams_that_ran_out_is_told(place: Path) -> None:
    """The address is good for minutes; after that the file is to be sent again."""
    async with in_teams(place) as office:
        await office.becomes_admin()
        file = office.platform.microsoft.file("a.yaml", b"")
        office.platform.microsoft.files.clear()
        await office.driver.post({"type": "message", "attachments": [file]})  # type: ignore[attr-defined]
        await office.platform.outbox.idle()
        assert "Teams did not hand over" in office.driver.shown() and "Send it again" in office.driver.shown()


async def test_a_large_file_is_not_read_to_its_end(place: Path) -> None:
    """Where the platform tells no size, reading ends soon after the limit, and the answer is the same."""
    async with in_teams(place) as office:
        await office.becomes_admin()
        await office.driver.upload("a.yaml", b"x" * 3_000_000)
        assert "over 1,000,000 bytes" in office.driver.shown()
