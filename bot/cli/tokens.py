"""`laps token`, `laps audit`: who may read figures by program, and who looked at what."""

from __future__ import annotations

import json
import sys
from datetime import timedelta

from bot.app import now_utc
from bot.cli.opening import opened
from bot.cli.printing import make_console, print_columns
from bot.errors import UnknownToken
from bot.model import Role
from bot.privacy.audit import FIRST, OPERATOR, Action, Note, first_broken
from bot.privacy.tokens import make
from bot.settings import Settings


async def create(settings: Settings, role: str, name: str, days: int | None, form: str) -> int:
    """Make a token and print it, this once.

    Args:
        settings: where the database is.
        role: whose tokens may read what stands in `bot.privacy.tokens`.
        name: what it is for, so that it can be told from others.
        days: how long it is good; None: until it is revoked.
        form: text or json.
    """
    now = now_utc()
    text, token = make(Role(role), name, now, now + timedelta(days=days) if days is not None else None)
    async with opened(settings) as store:
        await store.add_token(token)
        about = {"token": token.id, "role": role, "name": name}
        await store.note(Note(OPERATOR, Action.TOKEN_CREATED, about=about))
    if form == "json":
        print(json.dumps({"id": token.id, "role": role, "name": name, "token": text}))
        return 0
    print(text)
    print(f"It is shown this once. Take it back with: laps token revoke {token.id}", file=sys.stderr)
    return 0


async def listed(settings: Settings, form: str) -> int:
    """Print all tokens, without what they are kept by."""
    async with opened(settings) as store:
        tokens = await store.tokens()
    now = now_utc()
    rows = [
        {
            "id": each.id,
            "role": each.role.value,
            "name": each.name,
            "created_at": each.created_at.isoformat(),
            "expires_at": each.expires_at.isoformat() if each.expires_at else None,
            "revoked_at": each.revoked_at.isoformat() if each.revoked_at else None,
        }
        for each in tokens
    ]
    if form == "json":
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return 0
    console = make_console()
    if not tokens:
        console.print("There is no token. Make one: laps token create --role lnd")
        return 0
    cells = [["id", "role", "made on", "state", "name"]]
    for each in tokens:
        is_over = each.expires_at is not None and each.expires_at <= now
        until = f"until {each.expires_at:%Y-%m-%d}" if each.expires_at else "good"
        state = "revoked" if each.revoked_at else "over" if is_over else until
        cells.append([each.id, each.role.value, f"{each.created_at:%Y-%m-%d}", state, each.name])
    print_columns(console, cells, head=True)
    return 0


async def revoke(settings: Settings, token: str) -> int:
    """Take a token back; whoever has it reads nothing from now on.

    Raises:
        UnknownToken: there is none of the id, or it was taken back before.
    """
    async with opened(settings) as store:
        if not await store.revoke_token(token, now_utc()):
            raise UnknownToken(token)
        await store.note(Note(OPERATOR, Action.TOKEN_REVOKED, about={"token": token}))
    print(f"Token {token} is good for nothing any more.")
    return 0


async def log(settings: Settings, form: str) -> int:
    """Print who looked at what, the oldest first."""
    console = make_console()
    async with opened(settings) as store:
        rows = []
        async for entry in store.audit_log(0):
            note = entry.note
            if form == "json":
                said = {
                    "number": entry.number,
                    "at": entry.at.isoformat(),
                    "who": note.who,
                    "action": note.action.value,
                    "subject": note.subject,
                    "about": dict(note.about),
                    "seal": entry.seal,
                }
                print(json.dumps(said, ensure_ascii=False))
                continue
            about = ", ".join(f"{name}: {value}" for name, value in note.about.items())
            at = f"{entry.at:%Y-%m-%d %H:%M}"
            rows.append([str(entry.number), at, note.who, note.action.value, note.subject or "–", about])
    if rows:
        print_columns(console, [["", "at (UTC)", "who", "what", "about whom", ""], *rows], head=True)
    elif form != "json":
        console.print("Nobody has looked at anything yet.")
    return 0


async def verify(settings: Settings, form: str) -> int:
    """Say whether the audit log is as it was written; 1 where it is not."""
    number, seal, broken = 0, FIRST, None
    async with opened(settings) as store:
        async for entry in store.audit_log(0):
            broken = broken or first_broken([entry], number, seal)
            number, seal = entry.number, entry.seal
    if form == "json":
        print(json.dumps({"entries": number, "seal": seal, "first_broken": broken}))
    elif broken is None:
        print(f"The log is as it was written: {number:,} entries, the last sealed {seal}.")
        print("Note number and seal elsewhere: with them it shows if the last entries were cut off.")
    else:
        print(f"laps: entry {broken} of the audit log is not what was written", file=sys.stderr)
    return 0 if broken is None else 1
