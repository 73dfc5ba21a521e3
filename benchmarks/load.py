"""A load generator on raw sockets, so that the client costs as little as it can on a shared machine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Request = Callable[[int], bytes]
"""Makes the next request's bytes for one connection (its number is given), headers included."""


@dataclass(frozen=True)
class Run:
    """What one run measured: answers, seconds, and latencies in milliseconds."""

    answers: int
    seconds: float
    latencies: tuple[float, ...]
    failures: int = 0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds

    def percentile(self, share: float) -> float:
        """Give the latency that `share` of the answers keep under, in milliseconds."""
        return percentile(self.latencies, share)


def percentile(values: Sequence[float], share: float) -> float:
    """Give the nearest-rank percentile; 0.0 of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def http_post(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """Write a request of HTTP 1.1 that keeps the connection."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class _Connection:
    """One kept connection."""

    def __init__(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.number, self._reader, self._writer = number, reader, writer

    async def ask(self, request: bytes) -> int:
        """Send one request and read its answer; give the status."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        lowered = head.lower()
        at = lowered.find(b"content-length:")
        if at >= 0:
            length = int(lowered[at + 15 : lowered.index(b"\r\n", at)])
            if length:
                await self._reader.readexactly(length)
        return int(head[9:12])

    def close(self) -> None:
        """Close it."""
        self._writer.close()


async def _connect(port: int, connections: int) -> list[_Connection]:
    opened = []
    for number in range(connections):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        opened.append(_Connection(number, reader, writer))
    return opened


async def as_fast_as_possible(port: int, make: Request, connections: int, seconds: float) -> Run:
    """Keep every connection busy for some seconds: a closed loop."""
    opened = await _connect(port, connections)
    latencies: list[float] = []
    failures = 0
    start = time.perf_counter()

    async def work(connection: _Connection) -> None:
        nonlocal failures
        while time.perf_counter() - start < seconds:
            request = make(connection.number)
            asked = time.perf_counter()
            status = await connection.ask(request)
            latencies.append((time.perf_counter() - asked) * 1000)
            failures += status not in (200, 201, 202)

    await asyncio.gather(*map(work, opened))
    took = time.perf_counter() - start
    for connection in opened:
        connection.close()
    return Run(len(latencies), took, tuple(latencies), failures)


async def at_a_rate(port: int, make: Request, connections: int, seconds: float, rate: float) -> Run:
    """Send at fixed times whatever the answers do, latency counted from when it was due: an open loop."""
    opened = await _connect(port, connections)
    free: asyncio.Queue[_Connection] = asyncio.Queue()
    for connection in opened:
        free.put_nowait(connection)
    latencies: list[float] = []
    failures = 0
    start = time.perf_counter()

    async def one(due: float) -> None:
        nonlocal failures
        connection = await free.get()
        status = await connection.ask(make(connection.number))
        latencies.append((time.perf_counter() - due) * 1000)
        failures += status not in (200, 201, 202)
        free.put_nowait(connection)

    tasks = []
    for number in range(int(rate * seconds)):
        due = start + number / rate
        wait = due - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(one(due)))
    await asyncio.gather(*tasks)
    took = time.perf_counter() - start
    for connection in opened:
        connection.close()
    return Run(len(latencies), took, tuple(latencies), failures)
