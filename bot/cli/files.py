"""Files that a command reads: a copy that nobody else writes to, that can be read twice, and is unpacked."""

from __future__ import annotations

import gzip
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from bot.errors import BadLines

AT_ONCE = 1 << 20
_GZIP = b"\x1f\x8b"


@contextmanager
def copied(file: Path, largest: int) -> Iterator[BinaryIO]:
    """Give a copy of a file, or of standard input where it is named -, unpacked where it was packed by gzip.

    Args:
        file: may be a pipe.
        largest: of so many bytes a little more is copied, so that the reader sees that it is too large.

    Raises:
        BadLines: it cannot be read.
    """
    with tempfile.TemporaryFile() as copy:
        try:
            if str(file) == "-":
                _copy(sys.stdin.buffer, cast("BinaryIO", copy), largest)
            else:
                with file.open("rb") as source:
                    _copy(source, cast("BinaryIO", copy), largest)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise BadLines([f"{file}: it was packed by gzip, and its end is missing or broken"]) from error
        except OSError as error:
            raise BadLines([f"{file}: cannot be read ({(error.strerror or str(error)).lower()})"]) from error
        copy.seek(0)
        yield cast("BinaryIO", copy)


def _copy(source: BinaryIO, copy: BinaryIO, largest: int) -> None:
    first = source.read(AT_ONCE)
    if not first.startswith(_GZIP):
        copy.write(first)
        while copy.tell() <= largest and (portion := source.read(AT_ONCE)):
            copy.write(portion)
        return
    with tempfile.TemporaryFile() as packed:
        packed.write(first)
        while packed.tell() <= largest and (portion := source.read(AT_ONCE)):
            packed.write(portion)
        packed.seek(0)
        with gzip.GzipFile(fileobj=packed) as unpacked:
            while copy.tell() <= largest and (portion := unpacked.read(AT_ONCE)):
                copy.write(portion)
