"""Moments that are about colleagues: a use case that worked, the best one to show, a cohort, a champion."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.messages import Choices
from bot.model import (
    Draw,
    Learner,
    LearnerId,
    NudgeAction,
    NudgeDecision,
    OrganizationId,
    Share,
    Shared,
    ShareId,
    Status,
    Success,
)
from bot.nudging.happenings import Way
from bot.nudging.occasions import Occasion
from bot.nudging.policy import Standing
from bot.nudging.speaking import nudge_message, offered
from bot.nudging.standing import NEEDS, needs_of
from bot.nudging.times import Week
from lessons.catalogue import Catalogue, JobFamily, OrganizationSettings, Tool
from lessons.moments import Moment, Nudges
from scheduler.planner import plan

TUESDAY = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)  # ten in Berlin
NUDGES = Nudges(hold=0.0)
WHO = Learner(
    LearnerId("l1"), OrganizationId("o1"), status=Status.ACTIVE, job_family="finance", cohort="north"
)
STANDING = Standing(WHO, Week.of(NUDGES, ZoneInfo("Europe/Berlin")), 1, 3, 0.0)
SHARE = Share(ShareId("s1"), LearnerId("ann"), "Close the month", "copilot", "List it", TUESDAY)


def moment(**changes: object) -> Moment:
    """Make a moment about what somebody shared."""
    made = {"id": "it", "kind": "more", "when": {"event": "use_case_worked"}, "offer": {"use_case": "own"}}
    return Moment.model_validate({**made, **changes})


def catalogue(*moments: Moment) -> Catalogue:
    """Make a catalogue with moments."""
    return Catalogue(
        OrganizationSettings(name="Acme", nudges=NUDGES),
        {"copilot": Tool(name="Copilot")},
        {"finance": JobFamily(name="Finance analyst")},
        moments=moments,
    )


def worked(times: int) -> Success:
    """Say that a use case worked so often, once an hour, the day before."""
    first = TUESDAY - timedelta(days=1, hours=times)
    return Success(ShareId("s1"), "Close the month", tuple(first + timedelta(hours=n) for n in range(times)))


def decided(way: Way, *moments: Moment) -> list[NudgeDecision]:
    """Decide what is due for somebody now."""
    made = plan(way, STANDING, catalogue(*moments), (), TUESDAY, lambda point: Draw(b"salt", "l1", point))
    return [decision for _, decision in made.made]


@pytest.mark.parametrize(("times", "told"), [(0, 0), (1, 1), (4, 1), (5, 2), (24, 2), (25, 3), (30, 3)])
def test_an_author_hears_of_the_first_the_fifth_and_the_twenty_fifth(times: int, told: int) -> None:
    """A day later, and of each number once: there is an occasion for each, and one message a day at most."""
    made = decided(Way(WHO, successes=[worked(times)] if times else ()), moment())
    assert len(made) == told
    sent = [each for each in made if each.action is NudgeAction.SENT]
    people = {1: "a colleague", 5: "5 colleagues", 25: "25 colleagues"}.get(times)
    if people is not None:
        assert [each.reason for each in sent] == [f"“Close the month”, which you shared, worked for {people}"]
    assert len(sent) <= 1


@pytest.mark.parametrize(("cohort", "count"), [("north", 1), ("south", 0), (["south", "north"], 1)])
def test_a_moment_can_be_for_a_cohort(cohort: object, count: int) -> None:
    """By the name that the roster has for it."""
    when = {"weekday": "tuesday", "at": "10:00"}
    for_it = moment(whom={"cohort": cohort}, when=when, offer={"lesson": "next"})
    assert len(decided(Way(WHO), for_it)) == count


def test_a_word_is_never_due_by_itself() -> None:
    """Only what somebody writes brings it about."""
    assert decided(Way(WHO), moment(when={"keyword": "variance"})) == []


def test_what_a_colleague_shared_is_offered() -> None:
    """The best one, or one's own that worked last; without one there is nothing of the kind."""
    best, own = moment(offer={"use_case": "best"}), moment()
    assert offered(best, Way(WHO), catalogue(), TUESDAY) is None
    assert offered(own, Way(WHO), catalogue(), TUESDAY) is None
    shared = Shared(SHARE, "Ann", tried=3, worked=2)
    assert offered(best, Way(WHO, best=shared), catalogue(), TUESDAY) == shared
    later = replace(worked(1), share=ShareId("s2"), times=(TUESDAY,))
    assert offered(own, Way(WHO, successes=[later, worked(2)]), catalogue(), TUESDAY) == later


def test_the_champion_is_offered_by_name() -> None:
    """Who leads the cohort; in a cohort without one nobody is."""
    ask = moment(offer={"person": "champion"})
    assert offered(ask, Way(WHO), catalogue(), TUESDAY) is None
    offer = offered(ask, Way(WHO, champions=("Ann",)), catalogue(), TUESDAY)
    assert offer is not None
    assert "Ann leads your cohort" in said(ask, offer)


def said(each: Moment, offer: object) -> str:
    """Give what is said of an offer."""
    occasion = Occasion(each, "x", TUESDAY, TUESDAY, "it is")
    sent = NudgeAction.SENT
    decision = NudgeDecision("n1", WHO.id, each.id, each.kind, "x", TUESDAY, TUESDAY.date(), sent, "send", "")
    message = nudge_message(occasion, decision, offer, catalogue(), asks=False)  # type: ignore[arg-type]
    last = message.blocks[-1]
    assert isinstance(last, Choices)
    assert [option.verb for option in last.options][-2:] == ["later", "why"]
    assert all(option.args["u"] == "n1" for option in last.options)
    return str(message)


def test_what_is_said_leads_to_the_use_case() -> None:
    """With who shared it and for how many it worked."""
    text = said(moment(offer={"use_case": "best"}), Shared(SHARE, "Ann", tried=3, worked=2))
    assert "Shared by Ann; it worked for 2 of 3." in text
    assert "worked for 2 colleagues" in said(moment(), worked(2))


def test_what_others_did_is_read_only_where_a_moment_is_about_it() -> None:
    """Without such a moment a decision costs no more than before."""
    assert needs_of(catalogue()) == NEEDS
    every = needs_of(
        catalogue(moment(), moment(offer={"use_case": "best"}), moment(offer={"person": "champion"}))
    )
    assert (every.successes, every.cohort, every.shelf is not None) == (True, True, True)
