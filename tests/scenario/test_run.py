import asyncio
import re
import signal
import socket
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from tests.commands import CATALOGUE, ended, process
from tests.lesson_files import LESSON, write

TABLE = """\
channel       how, or what is missing
slack    off  set SLACK_BOT_TOKEN and SLACK_SIGNING_SECRET (or SLACK_APP_TOKEN for Socket Mode)
teams    off  set MICROSOFT_APP_ID and MICROSOFT_APP_PASSWORD and MICROSOFT_APP_TENANT_ID
web      on   GET /
"""


@dataclass
class Served:
    """A running `laps run`, from the moment on that it says where it is."""

    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.lines[-1].rstrip('/').rpartition(':')[2]}"

    async def told(self, number: signal.Signals) -> tuple[int, str]:
        """Send a signal; return what it ended with and what it logged."""
        self.process.send_signal(number)
        _, err = await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode, err.decode()

    async def get(self, path: str) -> tuple[int, str]:
        """Ask for a page."""
        async with aiohttp.ClientSession() as session, session.get(self.url + path) as answer:
            return answer.status, await answer.text()


@asynccontextmanager
async def served(*arguments: str, folder: Path, **settings: str) -> AsyncIterator[Served]:
    """Run the server on a free port."""
    async with process("run", "--port", "0", *arguments, folder=folder, **settings) as started:
        running = Served(started)
        assert started.stdout is not None and started.stderr is not None
        while not running.lines or not re.match("Practice room|Listening", running.lines[-1]):
            line = (await started.stdout.readline()).decode()
            assert line, (await started.stderr.read()).decode()
            running.lines.append(line.rstrip("\n"))
        yield running


async def test_the_first_start_says_all_that_is_needed(tmp_path: Path) -> None:
    """One table with the exact missing settings, then the practice room's address, and nothing else."""
    async with served(folder=tmp_path) as running:
        table = [*TABLE.splitlines(), f"3 lessons from {CATALOGUE}. Check everything with: laps doctor"]
        assert running.lines[:-1] == table
        assert running.lines[-1] == f"Practice room: {running.url}/"
        code, log = await running.told(signal.SIGTERM)
    assert code == 0
    assert [line.split(" ", 1)[1] for line in log.splitlines()] == [
        "INFO laps.run: stopping, since SIGTERM came action=stopping",
        "INFO laps.run: stopped action=stopped",
    ]


async def test_the_operators_routes_answer(tmp_path: Path) -> None:
    """/healthz, /readyz and /metrics say that it lives, what it can do and what it counted."""
    async with served(folder=tmp_path) as running:
        assert await running.get("/healthz") == (200, '{"alive": true}')
        assert await running.get("/readyz") == (
            200,
            '{"ready":true,"database":"ok","lessons":3,"channels":["web"]}',
        )
        status, page = await running.get("/metrics")
        assert status == 200 and "\nlaps_lessons 3.0\n" in page
        status, page = await running.get("/")
        assert status == 200 and "<title>" in page


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM end it with 0, without a traceback, and a second start finds its database."""
    for _ in range(2):
        async with served(folder=tmp_path) as running:
            code, log = await running.told(number)
        assert code == 0 and number.name in log and "Traceback" not in log
    assert (tmp_path / "var" / "laps.db").exists()


async def test_an_open_page_does_not_keep_it_from_ending(tmp_path: Path) -> None:
    """With a practice room open in a browser SIGTERM ends it all the same, within what a container gets."""
    async with served(folder=tmp_path) as running:
        known = aiohttp.ClientSession(cookies={"laps_room": "a" * 20})
        async with known, known.get(f"{running.url}/web/stream") as stream:
            assert (await stream.content.readline()).startswith(b"event: hello")
            async with asyncio.timeout(10):
                code, _ = await running.told(signal.SIGTERM)
    assert code == 0


async def test_slack_is_on_where_it_is_set_up(tmp_path: Path) -> None:
    """With token and secret the table says how Slack comes in; Slack being away is a line in the log."""
    slack = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s", "SLACK_API_URL": "http://127.0.0.1:9/"}
    async with served(folder=tmp_path, **slack) as running:
        assert running.lines[1] == "slack    on   POST /slack/events"
        assert (await running.get("/readyz"))[1].endswith('"channels":["slack","web"]}')
        code, log = await running.told(signal.SIGTERM)
    assert code == 0
    assert "xoxb-1" not in log
    assert {line.rpartition("action=")[2] for line in log.splitlines()} <= {
        "auth_test_failed",
        "stopping",
        "stopped",
    }


async def test_beyond_loopback_there_is_no_practice_room(tmp_path: Path) -> None:
    """On 0.0.0.0 the server runs for Slack and Teams, and / is not there."""
    async with served("--host", "0.0.0.0", folder=tmp_path) as running:
        assert running.lines[3] == "web      off  only on a loopback address, and this is 0.0.0.0"
        assert running.lines[-1].startswith("Listening on 0.0.0.0:")
        assert (await running.get("/"))[0] == 404
        assert (await running.get("/healthz"))[0] == 200


async def test_a_port_that_is_taken_is_said_so(tmp_path: Path) -> None:
    """Two servers cannot have one port; the second says what to do and leaves nothing behind."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        outcome = await ended("run", "--port", str(port), folder=tmp_path)
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == (
        f"laps: 127.0.0.1:{port}: cannot be listened on (address already in use)\n"
        "      Something else listens there, perhaps another Laps: stop it, or choose with --port.\n"
    )


async def test_an_address_of_another_machine_is_said_so(tmp_path: Path) -> None:
    """An address that is not here cannot be listened on."""
    outcome = await ended("run", "--host", "192.0.2.1", "--port", "0", folder=tmp_path)
    assert outcome.code == 1
    assert "192.0.2.1:0: cannot be listened on (cannot assign requested address)" in outcome.err
    assert "--host" in outcome.err


async def test_the_practice_room_elsewhere_is_refused(tmp_path: Path) -> None:
    """LAPS_WEB=1 beyond loopback does not start: there is no sign-in yet."""
    outcome = await ended("run", "--host", "0.0.0.0", "--port", "0", folder=tmp_path, LAPS_WEB="1")
    assert (outcome.code, outcome.out) == (1, "")
    assert "LAPS_WEB" in outcome.err and "sign-in does not exist yet" in outcome.err
    assert "--host 127.0.0.1" in outcome.err


async def test_anonymous_teams_beside_credentials_is_refused(tmp_path: Path) -> None:
    """What would make credentials worthless does not start."""
    outcome = await ended("run", folder=tmp_path, LAPS_TEAMS_ANONYMOUS="1", MICROSOFT_APP_ID="a")
    assert outcome.code == 1 and outcome.err.startswith("laps: LAPS_TEAMS_ANONYMOUS: ")


async def test_a_broken_catalogue_is_refused_with_its_findings(tmp_path: Path) -> None:
    """The server does not start with a catalogue that has an error, and names line, code and mend."""
    write(tmp_path, lesson=LESSON.replace("tools: [", "tools: [copilto, "))
    outcome = await ended("run", "--port", "0", folder=tmp_path, LAPS_LESSONS="lessons.yaml")
    assert (outcome.code, outcome.out) == (1, "")
    assert re.search(r"library/finance/close\.yaml:\d+:\d+: E208 ", outcome.err)
    assert "laps lint" in outcome.err and "Traceback" not in outcome.err
    assert not (tmp_path / "var").exists()


async def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    """A database that a newer Laps wrote is left alone."""
    async with served(folder=tmp_path) as running:
        await running.told(signal.SIGTERM)
    with sqlite3.connect(tmp_path / "var" / "laps.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    outcome = await ended("run", "--port", "0", folder=tmp_path)
    assert outcome.code == 1
    assert "a newer Laps wrote this database (revision 9999)" in outcome.err
    assert "name another database" in outcome.err


async def test_a_database_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    """A path that leads nowhere is a fault of the setting, not a traceback."""
    url = "sqlite+aiosqlite:////proc/nowhere/laps.db"
    outcome = await ended("run", "--port", "0", folder=tmp_path, LAPS_DATABASE_URL=url)
    assert outcome.code == 1
    assert outcome.err.startswith("laps: LAPS_DATABASE_URL: ") and "Traceback" not in outcome.err


async def test_an_env_file_is_read(tmp_path: Path) -> None:
    """Settings may stand in .env of the working folder; the environment wins."""
    (tmp_path / ".env").write_text("LAPS_WEB=0\nSLACK_APP_TOKEN=\n")
    async with served(folder=tmp_path) as running:
        assert running.lines[3] == "web      off  LAPS_WEB=0 turns it off"
    async with served(folder=tmp_path, LAPS_WEB="1") as running:
        assert running.lines[3] == "web      on   GET /"


@pytest.mark.parametrize(
    ("kind", "said"), [("folder", "is a directory"), ("bytes", "is not UTF-8"), ("value", "neither 1 nor 0")]
)
async def test_an_env_file_that_cannot_be_read_is_said_so(tmp_path: Path, kind: str, said: str) -> None:
    """A folder, other bytes than UTF-8 and a wrong value each name what to mend."""
    file = tmp_path / ".env"
    if kind == "folder":
        file.mkdir()
    else:
        file.write_bytes(b"\xff\xfe" if kind == "bytes" else b"LAPS_WEB=perhaps\n")
    outcome = await ended("run", "--port", "0", folder=tmp_path)
    assert (outcome.code, outcome.out) == (1, "")
    assert said in outcome.err and ".env" in outcome.err and "Traceback" not in outcome.err
