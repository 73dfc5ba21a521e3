import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
NPM_LOCK = ROOT / "tests/peers/package-lock.json"
EXTRAS = {"run": (), "fast": ("fast",), "dev": ("dev",)}
PINNED = re.compile(
    r"^(?P<name>[\w.-]+)==(?P<version>\S+) \\$(?P<hashes>(?:\n +--hash=sha256:\w{64}(?: \\)?$)+)",
    re.MULTILINE,
)
HOST = re.compile(r"https?://|\b(?:[\w-]+\.)+(?:org|com|net|io|dev)\b")


def lock(name: str) -> str:
    """Read a lock file."""
    return (ROOT / "requirements" / f"{name}.lock").read_text()


def versions(name: str) -> dict[str, str]:
    """Give the version that a lock file pins for each package."""
    return {canonicalize_name(match["name"]): match["version"] for match in PINNED.finditer(lock(name))}


@pytest.mark.parametrize("name", EXTRAS)
def test_a_lock_holds_what_the_project_asks_for(name: str) -> None:
    """Every dependency of pyproject.toml is in its lock, at a version that it allows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *(r for x in EXTRAS[name] for r in project["optional-dependencies"][x]),
    ]
    pinned = versions(name)
    for asked in map(Requirement, wanted):
        assert pinned[canonicalize_name(asked.name)] in asked.specifier, f"{asked}: run make lock"


@pytest.mark.parametrize("name", ["fast", "dev"])
def test_locks_agree(name: str) -> None:
    """What is tested and what runs in a container have the versions of the run lock."""
    assert versions("run").items() <= versions(name).items()


@pytest.mark.parametrize("name", EXTRAS)
def test_every_package_of_a_lock_has_hashes(name: str) -> None:
    """No package comes in without a hash to check it by."""
    starts = re.findall(r"^[\w.-]+.*==", lock(name), re.MULTILINE)
    assert len(starts) == len(versions(name)) > 0


@pytest.mark.parametrize("name", EXTRAS)
def test_a_lock_names_no_host(name: str) -> None:
    """A lock serves behind any registry, for it names none."""
    assert HOST.findall(lock(name)) == []


def test_the_node_peers_have_hashes_and_no_host() -> None:
    """Every npm package has an integrity hash, and none says where it came from."""
    packages = {name: entry for name, entry in json.loads(NPM_LOCK.read_text())["packages"].items() if name}
    assert packages
    for name, entry in packages.items():
        assert entry["integrity"].startswith("sha512-"), name
        assert "resolved" not in entry, name
