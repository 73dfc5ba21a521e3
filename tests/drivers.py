"""What a test can do on any channel: type, press, fill in, and look."""

from __future__ import annotations

from typing import Protocol


class Driver(Protocol):
    """One person at a client of one channel."""

    async def say(self, text: str) -> None:
        """Type a line to Laps."""

    async def press(self, label: str) -> None:
        """Press the newest button of that label."""

    async def fill(self, form_label: str, **values: str) -> None:
        """Fill in the form that the button `form_label` opens, or that stands in the message, and send it."""

    def shown(self) -> str:
        """Give the newest message as a person reads it."""

    def messages(self) -> list[str]:
        """Give every message, oldest first."""


class FileDriver(Driver, Protocol):
    """One person who can send files, too."""

    async def upload(self, name: str, data: bytes) -> None:
        """Send a file."""
