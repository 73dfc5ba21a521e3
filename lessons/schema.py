"""JSON Schemas of the lesson language, for editors and for tools that write lessons."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, JsonValue

from lessons.catalogue import Root
from lessons.model import Lesson

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def lesson_schema() -> dict[str, JsonValue]:
    """Describe a lesson file as JSON Schema 2020-12; the committed lesson.schema.json is this."""
    return _schema(Lesson, "A lesson of Laps")


def catalogue_schema() -> dict[str, JsonValue]:
    """Describe lessons.yaml as JSON Schema 2020-12; the committed catalogue.schema.json is this."""
    return _schema(Root, "The catalogue of Laps")


def _schema(model: type[BaseModel], title: str) -> dict[str, JsonValue]:
    made = {key: _without_titles(value) for key, value in model.model_json_schema().items()}
    return {"$schema": DIALECT, **made, "title": title}


def _without_titles(value: JsonValue) -> JsonValue:
    """Leave out the titles that pydantic makes from names: an editor would show them instead of the key.

    A property that is called title has a mapping there, not a text, and stays.
    """
    if isinstance(value, list):
        return [_without_titles(each) for each in value]
    if isinstance(value, Mapping):
        return {k: _without_titles(v) for k, v in value.items() if k != "title" or not isinstance(v, str)}
    return value
