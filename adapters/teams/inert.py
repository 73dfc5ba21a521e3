"""Make text inert in an Adaptive Card: it shows as it was written and never acts as markup.

A `TextRun` knows no Markdown, so most text goes there and stays exact when it is copied. What must stand in a
`TextBlock` (headings carry their role there), a fact or a choice goes through Markdown and is escaped for it.
Both replace `{{DATE(…)}}` and `{{TIME(…)}}`.
"""

from __future__ import annotations

import re

_NBSP = "\N{NO-BREAK SPACE}"
_FORMULA = re.compile(r"\{(?=\{\s*(?:DATE|TIME)\b)", re.IGNORECASE)
_MARKUP = re.compile(r"[\\`*_~]|\](?=[(:\[])|<(?=[a-zA-Z/!?])|&(?=#?\w+;)")
_LIST_MARK = re.compile(r"^(\s*)([-+#>]|\d+(?=[.)]))", re.MULTILINE)
_RUN_OF_SPACES = re.compile(r"^ +| {2,}", re.MULTILINE)


def plain(text: str) -> str:
    """Make text safe for a `TextRun` or a label, which know no Markdown."""
    return _FORMULA.sub("{\N{WORD JOINER}", text)


def escaped(text: str) -> str:
    """Make text safe for a place that reads Markdown; the card shows it as it was written."""
    return _LIST_MARK.sub(_escape_mark, _MARKUP.sub(r"\\\g<0>", plain(text)))


def aligned(text: str) -> str:
    """Keep columns and indentation of fixed-width text, whose spaces a client would run together."""
    return _RUN_OF_SPACES.sub(_keep_spaces, plain(text).expandtabs(4))


def shortened(text: str, limit: int) -> str:
    """Cut text to `limit` characters, the last of them an ellipsis that says so."""
    return text if len(text) <= limit else f"{text[: max(0, limit - 1)].rstrip()}…"


def _escape_mark(found: re.Match[str]) -> str:
    indent, mark = found.groups()
    return f"{indent}{mark}\\" if mark.isdigit() else f"{indent}\\{mark}"


def _keep_spaces(found: re.Match[str]) -> str:
    """Leave one ordinary space between words, where a line may still break."""
    width = len(found[0])
    starts_line = found.start() == 0 or found.string[found.start() - 1] == "\n"
    return _NBSP * width if starts_line else f"{_NBSP * (width - 1)} "
