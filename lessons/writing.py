"""Puts files of a catalogue in place, each whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path


def put_files(folder: Path, files: Mapping[str, bytes], gone: Collection[str] = ()) -> None:
    """Write files and take others away; all are written beside their places first, then renamed at once.

    Args:
        folder: that of lessons.yaml, from which the paths count.
        files: what each file is to hold.
        gone: files to delete.

    Raises:
        OSError: where a file cannot be written; then none was changed.
        ValueError: a path leads out of the folder.
    """
    places = {path: _inside(folder, path) for path in (*files, *gone)}
    waiting: dict[Path, Path] = {}
    try:
        for path, data in files.items():
            places[path].parent.mkdir(parents=True, exist_ok=True)
            waiting[_beside(places[path], data)] = places[path]
    except OSError:
        for temporary in waiting:
            temporary.unlink(missing_ok=True)
        raise
    for temporary, place in waiting.items():
        temporary.replace(place)
    for path in gone:
        places[path].unlink(missing_ok=True)


def _inside(folder: Path, path: str) -> Path:
    place = folder / path
    if not place.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"{path} leads out of the folder of the catalogue")
    return place


def _beside(place: Path, data: bytes) -> Path:
    """Write a hidden file in the same folder, which no include pattern takes for a lesson."""
    handle, name = tempfile.mkstemp(prefix=".", suffix=".new", dir=place.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    Path(name).chmod(place.stat().st_mode & 0o777 if place.exists() else 0o644)
    return Path(name)
