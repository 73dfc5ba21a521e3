"""The forms of a digest, in one table: the command and the web give the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import orjson

from bot.digests.drawing import as_png
from bot.digests.page import as_html
from bot.digests.tables import as_csv, as_xlsx
from bot.digests.telling import Reader, as_text
from bot.measurement.digest import Digest


@dataclass(frozen=True, slots=True)
class Form:
    """A way to write a digest; `is_text` says that a terminal can show it."""

    media_type: str
    write: Callable[[Digest, Reader], bytes]
    is_text: bool = True


def as_json(digest: Digest) -> bytes:
    """Write all figures for programs; each that is held back is null, beside `suppressed`."""
    return orjson.dumps(digest.data(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

FORMS: Mapping[str, Form] = {
    "text": Form("text/plain; charset=utf-8", lambda digest, reader: as_text(digest, reader).encode()),
    "json": Form("application/json", lambda digest, reader: as_json(digest)),
    "csv": Form("text/csv; charset=utf-8", lambda digest, reader: as_csv(digest)),
    "xlsx": Form(_WORKBOOK, as_xlsx, is_text=False),
    "png": Form("image/png", as_png, is_text=False),
    "html": Form("text/html; charset=utf-8", as_html),
}
"""Every form by its name."""
