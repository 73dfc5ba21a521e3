"""What every test shares: the peers that it may need, and how Hypothesis looks for examples."""

import os
from collections.abc import Iterable

import pytest
from hypothesis import settings

from tests.peers.found import PEERS, frame, missing

# A shared machine has no fixed speed; in CI the same examples come each time.
settings.register_profile("laps", deadline=None, print_blob=True, derandomize=os.environ.get("CI") == "true")
settings.load_profile("laps")

LEFT = pytest.StashKey[list[pytest.Item]]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests whose peer is not on this machine, except in CI, where they run and fail."""
    gone = {} if os.environ.get("CI") == "true" else missing()
    left = [item for item in items if needs(item) & gone.keys()]
    if left:
        config.stash[LEFT] = left
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in set(left)]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say at the end, too, which peers were missing and how many tests that cost."""
    left = config.stash.get(LEFT, [])
    if left:
        lost = set().union(*(needs(item) for item in left))
        gone = {name: reason for name, reason in missing().items() if name in lost}
        terminalreporter.write_line(frame(gone), red=True, bold=True)
        terminalreporter.write_line(f"{len(left)} tests did not run for want of a peer", red=True, bold=True)


def needs(item: pytest.Item) -> set[str]:
    """Give the names of the peers that a test is marked with."""
    names: Iterable[str] = (name for mark in item.iter_markers("peer") for name in mark.args)
    found = set(names)
    if unknown := found - PEERS.keys():
        raise pytest.UsageError(f"{item.nodeid}: no such peer: {', '.join(sorted(unknown))}")
    return found
