from contextlib import ExitStack

import pytest

from adapters.web import streams
from adapters.web.streams import Event, Queue, Streams


def drained(queue: Queue) -> list[Event | None]:
    """Take everything that waits."""
    return [queue.get_nowait() for _ in range(queue.qsize())]


def texts(queue: Queue) -> list[str | None]:
    """Take the data of everything that waits but the greeting."""
    waiting = drained(queue)
    return [event.data if event else None for event in waiting if event is None or event.kind == "message"]


def test_a_stream_begins_with_the_process() -> None:
    """The greeting tells which process speaks, under an id from which a browser can go on."""
    here = Streams()
    with here.listen("ann") as queue:
        assert drained(queue) == [Event(f"{here.process}-0", here.process, "hello")]


def test_every_open_page_of_a_person_gets_what_comes() -> None:
    """Two pages of one person get it, another person's page does not."""
    here = Streams()
    with here.listen("ann") as one, here.listen("ann") as two, here.listen("ben") as other:
        here.push("ann", "x")
        assert texts(one) == texts(two) == ["x"]
        assert texts(other) == []


def test_what_was_missed_comes_first_and_once() -> None:
    """A page that comes back gets what it has not seen, in order, and nothing twice."""
    here = Streams()
    for text in "abc":
        here.push("ann", text)
    with here.listen("ann") as queue:
        events = drained(queue)
    assert [event and event.data for event in events[1:]] == ["a", "b", "c"]
    seen = events[1].id if events[1] else ""
    with here.listen("ann", seen) as queue:
        assert texts(queue) == ["b", "c"]
    with here.listen("ann", f"{here.process}-3") as queue:
        assert texts(queue) == []


@pytest.mark.parametrize("seen", ["", "other-2", "-", "x", "12", "\0", "9" * 5000])
def test_whoever_saw_another_process_gets_everything(seen: str) -> None:
    """A mark that is not this process's own counts for nothing."""
    here = Streams()
    here.push("ann", "x")
    with here.listen("ann", seen) as queue:
        assert texts(queue) == ["x"]


@pytest.mark.parametrize("number", ["", "-1", "1e3", "9" * 5000, "²"])
def test_a_broken_mark_gets_everything(number: str) -> None:
    """A number that is none counts as nothing seen."""
    here = Streams()
    here.push("ann", "x")
    with here.listen("ann", f"{here.process}-{number}") as queue:
        assert texts(queue) == ["x"]


def test_a_slow_page_is_ended_and_comes_back_for_the_rest() -> None:
    """A page that takes nothing is let go when its queue is full; what is still kept waits for it."""
    here = Streams()
    with here.listen("ann") as queue:
        for number in range(2 * streams.MOST_KEPT + 1):
            here.push("ann", str(number))
        assert drained(queue) == [None]
    with here.listen("ann") as queue:
        missed = texts(queue)
    assert len(missed) == streams.MOST_KEPT and missed[-1] == str(2 * streams.MOST_KEPT)


def test_the_oldest_of_too_many_pages_is_ended() -> None:
    """One person holds no more streams than a browser opens connections."""
    here = Streams()
    with ExitStack() as pages:
        first = pages.enter_context(here.listen("ann"))
        for _ in range(streams.MOST_STREAMS):
            pages.enter_context(here.listen("ann"))
        assert drained(first) == [None]


def test_people_not_heard_of_for_long_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded; who listens is never forgotten."""
    monkeypatch.setattr(streams, "MOST_PEOPLE", 2)
    here = Streams()
    with here.listen("ann"):
        for name in ("ben", "cem", "dan"):
            here.push(name, "x")
        here.push("ann", "still here")
        with here.listen("ann") as queue:
            assert texts(queue) == ["still here"]
        with here.listen("ben") as queue:
            assert texts(queue) == []


def test_closing_ends_every_stream() -> None:
    """Open streams end at once, and one that is opened later ends as it begins."""
    here = Streams()
    with here.listen("ann") as queue:
        here.close()
        assert drained(queue) == [None]
    with here.listen("ann") as queue:
        assert drained(queue) == [None]
