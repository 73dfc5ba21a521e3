"""Adoption events: append-only facts in the past tense, in one table of types.

The line that `laps events export` writes and `laps events import` reads is a public contract: see
`to_line` and `from_line`.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Literal

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, ValidationError


class EventType(StrEnum):
    """Every kind of adoption event, with what it says and its properties."""

    def __new__(cls, value: str, meaning: str = "") -> EventType:
        """Make a member whose `meaning` is the sentence beside it."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    meaning: str

    LEARNER_WELCOMED = "learner.welcomed", "The one message before consent was shown."
    LEARNER_JOINED = "learner.joined", "The person agreed to take part."
    LEARNER_DECLINED = "learner.declined", "The person said No to the welcome."
    LEARNER_PAUSED = "learner.paused", "The learner asked for quiet. `until`: a day, or null."
    LEARNER_RESUMED = "learner.resumed", "The learner ended a pause or a stop."
    LEARNER_STOPPED = "learner.stopped", "The learner asked Laps to stop for good."
    LEARNER_LINKED = (
        "learner.linked",
        "Two accounts became one learner. `channels`: where the code was typed.",
    )
    LEARNER_UNREACHABLE = "learner.unreachable", "The person removed or blocked the bot on this channel."
    SETTING_CHANGED = "setting.changed", "`name` of the setting; `value` where it is no free text."
    SETTING_ASKED = "setting.asked", "The question for a setting was shown again. `name` of the setting."
    FORM_OPENED = "form.opened", "A form was opened. `name` of the form."
    HELP_SHOWN = "help.shown", "The learner asked for help. `verb`: where it was a mistyped one, its nearest."
    HELP_ASKED = (
        "help.asked",
        "Somebody asked what fits something that is to be done; `lesson` was offered. `fits`: true or false.",
    )
    ME_SHOWN = "me.shown", "The learner looked at their own page."
    HOME_OPENED = "home.opened", "The learner opened the bot's home."
    LESSON_OFFERED = (
        "lesson.offered",
        "A lesson was offered. `by`: welcome, lessons, home, completed; `because`: the reason given.",
    )
    LESSON_STARTED = "lesson.started", "A session began. `minutes`: the lesson's."
    LESSON_RESUMED = "lesson.resumed", "A session went on where it stood. `moved`: to another message."
    LESSON_RESTARTED = "lesson.restarted", "The learner started the lesson over."
    LESSON_LEFT = "lesson.left", "The learner left before the end."
    LESSON_COMPLETED = "lesson.completed", "The last step was done. `seconds`: since the session began."
    STEP_SHOWN = (
        "step.shown",
        "A step came on screen. `kind`: of the step; `asks`: what it asks of how it went, where it does.",
    )
    PRACTICE_SUBMITTED = (
        "practice.submitted",
        "`answer`: paste or done; `characters`, `words`, `checks`: list of passed (true/false) for paste.",
    )
    PRACTICE_REVIEWED = (
        "practice.reviewed",
        "The learner judged the result by the rubric. `met`: all or some.",
    )
    HINT_SHOWN = "hint.shown", "The learner was stuck and saw the hint."
    CHECK_ANSWERED = "check.answered", "`answer`: its number from 0; `right`; `attempt` from 1."
    REVIEW_SHOWN = "review.shown", "A review question was asked. `question`: a hash of its words."
    REVIEW_ANSWERED = (
        "review.answered",
        "`question`: a hash of its words; `answer`: its number from 0; `right`; `attempt`: since the lesson.",
    )
    CONFIDENCE_REPORTED = "confidence.reported", "`value` 0-100; `when`: before or after."
    MINUTES_SAVED_REPORTED = "minutes_saved.reported", "`value` in minutes; below zero: it took longer."
    SURVEY_ASKED = (
        "survey.asked",
        "A short question was asked. `item`; `phase`: before or after; `subject`: a manager's team.",
    )
    SURVEY_ANSWERED = (
        "survey.answered",
        "A short question was answered. `item`, `phase` and `subject` as it was asked; `value`.",
    )
    TOOL_USED = (
        "tool.used",
        "A tool was used for the use case. From a source: `grain`, `count`, `active_days`, `from`.",
    )
    TOOL_GRANTED = (
        "tool.granted",
        "The roster has a tool for a person who takes part that it did not have before.",
    )
    TOOL_NOT_USED = "tool.not_used", "The learner said that no tool was used."
    COMMITMENT_MADE = "commitment.made", "An if-then plan was made. `own_words`: not the lesson's wording."
    COMMITMENT_SKIPPED = "commitment.skipped", "The learner made no plan."
    NUDGE_SENT = "nudge.sent", "A message went to the outbox unasked. `moment`; `kind`; `decision`: its id."
    NUDGE_SNOOZED = "nudge.snoozed", "The learner asked for later. `moment`; `wait`: hour, tomorrow or week."
    CONVERSATION_OPENED = (
        "conversation.opened",
        "A champion or an admin let Laps listen for words in a conversation, or (`on`: false) no more.",
    )
    NUDGES_CHANGED = (
        "nudges.changed",
        "The learner wants more or fewer messages. `moment`: the one it is about, null for all; `off`.",
    )
    CALENDAR_CONNECTED = "calendar.connected", "The learner connected a calendar; its address is not said."
    CALENDAR_DISCONNECTED = "calendar.disconnected", "The learner took the calendar away."
    ANNOUNCEMENT_SENT = (
        "announcement.sent",
        "Something that is said to many went to the outbox for this person. `announcement`: its key.",
    )
    USE_CASE_SHARED = (
        "use_case.shared",
        "A use case was posted. `share`: its key; `minutes` that it saved; `reach`: cohort or everyone.",
    )
    USE_CASE_CHANGED = "use_case.changed", "A shared use case was changed. `share`."
    USE_CASE_WITHDRAWN = "use_case.withdrawn", "A shared use case was taken back. `share`."
    USE_CASE_TRIED = "use_case.tried", "A colleague tried a shared use case; once for each. `share`."
    USE_CASE_JUDGED = (
        "use_case.judged",
        "Somebody said how a shared use case went. `share`; `worked`: yes, changed or no.",
    )
    USE_CASE_SAVED = "use_case.saved", "Somebody kept a shared use case, or no more. `share`; `kept`."
    USE_CASE_REPOSTED = (
        "use_case.reposted",
        "A champion showed a use case of another cohort to theirs. `share`.",
    )
    USE_CASE_PROMOTED = "use_case.promoted", "A lesson was drafted of a shared use case. `share`."
    USE_CASES_LISTED = (
        "use_cases.listed",
        "The shelf was looked at. `found`: how many; `words`: true or false.",
    )
    COHORT_CONNECTED = "cohort.connected", "A conversation became a cohort's own. `cohort`: its name."
    COHORT_JOINED = "cohort.joined", "Somebody said that they are in a cohort. `cohort`: its name."
    SCREEN_SHOWN = (
        "screen.shown",
        "Nothing changed, and the learner was shown why or where they are. `verb`; `refused`: true or false.",
    )
    PRESS_STALE = "press.stale", "A button of an earlier screen was pressed; nothing changed."


class Evidence(StrEnum):
    """How we know; never blended."""

    MEASURED = "measured"
    SELF_REPORT = "self_report"
    MANAGER = "manager"
    INFERRED = "inferred"


@dataclass(frozen=True, slots=True)
class AdoptionEvent:
    """One fact. `id` is its idempotency key; `learner` a random key; `step` counts from 0.

    `workspace` is the workspace's id, None on import for the organization's default.
    """

    id: str
    occurred_at: datetime
    local_date: date
    learner: str
    type: EventType
    workspace: str | None = None
    channel: str | None = None
    surface: str | None = None
    lesson: str | None = None
    lesson_version: str | None = None
    step: int | None = None
    use_case: str | None = None
    tool: str | None = None
    evidence: Evidence | None = None
    properties: Mapping[str, JsonValue] = field(default_factory=dict)


# No database holds a NUL in a text, and no name of ours is nearly as long.
_Text = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]
_Name = Annotated[_Text, Field(min_length=1)]


class _Line(BaseModel):
    """The event line of the public contract, as it is read."""

    model_config = ConfigDict(extra="forbid")

    id: _Name
    occurred_at: AwareDatetime
    local_date: date
    workspace: _Text | None = None
    learner: _Name
    channel: Literal["slack", "teams", "web"] | None = None
    surface: Literal["direct_message", "conversation", "form", "home"] | None = None
    type: EventType
    lesson: _Text | None = None
    lesson_version: _Text | None = None
    step: int | None = Field(default=None, ge=0, le=1000)
    use_case: _Text | None = None
    tool: _Text | None = None
    evidence: Evidence | None = None
    properties: dict[str, JsonValue] = Field(default_factory=dict)


def to_line(event: AdoptionEvent, person: str | None = None) -> str:
    """Write an event as one JSON line without a line feed; `person` stands in for the learner's key."""
    occurred = event.occurred_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return orjson.dumps(
        {
            "id": event.id,
            "occurred_at": occurred,
            "local_date": event.local_date.isoformat(),
            "workspace": event.workspace,
            "learner": person or event.learner,
            "channel": event.channel,
            "surface": event.surface,
            "type": event.type,
            "lesson": event.lesson,
            "lesson_version": event.lesson_version,
            "step": event.step,
            "use_case": event.use_case,
            "tool": event.tool,
            "evidence": event.evidence,
            "properties": dict(event.properties),
        }
    ).decode()


def from_line(line: str) -> AdoptionEvent:
    """Read one JSON line.

    Raises:
        ValueError: with a one-line reason, where the line is not an event line.
    """
    try:
        read = _Line.model_validate(orjson.loads(line))
    except orjson.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "line"
        problem = _unknown_type(first["input"]) if place == "type" else first["msg"]
        raise ValueError(f"{place}: {problem}") from error
    values = {name: getattr(read, name) for name in _Line.model_fields}
    try:
        values["occurred_at"] = read.occurred_at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("occurred_at: out of the calendar") from error
    return AdoptionEvent(**values)


def _unknown_type(found: object) -> str:
    if not isinstance(found, str):
        return "the type of the event is missing"
    near = difflib.get_close_matches(found[:100], list(EventType), n=1)
    return f"there is no {found[:100]!r}" + (f"; did you mean {near[0]}?" if near else "")
