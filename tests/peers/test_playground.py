import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "var" / "screenshots" / "teams"
ALONE = ["unshare", "--net", "--pid", "--fork", "--mount-proc", "--kill-child"]


@cache
def own_network() -> tuple[str, ...]:
    """Give the command that runs another in a network of its own; nothing where it is not allowed."""
    for command in (ALONE, [*ALONE, "--map-root-user"]):
        try:
            if subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:
                return tuple(command)
        except FileNotFoundError:
            break
    return ()


@pytest.mark.peer("node", "playground", "chromium")
@pytest.mark.timeout(240)
def test_a_learner_clicks_through_onboarding_and_a_lesson() -> None:
    """The scenario of every channel plays in Microsoft's playground, in a browser, with the running bot."""
    for old in PICTURES.glob("*.png"):
        old.unlink()
    play = [sys.executable, "-m", "tests.peers.playground", "first_lesson.yaml", str(PICTURES)]
    done = subprocess.run(
        [*own_network(), *play], cwd=ROOT, capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(list(PICTURES.glob("*.png"))) > 20
