"""The signature of what comes in by webhook: Standard Webhooks 1.0 (https://www.standardwebhooks.com)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

TOLERANCE = timedelta(minutes=5)
"""So much older or newer a signature may be; then it could be sent again by somebody who listened."""


def is_signed(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """Say whether a body was signed with a secret just now.

    Args:
        secret: `whsec_` and Base64, as the standard writes it, or any other text as it is.
        headers: of the request; `webhook-id`, `webhook-timestamp` and `webhook-signature` are looked at.
        body: as it came.
        now: the time.
    """
    name, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not name or not at.isascii() or not at.isdigit() or len(at) > 12:
        return False
    if abs(now.timestamp() - int(at)) > TOLERANCE.total_seconds():
        return False
    wanted = signature(secret, name, at, body)
    given = headers.get("webhook-signature", "").split(" ")
    # All are looked at, so that the time tells nothing.
    matches = [hmac.compare_digest(wanted.encode(), each.encode()) for each in given]
    return any(matches)


def signature(secret: str, name: str, at: str, body: bytes) -> str:
    """Sign a body: `v1,` and the Base64 of the HMAC-SHA256 of id, time and body."""
    made = hmac.new(_key(secret), f"{name}.{at}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(made).decode()}"


def _key(secret: str) -> bytes:
    if secret.startswith("whsec_"):
        try:
            return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            pass
    return secret.encode()
