from io import BytesIO
from zipfile import ZipFile

import orjson
import pytest

from adapters.teams.manifest import package
from bot.routes import typed_verbs
from tests.peers.manifests import teams_faults


@pytest.mark.peer("teams-manifest")
@pytest.mark.parametrize("listens", [False, True])
def test_microsoft_accepts_our_manifest(listens: bool) -> None:
    """What `laps manifest teams` writes has no fault by Microsoft's own schema."""
    made = package("6f0e5f0c-9f0a-4a53-8f3e-0d0b7a3c8a11", "https://laps.example.com", typed_verbs(), listens)
    with ZipFile(BytesIO(made)) as archive:
        assert teams_faults(orjson.loads(archive.read("manifest.json"))) == []
