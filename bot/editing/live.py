"""The catalogue that is live: read again after an edit, accepted as a revision, swapped in at once.

A bad edit changes nothing: what was live stays live, and the admins are told once what is wrong with it.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from bot.editing.notices import Notice, told_bad, told_mended
from bot.errors import CannotWrite, Conflict, StorageError
from bot.model import Revision
from bot.ports import Clock, Store
from lessons.catalogue import Catalogue
from lessons.lint import Finding, Severity
from lessons.loading import Loaded, Loader
from lessons.revising import describe
from lessons.writing import put_files

log = logging.getLogger("laps.catalogue")

FILE, START = "file saved", "server started"
"""How a revision came about, where nobody asked for it by name."""

IN_CHAT = "edited in chat"
"""How a revision came about that an admin published in chat."""

REMEMBERED = 200
"""Revisions that are looked through for an earlier state of a file."""


def digest(data: bytes) -> str:
    """Name a file's content as revisions do: the SHA-256 in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


class LiveCatalogue:
    """Holds the catalogue that everybody sees now. Made with one that was loaded and is good."""

    def __init__(
        self,
        loader: Loader,
        loaded: Loaded,
        store: Store,
        clock: Clock,
        tell: Callable[[Notice], object],
        changed: Callable[[Catalogue], object] = lambda catalogue: None,
    ) -> None:
        """Take what is live at the start.

        Args:
            loader: reads the files again.
            loaded: what it found at the start, without an error.
            store: keeps the revisions.
            clock: says the time.
            tell: starts telling the admins something; is called on the event loop.
            changed: is told the catalogue that was just swapped in.
        """
        if loaded.catalogue is None:
            raise ValueError("a catalogue with errors cannot be live")
        self.now: Catalogue = loaded.catalogue
        self.sources: Mapping[str, bytes] = loaded.sources
        self.revision: Revision | None = None
        self._accepted: Mapping[str, bytes] = {}
        self.loader = loader
        self._store = store
        self._clock = clock
        self._tell = tell
        self._changed = changed
        self._told: tuple[str, ...] = ()
        self._lock = asyncio.Lock()

    @property
    def folder(self) -> Path:
        """The folder of lessons.yaml."""
        return self.loader.path.parent

    async def start(self) -> bool:
        """Accept what is live as a revision, if it is not the newest one already; say whether it was not."""
        async with self._lock:
            return await self._accept(self.sources, "", START)

    async def reload(
        self,
        changed: Collection[Path] | None = None,
        author: str = "",
        way: str = FILE,
        *,
        silent: bool = False,
    ) -> Loaded:
        """Read the files again; a good catalogue is accepted and live when this returns, a bad one is told.

        Args:
            changed: the files that may have changed, None where all may have.
            author: the key of the learner who asked for it, "" where nobody is known.
            way: how it came about, in words for the log of revisions.
            silent: tell nobody of errors yet, for a save may not be over.

        Raises:
            StorageUnavailable: the revision cannot be stored; what was live stays live.
        """
        async with self._lock:
            return await self._reload(changed, author, way, silent)

    async def check(self, path: str, data: bytes) -> Loaded:
        """Say what the catalogue would be with these bytes in one file; nothing changes."""
        async with self._lock:
            return await asyncio.to_thread(self.loader.check, self._clock().date(), path, data)

    async def publish(self, path: str, before: str, data: bytes, author: str) -> Loaded | None:
        """Write one file and make it live, all of it or nothing.

        Args:
            path: the file, from the folder of lessons.yaml.
            before: the digest of what it holds, "" where it is new.
            data: what it is to hold.
            author: the key of the learner who asked for it.

        Returns:
            What is live then; with errors, and nothing changed, where the catalogue would not be good. None
            where the file does not hold `before` any more.

        Raises:
            CannotWrite: the file system refuses.
            StorageUnavailable: the revision cannot be stored. In both cases nothing changed.
        """
        async with self._lock:
            there = await self.present(path)
            if ("" if there is None else digest(there)) != before:
                return None
            loaded = await asyncio.to_thread(self.loader.check, self._clock().date(), path, data)
            if loaded.catalogue is None:
                return loaded
            await self._write(path, data)
            try:
                loaded = await self._reload({self.folder / path}, author, IN_CHAT, True)
            except StorageError:
                await self._put_back(path, there)
                raise
            if loaded.catalogue is None:  # another file was saved with errors, just now
                await self._put_back(path, there)
            return loaded

    async def present(self, path: str) -> bytes | None:
        """Return what a file holds now, None where it cannot be read."""
        with suppress(OSError, ValueError):
            return await asyncio.to_thread((self.folder / path).read_bytes)
        return None

    async def earlier(self, path: str, named: str) -> bytes | None:
        """Return an earlier state of a file by the beginning of its digest, None where none is known."""
        for revision in await self._store.revisions(REMEMBERED):
            if revision.files.get(path, "").startswith(named):
                return (await self._store.sources(revision))[path]
        return None

    async def _reload(self, changed: Collection[Path] | None, author: str, way: str, silent: bool) -> Loaded:
        loaded = await asyncio.to_thread(self.loader.load, self._clock().date(), changed)
        if loaded.catalogue is None:
            if not silent:
                self._refuse(loaded.findings)
            return loaded
        if loaded.sources != self.sources or self.revision is None:
            await self._accept(loaded.sources, author, way)
            self.now, self.sources = loaded.catalogue, loaded.sources
            self._changed(self.now)
            log.info(
                "revision %s is live: %d lessons",
                self._number,
                len(self.now.lessons),
                extra={"action": "catalogue_live"},
            )
        self._mended()
        return loaded

    async def _write(self, path: str, data: bytes) -> None:
        try:
            await asyncio.to_thread(put_files, self.folder, {path: data})
        except (OSError, ValueError) as error:
            reason = (getattr(error, "strerror", None) or str(error)).lower()
            log.warning("%s cannot be written: %s", path, reason, extra={"action": "edit_unwritten"})
            raise CannotWrite(path, reason) from error

    async def _put_back(self, path: str, before: bytes | None) -> None:
        """Make a file what it was, so that what was not accepted is not there either."""
        files, gone = ({path: before}, ()) if before is not None else ({}, (path,))
        try:
            await asyncio.to_thread(put_files, self.folder, files, gone)
        except OSError as error:
            log.warning("%s was not put back: %s", path, error, extra={"action": "edit_unwritten"})

    @property
    def _number(self) -> int:
        return self.revision.number if self.revision else 0

    async def _accept(self, sources: Mapping[str, bytes], author: str, way: str) -> bool:
        """Store a revision, unless the newest one says the same; whoever comes second looks again."""
        while True:
            last = next(iter(await self._store.revisions(1)), None)
            before = await self._files_of(last)
            if last is not None and before == sources:
                self.revision, self._accepted = last, sources
                return False
            summary: Sequence[str] = describe(before, sources) if last is not None else ()
            try:
                number = last.number if last is not None else 0
                self.revision = await self._store.accept(sources, author, way, summary, number)
            except Conflict:
                continue
            self._accepted = sources
            return True

    async def _files_of(self, revision: Revision | None) -> Mapping[str, bytes]:
        """Return a revision's files; those of the one that we accepted last are at hand."""
        if revision is None:
            return {}
        if self.revision is not None and revision.number == self.revision.number:
            return self._accepted
        return await self._store.sources(revision)

    def _refuse(self, findings: Sequence[Finding]) -> None:
        """Tell the admins what is wrong, once for the same findings."""
        errors = tuple(str(finding) for finding in findings if finding.severity is Severity.ERROR)
        if errors != self._told:
            self._told = errors
            log.warning(
                "the catalogue has %d errors, and nothing was changed",
                len(errors),
                extra={"action": "catalogue_refused"},
            )
            self._tell(told_bad(errors, self._number))

    def _mended(self) -> None:
        if self._told:
            self._told = ()
            self._tell(told_mended(self._number, self.revision.summary if self.revision else ()))
