"""`laps try`: a lesson in the terminal, through the real core on a database that is thrown away."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Sequence
from pathlib import Path

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
    with tempfile.TemporaryDirectory() as folder:
        store = await open_store(
            f"sqlite+aiosqlite:///{Path(folder) / 'try.db'}",
            catalogue.organization.name,
            catalogue.organization.time_zone,
        )
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
        _SHOWN.get(type(block), lambda console, block: None)(console, block)


def _heading(console: Console, block: Heading) -> None:
    console.rule(f"[bold]{escape(block.text)}[/]", align="left") if block.level == 1 else console.print(
        f"\n[bold]{escape(block.text)}[/]"
    )


def _text(console: Console, block: Text) -> None:
    console.print(Padding(escape(block.text), (1, 0, 0, 0)), style="bold" if block.strong else "")


def _items(console: Console, block: Items) -> None:
    signs = {True: "[green]✓[/]", False: "[yellow]✗[/]", None: "•"}
    marks = block.marks or (None,) * len(block.items)
    for item, mark in zip(block.items, marks, strict=True):
        console.print(f"  {signs[mark]} {escape(item)}")


def _code(console: Console, block: Code) -> None:
    console.print(Panel(escape(block.text), title=escape(block.title) or None, title_align="left"))


def _fields(console: Console, block: Fields) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in block.pairs:
        table.add_row(f"[dim]{escape(name)}[/]", escape(value))
    console.print(table)


def _progress(console: Console, block: Progress) -> None:
    done = round(20 * block.done / block.total)
    console.print(f"[green]{'━' * done}[/][dim]{'━' * (20 - done)} {escape(block.label)}[/]")


def _note(console: Console, block: Note) -> None:
    console.print(escape(block.text), style="dim")


_SHOWN = {
    Heading: _heading,
    Text: _text,
    Items: _items,
    Code: _code,
    Fields: _fields,
    Progress: _progress,
    Note: _note,
}
