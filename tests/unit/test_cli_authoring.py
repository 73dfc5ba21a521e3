import io
import json
import zipfile
from pathlib import Path

import pytest

from tests.commands import CATALOGUE, ROOT, Laps
from tests.lesson_files import LESSON, write

APP = "12345678-1234-1234-1234-123456789abc"


@pytest.fixture
def broken(laps: Laps) -> Path:
    """Give a catalogue with one error and one warning in one lesson."""
    return write(laps.folder, lesson=LESSON.replace("tools: [", "tools: [copilto, "))


# ---------------------------------------------------------------- lint


def codes(printed: str) -> list[str]:
    """Give the codes of printed findings."""
    return [line.split(": ")[1].split()[0] for line in printed.splitlines()]


def test_sound_lessons_are_counted(laps: Laps) -> None:
    """A catalogue with nothing but warnings ends with 0 and says how many lessons it has."""
    outcome = laps("lint")
    assert codes(outcome.out) == ["W306", "W306", "W307", "W307", "W307"]
    assert (outcome.code, outcome.err) == (0, "3 lessons, 5 warnings.\n")
    assert laps("lint", str(CATALOGUE.parent)) == outcome


def test_a_finding_ends_with_one(laps: Laps, broken: Path) -> None:
    """Every finding is a line with its place, and the command ends with 1."""
    outcome = laps("lint", str(broken))
    assert outcome.code == 1
    assert codes(outcome.out) == ["W306", "E208"]
    assert outcome.err == "1 error, 1 warning.\n"


def test_findings_are_data_too(laps: Laps, broken: Path) -> None:
    """`--format json` prints findings for programs, and nothing else on stdout."""
    outcome = laps("lint", str(broken), "--format", "json")
    warning, error = json.loads(outcome.out)
    assert outcome.code == 1 and outcome.err == ""
    assert error.keys() == warning.keys() == {"path", "line", "column", "code", "severity", "message", "mend"}
    assert (warning["code"], warning["severity"]) == ("W306", "warning")
    assert (error["code"], error["severity"]) == ("E208", "error")
    fine = laps("lint", "--format", "json")
    assert fine.code == 0 and {each["severity"] for each in json.loads(fine.out)} == {"warning"}


def test_findings_annotate_a_workflow(laps: Laps, broken: Path) -> None:
    """`--format github` prints workflow commands."""
    outcome = laps("lint", str(broken), "--format", "github")
    assert outcome.code == 1
    warning, error = outcome.out.splitlines()
    assert warning.startswith("::warning file=") and ",title=W306::" in warning
    assert error.startswith("::error file=") and ",title=E208::" in error


@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_a_path_that_is_not_there_is_a_finding(laps: Laps, form: str) -> None:
    """A missing file is said in the format that was asked for."""
    outcome = laps("lint", "nowhere.yaml", "--format", form)
    assert outcome.code == 1
    assert "E001" in outcome.out and "nowhere.yaml" in outcome.out


def test_a_folder_without_lessons_is_a_finding(laps: Laps) -> None:
    """A folder means the lessons.yaml in it."""
    outcome = laps("lint", str(laps.folder))
    assert outcome.code == 1 and "lessons.yaml:1:1: E001 " in outcome.out


# ---------------------------------------------------------------- schema


@pytest.mark.parametrize("of", ["lesson", "catalogue"])
def test_the_printed_schema_is_the_committed_one(laps: Laps, of: str) -> None:
    """Editors read the committed file; it is what the command prints."""
    outcome = laps("schema", of)
    assert outcome.code == 0
    assert outcome.out == (ROOT / "lessons" / f"{of}.schema.json").read_text()


def test_the_schema_of_lessons_comes_first(laps: Laps) -> None:
    """Without a name it is the lesson's."""
    assert laps("schema") == laps("schema", "lesson")


# ---------------------------------------------------------------- manifest


def test_slacks_manifest_needs_an_address(laps: Laps) -> None:
    """Over HTTP Slack must be told where Laps is, with https."""
    for address in ("", "http://laps.example.com"):
        laps.set(LAPS_BASE_URL=address)
        outcome = laps("manifest", "slack")
        assert (outcome.code, outcome.out) == (1, "")
        assert "LAPS_BASE_URL" in outcome.err and "SLACK_APP_TOKEN" in outcome.err


def test_slacks_manifest_is_printed(laps: Laps) -> None:
    """What is printed is JSON, with every address on ours."""
    laps.set(LAPS_BASE_URL="https://laps.example.com/")
    outcome = laps("manifest", "slack")
    made = json.loads(outcome.out)
    assert outcome.code == 0 and outcome.err == ""
    assert made["settings"]["interactivity"]["request_url"] == "https://laps.example.com/slack/events"
    assert made["settings"]["socket_mode_enabled"] is False


def test_slacks_socket_needs_no_address(laps: Laps) -> None:
    """With an app token the manifest asks for Socket Mode."""
    laps.set(SLACK_APP_TOKEN="xapp-1")
    outcome = laps("manifest", "slack")
    assert outcome.code == 0 and json.loads(outcome.out)["settings"]["socket_mode_enabled"] is True
    assert "xapp-1" not in outcome.out


def test_the_manifest_goes_to_a_file(laps: Laps) -> None:
    """`-o` names the file, and the command says what it wrote."""
    laps.set(SLACK_APP_TOKEN="xapp-1")
    outcome = laps("manifest", "slack", "-o", "slack.json")
    assert outcome.code == 0 and outcome.out.startswith("Wrote slack.json (")
    assert json.loads((laps.folder / "slack.json").read_text()) == json.loads(laps("manifest", "slack").out)


def test_a_manifest_that_cannot_be_written_is_said_so(laps: Laps) -> None:
    """A folder that is not there is a refusal, not a traceback."""
    laps.set(SLACK_APP_TOKEN="xapp-1")
    outcome = laps("manifest", "slack", "-o", "nowhere/slack.json")
    assert outcome.code == 1
    assert outcome.err.startswith("laps: nowhere/slack.json: cannot be written (no such file or directory)")


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({}, "MICROSOFT_APP_ID: is not set"),
        ({"MICROSOFT_APP_ID": "laps"}, "MICROSOFT_APP_ID: is no application id"),
        ({"MICROSOFT_APP_ID": APP}, "LAPS_BASE_URL: is not set"),
        ({"MICROSOFT_APP_ID": APP, "LAPS_BASE_URL": "http://x"}, "LAPS_BASE_URL: is no https address"),
    ],
)
def test_teams_manifest_names_what_it_needs(laps: Laps, settings: dict[str, str], named: str) -> None:
    """Each missing or wrong setting is named with its mend, and no file is left."""
    laps.set(**settings)
    outcome = laps("manifest", "teams")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith(f"laps: {named}\n      ")
    assert list(laps.folder.iterdir()) == []


def test_teams_package_is_ready_to_upload(laps: Laps) -> None:
    """The zip has the manifest and both icons, under the name that the command says."""
    laps.set(MICROSOFT_APP_ID=APP, LAPS_BASE_URL="https://laps.example.com")
    outcome = laps("manifest", "teams")
    assert outcome.code == 0 and outcome.out.startswith("Wrote laps-teams.zip (")
    with zipfile.ZipFile(io.BytesIO((laps.folder / "laps-teams.zip").read_bytes())) as package:
        assert sorted(package.namelist()) == ["color.png", "manifest.json", "outline.png"]
        assert json.loads(package.read("manifest.json"))["bots"][0]["botId"] == APP
