import pytest

from bot.loopback import is_local, is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1:3978", "localhost", "LOCALHOST:80", "[::1]:3978", "127.9.9.9"])
def test_a_loopback_host_is_local(host: str) -> None:
    """The names of this machine, with or without a port, keep to the rule."""
    assert is_local({"Host": host})


@pytest.mark.parametrize(
    "host",
    [
        "",
        "laps.example.com",
        "127.0.0.1.nip.io",
        "localhost.evil.example",
        "127.0.0.1@evil.example",
        "[::1",
        "a:b:c",
        "127.0.0.1:x",
        "127.0.0.1/",
        "0.0.0.0",
        "10.0.0.1",
        "localhost#",
        "::1",
    ],
)
def test_any_other_host_is_not(host: str) -> None:
    """Foreign names, names that only look like ours, and broken ones do not."""
    assert not is_local({"Host": host})
    assert not is_local({})


def test_the_origin_must_be_absent_or_our_own() -> None:
    """A page of another site, or of another port, is a stranger."""
    host = {"Host": "127.0.0.1:3978"}
    assert is_local(host | {"Origin": "http://127.0.0.1:3978"})
    for origin in ("http://127.0.0.1:4000", "http://localhost:3978", "https://evil.example", "null", ""):
        assert not is_local(host | {"Origin": origin})


@pytest.mark.parametrize(
    "name", ["X-Forwarded-For", "x-forwarded-proto", "Forwarded", "Via", "X-Real-IP", "CF-Connecting-IP"]
)
def test_a_forwarded_request_is_not_local(name: str) -> None:
    """Whoever comes through a proxy or tunnel is not at this machine, whatever the Host says."""
    assert not is_local({"Host": "localhost", name: "x"})


def test_an_absent_name_is_no_loopback() -> None:
    """A URL without a host does not lead here."""
    assert not is_loopback(None) and not is_loopback("")
