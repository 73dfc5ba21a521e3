"""A digest as text, JSON, a table, a workbook, a picture and a page: the same figures, and nothing is run."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import openpyxl
import pytest
from PIL import Image

from bot.digests.drawing import alt
from bot.digests.forms import FORMS
from bot.digests.telling import HIDDEN, Reader, as_text, headline, marks, moved, wanting
from bot.measurement.digest import (
    AdoptionRow,
    ConfidenceRow,
    Digest,
    FrequencyRow,
    Issue,
    ManagerRow,
    MinutesRow,
    NudgesRow,
    OpinionRow,
    People,
    PerceptionRow,
    ReachRow,
    RetentionRow,
    TargetRow,
    UseCaseRow,
    WavesRow,
)
from bot.measurement.tally import Group, GroupKind
from bot.privacy.cells import safe

READER = Reader("Acme & Söhne", {"copilot": "Copilot"})
SUNDAY = date(2026, 11, 15)
SHOWN = AdoptionRow(
    "finance", "copilot", "measured", 30, SUNDAY, 60, 12, 40, 18, 0.3, 0.2, 0.42, 0.1, 0.05, 55
)
DIGEST = Digest(
    "2026-W46",
    date(2026, 11, 9),
    SUNDAY,
    Group(GroupKind.COHORT, "=2+5"),
    People(72, 70, None, suppressed=True),
    adoption=(
        SHOWN,
        AdoptionRow("finance", "copilot", "self_report", 30, SUNDAY, suppressed=True),
    ),
    targets=(
        TargetRow(
            "variance-80", "finance", "copilot", "variance", "measured", 0.8, 60, 30, 0.5, 0.4, 0.6, "below"
        ),
    ),
    frequency=(FrequencyRow("copilot", "measured", 40, 2, 1, 3.5, 12, 6, 7, 5, 2),),
    retention=(RetentionRow("finance", "copilot", "measured", "2026-08", 4, 30, 20),),
    confidence=ConfidenceRow(60, 40, 40, 60, 15, 10, 20),
    minutes_saved=MinutesRow(60, 33, 15, 10, 30),
    manager=ManagerRow(3, 2, 45, 60, 12.5),
    perception_gap=PerceptionRow(
        "Our AI training supports people well.",
        OpinionRow(10, 8, 0.75, 0.6, 0.8),
        OpinionRow(suppressed=True),
        None,
        0.6,
        0.3,
    ),
    nudges=NudgesRow(100, 90, 10, 0.5, 0.3, 0.2, -0.05, 0.45),
    reach=ReachRow(90, 88, 60, None, 40, 5),
    use_cases=(UseCaseRow("s1", "+cmd|' /C calc'!A1", "north", 4, True),),
    waves=(WavesRow("copilot", "effect", 40, 20, 0.8, 0.01, (("one", "2026-W40", 0.8),)),),
    definitions={"tried": "Any use."},
    notes=("ChatGPT: no source measures its use.",),
    issue=Issue(2, datetime(2026, 11, 20, tzinfo=UTC), ("adopted: 17, now 18",), "2026-W45"),
)


def test_the_page_says_first_what_matters() -> None:
    """Adoption with its interval, the change, the goal; then what moved, and where help is needed."""
    assert headline(DIGEST, READER.tools) == (
        "30 % (20 % to 42 %) of 60 people adopted Copilot 30 days after their first lesson. "
        "That is +5 points since last week. variance-80: 50 % of the goal of 80 %, below."
    )
    assert moved(DIGEST, READER.tools) == [
        "Copilot, measured, after 30 days: 30 %, +5 points (60 eligible, 55 the week before)."
    ]
    assert wanting(DIGEST, READER.tools) == [
        "variance-80: 50 % of 60 people are there, and the goal is 80 %.",
        (
            "Copilot: 40 people tried it, and 18 adopted it; "
            "moments of need at the times of their tasks would help."
        ),
        "Copilot: 7 people adopted it, and did not use it for 14 days.",
    ]
    assert [*marks(DIGEST)] == [
        "The people of 2026-W45 are counted: since then too few came or went.",
        "Corrected on 2026-11-20, issue 2: 1 figure.",
        "  adopted: 17, now 18",
    ]


def test_the_page_has_every_part() -> None:
    """What is held back says so, and figures of other evidence stand in rows of their own."""
    page = as_text(DIGEST, READER, definitions=True)
    for said in (
        "15 (10 to 20)",
        "15 (10 to 30)",
        "+20 (-5 to +45) points",
        "effect",
        "yes",
        "Any use.",
        HIDDEN,
    ):
        assert said in page
    assert "tried: " not in page
    assert "Any use." not in as_text(DIGEST, READER)


def test_json_is_the_digest() -> None:
    """Every hidden figure is null beside `suppressed`, and each row has its evidence."""
    made = json.loads(FORMS["json"].write(DIGEST, READER))
    assert made == json.loads(json.dumps(DIGEST.data()))
    hidden = made["adoption"][1]
    assert hidden["suppressed"] and hidden["eligible"] is None and hidden["share"] is None
    assert made["issue"]["changed"] == ["adopted: 17, now 18"]
    assert made["perception_gap"]["learners"]["suppressed"]


def test_a_table_has_every_figure_and_runs_nothing() -> None:
    """A row for each; what begins like a formula is text."""
    body = FORMS["csv"].write(DIGEST, READER).decode("utf-8-sig")
    rows = [*csv.DictReader(io.StringIO(body))]
    adopted = next(x for x in rows if (x["part"], x["figure"]) == ("adoption", "adopted"))
    assert (adopted["group"], adopted["evidence"], adopted["horizon_days"]) == (
        "cohort:=2+5",
        "measured",
        "30",
    )
    assert adopted["value"] == "18"
    hidden = [x for x in rows if x["evidence"] == "self_report" and x["part"] == "adoption"]
    assert {x["value"] for x in hidden if x["suppressed"] == "True"} == {""}
    title = next(x for x in rows if (x["part"], x["figure"]) == ("use_cases", "title"))
    assert title["value"] == "'+cmd|' /C calc'!A1"
    assert {x["part"] for x in rows} >= {
        "nudges",
        "reach",
        "perception_gap",
        "confidence",
        "retention",
        "waves",
    }


def test_a_workbook_has_a_sheet_for_each_part() -> None:
    """Numbers are numbers, and no cell is a formula."""
    book = openpyxl.load_workbook(io.BytesIO(FORMS["xlsx"].write(DIGEST, READER)))
    assert book.sheetnames[0] == "Digest" and book.sheetnames[-1] == "Figures"
    assert book["Adoption"]["E2"].value == 60
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "b"}
    assert "'+cmd|' /C calc'!A1" in [cell.value for cell in cells]


def test_a_picture_says_in_words_what_it_shows() -> None:
    """For those who do not see it."""
    with Image.open(io.BytesIO(FORMS["png"].write(DIGEST, READER))) as picture:
        picture.load()
        assert picture.size[0] == 1500
        assert picture.info["Description"] == alt(DIGEST, READER)
    assert "finance: Copilot, 30 days: 30 % of 60, 20 % to 42 %." in alt(DIGEST, READER)


def test_without_figures_there_is_a_picture_that_says_so() -> None:
    """Nothing is drawn, and nothing breaks."""
    empty = Digest("2026-W46", date(2026, 11, 9), SUNDAY, Group(), People(0, 0, 0))
    for form in FORMS.values():
        assert form.write(empty, READER)
    assert "There is no adoption figure yet" in as_text(empty, READER)


class _Tags(HTMLParser):
    """Collects what a page has."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag."""
        self.tags.append((tag, dict(attrs)))


def test_a_page_is_one_file() -> None:
    """Nothing is loaded from anywhere, and what people wrote is text."""
    hostile = replace(DIGEST, notes=("<script>alert(1)</script>",))
    page = _Tags()
    page.feed(FORMS["html"].write(hostile, READER).decode())
    sources = [about.get("src") or about.get("href") for _, about in page.tags]
    assert all(each is None or each.startswith("data:image/png") for each in sources)
    assert "script" not in [tag for tag, _ in page.tags]
    assert next(about["alt"] for tag, about in page.tags if tag == "img") == alt(hostile, READER)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\uff1d1", " =1", "|x", "%x"])
def test_no_cell_is_run(text: str) -> None:
    """Spreadsheets are told that it is text."""
    assert safe(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Finance", "2026-W46", "a=1"])
def test_other_cells_stay_as_they_are(text: str) -> None:
    """Nothing is added to what is harmless."""
    assert safe(text) == text
