"""The live catalogue: good edits are swapped in as revisions, bad ones change nothing and are told once."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from bot.editing.live import LiveCatalogue
from bot.editing.notices import Notice, Notices, told_bad, told_mended
from bot.errors import Conflict, StorageUnavailable
from bot.messages import Items
from bot.model import Changes, DeliveryKind, Learner, Role, Status
from bot.ports import Store
from bot.watching import Watcher, folders
from lessons.catalogue import Catalogue
from lessons.loading import Loader
from storage import open_store
from tests.commands import CATALOGUE
from tests.stores import Town
from tests.web_house import Clock
from tests.world import NOW, Sink

TITLE = "Say why the quarter missed plan"


@dataclass
class Desk:
    """A catalogue in a folder of its own, live on a store in memory."""

    live: LiveCatalogue
    store: Store
    clock: Clock
    folder: Path
    told: list[Notice] = field(default_factory=list)
    swapped: list[Catalogue] = field(default_factory=list)

    @property
    def file(self) -> Path:
        """The lesson that is edited."""
        return self.folder / "library" / "finance" / "variance.yaml"

    def edit(self, old: str, new: str) -> None:
        """Save the lesson with another text."""
        text = self.file.read_text()
        assert old in text
        self.file.write_text(text.replace(old, new))

    @property
    def title(self) -> str:
        """The title that learners see."""
        return self.live.now.lessons["finance-variance"].title


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """Make the tests' catalogue live."""
    folder = tmp_path / "catalogue"
    shutil.copytree(CATALOGUE.parent, folder)
    clock = Clock()
    store = await open_store("sqlite+aiosqlite://", "Acme", "Europe/Berlin", clock)
    loader = Loader(folder / "lessons.yaml")
    told: list[Notice] = []
    swapped: list[Catalogue] = []
    live = LiveCatalogue(loader, loader.load(clock().date()), store, clock, told.append, swapped.append)
    await live.start()
    yield Desk(live, store, clock, folder, told, swapped)
    await store.close()


async def numbers(desk: Desk) -> list[tuple[int, str]]:
    """Give each revision's number and how it came about, oldest first."""
    return [(each.number, each.way) for each in reversed(await desk.store.revisions(100))]


async def test_the_first_start_makes_the_first_revision(desk: Desk) -> None:
    """What is live at the start is revision 1, with all its files; another start makes none."""
    assert await numbers(desk) == [(1, "server started")]
    assert desk.live.revision is not None and len(desk.live.revision.files) == 4
    await desk.live.start()
    assert len(await numbers(desk)) == 1


async def test_a_good_edit_is_live_and_a_revision(desk: Desk) -> None:
    """The new text is what everybody sees, and the revision says who, how and what changed."""
    desk.edit(TITLE, "Say why it missed")
    await desk.live.reload({desk.file}, author="k" * 26, way="edited in chat")
    assert desk.title == "Say why it missed" and desk.swapped == [desk.live.now]
    (newest, _) = await desk.store.revisions(2)
    assert (newest.number, newest.author, newest.way) == (2, "k" * 26, "edited in chat")
    assert newest.summary == (
        "~ finance-variance  Say why it missed",
        f"    title: “{TITLE}” -> “Say why it missed”",
    )
    assert (await desk.store.sources(newest))["library/finance/variance.yaml"] == desk.file.read_bytes()


async def test_a_bad_edit_changes_nothing_and_is_told_once(desk: Desk) -> None:
    """The last good catalogue stays; the same findings are told once, others once more, the mend too."""
    before = desk.live.now
    for _ in range(2):
        desk.file.write_text(desk.file.read_text().replace("minutes: 5", "minutes: 19"))
        await desk.live.reload({desk.file})
    assert desk.live.now is before and len(await numbers(desk)) == 1
    (first,) = desk.told
    assert first.errors == 1 and "revision 1 stays live" in str(first.message)
    assert "variance.yaml:7:10: E210 19 minutes" in str(first.message)
    desk.edit("capability: explain-variances", "capability: explain-variance")
    await desk.live.reload()
    assert len(desk.told) == 2 and desk.told[1].errors == 2
    desk.edit("capability: explain-variance\n", "capability: explain-variances\n")
    desk.edit("minutes: 19", "minutes: 5")
    await desk.live.reload()
    assert [notice.name.partition(":")[0] for notice in desk.told] == ["bad", "bad", "good"]


async def test_saving_the_same_again_makes_no_revision(desk: Desk) -> None:
    """A save without a change, and a change that is taken back in between, leave no trace."""
    desk.file.write_bytes(desk.file.read_bytes())
    await desk.live.reload({desk.file})
    assert len(await numbers(desk)) == 1 and desk.swapped == []


async def test_a_lesson_that_is_new_or_gone_is_seen(desk: Desk) -> None:
    """Files that come and go are found without a restart."""
    new = desk.folder / "library" / "finance" / "notes.yaml"
    new.write_text(desk.file.read_text().replace("finance-variance", "finance-notes"))
    await desk.live.reload({new})
    assert "finance-notes" in desk.live.now.lessons
    new.unlink()
    await desk.live.reload({new})
    assert "finance-notes" not in desk.live.now.lessons
    assert [number for number, _ in await numbers(desk)] == [1, 2, 3]


async def test_two_reloads_at_once_make_one_revision(desk: Desk) -> None:
    """Whoever comes second finds that it is done."""
    desk.edit(TITLE, "Say why it missed")
    await asyncio.gather(*(desk.live.reload() for _ in range(4)))
    assert [number for number, _ in await numbers(desk)] == [1, 2]


async def test_another_server_that_was_first_is_no_trouble(desk: Desk) -> None:
    """Where a second server accepted the same files, its revision is ours; where others, ours comes after."""
    desk.edit(TITLE, "Say why it missed")
    files = {
        path.relative_to(desk.folder).as_posix(): path.read_bytes() for path in desk.folder.rglob("*.yaml")
    }
    await desk.store.accept(files, "", "file saved", (), 1)
    await desk.live.reload()
    assert desk.title == "Say why it missed" and [n for n, _ in await numbers(desk)] == [1, 2]
    await desk.store.accept({"lessons.yaml": b"x: 1\n"}, "", "file saved", (), 2)
    desk.edit("Say why it missed", "Say why")
    await desk.live.reload()
    assert [n for n, _ in await numbers(desk)] == [1, 2, 3, 4] and desk.title == "Say why"


async def test_a_lost_race_is_run_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A revision that somebody else wrote in between is read, and ours comes after it."""
    accept, lost = desk.store.accept, iter([True])

    async def raced(*change: object) -> object:
        if next(lost, False):
            raise Conflict("revision 1 is not the newest any more")
        return await accept(*change)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.store, "accept", raced)
    desk.edit(TITLE, "Say why it missed")
    await desk.live.reload()
    assert desk.title == "Say why it missed"


async def test_the_database_away_keeps_what_is_live(desk: Desk) -> None:
    """Without a revision nothing is swapped in; what was live stays, and a later look makes up for it."""
    desk.edit(TITLE, "Say why it missed")
    await desk.store.close()
    with pytest.raises(StorageUnavailable):
        await desk.live.reload()
    assert desk.title == TITLE


# ---------------------------------------------------------------- watching


def test_only_the_folders_that_patterns_name_are_watched(tmp_path: Path) -> None:
    """A pattern is followed down to its first wildcard, as far as there are folders."""
    (tmp_path / "lessons" / "library").mkdir(parents=True)
    assert folders(tmp_path, ["lessons/library/**/*.yaml"]) == (tmp_path / "lessons" / "library",)
    assert folders(tmp_path, ["**/*.yaml", "lessons/a.yaml"]) == (tmp_path, tmp_path / "lessons")
    assert folders(tmp_path, ["nowhere/*.yaml"]) == ()


async def test_a_look_takes_files_by_any_of_their_names(desk: Desk, tmp_path: Path) -> None:
    """The watcher names files as the system does; a link to the catalogue is the same catalogue."""
    link = tmp_path / "link"
    link.symlink_to(desk.folder)
    desk.edit(TITLE, "Say why it missed")
    await Watcher(desk.live, desk.clock.sleep).look({link / "library" / "finance" / "variance.yaml"})
    assert desk.title == "Say why it missed"


async def test_half_a_save_is_not_told(desk: Desk) -> None:
    """What looks bad is read once more after a moment before anybody is told."""
    whole = desk.file.read_text()
    desk.file.write_text(whole[:200])

    async def meanwhile(seconds: float) -> None:
        desk.file.write_text(whole.replace(TITLE, "Say why it missed"))

    await Watcher(desk.live, meanwhile).look({desk.file})
    assert desk.title == "Say why it missed" and desk.told == []


async def test_a_look_is_repeated_until_the_database_is_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A good edit waits for the database and is live then."""
    accept = desk.store.accept

    async def away(*change: object) -> object:
        raise StorageUnavailable("away")

    async def back(seconds: float) -> None:
        monkeypatch.setattr(desk.store, "accept", accept)

    monkeypatch.setattr(desk.store, "accept", away)
    desk.edit(TITLE, "Say why it missed")
    await Watcher(desk.live, back).look({desk.file})
    assert desk.title == "Say why it missed"


# ---------------------------------------------------------------- telling


async def admin(town: Town, external: str, **more: object) -> Learner:
    """Make an admin who takes part."""
    learner = await town.move_in(external, status=Status.ACTIVE, **more)
    await town.store.set_role(learner, Role.ADMIN, True)
    return learner


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    """Give a store in memory with a Slack workspace."""
    clock = Clock(NOW)
    store = await open_store("sqlite+aiosqlite://", "Acme", "Europe/Berlin", clock)
    yield await Town.found(store, clock)  # type: ignore[arg-type]  # a clock is a clock
    await store.close()


async def test_every_admin_is_told_once(town: Town) -> None:
    """Each gets one message in their direct message; the same notice again sends nothing."""
    sink = Sink()
    notices = Notices(town.store, sink, town.clock)
    await admin(town, "U1")
    await admin(town, "U2")
    await town.move_in("U3", status=Status.ACTIVE)
    notice = told_bad(["lessons.yaml:1:1: E005 is not YAML"], 3)
    assert await notices.tell(notice) == 2 and await notices.tell(notice) == 2
    assert sorted(d.account for d in sink.taken) == ["U1", "U2"]
    assert {d.kind for d in sink.taken} == {DeliveryKind.NOTICE}
    assert await notices.tell(told_mended(4, ["~ finance-close  Title"])) == 2
    assert len(sink.taken) == 4


async def test_an_admin_with_two_accounts_is_told_on_one(town: Town) -> None:
    """Nobody reads the same twice."""
    sink = Sink()
    learner = await admin(town, "U1")
    await town.store.apply(Changes(account=town.account(learner, "U9")))
    assert await Notices(town.store, sink, town.clock).tell(told_bad(["x"], 1)) == 1
    assert len(sink.taken) == 1


async def test_without_an_admin_nobody_is_told(town: Town) -> None:
    """That is logged, and no more."""
    sink = Sink()
    await town.move_in("U1", status=Status.ACTIVE)
    assert await Notices(town.store, sink, town.clock).tell(told_bad(["x"], 1)) == 0 and sink.taken == []


def test_a_long_list_of_findings_is_cut() -> None:
    """The first fifteen are told, with the command that tells the rest."""
    message = told_bad([f"finding {n}" for n in range(40)], 7).message
    (items,) = [block for block in message.blocks if isinstance(block, Items)]
    assert len(items.items) == 15 and "And 25 more. All of them: laps lint" in str(message)


def test_days_have_no_part_in_what_is_live(tmp_path: Path) -> None:
    """A review day that passes is a warning, and no reason to refuse what is live."""
    loaded = Loader(CATALOGUE).load(date(2031, 1, 1))
    assert loaded.catalogue is not None
