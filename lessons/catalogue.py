"""The root of the catalogue, `lessons.yaml`, and the catalogue: all that it and its lessons say, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Discriminator, Field, Tag

from lessons.model import Lesson
from lessons.moments import Moment, Nudges
from lessons.programs import Program, Target
from lessons.steps import one_or_list
from lessons.terms import NO_OTHER_NAMES, Day, Label, Line, Locale, Model, Name, Title, Whole


class Tool(Model):
    """An AI product that the organization gives its people."""

    name: Label
    """Its name as the maker writes it."""


class Industry(Model):
    """A line of business with rules of its own."""

    name: Label
    """What it is called, such as Banking."""
    never_paste: Annotated[tuple[Line, ...], Field(max_length=6)] = ()
    """What may not go into an AI tool; shown beside every practice of the industry."""


class Capability(Model):
    """Something a job family must be able to do with AI, agreed with somebody on a day."""

    id: Name
    """What lessons name it by."""
    owner: Line
    """Who in the business asked for it and says whether it is reached."""
    agreed_on: Day
    """The day it was agreed, such as 2026-10-01."""


class JobFamily(Model):
    """What a learner does."""

    name: Label
    """What a person of it is called, such as Finance analyst."""
    capabilities: tuple[Capability, ...] = ()
    """What its people must be able to do, in the order in which they learn it."""


class OrganizationSettings(Model):
    """The customer, as the catalogue names it."""

    name: Title
    """The name that learners know."""
    time_zone: str = "UTC"
    """Where most people work, as an IANA name such as Europe/Berlin; everybody can change their own."""
    language: Locale = "en"
    """The language in which the lessons are written, such as en or de."""
    industry: Name | None = None
    """The industry of the organization, if one holds for everybody."""
    keep_text_days: Whole = Field(default=0, ge=0, le=90)
    """How many days a pasted text is kept; 0 drops it as soon as it is checked."""
    minimum_group: Whole = Field(default=5, ge=5, le=100)
    """Of how many people figures are shown at the least; of fewer nothing is said."""
    nudges: Nudges = Nudges()
    """How often, and when, people may be spoken to unasked."""


MOST_PATTERNS = 20
"""Of `include`: each goes through folders."""

LONGEST_PATTERN = 200

MOST_MOMENTS = 100
"""Each is looked at for every person whose turn it is."""

MOST_PROGRAMS = 100
"""And as many targets: each is looked at in every digest."""

Pattern = Annotated[str, Field(max_length=LONGEST_PATTERN)]
Patterns = Annotated[
    Annotated[Pattern, Tag("one")]
    | Annotated[tuple[Pattern, ...], Field(max_length=MOST_PATTERNS), Tag("list")],
    Discriminator(one_or_list),
]


class Root(Model):
    """What `lessons.yaml` itself says: the customer, its tools and job families, and where lessons are."""

    organization: OrganizationSettings
    """The customer."""
    tools: Annotated[dict[Name, Tool], Field(min_length=1, json_schema_extra=NO_OTHER_NAMES)]
    """The AI products of the organization, each under the id that lessons use."""
    job_families: Annotated[dict[Name, JobFamily], Field(min_length=1, json_schema_extra=NO_OTHER_NAMES)]
    """What people do, each under the id that lessons use."""
    industries: dict[Name, Industry] = Field(default_factory=dict, json_schema_extra=NO_OTHER_NAMES)
    """Lines of business with rules of their own, each under the id that lessons use."""
    programs: Annotated[tuple[Program, ...], Field(max_length=MOST_PROGRAMS)] = ()
    """Named lessons for named people from a day on; without any there is one, `all`."""
    targets: Annotated[tuple[Target, ...], Field(max_length=MOST_PROGRAMS)] = ()
    """What use the programs should lead to."""
    moments: Annotated[tuple[Moment, ...], Field(max_length=MOST_MOMENTS)] = ()
    """When people are spoken to unasked, the most important first."""
    include: Patterns = ()
    """Which files hold lessons: one pattern or a list, from the folder of lessons.yaml and inside it."""


@dataclass(frozen=True)
class Catalogue:
    """All that lessons.yaml and its included files say, checked.

    Every reference in it holds: a lesson's job family, tools and capability exist. Lessons stand in the
    order of job families and capabilities in lessons.yaml, within a capability in the order of file names.
    """

    organization: OrganizationSettings
    tools: Mapping[str, Tool]
    job_families: Mapping[str, JobFamily]
    lessons: Mapping[str, Lesson] = field(default_factory=dict)
    industries: Mapping[str, Industry] = field(default_factory=dict)
    programs: Sequence[Program] = ()
    targets: Sequence[Target] = ()
    moments: Sequence[Moment] = ()

    def for_family(self, job_family: str | None, industry: str | None = None) -> tuple[Lesson, ...]:
        """Return a job family's lessons in catalogue order; all of them where the family is not known.

        Lessons for other industries are left out: than a person's own, else than the organization's.
        """
        ours = industry or self.organization.industry
        return tuple(
            x
            for x in self.lessons.values()
            if (job_family is None or x.job_family == job_family)
            and (ours is None or not x.industries or ours in x.industries)
        )

    def never_paste(self, lesson: Lesson, industry: str | None = None) -> tuple[str, ...]:
        """Return what may not go into a tool in this lesson.

        It follows from a person's own industry, else the organization's, else those of the lesson.
        """
        own = industry or self.organization.industry
        ours = (own,) if own else lesson.industries
        named = (self.industries[each] for each in ours if each in self.industries)
        return tuple(dict.fromkeys(line for industry in named for line in industry.never_paste))
