"""The benchmark counts right, and what it sends is what the platforms send."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.slack import front
from adapters.slack.api import SlackApi
from adapters.slack.channel import SlackChannel
from adapters.slack.inbound import normalise as slack_incoming
from benchmarks.__main__ import Row, report
from benchmarks.catalogue import TODAY, Span, measure_catalogue, write_catalogue
from benchmarks.delivering import Platform, deliver_all
from benchmarks.load import Run, http_post, percentile
from benchmarks.planning import measure_planning
from benchmarks.traffic import SECRET, Crowd, Learner, slack_press, teams_press
from benchmarks.virtual import VirtualClock, virtual_time
from bot.errors import RateLimited
from bot.model import Incoming, Sent
from lessons.loading import load
from tests.unit.test_outbox import make_delivery


def body_of(request: bytes) -> tuple[dict[str, str], bytes]:
    """Take a request apart into its headers and body."""
    head, _, body = request.partition(b"\r\n\r\n")
    _, *lines = head.decode().split("\r\n")
    return dict(line.split(": ", 1) for line in lines), body


@pytest.mark.parametrize(("share", "found"), [(0.0, 1.0), (0.5, 3.0), (0.99, 5.0), (1.0, 5.0)])
def test_a_percentile_is_one_of_the_values(share: float, found: float) -> None:
    """The nearest rank is taken, whatever the order of the values."""
    assert percentile([5.0, 1.0, 4.0, 2.0, 3.0], share) == found


def test_nothing_has_no_latency() -> None:
    """A run without answers does not divide by nothing."""
    assert percentile([], 0.99) == 0.0


def test_a_rate_is_answers_a_second_and_stands_beside_its_baseline() -> None:
    """The ratio is what is claimed."""
    run = Run(300, 2.0, (1.0, 2.0))
    assert run.rate == 150.0
    assert Row("Slack presses", run.rate, "stock Bolt", 75.0, 1.0).ratio == 2.0


def test_the_results_say_what_was_measured_and_what_was_aimed_at() -> None:
    """Each row has its rate, its baseline's rate, their ratio and the goal."""
    row = Row("Slack presses", 1500.0, "stock Bolt", 1000.0, 1.0, Run(2, 1.0, (3.0, 9.0)))
    span = Span("read", 0.3, 0.4, 1.0)
    page = report([row], [span], "profile")
    assert "| Slack presses | 1,500 | stock Bolt | 1,000 | 1.50 | 1 | 9.0 / 9.0 ms |" in page
    assert "| read | 300.0 ms | CSafeLoader only parses it | 400.0 ms | 0.750 | 1 |" in page


def test_the_catalogue_to_measure_with_is_sound(tmp_path: Path) -> None:
    """It has as many lessons as are said, without an error, and no two of one wording."""
    root = write_catalogue(tmp_path, 40)
    found = load(root, TODAY)
    assert found.catalogue is not None and len(found.catalogue.lessons) == 40
    assert "W307" not in {finding.code.number for finding in found.findings}


def test_each_piece_of_work_on_a_catalogue_is_timed(tmp_path: Path) -> None:
    """Reading, looking through the texts, and one edit, each beside the bare parse."""
    spans = measure_catalogue(tmp_path, 1, 20)
    assert [span.goal for span in spans] == [1.0, 6.0, 0.05]
    assert all(span.seconds > 0 and span.baseline_seconds > 0 for span in spans)


def test_planning_is_timed_among_few_and_many(tmp_path: Path) -> None:
    """As many are due among both, about a tenth is held, and a job for each does the same."""
    among, jobs = measure_planning(tmp_path, few=60, many=120, due=50, adding=0.0)
    assert (among.what, among.baseline) == ("50 due planned among 120 learners", "among 60")
    assert jobs.baseline.startswith("50 APScheduler jobs")
    assert among.seconds == jobs.seconds > 0


def test_deliveries_keep_to_what_is_permitted_and_use_it() -> None:
    """On the virtual clock nothing is refused, and the rate is that of all workspaces together."""
    found = deliver_all(2000)
    assert (found.messages, found.refused, found.permitted) == (2000, 0, 115.0)
    assert 0.95 <= found.rate / found.permitted < 1.1


def test_the_server_of_the_deliveries_refuses_what_is_too_much() -> None:
    """Without a pace the limits of the platforms are felt: one a second in a conversation of Slack."""
    clock = VirtualClock()
    channel = SlackChannel(SlackApi("http://127.0.0.1:9/", "x"), clock)
    platform = Platform(channel, clock)

    async def send_twice() -> list[object]:
        calls = (platform.deliver(make_delivery()) for _ in range(2))
        return await asyncio.gather(*calls, return_exceptions=True)

    with virtual_time(clock) as runner:
        ends = runner.run(send_twice())
    assert {type(end) for end in ends} == {Sent, RateLimited}
    assert (platform.taken, platform.refused) == (1, 1)


def test_a_request_says_how_long_it_is() -> None:
    """The body follows the headers, with its length in bytes."""
    headers, body = body_of(http_post("/x", "ä".encode(), {"A": "b"}))
    assert (headers["Content-Length"], headers["A"], body) == ("2", "b", "ä".encode())


def test_a_press_in_slack_is_signed_and_read() -> None:
    """What is measured is let in at the door and understood."""
    headers, body = body_of(slack_press(Learner("U1", "session")))
    front.verify(SECRET, headers, body, lambda: datetime.now(UTC))
    incoming = slack_incoming(front.parse(headers["Content-Type"], body))
    assert isinstance(incoming, Incoming)
    assert (incoming.sender.external, incoming.args["s"]) == ("U1", "session")


def test_a_learner_goes_to_and_fro_with_the_version_that_the_session_has() -> None:
    """Each press names the version that the one before has led to, so that none is an old button."""
    learner = Learner("U1", "session")
    presses = [learner.press() for _ in range(4)]
    assert [verb for verb, _ in presses] == ["done", "again", "done", "again"]
    versions = [int(args["v"]) for _, args in presses]
    assert versions == list(range(versions[0], versions[0] + 4))


def test_people_are_shared_out_among_connections() -> None:
    """Nobody presses on two connections, and everybody has a turn."""
    crowd = Crowd([Learner(f"U{number}", "s") for number in range(6)], 2)
    taken = [[crowd.next(connection).user for _ in range(4)] for connection in range(2)]
    assert taken == [["U0", "U2", "U4", "U0"], ["U1", "U3", "U5", "U1"]]


def test_each_activity_in_teams_is_another() -> None:
    """No two have one id, or the second would count as a repeat."""
    learner = Learner("U1", "session")
    one, other = (teams_press(learner, "http://127.0.0.1:9/") for _ in range(2))
    assert one != other
