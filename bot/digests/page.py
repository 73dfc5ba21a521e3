"""A digest as a page of its own: one file, with the picture in it, that can be sent and printed."""

from __future__ import annotations

import base64
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.digests.drawing import alt, as_png
from bot.digests.telling import Reader, headline, marks, moved, sections, title, wanting
from bot.measurement.digest import Digest


def as_html(digest: Digest, reader: Reader) -> bytes:
    """Write a page; nothing in it comes from anywhere else."""
    tools = reader.tools
    return _PAGE.render(
        title=title(digest, reader),
        headline=headline(digest, tools),
        marks=[*marks(digest)],
        picture=base64.b64encode(as_png(digest, reader)).decode(),
        alt=alt(digest, reader),
        cards=[
            ("What moved", moved(digest, tools)),
            ("Where help is needed", wanting(digest, tools)),
            ("What is not known, and why", [*digest.notes]),
        ],
        sections=[*sections(digest, tools)],
        definitions=[*digest.definitions.items()],
    ).encode()


_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_PAGE = _PAGES.get_template("digest.html")
