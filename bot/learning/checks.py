"""Automatic checks of a pasted result: honest about what they can see, which is words and terms."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from lessons.steps import AutomaticCheck, AvoidsCheck, MentionsCheck, WordsCheck

HONESTY = "These checks count words and look for terms. Whether it is true and useful, only you can tell."

_WORD = re.compile(r"\w+(?:[.,'’\-]\w+)*")


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Whether one check passed, said as a line for the learner."""

    passed: bool
    line: str


def count_words(text: str) -> int:
    """Count words; a number such as 1,200 and a hyphenated word are one each."""
    return len(_WORD.findall(text))


def run_checks(checks: Sequence[AutomaticCheck], text: str) -> tuple[CheckResult, ...]:
    """Check a pasted text; the text itself goes nowhere."""
    folded = _fold(text)
    return tuple(_run(check, text, folded) for check in checks)


def passing(checks: Sequence[AutomaticCheck]) -> str:
    """Return a text that passes, to show what a learner sees who did well: the terms, and words enough."""
    terms = [
        term if isinstance(term, str) else term[0]
        for check in checks
        if isinstance(check, MentionsCheck)
        for term in check.mentions
    ]
    least = max((check.words.min for check in checks if isinstance(check, WordsCheck)), default=0)
    text = " ".join(terms)
    return f"{text} {'word ' * (least - count_words(text))}".strip()


def _run(check: AutomaticCheck, text: str, folded: str) -> CheckResult:
    if isinstance(check, WordsCheck):
        return _words(check, count_words(text))
    if isinstance(check, MentionsCheck):
        return _mentions(check, folded)
    return _avoids(check, folded)


def _words(check: WordsCheck, words: int) -> CheckResult:
    low, high = check.words.min, check.words.max
    if words < low:
        return CheckResult(False, f"{_counted(words)}: aim for at least {low}")
    if words > high:
        return CheckResult(False, f"{_counted(words)}: aim for at most {high}")
    return CheckResult(True, f"{_counted(words)}: a good length")


def _counted(words: int) -> str:
    return "1 word" if words == 1 else f"{words} words"


def _mentions(check: MentionsCheck, folded: str) -> CheckResult:
    wanted = [(term,) if isinstance(term, str) else term for term in check.mentions]
    found = [next((term for term in terms if _has(folded, term)), None) for terms in wanted]
    missing = [terms for terms, term in zip(wanted, found, strict=True) if term is None]
    if missing:
        return CheckResult(False, "does not mention " + "; ".join(map(_any, missing)))
    return CheckResult(True, "mentions " + ", ".join(_quoted(term) for term in found if term is not None))


def _any(terms: Sequence[str]) -> str:
    """Say what would do: two words for it at most, for nobody reads a list of ten."""
    said = [_quoted(term) for term in terms]
    return " or ".join(said) if len(said) < 3 else f"{said[0]} or the like"


def _quoted(term: str) -> str:
    return f"“{term}”" if " " in term else term


def _avoids(check: AvoidsCheck, folded: str) -> CheckResult:
    found = [term for term in check.avoids if _has(folded, term)]
    if found:
        return CheckResult(False, "still says " + ", ".join(map(_quoted, found)))
    return CheckResult(True, "does not say " + ", ".join(map(_quoted, check.avoids)))


def _fold(text: str) -> str:
    """Make texts comparable: compatibility forms, no case, single spaces, straight quotes."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return " ".join(text.split())


def _has(folded: str, term: str) -> bool:
    """Find a term at a word's beginning: `freight` finds `freights`, but `late` does not find `plate`."""
    wanted = _fold(term)
    if not _WORD.match(wanted):  # a sign, such as !!, stands right behind a word
        return wanted in folded
    return re.search(r"(?<!\w)" + re.escape(wanted), folded) is not None
