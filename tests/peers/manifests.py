"""Judge app manifests by what the platforms publish: Slack's own types and Microsoft's own schemas."""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import jsonschema

from tests.peers.found import node, package

SLACK_TYPES = Path("dist/types/request/manifest.d.ts")
# Slack states the lengths in the comments of its types only; these parts of a manifest have such fields.
SLACK_PARTS = {
    "display_information": "ManifestDisplayInformation",
    "features.bot_user": "ManifestBotUser",
    "features.slash_commands": "ManifestSlashCommand",
    "features.shortcuts": "ManifestShortcut",
}
INTERFACE = re.compile(
    r"^(?:export )?interface (?P<name>\w+)[^{]*\{(?P<body>.*?)^\}", re.DOTALL | re.MULTILINE
)
LIMITED = re.compile(r"/\*\*(?P<said>(?:(?!\*/).)*?)\*/\s*(?P<field>\w+)\??:", re.DOTALL)
LENGTH = re.compile(r"[Mm]aximum length (?:is|of)\s+(?:\*\s+)?(?P<most>[\d,]+)\s+(?:\*\s+)?characters")


def slack_faults(manifest: Mapping[str, object], folder: Path) -> list[str]:
    """Give what Slack's TypeScript types and stated lengths find wrong with an app manifest.

    Args:
        manifest: What `laps manifest slack` prints, read as JSON.
        folder: An empty folder for the compiler's input.

    Returns:
        One line a fault; empty means valid.

    Raises:
        PeerMissing: If Node, TypeScript or Slack's package is not installed.
    """
    types = package("@slack/web-api") / SLACK_TYPES
    source = folder / "manifest.ts"
    text = json.dumps(manifest, indent=1)
    lines = (
        f"import type {{ Manifest }} from {json.dumps(str(types))};",
        f"export const it: Manifest = {text};",
    )
    source.write_text("\n".join(lines))
    compiler = package("typescript") / "bin" / "tsc"
    flags = ["--noEmit", "--strict", "--skipLibCheck", "--pretty", "false"]
    done = subprocess.run(
        [node(), compiler, *flags, source], cwd=folder, capture_output=True, text=True, check=False
    )
    faults = [line for line in done.stdout.splitlines() if line.strip()]
    return [*faults, *_too_long(manifest, types.read_text())]


def teams_faults(manifest: Mapping[str, object]) -> list[str]:
    """Give what Microsoft's schema of the manifest's own version finds wrong with it.

    Returns:
        One line a fault; empty means valid.

    Raises:
        PeerMissing: If Microsoft's package is not installed.
    """
    version = manifest.get("manifestVersion")
    path = (
        package("@microsoft/app-manifest") / f"build/json-schemas/teams/v{version}/MicrosoftTeams.schema.json"
    )
    if not path.is_file():
        return [f"manifestVersion: Microsoft publishes no schema {version}"]
    schema = json.loads(path.read_text(encoding="utf-8-sig"))
    checker = jsonschema.validators.validator_for(schema)
    found = checker(schema, format_checker=checker.FORMAT_CHECKER).iter_errors(
        json.loads(json.dumps(manifest))
    )
    return [f"{error.json_path}: {error.message}" for error in found]


def _too_long(manifest: Mapping[str, object], types: str) -> Iterator[str]:
    limits = {match["name"]: _lengths(match["body"]) for match in INTERFACE.finditer(types)}
    for part, interface in SLACK_PARTS.items():
        for values in _at(manifest, part):
            for field, most in limits[interface].items():
                value = values.get(field)
                if isinstance(value, str) and len(value) > most:
                    yield f"{part}.{field}: {len(value)} characters, Slack takes {most}"


def _lengths(body: str) -> dict[str, int]:
    said = ((match["field"], LENGTH.search(match["said"])) for match in LIMITED.finditer(body))
    return {field: int(length["most"].replace(",", "")) for field, length in said if length}


def _at(manifest: Mapping[str, object], part: str) -> list[Mapping[str, object]]:
    value: object = manifest
    for key in part.split("."):
        value = value.get(key, {}) if isinstance(value, Mapping) else {}
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, Mapping)]
