"""The preview page: every screen of a lesson in Slack, in Teams and in the practice room, side by side.

What stands in each column is what that channel is sent: Slack's blocks drawn as its clients do, Teams' card
by Microsoft's own renderer (the adaptivecards package, kept beside this file), the practice room's own page.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from adapters.slack.render import render as slack_blocks
from adapters.teams.render import render as teams_card
from adapters.web.render import render as room_page
from bot.learning.screens import screens_of
from bot.model import ChannelName
from lessons.catalogue import Catalogue
from lessons.model import Lesson

STATIC = Path(__file__).parent / "static"
ROOM = Path(__file__).parents[2] / "adapters" / "web" / "static"

FILES = {
    "room.css": ROOM / "laps.css",
    "preview.css": STATIC / "preview.css",
    "adaptivecards.js": STATIC / "adaptivecards.min.js",
    "preview.js": STATIC / "preview.js",
    "logo.svg": ROOM / "logo.svg",
}
"""What the page loads, by the name under which it does."""

COLUMNS = {
    ChannelName.SLACK: "Slack",
    ChannelName.TEAMS: "Microsoft Teams",
    ChannelName.WEB: "Practice room",
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """One screen on each channel: Slack's blocks, Teams' card as JSON, the practice room's HTML."""

    name: str
    blocks: object
    card: str
    room: str


def draw_page(
    lesson: Lesson,
    catalogue: Catalogue,
    channel: ChannelName | None = None,
    *,
    whole: bool = False,
    locale: str | None = None,
) -> str:
    """Draw the page of one lesson.

    Args:
        lesson: the lesson.
        catalogue: where it is from.
        channel: only this channel; None for all three.
        whole: with styles and scripts in it, so that it can be kept as one file.
        locale: in the language of this locale, where the lesson has it.
    """
    told = lesson.told_in(locale)
    screens = [
        Drawn(
            screen.name,
            slack_blocks(screen.message)["blocks"],
            orjson.dumps(teams_card(screen.message)).decode(),
            room_page(screen.message, f"post-{number}"),
        )
        for number, screen in enumerate(screens_of(lesson, catalogue, locale))
    ]
    columns = {c.value: name for c, name in COLUMNS.items() if channel in (None, c)}
    inside = {name: path.read_text() for name, path in FILES.items()} if whole else {}
    return _PAGE.render(
        lesson=told,
        locales=["", *lesson.translations],
        locale=locale or "",
        language=locale or catalogue.organization.language,
        family=catalogue.job_families[lesson.job_family].name,
        screens=screens,
        columns=columns,
        inside=inside,
    )


def draw_index(catalogue: Catalogue) -> str:
    """Draw the list of all lessons, by job family, each leading to its page."""
    families = [
        (family.name, [lesson for lesson in catalogue.lessons.values() if lesson.job_family == name])
        for name, family in catalogue.job_families.items()
    ]
    return _INDEX.render(families=families, language=catalogue.organization.language)


_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_PAGE = _PAGES.get_template("lesson.html")
_INDEX = _PAGES.get_template("index.html")
