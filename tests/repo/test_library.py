"""What the library promises: families, use cases, and what every lesson of it has."""

from collections import Counter
from datetime import date
from functools import cache
from itertools import combinations

import pytest

from bot.app import CHANNEL_LIMITS
from lessons.catalogue import Catalogue
from lessons.loading import load
from lessons.prose import concept_words, prose
from lessons.similarity import shingles, similarity
from lessons.steps import ConceptStep, PracticeStep, TransferStep
from tests.repo.reading import ROOT

TODAY = date(2026, 11, 23)
FAMILIES = (
    "finance",
    "sales",
    "customer-service",
    "supply-chain",
    "marketing",
    "human-resources",
    "learning-development",
    "software-it",
    "consulting",
    "banking-insurance",
    "healthcare-administration",
    "retail-ecommerce",
    "manufacturing",
    "education",
)


@cache
def library() -> Catalogue:
    """Load the catalogue that Laps comes with."""
    found = load(ROOT / "lessons.yaml", TODAY, CHANNEL_LIMITS)
    assert found.catalogue is not None, [str(finding) for finding in found.findings]
    return found.catalogue


def test_the_library_has_no_finding() -> None:
    """`laps lint` has nothing to say against it, and no warning."""
    found = load(ROOT / "lessons.yaml", TODAY, CHANNEL_LIMITS)
    assert [str(finding) for finding in found.findings] == []


def test_the_families_are_those_that_are_promised() -> None:
    """Fourteen job families, no more and no fewer."""
    assert tuple(library().job_families) == FAMILIES


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_has_its_use_cases(family: str) -> None:
    """Ten or more use cases, each with a lesson; every capability is built by one; three lessons judge."""
    lessons = library().for_family(family)
    cases = Counter(lesson.use_case for lesson in lessons)
    assert 10 <= len(cases) <= 15 and set(cases.values()) == {1}
    capabilities = library().job_families[family].capabilities
    assert {each.id for each in capabilities} == {lesson.capability for lesson in lessons}
    assert all(each.owner and each.agreed_on for each in capabilities)
    assert sum(lesson.skill == "judge" for lesson in lessons) >= 3
    assert any(lesson.difficulty == "easy" for lesson in lessons)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_lesson_has_all_that_is_promised(family: str) -> None:
    """Material, a starter, a better prompt, what to verify, a rubric, a short concept, transfer, reviews."""
    for lesson in library().for_family(family):
        practices = [step.practice for step in lesson.steps if isinstance(step, PracticeStep)]
        first = practices[0]
        assert first.material.strip() and first.starter.strip() and first.hint, lesson.id
        assert any(each.better for each in practices), lesson.id
        assert any(each.verify for each in practices), lesson.id
        assert all(each.rubric for each in practices), lesson.id
        assert any(isinstance(step, ConceptStep) for step in lesson.steps), lesson.id
        assert all(words < 80 for _, words in concept_words(lesson)), lesson.id
        assert any(isinstance(step, TransferStep) for step in lesson.steps), lesson.id
        assert len(lesson.reviews) == 2 and lesson.owner and lesson.reviewed_on, lesson.id


def test_what_is_regulated_says_what_may_not_be_pasted() -> None:
    """Each industry of the catalogue has its rules, and lessons for it show them."""
    industries = library().industries
    assert {"banking", "insurance", "healthcare"} <= {*industries}
    assert all(each.never_paste for each in industries.values())
    for lesson in library().lessons.values():
        assert not lesson.industries or library().never_paste(lesson), lesson.id


def test_lessons_for_the_line_fit_a_phone() -> None:
    """Material of the manufacturing family has short lines."""
    for lesson in library().for_family("manufacturing"):
        for step in lesson.steps:
            if isinstance(step, PracticeStep):
                assert max(map(len, step.practice.material.splitlines() or [""])) <= 44, lesson.id


def test_no_lesson_is_another_with_the_nouns_changed() -> None:
    """For every pair the Jaccard similarity of word 3-shingles, material apart, is far under 0.6."""
    sets = {name: shingles(prose(lesson)) for name, lesson in library().lessons.items()}
    degrees = {pair: similarity(sets[pair[0]], sets[pair[1]]) for pair in combinations(sets, 2)}
    worst = max(degrees, key=lambda pair: degrees[pair])

    assert degrees[worst] < 0.2, (worst, degrees[worst])
