"""The pace: no window is overrun whatever comes when, the urgent goes first, and clocks may jump."""

import asyncio
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.virtual import VirtualClock, virtual_time
from bot.ports import Lane, Window
from scheduler.pacing import Pacer, Turns
from tests.world import NOW

windows = st.builds(Window, st.integers(1, 5), st.floats(0.1, 100))
lanes = st.lists(windows, min_size=1, max_size=3).map(tuple)
steps = st.lists(st.floats(0, 30), min_size=1, max_size=60)


def is_kept(sent: list[datetime], window: Window) -> bool:
    """Say whether no stretch of the window's length holds more than its limit."""
    span = timedelta(seconds=window.seconds)
    return all(sum(at <= each < at + span for each in sent) <= window.limit for at in sent)


@given(lanes, steps)
def test_no_window_is_overrun_whatever_comes_when(declared: tuple[Window, ...], waits: list[float]) -> None:
    """Whoever waits as long as is asked keeps to every window, and never waits where there is room."""
    pacer, now, sent = Pacer(), NOW, list[datetime]()
    lane = (Lane("k", declared),)
    for wait in waits:
        now += timedelta(seconds=wait)
        asked = pacer.wait(lane, now)
        before = now - timedelta(seconds=max(w.seconds for w in declared))
        if not any(at > before for at in sent):
            assert not asked
        now += asked
        pacer.note(lane, now)
        sent.append(now)
    assert all(is_kept(sent, window) for window in declared)


@given(lanes, st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_a_jump_of_the_clock_costs_no_more_than_the_windows(
    declared: tuple[Window, ...], jumps: list[float]
) -> None:
    """However the clock jumps, nobody waits longer than the longest window."""
    pacer, now = Pacer(), NOW
    lane = (Lane("k", declared),)
    longest = timedelta(seconds=max(window.seconds for window in declared))
    for jump in jumps:
        now += timedelta(seconds=jump)
        assert pacer.wait(lane, now) <= longest
        now += pacer.wait(lane, now)
        assert not pacer.wait(lane, now)
        pacer.note(lane, now)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=25), st.floats(0.1, 3.0)
)
def test_turns_are_given_out_in_time_and_to_the_urgent_first(
    waiting: list[tuple[int, int]], seconds: float
) -> None:
    """Of all that wait from the start each goes at the pace, and the urgent before others."""
    clock = VirtualClock()
    turns, went = Turns(clock, asyncio.sleep), list[tuple[datetime, int]]()
    space = Lane("space", (Window(2, seconds),))

    async def one(priority: int, conversation: int) -> None:
        mine = (space, Lane(f"conversation {conversation}", ()))
        assert await turns.take(mine, priority, NOW + timedelta(days=9999), lambda: False) is None
        went.append((clock(), priority))

    async def everybody() -> None:
        await asyncio.gather(*(one(*each) for each in waiting))

    with virtual_time(clock) as runner:
        runner.run(everybody())
    assert is_kept([at for at, _ in went], Window(2, seconds - 1e-6))
    behind = [priority for _, priority in went[2:]]
    assert behind == sorted(behind), "the first two go before the others have come"


async def test_whoever_cannot_go_in_time_is_told_how_long_it_takes() -> None:
    """A turn that would come after the lease is not waited for."""
    turns = Turns(lambda: NOW, asyncio.sleep)
    lane = (Lane("k", (Window(1, 60.0),)),)
    soon = NOW + timedelta(seconds=15)
    assert await turns.take(lane, 0, soon, lambda: False) is None
    assert await turns.take(lane, 0, soon, lambda: False) == timedelta(seconds=60)
