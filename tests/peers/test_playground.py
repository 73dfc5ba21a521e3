import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "var" / "screenshots" / "teams"
CHANNEL = ROOT / "var" / "screenshots" / "teams-channel"
UNASKED = ROOT / "var" / "screenshots" / "teams-unasked"
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


def play(scenario: str, pictures: Path) -> int:
    """Play a scenario in a network of its own, and give how many pictures were taken."""
    for old in pictures.glob("*.png"):
        old.unlink()
    command = [sys.executable, "-m", "tests.peers.playground", scenario, str(pictures)]
    done = subprocess.run(
        [*own_network(), *command], cwd=ROOT, capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return len(list(pictures.glob("*.png")))


@pytest.mark.peer("node", "playground", "chromium")
@pytest.mark.timeout(240)
def test_a_learner_clicks_through_onboarding_and_a_lesson() -> None:
    """The scenario of every channel plays in Microsoft's playground, in a browser, with the running bot."""
    assert play("first_lesson.yaml", PICTURES) > 20


@pytest.mark.peer("node", "playground", "chromium")
@pytest.mark.timeout(240)
def test_a_message_comes_unasked_and_is_put_off() -> None:
    """It arrives by itself in the playground; why it came is answered, and it is put off by clicking."""
    assert play("unasked", UNASKED) > 4


@pytest.mark.peer("node", "playground", "chromium")
@pytest.mark.timeout(240)
def test_a_use_case_is_shared_in_a_channel_and_tried_by_clicking() -> None:
    """A colleague's card arrives in the channel; who clicks is asked how it went, and the card counts it."""
    assert play("channel", CHANNEL) > 8
