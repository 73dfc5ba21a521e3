"""`laps catalogue log|diff|rollback|publish`: the catalogue's revisions, on the command line."""

from __future__ import annotations

import getpass
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.app import CHANNEL_LIMITS, good, now_utc
from bot.cli.opening import opened, save
from bot.cli.printing import count
from bot.errors import UnknownRevision, UnsavedFiles
from bot.model import Revision
from bot.ports import Store
from bot.settings import Settings
from lessons.loading import load
from lessons.revising import describe
from lessons.writing import put_files

MOST = 1_000_000
"""Revisions that are looked through for one of them."""


async def log(settings: Settings, limit: int, form: str) -> int:
    """Print the newest revisions: who, when, how, and what changed."""
    async with opened(settings) as store:
        found = await store.revisions(limit)
        names = {author: await _name(store, author) for author in {each.author for each in found}}
    if form == "json":
        print(json.dumps([_row(each, names[each.author]) for each in found], indent=2, ensure_ascii=False))
        return 0
    if not found:
        print("There is no revision yet. `laps run` makes the first one, or `laps catalogue publish`.")
    for each in found:
        by = f" by {names[each.author]}" if each.author else ""
        print(f"revision {each.number}  {each.accepted_at:%Y-%m-%d %H:%M} UTC  {each.way}{by}")
        _print_lines(each.summary)
    return 0


async def diff(settings: Settings, old: int | None, new: int | None, form: str) -> int:
    """Print what changed between two revisions, or between one (the newest) and the files as they are.

    Raises:
        UnknownRevision: there is none of that number.
    """
    async with opened(settings) as store:
        before = await _sources(store, old)
        after = await _sources(store, new) if new is not None else _files(settings)
    lines = describe(before, after)
    if form == "json":
        print(json.dumps(list(lines), indent=2, ensure_ascii=False))
    elif lines:
        _print_lines(lines)
    else:
        print("Nothing changed.")
    return 0


async def publish(settings: Settings) -> int:
    """Check the files and accept them as the newest revision.

    Raises:
        CatalogueError: they have errors; nothing was accepted.
    """
    loaded = load(settings.lessons, now_utc().date(), CHANNEL_LIMITS)
    good(loaded)
    async with opened(settings) as store:
        revision, is_new = await _accept(store, loaded.sources, "published")
    if not is_new:
        print(f"Nothing changed: revision {revision.number} is what the files say.")
        return 0
    print(f"Revision {revision.number}: {count(len(revision.files), 'file')}.")
    _print_lines(revision.summary)
    return 0


async def rollback(settings: Settings, number: int) -> int:
    """Write the files of an earlier revision back, and accept them as the newest one.

    A server that watches the files has them live within a second.

    Raises:
        UnknownRevision: there is none of that number.
        CatalogueError: this Laps takes it no longer; nothing was changed.
        UnsavedFiles: files have changes that no revision has, and would be lost.
    """
    async with opened(settings) as store:
        wanted = await _sources(store, number)
        with TemporaryDirectory(prefix="laps-") as folder:
            put_files(Path(folder), wanted)
            good(load(Path(folder) / settings.lessons.name, now_utc().date(), CHANNEL_LIMITS))
        present = _files(settings)
        await _refuse_to_lose(store, present, wanted)
        changed = {path: data for path, data in wanted.items() if present.get(path) != data}
        gone = [path for path in present if path not in wanted]
        save(settings.lessons.parent, changed, gone)
        revision, _ = await _accept(store, wanted, f"rollback to {number}")
    print(f"Revision {revision.number}: the catalogue is what revision {number} was.")
    _print_lines(revision.summary)
    return 0


async def _accept(store: Store, files: Mapping[str, bytes], way: str) -> tuple[Revision, bool]:
    last = next(iter(await store.revisions(1)), None)
    before = await store.sources(last) if last is not None else {}
    if last is not None and dict(before) == dict(files):
        return last, False
    summary: Sequence[str] = describe(before, files) if last is not None else ()
    by = f"{way} by {getpass.getuser()} on the command line"
    return await store.accept(files, "", by, summary, last.number if last else 0), True


async def _refuse_to_lose(store: Store, present: Mapping[str, bytes], wanted: Mapping[str, bytes]) -> None:
    last = next(iter(await store.revisions(1)), None)
    known = await store.sources(last) if last is not None else {}
    unsaved = [p for p, data in present.items() if known.get(p) != data and wanted.get(p) != data]
    if unsaved:
        raise UnsavedFiles(sorted(unsaved))


async def _sources(store: Store, number: int | None) -> Mapping[str, bytes]:
    """Return the files of a revision, of the newest where none is named."""
    found = await store.revisions(1 if number is None else MOST)
    revision = next((each for each in found if number in (None, each.number)), None)
    if revision is None:
        raise UnknownRevision(number, found[0].number if found else 0)
    return await store.sources(revision)


def _files(settings: Settings) -> Mapping[str, bytes]:
    return load(settings.lessons, now_utc().date()).sources


async def _name(store: Store, author: str) -> str:
    """Return what an author is called, their key where nobody knows; "" for nobody."""
    if not author:
        return ""
    learner = await store.find_person(author)
    accounts = await store.accounts_of(learner.id)
    return next((account.name for _, account in accounts if account.name), author)


def _row(revision: Revision, by: str) -> Mapping[str, object]:
    return {
        "revision": revision.number,
        "accepted_at": revision.accepted_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "way": revision.way,
        "by": by or None,
        "files": len(revision.files),
        "changes": list(revision.summary),
    }


def _print_lines(lines: Sequence[str]) -> None:
    for line in lines:
        print(f"  {line}")
