"""The one settings class: environment variables, or a `.env` file in the working folder.

Each is described beside it and in docs/operating.md; `laps doctor` prints them all.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import ConfigError
from bot.loopback import is_loopback

ENV_FILE = Path(".env")
"""In the working folder."""


class Settings(BaseSettings):
    """Everything that differs between two installations of Laps."""

    model_config = SettingsConfigDict(
        env_file=ENV_FILE, env_file_encoding="utf-8", extra="ignore", frozen=True
    )

    database_url: str = Field(
        default="sqlite+aiosqlite:///var/laps.db",
        validation_alias="LAPS_DATABASE_URL",
        description="The database: a SQLite file, or postgresql+asyncpg://user:password@host/name.",
    )
    lessons: Path = Field(
        default=Path("lessons.yaml"),
        validation_alias="LAPS_LESSONS",
        description="The root of the catalogue.",
    )
    base_url: str | None = Field(
        default=None,
        validation_alias="LAPS_BASE_URL",
        description="The public https address of this server, for the app manifests.",
    )
    slack_signing_secret: SecretStr | None = Field(
        default=None,
        validation_alias="SLACK_SIGNING_SECRET",
        description="From Slack's Basic Information page; for HTTP (not needed in Socket Mode).",
    )
    slack_bot_token: SecretStr | None = Field(
        default=None,
        validation_alias="SLACK_BOT_TOKEN",
        description="xoxb-…, from Slack's Install App page.",
    )
    slack_app_token: SecretStr | None = Field(
        default=None,
        validation_alias="SLACK_APP_TOKEN",
        description="xapp-…, with connections:write; turns Socket Mode on.",
    )
    slack_api_url: str = Field(
        default="https://slack.com/api/",
        validation_alias="SLACK_API_URL",
        description="Another base of Slack's Web API, such as GovSlack's.",
    )
    microsoft_app_id: str | None = Field(
        default=None,
        validation_alias="MICROSOFT_APP_ID",
        description="The Azure bot's application (client) id.",
    )
    microsoft_app_password: SecretStr | None = Field(
        default=None,
        validation_alias="MICROSOFT_APP_PASSWORD",
        description="A client secret of that application.",
    )
    microsoft_app_tenant_id: str | None = Field(
        default=None,
        validation_alias="MICROSOFT_APP_TENANT_ID",
        description="The tenant that the application belongs to (single tenant).",
    )
    teams_anonymous: bool = Field(
        default=False,
        validation_alias="LAPS_TEAMS_ANONYMOUS",
        description="1 lets the Agents Playground on this machine in without credentials.",
    )
    web: bool | None = Field(
        default=None,
        validation_alias="LAPS_WEB",
        description="The practice room: on by itself where Laps listens on loopback only; 0 turns it off.",
    )

    usage_webhook_secret: SecretStr | None = Field(
        default=None,
        validation_alias="LAPS_USAGE_WEBHOOK_SECRET",
        description="Signs what POST /api/v1/usage takes in; without it nothing is taken.",
    )
    calendar_hosts: str | None = Field(
        default=None,
        validation_alias="LAPS_CALENDAR_HOSTS",
        description="Hosts in your own network, by commas, whose calendars people may connect.",
    )

    @field_validator("*", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object, info: object) -> object:
        """Take `NAME=` in a .env file as not set."""
        if value == "":
            name = getattr(info, "field_name", "")
            return cls.model_fields[name].get_default()
        return value

    def slack_missing(self) -> tuple[str, ...]:
        """Name the settings that Slack still needs; empty where Slack is on."""
        missing = [] if self.slack_bot_token else ["SLACK_BOT_TOKEN"]
        if not self.slack_signing_secret and not self.slack_app_token:
            missing.append("SLACK_SIGNING_SECRET (or SLACK_APP_TOKEN for Socket Mode)")
        return tuple(missing)

    def teams_missing(self) -> tuple[str, ...]:
        """Name the settings that Teams still needs; empty where Teams is on."""
        if self.teams_anonymous:
            return ()
        wanted = {
            "MICROSOFT_APP_ID": self.microsoft_app_id,
            "MICROSOFT_APP_PASSWORD": self.microsoft_app_password,
            "MICROSOFT_APP_TENANT_ID": self.microsoft_app_tenant_id,
        }
        return tuple(name for name, value in wanted.items() if not value)

    def check(self, host: str) -> None:
        """Refuse what cannot work, and combinations that would open a door to strangers.

        Args:
            host: the address that Laps is to listen on.

        Raises:
            ConfigError: names the setting and the mend.
        """
        if not _is_web_address(self.slack_api_url):
            raise ConfigError(
                "SLACK_API_URL",
                "is no address of a Web API",
                "Set it to one such as https://slack-gov.com/api/, without user and password, or unset it.",
            )
        if self.teams_anonymous and (self.microsoft_app_id or self.microsoft_app_password):
            raise ConfigError(
                "LAPS_TEAMS_ANONYMOUS",
                "is set together with Microsoft credentials, which it would make worthless",
                "Unset LAPS_TEAMS_ANONYMOUS, or unset MICROSOFT_APP_ID and MICROSOFT_APP_PASSWORD.",
            )
        if is_loopback(host):
            return
        if self.web:
            raise ConfigError(
                "LAPS_WEB",
                f"asks for the practice room on {host}, but sign-in does not exist yet: anybody could enter",
                "Start with --host 127.0.0.1, or unset LAPS_WEB.",
            )
        if self.teams_anonymous:
            raise ConfigError(
                "LAPS_TEAMS_ANONYMOUS",
                f"lets anybody in who reaches {host}",
                "Start with --host 127.0.0.1, or set the Microsoft credentials instead.",
            )

    def web_on(self, host: str) -> bool:
        """Say whether the practice room is on."""
        return is_loopback(host) and self.web is not False


def _is_web_address(text: str) -> bool:
    """Say whether a text is an http or https address without user and password."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
    except ValueError:
        return False


def read_settings() -> Settings:
    """Read the environment and `.env`.

    Raises:
        ConfigError: a value is not of its kind, or `.env` cannot be read.
    """
    try:
        if ENV_FILE.exists():
            ENV_FILE.read_text(encoding="utf-8")
        return Settings()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigError(str(ENV_FILE), f"cannot be read ({reason})", _ENV_HINT) from error
    except UnicodeDecodeError as error:
        raise ConfigError(str(ENV_FILE), "is not UTF-8", _ENV_HINT) from error
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "settings"
        problem = "is neither 1 nor 0" if first["type"] == "bool_parsing" else first["msg"]
        raise ConfigError(name, problem, f"Correct {name} in the environment or in .env.") from error


_ENV_HINT = "It holds one NAME=value a line; mend it, or start Laps in another folder."
