"""`laps try`: a lesson in the terminal, through the real core on a database that is thrown away."""

from __future__ import annotations

import os
import select
import signal
import sys
import textwrap
import uuid
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from bot.app import now_utc, read_catalogue
from bot.cli.printing import make_console, print_columns
from bot.dispatch import Dispatcher
from bot.errors import UnknownLesson
from bot.learning.opening import nearest_lesson
from bot.messages import (
    Args,
    Block,
    Button,
    ChoiceField,
    Choices,
    Code,
    Emphasis,
    Field,
    Fields,
    FileField,
    Form,
    Heading,
    Image,
    Items,
    Message,
    Note,
    Progress,
)
from bot.messages import Text as Said
from bot.model import Answer, ChannelName, Delivery, Incoming, Sender, Source, WorkspaceRef
from bot.settings import Settings
from lessons.catalogue import Catalogue
from lessons.model import Lesson
from storage import open_store

INTERRUPTED = 130
"""What a command ends with that Ctrl-C ended (128 + SIGINT)."""


class _Nowhere:
    """The outlet of a terminal: everything is shown in place, so nothing is ever sent."""

    def take(self, deliveries: Sequence[Delivery]) -> None:
        return None


async def attempt(settings: Settings, lesson: str) -> int:
    """Play one lesson from its first screen to its last, or until the person leaves.

    Raises:
        UnknownLesson: the catalogue has none of this id.
    """
    catalogue = read_catalogue(settings)
    find_lesson(catalogue, lesson)
    console = make_console()
    organization = catalogue.organization
    store = await open_store("sqlite+aiosqlite:///:memory:", organization.name, organization.time_zone)
    # The event loop would take Ctrl-C and go on waiting for the line that is being typed.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        desk = Dispatcher(store, lambda: catalogue, _Nowhere(), now_utc)
        ended = await _play(_Player(desk, console), catalogue, lesson)
    except KeyboardInterrupt:
        console.print("\nLeft; nothing was stored.", style="dim")
        return INTERRUPTED
    finally:
        await store.close()
    console.print(f"\n{'The end' if ended else 'Left'}; nothing was stored.", style="dim")
    return 0


def find_lesson(catalogue: Catalogue, name: str) -> Lesson:
    """Return a lesson by its id.

    Raises:
        UnknownLesson: the catalogue has none of this id.
    """
    if name in catalogue.lessons:
        return catalogue.lessons[name]
    unknown = UnknownLesson(name, nearest_lesson(name, catalogue))
    if unknown.nearest is None:
        unknown.hint = f"There are: {', '.join(catalogue.lessons)}."
    raise unknown


class _Player:
    """One learner at a terminal."""

    def __init__(self, desk: Dispatcher, console: Console) -> None:
        self.desk = desk
        self.console = console

    async def do(self, verb: str, args: Args) -> Answer:
        """Do one thing and return what it brings up."""
        return await self.desk.handle(
            Incoming(
                id=str(uuid.uuid4()),
                workspace=WorkspaceRef(ChannelName.WEB, "terminal"),
                sender=Sender("you", time_zone="UTC"),
                conversation="terminal",
                verb=verb,
                args=args,
                source=Source("screen"),
                takes_message=True,
            )
        )


async def _play(player: _Player, catalogue: Catalogue, lesson: str) -> bool:
    """Answer the first questions in the person's place, then play; say whether the lesson came to its end."""
    settings = {
        "job_family": catalogue.lessons[lesson].job_family,
        "tools": ",".join(catalogue.lessons[lesson].tools),
        "time_zone": "UTC",
        "confidence": "50",
    }
    await player.do("agree", {})
    for name, value in settings.items():
        await player.do("set", {"k": name, "x": value})
    answer = await player.do("lesson", {"id": lesson})
    before: Message | None = None
    while answer.message is not None:
        message = answer.message
        _show(player.console, message, before)
        before = message
        if any(isinstance(block, Progress) and block.label == "Done" for block in message.blocks):
            return True
        try:
            answer = await _next(player, message)
            while answer.problems:
                player.console.print("\n".join(answer.problems.values()), style="yellow", markup=False)
                answer = await _next(player, message)
        except (_Left, EOFError):
            return False
    return False


class _Left(Exception):
    """The person typed q."""


async def _next(player: _Player, message: Message) -> Answer:
    """Ask what to press, and press it.

    Raises:
        _Left: the person is leaving.
        EOFError: there is nobody to ask.
    """
    actions: list[Button | Form] = []
    for block in message.blocks:
        actions += [block] if isinstance(block, Form) else block.options if isinstance(block, Choices) else []
    chosen = _choose(player.console, actions)
    if isinstance(chosen, Button):
        return await player.do(chosen.verb, chosen.args)
    if chosen.intro:
        player.console.print(Text(chosen.intro))
    values = {field.name: _ask(player.console, field) for field in chosen.fields}
    return await player.do(chosen.submit, {**chosen.args, **values})


def _choose(console: Console, actions: Sequence[Button | Form]) -> Button | Form:
    """Ask until something that can be pressed is named; where all of it is numbers, these are its names."""
    labels = [action.open_label if isinstance(action, Form) else action.label for action in actions]
    console.print()
    if all(label.isdecimal() for label in labels):
        names, asked = labels, f"{', '.join(labels)}, or q to leave"
    else:
        names = [str(number) for number in range(1, len(labels) + 1)]
        asked = f"{'1' if len(labels) == 1 else f'1 to {len(labels)}'}, or q to leave"
        for name, label, action in zip(names, labels, actions, strict=True):
            strong = "bold" if action.emphasis is Emphasis.PRIMARY else ""
            console.print(Text.assemble((f" {name:>2}  ", "bold cyan"), (label, strong)))
    while True:
        typed = _typed(console, f"[dim]{asked} ›[/] ").strip().lower()
        if typed in ("q", "quit", "exit"):
            raise _Left
        if typed in names:
            return actions[names.index(typed)]


def _typed(console: Console, asked: str = "") -> str:
    """Ask for a line.

    Raises:
        EOFError: nothing more will be typed.
    """
    console.print(asked, end="")
    if os.name == "posix" and sys.stdin.isatty():
        _wait_for_keys()
    return input()


def _wait_for_keys() -> None:
    """Wait until a line was typed, and hear Ctrl-C at any moment.

    A signal that comes just before a blocking read would be noticed only after it, with the next line.
    """
    heard, telling = os.pipe()
    os.set_blocking(telling, False)
    before = signal.set_wakeup_fd(telling)
    try:
        select.select([sys.stdin, heard], [], [])
    finally:
        signal.set_wakeup_fd(before)
        os.close(heard)
        os.close(telling)


def _ask(console: Console, field: Field) -> str:
    """Ask for one field; an empty line takes what is proposed."""
    console.print(Text(f"\n{field.label}", "bold"))
    if isinstance(field, ChoiceField):
        return _ask_choice(console, field)
    if isinstance(field, FileField):
        return ""  # files are for editing, and a terminal has an editor
    if not field.multiline:
        proposed = f"[dim]({escape(field.value)})[/] " if field.value else ""
        return _typed(console, f"{proposed}› ").strip() or field.value
    console.print(f"Paste it, press Enter, and end with a line that says only {END}", style="dim")
    return _ask_lines(console)


def _ask_choice(console: Console, field: ChoiceField) -> str:
    for number, (_, label) in enumerate(field.options, 1):
        console.print(Text.assemble((f" {number:>2}  ", "bold cyan"), label))
    proposed = " ".join(str(n) for n, (value, _) in enumerate(field.options, 1) if value in field.value)
    asked = "numbers, with spaces between" if field.many else "a number"
    typed = _typed(console, f"[dim]{asked} ({proposed}) ›[/] ").split()
    numbers = [int(word) for word in typed if word.isascii() and word.isdigit()]
    picked = [field.options[n - 1][0] for n in numbers if 1 <= n <= len(field.options)]
    return ",".join(picked if field.many else picked[:1]) or ",".join(field.value)


END = "."
"""Ends a text: an empty line may stand in the middle of one."""


def _ask_lines(console: Console) -> str:
    lines: list[str] = []
    while (line := _typed(console)).strip() != END:
        lines.append(line)
    return "\n".join(lines)


def _show(console: Console, message: Message, before: Message | None) -> None:
    """Show a message; a text to be copied that stood in the one before is not shown at length again."""
    console.print()
    for block in message.blocks:
        if isinstance(block, Code) and before is not None and block in before.blocks:
            console.print(Text(f"\n── {block.title or 'the text'}: as above", "dim"))
        else:
            _show_block(console, block)


def _show_block(console: Console, block: Block) -> None:
    match block:
        case Heading(text, level):
            console.print(Text(text if level == 1 else f"\n{text}", "bold"))
        case Said(text, strong):
            console.print(Text(f"\n{text}", "bold" if strong else ""))
        case Items(items, marks):
            for item, mark in zip(items, marks or (None,) * len(items), strict=True):
                _show_item(console, item, mark)
        case Code(text, title):
            _show_code(console, text, title)
        case Image(url, alt):
            console.print(Text.assemble("\nPicture: ", alt, (f"\n{url}", "dim")))
        case Fields(pairs):
            print_columns(console, pairs)
        case Progress(done, total, label):
            filled = round(BAR * done / total)
            console.print(Text.assemble(("━" * filled, "green"), ("━" * (BAR - filled), "dim"), f" {label}"))
        case Note(text):
            console.print(Text(f"\n{text}", "dim"))
        case Choices() | Form():
            pass  # listed after the message, as what can be chosen


BAR = 20
"""Characters of the bar that shows how far along the lesson is."""

_SIGNS = {True: ("✓", "green"), False: ("✗", "yellow"), None: ("•", "")}


def _show_item(console: Console, item: str, mark: bool | None) -> None:
    first, *more = textwrap.wrap(item, max(20, console.width - 4)) or [""]
    console.print(Text.assemble("  ", _SIGNS[mark], f" {first}"))
    for line in more:
        console.print(Text(f"    {line}"))


def _show_code(console: Console, text: str, title: str) -> None:
    """Show a text between two rules, with nothing beside it, so that it can be copied as it stands."""
    width = min(console.width, 80)
    console.print(
        Text(f"\n── {title} {'─' * (width - len(title) - 4)}" if title else "\n" + "─" * width, "dim")
    )
    console.print(Text(text.rstrip("\n")), soft_wrap=True)
    console.print(Text("─" * width, "dim"))
