"""The tables of privacy: who looked at what, and tokens for programs."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table

from storage.tables import METADATA, key, text, time

AUDIT = Table(
    "audit_entry",
    METADATA,
    key("organization"),
    Column("number", Integer, primary_key=True, autoincrement=False),
    time("noted_at"),
    text("who"),
    text("action"),
    text("subject"),
    text("about"),
    text("before"),
    text("seal"),
    Index(None, "organization", "subject"),
    sqlite_with_rowid=False,
)

API_TOKEN = Table(
    "api_token",
    METADATA,
    key("id"),
    text("organization"),
    text("role"),
    text("name"),
    text("digest"),
    time("created_at"),
    time("expires_at", null=True),
    time("revoked_at", null=True),
    sqlite_with_rowid=False,
)
