"""What must not stand in a lesson: keys, personal data, placeholders; found in a file's source as written.

A pattern points; a checksum, a list of reserved names or what stands before it decides, where there is one.
What a pattern takes in is bounded, and given back as little as can be, so that no file makes the search slow.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from stdnum import iban, luhn

from lessons.lint import Code

Test = Callable[[re.Match[str]], bool]


def _anything(match: re.Match[str]) -> bool:
    return bool(match.group())


@dataclass(frozen=True, slots=True)
class Kind:
    """Something that is looked for, where `sign` is in the text at all; `is_real` decides what was found."""

    code: Code
    name: str
    pattern: re.Pattern[str]
    mend: str
    signs: tuple[str, ...]
    is_real: Test = _anything


@dataclass(frozen=True, slots=True)
class Found:
    """One thing found, and at which character it begins."""

    kind: Kind
    start: int


def _is_mixed(match: re.Match[str]) -> bool:
    """Tell a key from words: it has letters and digits."""
    text = match.group()
    return any(map(str.isdigit, text)) and any(map(str.isalpha, text))


_ASSIGNED = re.compile(
    r"(?i)(?:passw(?:or)?d|pwd|secret|(?:api|access|account|secret)[_-]?key|token)[\"']? {0,3}$"
)


def _is_assigned(match: re.Match[str]) -> bool:
    """Tell whether a value is that of a password or key, by the name before it."""
    before = match.string[max(0, match.start() - 24) : match.start()]
    return _is_mixed(match) and bool(_ASSIGNED.search(before))


_RESERVED = {"example.com", "example.net", "example.org"}
_RESERVED_ENDS = {"example", "test", "invalid", "localhost"}
_ENDS_OF_FILES = {"png", "jpg", "jpeg", "gif", "svg", "webp", "pdf"}


def _is_address(match: re.Match[str]) -> bool:
    """Tell an address that may be somebody's from those reserved for examples (RFC 2606, RFC 6761)."""
    domain = match.group().rsplit("@", 1)[1].lower()
    end = domain.rsplit(".", 1)[-1]
    within = any(domain == each or domain.endswith(f".{each}") for each in _RESERVED)
    return end.isalpha() and not within and end not in _RESERVED_ENDS | _ENDS_OF_FILES


_CARDS = re.compile(
    r"4\d{15}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|3[068]\d{12}"
    r"|6(?:011|5\d\d|4[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}"
)
"""Visa, Mastercard, American Express, Diners Club, Discover, JCB, UnionPay (ISO/IEC 7812): how they begin."""


def _is_card(match: re.Match[str]) -> bool:
    digits = re.sub("[ -]", "", match.group())
    return bool(_CARDS.fullmatch(digits)) and luhn.is_valid(digits)


def _is_account(match: re.Match[str]) -> bool:
    return bool(iban.is_valid(match.group()))


_OF_FICTION = re.compile(r"1?\d{3}55501\d\d|44(?:7700900|2079460|1632960)\d{3}")
"""North America's 555-0100 to 555-0199, and the numbers that Ofcom keeps for drama."""


def _is_phone(match: re.Match[str]) -> bool:
    """Tell a number that may be somebody's from those kept for fiction."""
    digits = re.sub(r"\D", "", match.group())
    return 9 <= len(digits) <= 15 and not _OF_FICTION.fullmatch(digits)


def _is_security_number(match: re.Match[str]) -> bool:
    area, group, serial = match.group().split("-")
    return area not in {"000", "666"} and group != "00" and serial != "0000"


def _is_no_list(match: re.Match[str]) -> bool:
    """Tell a placeholder from a list of the language, such as `mentions: [add up, total]`."""
    before = match.string[max(0, match.start() - 10) : match.start()]
    among_others = "," in match.group() and before.rstrip().endswith(("-", ",", "["))
    return not (among_others or _LISTED.search(before))


_LISTED = re.compile("(?:mentions|avoids|verify|rubric): ?$")

_MASK = "mask it: write something like [key removed]"
_NOBODY = "nobody's data stands in a lesson: "
_LAST_FOUR = _NOBODY + "write the last four digits only"
_WRITE = "write what belongs here"


def _secret(name: str, pattern: str, *signs: str, is_real: Test = _anything) -> Kind:
    return Kind(Code.SECRET, name, re.compile(pattern), _MASK, signs, is_real)


def _personal(name: str, pattern: str, mend: str, sign: str, is_real: Test) -> Kind:
    return Kind(Code.PERSONAL, name, re.compile(pattern), mend, tuple(sign), is_real)


def _placeholder(pattern: str, *signs: str, is_real: Test = _anything) -> Kind:
    return Kind(Code.PLACEHOLDER, "a placeholder", re.compile(pattern), _WRITE, signs, is_real)


KINDS = (
    _secret("an AWS key", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b", "AKIA", "ASIA"),
    _secret(
        "a GitHub token",
        r"\bg(?:h[pousr]_[A-Za-z0-9]{30,255}|ithub_pat_\w{22,255})",
        *("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    ),
    _secret("a GitLab token", r"\bglpat-[\w-]{20,64}", "glpat-", is_real=_is_mixed),
    _secret("a Slack token", r"\bx(?:ox[abeprs]|app)-[\w-]{10,255}", "xox", "xapp-", is_real=_is_mixed),
    _secret(
        "a Slack webhook", r"\bhooks\.slack\.com/services/T\w{6,20}/B\w{6,20}/\w{16,64}", "hooks.slack.com"
    ),
    _secret("an API key", r"\b[sr]k[-_][\w-]{20,255}", "sk-", "sk_", "rk_", "rk-", is_real=_is_mixed),
    _secret("a Google API key", r"\bAIza[\w-]{35}", "AIza"),
    _secret(
        "an access token",
        r"\b(?:npm_[A-Za-z0-9]{36}|hf_[A-Za-z0-9]{30,64}|pypi-AgE[\w-]{50,255}"
        r"|SG\.[\w-]{16,32}\.[\w-]{16,64}|ya29\.[\w-]{30,255}|Bearer [\w.~+/-]{20,2000}+)",
        *("npm_", "hf_", "pypi-AgE", "SG.", "ya29.", "Bearer "),
        is_real=_is_mixed,
    ),
    _secret("a private key", r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----", "PRIVATE KEY-----"),
    _secret("a signed token", r"(?<![\w-])eyJ[\w-]{8,2000}+\.eyJ[\w-]{8,4000}+\.[\w-]{8,1000}+", "eyJ"),
    _secret(
        "a password in an address",
        r"(?<![\w+.-])[a-z][a-z0-9+.-]{1,20}+://[^\s/:@]{1,64}+:[^\s/@\[<{*$][^\s/@]{0,63}+@",
        "://",
    ),
    _secret(
        "a key or password",
        r"[:=] {0,3}(?:([\"'])[^\"'\s]{8,200}+\1|(?<==)[^\s\"'&;,<>\[\]{}()*=$]{8,200}+)",
        *("assw", "ASSW", "pwd", "PWD", "ecret", "ECRET", "key", "KEY", "Key", "oken", "OKEN"),
        is_real=_is_assigned,
    ),
    _personal(
        "an e-mail address",
        r"(?<![\w.+-])[\w.+-]{1,64}+@[A-Za-z0-9-]{1,63}+(?:\.[A-Za-z0-9-]{1,63}+){1,8}",
        _NOBODY + "write one at example.com",
        "@",
        _is_address,
    ),
    _personal(
        "a card number",
        r"[2-6](?<![\w.,+-].)(?:[0-9]{13,18}+|[0-9]{3}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{4}"
        r"|[0-9]{3}([ -])[0-9]{6}\2[0-9]{4,5}+)(?![\w-]|\.[0-9])",
        _LAST_FOUR,
        "23456",
        _is_card,
    ),
    _personal(
        "an account number (IBAN)",
        r"[A-Z](?<!\w.)[A-Z][0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b",
        _LAST_FOUR,
        "0123456789",
        _is_account,
    ),
    _personal(
        "a telephone number",
        r"[+(0-9](?<![\w.+-].)(?:(?<=\+)[0-9](?:[ -]?\(?[0-9]\)?){7,14}"
        r"|(?<=\()[0-9]{3}\) ?[0-9]{3}-[0-9]{4}|(?<=[0-9])[0-9]{2}-[0-9]{3}-[0-9]{4})(?![\w-])",
        _NOBODY + "leave it out, or write one such as 555-0100",
        "0123456789",
        _is_phone,
    ),
    _personal(
        "a social security number",
        r"[0-8](?<![\w.-].)[0-9]{2}-[0-9]{2}-[0-9]{4}(?![\w-])",
        _NOBODY + "leave it out",
        "0123456789",
        _is_security_number,
    ),
    _placeholder(r"\b(?:TODO|FIXME|XXX+)\b", "TODO", "FIXME", "XXX"),
    _placeholder(r"(?i)\blorem ipsum\b", "orem ", "OREM "),
    _placeholder(r"\{\{(?<!\$..)[^{}\n]{0,80}+\}\}", "{{"),
    _placeholder(
        r"\[(?i:insert|your|enter|add|fill in|placeholder) [^\[\]\n]{1,80}+\]", "[", is_real=_is_no_list
    ),
    _placeholder(r"<(?i:insert|your|enter|fill in|placeholder)\b[^<>\n]{0,80}+>", "<"),
    _placeholder(r"(?m)(?:TBD|tbd|\?\?\?|xxx)(?<=: ...)[ \t]*+$", "TBD", "tbd", "???", "xxx"),
)
"""All that is looked for. The first that finds something at a place is the one that is told."""


def look_through(text: str) -> Iterator[Found]:
    """Give what must not stand in a text."""
    taken: list[tuple[int, int]] = []
    for kind in KINDS:
        if any(sign in text for sign in kind.signs):
            for match in kind.pattern.finditer(text):
                start, end = match.span()
                if kind.is_real(match) and not any(a < end and start < b for a, b in taken):
                    taken.append((start, end))
                    yield Found(kind, start)
