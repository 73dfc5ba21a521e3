"""The moments of the simulation: of several kinds, more of them than anybody may hear of."""

from __future__ import annotations

from dataclasses import replace

import yaml

from lessons.catalogue import Catalogue
from lessons.moments import Moment, Nudges
from tests.world import make_catalogue, make_lesson

MOMENTS = """
- {id: plan, kind: apply, when: {event: committed, after_days: 7}, offer: {plan: last}}
- {id: monday, kind: more, when: {weekday: monday, at: "09:00"}, offer: {lesson: next}}
- id: midweek
  kind: apply
  when: {weekday: [tuesday, thursday], at: "16:45"}
  offer: {prompt: {title: The week, text: List what is open.}}
  late_minutes: 600
  every_days: 2
- {id: left, kind: solve, when: {event: lesson_left, after_days: 2}, offer: {lesson: next}}
- id: month
  kind: apply
  when: {working_day_of_month: -2, at: "11:30"}
  offer: {lesson: finance-lesson-1}
  every_days: 1
- {id: half, kind: more, when: {cron: "30 13 * * 5"}, offer: {lesson: next}}
- {id: joined, kind: new, when: {event: joined, after_days: 1, at: "14:00"}, offer: {lesson: next}}
"""


def town_catalogue() -> Catalogue:
    """Make a catalogue with moments of several kinds."""
    made = make_catalogue(*(make_lesson(number) for number in range(1, 13)))
    moments = tuple(Moment.model_validate(each) for each in yaml.safe_load(MOMENTS))
    organization = made.organization.model_copy(update={"nudges": Nudges(country="DE")})
    return replace(made, moments=moments, organization=organization)
