"""The OpenAPI document of the API, made from the values that it gives."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue, TypeAdapter

from adapters.api.cloud_events import CloudEvent
from bot.digests.forms import FORMS
from bot.measurement.digest import (
    AdoptionRow,
    ConfidenceRow,
    FirstWeekRow,
    FrequencyRow,
    Issue,
    ManagerRow,
    MinutesRow,
    NudgesRow,
    OpinionRow,
    People,
    ReachRow,
    RetentionRow,
    TargetRow,
    UseCaseRow,
)
from bot.measurement.tally import ASKED_FOR, GroupKind

Json = dict[str, JsonValue]

_ROWS: Mapping[str, type] = {
    "adoption": AdoptionRow,
    "targets": TargetRow,
    "frequency": FrequencyRow,
    "first_week": FirstWeekRow,
    "retention": RetentionRow,
    "use_cases": UseCaseRow,
    "fluency": AdoptionRow,
}
_SINGLE: Mapping[str, type] = {
    "people": People,
    "confidence": ConfidenceRow,
    "minutes_saved": MinutesRow,
    "manager": ManagerRow,
    "nudges": NudgesRow,
    "reach": ReachRow,
    "issue": Issue,
}


def document(version: str) -> Json:
    """Make the document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Laps",
            "version": version,
            "description": "Adoption figures of groups, never of a person; real use of AI tools coming in.",
        },
        "paths": {"/api/v1/digests/{week}": {"get": _digest()}, "/api/v1/usage": {"post": _usage()}},
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Made by `laps token create --role lnd`.",
                }
            },
            "schemas": _schemas(),
        },
    }


def _digest() -> Json:
    kinds = ", ".join(kind for kind in ASKED_FOR if kind is not GroupKind.ALL)
    return {
        "operationId": "digest",
        "summary": "The adoption figures of a week for a group, as they were issued.",
        "security": [{"token": []}],
        "parameters": [
            _parameter("week", "path", "An ISO week that is over.", {"type": "string"}),
            _parameter("group", "query", f"`all`, or kind:value. Kinds: {kinds}.", {"type": "string"}),
            _parameter("format", "query", "How it is written; json if unsaid.", {"enum": [*FORMS]}),
        ],
        "responses": {
            "200": {
                "description": "The digest.",
                "content": {
                    form.media_type.partition(";")[0]: {
                        "schema": {"$ref": "#/components/schemas/Digest"} if name == "json" else {}
                    }
                    for name, form in FORMS.items()
                },
            },
            "304": {"description": "It is the one that `If-None-Match` names."},
            **{status: _problem(said) for status, said in (
                ("400", "The format is none."),
                ("401", "There is no token, or it is not good any more."),
                ("403", "The token's role may not read digests."),
                ("404", "There is no such week or group, or the week is not over."),
                ("503", "The database does not answer; ask again."),
            )},
        },
    }  # fmt: skip


def _usage() -> Json:
    single: Json = {"$ref": "#/components/schemas/CloudEvent"}
    return {
        "operationId": "usage",
        "summary": "Take in real use of AI tools, signed by Standard Webhooks; each event counts once.",
        "parameters": [
            _parameter(name, "header", said, {"type": "string"})
            for name, said in (
                ("webhook-id", "The message's id."),
                ("webhook-timestamp", "Seconds since 1970; at most five minutes off."),
                ("webhook-signature", "`v1,` and the Base64 of the HMAC-SHA256 of `id.timestamp.body`."),
            )
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/cloudevents+json": {"schema": single},
                "application/cloudevents-batch+json": {"schema": {"type": "array", "items": single}},
            },
        },
        "responses": {
            "200": {
                "description": "What came of it.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Taken"}}},
            },
            "400": _problem("Something is wrong with an event; none was taken."),
            "401": _problem("The signature is not ours, or too old."),
            "403": _problem("No secret is set, so nothing is taken in."),
            "503": _problem("The database does not answer; send it again."),
        },
    }


def _parameter(name: str, place: str, said: str, schema: Json) -> Json:
    return {"name": name, "in": place, "required": place != "query", "description": said, "schema": schema}


def _problem(said: str) -> Json:
    schema: Json = {"$ref": "#/components/schemas/Problem"}
    return {"description": said, "content": {"application/problem+json": {"schema": schema}}}


def _schemas() -> Json:
    found: Json = {}
    digest: Json = {
        "week": {"type": "string"},
        "from": {"type": "string", "format": "date"},
        "to": {"type": "string", "format": "date"},
        "group": {
            "type": "object",
            "properties": {"kind": {"enum": [*ASKED_FOR]}, "value": {"type": "string"}},
            "required": ["kind", "value"],
        },
        "definitions": {"type": "object", "additionalProperties": {"type": "string"}},
        "notes": {"type": "array", "items": {"type": "string"}},
    }
    for name, of in _ROWS.items():
        digest[name] = {"type": "array", "items": _of(of, found)}
    for name, of in _SINGLE.items():
        digest[name] = _of(of, found)
    opinion = _of(OpinionRow, found)
    number: Json = {"type": ["number", "null"]}
    digest["perception_gap"] = {
        "type": "object",
        "properties": {
            "item": {"type": "string"},
            "hr": opinion,
            "learners": opinion,
            "gap": number,
            "estimated_rate": number,
            "measured_rate": number,
        },
    }
    digest["waves"] = {"type": "array", "items": {"type": "object"}}
    found["Digest"] = {"type": "object", "properties": digest, "required": [*digest]}
    event = TypeAdapter(CloudEvent).json_schema(ref_template="#/components/schemas/{model}")
    found.update(event.pop("$defs", {}))
    found["CloudEvent"] = event
    whole: Json = {"type": "integer", "minimum": 0}
    found["Taken"] = {
        "type": "object",
        "properties": {
            "records": whole,
            "new": whole,
            "known": whole,
            "strangers": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["records", "new", "known", "strangers"],
    }
    found["Problem"] = {
        "type": "object",
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
        },
        "required": ["type", "title", "status"],
    }
    return found


def _of(of: type, found: Json) -> Json:
    """Add the schema of a row, as it is given, and refer to it."""
    schema = TypeAdapter(of).json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
    found.update(schema.pop("$defs", {}))
    found[of.__name__] = schema
    return {"$ref": f"#/components/schemas/{of.__name__}"}
