"""Changes values in a YAML file and leaves the rest as its author wrote it: comments, order, quotes, layout.

Written by ruamel.yaml, which is 35 times slower than reading and used for single files only. Of what it
writes, only the lines that the change itself touches are taken over; and the result is read back and held
against what was meant before anybody gets it.
"""

from __future__ import annotations

import difflib
import io
import re
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq
from ruamel.yaml.scalarstring import FoldedScalarString, LiteralScalarString

from lessons.reading import Block, Value, parse

Way = tuple[str | int, ...]
"""The keys and indexes that lead to a value."""

New: TypeAlias = "str | int | tuple[str, ...]"
"""What is to stand there: a text, a whole number, or a list of texts; "" and () take the key out."""

WIDTH = 110
"""Characters of a line at most, where a text is folded."""


def edited(data: bytes, changes: Mapping[Way, New]) -> bytes:
    """Return a file with other texts at some places.

    Args:
        data: the file, which can be read without a finding.
        changes: what is new at each place; what is empty takes the key out, and a key that is not there is
            added.

    Raises:
        ValueError: the file cannot be read, or a way leads nowhere.
    """
    before = parse(Path("file.yaml"), data)
    if before.findings or not isinstance(before.value, Block):
        raise ValueError("the file has findings: mend these first")
    changes = {way: _ended(new) if isinstance(new, str) else new for way, new in changes.items()}
    text = data.decode("utf-8-sig")
    writer = _writer(text)
    plain = _dumped(writer, writer.load(text))
    tree = writer.load(text)
    for way, new in changes.items():
        _put(tree, way, new)
    result = _transplanted(text, plain, _dumped(writer, tree)).encode()
    wanted: object = before.value
    for way, new in changes.items():
        wanted = _with(wanted, way, new)
    if parse(Path("file.yaml"), result).value != wanted:
        raise ValueError("the change cannot be written into this file as it is laid out")
    return result


def _ended(text: str) -> str:
    """Give a text of several lines the one line break at its end that a block of kept lines has."""
    clean = text.replace("\r\n", "\n").strip("\n")
    return f"{clean}\n" if "\n" in clean else clean


def _writer(text: str) -> YAML:
    writer = YAML()
    writer.preserve_quotes = True
    writer.width = 100_000  # what is folded keeps its own breaks
    listed = re.search(r"^( *)[\w-]+:\n( *)- ", text, re.MULTILINE)
    offset = len(listed[2]) - len(listed[1]) if listed else 2
    writer.indent(mapping=2, sequence=offset + 2, offset=offset)
    return writer


def _dumped(writer: YAML, tree: object) -> str:
    out = io.StringIO()
    writer.dump(tree, out)
    return out.getvalue()


def _put(tree: object, way: Way, new: New) -> None:
    *lead, last = way
    for part in lead:
        tree = _inside(tree, part)
    if isinstance(last, int):
        if not isinstance(tree, list) or last >= len(tree):
            raise ValueError(f"nothing is at {way}")
        tree[last] = _laid_out(tree[last], new, len(lead))
    elif isinstance(tree, dict):
        if new:
            tree[last] = _laid_out(tree.get(last), new, len(lead))
        else:
            tree.pop(last, None)
    else:
        raise ValueError(f"nothing is at {way}")


def _inside(tree: object, part: str | int) -> object:
    if isinstance(tree, list) and isinstance(part, int) and part < len(tree):
        return tree[part]
    if isinstance(tree, dict) and part in tree:
        return tree[part]
    raise ValueError(f"nothing is at {part}")


def _laid_out(old: object, new: New, depth: int) -> object:
    if isinstance(new, str):
        return _styled(old, new, depth)
    return _listed(old, new, depth) if isinstance(new, tuple) else new


def _listed(old: object, new: tuple[str, ...], depth: int) -> CommentedSeq:
    """Change a list entry by entry, so that what stays keeps its layout and its comments."""
    entries = old if isinstance(old, CommentedSeq) else CommentedSeq()
    in_a_line = bool(entries.fa.flow_style())
    same = difflib.SequenceMatcher(None, [*entries], new, autojunk=False)
    for tag, a1, a2, b1, b2 in reversed(same.get_opcodes()):
        if tag == "equal":
            continue
        for at in reversed(range(a1, a2)):
            del entries[at]
        for offset, text in enumerate(new[b1:b2]):
            entries.insert(a1 + offset, text if in_a_line else _styled(None, text, depth + 1))
    return entries


def _styled(old: object, new: str, depth: int) -> str:
    """Write a text in the style of the one before it: kept lines, folded, or as it comes."""
    room = WIDTH - 2 * depth
    if "\n" in new:
        return in_lines(new)
    if isinstance(old, FoldedScalarString) or len(new) > room:
        return in_block(new, room)
    return new


def in_block(text: str, room: int) -> str:
    """Make a text that is folded at `room` characters a line."""
    made = FoldedScalarString(text)
    breaks, at = [], 0
    for line in textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False)[:-1]:
        at = text.index(line, at) + len(line)
        breaks.append(at)
    made.fold_pos = breaks
    kept: str = made
    return kept


def in_lines(text: str) -> str:
    """Make a text whose lines are kept."""
    made: str = LiteralScalarString(text)
    return made


def _with(value: object, way: Way, new: New) -> object:
    """Return what the reader should find, with plain containers: only their content is compared."""
    if not way:
        return [*new] if isinstance(new, tuple) else new
    first, rest = way[0], way[1:]
    if isinstance(value, list):
        return [_with(each, rest, new) if at == first else each for at, each in enumerate(value)]
    found = dict(value) if isinstance(value, dict) else {}
    if not rest and not new:
        found.pop(str(first), None)
    else:
        found[str(first)] = _with(found.get(str(first)), rest, new)
    return found


def _transplanted(original: str, plain: str, changed: str) -> str:
    """Take the lines in which `changed` differs from `plain` over into the original."""
    if plain == original:
        return changed
    old, base, new = (text.splitlines(keepends=True) for text in (original, plain, changed))
    place = {
        a + i: b + i
        for a, b, size in difflib.SequenceMatcher(None, base, old, autojunk=False).get_matching_blocks()
        for i in range(size)
    }
    for tag, a1, a2, b1, b2 in reversed(
        difflib.SequenceMatcher(None, base, new, autojunk=False).get_opcodes()
    ):
        if tag == "equal":
            continue
        touched = range(a1, a2) if a2 > a1 else range(a1 - 1, a1)
        if not all(at in place for at in touched):
            return changed
        start = place[a1] if a2 > a1 else place[a1 - 1] + 1
        old[start : start + a2 - a1] = new[b1:b2]
    return "".join(old)


# ---------------------------------------------------------------- the same change to another state


def carried_over(base: bytes, mine: bytes, present: bytes) -> bytes:
    """Make the change from `base` to `mine` in a file that was changed in the meantime.

    Where both changed the same text, mine stands.

    Raises:
        ValueError: one of them changed more than texts, so that nobody can say what belongs where.
    """
    changes = difference(base, mine)
    if changes is None or difference(base, present) is None:
        raise ValueError("more than texts changed")
    return edited(present, changes)


def difference(old: bytes, new: bytes) -> Mapping[Way, New] | None:
    """Return the texts in which two states of a file differ; None where they differ in more than texts."""
    one, other = (parse(Path("file.yaml"), data) for data in (old, new))
    if one.broken or other.broken:
        return None
    found: dict[Way, New] = {}
    return found if _compare(one.value, other.value, (), found) else None


def _compare(old: Value, new: Value, way: Way, found: dict[Way, New]) -> bool:
    """Note the texts that differ below a place; say whether texts are all that differs."""
    if old == new:
        return True
    if isinstance(old, dict) and isinstance(new, dict):
        keys = [*old, *(key for key in new if key not in old)]
        return all(_compare(old.get(key, ""), new.get(key, ""), (*way, key), found) for key in keys)
    if _are_texts(old) and _are_texts(new):
        found[way] = tuple(str(text) for text in new or ()) if isinstance(new, list) else ""
        return True
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = enumerate(zip(old, new, strict=True))
        return all(_compare(was, now, (*way, at), found) for at, (was, now) in pairs)
    if isinstance(old, bool) or isinstance(new, bool):
        return False
    if isinstance(new, str | int) and isinstance(old, str | int):
        found[way] = new
        return True
    return False


def _are_texts(value: Value) -> bool:
    """Say whether a value is a list of texts, or nothing where one could be."""
    return value == "" or (isinstance(value, list) and all(isinstance(each, str) for each in value))
