import asyncio

import pytest
from yarl import URL

from adapters.slack.background import Background
from adapters.slack.socket import pause_after, proxy_for


async def test_the_end_waits_for_what_is_under_way() -> None:
    """Work that was started, and what somebody else does in `busy`, is finished before the end."""
    background, go, done = Background(), asyncio.Event(), list[str]()

    async def short() -> None:
        await go.wait()
        done.append("short")

    async def request() -> None:
        with background.busy():
            await go.wait()
            done.append("request")
        background.run(follow_up())

    async def follow_up() -> None:
        done.append("follow up")

    background.run(short())
    asking = asyncio.ensure_future(request())
    await asyncio.sleep(0)
    stopping = asyncio.ensure_future(background.stop())
    await asyncio.sleep(0)
    assert not stopping.done()
    go.set()
    await stopping
    await asking
    assert sorted(done) == ["follow up", "request", "short"]


async def test_two_at_once_are_both_waited_for() -> None:
    """The first of two requests to be over does not end the waiting."""
    background, first, second = Background(), asyncio.Event(), asyncio.Event()

    async def request(until: asyncio.Event) -> None:
        with background.busy():
            await until.wait()

    asking = asyncio.gather(request(first), request(second))
    await asyncio.sleep(0)
    idle = asyncio.ensure_future(background.idle())
    first.set()
    for _ in range(5):
        await asyncio.sleep(0)
    assert not idle.done()
    second.set()
    await idle
    await asking


async def test_watches_and_what_hangs_end_with_it() -> None:
    """A watch is ended and not waited for; what takes longer than the patience is ended, too."""
    background, ended = Background(), list[str]()

    async def hang(name: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(name)

    background.watch(hang("watch"))
    await asyncio.sleep(0)
    await background.idle()
    background.run(hang("short"))
    await background.stop(patience=0.01)
    assert sorted(ended) == ["short", "watch"]


async def test_what_breaks_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """A fault in work that nobody awaits is in the log, and keeps nothing else from ending."""
    background = Background()

    async def breaks() -> None:
        raise ValueError("a fault of ours")

    background.run(breaks())
    await background.stop()
    (record,) = caplog.records
    assert record.__dict__["action"] == "bug" and "a fault of ours" in caplog.text


def test_the_next_try_comes_at_once_and_then_ever_later() -> None:
    """One lost connection is replaced at once; tries in vain come after 1, 2, 4 … 60 seconds."""
    assert [pause_after(failed) for failed in (0, 1, 2, 3, 4, 7, 8, 9, 5000)] == [
        0,
        0,
        1,
        2,
        4,
        32,
        60,
        60,
        60,
    ]


def test_the_companys_proxy_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy for https is that of the socket, but for hosts that are to be reached without one."""
    for name in ("http_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    assert proxy_for(URL("wss://wss-primary.slack.com/link")) == "http://proxy.example:3128"
    assert proxy_for(URL("ws://127.0.0.1:9/socket")) is None
    monkeypatch.setenv("no_proxy", "slack.com")
    assert proxy_for(URL("wss://wss-primary.slack.com/link")) is None
