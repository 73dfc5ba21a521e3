"""What must not stand in a lesson: keys, personal data, placeholders; found in a file's source as written.

A pattern points, and where there is a checksum or a list of reserved names, that decides. What a pattern
takes in is bounded, so that no file makes the search slow.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from stdnum import iban, luhn

from lessons.lint import Code


@dataclass(frozen=True, slots=True)
class Kind:
    """Something that is looked for, where `sign` is in the text at all; `is_real` decides what was found."""

    code: Code
    name: str
    pattern: re.Pattern[str]
    mend: str
    signs: tuple[str, ...]
    is_real: Callable[[str], bool] = bool


@dataclass(frozen=True, slots=True)
class Found:
    """One thing found, and at which character it begins."""

    kind: Kind
    start: int


def _is_address(text: str) -> bool:
    """Tell an address that may be somebody's from those reserved for examples (RFC 2606, RFC 6761)."""
    domain = text.rsplit("@", 1)[1].lower().rstrip(".")
    reserved = {"example.com", "example.net", "example.org"}
    within = any(domain == each or domain.endswith(f".{each}") for each in reserved)
    return not within and domain.rsplit(".", 1)[-1] not in {"example", "test", "invalid", "localhost"}


def _is_card(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    return digits[0] in "23456" and len(set(digits)) > 1 and luhn.is_valid(digits)


def _is_phone(text: str) -> bool:
    """Tell a number that may be somebody's from those kept for fiction (North America's 555-01xx)."""
    digits = re.sub(r"\D", "", text)
    return 9 <= len(digits) <= 15 and not re.search(r"55501\d\d$", digits)


_MASK = "mask it: write something like [key removed]"
_NOBODY = "nobody's data stands in a lesson: "

KINDS = (
    Kind(Code.SECRET, "an AWS key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"), _MASK, ("AKIA", "ASIA")),
    Kind(
        Code.SECRET,
        "a GitHub token",
        re.compile(r"\bgh[pousr]_[A-Za-z0-9]{30,255}|\bgithub_pat_\w{22,255}"),
        _MASK,
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    ),
    Kind(Code.SECRET, "a GitLab token", re.compile(r"\bglpat-[\w-]{20,64}"), _MASK, ("glpat-",)),
    Kind(Code.SECRET, "a Slack token", re.compile(r"\bxox[abeprs]-[\w-]{10,255}"), _MASK, ("xox",)),
    Kind(
        Code.SECRET,
        "an API key",
        re.compile(r"\b[sr]k[-_][\w-]{20,255}"),
        _MASK,
        ("sk-", "sk_", "rk_", "rk-"),
    ),
    Kind(Code.SECRET, "a Google API key", re.compile(r"\bAIza[\w-]{35}"), _MASK, ("AIza",)),
    Kind(
        Code.SECRET,
        "a private key",
        re.compile(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----"),
        _MASK,
        ("PRIVATE KEY-----",),
    ),
    Kind(
        Code.SECRET,
        "a signed token",
        re.compile(r"\beyJ[\w-]{8,2000}\.eyJ[\w-]{8,4000}\.[\w-]{8,1000}"),
        _MASK,
        ("eyJ",),
    ),
    Kind(
        Code.SECRET,
        "a password in an address",
        re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@]{1,64}:[^\s/@]{1,64}@"),
        _MASK,
        ("://",),
    ),
    Kind(
        Code.SECRET,
        "a key or password",
        re.compile(
            r"(?i)\b(?:password|passwd|pwd|secret|api[_-]?key|access[_-]?key|token)[\"']? {0,3}[:=] {0,3}"
            r"[\"'](?=[^\"'\s]{0,60}\d)[^\"'\s]{8,200}[\"']"
        ),
        _MASK,
        ("assw", "ASSW", "pwd", "PWD", "ecret", "ECRET", "key", "KEY", "Key", "oken", "OKEN"),
    ),
    Kind(
        Code.PERSONAL,
        "an e-mail address",
        re.compile(r"[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}"),
        _NOBODY + "write one at example.com",
        ("@",),
        _is_address,
    ),
    Kind(
        Code.PERSONAL,
        "a card number",
        re.compile(
            r"(?<![\d.,-])(?:\d{13,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|\d{4}([ -])\d{6}\2\d{5})(?![\d-])"
        ),
        _NOBODY + "write the last four digits only",
        tuple("23456"),
        _is_card,
    ),
    Kind(
        Code.PERSONAL,
        "an account number (IBAN)",
        re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"),
        _NOBODY + "write the last four digits only",
        tuple("0123456789"),
        iban.is_valid,
    ),
    Kind(
        Code.PERSONAL,
        "a telephone number",
        re.compile(
            r"(?<![\w.+])(?:\+\d{1,3}[ (-]{0,2}\d[\d ()/-]{5,18}\d|\(\d{3}\) ?\d{3}-\d{4}|\d{3}-\d{3}-\d{4})"
            r"(?![\w-])"
        ),
        _NOBODY + "leave it out, or write one such as 555-0100",
        tuple("0123456789"),
        _is_phone,
    ),
    Kind(
        Code.PERSONAL,
        "a social security number",
        re.compile(r"(?<![\d-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])"),
        _NOBODY + "leave it out",
        tuple("0123456789"),
    ),
    Kind(
        Code.PLACEHOLDER,
        "a placeholder",
        re.compile(
            r"\b(?:TODO|FIXME|XXX+)\b|(?i:\blorem ipsum\b)|\{\{[^}\n]{0,80}\}\}"
            r"|(?i:\[(?:insert|your|enter|add|fill in|placeholder)\b[^\]\n]{0,80}\])"
            r"|(?i:<(?:insert|your|enter|fill in|placeholder)\b[^>\n]{0,80}>)"
            r"|(?m:(?<=: )(?:TBD|tbd|\?\?\?|xxx)[ \t]*$)"
        ),
        "write what belongs here",
        ("TODO", "FIXME", "XXX", "orem", "OREM", "{{", "[", "<", "TBD", "tbd", "???", "xxx"),
    ),
)
"""All that is looked for. The first that finds something at a place is the one that is told."""


def look_through(text: str) -> Iterator[Found]:
    """Give what must not stand in a text."""
    taken: set[int] = set()
    for kind in KINDS:
        if any(sign in text for sign in kind.signs):
            for match in kind.pattern.finditer(text):
                if kind.is_real(match.group()) and match.start() not in taken:
                    taken.add(match.start())
                    yield Found(kind, match.start())
