"""The loopback rule: what may be answered without credentials, because it comes from this very machine.

Listening on 127.0.0.1 is not enough. A tunnel or reverse proxy forwards strangers to it, and any web page can
make a browser post to it. So the Host must be a loopback name (a page that rebinds its own name to 127.0.0.1
still sends that name), Origin must be absent or our own, and no header may tell of forwarding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

_FORWARDING = frozenset(
    {
        "forwarded",
        "via",
        "x-real-ip",
        "x-client-ip",
        "x-cluster-client-ip",
        "x-original-host",
        "x-original-for",
    }
    | {"true-client-ip", "cf-connecting-ip", "fastly-client-ip", "x-envoy-external-address"}
)


def is_local(headers: Mapping[str, str]) -> bool:
    """Say whether a request with these headers (names in any case) keeps to the loopback rule."""
    lowered = {name.lower(): value for name, value in headers.items()}
    host = lowered.get("host", "")
    origin = lowered.get("origin")
    return (
        is_loopback(_name(host))
        and (origin is None or _is_own(origin, host))
        and not _tells_of_forwarding(lowered)
    )


def is_loopback(name: str | None) -> bool:
    """Say whether a host name (without its port) stands for this machine: localhost, 127.0.0.0/8, ::1."""
    if not name:
        return False
    if name.lower() == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _name(host: str) -> str | None:
    """Take the name out of a Host header; None where it is not of the form name[:port]."""
    try:
        parts = urlsplit(f"//{host}")
        parts.port  # noqa: B018 - raises where it is no number
    except ValueError:
        return None
    return parts.hostname if parts.netloc == host and "@" not in host else None


def _is_own(origin: str, host: str) -> bool:
    return origin.lower() in (f"http://{host.lower()}", f"https://{host.lower()}")


def _tells_of_forwarding(names: Iterable[str]) -> bool:
    return any(name in _FORWARDING or name.startswith("x-forwarded") for name in names)
