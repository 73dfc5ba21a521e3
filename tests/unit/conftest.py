"""What the tests of the command share."""

from pathlib import Path

import pytest

from tests.commands import Laps


@pytest.fixture
def laps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Laps:
    """Give the command, in a folder of its own."""
    return Laps(tmp_path, monkeypatch, capsys)
