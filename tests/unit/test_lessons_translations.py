"""A lesson in another language: which one a person gets, and what stays as it is."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.model import Lesson
from lessons.terms import LOCALE
from lessons.translation import nearest
from lessons.values import values
from tests.lesson_files import EXAMPLE, LESSON, loaded, write


def lesson_of(text: str) -> Lesson:
    """Read a lesson."""
    return Lesson.model_validate(values(text.encode()))


ORIGINAL = lesson_of(EXAMPLE)
GERMAN = ORIGINAL.told_in("de")

NEAREST = [
    (None, ["de"], None),
    ("", ["de"], None),
    ("de", [], None),
    ("de", ["de"], "de"),
    ("de-CH", ["de"], "de"),
    ("de-CH", ["de", "de-CH"], "de-CH"),
    ("de-CH", ["de-AT", "de-DE"], "de-AT"),
    ("de_ch", ["de", "de-CH"], "de-CH"),
    ("DE-ch", ["de-CH"], "de-CH"),
    ("de", ["de-CH"], "de-CH"),
    ("fr-CH", ["de", "de-CH"], None),
    ("d", ["de"], None),
    ("en-US", ["de", "pt-BR"], None),
    ("zh-Hant-TW", ["zh", "zh-TW"], "zh"),
    ("not a locale", ["no"], None),
]


@pytest.mark.parametrize(("locale", "known", "found"), NEAREST)
def test_the_nearest_language_is_taken(locale: str | None, known: list[str], found: str | None) -> None:
    """A person's own locale comes first, then its language, then another country's, then the original."""
    assert nearest(locale, dict.fromkeys(known)) == found


@given(st.text(), st.lists(st.from_regex(LOCALE, fullmatch=True), max_size=4))
def test_any_locale_gets_something(locale: str, known: list[str]) -> None:
    """Whatever a platform calls the language, the answer is one of those that there are, or the original."""
    assert nearest(locale, dict.fromkeys(known)) in {None, *known}


def test_a_lesson_is_told_in_the_nearest_language() -> None:
    """The nearest translation's texts are shown; without one it is the lesson itself."""
    assert ORIGINAL.told_in("de-CH") == GERMAN != ORIGINAL
    for locale in (None, "", "en", "fr-FR"):
        assert ORIGINAL.told_in(locale) is ORIGINAL


def test_what_is_no_text_stays_as_it_is() -> None:
    """Ids, tools, minutes, addresses, the right answers and the kinds of steps are those of the original."""
    assert (GERMAN.title, GERMAN.use_case) == (
        "Eine Abweichungsnotiz aus einer GuV-Tabelle schreiben",
        "Abweichungsanalyse",
    )
    for key in ("id", "job_family", "capability", "tools", "minutes", "skill", "difficulty", "review_by"):
        assert getattr(GERMAN, key) == getattr(ORIGINAL, key)
    assert [type(step) for step in GERMAN.steps] == [type(step) for step in ORIGINAL.steps]
    practice, own = GERMAN.steps[0].practice, ORIGINAL.steps[0].practice
    assert practice.image and own.image and practice.image.url == own.image.url != practice.image.alt
    assert practice.image.alt == "Je Zeile der Tabelle zwei Balken für Plan und Ist"
    assert practice.variants["copilot"].menu.startswith("In Excel die") and practice.minutes == own.minutes
    assert [answer.right for answer in GERMAN.reviews[0].answers] == [True, False]
    assert GERMAN.reviews[0].answers[0].text == "Fragen, wo er in der Tabelle steht"


def test_lists_of_texts_are_replaced_as_a_whole() -> None:
    """Checks, what to verify and the rubric are those of the translation alone."""
    practice = GERMAN.steps[0].practice
    assert [type(check).__name__ for check in practice.checks] == ["WordsCheck", "MentionsCheck"]
    assert practice.rubric[0] == "Jede Zahl steht in der Tabelle" and len(practice.verify) == 2


def test_what_is_not_translated_is_shown_in_the_original() -> None:
    """Steps passed over or not reached, and texts left out, are those of the original."""
    short = "translations: {fr: {title: Une note, steps: [{practice: {hint: Regarde la table.}}, {}]}}\n"
    lesson = lesson_of(LESSON + short)
    french = lesson.told_in("fr")
    first = french.steps[0]
    assert first.practice.hint == "Regarde la table."
    assert first.practice.task == lesson.steps[0].practice.task and french.title == "Une note"
    assert french.steps[1:] == lesson.steps[1:] and french.use_case == lesson.use_case
    assert lesson_of(LESSON + "translations: {fr: {}}\n").told_in("fr") == lesson_of(LESSON)


def test_a_list_that_is_replaced_may_be_longer(tmp_path: Path) -> None:
    """A translation may have more lines in its rubric, and other checks, than the original."""
    practice = "{rubric: [Un, Deux, Trois], checks: [{words: {min: 1}}, {avoids: [a]}, {mentions: [b]}]}"
    lesson = LESSON + f"translations: {{fr: {{steps: [{{practice: {practice}}}]}}}}\n"
    assert loaded(write(tmp_path, lesson=lesson))[1] == ()
    assert len(lesson_of(lesson).told_in("fr").steps[0].practice.rubric) == 3


UNSEEN = ["owner: CFO office\n", "reviewed_on: 2026-11-02\n"]


@pytest.mark.parametrize("line", UNSEEN)
def test_who_keeps_a_lesson_changes_no_version(line: str) -> None:
    """A lesson read again, or handed to somebody else, keeps its version: learners meet the same."""
    assert lesson_of(LESSON + line).version == lesson_of(LESSON).version
    later = LESSON.replace("2027-03-01", "2027-06-01")
    assert lesson_of(later).version == lesson_of(LESSON).version


def test_what_learners_meet_changes_the_version() -> None:
    """A text, a variant, a translation or a picture makes another version; a default written out does not."""
    version = ORIGINAL.version
    assert version == lesson_of(EXAMPLE.replace("skill: produce\n", "")).version
    for old, new in (
        ("difficulty: easy", "difficulty: hard"),
        ("Home > Copilot", "Start > Copilot"),
        ("Abweichungsanalyse", "Analyse"),
        ("grounding.png", "ground.png"),
        ("Likely is how", "Often is how"),
    ):
        assert old in EXAMPLE and lesson_of(EXAMPLE.replace(old, new)).version != version


def test_a_version_is_the_same_in_every_release() -> None:
    """A lesson that uses no later key has the version that it always had: sessions under way name it."""
    assert lesson_of(LESSON).version == "ba8d5898ca5a59b6"
