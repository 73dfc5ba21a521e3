"""Reports of the tools: each in the form that its vendor documents, and what is wrong with one."""

from __future__ import annotations

import io
import json
from datetime import UTC, date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.usage.reports import REPORTS, Terms
from bot.measurement.intake import Told
from bot.measurement.uses import Grain
from bot.tabular import Finding

TERMS = Terms("copilot", {"copilot": None}, date(2026, 11, 24), ZoneInfo("Europe/Berlin"))
M365 = (
    "Report Refresh Date,User Principal Name,Display Name,Last Activity Date,Copilot Chat Last Activity Date,"
    "Report Period,Prompts submitted for all apps,Active Usage Days for all apps"
)
CHATGPT = "cadence,period_start,period_end,account_id,public_id,name,email,is_active,messages,messages_rank"
GITHUB = {
    "day": "2026-11-02",
    "user_id": 1,
    "user_login": "ann",
    "user_initiated_interaction_count": 7,
    "code_generation_activity_count": 9,
    "used_chat": True,
    "used_agent": False,
}
CLAUDE = {
    "data": [
        {
            "user": {"id": "u1", "email_address": "ann@example.com"},
            "chat_metrics": {"distinct_conversation_count": 2, "message_count": 11},
            "claude_code_metrics": {"commit_count": 1},
        },
        {"user": {"id": "u2", "email_address": "bob@example.com"}, "chat_metrics": {"message_count": 0}},
    ],
    "next_page": None,
}
GEMINI = {
    "items": [
        {
            "id": {"time": "2026-11-02T23:30:00.000Z", "uniqueQualifier": "q1"},
            "actor": {"email": "ann@example.com"},
            "events": [
                {"name": "feature_utilization", "parameters": [{"name": "app_name", "value": "docs"}]},
                {"name": "something_else"},
                {"name": "feature_utilization"},
            ],
        }
    ]
}


def read(source: str, text: str | bytes, terms: Terms = TERMS) -> list[Told | Finding]:
    """Read a report."""
    return [*REPORTS[source].read(io.BytesIO(text.encode() if isinstance(text, str) else text), terms)]


def told(source: str, text: str, terms: Terms = TERMS) -> list[Told]:
    """Read a report in which nothing is wrong."""
    found = read(source, text, terms)
    assert all(isinstance(each, Told) for each in found), found
    return [each for each in found if isinstance(each, Told)]


def wrong(source: str, text: str, terms: Terms = TERMS) -> str:
    """Give what is wrong with a report."""
    return "\n".join(str(each) for each in read(source, text, terms) if isinstance(each, Finding))


def test_microsoft_tells_active_days_of_seven() -> None:
    """Whoever used nothing is none of them; headers are the same in capitals."""
    rows = (
        "2026-11-16,ann@example.com,Ann,2026-11-13,,7,31,4",
        "2026-11-16,bob@example.com,Bob,,,7,0,0",
        "2026-11-16,cat@example.com,Cat,2026-11-01,,30,8,3",
    )
    ann, cat = told("m365_copilot", "\n".join([M365.upper(), *rows]))
    assert (ann.grain, ann.on, ann.count, ann.active_days) == (Grain.ROLLING_7D, date(2026, 11, 16), 31, 4)
    assert (cat.grain, cat.from_on, cat.on) == (Grain.PERIOD, date(2026, 10, 18), date(2026, 11, 16))


def test_microsofts_first_version_tells_a_last_day() -> None:
    """One day of use, and no more."""
    head = "Report Refresh Date,User Principal Name,Last Activity Date,Report Period"
    text = f"{head}\n2026-11-16,ann@example.com,2026-11-13,7\n2026-11-16,bob@example.com,,7\n"
    [ann] = told("m365_copilot", text)
    assert (ann.grain, ann.on, ann.count) == (Grain.DAY, date(2026, 11, 13), 1)


def test_hashed_names_are_detected_and_said() -> None:
    """With where to have them shown."""
    row = "2026-11-16,8A4F2C0E9B7D6A5C4E3F2A1B0C9D8E7F,x,2026-11-13,,7,31,4"
    assert "names are hashed" in wrong("m365_copilot", f"{M365}\n{row}\n")


def test_github_tells_days() -> None:
    """By interactions, or by a mode that was used; a day without either is none."""
    quiet = {**GITHUB, "user_initiated_interaction_count": 0, "code_generation_activity_count": 0}
    lines = [GITHUB, quiet, {**quiet, "used_chat": False}]
    first, second = told("github_copilot", "\n".join(map(json.dumps, lines)))
    assert (first.person, first.on, first.grain, first.count) == ("ann", date(2026, 11, 2), Grain.DAY, 9)
    assert second.count == 1


def test_chatgpt_tells_periods() -> None:
    """A week is one that ends on its last day; ranks are passed over, and so is who wrote nothing."""
    rows = (
        "weekly,2026-11-02,2026-11-08,a,p1,Ann,ann@example.com,true,17,3",
        "monthly,2026-10-01,2026-10-31,a,p2,Bob,bob@example.com,false,0,",
    )
    [ann] = told("chatgpt_enterprise", "\n".join([CHATGPT, *rows]))
    assert (ann.grain, ann.from_on, ann.on) == (Grain.PERIOD, date(2026, 11, 2), date(2026, 11, 8))
    assert (ann.count, ann.active_days) == (17, None)


def test_claude_tells_a_day_that_may_have_to_be_said() -> None:
    """The page says of which day it is, or the command does."""
    [ann] = told("claude_enterprise", json.dumps({**CLAUDE, "date": "2026-11-02"}))
    assert (ann.person, ann.on, ann.count) == ("ann@example.com", date(2026, 11, 2), 12)
    assert "give --day" in wrong("claude_enterprise", json.dumps(CLAUDE))
    day = Terms("claude", {}, TERMS.today, TERMS.zone, date(2026, 11, 3))
    assert told("claude_enterprise", json.dumps(CLAUDE, indent=2), day)[0].on == date(2026, 11, 3)


def test_gemini_tells_each_use() -> None:
    """Its day is the organization's, and its key the activity's."""
    first, second = told("gemini", json.dumps(GEMINI))
    assert (first.grain, first.on, first.at.tzinfo) == (Grain.EVENT, date(2026, 11, 3), UTC)
    assert first.key != second.key


@pytest.mark.parametrize(
    ("source", "text", "said"),
    [
        ("m365_copilot", "a,b\n1,2\n", "it has no column “report refresh date”"),
        (
            "m365_copilot",
            f"{M365}\n2026-11-16,ann@example.com\n",
            "2: it has 2 cells, and the first line has 8",
        ),
        ("m365_copilot", f"{M365}\n2027-11-16,a@b.de,,,,7,1,1\n", "2: 2027-11-16 has not come yet"),
        ("m365_copilot", f"{M365}\n2026-11-16,a@b.de,,,,7,-1,1\n", "2: '-1' is no whole number"),
        ("m365_copilot", f'{M365}\n"2026', "it is no CSV"),
        (
            "chatgpt_enterprise",
            f"{CHATGPT}\nw,2026-11-08,2026-11-02,a,p,A,a@b.de,t,1,1\n",
            "before it begins",
        ),
        ("chatgpt_enterprise", f"{CHATGPT}\nw,2026-11-02,2026-11-08,a,p,A,,t,1,1\n", "2: it names no person"),
        ("chatgpt_enterprise", f"{CHATGPT}\nw,2026-11-02,2026-11-08,a,p,A,a@b.de,t,99999999,1\n", "the most"),
        ("github_copilot", "not json", "1: it is no JSON"),
        ("github_copilot", f"{json.dumps(GITHUB)}\n{{\n", "2: it is no JSON"),
        ("github_copilot", "[1]", "1: it has not the form of such a report"),
        ("github_copilot", json.dumps({**GITHUB, "user_login": ""}), "it has no user_login"),
        (
            "github_copilot",
            json.dumps({**GITHUB, "user_initiated_interaction_count": -1}),
            "-1 is no whole number",
        ),
        ("claude_enterprise", json.dumps({"date": "2026-11-02"}), "it has not the form of such a report"),
        ("gemini", json.dumps({"items": [{"id": {"time": "x"}}]}), "Invalid isoformat"),
    ],
)
def test_what_is_wrong_with_a_report_is_named_by_its_line(source: str, text: str, said: str) -> None:
    """And nothing is read of it."""
    assert said in wrong(source, text)


@given(st.sampled_from([*REPORTS]), st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_a_file_holds_is_read_or_named(source: str, data: bytes) -> None:
    """No file breaks the reading."""
    assert all(isinstance(each, Told | Finding) for each in read(source, data))
