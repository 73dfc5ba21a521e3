"""The small kinds that the lesson language is made of: ids, lines, days, locales, pictures."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, Strict

NAME = r"^[a-z0-9]+(-[a-z0-9]+)*$"
"""An id that people type: lower-case words joined by hyphens."""

SOMETHING = r"\S"

NO_OTHER_NAMES: dict[str, JsonValue] = {"additionalProperties": False}
"""pydantic makes a pattern of the names that are allowed, and does not refuse the others."""

LOCALE = r"^[a-z]{2,3}(-[A-Z]{2})?$"
"""A language, and a country where it matters (BCP 47): de, pt-BR."""

ADDRESS = r"^https://[^\s/]+/\S+$"
"""An address that a channel can fetch without a word to anybody else."""

Name = Annotated[str, Field(pattern=NAME, max_length=60)]
Whole = Annotated[int, Strict()]
Number = Annotated[float, Strict()]
Flag = Annotated[bool, Strict()]
Locale = Annotated[str, Field(pattern=LOCALE)]
Label = Annotated[str, Field(pattern=SOMETHING, max_length=60)]
Title = Annotated[str, Field(pattern=SOMETHING, max_length=80)]
Line = Annotated[str, Field(pattern=SOMETHING, max_length=140)]
Paragraph = Annotated[str, Field(pattern=SOMETHING, max_length=600)]
Prompt = Annotated[str, Field(max_length=1500)]
Material = Annotated[str, Field(max_length=2500)]
Help = Annotated[str, Field(max_length=600)]
Asked = Annotated[str, Field(pattern=SOMETHING, max_length=400)]
Told = Annotated[str, Field(pattern=SOMETHING, max_length=300)]
ConceptText = Annotated[str, Field(pattern=SOMETHING, max_length=900)]


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_day(value: object) -> date | None:
    """Read what is written as a day, and only that: pydantic also takes a text of digits for a timestamp.

    Returns None for all else.
    """
    if isinstance(value, str) and _DAY.fullmatch(value):
        with suppress(ValueError):
            return date.fromisoformat(value)
    return value if isinstance(value, date) else None


Day = Annotated[date, BeforeValidator(read_day)]


class Model(BaseModel):
    """Refuses unknown keys and wrong types, and never changes once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Image(Model):
    """A picture that every channel can fetch."""

    url: Annotated[str, Field(pattern=ADDRESS, max_length=500)]
    """Where it is, beginning with https://."""
    alt: Line
    """What it shows, for those who do not see it."""
