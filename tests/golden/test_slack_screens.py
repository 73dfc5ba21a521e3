"""Every screen that there is, held against what Slack takes: of our own lessons, and of the longest."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.models.blocks import Block as SlackBlock
from slack_sdk.models.views import View

from adapters.slack.forms import render_form, render_notice
from adapters.slack.render import render, render_home
from bot.messages import (
    Block,
    Choices,
    Code,
    Fields,
    Form,
    Heading,
    Items,
    Note,
    Progress,
    Text,
)
from bot.model import Source
from lessons.catalogue import Catalogue, JobFamily, OrganizationSettings, Tool
from lessons.loading import load
from lessons.model import Lesson
from tests.slack.blocks import faults_of_message, faults_of_view
from tests.slack.screens import Explorer, buttons_of

SOURCE = Source("1790000000.000001", "https://hooks.slack.com/actions/T012ABCDE/1234567890123/" + "x" * 24)
NASTY = "😀🏳️‍🌈 שלום עולם \u202eabc <!channel> <@U2> <https://evil.example|x> `code` ```fence``` *bold* & "


def fill(length: int) -> str:
    """Make a text of so many characters of the kinds that go wrong."""
    return (NASTY * (length // len(NASTY) + 1))[: length - 1] + "."


def longest_lesson(number: int) -> dict[str, object]:
    """Make a lesson in which everything is as long as it may be."""
    answers = [{"text": fill(140), "right": n == 3, "feedback": fill(300)} for n in range(5)]
    mentions = [[fill(140), fill(139)], fill(140)]
    return {
        "id": f"finance-{'x' * 40}-{number}",
        "title": fill(80),
        "job_family": "finance",
        "capability": "explain-variances",
        "use_case": fill(80),
        "tools": [f"tool-{n}" for n in range(14)],
        "minutes": 5,
        "review_by": date(2027, 3, 1),
        "steps": [
            {
                "practice": {
                    "task": fill(600),
                    "material": "\n".join(f"{n:>5} {fill(56)}" for n in range(38)),
                    "starter": fill(1500),
                    "minutes": 3,
                    "hint": fill(600),
                    "checks": [{"words": {"min": 3}}, {"mentions": mentions}, {"avoids": [fill(140)] * 9}],
                    "rubric": [fill(140)] * 6,
                }
            },
            {"practice": {"task": fill(600), "minutes": 3, "answer": "done", "rubric": [fill(140)] * 6}},
            {"concept": fill(900)},
            {"check": {"question": fill(400), "answers": answers}},
            {"reflect": {"confidence": True, "minutes_saved": True, "used": True}},
            {"commit": {"when": fill(140), "task": fill(140)}},
        ],
    }


def longest() -> Catalogue:
    """Make a catalogue of 12 such lessons, 14 tools and 12 job families with long names."""
    lessons = [Lesson.model_validate(longest_lesson(number)) for number in range(12)]
    families = {"finance": JobFamily(name=fill(60))} | {
        f"family-{n}": JobFamily(name=fill(60)) for n in range(11)
    }
    return Catalogue(
        OrganizationSettings(name=fill(80), time_zone="Europe/Berlin"),
        {f"tool-{n}": Tool(name=fill(60)) for n in range(14)},
        families,
        {lesson.id: lesson for lesson in lessons},
    )


def ours() -> Catalogue:
    """Load the catalogue that Laps comes with."""
    found = load(Path(__file__).parents[2] / "lessons.yaml", date(2026, 11, 2))
    catalogue, findings = found.catalogue, found.findings
    assert catalogue is not None, findings
    return catalogue


def explored(catalogue: Catalogue) -> Explorer:
    """See everything of a catalogue."""
    explorer = Explorer(catalogue, fill(3000))
    asyncio.run(explorer.explore())
    return explorer


@pytest.fixture(scope="module")
def library() -> Explorer:
    """Every screen of our own lessons."""
    return explored(ours())


@pytest.fixture(scope="module")
def extremes() -> Explorer:
    """Every screen of the longest lessons."""
    return explored(longest())


@pytest.fixture(params=["library", "extremes"])
def seen(request: pytest.FixtureRequest) -> Explorer:
    """Every screen of either."""
    explorer: Explorer = request.getfixturevalue(request.param)
    return explorer


def test_everything_is_seen(library: Explorer, extremes: Explorer) -> None:
    """The walk comes to the end of every lesson, to every page, and to every form."""
    titles = [lesson.title for lesson in library.catalogue.lessons.values()]
    first = {message.fallback for message in library.messages.values()}
    assert [title for title in titles if not any(text.startswith(f"Done: {title}") for text in first)] == []
    assert {form.name for form in library.forms.values()} >= {"paste", "plan", "tools", "zone"}
    verbs = {button.verb for message in library.messages.values() for button in buttons_of(message)}
    assert verbs >= {"agree", "decline", "set", "ask", "lesson", "go", "done", "hint", "again", "review"}
    assert verbs >= {"answer", "confidence", "minutes", "used", "no_plan", "leave", "restart", "stop", "me"}
    assert {form.name for form in extremes.forms.values()} == {form.name for form in library.forms.values()}


def test_slack_takes_every_screen(seen: Explorer) -> None:
    """Every message keeps Block Kit's limits, in the direct message, on the home, and as a notice."""
    for message in seen.messages.values():
        assert faults_of_message(render(message)) == [], message.fallback
        assert faults_of_view(render_home(message)) == [], message.fallback
        assert faults_of_view(render_notice(message)) == [], message.fallback


def test_slack_takes_every_form(seen: Explorer) -> None:
    """Every form keeps the limits of views, and knows the message that it was opened from."""
    assert seen.forms
    for form in seen.forms.values():
        view = render_form(form, SOURCE, "D012ABCDEFG")
        assert faults_of_view(view) == [], form.name
        assert str(SOURCE.handle) in str(view["private_metadata"])


def test_slacks_own_models_know_every_screen(library: Explorer) -> None:
    """slack_sdk reads every block and every view back with nothing that it would drop."""
    for message in library.messages.values():
        blocks: Any = render(message)["blocks"]
        assert [block.to_dict() for block in SlackBlock.parse_all(blocks)] == blocks
        home: dict[str, Any] = render_home(message)
        assert View(**home).to_dict() == home
    for form in library.forms.values():
        view: dict[str, Any] = render_form(form, SOURCE, "D1")
        assert View(**view).to_dict() == view


def test_no_button_is_lost(seen: Explorer) -> None:
    """However long the texts are, every button and every form's button is there."""
    for message in seen.messages.values():
        wanted = len(buttons_of(message)) + sum(isinstance(block, Form) for block in message.blocks)
        drawn: Any = render(message)["blocks"]
        assert sum(len(b["elements"]) for b in drawn if b["type"] == "actions") == wanted


def test_of_our_own_lessons_nothing_is_cut(library: Explorer) -> None:
    """Every word of every screen of the lessons that Laps comes with is shown in Slack."""
    for message in library.messages.values():
        shown = "".join(_texts(render(message)["blocks"]))
        for block in message.blocks:
            for text in _words(block):
                assert text.strip() in shown, message.fallback


def test_nothing_of_it_is_markup(extremes: Explorer) -> None:
    """No text of a lesson stands where Slack would read it as markup; notifications are escaped."""
    for message in extremes.messages.values():
        drawn = render(message)
        assert "mrkdwn" not in str(drawn["blocks"])
        assert not {"<", ">"} & set(str(drawn["text"]))


def _words(block: Block) -> Iterator[str]:
    """Give the texts of a block; a button's label is shown on it or listed."""
    match block:
        case Heading(text) | Text(text) | Note(text):
            yield text
        case Code(text, title):
            yield from (text, title)
        case Items(items):
            yield from items
        case Fields(pairs):
            yield from (text for pair in pairs for text in pair)
        case Progress(label=label):
            yield label
        case Choices(options):
            yield from (option.label for option in options)
        case Form(open_label=label):
            yield label


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        if isinstance(value.get("text"), str):
            yield value["text"]
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
