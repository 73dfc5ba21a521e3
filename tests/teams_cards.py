"""What Teams demands of a card: the official Adaptive Card 1.5 schema, and Teams' own rules beyond it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema
import orjson

Json = dict[str, Any]

BYTES = 40_000
"""Of a card as UTF-16; Teams takes messages of up to 100 KB and may refuse long before."""

UNSUPPORTED = {"Media", "Action.OpenUrlDialog"}
INPUTS = {"Input.Text", "Input.ChoiceSet", "Input.Number", "Input.Toggle", "Input.Date", "Input.Time"}


def faults(card: Any) -> list[str]:
    """List what is wrong with a card; nothing where Teams would show it as it is meant."""
    found = [
        f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in _validator().iter_errors(card)
    ]
    if found or not isinstance(card, dict):
        return found
    size = len(orjson.dumps(card).decode().encode("utf-16-le"))
    if size > BYTES:
        found.append(f"{size} bytes as UTF-16")
    if card.get("version") != "1.5" or not card.get("fallbackText"):
        found.append("version 1.5 and a fallbackText are needed")
    nodes = list(elements(card))
    for node in nodes:
        found += _node_faults(node)
    ids = [node.get("id") for node in nodes if node["type"] in INPUTS]
    if len(set(ids)) < len(ids):
        found.append(f"inputs share an id: {ids}")
    return found


def elements(node: object) -> Iterator[Json]:
    """Yield every element and action of a card, top down, fallbacks included."""
    if isinstance(node, dict):
        if isinstance(node.get("type"), str):
            yield node
        for key, value in node.items():
            if key != "data":
                yield from elements(value)
    elif isinstance(node, list):
        for item in node:
            yield from elements(item)


def _node_faults(node: Json) -> Iterator[str]:
    kind = node["type"]
    if kind in UNSUPPORTED:
        yield f"{kind} is not shown by Teams"
    if node.get("style") in ("positive", "destructive"):
        yield f"{kind}: Teams ignores style {node['style']}"
    if kind == "ActionSet" and len(node["actions"]) > 6:
        yield "more than 6 buttons in a row: the rest hides in a menu"
    if kind == "Action.Execute" and node.get("fallback", {}).get("type") != "Action.Submit":
        yield "Action.Execute without an Action.Submit to fall back to"
    if kind == "Action.Execute" and not node.get("verb"):
        yield "Action.Execute without a verb: clients refuse to send it"
    if kind.startswith("Action.") and not node.get("title"):
        yield f"{kind} without a title"
    if kind in INPUTS and not (node.get("id") and node.get("label")):
        yield f"{kind} without an id or a label"
    if kind in INPUTS and node.get("isRequired") and not node.get("errorMessage"):
        yield f"{kind} is required and does not say so"


@cache
def _validator() -> jsonschema.protocols.Validator:
    """Read the official schema, taught the two things that Teams adds to 1.5."""
    schema = orjson.loads(files("adaptive_cards").joinpath("schemas/schema-1.5.json").read_bytes())
    card = schema["definitions"]["AdaptiveCard"]["properties"]
    card["msteams"] = {"type": "object", "properties": {"width": {"enum": ["full", "Full"]}}}
    return jsonschema.validators.validator_for(schema)(schema)
