"""What Slack refuses of Block Kit: the documented limits and shapes, checked as strictly as Slack does.

https://docs.slack.dev/reference/block-kit/blocks, .../block-elements, .../composition-objects
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Json = dict[str, Any]

MOST_TEXT = 11_000
"""Characters of all blocks of a message; `msg_blocks_too_long` was reported from 11,341 on."""


def faults_of_message(body: Mapping[str, Any]) -> list[str]:
    """Say what Slack would refuse of a message's blocks."""
    blocks = body.get("blocks")
    found = [] if body.get("text") else ["no top-level text"]
    if not isinstance(blocks, list) or not blocks:
        return [*found, "no blocks"]
    found += list(_faults(blocks, 50, ("header", "section", "rich_text", "context", "actions", "divider")))
    size = sum(_size(block) for block in blocks)
    return [*found, f"msg_blocks_too_long: {size}"] if size > MOST_TEXT else found


def faults_of_view(view: Mapping[str, Any]) -> list[str]:
    """Say what Slack would refuse of a modal or a home."""
    kind = view.get("type")
    if kind not in ("modal", "home"):
        return [f"view type {kind!r}"]
    found = []
    if kind == "modal":
        asks = any(block.get("type") == "input" for block in view.get("blocks", []))
        for name in ("title", "submit", "close"):
            if name in view or name == "title" or (name == "submit" and asks):
                found += list(_plain(view.get(name), 24, name))
        if len(view.get("private_metadata", "")) > 3000:
            found.append("private_metadata over 3000")
        if len(view.get("callback_id", "")) > 255:
            found.append("callback_id over 255")
    known = ("header", "section", "rich_text", "context", "actions", "divider", "input")
    return found + list(_faults(view.get("blocks", []), 100, known))


def _faults(blocks: list[Json], most: int, known: tuple[str, ...]) -> Iterator[str]:
    if len(blocks) > most:
        yield f"{len(blocks)} blocks, over {most}"
    names = [block["block_id"] for block in blocks if "block_id" in block]
    if len(set(names)) != len(names):
        yield "a block_id twice"
    for block in blocks:
        if block.get("type") not in known:
            yield f"block type {block.get('type')!r}"
            continue
        if len(block.get("block_id", "")) > 255:
            yield "block_id over 255"
        yield from _CHECKS[block["type"]](block)


def _header(block: Json) -> Iterator[str]:
    yield from _plain(block.get("text"), 150, "header")


def _context(block: Json) -> Iterator[str]:
    elements = block.get("elements", [])
    if not 1 <= len(elements) <= 10:
        yield "context elements"
    for element in elements:
        yield from _plain(element, 3000, "context")


def _actions(block: Json) -> Iterator[str]:
    elements = block.get("elements", [])
    if not 1 <= len(elements) <= 25:
        yield f"{len(elements)} elements in actions"
    names = [element.get("action_id") for element in elements]
    if len(set(names)) != len(names):
        yield "an action_id twice"
    for element in elements:
        yield from _button(element)


def _button(element: Json) -> Iterator[str]:
    if element.get("type") != "button":
        yield f"element {element.get('type')!r} in actions"
    if set(element) - {"type", "action_id", "text", "value", "style", "accessibility_label"}:
        yield f"keys of a button: {sorted(element)}"
    if not 1 <= len(element.get("action_id", "")) <= 255:
        yield "action_id"
    yield from _plain(element.get("text"), 75, "button")
    if len(element.get("value", "")) > 2000:
        yield "button value over 2000"
    if element.get("style") not in (None, "primary", "danger"):
        yield f"style {element.get('style')!r}"
    if len(element.get("accessibility_label", "")) > 75:
        yield "accessibility_label over 75"


def _rich_text(block: Json) -> Iterator[str]:
    elements = block.get("elements", [])
    if not elements:
        yield "empty rich_text"
    for element in elements:
        yield from _rich_element(element)


def _rich_element(element: Json) -> Iterator[str]:
    kind = element.get("type")
    inner = element.get("elements", [])
    if kind == "rich_text_list":
        if element.get("style") not in ("bullet", "ordered"):
            yield "list style"
        for item in inner:
            if item.get("type") != "rich_text_section":
                yield "list of other than sections"
            yield from _rich_element(item)
        return
    if kind not in ("rich_text_section", "rich_text_preformatted", "rich_text_quote"):
        yield f"rich text element {kind!r}"
    for run in inner:
        if run.get("type") != "text" or not isinstance(run.get("text"), str) or not run["text"]:
            yield f"run {run!r}"
        elif len(run["text"]) > 3001:
            yield "run over 3000"


def _input(block: Json) -> Iterator[str]:
    yield from _plain(block.get("label"), 2000, "label")
    element = block.get("element", {})
    kind = element.get("type")
    if kind == "plain_text_input":
        if not 0 < element.get("max_length", 1) <= 3000:
            yield "max_length"
        if len(element.get("initial_value", "")) > 3000:
            yield "initial_value"
        return
    most = {"radio_buttons": 10, "checkboxes": 10, "static_select": 100, "multi_static_select": 100}
    if kind not in most:
        yield f"input element {kind!r}"
        return
    options = element.get("options", [])
    if not 1 <= len(options) <= most[kind]:
        yield f"{len(options)} options in {kind}"
    for option in options:
        yield from _plain(option.get("text"), 75, "option")
        if not 1 <= len(option.get("value", "")) <= 150:
            yield "option value"
    chosen = element.get(
        "initial_options", [element["initial_option"]] if "initial_option" in element else []
    )
    if any(option not in options for option in chosen):
        yield "initial option that is none"


def _section(block: Json) -> Iterator[str]:
    text = block.get("text") or {}
    if len(text.get("text", "")) > 3000:
        yield "section over 3000"


def _divider(block: Json) -> Iterator[str]:
    return iter(())


def _plain(value: object, most: int, what: str) -> Iterator[str]:
    if not isinstance(value, dict) or value.get("type") != "plain_text":
        yield f"{what}: no plain_text"
        return
    if not 1 <= len(value.get("text", "")) <= most:
        yield f"{what}: {len(value.get('text', ''))} characters, 1 to {most}"


def _size(value: object) -> int:
    if isinstance(value, dict):
        return sum(len(v) if k == "text" and isinstance(v, str) else _size(v) for k, v in value.items())
    return sum(map(_size, value)) if isinstance(value, list) else 0


_CHECKS = {
    "header": _header,
    "context": _context,
    "actions": _actions,
    "rich_text": _rich_text,
    "input": _input,
    "section": _section,
    "divider": _divider,
}
