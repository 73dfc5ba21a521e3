"""What must not stand in a lesson: what looks real is put together from parts here."""

import random
import string
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import iban, luhn

from lessons.lint import Code
from lessons.private import KINDS, Kind, look_through
from tests.lesson_files import EXAMPLE, LESSON, lines, loaded, write

LETTERS = string.ascii_letters + string.digits
CHANCE = random.Random(7)


def key(length: int, of: str = LETTERS) -> str:
    """Make up a key, which has a letter and a digit."""
    return "a1" + "".join(CHANCE.choice(of) for _ in range(length - 2))


def capitals(length: int) -> str:
    """Make up a key of capitals and digits."""
    return "".join(CHANCE.choice(string.ascii_uppercase + string.digits) for _ in range(length))


def card(first: str, length: int) -> str:
    """Make a card number with a right check digit."""
    digits = first + "".join(str(n % 10) for n in range(length - len(first) - 1))
    return digits + luhn.calc_check_digit(digits)


def spaced(digits: str, by: str = " ", *groups: int) -> str:
    """Write digits in groups, of four where nothing else is said."""
    sizes = groups or (4,) * (len(digits) // 4)
    parts, rest = [], digits
    for size in sizes:
        parts.append(rest[:size])
        rest = rest[size:]
    return by.join(parts)


def account(country: str, rest: str) -> str:
    """Make an account number with right check digits."""
    return country + iban.calc_check_digits(f"{country}00{rest}") + rest


FOUND: list[tuple[str, str]] = [
    ("an AWS key", "AKIA" + capitals(16)),
    ("an AWS key", f"key: {'ASIA' + capitals(16)}."),
    *(("a GitHub token", f"gh{kind}_" + key(36)) for kind in "pousr"),
    ("a GitHub token", "github_" + "pat_" + key(60)),
    ("a GitLab token", "glpat" + "-" + key(20)),
    ("a Slack token", "xoxb" + "-12345678901-" + key(24)),
    ("a Slack token", "xapp" + "-1-" + key(40)),
    (
        "a Slack webhook",
        "https://hooks.slack.com" + "/services/T" + capitals(8) + "/B" + capitals(8) + "/" + key(24),
    ),
    ("an API key", "sk" + "-proj-" + key(40)),
    ("an API key", "sk" + "_live_" + key(24)),
    ("an API key", "rk" + "_live_" + key(24)),
    ("a Google API key", "AIza" + key(35)),
    ("an access token", "npm_" + key(36)),
    ("an access token", "hf_" + key(34)),
    ("an access token", "Authorization: Bearer " + key(40)),
    ("a private key", "-----BEGIN RSA " + "PRIVATE KEY-----"),
    ("a private key", "-----BEGIN " + "PRIVATE KEY-----"),
    ("a signed token", "eyJ" + key(20) + ".eyJ" + key(60) + "." + key(43)),
    ("a password in an address", "postgres://app:" + key(12) + "@db.internal/app"),
    ("a key or password", 'password = "' + key(10) + '"'),
    ("a key or password", "api_key: '" + key(20) + "'"),
    ("a key or password", '"access-key": "' + key(20) + '"'),
    ("a key or password", "DB_PASSWORD=" + key(12)),
    ("a key or password", "https://example.com/?token=" + key(16)),
    ("an e-mail address", "mail jane.doe" + "@acme.com today"),
    ("an e-mail address", "<j+x" + "@mail.example.co.uk>"),
    ("an e-mail address", "jane" + "@notexample.com"),
    *(("a card number", spaced(card(first, 16))) for first in ("4", "51", "2221", "6011", "3530", "62")),
    ("a card number", card("4", 16)),
    ("a card number", spaced(card("55", 16), "-")),
    ("a card number", spaced(card("37", 15), " ", 4, 6, 5)),
    ("a card number", card("36", 14)),
    ("an account number (IBAN)", account("DE", "370400440532013000")),
    ("an account number (IBAN)", spaced(account("DE", "370400440532013000") + "  ", " ", 4, 4, 4, 4, 4, 2)),
    ("an account number (IBAN)", spaced(account("NL", "ABNA0417164300"), " ", 4, 4, 4, 4, 2)),
    ("a telephone number", "+49 30 " + "901820 17"),
    ("a telephone number", "+1 (212) " + "736-5000"),
    ("a telephone number", "(212) " + "736-5000"),
    ("a telephone number", "call 212-" + "736-5000 now"),
    ("a telephone number", "+4420" + "71234567"),
    ("a social security number", "219-09-" + "9999"),
    ("a placeholder", "Dear [insert name],"),
    ("a placeholder", "Dear [Insert name, role and date],"),
    ("a placeholder", "- [your name]"),
    ("a placeholder", "Owner: TBD"),
    ("a placeholder", "Dear {{name}},"),
    ("a placeholder", "<your company>"),
    ("a placeholder", "Lorem ipsum dolor"),
    ("a placeholder", "TO" + "DO: write this"),
    ("a placeholder", "Budget of X" + "XX euros"),
]

FINE = [
    "ask@example.com, ask@mail.example.org, a@b.example, c@shop.test, d@x.invalid, e@host.localhost",
    "@finance and @here, 3 @ 4.50, a@b, logo@2x.png, lodash@4.17.21",
    "[paste the table here], [paste your figures], [key removed], [CLIENT]",
    "mentions: [add up, total]\nchecks: [[enter, type], 5]\navoids: [your best]\n  - [add up, sum]",
    "${{ secrets.DEPLOY_KEY }} and {a} and {{}",
    "1 < your age and 2 > 1; if x <y> then",
    "A method, not a mastodon: to do this, see the list. XL, XXL.",
    "Cause: ??? or not",
    "password: [password removed]; token = os.environ['TOKEN_1']; secret: none; key: value",
    'checks: {password: "long-enough-words"}',
    "DB_PASSWORD=$SECRET_FROM_VAULT_1; API_KEY=<key removed 1>",
    "postgres://app:[masked]@db/app and https://example.com:8080/a@b",
    "sk-learn-pipelines-and-more-models, risk-adjusted-returns-in-2026-and-later, npm_config_cache",
    "xoxb-your-token-goes-here-please",
    "Q1 2,023 2,024 2,025 2,026\n2023 2024 2025 2026\n4000 5000 6000 7000",
    "4006381333931, 5901234123457",
    "1700000000000, 1700000000000000, 20261123101500",
    "0.4111111111111111 and 4,111,111,111,111,111 and -4242.4242",
    "550e8400-e29b-41d4-a716-446655440000 and 0x4111111111111111 and deadbeef4111111111111111",
    '14 mm x 200, M6 x 40, 3/4" x 12, DN 50, PN 16',
    "part 4711-0815-12, order 123-456-789, serial AB12 3456 7890 1234",
    "2026-11-23T10:15:30+01:00, 10:15:30, 2026-11-23 10:15, 23/11/2026, 2026-W48",
    "555-0100, 212-555-0123, +1 (212) 555-0199, +44 7700 900123, +44 20 7946 0018",
    "Revenue  +12  345  678\nFreight  +1,200 +2,400\nCost  +60  180  240  1200",
    "+112.345.678 EUR, +5 % in 12 months, (30) 12 345-678",
    "000-12-3456, 666-12-3456, 123-00-4567, 123-45-0000, 912-34-5678",
    "DE89 of 3704 parts, GB12 ABCD 1234, FR00 0000 0000 0000",
    "sum 219-09-99991 and 1219-09-9999",
]


@pytest.mark.parametrize(("name", "text"), FOUND, ids=lambda value: None)
def test_what_looks_real_is_found(name: str, text: str) -> None:
    """Keys, tokens, passwords, addresses, numbers and placeholders are found once, by their kind."""
    assert [found.kind.name for found in look_through(f"some words\n{text}\nother words\n")] == [name]


@pytest.mark.parametrize("text", FINE)
def test_what_only_looks_so_is_left_alone(text: str) -> None:
    """Reserved names, tables, dates, part numbers, hex ids, lists and masked keys are fine."""
    assert [found.kind.name for found in look_through(f"words\n{text}\nwords\n")] == []


def test_every_kind_is_tried() -> None:
    """Each kind that is looked for is found in a case above."""
    assert {kind.name for kind in KINDS} == {name for name, _ in FOUND}


CODES = [(Code.SECRET, "stands here"), (Code.PERSONAL, "stands here"), (Code.PLACEHOLDER, "is left in")]


@pytest.mark.parametrize(("code", "said"), CODES)
def test_what_is_found_is_told_at_its_place(tmp_path: Path, code: Code, said: str) -> None:
    """A key, an address or a placeholder is an error at its line and column, and never printed itself."""
    for name, text in FOUND:
        if next(kind.code for kind in KINDS if kind.name == name) is code and "\n" not in text:
            lesson = LESSON.replace(
                "      hint:", f"      material: |\n        ä\n        {text}\n      hint:"
            )
            [line] = lines(tmp_path, loaded(write(tmp_path, lesson=lesson))[1])
            assert (
                line.startswith("library/finance/close.yaml:17:") and f"{code.number} {name} {said} (" in line
            )
            assert text not in line


def test_comments_and_translations_are_looked_through_too(tmp_path: Path) -> None:
    """What stands in a comment of the file is in the repository all the same."""
    lesson = f"{EXAMPLE}# ask jane{'@'}acme.com\n"
    found = loaded(write(tmp_path, lesson=lesson))[1]
    assert [finding.line for finding in found if finding.code is Code.PERSONAL] == [lesson.count("\n")]


def test_places_are_right_whatever_is_found_first(tmp_path: Path) -> None:
    """Several finds in a file, in another order than they are looked for, stand each at its own line."""
    rest = f"# [your name]\n# jane{'@'}acme.com\n# {'AKIA' + capitals(16)} {card('4', 16)}\n"
    findings = loaded(write(tmp_path, lesson=LESSON + rest))[1]
    last = LESSON.count("\n")
    assert [(f.line - last, f.column, f.code) for f in findings] == [
        (1, 3, Code.PLACEHOLDER),
        (2, 3, Code.PERSONAL),
        (3, 3, Code.SECRET),
        (3, 24, Code.PERSONAL),
    ]


# ---------------------------------------------------------------- time

MEGABYTE = 1_000_000
WORST = [
    "a", "A", "1", "-", "@", "a@", "a@a.", "a.", "_", ".", "[", "{", "<", "=", ":", "'", '"', " ", "\n", "\t",
    "eyJ", "eyJ-", "-eyJ", "eyJaaaaaaaa.", "eyJaaaaaaaa.eyJ", ".eyJ",
    "AKIA", "AKIA ", "ghp_", "ghp_ ", "ghp_-", "github_pat_", "glpat-", "xoxb-", "xoxb-1234567 ", "xapp-",
    "sk-", "sk_ ", "sk-aaaaaaaaaaaaaaaaaaaaaa ", "AIza", "npm_", "SG.", "SG.aaaaaaaaaaaaaaaaa.",
    "Bearer ", "Bearer a", "hooks.slack.com/services/T",
    "-----BEGIN ", "-----BEGIN A PRIVATE KEY-----", "PRIVATE KEY-----",
    "a://", "aa://a:", "aa://a:a", "://", "password=", "password='", 'token="', "key: ",
    "secret = '1", "token=a1a1a1a1",
    "1 ", "1234 ", "4111 ", card("4", 16) + " ", "4-", "4111-1111-", "12345678901234567", "2", "6.",
    "DE89 3704 ", "DE00", "AA00AAAA", "AA00 AAAA ", account("DE", "370400440532013000") + " ",
    "+", "+1", "+1 ", "+1(1)", "(212) 736-500 ", "212-736-", "123-45-", "123-45-678 ",
    "[your ", "[your a", "<your ", "<your a", "{{", "{{a", "${{",
    "[insert x", "- [add,", ": TBD", ": TBD ", ": ??? \t",
    "X" * 3, "X" * 3 + " ", "TBD", "lorem ipsu", "Lorem ipsum", "ä", "😀", "\u2028",
]  # fmt: skip


@pytest.mark.parametrize("piece", WORST)
def test_no_megabyte_makes_the_search_slow(piece: str) -> None:
    """A megabyte of what begins like something real is looked through in two seconds of a processor."""
    text = piece * (MEGABYTE // len(piece))
    started = time.process_time()
    for count, _ in enumerate(look_through(f"{text}\n key token @ 1 +[<{{")):
        if count == 100:
            break
    assert time.process_time() - started < 2


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.pattern.pattern[:20])
@settings(max_examples=30)
@given(data=st.data())
def test_the_search_takes_time_in_proportion(kind: Kind, data: st.DataObject) -> None:
    """Whatever short piece is repeated, a pattern goes through a hundred kilobytes of it at once."""
    alphabet = "aA1 -_.@:/'\"[]{}<>()=+#\nxykeTBDyourlp"
    signs = st.sampled_from(kind.signs)
    piece = "".join(data.draw(st.lists(signs | st.text(st.sampled_from(alphabet), max_size=4), max_size=5)))
    text = (piece or "a") * (100_000 // max(1, len(piece)))
    started = time.process_time()
    for match in kind.pattern.finditer(text):
        kind.is_real(match)
    assert time.process_time() - started < 2
