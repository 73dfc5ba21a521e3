"""Cells of tables that spreadsheets open: none is ever run."""

from __future__ import annotations

import unicodedata

FORMULAS = frozenset("=+-@\t\r\n|%")
"""What a cell begins with that a spreadsheet may run (OWASP, CSV injection)."""


def safe(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: with an apostrophe before it, where need be."""
    first = unicodedata.normalize("NFKC", text.lstrip(" \ufeff")[:1])[:1]
    return f"'{text}" if first in FORMULAS and first else text
