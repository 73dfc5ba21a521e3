"""Files that admins send: which are taken, and which file of the catalogue each one is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from bot.errors import ChannelError, FileRefused
from bot.model import ChannelName, FileRef
from bot.ports import FileSource
from lessons.including import folder_for
from lessons.reading import MOST_BYTES, Block, parse
from lessons.terms import NAME

_NAMED = re.compile(NAME)
_ENDINGS = (".yaml", ".yml")
_LIKE = "A lesson begins with `id`, `title` and `job_family`; begin with a copy of one that is live."


async def fetched(files: Sequence[FileRef], channel: ChannelName, source: FileSource) -> tuple[str, bytes]:
    """Read the one YAML file that was sent; return its name and what it holds.

    Raises:
        FileRefused: there is none, or several, or it cannot be taken.
    """
    if len(files) != 1:
        how_many = f"{len(files)} files came at once" if files else "No file came"
        raise FileRefused(f"{how_many}.", "Send one at a time: you are shown each before it goes live.")
    (file,) = files
    name = file.name[:80]
    if not name.lower().endswith(_ENDINGS):
        raise FileRefused(
            f"“{name}” is no YAML file.", "Send a lesson, or lessons.yaml, with the ending .yaml."
        )
    if file.size is not None and file.size > MOST_BYTES:
        raise too_large(name)
    try:
        data = await source.fetch(file, MOST_BYTES)
    except ChannelError as error:
        hint = "Send it again. If it happens again, whoever runs Laps finds out more with `laps doctor`."
        raise FileRefused(f"{channel.spoken} did not hand over “{name}” ({error}).", hint) from error
    if len(data) > MOST_BYTES:
        raise too_large(name)
    return name, data


def too_large(name: str) -> FileRefused:
    """Refuse a file for its size."""
    return FileRefused(
        f"“{name}” has over {MOST_BYTES:,} bytes.", "A lesson has a few thousand: is it the right file?"
    )


def place_of(
    name: str,
    data: bytes,
    root: str,
    patterns: Iterable[str],
    known: Callable[[str, str], str | None],
) -> str:
    """Return which file of the catalogue a file is, from the folder of lessons.yaml: its id says so.

    Args:
        name: what it was called where it came from; said in what is wrong, and used for nothing else.
        data: what it holds.
        root: the name of lessons.yaml.
        patterns: what `include` says.
        known: finds the file of a lesson by its job family and the rest of its id.

    Raises:
        FileRefused: it cannot be read, or does not say which lesson it is.
    """
    document = parse(Path(name), data)
    if document.broken or not isinstance(document.value, Block):
        first = document.findings[0] if document.findings else None
        told = f"{first.message} (line {first.line}, column {first.column})" if first else "it is no mapping"
        raise FileRefused(f"“{name}” cannot be read: {told}.", (first.mend if first else "") or _LIKE)
    value = document.value
    if "steps" not in value and value.keys() & {"organization", "job_families", "include"}:
        return root
    lesson, family = value.get("id"), value.get("job_family")
    if not isinstance(lesson, str) or not isinstance(family, str):
        raise FileRefused(f"“{name}” does not say which lesson it is.", _LIKE)
    rest = lesson.removeprefix(f"{family}-")
    if not (_NAMED.fullmatch(family) and _NAMED.fullmatch(rest)) or rest == lesson:
        raise FileRefused(
            f"“{name}” names no file of the catalogue with its id.",
            "The id is the job family and the file's name, joined by a hyphen: finance-variance-note.",
        )
    return known(family, rest) or f"{folder_for(patterns, family)}/{rest}.yaml"
