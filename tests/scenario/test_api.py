"""The API for programs: digests by token, real use by signed webhook, and the document of both."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import aiohttp
import pytest
from cloudevents.conversion import to_binary, to_json, to_structured
from cloudevents.http import CloudEvent
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from standardwebhooks import Webhook

from adapters.api.cloud_events import MOST
from bot.digests.forms import FORMS
from bot.events import AdoptionEvent, EventType, Evidence
from bot.measurement.uses import Grain
from bot.model import Role
from bot.privacy.audit import Action, first_broken
from bot.privacy.tokens import make
from tests.web_house import Room, room

SECRET = "whsec_bGFwcy10ZXN0cy1zZWNyZXQtb2YtMzItYnl0ZXMhIQ=="
BATCH = {"Content-Type": "application/cloudevents-batch+json"}
FIRST = date(2026, 8, 3)


@dataclass
class Api:
    """A running server, asked as programs ask."""

    room: Room
    http: aiohttp.ClientSession

    @property
    def now(self) -> datetime:
        """The server's time."""
        return self.room.clock.now

    async def token(self, role: Role = Role.LND, expires_at: datetime | None = None) -> str:
        """Make a token."""
        text, token = make(role, "tests", self.now, expires_at)
        await self.room.server.store.add_token(token)
        return text

    async def get(self, path: str, token: str | None = None, **headers: str) -> tuple[int, Any, Any]:
        """Ask; return status, headers and body."""
        about = {**headers, **({"Authorization": f"Bearer {token}"} if token else {})}
        async with self.http.get(self.room.url + path, headers=about) as answer:
            body = await answer.read()
            is_json = "json" in answer.content_type
            return answer.status, answer.headers, json.loads(body) if is_json else body

    async def post(
        self,
        body: bytes,
        *,
        secret: str = SECRET,
        at: datetime | None = None,
        headers: Mapping[str, str] = {},
    ) -> tuple[int, Any]:
        """Send use, signed by the standard's own library."""
        signed = Webhook(secret).sign("msg_1", at or self.now, body.decode())
        seconds = str(int((at or self.now).timestamp()))
        about = {"webhook-id": "msg_1", "webhook-timestamp": seconds, "webhook-signature": signed}
        about = {**about, "Content-Type": "application/cloudevents+json", **headers}
        url = f"{self.room.url}/api/v1/usage"
        async with self.http.post(url, data=body, headers=about) as answer:
            return answer.status, await answer.json(content_type=None)


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    """A server with a secret for webhooks."""
    async with room(LAPS_USAGE_WEBHOOK_SECRET=SECRET) as served, aiohttp.ClientSession() as http:
        yield Api(served, http)


def event(name: str, who: str, on: date, kind: EventType) -> AdoptionEvent:
    """Make one event at noon."""
    at = datetime.combine(on, time(12), UTC)
    if kind is EventType.TOOL_USED:
        return AdoptionEvent(name, at, on, who, kind, tool="copilot", evidence=Evidence.MEASURED)
    return AdoptionEvent(name, at, on, who, kind, lesson="finance-variance")


async def filled(api: Api, people: int = 30) -> None:
    """Have people of whom every second one adopts the tool."""
    made = []
    for number in range(people):
        who = f"E-{number}"
        made.append(event(f"c{number}", who, FIRST, EventType.LESSON_COMPLETED))
        for week in range(10 if number % 2 else 0):
            for day in (1, 3):
                on = FIRST + timedelta(days=7 * week + day)
                made.append(event(f"u{number}-{on}", who, on, EventType.TOOL_USED))
    await api.room.server.store.import_events(made)


# ---------------------------------------------------------------- digests


async def test_a_token_reads_a_digest_in_every_form(api: Api) -> None:
    """What the command writes; and who read it stands in the log."""
    await filled(api)
    token = await api.token()
    for name, form in FORMS.items():
        status, headers, body = await api.get(f"/api/v1/digests/2026-W41?format={name}", token)
        assert (status, headers["Content-Type"]) == (200, form.media_type)
        assert body
    status, headers, digest = await api.get("/api/v1/digests/2026-W41?group=all", token)
    row = next(each for each in digest["adoption"] if each["horizon_days"] == 30)
    assert (row["eligible"], row["adopted"], row["share"]) == (30, 15, 0.5)
    entries = [each async for each in api.room.server.store.audit_log(0)]
    assert first_broken(entries) is None
    read = [each.note for each in entries]
    assert {each.action for each in read} == {Action.DIGEST_READ}
    assert read[-1].about == {"week": "2026-W41", "group": "all", "format": "json"}
    assert read[-1].who.startswith("token:") and token.rpartition("_")[2] not in read[-1].who
    again = await api.get("/api/v1/digests/2026-W41?group=all", token, **{"If-None-Match": headers["ETag"]})
    assert (again[0], again[2]) == (304, b"")


async def test_without_a_good_token_nothing_is_read(api: Api) -> None:
    """None, an invented one, one that was taken back, one that is over, one of a role that may not."""
    good = await api.token()
    path = "/api/v1/digests/2026-W41"
    over = await api.token(expires_at=api.now)
    taken = await api.token()
    assert await api.room.server.store.revoke_token(taken.split("_")[1], api.now)
    assert not await api.room.server.store.revoke_token(taken.split("_")[1], api.now)
    invented = good[:-4] + "AAAA"
    for text in (None, "x", invented, good + "A", taken, over):
        status, headers, problem = await api.get(path, text)
        assert (status, headers["WWW-Authenticate"]) == (401, 'Bearer realm="laps"'), text
        assert headers["Content-Type"] == "application/problem+json" and problem["status"] == 401
    learner = await api.token(Role.LEARNER)
    assert (await api.get(path, learner))[0] == 403
    assert (await api.get(path, good))[0] == 200


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("2026-W41?format=pdf", 400, "There is no format 'pdf'"),
        ("2026-W99", 404, "2026-W99"),
        ("2999-W01", 404, "is not over"),
        ("2026-W41?group=colour:red", 404, "job_family, cohort"),
        ("2026-W41?group=role:lnd", 404, "there is no group"),
        ("2026-W41?group=cohort:nowhere", 404, "there is no group 'cohort:nowhere'"),
        ("..%2F..%2Fetc", 404, ""),
    ],
)
async def test_what_cannot_be_asked_for_is_a_problem(api: Api, path: str, status: int, said: str) -> None:
    """Each with words that say why."""
    await filled(api, 12)
    found, _, problem = await api.get(f"/api/v1/digests/{path}", await api.token())
    assert found == status
    assert said in str(problem)


async def test_no_answer_tells_of_a_person(api: Api) -> None:
    """Four people are no group, whichever form is asked for."""
    await filled(api, 4)
    token = await api.token()
    _, _, digest = await api.get("/api/v1/digests/2026-W41", token)
    assert digest["people"]["suppressed"]
    assert all(each["share"] is None and each["suppressed"] for each in digest["adoption"])
    for name in FORMS:
        _, _, body = await api.get(f"/api/v1/digests/2026-W41?format={name}", token)
        assert b"E-1" not in (json.dumps(body).encode() if isinstance(body, dict) else body)


# ---------------------------------------------------------------- the document


async def test_the_document_is_openapi_and_true(api: Api) -> None:
    """Valid by an official validator; and what is answered is what it says."""
    status, _, document = await api.get("/api/v1/openapi.json")
    assert status == 200
    validate(document)
    await filled(api)
    _, _, digest = await api.get("/api/v1/digests/2026-W41", await api.token())
    schema = {"$ref": "#/components/schemas/Digest", "components": document["components"]}
    assert [*Draft202012Validator(schema).iter_errors(digest)] == []
    assert set(document["components"]["schemas"]["Digest"]["required"]) == {*digest}
    routes = {
        route.resource.canonical for route in api.room.server.application().router.routes() if route.resource
    }
    ours = {path for path in routes if path.startswith("/api/v1/")}
    assert ours == {*document["paths"], "/api/v1/openapi.json"}


# ---------------------------------------------------------------- use


def used(name: str, **about: object) -> CloudEvent:
    """Make an event with the SDK of the standard."""
    envelope = {"id": name, "source": "//acme/proxy", "type": "tool.used", "time": "2026-11-02T09:30:00Z"}
    return CloudEvent(envelope, {"tool": "copilot", **about})


async def known(api: Api, *names: str) -> None:
    """Have somebody known by events of theirs."""
    events = [event(f"k-{name}", name, FIRST, EventType.LESSON_COMPLETED) for name in names]
    await api.room.server.store.import_events(events)


async def test_use_comes_in_once(api: Api) -> None:
    """Sent again it is known; whom nobody knows is listed."""
    await known(api, "E-1")
    _, body = to_structured(used("1", person="E-1", task="Variance analysis"))
    assert await api.post(body) == (200, {"records": 1, "new": 1, "known": 0, "strangers": []})
    assert await api.post(body) == (200, {"records": 1, "new": 0, "known": 1, "strangers": []})
    batch = (
        b"["
        + b",".join(to_json(each) for each in (used("2", person="E-1"), used("3", person="nobody")))
        + b"]"
    )
    assert await api.post(batch, headers=BATCH) == (
        200,
        {"records": 2, "new": 1, "known": 0, "strangers": ["nobody"]},
    )
    stored = [x async for x, _ in api.room.server.store.export_events(None) if x.type is EventType.TOOL_USED]
    assert [(x.tool, x.use_case, x.evidence, x.properties["grain"]) for x in stored] == [
        ("copilot", "Variance analysis", Evidence.MEASURED, Grain.EVENT),
        ("copilot", None, Evidence.MEASURED, Grain.EVENT),
    ]


async def test_use_comes_in_by_headers(api: Api) -> None:
    """The binary mode of the standard."""
    await known(api, "E-1")
    headers, body = to_binary(used("1", person="E-1", count=3))
    status, said = await api.post(body, headers={**headers, "Content-Type": "application/json"})
    assert (status, said["new"]) == (200, 1)


async def test_what_is_not_signed_is_not_taken(api: Api) -> None:
    """Another secret, another body, another time, no signature, and no secret at all."""
    await known(api, "E-1")
    _, body = to_structured(used("1", person="E-1"))
    other = "whsec_YW5vdGhlci1zZWNyZXQtb2YtMzItYnl0ZXMhISEhISE="
    assert (await api.post(body, secret=other))[0] == 401
    for off in (timedelta(minutes=6), -timedelta(minutes=6)):
        assert (await api.post(body, at=api.now + off))[0] == 401
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        assert (await api.post(body, headers={name: "x"}))[0] == 401
    async with api.http.post(f"{api.room.url}/api/v1/usage", data=body) as answer:
        assert answer.status == 401
    async with room() as bare, aiohttp.ClientSession() as http:
        status, problem = await Api(bare, http).post(body)
        assert (status, "LAPS_USAGE_WEBHOOK_SECRET" in problem["detail"]) == (403, True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"tool": "abacus"}, "lessons.yaml has no tool 'abacus'"),
        ({"count": -1}, "data.count"),
        ({"day": "2999-01-01"}, "has not come yet"),
        ({"day": "2026-02-30"}, "there is no day"),
        ({"person": "=cmd()"}, "begins like a formula"),
        ({"mood": 3}, "data.mood"),
        ({"grain": "hourly"}, "there is no grain"),
    ],
)
async def test_a_bad_event_keeps_all_of_it_out(api: Api, change: dict[str, object], said: str) -> None:
    """It is named, and nothing was taken."""
    await known(api, "E-1")
    batch = (
        b"["
        + to_json(used("1", person="E-1"))
        + b","
        + to_json(used("2", **{"person": "E-1", **change}))
        + b"]"
    )
    status, problem = await api.post(batch, headers=BATCH)
    assert status == 400
    assert said in problem["detail"]
    stored = [x async for x, _ in api.room.server.store.export_events(None) if x.type is EventType.TOOL_USED]
    assert stored == []


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (b"{", "application/cloudevents+json", "JSON"),
        (b"[]", "application/cloudevents+json", "body"),
        (b"{}", "text/plain", "none of application/cloudevents+json"),
        (
            b"[" + b",".join([to_json(used("1", person="E-1"))] * (MOST + 1)) + b"]",
            "application/cloudevents-batch+json",
            "1,001",
        ),
        (b"\xff\xfe".decode("latin-1").encode(), "application/cloudevents+json", "JSON"),
    ],
)
async def test_what_is_no_event_is_said_so(api: Api, body: bytes, kind: str, said: str) -> None:
    """Whatever comes in is answered with what is wrong."""
    status, problem = await api.post(body, headers={"Content-Type": kind})
    assert status == 400
    assert said in problem["detail"]
