"""How the Teams adapter is set up."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.errors import ConfigError


@dataclass(frozen=True, slots=True)
class TeamsConfig:
    """The registration of the bot, and Microsoft's addresses.

    Attributes:
        app_id: MICROSOFT_APP_ID; None means that Teams is off, or anonymous.
        app_password: MICROSOFT_APP_PASSWORD.
        tenant_id: MICROSOFT_APP_TENANT_ID. The bot is single-tenant and listens to no other tenant.
        anonymous: LAPS_TEAMS_ANONYMOUS: take activities without a token from this machine, for the Agents
            Playground; see `bot.loopback`.
        login_url, openid_url, service_url: where tokens, signing keys and conversations are; `service_url` is
            used for people who have not written yet.
        file_hosts: where files that people send are kept, for each national cloud in which bots get files; a
            name that begins with a dot stands for all below it. Only https is read, but on this machine.
        answer_within: seconds until an answer must be given; Teams waits 10 for an invoke.
        send_within: seconds until a send counts as lost. With a token and a conversation before it, 15 at
            most go by, which the lease of a delivery outlives.
    """

    app_id: str | None = None
    app_password: str | None = field(default=None, repr=False)
    tenant_id: str | None = None
    anonymous: bool = False
    login_url: str = "https://login.microsoftonline.com"
    openid_url: str = "https://login.botframework.com/v1/.well-known/openidconfiguration"
    service_url: str = "https://smba.trafficmanager.net/teams/"
    file_hosts: tuple[str, ...] = (".sharepoint.com", ".sharepoint.cn")
    answer_within: float = 9.0
    send_within: float = 8.0

    def __post_init__(self) -> None:
        """Refuse anonymous mode beside credentials.

        Raises:
            ConfigError: both are set.
        """
        if self.anonymous and (self.app_id or self.app_password):
            raise ConfigError(
                "LAPS_TEAMS_ANONYMOUS",
                "is set although Microsoft credentials are",
                "Unset it: with credentials, activities are authenticated.",
            )

    @property
    def bot_id(self) -> str:
        """The bot's own id in Teams conversations."""
        return f"28:{self.app_id or 'laps'}"
