"""How lessons read, and which of them are nearly the same."""

from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.lint import Code
from lessons.model import Lesson
from lessons.prose import HARDEST, concept_words, explained, lix, practice_words, prose
from lessons.similarity import NEAR, Neighbours, shingles, similarity
from lessons.values import values
from tests.lesson_files import EXAMPLE, LESSON, loaded, write


def lesson_of(text: str) -> Lesson:
    """Read a lesson."""
    return Lesson.model_validate(values(text.encode()))


# ---------------------------------------------------------------- reading level

LIXES = [
    ([], 0.0),
    ([""], 0.0),
    (["1,200 and"], 1.0),
    (["One two three."], 3.0),
    (["One two three. Four five six."], 3.0),
    (["One two three? Four five six!"], 3.0),
    (["One two three: four five six"], 3.0),
    (["One two three", "four five six"], 3.0),
    (["One two three.", "four five six."], 3.0),
    (["One two\n\nthree four"], 2.0),
    (["One two\nthree four"], 4.0),
    (["Version 2.5 is out"], 3 + 100 / 3),
    (["letters sixteen sixsix"], 3 + 200 / 3),
    (["don’t it's"], 2.0),
    (["Straße Grundsätze größer"], 3 + 100 / 3),
    (["Отчётность готова."], 2 + 50.0),
]


@pytest.mark.parametrize(("texts", "expected"), LIXES)
def test_lix_counts_sentences_and_long_words(texts: list[str], expected: float) -> None:
    """LIX is the words of a sentence plus the percentage of words of over six letters, in any language."""
    assert lix(texts) == pytest.approx(expected)


@given(st.lists(st.text(), max_size=6))
def test_lix_is_a_number_for_any_texts(texts: list[str]) -> None:
    """Whatever is written, LIX lies between nothing and a hundred above the longest sentence."""
    words = sum(len(text.split()) + len(text) for text in texts)
    assert 0 <= lix(texts) <= words + 100


HARD = (
    "Notwithstanding considerable organizational heterogeneity, practitioners systematically "
    "operationalize multidimensional performance considerations throughout interdepartmental "
    "reconciliation procedures and institutionalized documentation requirements."
)


def test_a_lesson_that_is_hard_to_read_is_told(tmp_path: Path) -> None:
    """Long sentences of long words are told at the steps; those of material and starters are not read."""
    material = LESSON.replace("      hint:", f"      material: {HARD}\n      starter: {HARD}\n      hint:")
    assert loaded(write(tmp_path, lesson=material))[1] == ()
    task = LESSON.replace("Write three sentences on why the third quarter missed plan.", f"{HARD} {HARD}")
    task = task.replace("minutes: 5\n", "minutes: 5\n", 1)
    [finding] = [f for f in loaded(write(tmp_path, lesson=task))[1] if f.code is Code.HARD_TO_READ]
    assert (finding.line, finding.column) == (10, 3) and finding.mend == "shorter sentences, plainer words"
    assert finding.message.startswith("hard to read: LIX ") and finding.message.endswith(f", over {HARDEST}")


# ---------------------------------------------------------------- concepts

CONCEPT = "  - concept: Grounding. You gave the tool its only facts.\n"


@pytest.mark.parametrize(
    ("words", "material", "said"),
    [
        (10, 0, None),
        (11, 0, "the concept has 11 words, and what is practised with only 10"),
        (79, 100, None),
        (80, 100, "the concept has 80 words; 79 is the most"),
    ],
)
def test_a_concept_is_short(tmp_path: Path, words: int, material: int, said: str | None) -> None:
    """A concept stays under 80 words and is no longer than what the practice works with."""
    lesson = LESSON.replace(CONCEPT, f"  - concept: {'a ' * words}\n")
    if material:
        lesson = lesson.replace("      hint:", f"      material: {'b ' * material}\n      hint:")
    found = [f for f in loaded(write(tmp_path, lesson=lesson))[1] if f.code is Code.LONG_CONCEPT]
    assert [finding.message for finding in found] == ([said] if said else [])
    assert all(finding.column == 14 for finding in found)


def test_every_text_of_a_lesson_is_looked_at() -> None:
    """What is explained is judged for reading; all but material and translations is compared."""
    lesson = lesson_of(EXAMPLE)
    texts, all_texts = [*explained(lesson)], [*prose(lesson)]
    assert {*texts} < {*all_texts}
    assert lesson.reviews[0].answers[1].feedback in texts
    for piece in (
        "Home > Copilot",
        "largest effect first",
        "The next month-end",
        "Summarize it like",
        "Every number is",
    ):
        assert any(piece.lower() in text.lower() for text in all_texts), piece
    assert not any("1,110" in text or "Abweichung" in text for text in all_texts)
    assert [*concept_words(lesson)] == [(1, 35)] and practice_words(lesson) == 60


# ---------------------------------------------------------------- likeness


def test_shingles_are_three_words_in_a_row() -> None:
    """Capitals and punctuation do not matter, a repetition counts once, and no shingle spans two texts."""
    assert len(shingles(["One, two; THREE four"])) == 2
    assert shingles(["one two three four"]) == shingles(["One, two; THREE four."])
    assert len(shingles(["one two", "three four"])) == 0
    assert len(shingles(["a a a a a a"])) == 1


def test_similarity_is_what_is_shared_of_all() -> None:
    """The similarity of two sets is their intersection over their union; two empty ones are not alike."""
    one, other = shingles(["a b c d e"]), shingles(["b c d e f"])
    assert similarity(one, other) == similarity(other, one) == 2 / 4
    assert similarity(one, one) == 1 and similarity(shingles([]), shingles([])) == 0


NAMES = st.sampled_from("abcdefgh")
TEXTS = st.lists(st.sampled_from(["one", "two", "three", "four", "five", "six"]), max_size=9).map(" ".join)
BASES = st.sampled_from(["a b c d e f g h i j k l", "m n o p q r s t", "a b c d e f g h i j", "u v w"])
PUTS = st.lists(st.tuples(NAMES, BASES, TEXTS, st.booleans()), max_size=25)


@given(PUTS)
def test_neighbours_are_those_of_all_pairs(puts: list[tuple[str, str, str, bool]]) -> None:
    """Put and dropped in any order, each lesson's nearest is the one that a look at all pairs finds."""
    neighbours, known = Neighbours(), {}
    for name, base, text, stays in puts:
        known[name] = shingles([base, text])
        neighbours.put(name, known[name])
        if not stays:
            neighbours.drop(name)
            neighbours.drop(name)
            del known[name]
    for name, own in known.items():
        near = [(similarity(own, other), each) for each, other in known.items() if each != name]
        best = max(near, default=(0.0, ""))
        assert neighbours.nearest(name) == ((best[1], best[0]) if best[0] >= NEAR else None)


@given(st.lists(st.frozensets(st.integers(0, 12), min_size=1), max_size=8))
def test_no_pair_is_overlooked_at_the_limit(sets: list[frozenset[int]]) -> None:
    """Pairs of exactly the limit are found, whatever their sizes."""
    words = [shingles([f"w{n} x y" for n in each]) for each in sets]
    neighbours = Neighbours()
    for index, each in enumerate(words):
        neighbours.put(str(index), each)
    near = {
        index
        for pair in combinations(range(len(words)), 2)
        for index in pair
        if similarity(*(words[i] for i in pair)) >= NEAR
    }
    assert near == {i for i in range(len(words)) if neighbours.nearest(str(i))}
