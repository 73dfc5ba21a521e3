"""Moments of need: when Laps speaks to somebody unasked, to whom, and what it offers.

No tag of a union is also a key; see `lessons.model`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, time
from typing import Annotated, Literal, TypeAlias

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from lessons.steps import one_or_list
from lessons.terms import SOMETHING, Line, Model, Name, Number, Prompt, Title, Whole

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""In the order of `datetime.weekday`."""

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
"""A time of day, such as 09:30."""

HOURS = r"^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$"
"""A time of day and a later one, such as 09:00-17:00."""


COUNTRY = r"^[A-Z]{2}$"
"""A country by its two letters (ISO 3166-1), such as DE."""


def hours(text: str) -> tuple[time, time]:
    """Read the two times of `HOURS`."""
    first, _, last = text.partition("-")
    return time.fromisoformat(first), time.fromisoformat(last)


def _in_order(text: str) -> str:
    begin, end = hours(text)
    if begin >= end:
        raise PydanticCustomError("hours_order", "the hours end before they begin")
    return text


def _is_cron(text: str) -> str:
    """Let a cron expression through; cronsim reads it as Debian's cron does."""
    try:
        if len(text.split()) == 5:
            next(CronSim(text, datetime(2026, 1, 1, tzinfo=UTC)))
            return text
    except (CronSimError, StopIteration):
        pass
    raise PydanticCustomError("cron", "no cron expression")


Clock = Annotated[str, Field(pattern=CLOCK)]
Hours = Annotated[str, Field(pattern=HOURS), AfterValidator(_in_order)]
Names = Annotated[
    Annotated[Name, Tag("one")] | Annotated[tuple[Name, ...], Field(min_length=1), Tag("list")],
    Discriminator(one_or_list),
]
Titles = Annotated[
    Annotated[Title, Tag("one")]
    | Annotated[tuple[Title, ...], Field(min_length=1, max_length=10), Tag("list")],
    Discriminator(one_or_list),
]
Keyword = Annotated[str, Field(pattern=SOMETHING, min_length=3, max_length=40)]
Keywords = Annotated[
    Annotated[Keyword, Tag("one")]
    | Annotated[tuple[Keyword, ...], Field(min_length=1, max_length=20), Tag("list")],
    Discriminator(one_or_list),
]
Weekdays = Annotated[
    Annotated[Weekday, Tag("one")] | Annotated[tuple[Weekday, ...], Field(min_length=1), Tag("list")],
    Discriminator(one_or_list),
]


def names(said: str | tuple[str, ...]) -> set[str]:
    """Return the names of one or a list."""
    return {said} if isinstance(said, str) else {*said}


class Nudges(Model):
    """How often, and when, people may be spoken to unasked; everybody can make it less for themselves."""

    a_day: Whole = Field(default=1, ge=0, le=3)
    """Messages a day at most, over all moments."""
    a_week: Whole = Field(default=3, ge=0, le=10)
    """Messages in any seven days at most, over all moments."""
    hours: Hours = "09:00-17:00"
    """The working hours of the person's own zone; outside of them nothing is said unasked."""
    days: Annotated[tuple[Weekday, ...], Field(min_length=1)] = (
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
    )
    """The working days."""
    country: Annotated[str, Field(pattern=COUNTRY)] | None = None
    """The country whose public holidays are kept, such as DE; a person's own comes before it."""
    hold: Number = Field(default=0.1, ge=0, le=0.5)
    """The share held back at random, so that one can see what speaking causes."""


class Whom(Model):
    """Who is meant; what is left out holds for anyone."""

    job_family: Names = ()
    """A job family of lessons.yaml, or several."""
    tool: Names = ()
    """Somebody who has this tool, or one of several."""
    cohort: Titles = ()
    """Somebody in this cohort, or one of several, by the name that the roster has for it."""

    def includes(self, job_family: str | None, tools: Collection[str], cohort: str | None = None) -> bool:
        """Say whether somebody of a job family and a cohort, who has these tools, is meant."""
        families, wanted, cohorts = names(self.job_family), names(self.tool), names(self.cohort)
        return (
            (not families or job_family in families)
            and (not wanted or not wanted.isdisjoint(tools))
            and (not cohorts or cohort in cohorts)
        )


class WeekdayTrigger(Model):
    """A time of the week, in the person's own zone."""

    weekday: Weekdays
    """A day of the week, or several."""
    at: Clock
    """The time of day."""


class MonthDayTrigger(Model):
    """A day of the month, in the person's own zone; a month that has no such day is passed over."""

    day_of_month: Whole = Field(ge=-31, le=31)
    """Counted from 1, or from the end: -1 is the last day."""
    at: Clock
    """The time of day."""


class WorkingDayTrigger(Model):
    """A working day of the month, in the person's own zone, public holidays left out."""

    working_day_of_month: Whole = Field(ge=-23, le=23)
    """Counted from 1, or from the end: -2 is the last but one."""
    at: Clock
    """The time of day."""


class CronTrigger(Model):
    """Whatever a cron expression can say, in the person's own zone."""

    cron: Annotated[str, Field(pattern=SOMETHING, max_length=80), AfterValidator(_is_cron)]
    """Minute, hour, day of the month, month, day of the week: 0 15 * * 4 is every Thursday at 15:00."""


Happening = Literal[
    "joined",
    "tool_granted",
    "committed",
    "practice_failed",
    "lesson_left",
    "adopting",
    "lapsed",
    "review_due",
    "use_case_worked",
]
"""What may have happened to a person."""


class EventTrigger(Model):
    """Something that happened to the person."""

    event: Happening
    """`joined`: agreed to take part; `tool_granted`: the roster has a tool more for them; `committed`: made a
    plan; `practice_failed`: a practice did not hold; `lesson_left`: a lesson was left; `adopting`: had a
    third week of use; `lapsed`: no use since, once adopted; `review_due`: a review is due;
    `use_case_worked`: what they shared worked for a colleague, for five, for 25."""
    after_days: Whole = Field(default=1, ge=0, le=90)
    """How many days later; of `lapsed`, how many days without a use."""
    at: Clock = "09:30"
    """The time of that day, in the person's own zone."""


class TargetTrigger(Model):
    """A target that a person has not met yet and still can meet."""

    below_target: Name
    """The target's id."""
    days_left: Whole = Field(default=7, ge=0, le=90)
    """How many days before its last one."""
    at: Clock = "09:30"
    """The time of that day, in the person's own zone."""


class MeetingTrigger(Model):
    """A meeting in the calendar that the person has connected."""

    meeting: Titles
    """Its title, or several: capitals make no difference, and * stands for anything."""
    minutes_before: Whole = Field(default=30, ge=0, le=1440)
    """How many minutes before it begins."""


def titles(trigger: MeetingTrigger) -> tuple[str, ...]:
    """Return the titles of a meeting, one or several."""
    return (trigger.meeting,) if isinstance(trigger.meeting, str) else trigger.meeting


class KeywordTrigger(Model):
    """A word that the person wrote in a conversation that listens; nothing of the message is kept."""

    keyword: Keywords
    """The word, or several: whole ones, of which capitals and accents make no difference."""


def keywords(trigger: KeywordTrigger) -> tuple[str, ...]:
    """Return the words of a keyword trigger, one or several."""
    return (trigger.keyword,) if isinstance(trigger.keyword, str) else trigger.keyword


TRIGGERS: dict[str, type[Model]] = {
    "weekday": WeekdayTrigger,
    "day_of_month": MonthDayTrigger,
    "working_day_of_month": WorkingDayTrigger,
    "cron": CronTrigger,
    "event": EventTrigger,
    "below_target": TargetTrigger,
    "meeting": MeetingTrigger,
    "keyword": KeywordTrigger,
}
"""The kinds of triggers, by the key that names them."""

Ritual: TypeAlias = WeekdayTrigger | MonthDayTrigger | WorkingDayTrigger | CronTrigger
"""A time that comes again."""

Trigger: TypeAlias = Ritual | EventTrigger | TargetTrigger | MeetingTrigger | KeywordTrigger


class LessonOffer(Model):
    """A lesson."""

    lesson: Name
    """Its id, or `next`: the one that comes next for this person."""


class ReviewOffer(Model):
    """One review question that is due."""

    review: Literal["due"]
    """`due`: the one that has been due longest."""


class PromptCard(Model):
    """A prompt to copy."""

    title: Title
    """What it is for."""
    text: Annotated[Prompt, Field(pattern=SOMETHING)]
    """The prompt."""


class PromptOffer(Model):
    """A prompt to copy, as a card."""

    prompt: PromptCard
    """The card."""


class PlanOffer(Model):
    """The person's own plan, asked after."""

    plan: Literal["last"]
    """`last`: the one made last."""


class UseCaseOffer(Model):
    """A use case that a colleague shared."""

    use_case: Literal["best", "own"]
    """`best`: the one of their job that worked for most colleagues and that they have not tried; `own`: the
    one of their own that worked last."""


class PersonOffer(Model):
    """Somebody to ask."""

    person: Literal["champion"]
    """`champion`: the one who leads their cohort."""


OFFERS: dict[str, type[Model]] = {
    "lesson": LessonOffer,
    "review": ReviewOffer,
    "prompt": PromptOffer,
    "plan": PlanOffer,
    "use_case": UseCaseOffer,
    "person": PersonOffer,
}
"""The kinds of offers, by the key that names them."""

Offer: TypeAlias = LessonOffer | ReviewOffer | PromptOffer | PlanOffer | UseCaseOffer | PersonOffer


def _kind_of(value: object, kinds: dict[str, type[Model]]) -> str | None:
    """Return the key that names what a mapping is, None where it has none of them."""
    keys = value if isinstance(value, dict) else getattr(type(value), "model_fields", {})
    return next((name for name in kinds if name in keys), None)


def _kind_of_trigger(value: object) -> str:
    return f"trigger {_kind_of(value, TRIGGERS)}"


def _kind_of_offer(value: object) -> str:
    return f"offer {_kind_of(value, OFFERS)}"


AnyTrigger = Annotated[
    Annotated[WeekdayTrigger, Tag("trigger weekday")]
    | Annotated[MonthDayTrigger, Tag("trigger day_of_month")]
    | Annotated[WorkingDayTrigger, Tag("trigger working_day_of_month")]
    | Annotated[CronTrigger, Tag("trigger cron")]
    | Annotated[EventTrigger, Tag("trigger event")]
    | Annotated[TargetTrigger, Tag("trigger below_target")]
    | Annotated[MeetingTrigger, Tag("trigger meeting")]
    | Annotated[KeywordTrigger, Tag("trigger keyword")],
    Discriminator(
        _kind_of_trigger,
        custom_error_type="unknown_trigger",
        custom_error_message=f"a trigger is one of {', '.join(TRIGGERS)}",
    ),
]

AnyOffer = Annotated[
    Annotated[LessonOffer, Tag("offer lesson")]
    | Annotated[ReviewOffer, Tag("offer review")]
    | Annotated[PromptOffer, Tag("offer prompt")]
    | Annotated[PlanOffer, Tag("offer plan")]
    | Annotated[UseCaseOffer, Tag("offer use_case")]
    | Annotated[PersonOffer, Tag("offer person")],
    Discriminator(
        _kind_of_offer,
        custom_error_type="unknown_offer",
        custom_error_message=f"an offer is one of {', '.join(OFFERS)}",
    ),
]


class Moment(Model):
    """A moment of need: a situation in which a person is spoken to unasked."""

    id: Name
    """What decisions, logs and the person's own settings name it by."""
    kind: Literal["new", "more", "apply", "solve", "change"]
    """The need: something new, more of it, applying it, solving a problem, a change."""
    whom: Whom = Whom()
    """Who is spoken to; anyone, if left out."""
    when: AnyTrigger
    """What brings it about."""
    offer: AnyOffer
    """What is offered."""
    say: Line | None = None
    """Why now, in a sentence that comes first, such as: The pipeline review is in half an hour."""
    every_days: Whole = Field(default=7, ge=1, le=365)
    """How many days apart two of this moment are, at least, for one person."""
    late_minutes: Whole = Field(default=120, ge=5, le=2880)
    """After how many minutes it is too late and nothing is said."""
    most: Whole = Field(default=100, ge=1, le=1000)
    """How often one person hears of it in all."""
