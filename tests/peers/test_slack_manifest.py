from pathlib import Path

import pytest

from adapters.slack.manifest import manifest
from tests.peers.manifests import slack_faults

BASE = "https://laps.example.com"


@pytest.mark.peer("node", "typescript", "slack-manifest")
@pytest.mark.parametrize("listens", [False, True])
@pytest.mark.parametrize(("base_url", "socket_mode"), [(BASE, False), (f"{BASE}/", False), (None, True)])
def test_slack_accepts_our_manifest(
    base_url: str | None, socket_mode: bool, listens: bool, tmp_path: Path
) -> None:
    """What `laps manifest slack` writes, for HTTP and for Socket Mode, has no fault by Slack's own types."""
    assert slack_faults(manifest(base_url, socket_mode, listens), tmp_path) == []
