"""Outbound cards a second: our sender and botbuilder's own, to the same loopback connector."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from botbuilder.schema import Activity
from botframework.connector.aio import ConnectorClient
from botframework.connector.auth import MicrosoftAppCredentials

from adapters.teams.app import TeamsAdapter, TeamsConfig
from adapters.teams.render import activity
from bot.messages import Button, Choices, Code, Heading, Message, Progress, Text
from bot.model import (
    Answer,
    ChannelName,
    Delivery,
    DeliveryId,
    DeliveryKind,
    Incoming,
    Operation,
    OrganizationId,
    Workspace,
    WorkspaceId,
)

CARD = Message(
    "Step 1 of 5",
    (
        Heading("Write the variance commentary"),
        Progress(0, 5, "Step 1 of 5"),
        Text("Your manager wants three sentences on why Q3 missed plan. " * 3),
        Code("Line      Plan  Actual\nRevenue  1,200   1,110\n" * 5, "Material"),
        Choices(tuple(Button(name, "done", {"s": "x" * 26, "v": "1"}) for name in ("I did it", "I'm stuck"))),
    ),
)
CONCURRENT = 32


class _NoDesk:
    async def handle(self, incoming: Incoming) -> Answer:
        """Take nothing in: this only sends."""
        return Answer()


def _delivery(number: int, service_url: str) -> Delivery:
    moment, organization = datetime.now(UTC), OrganizationId("o")
    return Delivery(
        id=DeliveryId(str(number)),
        organization=organization,
        workspace=Workspace(WorkspaceId("w"), organization, ChannelName.TEAMS, "tenant"),
        key=str(number),
        kind=DeliveryKind.REPLY,
        operation=Operation.POST,
        account=f"29:{number}",
        conversation=f"a:{number}",
        message=replace(CARD),  # drawn anew: a card that goes out twice is drawn once
        created_at=moment,
        lease_until=moment + timedelta(seconds=30),
        service_url=service_url,
    )


async def ours(service_url: str, seconds: float) -> float:
    """Send cards through our channel, drawn anew each time; give the rate."""
    adapter = TeamsAdapter(TeamsConfig(anonymous=True), _NoDesk(), lambda: datetime.now(UTC))
    sent = await _for(seconds, lambda n: adapter.channel.deliver(_delivery(n, service_url)))
    await adapter.stop()
    return sent


async def stock(service_url: str, seconds: float) -> float:
    """Send the same card through botbuilder's connector client, one client a turn, as CloudAdapter does."""
    body = activity(CARD)

    async def send(number: int) -> object:
        client = ConnectorClient(MicrosoftAppCredentials("", ""), base_url=service_url)
        return await client.conversations.send_to_conversation(f"a:{number}", Activity().from_dict(body))

    return await _for(seconds, send)


async def _for(seconds: float, send: object) -> float:
    count = 0
    start = time.perf_counter()

    async def work(first: int) -> None:
        nonlocal count
        number = first
        while time.perf_counter() - start < seconds:
            await send(number)  # type: ignore[operator]
            number += CONCURRENT
            count += 1

    await asyncio.gather(*(work(n) for n in range(CONCURRENT)))
    return count / (time.perf_counter() - start)
