"""The `laps` command: reads its arguments, runs one piece of work, says faults with their mends.

Exit codes: 0 done, 1 a finding or a refusal (said on stderr), 2 wrong use; 130 and 141 where Ctrl-C or the
end of a pipe ended it.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import sys
from collections.abc import Coroutine, Sequence
from datetime import date
from pathlib import Path

from bot.cli import (
    announcing,
    authoring,
    cohorts,
    delivering,
    drafting,
    examining,
    packaging,
    people,
    planning,
    previewing,
    revisions,
    roster,
    running,
    trying,
)
from bot.cli.arguments import add_format, day, whole
from bot.cli.measuring import add_measuring
from bot.cli.trying import INTERRUPTED
from bot.cohorts.gathering import FEWEST, MOST
from bot.cohorts.importing import Terms
from bot.errors import LapsError
from bot.model import ChannelName, Role
from bot.settings import read_settings

try:
    from uvloop import new_event_loop
except ImportError:  # without the extra `fast`, the loop is asyncio's own
    new_event_loop = None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; `arguments` are those after its name."""
    _print_what_can_be()
    options = _parser().parse_args(arguments)
    try:
        work: Coroutine[None, None, int] | int = options.work(options)
        code = work if isinstance(work, int) else _run(work)
        sys.stdout.flush()
    except LapsError as error:
        print(f"laps: {error}", file=sys.stderr)
        if error.hint:
            print(f"      {error.hint}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _close_stdout()
        return BROKEN_PIPE
    return code


BROKEN_PIPE = 141
"""128 + SIGPIPE: whoever read the output (`head`) has enough."""


def _print_what_can_be() -> None:
    """Have a character that a terminal's encoding lacks printed as ? rather than end the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _close_stdout() -> None:
    """Give what is left in the buffer somewhere to go, so that closing it does not fail once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(work: Coroutine[None, None, int]) -> int:
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(work)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="laps", description="Practice-first AI lessons in Slack, Microsoft Teams and the browser."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_operating(commands)
    _add_authoring(commands)
    _add_people(commands)
    return parser


def _add_operating(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    run = commands.add_parser("run", help="start the server")
    run.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    run.add_argument("--port", type=_port, default=3978, help="port to listen on (default 3978)")
    run.set_defaults(work=lambda o: running.run(read_settings(), o.host, o.port))
    doctor = commands.add_parser("doctor", help="say what is set up, what is missing, and the mend")
    add_format(doctor)
    doctor.set_defaults(work=lambda o: examining.doctor(read_settings(), o.format))
    sent = commands.add_parser("deliveries", help="print what went out or is to, and why what did not arrive")
    sent.add_argument("--failed", action="store_true", help="only what did not surely arrive")
    sent.add_argument("--limit", type=whole, default=100, help="how many, the newest first (default 100)")
    add_format(sent)
    sent.set_defaults(work=lambda o: delivering.deliveries(read_settings(), o.failed, o.limit, o.format))
    manifest = commands.add_parser("manifest", help="write the app manifest, ready to upload")
    manifest.add_argument("channel", choices=("slack", "teams"))
    manifest.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="file to write (default: for slack standard output, for teams laps-teams.zip)",
    )
    manifest.add_argument(
        "--listen", action="store_true", help="with what hearing words in conversations takes"
    )
    manifest.set_defaults(work=lambda o: packaging.manifest(read_settings(), o.channel, o.output, o.listen))


def _add_authoring(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    lint = commands.add_parser("lint", help="check the lessons and print every finding")
    lint.add_argument("path", nargs="?", type=Path, help="the catalogue's root (default: LAPS_LESSONS)")
    lint.add_argument("--format", choices=("text", "json", "github"), default="text", help="text by default")
    lint.set_defaults(work=lambda o: authoring.lint(o.path or read_settings().lessons, o.format))
    schema = commands.add_parser("schema", help="print the JSON Schema that editors check lessons with")
    schema.add_argument(
        "of", nargs="?", choices=("lesson", "catalogue"), default="lesson", help="lesson by default"
    )
    schema.set_defaults(work=lambda o: authoring.schema(o.of))
    new = commands.add_parser("new", help="write something new").add_subparsers(
        required=True, metavar="ACTION"
    )
    lesson = new.add_parser("lesson", help="answer a few questions, and a lesson is written")
    lesson.set_defaults(work=lambda o: drafting.new_lesson(read_settings()))
    _add_catalogue(commands)
    show = commands.add_parser("preview", help="draw a lesson as it looks on every channel, side by side")
    show.add_argument("lesson", help="the lesson's id")
    show.add_argument("--channel", choices=[*map(str, ChannelName)], help="only this channel")
    show.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="file to write (default: var/preview/LESSON.html)"
    )
    show.set_defaults(
        work=lambda o: previewing.preview(
            read_settings(), o.lesson, ChannelName(o.channel) if o.channel else None, o.output
        )
    )
    attempt = commands.add_parser("try", help="take a lesson in the terminal; nothing is stored")
    attempt.add_argument("lesson", help="the lesson's id")
    attempt.set_defaults(work=lambda o: trying.attempt(read_settings(), o.lesson))


def _add_catalogue(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    catalogue = commands.add_parser("catalogue", help="the catalogue's revisions").add_subparsers(
        required=True, metavar="ACTION"
    )
    shown = catalogue.add_parser("log", help="print the newest revisions: who, when, how, what changed")
    shown.add_argument("--limit", type=whole, default=20, help="how many (default 20)")
    add_format(shown)
    shown.set_defaults(work=lambda o: revisions.log(read_settings(), o.limit, o.format))
    diff = catalogue.add_parser("diff", help="print what changed, lesson by lesson")
    diff.add_argument("old", nargs="?", type=whole, help="a revision (default: the newest)")
    diff.add_argument("new", nargs="?", type=whole, help="another one (default: the files as they are)")
    add_format(diff)
    diff.set_defaults(work=lambda o: revisions.diff(read_settings(), o.old, o.new, o.format))
    rollback = catalogue.add_parser("rollback", help="make the catalogue what an earlier revision was")
    rollback.add_argument("revision", type=whole, help="its number")
    rollback.set_defaults(work=lambda o: revisions.rollback(read_settings(), o.revision))
    publish = catalogue.add_parser("publish", help="check the files and accept them as the newest revision")
    publish.set_defaults(work=lambda o: revisions.publish(read_settings()))


def _add_people(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    role = commands.add_parser("role", help="grant or revoke a role").add_subparsers(
        required=True, metavar="ACTION"
    )
    for action, held in (("grant", True), ("revoke", False)):
        parser = role.add_parser(action, help=f"{action} a role")
        parser.add_argument(
            "person", help="slack:U012ABC, teams:29:1abc, web:…, an e-mail address or a learner key"
        )
        parser.add_argument("role", choices=[*map(str, Role)], metavar="ROLE", help=", ".join(Role))
        add_format(parser)
        parser.set_defaults(
            work=lambda o, held=held: people.set_role(read_settings(), o.person, Role(o.role), held, o.format)
        )
    _add_roster(commands)
    _add_cohorts(commands)
    _add_announcing(commands)
    ahead = commands.add_parser("plan", help="print what would be said to a person unasked, and why")
    ahead.add_argument(
        "person", help="slack:U012ABC, teams:29:1abc, web:…, an e-mail address or a learner key"
    )
    ahead.add_argument("--days", type=whole, default=14, help="how far ahead (default 14)")
    add_format(ahead)
    ahead.set_defaults(work=lambda o: planning.plan(read_settings(), o.person, o.days, o.format))
    add_measuring(commands)


def _add_roster(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    actions = commands.add_parser("people", help="the people of the organization").add_subparsers(
        required=True, metavar="ACTION"
    )
    load = actions.add_parser("import", help="take the roster in from a CSV file; twice is once")
    load.add_argument("file", type=Path, help="the file, or - for standard input")
    load.add_argument(
        "--as-of", type=day, metavar="DAY", help="the day from which on it holds (default today)"
    )
    load.add_argument("--dry-run", action="store_true", help="print what would change, and change nothing")
    load.add_argument("--partial", action="store_true", help="only some people are in it: nobody leaves")
    load.add_argument("--allow-admins", action="store_true", help="the file may give the role admin")
    load.add_argument(
        "--allow-leavers", action="store_true", help="more than half of the people may be missing"
    )
    add_format(load)
    load.set_defaults(
        work=lambda o: roster.import_people(
            read_settings(),
            o.file,
            o.as_of,
            Terms(date.min, o.partial, o.dry_run, o.allow_admins, o.allow_leavers),
            o.format,
        )
    )


def _add_cohorts(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    actions = commands.add_parser("cohorts", help="the cohorts, and proposals for new ones").add_subparsers(
        required=True, metavar="ACTION"
    )
    shown = actions.add_parser("list", help="print every cohort, who leads it and where it meets")
    add_format(shown)
    shown.set_defaults(work=lambda o: cohorts.listing(read_settings(), o.format))
    new = actions.add_parser("propose", help="propose cohorts for people of the roster who are in none")
    new.add_argument("--size", type=_cohort_size, default=10, help="people in each, 8 to 12 (default 10)")
    new.add_argument("--mixed", action="store_true", help="of several job families, rather than of one")
    new.add_argument("--wave", help="only people of this wave")
    new.add_argument(
        "--write", type=Path, metavar="FILE", help="write them as CSV, for laps people import --partial"
    )
    add_format(new)
    new.set_defaults(
        work=lambda o: cohorts.proposing(read_settings(), o.size, o.mixed, o.wave, o.write, o.format)
    )


def _add_announcing(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    actions = commands.add_parser("announce", help="say something to many").add_subparsers(
        required=True, metavar="ACTION"
    )
    new = actions.add_parser("send", help="show who hears of it and what they read; --yes sends it")
    new.add_argument("--title", required=True, help="what it is about")
    new.add_argument("--text", required=True, help="what is said")
    new.add_argument("--lesson", metavar="ID", help="a lesson to offer")
    for name, what in (
        ("job-family", "of this job family"),
        ("tool", "with this tool"),
        ("cohort", "in this cohort"),
    ):
        new.add_argument(f"--{name}", action="append", default=[], metavar="NAME", help=f"only people {what}")
    _add_sending(new)
    new.set_defaults(
        work=lambda o: announcing.announce(
            read_settings(),
            announcing.Wanted(o.title, o.text, o.lesson, o.job_family, o.tool, o.cohort),
            o.by,
            o.yes,
            o.format,
        )
    )
    shown = actions.add_parser("list", help="print what was said to many, and how far it is")
    add_format(shown)
    shown.set_defaults(work=lambda o: announcing.listing(read_settings(), o.format))
    back = actions.add_parser("withdraw", help="drop what waits, and say so where it is out")
    back.add_argument("announcement", help="its id")
    back.set_defaults(work=lambda o: announcing.withdraw(read_settings(), o.announcement))
    change = actions.add_parser("correct", help="say something else, also where it is out")
    change.add_argument("announcement", help="its id")
    change.add_argument("--title", help="what it is about")
    change.add_argument("--text", help="what is said")
    change.set_defaults(work=lambda o: announcing.correct(read_settings(), o.announcement, o.title, o.text))
    ask = commands.add_parser("invite", help="ask people of the roster who never spoke to Laps, once")
    ask.add_argument("--why", required=True, help="why they are asked: “… because WHY”")
    ask.add_argument(
        "--job-family", action="append", default=[], metavar="NAME", help="only of this job family"
    )
    ask.add_argument("--cohort", action="append", default=[], metavar="NAME", help="only in this cohort")
    _add_sending(ask)
    ask.set_defaults(
        work=lambda o: announcing.announce(
            read_settings(),
            announcing.Wanted("An invitation to Laps", o.why, None, o.job_family, (), o.cohort, True),
            o.by,
            o.yes,
            o.format,
        )
    )


def _add_whom(parser: argparse.ArgumentParser, *names: str) -> None:
    for name in names:
        said = f"only people of this {name.replace('-', ' ')}; may be said again"
        parser.add_argument(f"--{name}", action="append", default=[], metavar="NAME", help=said)


def _add_sending(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--by", metavar="PERSON", help="the admin who says it")
    parser.add_argument("--yes", action="store_true", help="send it; over 50 people a second admin is asked")
    add_format(parser)


def _cohort_size(text: str) -> int:
    return whole(text, FEWEST, MOST)


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port (0 to 65535)")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
