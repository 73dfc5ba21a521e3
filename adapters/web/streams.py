"""What reaches a browser by itself: messages and updates from elsewhere, kept for those who missed them.

A connection may be dead long before anybody notices. So everything sent is numbered and kept, and a browser
that comes back says what it saw last and gets the rest. Numbers begin anew with each process; the process's
own mark before them tells a browser that this is another one.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

MOST_KEPT = 50
"""Events kept for each person; older ones give way."""

MOST_PEOPLE = 1000
"""People for whom events are kept; who was not heard of for longest is forgotten, unless listening."""

MOST_STREAMS = 6
"""Streams open for one person; browsers open no more connections to a host than that. The oldest is ended."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a stream; `id` is what a browser says it saw last."""

    id: str
    data: str
    kind: str = "message"


Queue = asyncio.Queue[Event | None]


@dataclass(slots=True)
class _Person:
    made: int = 0
    kept: deque[Event] = field(default_factory=lambda: deque(maxlen=MOST_KEPT))
    queues: list[Queue] = field(default_factory=list)


class Streams:
    """The open streams, by account."""

    def __init__(self) -> None:
        self.process = secrets.token_hex(4)
        self._people: OrderedDict[str, _Person] = OrderedDict()
        self._closed = False

    def push(self, account: str, data: str) -> None:
        """Send data to every open stream of an account, and keep it for those that come back."""
        person = self._person(account)
        person.made += 1
        event = Event(f"{self.process}-{person.made}", data)
        person.kept.append(event)
        for queue in tuple(person.queues):
            if queue.full():
                self._end(person, queue)  # too slow: it comes back and gets what it missed
            else:
                queue.put_nowait(event)

    def kept(self, account: str) -> tuple[Event, ...]:
        """Return what is kept for an account, oldest first."""
        return tuple(self._person(account).kept)

    def close(self) -> None:
        """End every stream, and each that is opened from now on."""
        self._closed = True
        for person in self._people.values():
            for queue in tuple(person.queues):
                self._end(person, queue)

    @contextmanager
    def listen(self, account: str, seen: str = "") -> Iterator[Queue]:
        """Open a stream: a greeting, what was missed since the event `seen`, what comes; None ends it."""
        person = self._person(account)
        queue: Queue = asyncio.Queue(MOST_KEPT * 2 + 1)
        missed = self._missed(person, seen)
        before = seen if seen.startswith(f"{self.process}-") else f"{self.process}-0"
        queue.put_nowait(Event(before, self.process, "hello"))
        for event in missed:
            queue.put_nowait(event)
        person.queues.append(queue)
        if len(person.queues) > MOST_STREAMS:
            self._end(person, person.queues[0])
        if self._closed:
            self._end(person, queue)
        try:
            yield queue
        finally:
            if queue in person.queues:
                person.queues.remove(queue)

    def _missed(self, person: _Person, seen: str) -> list[Event]:
        process, _, number = seen.partition("-")
        last = int(number) if process == self.process and number.isdecimal() and len(number) < 10 else 0
        return [event for event in person.kept if int(event.id.partition("-")[2]) > last]

    def _end(self, person: _Person, queue: Queue) -> None:
        person.queues.remove(queue)
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(None)

    def _person(self, account: str) -> _Person:
        person = self._people.setdefault(account, _Person())
        self._people.move_to_end(account)
        if len(self._people) > MOST_PEOPLE:
            idle = next((a for a, p in self._people.items() if not p.queues and a != account), None)
            if idle is not None:
                del self._people[idle]
        return person
