"""The `laps` command for tests: in this process where it ends by itself, as a real one where it serves."""

from __future__ import annotations

import asyncio
import io
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.settings import Settings

ROOT = Path(__file__).parents[1]
CATALOGUE = ROOT / "tests" / "catalogue" / "lessons.yaml"
NAMES = tuple(str(field.validation_alias) for field in Settings.model_fields.values())


@dataclass(frozen=True)
class Outcome:
    """What a command ended with, and what it printed."""

    code: int
    out: str
    err: str


class Laps:
    """The command, in an empty folder with the tests' catalogue, untouched by this machine's settings."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, captured: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._patch = patch
        self._captured = captured
        patch.chdir(folder)
        for name in NAMES:
            patch.delenv(name, raising=False)
        patch.setenv("LAPS_LESSONS", str(CATALOGUE))

    def set(self, **settings: str) -> None:
        """Set environment variables."""
        for name, value in settings.items():
            self._patch.setenv(name, value)

    def __call__(self, *arguments: str, stdin: str = "") -> Outcome:
        """Run a command to its end."""
        self._patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8"))
        try:
            code = main(arguments)
        except SystemExit as ended:
            code = int(ended.code or 0)
        return Outcome(code, *self._captured.readouterr())


def environment(folder: Path, **settings: str) -> Mapping[str, str]:
    """Make the environment of a process of its own, whose warnings are errors as in the tests."""
    kept = {name: value for name, value in os.environ.items() if name not in NAMES}
    quiet = {"PYTHONWARNINGS": "error", "PYTHONPATH": str(ROOT), "LAPS_LESSONS": str(CATALOGUE)}
    return kept | quiet | settings


@asynccontextmanager
async def process(
    *arguments: str, folder: Path, **settings: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Start a command as a process of its own, which is gone at the end."""
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *arguments,
        cwd=folder,
        env=environment(folder, **settings),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.communicate()


async def ended(*arguments: str, folder: Path, **settings: str) -> Outcome:
    """Run a command as a process of its own to its end."""
    async with process(*arguments, folder=folder, **settings) as started:
        out, err = await started.communicate()
        assert started.returncode is not None
        return Outcome(started.returncode, out.decode(), err.decode())
