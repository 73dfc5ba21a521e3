"""Text made to fit: measured as strictly as a platform may count, cut with an ellipsis, split at a line."""

from __future__ import annotations

from collections.abc import Iterator

_LOOSE = " \n\t\u200d\ufe0f"
"""What must not stand before an ellipsis: space, and joiners that would draw it into an emoji."""


def size(text: str) -> int:
    """Count UTF-16 units: most emoji are two."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, limit: int) -> str:
    """Shorten a text to `limit` units, the last of them an ellipsis."""
    if size(text) <= limit:
        return text
    return _start(text, limit - 1).rstrip(_LOOSE) + "…"


def parts(text: str, limit: int) -> Iterator[str]:
    """Split a text into parts of at most `limit` units, at a line's end where there is one."""
    while size(text) > limit:
        start = _start(text, limit)
        at = start.rfind("\n") + 1 or len(start)
        yield text[:at]
        text = text[at:]
    yield text


def _start(text: str, limit: int) -> str:
    """Give as much of a text's beginning as fits; an emoji at the edge goes out whole."""
    return text.encode("utf-16-le", "surrogatepass")[: 2 * limit].decode("utf-16-le", "ignore")


class Room:
    """The characters that are left for all texts of a message together."""

    def __init__(self, left: int) -> None:
        self.left = max(0, left)

    def take(self, text: str, most: int) -> str:
        """Take a text, cut to `most` and to what is left; "" where nothing is."""
        taken = cut(text, min(most, self.left)) if self.left else ""
        self.left -= size(taken)
        return taken
