"""`laps manifest`: what a platform wants to be told about the app before it lets it in."""

from __future__ import annotations

import sys
from pathlib import Path

import orjson

from adapters.slack.manifest import manifest as slack_manifest
from adapters.teams.manifest import package as teams_package
from bot.errors import ConfigError
from bot.routes import typed_verbs
from bot.settings import Settings


def manifest(settings: Settings, channel: str, output: Path | None, listens: bool) -> int:
    """Write a channel's app manifest: Slack's as JSON, Teams' as the package to upload.

    Raises:
        ConfigError: a setting that the manifest needs is missing, or the file cannot be written.
    """
    if channel == "slack":
        made = slack_manifest(settings.base_url, bool(settings.slack_app_token), listens)
        body = orjson.dumps(made, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        target = output
    else:
        body = teams_package(settings.microsoft_app_id, settings.base_url, typed_verbs(), listens)
        target = output or Path("laps-teams.zip")
    if target is None:
        sys.stdout.write(body.decode())
        return 0
    try:
        target.write_bytes(body)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError(str(target), f"cannot be written ({reason.lower()})", "Choose with -o.") from error
    print(f"Wrote {target} ({len(body):,} bytes).")
    return 0
