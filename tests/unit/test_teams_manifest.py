from io import BytesIO
from struct import unpack
from zipfile import ZipFile

import orjson
import pytest

from adapters.teams.manifest import package
from bot.errors import ConfigError
from bot.routes import typed_verbs

APP_ID = "6f0e5f0c-9f0a-4a53-8f3e-0d0b7a3c8a11"
BASE = "https://laps.example.com"


def test_the_package_holds_a_manifest_and_two_icons() -> None:
    """Teams wants a zip with these three files at its top."""
    with ZipFile(BytesIO(package(APP_ID, BASE, typed_verbs()))) as archive:
        assert sorted(archive.namelist()) == ["color.png", "manifest.json", "outline.png"]
        manifest = orjson.loads(archive.read("manifest.json"))
    assert manifest["id"] == manifest["bots"][0]["botId"] == APP_ID
    assert manifest["validDomains"] == ["laps.example.com"]


def test_the_icons_have_the_sizes_that_teams_wants() -> None:
    """The colour icon is 192 pixels square, the outline 32 and see-through."""
    with ZipFile(BytesIO(package(APP_ID, BASE, ()))) as archive:
        for name, size in (("color.png", 192), ("outline.png", 32)):
            content = archive.read(name)
            width, height, _, color_type = unpack(">IIBB", content[16:26])
            assert content.startswith(b"\x89PNG") and (width, height) == (size, size)
            assert name == "color.png" or color_type == 6


def test_the_same_input_makes_the_same_bytes() -> None:
    """Two packages of one installation do not differ by their time."""
    assert package(APP_ID, BASE, ()) == package(APP_ID.upper(), f"{BASE}/", ())


def test_the_commands_are_the_typed_verbs_up_to_twelve() -> None:
    """Teams lists at most 12 commands; each says what it does within the length allowed."""
    many = tuple((f"verb-{n}" * 9, "what it does " * 20) for n in range(20))
    with ZipFile(BytesIO(package(APP_ID, BASE, many))) as archive:
        lists = orjson.loads(archive.read("manifest.json"))["bots"][0]["commandLists"]
    assert {len(one["commands"]) for one in lists} == {12}
    assert all(len(c["title"]) <= 32 and len(c["description"]) <= 128 for c in lists[0]["commands"])


@pytest.mark.parametrize(
    ("app_id", "base_url", "setting"),
    [
        (None, BASE, "MICROSOFT_APP_ID"),
        ("my-bot", BASE, "MICROSOFT_APP_ID"),
        (APP_ID, None, "LAPS_BASE_URL"),
        (APP_ID, "http://laps.example.com", "LAPS_BASE_URL"),
        (APP_ID, "https://", "LAPS_BASE_URL"),
    ],
)
def test_a_wrong_setting_is_named(app_id: str | None, base_url: str | None, setting: str) -> None:
    """A package that Teams would refuse is not made; the setting and its mend are said."""
    with pytest.raises(ConfigError) as caught:
        package(app_id, base_url, ())
    assert caught.value.setting == setting and caught.value.hint
