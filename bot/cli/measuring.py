"""The commands about figures, and about who may see what."""

from __future__ import annotations

from pathlib import Path

from adapters.usage.reports import REPORTS
from bot.cli import digesting, people, tokens, usage
from bot.cli.arguments import Commands, actions, add_format, day, whole
from bot.digests.forms import FORMS
from bot.privacy.tokens import MAY
from bot.settings import read_settings


def add_measuring(commands: Commands) -> None:
    """Add the commands."""
    _add_digest(commands)
    _add_usage(commands)
    _add_events(commands)
    _add_tokens(commands)
    _add_audit(commands)


def _add_digest(commands: Commands) -> None:
    figures = commands.add_parser("digest", help="print the week's adoption figures for a group")
    figures.add_argument("--week", metavar="WEEK", help="2026-W46, say (default: the last one that is over)")
    figures.add_argument("--group", default="all", metavar="KIND:VALUE", help="job_family:finance, say")
    figures.add_argument("--definitions", action="store_true", help="say what each figure means, too")
    figures.add_argument(
        "--correct", action="store_true", help="make it anew with what came late, and issue what is other now"
    )
    figures.add_argument(
        "--format", choices=[*FORMS], default="text", help="how it is written (default text)"
    )
    figures.set_defaults(
        work=lambda o: digesting.digest(read_settings(), o.week, o.group, o.format, o.definitions, o.correct)
    )


def _add_usage(commands: Commands) -> None:
    use = actions(commands, "usage", "take in real use of AI tools")
    taking = use.add_parser("import", help="take in a file of real use")
    taking.add_argument("file", type=Path, help="the file, packed by gzip or not; - reads standard input")
    taking.add_argument("--source", choices=[*REPORTS], default="generic", help="of which kind it is")
    taking.add_argument("--tool", metavar="ID", help="the tool that it is about, by its id in lessons.yaml")
    taking.add_argument(
        "--day", type=day, metavar="DAY", help="the day that it is of, where it does not say so"
    )
    taking.add_argument(
        "--complete-through", type=day, metavar="DAY", help="the day through which its figures are complete"
    )
    add_format(taking)
    taking.set_defaults(
        work=lambda o: usage.import_usage(
            read_settings(), o.file, usage.Asked(o.source, o.tool, o.day, o.complete_through), o.format
        )
    )


def _add_events(commands: Commands) -> None:
    events = actions(commands, "events", "export or import adoption events")
    export = events.add_parser("export", help="write every adoption event to stdout, one JSON line each")
    export.add_argument("--since", type=day, metavar="DAY", help="only from this local day on")
    export.add_argument("--format", choices=("jsonl",), default="jsonl", help="JSON lines (default)")
    export.add_argument("--pseudonymous", action="store_true", help="learners by their random key")
    export.set_defaults(work=lambda o: people.export_events(read_settings(), o.since, o.pseudonymous))
    load = events.add_parser("import", help="append events from a file of JSON lines; twice is once")
    load.add_argument("file", type=Path, help="the file, or - for standard input")
    add_format(load)
    load.set_defaults(work=lambda o: people.import_events(read_settings(), o.file, o.format))


def _add_tokens(commands: Commands) -> None:
    known = actions(commands, "token", "let programs read figures")
    made = known.add_parser("create", help="make a token, which is shown this once")
    made.add_argument("--role", choices=[role.value for role in MAY], required=True, help="what it may read")
    made.add_argument("--name", default="", help="what it is for")
    made.add_argument("--days", type=whole, help="how long it is good (default: until it is revoked)")
    add_format(made)
    made.set_defaults(work=lambda o: tokens.create(read_settings(), o.role, o.name, o.days, o.format))
    shown = known.add_parser("list", help="print all tokens")
    add_format(shown)
    shown.set_defaults(work=lambda o: tokens.listed(read_settings(), o.format))
    taken = known.add_parser("revoke", help="take a token back")
    taken.add_argument("token", help="its id")
    taken.set_defaults(work=lambda o: tokens.revoke(read_settings(), o.token))


def _add_audit(commands: Commands) -> None:
    kept = actions(commands, "audit", "who looked at what")
    shown = kept.add_parser("log", help="print who looked at what")
    add_format(shown)
    shown.set_defaults(work=lambda o: tokens.log(read_settings(), o.format))
    held = kept.add_parser("verify", help="say whether the log is as it was written")
    add_format(held)
    held.set_defaults(work=lambda o: tokens.verify(read_settings(), o.format))
