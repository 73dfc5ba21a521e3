"""Install what the tests run Laps against: `python -m tests.peers.install`."""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from tests.peers.found import (
    HERE,
    MODULES,
    STAMP,
    PeerMissing,
    chromium,
    frame,
    lock_digest,
    missing,
    node,
    npm,
)

TRIES = 3
PAUSE = 5.0  # seconds between two tries
APT = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "-q", "-y"]
# Chromium alone has no font for emoji and none that looks like a person's screen.
BROWSER_PACKAGES = ["chromium", "fonts-liberation", "fonts-noto-color-emoji"]


def main(argv: Sequence[str] | None = None) -> int:
    """Install every peer that is missing, or with `--lock` make package-lock.json anew.

    Returns:
        0, or 1 where a peer is still missing and `CI=true` asks for all of them.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.peers.install", description=__doc__)
    parser.add_argument("--lock", action="store_true", help="make package-lock.json anew from package.json")
    if parser.parse_args(argv).lock:
        return 0 if run([*npm(), "install", "--package-lock-only"]) else 1
    if not packages_fit():
        three_times("the Node peers", install_packages)
    if browser_is_missing() and can_apt():
        three_times("Chromium", install_browser)
    return report(missing())


def report(gone: Mapping[str, str]) -> int:
    """Say what is missing and give the exit code."""
    if not gone:
        return 0
    print(frame(gone), file=sys.stderr, flush=True)
    return 1 if os.environ.get("CI") == "true" else 0


def packages_fit() -> bool:
    """Tell whether the installed npm packages are those of the lock file."""
    return STAMP.is_file() and STAMP.read_text() == lock_digest()


def install_packages() -> bool:
    """Install the npm packages of the lock file; tell whether it worked."""
    try:
        done = run([*npm(), "ci"])
    except PeerMissing as error:
        print(error, file=sys.stderr)
        return False
    if done and MODULES.is_dir():
        STAMP.write_text(lock_digest())
    return done


def browser_is_missing() -> bool:
    """Tell whether no Chromium or Chrome is on this machine."""
    try:
        chromium()
    except PeerMissing:
        return True
    return False


def can_apt() -> bool:
    """Tell whether this user may install Debian packages here."""
    return shutil.which("apt-get") is not None and os.geteuid() == 0


def install_browser() -> bool:
    """Install Debian's Chromium; tell whether it worked."""
    return run([*APT, "update"]) and run([*APT, "install", "--no-install-recommends", *BROWSER_PACKAGES])


def three_times(what: str, install: Callable[[], bool]) -> None:
    """Try an install up to three times, for a registry or a network may stumble."""
    print(f"Installing {what} …", flush=True)
    for attempt in range(1, TRIES + 1):
        if install():
            return
        print(f"{what}: try {attempt} of {TRIES} failed", file=sys.stderr, flush=True)
        if attempt < TRIES:
            time.sleep(PAUSE)


def run(command: Sequence[str]) -> bool:
    """Run an installer in this folder, quiet unless it fails; tell whether it worked."""
    environment = {**os.environ, "PATH": path_with_node(), "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        command,
        cwd=HERE,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(*command, done.stdout[-2000:], done.stderr[-2000:], sep="\n", file=sys.stderr, flush=True)
    return done.returncode == 0


def path_with_node() -> str:
    """Give the PATH on which npm finds its own Node first."""
    path = os.environ.get("PATH", os.defpath)
    try:
        return os.pathsep.join([str(node().parent), path])
    except PeerMissing:
        return path


if __name__ == "__main__":
    sys.exit(main())
