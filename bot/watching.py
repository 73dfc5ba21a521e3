"""Watches the files of the catalogue and has them read again when they are saved.

The folder of lessons.yaml is watched for that file alone, and the folders that `include` leads into with all
that is in them: a catalogue may lie in a folder with much else in it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from watchfiles import Change, awatch

from bot.editing.live import LiveCatalogue
from bot.errors import LapsError
from lessons.including import named_folders

log = logging.getLogger("laps.catalogue")

QUIET, MOST_QUIET = 50, 300
"""Milliseconds without a further change after which a save counts as done, and at most."""

GRACE = 0.4
"""Seconds after which a bad save is read once more before anybody is told: it may have been half of one."""

AGAIN = 2.0
"""Seconds after which a reload that failed is tried again."""

Sleep = Callable[[float], Awaitable[None]]


def folders(root: Path, patterns: Iterable[str]) -> tuple[Path, ...]:
    """Return the folders that patterns lead into, as far as they name them; only those that are there."""
    found = {root / Path(*named_folders(pattern)) for pattern in patterns}
    return tuple(sorted(folder for folder in found if folder.is_dir()))


class Watcher:
    """Keeps a live catalogue at what the files say."""

    def __init__(self, live: LiveCatalogue, sleep: Sleep = asyncio.sleep) -> None:
        self._live = live
        self._sleep = sleep
        self._ended = asyncio.Event()
        self._inner: tuple[Path, ...] = ()
        self._moved = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to watch."""
        root = self._live.loader.path
        self._tasks = [
            asyncio.create_task(self._watch((root.parent,), self._ended, deep=False), name="watch the root"),
            asyncio.create_task(self._watch_inside(), name="watch the lessons"),
        ]

    async def stop(self) -> None:
        """End watching."""
        self._ended.set()
        self._moved.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _watch_inside(self) -> None:
        """Watch the folders of lessons, and other ones once `include` leads elsewhere."""
        while not self._ended.is_set():
            self._moved.clear()
            self._inner = self._folders()
            if self._inner:
                await self._watch(self._inner, self._moved, deep=True)
            else:
                await self._moved.wait()

    def _folders(self) -> tuple[Path, ...]:
        return folders(self._live.folder, self._live.loader.patterns)

    async def _watch(self, where: tuple[Path, ...], until: asyncio.Event, *, deep: bool) -> None:
        root = self._live.loader.path.resolve()

        def is_ours(change: Change, path: str) -> bool:
            place = Path(path)
            if deep:
                return not place.name.startswith(".") and place.suffix in (".yaml", ".yml", "")
            return place.parent.resolve() / place.name == root

        async for changes in awatch(
            *where,
            watch_filter=is_ours,
            debounce=MOST_QUIET,
            step=QUIET,
            recursive=deep,
            stop_event=until,
            ignore_permission_denied=True,
        ):
            await self.look({Path(path) for _, path in changes})

    async def look(self, changed: set[Path]) -> None:
        """Read what was changed, until the database has taken it; what looks bad is looked at twice."""
        ours = {self._named(path) for path in changed}
        while not self._ended.is_set():
            try:
                loaded = await self._live.reload(ours, silent=True)
                if loaded.catalogue is None:
                    await self._sleep(GRACE)
                    await self._live.reload(ours)
            except LapsError as error:
                log.warning(
                    "the catalogue could not be accepted: %s", error, extra={"action": "reload_failed"}
                )
                await self._sleep(AGAIN)
            else:
                break
        if self._folders() != self._inner:
            self._moved.set()

    def _named(self, path: Path) -> Path:
        """Return a file by the path under which the catalogue knows it."""
        real, folder = path.parent.resolve() / path.name, self._live.folder
        inside = folder.resolve()
        return folder / real.relative_to(inside) if real.is_relative_to(inside) else path
