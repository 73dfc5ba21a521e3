"""Moments in lessons.yaml: what they can say, and what lint says of those that cannot be."""

import re
from pathlib import Path

import pytest

from lessons.lint import Code
from lessons.moments import WEEKDAYS, CronTrigger, EventTrigger, Nudges, WeekdayTrigger, hours
from tests.lesson_files import ROOT, lines, loaded, write

MOMENT = """\
moments:
  - id: close
    kind: apply
    whom: {job_family: finance, tool: [copilot]}
    when: {weekday: thursday, at: "15:00"}
    offer: {lesson: finance-close}
"""


def told(folder: Path, old: str, new: str, root: str = ROOT) -> list[str]:
    """Break the moment in one place, and give what lint says of it."""
    assert old in MOMENT
    _, findings = loaded(write(folder, root + MOMENT.replace(old, new)))
    ours = [finding for finding in findings if finding.code is not Code.USE_CASES]
    return [re.sub(r"^lessons.yaml:", "", line) for line in lines(folder, ours)]


def test_a_moment_is_read(tmp_path: Path) -> None:
    """A sound moment is in the catalogue, with what was left out as the page has it."""
    catalogue, _ = loaded(write(tmp_path, ROOT + MOMENT))
    assert catalogue is not None
    (moment,) = catalogue.moments
    assert moment.when == WeekdayTrigger(weekday="thursday", at="15:00")
    assert (moment.every_days, moment.late_minutes, moment.most) == (7, 120, 100)
    assert catalogue.organization.nudges == Nudges(a_day=1, a_week=3, days=WEEKDAYS[:5])


@pytest.mark.parametrize(
    ("when", "kind"),
    [
        ("{weekday: [monday, friday], at: '09:00'}", "WeekdayTrigger"),
        ("{day_of_month: -1, at: '09:00'}", "MonthDayTrigger"),
        ("{working_day_of_month: 3, at: '09:00'}", "WorkingDayTrigger"),
        ("{cron: '*/30 9-12 * * mon-fri'}", "CronTrigger"),
        ("{event: lapsed, after_days: 14}", "EventTrigger"),
        ("{event: use_case_worked}", "EventTrigger"),
        ("{keyword: variance}", "KeywordTrigger"),
        ("{keyword: [variance, month end]}", "KeywordTrigger"),
    ],
)
def test_a_trigger_is_known_by_its_key(tmp_path: Path, when: str, kind: str) -> None:
    """Each kind of trigger is told by the one key that names it."""
    changed = MOMENT.replace('{weekday: thursday, at: "15:00"}', when)
    catalogue, findings = loaded(write(tmp_path, ROOT + changed))
    assert catalogue is not None, findings
    assert type(catalogue.moments[0].when).__name__ == kind


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("finance,", "finanze,", '14:24: E207 unknown job family "finanze" (did you mean finance?)'),
        ("[copilot]", "[copilto]", '14:40: E208 unknown tool "copilto" (did you mean copilot?)'),
        (
            "offer: {lesson: finance-close}",
            "offer: {lesson: finance-clsoe}",
            '16:21: E217 there is no lesson "finance-clsoe" (did you mean finance-close?)',
        ),
        (
            'when: {weekday: thursday, at: "15:00"}',
            'when: {wekday: thursday, at: "15:00"}',
            "15:5: E106 no known trigger (did you mean weekday?)",
        ),
        (
            "offer: {lesson: finance-close}",
            "offer: {lesson: next, plan: last}",
            "16:5: E106 offer is of two kinds: lesson, plan (make two moments of it)",
        ),
        ('at: "15:00"', 'at: "1500"', '15:35: E104 at should be a time of day, not "1500" '),
        ("weekday: thursday", "weekday: thirsday", "15:21: E104 weekday should be "),
        (
            'at: "15:00"',
            'at: "18:00"',
            '15:35: W308 at "18:00" nothing is said: the hours are 09:00 to 17:00 ',
        ),
        (
            'weekday: thursday, at: "15:00"',
            "cron: every thursday",
            '15:18: E104 cron is no cron expression: the text "every thursday" ',
        ),
        ('weekday: thursday, at: "15:00"', "cron: 0 0 31 2 *", "15:18: E104 cron is no cron expression"),
        ('weekday: thursday, at: "15:00"', "cron: 0 0 0 15 * *", "15:18: E104 cron is no cron expression"),
        ("kind: apply", "kind: aply", "13:11: E104 kind should be new, more, apply, solve or change"),
        ("id: close", "id: Close", '12:9: E104 id should be lower-case words joined by hyphens, not "Close"'),
        ("kind: apply", "kind: apply\n    often: 3", "14:5: E101 unknown key"),
    ],
)
def test_what_is_wrong_with_a_moment_is_told(tmp_path: Path, old: str, new: str, said: str) -> None:
    """Each fault is told with line, column, code and mend."""
    found = told(tmp_path, old, new)
    assert any(line.startswith(said) for line in found), found


def test_two_moments_of_one_name(tmp_path: Path) -> None:
    """The second is told where the first stands."""
    _, findings = loaded(write(tmp_path, ROOT + MOMENT + MOMENT.removeprefix("moments:\n")))
    assert any(
        'E204 moment "close" is there already, on line 12' in line for line in lines(tmp_path, findings)
    )


def test_lesson_next_is_always_there(tmp_path: Path) -> None:
    """`next` is no lesson's id and needs none."""
    assert told(tmp_path, "{lesson: finance-close}", "{lesson: next}") == []


def test_other_hours_are_kept(tmp_path: Path) -> None:
    """The organization's own hours say what is too late."""
    late = ROOT.replace("Europe/Berlin}", 'Europe/Berlin, nudges: {hours: "12:00-20:00"}}')
    assert told(tmp_path, '"15:00"', '"18:00"', late) == []
    assert "W308" in told(tmp_path, '"15:00"', '"11:59"', late)[0]


@pytest.mark.parametrize("said", ["17:00-09:00", "09:00-09:00", "9-17", "09:00-24:00"])
def test_hours_begin_before_they_end(tmp_path: Path, said: str) -> None:
    """Hours that end before they begin, or are none, are told."""
    late = ROOT.replace("Europe/Berlin}", f'Europe/Berlin, nudges: {{hours: "{said}"}}}}')
    assert any("E104 hours" in line for line in told(tmp_path, "close", "close", late))


def test_hours_are_read() -> None:
    """The two times of a day."""
    assert [time.isoformat("minutes") for time in hours("09:00-17:30")] == ["09:00", "17:30"]


def test_values_are_what_was_written() -> None:
    """A trigger keeps what it was given."""
    assert CronTrigger(cron="0 15 * * 4").cron == "0 15 * * 4"
    assert EventTrigger(event="lapsed").at == "09:30"
