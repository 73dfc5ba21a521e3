"""What both stores keep of calendars: the address, when it is read, what was found, and nothing after."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.model import Changes, Feed, LearnerId, Meeting, Merge, Snapshot, Status
from bot.ports import Needs
from tests.stores import NOW, Town

URL = "https://example.com/a.ics"
SOON, LATER = Meeting("review", NOW + timedelta(hours=3)), Meeting("forecast", NOW + timedelta(days=2))


async def seen(town: Town, account: str = "U1") -> Snapshot:
    """Read what is known of somebody's calendar."""
    return await town.store.snapshot(town.workspace, account, None, Needs(calendar=True), NOW)


async def connected(town: Town, account: str = "U1", url: str = URL) -> LearnerId:
    """Let somebody move in, agree, and connect a calendar."""
    one = await town.move_in(account)
    feed = Feed(one.id, url, NOW, time_zone=one.time_zone)
    await town.store.apply(Changes(learner=replace(one, status=Status.ACTIVE), feed=feed))
    return one.id


async def read(
    town: Town, learner: LearnerId, *found: Meeting, url: str = "https://example.com/a.ics"
) -> None:
    """Note that it was read."""
    feed = Feed(learner, url, NOW + timedelta(minutes=30), NOW)
    await town.store.apply(Changes(feed_read=(feed, found)))


async def due(town: Town, at: datetime = NOW) -> list[str]:
    """Give the addresses that are to be read."""
    return [feed.url for feed in await town.store.feeds_due(at, 10)]


async def test_a_calendar_comes_back_as_it_was(town: Town) -> None:
    """With the learner's time zone, and due at once."""
    one = await connected(town)
    (feed,) = await town.store.feeds_due(NOW, 10)
    assert feed == (await seen(town)).feed
    assert (feed.learner, feed.url, feed.look_at, feed.read_at) == (
        one,
        "https://example.com/a.ics",
        NOW,
        None,
    )


async def test_what_was_found_replaces_what_was_found_before(town: Town) -> None:
    """In the order of time; a reading that failed leaves it as it was, and says why."""
    one = await connected(town)
    await read(town, one, LATER, SOON, SOON)
    now = await seen(town)
    assert now.meetings == (SOON, LATER) and now.feed is not None and now.feed.read_at == NOW
    await read(town, one, LATER)
    failed = replace(now.feed, failures=2, why="It does not answer.", look_at=NOW + timedelta(hours=2))
    await town.store.apply(Changes(feed_read=(failed, None)))
    now = await seen(town)
    assert now.meetings == (LATER,) and now.feed == failed


async def test_it_is_due_when_it_says(town: Town) -> None:
    """The longest waiting first, no more than asked for, and only of people who take part."""
    one = await connected(town)
    await connected(town, "U2", "https://example.com/b.ics")
    await read(town, one)
    assert await due(town) == ["https://example.com/b.ics"]
    assert await due(town, NOW + timedelta(minutes=30)) == [
        "https://example.com/b.ics",
        "https://example.com/a.ics",
    ]
    assert len(await town.store.feeds_due(NOW + timedelta(hours=1), 1)) == 1
    who = (await seen(town)).who
    await town.store.apply(Changes(learner=replace(who, left_on=NOW.date())))
    assert await due(town, NOW + timedelta(hours=1)) == ["https://example.com/b.ics"]
    who = (await seen(town)).who
    await town.store.apply(Changes(learner=replace(who, left_on=None, status=Status.STOPPED)))
    assert await due(town, NOW + timedelta(hours=1)) == ["https://example.com/b.ics"]


async def test_taken_away_it_is_gone(town: Town) -> None:
    """The address and the meetings; a reading that was under way brings nothing back."""
    one = await connected(town)
    await read(town, one, SOON)
    await town.store.apply(Changes(no_feed=one))
    assert (await seen(town)).feed is None and (await seen(town)).meetings == ()
    await read(town, one, SOON)
    assert (await seen(town)).feed is None and (await seen(town)).meetings == ()
    assert await due(town, NOW + timedelta(days=1)) == []
    assert await town.store.forget_texts(NOW) == 1  # the meeting that came too late


async def test_another_calendar_takes_its_place(town: Town) -> None:
    """What the old one says later changes nothing of when the new one is read."""
    one = await connected(town)
    await read(town, one, SOON)
    await town.store.apply(Changes(feed=Feed(one, "https://example.com/new.ics", NOW)))
    assert (await seen(town)).meetings == ()
    await town.store.apply(
        Changes(feed_read=(Feed(one, "https://example.com/a.ics", NOW + timedelta(hours=1), NOW), None))
    )
    assert await due(town) == ["https://example.com/new.ics"]


async def test_meetings_that_are_over_are_forgotten(town: Town) -> None:
    """Some days later nothing is left of them."""
    one = await connected(town)
    await read(town, one, SOON, LATER)
    assert await town.store.forget_texts(NOW + timedelta(days=60)) == 2
    assert (await seen(town)).meetings == ()


async def test_two_who_become_one_have_one_calendar(town: Town) -> None:
    """The kept learner's own stays; where they have none, they take over the other's."""
    kept, gone = await connected(town), await connected(town, "U2", "https://example.com/b.ics")
    await read(town, gone, SOON, url="https://example.com/b.ics")
    version = (await seen(town, "U2")).who.version
    await town.store.apply(Changes(merge=Merge(gone, version, kept)))
    assert await due(town) == ["https://example.com/a.ics"]
    third = await town.move_in("U3")
    await town.store.apply(Changes(merge=Merge(kept, (await seen(town)).who.version, third.id)))
    feed = (await seen(town)).feed
    assert feed is not None and (feed.learner, feed.url) == (third.id, "https://example.com/a.ics")
