"""What `laps doctor` asks of Slack: who we are, what we may do, whether we may open a socket."""

from __future__ import annotations

from adapters.slack.api import SlackApi
from adapters.slack.manifest import FEATURES, OPTIONAL
from bot.errors import BadCredentials, ChannelError, Rejected
from bot.ports import Diagnosis

_REACH = "See that this machine reaches Slack (SLACK_API_URL, a proxy, status.slack.com), and look again."


async def diagnose(api: SlackApi, app_token: str | None) -> tuple[Diagnosis, ...]:
    """Ask Slack who we are and what we may do; a missing scope names the feature that is off.

    No socket is opened: Slack would hand it some of what is meant for the Laps that runs.
    """
    try:
        answer, scopes = await api.call_with_scopes("auth.test")
    except BadCredentials as error:
        mend = "Set SLACK_BOT_TOKEN to the Bot User OAuth Token (xoxb-…) of the Install App page."
        return (Diagnosis("slack auth.test", False, str(error), mend),)
    except ChannelError as error:
        return (Diagnosis("slack auth.test", False, str(error), _REACH),)
    found = [Diagnosis("slack auth.test", True, f"{answer.get('team')} ({answer.get('team_id')})")]
    found += [_scope(name, feature, name in scopes) for name, feature in FEATURES.items()]
    if app_token:
        found.append(await _socket(api, app_token))
    return tuple(found)


def _scope(name: str, feature: str, granted: bool) -> Diagnosis:
    if granted:
        return Diagnosis(f"slack scope {name}", True, feature)
    mend = f"Add the scope {name} on the OAuth & Permissions page and install the app again."
    if name in OPTIONAL:
        return Diagnosis(f"slack scope {name}", True, f"off: {feature}", f"If you want it: {mend}")
    return Diagnosis(f"slack scope {name}", False, f"missing: {feature}", mend)


async def _socket(api: SlackApi, app_token: str) -> Diagnosis:
    try:
        await api.call("apps.connections.open", token=app_token)
    except (BadCredentials, Rejected) as error:
        mend = "Make an app-level token with connections:write for SLACK_APP_TOKEN, and turn Socket Mode on."
        return Diagnosis("slack Socket Mode", False, str(error), mend)
    except ChannelError as error:
        return Diagnosis("slack Socket Mode", False, str(error), _REACH)
    return Diagnosis("slack Socket Mode", True, "Slack gives an address to connect to")
