"""The metrics by name: what each means, in what it is counted, and how finely a source has to tell."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bot.measurement.uses import Detail


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure: a row of docs/measurement.md, which shows these very words.

    `needs` is how finely a source has to tell of use; None where the figure is not about use.
    """

    name: str
    definition: str
    unit: str
    needs: Detail | None

    def missing(self, details: Collection[Detail]) -> str | None:
        """Say why the figure cannot be had from sources that tell so finely; None where it can."""
        if self.needs is None or any(detail >= self.needs for detail in details):
            return None
        if not details:
            return f"“{self.name}” is not known: no source tells of use."
        best = max(details)
        return (
            f"“{self.name}” is not known: it needs sources that tell {self.needs.spoken}, "
            f"and there are only such that tell {best.spoken}."
        )


TRIED = Metric("tried", "Any use of the tool on days 1 to H.", "people", Detail.MONTH)
ADOPTED = Metric(
    "adopted",
    "At least 2 uses in each of at least 3 of the four weeks that end on day H.",
    "people",
    Detail.WEEK,
)
TARGET = Metric(
    "target",
    "Adopted at the target's `within_days`, with its `times_per_week` for 2, by uses of its tool and, where "
    "the source knows it, its task.",
    "people",
    Detail.WEEK,
)
HABITUAL = Metric(
    "habitual", "At least 1 use in at least 9 of the 12 ISO weeks up to the week.", "people", Detail.WEEK
)
POWER = Metric("power", "Habitual, and a mean of 15 or more uses a week over all 12.", "people", Detail.EVENT)
LAPSED = Metric(
    "lapsed", "Adopted at any settled H, and no use in the last 14 days to T.", "people", Detail.DAY
)
RETURNED = Metric("returned", "A use after having lapsed, by T.", "people", Detail.DAY)
FIRST_QUALIFYING_WEEK = Metric(
    "first_qualifying_week",
    "The last day of the first week counted from t0 with at least 2 uses; without one by T, censored at T.",
    "days since t0",
    Detail.DAY,
)

ACTIVE_DAYS = Metric(
    "active_days", "Days of the week with any use, of those who used the tool in it.", "days", Detail.DAY
)
BREADTH = Metric(
    "breadth",
    "Different tasks with a use in the 28 days to the week's Sunday, of those who used the tool in it.",
    "tasks",
    Detail.DAY,
)
RETAINED = Metric(
    "retained", "Any use in week 4, 8 and 12 counted from t0, by the month of t0.", "people", Detail.WEEK
)
CONFIDENCE = Metric(
    "confidence",
    "The last answer by the Sunday less the one before the first lesson, by the same person, in the middle.",
    "points of 100",
    None,
)
MINUTES_SAVED = Metric(
    "minutes_saved",
    "What people say that they saved on a task, the last time by the Sunday.",
    "minutes",
    None,
)
MANAGER = Metric(
    "manager",
    "How well a team does a task as its manager sees it, before and after, for teams of at least 5.",
    "points of 100",
    None,
)
PERCEPTION_GAP = Metric(
    "perception_gap",
    "The share of HR and leaders less that of learners who agree that training supports people well.",
    "share",
    None,
)
FLUENCY = Metric(
    "fluency",
    "Adopted at 30 days, of those with the role lnd: whether the teachers use what they teach.",
    "people",
    Detail.WEEK,
)
REACH = Metric(
    "reach",
    "Messages planned, sent and answered in the week, and the people whom the bot can write to or not.",
    "messages",
    None,
)
CAUSED = Metric(
    "nudged",
    "Use within 72 hours of messages sent less that of messages held back at random, over 12 weeks.",
    "share",
    Detail.DAY,
)
USE_CASES = Metric(
    "use_cases",
    "What was shared, by how many it was tried by the Sunday, and whether it became a lesson.",
    "use cases",
    None,
)
WAVES = Metric(
    "waves",
    "Active days a week of each wave since it began, beside the waves that had not begun yet.",
    "days",
    Detail.DAY,
)

METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        TRIED,
        ADOPTED,
        TARGET,
        ACTIVE_DAYS,
        HABITUAL,
        POWER,
        LAPSED,
        RETURNED,
        FIRST_QUALIFYING_WEEK,
        BREADTH,
        RETAINED,
        CONFIDENCE,
        MINUTES_SAVED,
        MANAGER,
        PERCEPTION_GAP,
        FLUENCY,
        REACH,
        CAUSED,
        USE_CASES,
        WAVES,
    )
}
"""Every metric by its name. This table alone says which grain serves which."""
