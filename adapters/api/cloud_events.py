"""CloudEvents 1.0 (https://github.com/cloudevents/spec): single, in batches, or in headers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

TYPE = "tool.used"
"""What an event has to be."""

MOST = 1000
"""Events of one batch."""

_Text = Annotated[str, Field(max_length=254)]
_Named = Annotated[_Text, Field(min_length=1)]


class Data(BaseModel):
    """What an event tells: the columns of the generic CSV, but for those that the envelope has."""

    model_config = ConfigDict(extra="forbid", strict=True)

    person: _Named
    tool: _Named
    occurred_at: _Text | None = None
    day: _Text | None = None
    task: _Text | None = None
    count: Annotated[int, Field(ge=0)] | None = None
    unit: _Text | None = None
    grain: _Text | None = None


class CloudEvent(BaseModel):
    """The envelope. Attributes that are of no use here are passed over, as the standard asks for."""

    model_config = ConfigDict(extra="ignore", strict=True)

    specversion: Literal["1.0"]
    id: _Named
    source: _Named
    type: Literal["tool.used"]
    time: _Text | None = None
    data: Data

    def cells(self) -> dict[str, str]:
        """Return what it tells, by the columns of the generic CSV."""
        said = {name: str(value) for name, value in self.data if value is not None}
        if "occurred_at" not in said and "day" not in said and self.time:
            said["occurred_at"] = self.time
        return {**said, "event_id": self.id, "source": self.source}


_BATCH = TypeAdapter(list[CloudEvent])


def read_events(content_type: str, headers: Mapping[str, str], body: bytes) -> Sequence[CloudEvent]:
    """Read the events of a request, in whichever of the three ways it has them.

    Raises:
        ValueError: what is wrong, a line for each.
    """
    try:
        if content_type == "application/cloudevents-batch+json":
            events = _BATCH.validate_json(body)
        elif content_type == "application/cloudevents+json":
            events = [CloudEvent.model_validate_json(body)]
        elif content_type == "application/json" and "ce-id" in headers:
            named = ((name.lower(), text) for name, text in headers.items())
            about = {name.removeprefix("ce-"): text for name, text in named if name.startswith("ce-")}
            events = [CloudEvent.model_validate_json(json.dumps({**about, "data": json.loads(body)}))]
        else:
            raise ValueError(
                f"{content_type!r} is none of application/cloudevents+json, "
                "application/cloudevents-batch+json, and application/json with ce- headers"
            )
    except ValidationError as error:
        raise ValueError("\n".join(_problems(error))) from error
    if len(events) > MOST:
        raise ValueError(f"a batch may have {MOST:,} events, and this has {len(events):,}")
    return events


def _problems(error: ValidationError) -> list[str]:
    return [f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}" for each in error.errors()[:50]]
