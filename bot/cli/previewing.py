"""`laps preview`: a lesson as it looks on every channel, as one file that opens in a browser."""

from __future__ import annotations

import sys
import webbrowser
from pathlib import Path

from bot.app import read_catalogue
from bot.cli.trying import find_lesson
from bot.errors import ConfigError
from bot.model import ChannelName
from bot.preview.page import draw_page
from bot.settings import Settings

FOLDER = Path("var/preview")


def preview(settings: Settings, name: str, channel: ChannelName | None, output: Path | None) -> int:
    """Draw every screen of a lesson, side by side, and open the page where somebody is looking.

    Raises:
        UnknownLesson: the catalogue has none of this id.
        CatalogueError: the catalogue cannot be used.
        ConfigError: the file cannot be written.
    """
    catalogue = read_catalogue(settings)
    page = draw_page(find_lesson(catalogue, name), catalogue, channel, whole=True)
    if output == Path("-"):
        sys.stdout.write(page)
        return 0
    place = output or FOLDER / f"{name}.html"
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(page, encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigError(
            str(place), f"cannot be written ({reason})", "Name another with --output."
        ) from error
    print(f"{place}: every screen of {name}. Open it in a browser.")
    if sys.stdout.isatty():
        webbrowser.open(place.resolve().as_uri())
    return 0
