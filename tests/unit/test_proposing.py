"""Cohorts that are proposed: laws that hold for any people, and written cases."""

from collections import Counter
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from bot.cohorts.gathering import FEWEST, MOST
from bot.cohorts.proposing import Candidate, propose

FAMILIES = ("finance", "sales", "hr")


def people(count: int, family: str = "finance", offset: float = 1.0, start: int = 0) -> list[Candidate]:
    """Make people of a kind."""
    return [Candidate(f"E-{number:03}", family, offset) for number in range(start, start + count)]


candidates = st.lists(
    st.tuples(st.sampled_from(FAMILIES), st.sampled_from([-8.0, -5.0, 0.0, 1.0, 2.0, 5.5, 9.0])), max_size=80
).map(lambda made: [Candidate(f"E-{number:03}", *each) for number, each in enumerate(made)])
sizes = st.integers(min_value=FEWEST, max_value=MOST)


@given(candidates, sizes, st.booleans())
def test_everybody_is_in_one_cohort_or_named_as_left_over(
    given_people: list[Candidate], size: int, mixed: bool
) -> None:
    """Nobody is lost and nobody is in two; cohorts have 8 to 12 people whose working hours overlap."""
    made = propose(given_people, (), {}, size, mixed)
    placed = [each for cohort in made.cohorts for each in cohort.people]
    assert Counter([*placed, *made.left_over]) == Counter(given_people)
    for cohort in made.cohorts:
        assert FEWEST <= len(cohort.people) <= MOST
        assert cohort.apart <= 4
    assert len({cohort.name for cohort in made.cohorts}) == len(made.cohorts)
    assert made == propose(given_people[::-1], (), {}, size, mixed)


@given(st.integers(min_value=0, max_value=200), sizes)
def test_of_one_kind_as_few_as_can_be_are_left_over(count: int, size: int) -> None:
    """Under 8 are too few; 13 to 15 are too many for one cohort and too few for two."""
    left = len(propose(people(count), (), {}, size).left_over)
    assert left == (count if count < FEWEST else max(0, count - MOST) if count < 2 * FEWEST else 0)


def test_one_job_family_each_unless_they_are_to_be_mixed() -> None:
    """By function they stay apart; mixed they are spread evenly."""
    both = people(20) + people(20, "sales", start=20)
    apart = propose(both, (), {}, 10)
    assert [{one.job_family for one in each.people} for each in apart.cohorts] == [
        {"finance"},
        {"finance"},
        {"sales"},
        {"sales"},
    ]
    mixed = propose(both, (), {}, 10, mixed=True)
    for each in mixed.cohorts:
        assert Counter(one.job_family for one in each.people) == {"finance": 5, "sales": 5}


def test_who_met_before_is_parted() -> None:
    """Two cohorts of last time become two in which half are new to each other, as few pairs as can be."""
    once = people(20)
    first = propose(once, (), {}, 10)
    met = {
        one.person: {other.person for other in each.people} - {one.person}
        for each in first.cohorts
        for one in each.people
    }
    again = propose(once, [each.name for each in first.cohorts], met, 10)
    assert [each.name for each in again.cohorts] == ["finance-3", "finance-4"]
    assert [each.repeats for each in again.cohorts] == [20, 20]  # five and five of each: 2 x 10 pairs
    named = [{one.person for one in each.people} for each in again.cohorts]
    counted = sum(other in met[one] for each in named for one, other in combinations(sorted(each), 2))
    assert counted == 40


def test_who_is_left_over_goes_where_there_is_room() -> None:
    """Three of a small job family join another cohort whose hours they share, and not one on the far side."""
    made = propose(people(10) + people(3, "hr", 2.0, 10) + people(2, "hr", 9.0, 13), (), {}, 10)
    assert [len(each.people) for each in made.cohorts] == [12]
    assert [each.person for each in made.left_over] == ["E-012", "E-013", "E-014"]
