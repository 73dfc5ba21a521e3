"""What a line of the roster changes, by written cases: history, joined accounts, chosen settings, roles."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cohorts.enrolling import Enrolment, Found, Kind, Match, Registrar
from bot.cohorts.roster import DATED, Line
from bot.events import EventType
from bot.model import (
    ChannelName,
    Learner,
    LearnerId,
    Organization,
    OrganizationId,
    Role,
    Span,
    Status,
    WorkspaceId,
)

ACME = Organization(OrganizationId("o1"), "Acme", "Europe/Berlin", b"s" * 32)
DAY = date(2026, 11, 2)
NEXT = DAY + timedelta(days=1)
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
CHAMPION = frozenset({Role.CHAMPION})


def registrar(day: date = DAY, taken: Mapping[LearnerId, str] | None = None) -> Registrar:
    """Somebody who takes lines in."""
    return Registrar(ACME, day, NOW, taken or {})


def line(**said: str) -> Line:
    """What a file says of E-1."""
    return Line(2, "E-1", said)


def learner(name: str = "l1", **more: object) -> Learner:
    """Make somebody who is stored."""
    return replace(Learner(LearnerId(name), ACME.id, version=3), **more)  # type: ignore[arg-type]


def match(who: Learner, external: str = "U1", how: str = "email", person: str | None = None) -> Match:
    """Make an account that could be theirs; an id that has no U is of Teams."""
    channel = ChannelName.SLACK if external.startswith("U") else ChannelName.TEAMS
    return Match(how, WorkspaceId(f"{channel}:1"), channel, external, who, person)


def after(made: Enrolment, before: Found | None = None) -> Found:
    """Return what is known once an enrolment is written."""
    before = before or Found("E-1")
    if made.changes is None:
        return before
    stored = made.changes.learner
    assert stored is not None
    person = replace(made.changes.person, is_new=False) if made.changes.person else before.person
    newest = max((*made.changes.spans, *([before.newest] if before.newest else [])), key=lambda x: x.from_on)
    newest = next((x for x in made.changes.spans if x.from_on == newest.from_on), newest)
    return Found("E-1", person, replace(stored, version=stored.version + 1), newest)


def known(**said: str) -> Found:
    """Return what is known of E-1 after a first import."""
    return after(registrar().enrol(line(**said), Found("E-1")))


def written(made: Enrolment) -> Learner:
    """Return the learner as they are after an enrolment."""
    assert made.changes is not None and made.changes.learner is not None
    return made.changes.learner


def spans(made: Enrolment) -> list[tuple[date, date | None]]:
    """Return the days of the spans that are written."""
    return [(x.from_on, x.until_on) for x in made.changes.spans] if made.changes else []


# ---------------------------------------------------------------- history


def test_somebody_new_gets_a_learner_and_a_span() -> None:
    """The first line of a person makes a learner who did not agree to anything, and an open span."""
    made = registrar().enrol(line(job_family="finance", role="champion", country="DE"), Found("E-1"))
    who = written(made)
    assert (made.kind, spans(made)) == (Kind.JOINED, [(DAY, None)])
    assert (who.status, who.job_family, who.country, who.version) == (Status.NEW, "finance", "DE", 0)
    assert who.roles == {Role.CHAMPION} and who.left_on is None
    assert made.changes is not None and made.changes.events == () and made.changes.look_by is None


def test_the_same_line_again_changes_nothing() -> None:
    """Twice is once, on the same day and on any later one."""
    found = known(job_family="finance", tools="copilot", email="a@b.de", role="hr", ends_on="2026-12-31")
    again = line(job_family="finance", tools="copilot", email="a@b.de", role="hr", ends_on="2026-12-31")
    for day in (DAY, NEXT):
        made = registrar(day).enrol(again, found)
        assert (made.kind, made.what, made.changes) == (Kind.SAME, (), None)


def test_what_changed_makes_a_new_span() -> None:
    """The old span ends on the day, and the new one begins on it; both stay."""
    made = registrar(NEXT).enrol(line(job_family="sales"), known(job_family="finance", wave="1"))
    assert (made.kind, made.what) == (Kind.CHANGED, (("job_family", "finance", "sales"),))
    assert spans(made) == [(DAY, NEXT), (NEXT, None)]
    assert made.changes is not None and made.changes.spans[1].facts["wave"] == "1", "a missing column stays"


def test_a_change_on_the_same_day_takes_the_place_of_the_first() -> None:
    """A day has one state, however often it is corrected."""
    made = registrar().enrol(line(job_family="sales"), known(job_family="finance"))
    assert (made.kind, spans(made)) == (Kind.CHANGED, [(DAY, None)])


@pytest.mark.parametrize(
    ("status", "was", "now", "granted"),
    [
        (Status.ACTIVE, "copilot", "copilot;claude", ["claude"]),
        (Status.ACTIVE, "", "copilot;claude", ["copilot", "claude"]),
        (Status.ACTIVE, "copilot;claude", "claude", []),
        (Status.NEW, "copilot", "copilot;claude", []),
    ],
)
def test_a_new_entry_among_the_tools_is_a_tool_granted(
    status: Status, was: str, now: str, granted: list[str]
) -> None:
    """Whoever takes part has it recorded, once; a tool taken away, or somebody who never agreed, has not."""
    found = known(tools=was)
    assert found.learner is not None
    found = replace(found, learner=replace(found.learner, status=status))
    made = registrar(NEXT).enrol(line(tools=now), found)
    assert made.changes is not None
    assert [(x.type, x.tool) for x in made.changes.events] == [(EventType.TOOL_GRANTED, x) for x in granted]
    assert registrar(NEXT).enrol(line(tools=now), after(made, found)).changes is None


def test_an_empty_cell_empties() -> None:
    """What the roster says no more is not kept, neither there nor with the learner."""
    made = registrar(NEXT).enrol(line(job_family="", country=""), known(job_family="finance", country="DE"))
    assert (written(made).job_family, written(made).country) == (None, None)
    assert {name for name, _, now in made.what if not now} == {"job_family", "country"}


def test_an_address_has_no_history() -> None:
    """A new e-mail address is a change that makes no span."""
    made = registrar(NEXT).enrol(line(email="new@b.de"), known(email="old@b.de"))
    assert (made.kind, made.what, spans(made)) == (Kind.CHANGED, (("email", "old@b.de", "new@b.de"),), [])


def test_a_later_day_is_not_written_over() -> None:
    """A file of an earlier day than what is known changes nothing of that person."""
    earlier = registrar(DAY - timedelta(days=1))
    for made in (earlier.enrol(line(job_family="sales"), known()), earlier.close(known())):
        assert (made.kind, made.changes) == (Kind.LATER, None)


def test_an_import_of_the_last_day_stands_after_a_leaving() -> None:
    """Who was closed as of a later day is not opened by a file of an earlier one."""
    found = after(registrar(NEXT + timedelta(days=5)).close(known()), known())
    assert registrar(NEXT).enrol(line(), found).kind is Kind.LATER


# ---------------------------------------------------------------- leaving and coming back


def test_who_is_missing_leaves_and_loses_every_role() -> None:
    """The span ends, the learner stays, and no role does: neither the roster's nor one given by hand."""
    found = known(role="champion", job_family="finance")
    assert found.learner is not None
    found = replace(found, learner=replace(found.learner, roles=frozenset({Role.CHAMPION, Role.ADMIN})))
    made = registrar(NEXT).close(found)
    who = written(made)
    assert (made.kind, spans(made)) == (Kind.LEFT, [(DAY, NEXT)])
    assert (who.left_on, who.roles, who.job_family) == (NEXT, frozenset(), "finance")
    assert who.has_left(NEXT) and not who.has_left(DAY)


def test_leaving_twice_is_leaving_once() -> None:
    """Who has left already is as before."""
    found = known(ends_on="2026-10-01")
    made = registrar(NEXT).close(found)
    assert (made.kind, made.changes) == (Kind.SAME, None)


def test_coming_back_opens_a_new_span() -> None:
    """What was said before still counts where the file is silent; the days of the first time do not."""
    found = known(role="champion", job_family="finance", starts_on="2020-01-01", ends_on="2027-01-31")
    left = after(registrar(NEXT).close(found), found)
    day = NEXT + timedelta(days=30)
    made = registrar(day).enrol(line(wave="2"), left)
    who = written(made)
    assert (made.kind, spans(made)) == (Kind.BACK, [(day, None)])
    assert (who.left_on, who.roles, who.job_family) == (None, CHAMPION, "finance")
    assert made.changes is not None and made.changes.spans[0].facts["starts_on"] == ""


def test_a_wrong_file_is_taken_back_on_the_same_day() -> None:
    """Who left by a file of too few people, and is in the right one of that day, never was away."""
    found = known(role="champion", ends_on="2027-01-31")
    left = after(registrar(NEXT).close(found), found)
    made = registrar(NEXT).enrol(line(role="champion", ends_on="2027-01-31"), left)
    assert (made.kind, spans(made)) == (Kind.BACK, [(DAY, None)])
    assert (written(made).roles, written(made).left_on) == (CHAMPION, date(2027, 2, 1))


def test_the_last_day_is_a_day_of_work() -> None:
    """Of somebody who ends on a day, the next one is the first on which they have left."""
    span = Span("E-1", DAY, None, {"starts_on": "2026-11-05", "ends_on": "2026-11-10"})
    days = [date(2026, 11, d) for d in (4, 5, 10, 11)]
    assert [span.is_employed(day) for day in days] == [False, True, True, False]


def test_a_last_day_that_passes_needs_no_word() -> None:
    """A day ahead is known to the learner, who keeps their roles until then."""
    made = registrar().enrol(line(ends_on="2026-11-02", role="hr"), Found("E-1"))
    assert (written(made).left_on, written(made).roles) == (NEXT, frozenset({Role.HR}))
    gone = registrar(NEXT).enrol(line(ends_on="2026-11-02", role="hr"), Found("E-1"))
    assert (gone.kind, written(gone).roles) == (Kind.LEFT, frozenset())


def test_a_last_day_in_the_past_is_leaving() -> None:
    """A line may say itself that somebody has left; without that day they are back."""
    found = known()
    made = registrar(NEXT).enrol(line(ends_on=DAY.isoformat()), found)
    assert made.kind is Kind.LEFT
    back = registrar(NEXT).enrol(line(ends_on=""), after(made, found))
    assert (back.kind, written(back).left_on) == (Kind.BACK, None)


# ---------------------------------------------------------------- what somebody chose


def in_chat(found: Found, **chosen: object) -> Found:
    """Have the person choose something in chat."""
    assert found.learner is not None
    return replace(found, learner=replace(found.learner, status=Status.ACTIVE, **chosen))  # type: ignore[arg-type]


def test_what_the_roster_set_follows_the_roster() -> None:
    """A setting that nobody touched moves with the roster, and the planner looks at the person at once."""
    found = in_chat(known(job_family="finance", tools="copilot", time_zone="Europe/Berlin"))
    made = registrar(NEXT).enrol(line(job_family="sales", tools="copilot;claude", time_zone="UTC"), found)
    who = written(made)
    assert (who.job_family, who.tools, who.time_zone) == ("sales", ("copilot", "claude"), "UTC")
    assert made.kept == () and made.changes is not None and made.changes.look_by == (who.id, NOW)


def test_what_somebody_chose_stays_and_is_listed() -> None:
    """The history says what the roster says; the learner keeps what they chose."""
    found = in_chat(known(job_family="finance"), job_family="sales", tools=("claude",))
    made = registrar(NEXT).enrol(line(job_family="hr", tools="copilot"), found)
    assert (written(made).job_family, written(made).tools) == ("sales", ("claude",))
    assert made.kept == (
        "they chose the job family sales themselves; the roster says hr",
        "they chose the tools claude themselves; the roster says copilot",
    )
    assert made.changes is not None and made.changes.spans[1].facts["job_family"] == "hr"


def test_agreeing_with_the_roster_is_no_choice_of_their_own() -> None:
    """Whoever chose what the roster says too moves on with it; the order of tools is nothing."""
    found = in_chat(known(tools="copilot;claude"), tools=("claude", "copilot"))
    assert written(registrar(NEXT).enrol(line(tools="copilot"), found)).tools == ("copilot",)


# ---------------------------------------------------------------- roles


def test_the_roster_takes_only_the_roles_that_it_gave() -> None:
    """A role that was granted by hand outlives any file, and one that was taken by hand stays taken."""
    found = known(role="champion;manager")
    by_hand = in_chat(found, roles=frozenset({Role.CHAMPION, Role.ADMIN}))
    assert registrar(NEXT).enrol(line(role="champion;manager"), by_hand).changes is None
    made = registrar(NEXT).enrol(line(role="hr"), by_hand)
    assert written(made).roles == {Role.ADMIN, Role.HR}


# ---------------------------------------------------------------- whose accounts


def test_one_account_is_the_person() -> None:
    """A person whom Laps knows from chat is that learner; their own choices stay."""
    who = learner(status=Status.ACTIVE, job_family="sales", joined_at=NOW)
    made = registrar().enrol(line(email="a@b.de", job_family="finance"), Found("E-1", matches=(match(who),)))
    assert (made.linked, made.claims, written(made).id) == (("slack:U1",), ("l1",), "l1")
    assert written(made).job_family == "sales" and made.kept


def test_slack_and_teams_become_one_learner() -> None:
    """Of two learners the one who took part stays, and gets what the other has."""
    slack = learner("l1", welcome="w1")
    teams = learner("l2", status=Status.ACTIVE, joined_at=NOW, confidence=30, version=7)
    found = Found("E-1", matches=(match(slack), match(teams, "29:1")))
    made = registrar().enrol(line(email="a@b.de"), found)
    assert made.changes is not None and made.changes.merge is not None
    assert (made.changes.merge.gone, made.changes.merge.gone_version, made.changes.merge.kept) == (
        "l1",
        3,
        "l2",
    )
    assert (written(made).id, written(made).welcome, made.once_more) == ("l2", "w1", False)
    assert [e.type.value for e in made.changes.events] == ["learner.linked"]
    assert made.linked == ("slack:U1", "teams:29:1")


def test_a_third_account_is_joined_in_a_second_write() -> None:
    """One write makes two learners one; where there are three, the line is taken in once more."""
    found = known(email="a@b.de")
    found = replace(found, matches=(match(learner("l2")), match(learner("l3"), "29:1")))
    made = registrar().enrol(line(email="a@b.de"), found)
    assert made.once_more and made.linked == ("slack:U1", "teams:29:1")


def test_yes_in_one_place_and_no_in_the_other_is_not_decided_for_them() -> None:
    """Nobody who said no anywhere is made to take part by a file."""
    yes = learner("l1", status=Status.ACTIVE, joined_at=NOW)
    for answer in (Status.DECLINED, Status.STOPPED):
        no = learner("l2", status=answer)
        made = registrar().enrol(line(email="a@b.de"), Found("E-1", matches=(match(yes), match(no, "29:1"))))
        assert made.changes is not None and made.changes.merge is None
        assert made.unclear == ("teams:29:1: they took part in one place and not in the other",)


def test_two_accounts_of_one_address_are_listed() -> None:
    """Two people of one workspace with the same address: neither is guessed."""
    found = Found("E-1", matches=(match(learner("l1"), "U1"), match(learner("l2"), "U2")))
    made = registrar().enrol(line(email="a@b.de"), found)
    assert made.linked == () and written(made).version == 0
    assert made.unclear == (
        "slack:U1 (email): so could slack:U2 be",
        "slack:U2 (email): so could slack:U1 be",
    )


def test_an_id_comes_before_an_address() -> None:
    """Where the roster names the account, another one with the address is only listed."""
    named, other = learner("l1"), learner("l2")
    found = Found("E-1", matches=(match(named, "U1", "slack_user"), match(other, "U2")))
    made = registrar().enrol(line(slack_user="U1", email="a@b.de"), found)
    assert (made.linked, made.unclear) == (("slack:U1",), ("slack:U2 (email): so could slack:U1 be",))


@pytest.mark.parametrize("earlier", [True, False])
def test_nobody_elses_account_is_taken(earlier: bool) -> None:
    """An account that is another person's, by the database or by an earlier line, stays theirs."""
    who = learner()
    taken = {who.id: "E-9"} if earlier else {}
    found = Found("E-1", matches=(match(who, person=None if earlier else "E-9"),))
    made = registrar(taken=taken).enrol(line(email="a@b.de"), found)
    assert (made.linked, made.unclear) == ((), ("slack:U1 (email) is E-9's already",))


def test_a_manager_is_named_as_everybody() -> None:
    """A manager's address becomes what the manager is known by."""
    found = replace(known(), manager="E-2")
    made = registrar(NEXT).enrol(line(manager="boss@b.de"), found)
    assert made.what == (("manager", "", "E-2"),)


# ---------------------------------------------------------------- laws

SAID = st.fixed_dictionaries(
    {},
    optional={
        "job_family": st.sampled_from(["", "finance", "sales"]),
        "role": st.sampled_from(["", "champion", "hr;lnd"]),
        "tools": st.sampled_from(["", "copilot", "copilot;claude"]),
        "ends_on": st.sampled_from(["", "2026-11-05", "2026-12-31"]),
        "cohort": st.sampled_from(["", "blue"]),
    },
)
STEPS = st.lists(st.tuples(st.integers(0, 12), SAID | st.none()), max_size=12)


@given(STEPS)
def test_history_has_one_state_a_day(steps: list[tuple[int, dict[str, str] | None]]) -> None:
    """Whatever comes in any order, spans never overlap, and taking the last word in again changes nothing."""
    found, stored = Found("E-1"), dict[date, Span]()
    for ahead, said in steps:
        taking = registrar(DAY + timedelta(days=ahead))
        made = taking.enrol(line(**said), found) if said is not None else taking.close(found)
        stored |= {x.from_on: x for x in made.changes.spans} if made.changes else {}
        found = after(made, found)
        if said is not None:
            assert taking.enrol(line(**said), found).changes is None
            assert made.kind is Kind.LATER or set(stored[max(stored)].facts) == {*DATED}
        in_order = [stored[key] for key in sorted(stored)]
        for one, following in pairwise(in_order):
            assert one.until_on is not None and one.from_on <= one.until_on <= following.from_on
        if found.learner is not None and found.newest is not None:
            assert found.learner.left_on == found.newest.left_on
            assert not found.learner.roles or not found.learner.has_left(found.newest.known_on)
