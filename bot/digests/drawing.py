"""A digest as a picture: adoption with its intervals, and targets beside their goals.

Colours are those of Okabe and Ito, told apart by everybody, and every mark has a form of its own besides.
"""

from __future__ import annotations

import io
import textwrap
from typing import TYPE_CHECKING

from bot.digests.telling import Reader, headline, marks, percent, title
from bot.measurement.digest import AdoptionRow, Digest, TargetRow

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, DPI = 10.0, 150
"""Inches, and dots of each."""

MEASURED, SAID, GOAL, QUIET = "#0072B2", "#D55E00", "#000000", "#595959"

_NOTHING = "There is nothing to draw yet: nobody is eligible, or too few are."


def alt(digest: Digest, reader: Reader) -> str:
    """Say in words what the picture shows, for those who do not see it."""
    said = [f"{title(digest, reader)}. {headline(digest, reader.tools)}"]
    said += [
        f"{_label(row, reader)}: {percent(row.share)} of {row.eligible}, "
        f"{percent(row.low)} to {percent(row.high)}."
        for row in _adopted(digest)
    ]
    said += [
        f"{row.id}: {percent(row.share)} of {row.eligible}, goal {percent(row.goal)}."
        for row in _targets(digest)
    ]
    return " ".join(said)


def as_png(digest: Digest, reader: Reader) -> bytes:
    """Draw it as PNG; the words for those who do not see it are in its description."""
    # A second of every command's start, and only this one draws.
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    adopted, targets = _adopted(digest), _targets(digest)
    lines = [len(adopted), len(targets)] if targets else [len(adopted)]
    heights = [max(2, count) * 0.42 + 0.9 for count in lines]
    words = textwrap.wrap(headline(digest, reader.tools), 105)
    small = [*marks(digest)][:2]
    above = 0.8 + 0.24 * len(words) + 0.2 * len(small)
    figure = Figure(figsize=(WIDTH, sum(heights) + above), dpi=DPI)
    FigureCanvasAgg(figure)
    whole = sum(heights) + above
    figure.text(0.02, 1 - 0.3 / whole, title(digest, reader), fontsize=13, fontweight="bold", va="center")
    for number, line in enumerate(words):
        figure.text(0.02, 1 - (0.62 + 0.24 * number) / whole, line, fontsize=10.5, va="center")
    for number, line in enumerate(small):
        at = 0.62 + 0.24 * len(words) + 0.2 * number
        figure.text(0.02, 1 - at / whole, line, fontsize=8.5, va="center", color=QUIET)
    top = 1 - above / whole
    for number, height in enumerate(heights):
        low = top - (height - 0.55) / whole
        axes = figure.add_axes((0.3, low, 0.55, (height - 0.95) / whole))
        if number == 0:
            _draw_adoption(axes, adopted, reader)
        else:
            _draw_targets(axes, targets)
        top -= height / whole
    out = io.BytesIO()
    figure.savefig(
        out, format="png", metadata={"Title": title(digest, reader), "Description": alt(digest, reader)}
    )
    return out.getvalue()


def _adopted(digest: Digest) -> list[AdoptionRow]:
    rows = [row for row in digest.adoption if row.share is not None]
    return sorted(rows, key=lambda x: (x.program, x.tool, x.evidence != "measured", x.horizon_days))[:24]


def _targets(digest: Digest) -> list[TargetRow]:
    return [row for row in digest.targets if row.share is not None][:12]


def _label(row: AdoptionRow, reader: Reader) -> str:
    said = "" if row.evidence == "measured" else ", as people say"
    program = "" if row.program == "all" else f"{row.program}: "
    return f"{program}{reader.tools.get(row.tool, row.tool)}, {row.horizon_days} days{said}"


def _draw_adoption(axes: Axes, rows: list[AdoptionRow], reader: Reader) -> None:
    _lay_out(axes, [_label(row, reader) for row in rows], "Adopted, of the eligible, with the 95 % interval")
    for at, row in enumerate(rows):
        is_measured = row.evidence == "measured"
        colour, form = (MEASURED, "o") if is_measured else (SAID, "D")
        axes.plot([row.low or 0, row.high or 0], [at, at], color=colour, linewidth=2.2, solid_capstyle="butt")
        axes.plot(
            [row.share or 0], [at], form, color=colour, markersize=8, mfc=colour if is_measured else "white"
        )
        if row.baseline is not None:
            axes.plot([row.baseline], [at], "|", color=QUIET, markersize=14)
        _say(axes, at, f"{percent(row.share)} of {row.eligible}")
    if any(row.baseline is not None for row in rows):
        axes.set_xlabel(
            "The grey line is the share that used it as much before the first lesson.", color=QUIET
        )


def _draw_targets(axes: Axes, rows: list[TargetRow]) -> None:
    _lay_out(
        axes,
        [f"{row.id}{'' if row.evidence == 'measured' else ', as people say'}" for row in rows],
        "Targets",
    )
    for at, row in enumerate(rows):
        colour, form = (MEASURED, "o") if row.evidence == "measured" else (SAID, "D")
        axes.plot([row.low or 0, row.high or 0], [at, at], color=colour, linewidth=2.2, solid_capstyle="butt")
        axes.plot([row.share or 0], [at], form, color=colour, markersize=8)
        axes.plot([row.goal], [at], marker="v", color=GOAL, markersize=9)
        _say(axes, at, f"{percent(row.share)}, goal {percent(row.goal)}")


def _lay_out(axes: Axes, labels: list[str], heading: str) -> None:
    axes.set_title(heading, loc="left", fontsize=10.5, fontweight="bold")
    axes.set_xlim(0, 1)
    axes.set_ylim(max(2, len(labels)) - 0.5, -0.5)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"], fontsize=8.5)
    axes.set_yticks(range(len(labels)), labels, fontsize=9)
    axes.tick_params(length=0)
    axes.grid(axis="x", color="#d9d9d9", linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    if not labels:
        axes.text(0.5, 0.5, _NOTHING, ha="center", va="center", color=QUIET, fontsize=9.5)


def _say(axes: Axes, at: int, words: str) -> None:
    axes.text(1.02, at, words, va="center", fontsize=9)
