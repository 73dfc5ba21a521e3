"""The metrics by name: what each means, in what it is counted, and how finely a source has to tell."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bot.measurement.uses import Detail


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure: a row of docs/measurement.md, which shows these very words."""

    name: str
    definition: str
    unit: str
    needs: Detail

    def missing(self, details: Collection[Detail]) -> str | None:
        """Say why the figure cannot be had from sources that tell so finely; None where it can."""
        if any(detail >= self.needs for detail in details):
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

METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (TRIED, ADOPTED, TARGET, HABITUAL, POWER, LAPSED, RETURNED, FIRST_QUALIFYING_WEEK)
}
"""Every metric by its name. This table alone says which grain serves which."""
