"""`laps try`: a lesson in the terminal, through the real core on a database that is thrown away."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table

from bot.app import now_utc, read_catalogue
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
    Form,
    Heading,
    Items,
    Message,
    Note,
    Progress,
    Text,
)
from bot.model import ChannelName, Delivery, Incoming, Sender, Source, WorkspaceRef
from bot.settings import Settings
from lessons.model import Catalogue
from storage import open_store


class _Nowhere:
    """The outlet of a terminal: everything is shown in place, so nothing is ever sent."""

    def take(self, deliveries: Sequence[Delivery]) -> None:
        return None


async def attempt(settings: Settings, lesson: str) -> int:
    """Play one lesson from its first screen to its last.

    Raises:
        UnknownLesson: the catalogue has none of this id.
    """
    catalogue = read_catalogue(settings)
    if lesson not in catalogue.lessons:
        raise UnknownLesson(lesson, nearest_lesson(lesson, catalogue))
    console = Console(highlight=False)
    organization = catalogue.organization
    store = await open_store("sqlite+aiosqlite:///:memory:", organization.name, organization.time_zone)
    try:
        desk = Dispatcher(store, lambda: catalogue, _Nowhere(), now_utc)
        await _play(_Player(desk, console), catalogue, lesson)
    finally:
        await store.close()
    return 0


class _Player:
    """One learner at a terminal."""

    def __init__(self, desk: Dispatcher, console: Console) -> None:
        self.desk = desk
        self.console = console

    async def do(self, verb: str, args: Args) -> Message | None:
        """Do one thing and return what it brings up."""
        answer = await self.desk.handle(
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
        return answer.message


async def _play(player: _Player, catalogue: Catalogue, lesson: str) -> None:
    family = catalogue.lessons[lesson].job_family
    settings = {
        "job_family": family,
        "tools": ",".join(catalogue.lessons[lesson].tools),
        "time_zone": "UTC",
        "confidence": "50",
    }
    await player.do("arrive", {})
    await player.do("agree", {})
    for name, value in settings.items():
        await player.do("set", {"k": name, "x": value})
    message = await player.do("lesson", {"id": lesson})
    while message is not None:
        _show(player.console, message)
        if any(isinstance(block, Progress) and block.label == "Done" for block in message.blocks):
            return
        message = await _next(player, message)


async def _next(player: _Player, message: Message) -> Message | None:
    """Ask what to press, and press it; None where the person is leaving."""
    actions: list[Button | Form] = []
    for block in message.blocks:
        actions += [block] if isinstance(block, Form) else block.options if isinstance(block, Choices) else []
    for number, action in enumerate(actions, 1):
        label = action.open_label if isinstance(action, Form) else action.label
        strong = action.emphasis is Emphasis.PRIMARY
        player.console.print(f"  [bold cyan]{number}[/] {'[bold]' if strong else ''}{escape(label)}")
    while True:
        typed = player.console.input("[dim]number, or q to leave ›[/] ").strip()
        if typed in ("q", "quit", "exit"):
            return None
        if typed.isdecimal() and 1 <= int(typed) <= len(actions):
            break
    chosen = actions[int(typed) - 1]
    if isinstance(chosen, Button):
        return await player.do(chosen.verb, chosen.args)
    values = {field.name: _ask(player.console, field) for field in chosen.fields}
    return await player.do(chosen.submit, {**chosen.args, **values})


def _ask(console: Console, field: Field) -> str:
    """Ask for one field; an empty line takes what is proposed, and ends a longer text."""
    console.print(f"[bold]{escape(field.label)}[/]")
    if isinstance(field, ChoiceField):
        for number, (_, label) in enumerate(field.options, 1):
            console.print(f"  {number} {escape(label)}")
        typed = console.input("› ").strip()
        picked = [
            field.options[int(n) - 1][0]
            for n in typed.split()
            if n.isdecimal() and 0 < int(n) <= len(field.options)
        ]
        return ",".join(picked or field.value)
    if not field.multiline:
        return console.input(f"[dim]({escape(field.value)})[/] › ").strip() or field.value
    console.print("[dim]Paste, then an empty line.[/]")
    lines: list[str] = []
    while line := console.input(""):
        lines.append(line)
    return "\n".join(lines)


def _show(console: Console, message: Message) -> None:
    console.print()
    for block in message.blocks:
        _show_block(console, block)


def _show_block(console: Console, block: Block) -> None:
    match block:
        case Heading(text, level):
            console.print(f"[bold]{escape(text)}[/]" if level == 1 else f"\n[bold dim]{escape(text)}[/]")
        case Text(text, strong):
            console.print(Padding(escape(text), (1, 0, 0, 0)), style="bold" if strong else "")
        case Items(items, marks):
            signs = {True: "[green]✓[/]", False: "[yellow]✗[/]", None: "•"}
            for item, mark in zip(items, marks or (None,) * len(items), strict=True):
                console.print(f"  {signs[mark]} {escape(item)}")
        case Code(text, title):
            console.print(Panel(escape(text), title=escape(title) or None, title_align="left"))
        case Fields(pairs):
            table = Table(box=None, show_header=False, pad_edge=False)
            for name, value in pairs:
                table.add_row(f"[dim]{escape(name)}[/]", escape(value))
            console.print(table)
        case Progress(done, total, label):
            filled = round(20 * done / total)
            console.print(f"[green]{'━' * filled}[/][dim]{'━' * (20 - filled)} {escape(label)}[/]")
        case Note(text):
            console.print(escape(text), style="dim")
        case Choices() | Form():
            pass  # listed after the message, as what can be chosen
