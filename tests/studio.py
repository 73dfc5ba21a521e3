"""A catalogue in a folder that people edit in chat: the real files, loader, revisions and workshop."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.dispatch import Dispatcher
from bot.editing.live import LiveCatalogue
from bot.editing.notices import Notice
from bot.editing.workshop import CatalogueWorkshop
from bot.errors import LapsError
from bot.messages import Form
from bot.model import Answer, ChannelName, FileRef, Role, Surface
from bot.ports import Store
from lessons.loading import Loader
from storage import open_store
from tests.commands import CATALOGUE
from tests.world import NOW, Person, World

LESSON = "finance-variance"
PLACE = "library/finance/variance.yaml"
TITLE = "Say why the quarter missed plan"
HINT = "Tell the tool to use only the table."


@dataclass
class Shelf:
    """Where files are kept that people send; notes which of them are read."""

    kept: dict[str, bytes | LapsError] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)

    async def fetch(self, file: FileRef, most: int) -> bytes:
        self.read.append(file.name)
        found = self.kept[file.address]
        if isinstance(found, LapsError):
            raise found
        return found[: most + 1]


class Studio(World):
    """A world whose catalogue is live, from files in a folder of its own."""

    def __init__(self, live: LiveCatalogue, store: Store, told: list[Notice]) -> None:
        super().__init__(live.now)
        self.live, self.revisions, self.told = live, store, told
        self.shelf = Shelf()
        self.workshop = CatalogueWorkshop(live, dict.fromkeys(ChannelName, self.shelf))
        self.desk = Dispatcher(
            self.store,  # type: ignore[arg-type]  # the part of a store that dispatch uses
            lambda: live.now,
            self.sink,
            lambda: self.now,
            lambda incoming, outcome, seconds: self.outcomes.append(outcome),
            self.workshop,
        )

    @property
    def file(self) -> Path:
        """The lesson that is edited."""
        return self.live.folder / PLACE

    @property
    def title(self) -> str:
        """The title that learners see."""
        return self.live.now.lessons[LESSON].title

    def with_text(self, old: str, new: str) -> bytes:
        """Give the lesson's file with another text."""
        text = self.file.read_text()
        assert old in text
        return text.replace(old, new).encode()

    async def save(self, old: str, new: str) -> None:
        """Edit the file as somebody does on the server, and have it noticed."""
        self.file.write_bytes(self.with_text(old, new))
        await self.live.reload({self.file})

    async def ways(self) -> list[tuple[int, str, str]]:
        """Give each revision's number, way and author, oldest first."""
        return [(r.number, r.way, r.author) for r in reversed(await self.revisions.revisions(100))]

    async def editor(self, name: str = "U1", role: Role = Role.ADMIN, **how: object) -> Editor:
        """Somebody who takes part and has a role."""
        person = Editor(self, name, **how)  # type: ignore[arg-type]  # whatever a person is made with
        await person.joins()
        self.give(person, role)
        return person

    def give(self, person: Person, *roles: Role) -> None:
        """Give somebody these roles and no others."""
        learner = person.learner
        self.store.learners[learner.id] = replace(learner, roles=frozenset(roles))


class Editor(Person):
    """Somebody who edits: opens forms as modals (in Slack), and sends files."""

    world: Studio

    async def opens(self, label: str) -> Form:
        """Press a part and give the form that opens."""
        button = self.button(label)
        answer = await self.does(button.verb, button.args, pressed=True, form=not self.in_band)
        if self.in_band:
            return self.form("Edit")
        assert answer.form is not None
        return answer.form

    async def sends(self, form: Form, **texts: str) -> Answer:
        """Send a form, with other texts in these fields."""
        held = {each.name: each.value for each in form.fields if isinstance(each.value, str)}  # type: ignore[union-attr]  # its fields are texts
        assert texts.keys() <= held.keys()
        surface = Surface.DIRECT_MESSAGE if self.in_band else Surface.FORM
        return await self.does(form.submit, {**form.args, **held, **texts}, pressed=True, surface=surface)

    async def proposes(self, part: str = "Title", **texts: str) -> Answer:
        """Open a part of the lesson and send other texts."""
        await self.does("edit", {"id": LESSON})
        return await self.sends(await self.opens(part), **(texts or {"title": "Say why it missed"}))

    async def uploads(self, data: bytes | LapsError, name: str = "variance.yaml", **about: object) -> Answer:
        """Send a file."""
        address = f"file-{len(self.world.shelf.kept)}"
        self.world.shelf.kept[address] = data
        ref = replace(FileRef(name, None, address), **about)  # type: ignore[arg-type]  # whatever a test says
        return await self.does("upload", files=(ref,))


@asynccontextmanager
async def studio(folder: Path, edit: Callable[[Path], object] = lambda place: None) -> AsyncIterator[Studio]:
    """Make the tests' catalogue live in a folder of its own, edited first."""
    place = folder / "catalogue"
    shutil.copytree(CATALOGUE.parent, place)
    edit(place)
    told: list[Notice] = []
    store = await open_store("sqlite+aiosqlite://", "Acme", "Europe/Berlin")
    loader = Loader(place / "lessons.yaml")
    live = LiveCatalogue(loader, loader.load(NOW.date()), store, lambda: NOW, told.append)
    await live.start()
    yield Studio(live, store, told)
    await store.close()
