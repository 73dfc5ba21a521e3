"""Editing in chat as it is done: read, change, check, propose, publish; files are written by `live` alone.

Nothing is live that an admin has not seen: each change is a draft first, kept with the digest of the file it
began from, and published only while the file still says that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from bot.editing import pages, uploading
from bot.editing.asking import DiscardDraft, EditLesson, PublishDraft, RedoDraft, SendFile, SendTexts
from bot.editing.changing import changed, different, lesson_in, new_screens, rebased, sentence, title_of
from bot.editing.live import LiveCatalogue, digest
from bot.editing.parts import Part, parts_of
from bot.errors import InvalidInput
from bot.learning.opening import nearest_lesson
from bot.messages import Button, Choices, Message, say
from bot.model import Changes, ChannelName, Decision, Draft, Draw, Incoming, Reply, Snapshot
from bot.ports import FileSource
from lessons.lint import Finding, Severity
from lessons.loading import Loaded
from lessons.reading import parse

SHORT = 12
"""Hexadecimal digits of a digest that buttons and forms carry."""

MEND = "Mend what is named, and send it again."


@dataclass(frozen=True, slots=True)
class _Asked:
    """One interaction, as far as it matters here."""

    incoming: Incoming
    snapshot: Snapshot
    now: datetime
    draw: Draw


class CatalogueWorkshop:
    """Edits the catalogue that is live; see `bot.ports.Workshop`."""

    def __init__(self, live: LiveCatalogue, files: Mapping[ChannelName, FileSource]) -> None:
        """Work on `live`, with the channels through which files come."""
        self._live = live
        self._files = files

    async def decide(
        self, incoming: Incoming, snapshot: Snapshot, command: object, now: datetime, draw: Draw
    ) -> Decision:
        """Do what an admin asked for; see `bot.ports.Workshop`."""
        asked = _Asked(incoming, snapshot, now, draw)
        match command:
            case EditLesson():
                return await self._edit(asked, command)
            case SendTexts():
                return await self._take_texts(asked, command)
            case SendFile():
                return await self._take_file(asked)
            case PublishDraft():
                return await self._publish(asked, command)
            case RedoDraft():
                return await self._redo(asked, command)
            case DiscardDraft(lesson=lesson):
                gone = snapshot.draft.id if snapshot.draft is not None else None  # nobody else's
                return Decision(Reply(pages.discarded_page(lesson)), Changes(gone_draft=gone))
            case _:
                raise TypeError(command)

    async def propose(
        self, incoming: Incoming, snapshot: Snapshot, path: str, text: bytes, now: datetime, draw: Draw
    ) -> Decision:
        """Keep a draft of a whole new file, and show it to an admin; what has errors is said with them."""
        loaded = await self._live.check(path, text)
        errors = [each for each in loaded.findings if each.severity is Severity.ERROR]
        if errors:
            told = [self._line(each, path) for each in errors]
            return _shown(
                pages.refused_page(title_of(text) or path, told, "Mend the use case, and try again.")
            )
        return await self._propose(_Asked(incoming, snapshot, now, draw), path, "", text, loaded)

    # ------------------------------------------------------------ forms

    async def _edit(self, asked: _Asked, command: EditLesson) -> Decision:
        """Lead to a part of a lesson, and show its form."""
        catalogue, takes_file = self._live.now, asked.incoming.takes_file
        if command.draft and asked.snapshot.draft is None:
            return _shown(pages.gone_page(command.lesson))
        if not command.lesson:
            family = catalogue.job_families.get(command.family)
            if family is None:
                return _shown(pages.families_page(catalogue, takes_file))
            ours = [each for each in catalogue.lessons.values() if each.job_family == command.family]
            return _shown(pages.lessons_page(family.name, ours))
        path = self._path_of(command.lesson)
        if path is None:
            return _shown(pages.no_lesson_page(command.lesson, nearest_lesson(command.lesson, catalogue)))
        draft = asked.snapshot.draft
        data = draft.text.encode() if draft is not None else await self._live.present(path)
        lesson = lesson_in(data)
        if data is None or lesson is None:
            return await self._unreadable(path, data)
        parts = parts_of(lesson)
        part = _part(parts, command.part)
        if part is None:
            return _shown(pages.parts_page(lesson, parts, path, command.draft, takes_file))
        form = pages.part_form(lesson, part, digest(data)[:SHORT], command.draft)
        if asked.incoming.takes_form:
            return Decision(Reply(form=form))
        return _shown(pages.form_page(lesson, form, command.draft))

    async def _take_texts(self, asked: _Asked, command: SendTexts) -> Decision:
        """Make a draft of texts that were sent.

        Raises:
            InvalidInput: the lesson would not be good with them; said field by field.
        """
        path, draft = self._path_of(command.lesson), asked.snapshot.draft
        if path is None or (command.draft and draft is None):
            return _shown(pages.gone_page(command.lesson))
        present = draft.text.encode() if draft is not None else await self._live.present(path)
        opened = present
        if present is not None and not digest(present).startswith(command.since):
            opened = await self._live.earlier(path, command.since)
        lesson = lesson_in(opened)
        part = _part(parts_of(lesson), command.part) if lesson is not None else None
        if present is None or opened is None or part is None:
            return _shown(pages.gone_page(command.lesson))
        changes = part.changes(command.texts)
        if not changes:
            raise InvalidInput({part.slots[0].name: "Nothing is different yet: change something first."})
        text = changed(opened, changes, present, part)
        loaded = await self._live.check(path, text)
        if problems := self._problems(path, text, part, loaded.findings):
            raise InvalidInput(problems)
        before = draft.before if draft is not None else digest(present)
        return await self._propose(asked, path, before, text, loaded)

    def _problems(self, path: str, text: bytes, part: Part, findings: Sequence[Finding]) -> Mapping[str, str]:
        """Say each error at the field that it is about, or at the nearest before it."""
        document = parse(self._live.folder / path, text)
        fields = sorted((document.place(*slot.way), slot.name) for slot in part.slots)
        problems: dict[str, list[str]] = {}
        for finding in findings:
            if finding.severity is not Severity.ERROR:
                continue
            ours = finding.path == document.path
            before = [name for place, name in fields if ours and place <= (finding.line, finding.column)]
            told = sentence(finding) if ours else f"Another file has an error: {self._line(finding)}"
            problems.setdefault((before or [part.slots[0].name])[-1], []).append(told)
        return {name: " ".join(told[:3]) for name, told in problems.items()}

    # ------------------------------------------------------------ files

    async def _take_file(self, asked: _Asked) -> Decision:
        """Make a draft of a file that was sent.

        Raises:
            FileRefused: it cannot be taken.
        """
        channel = asked.snapshot.workspace.channel
        name, text = await uploading.fetched(asked.incoming.files, channel, self._files[channel])
        path = uploading.place_of(
            name, text, self._live.loader.path.name, self._live.loader.patterns, self._known
        )
        loaded = await self._live.check(path, text)
        title = title_of(text) or path
        errors = [finding for finding in loaded.findings if finding.severity is Severity.ERROR]
        if errors:
            told = [self._line(each, path) for each in errors]
            return _shown(pages.refused_page(title, told, MEND))
        if path not in loaded.sources:
            mend = (
                f"Have `include` in {self._live.loader.path.name} take in {path}, or send a root that does."
            )
            return _shown(pages.refused_page(title, [f"No pattern of `include` matches {path}."], mend))
        there = await self._live.present(path)
        if there == text:
            return _shown(say(f"{title} is exactly what is there already: nothing would change."))
        return await self._propose(asked, path, "" if there is None else digest(there), text, loaded)

    def _known(self, family: str, name: str) -> str | None:
        """Return the file of a lesson that is live, by its job family and the rest of its id."""
        found = (path for path in map(PurePosixPath, self._live.sources) if path.stem == name)
        return next((str(path) for path in found if path.parent.name == family), None)

    # ------------------------------------------------------------ drafts

    async def _propose(self, asked: _Asked, path: str, before: str, text: bytes, loaded: Loaded) -> Decision:
        """Keep a draft and show it. One that it goes on from stays: of the two, one can be published."""
        there = await self._live.present(path)
        lesson = lesson_in(text)
        was = self._live.now.lessons.get(lesson.id) if lesson is not None else None
        notes = []
        if lesson is not None and lesson.translations:
            notes.append(
                f"Translated into {', '.join(lesson.translations)}: look whether these still say the same."
            )
        draft = Draft(asked.draw.id("draft"), asked.snapshot.who.id, path, before, text.decode(), asked.now)
        message = pages.proposal(
            title_of(text) or path,
            different(path, there, text),
            [sentence(each) for each in loaded.findings if each.path == self._live.folder / path],
            new_screens(was, self._live.now, lesson, loaded.catalogue),
            notes,
            draft.id,
            lesson.id if lesson is not None else "",
            digest(text)[:SHORT],
        )
        return Decision(Reply(message), Changes(draft=draft))

    async def _publish(self, asked: _Asked, command: PublishDraft) -> Decision:
        """Make a draft live, once; where it is live already, say so."""
        draft, live = asked.snapshot.draft, self._live
        if draft is None:
            path = self._path_of(command.lesson) or live.loader.path.name
            text = live.sources.get(path, b"")
            known = bool(command.digest) and digest(text).startswith(command.digest)
            return self._told_live(path, text, ()) if known else _shown(pages.gone_page(command.lesson))
        text, there = draft.text.encode(), await live.present(draft.path)
        done = Changes(gone_draft=draft.id)
        if there == text and live.sources.get(draft.path) == text:
            return Decision(self._told_live(draft.path, text, ()).reply, done)
        loaded = await live.publish(draft.path, draft.before, text, asked.snapshot.who.id)
        if loaded is None:
            return await self._stale(draft, command.lesson)
        if loaded.catalogue is None:
            errors = [self._line(each) for each in loaded.findings if each.severity is Severity.ERROR]
            mend = "Your draft is kept: have these mended, and press Publish again."
            message = pages.refused_page(title_of(text) or draft.path, errors, mend)
            return _shown(_with_button(message, Button("Publish", "publish", asked.incoming.args)))
        lines = different(draft.path, there, text)
        return Decision(self._told_live(draft.path, text, lines).reply, done)

    def _told_live(self, path: str, text: bytes, lines: Sequence[str]) -> Decision:
        lesson, revision = lesson_in(text), self._live.revision
        number = revision.number if revision is not None else 0
        name = lesson.id if lesson is not None else ""
        return _shown(pages.live_page(title_of(text) or path, number, lines, path, name))

    async def _stale(self, draft: Draft, lesson: str) -> Decision:
        """Show what somebody else changed, and offer to make the change of the draft in that."""
        there, base = await self._live.present(draft.path), await self._base(draft)
        lines = different(draft.path, base, there) if base is not None and there is not None else ()
        can_redo = rebased(base, draft, there) is not None
        title = title_of(there if there is not None else draft.text.encode()) or draft.path
        return _shown(pages.stale_page(title, lines, draft.id, lesson, can_redo))

    async def _redo(self, asked: _Asked, command: RedoDraft) -> Decision:
        """Make the change of a draft in the file as it is now, as another draft."""
        draft = asked.snapshot.draft
        if draft is None:
            return _shown(pages.gone_page(command.lesson))
        there = await self._live.present(draft.path)
        text = rebased(await self._base(draft), draft, there)
        if text is None or there is None:
            return await self._stale(draft, command.lesson)
        loaded = await self._live.check(draft.path, text)
        errors = [self._line(each) for each in loaded.findings if each.severity is Severity.ERROR]
        if errors:
            return _shown(
                pages.refused_page(title_of(text) or draft.path, errors, "Edit the lesson as it is now.")
            )
        return await self._propose(asked, draft.path, digest(there), text, loaded)

    async def _base(self, draft: Draft) -> bytes | None:
        return await self._live.earlier(draft.path, draft.before) if draft.before else None

    # ------------------------------------------------------------ around

    def _path_of(self, lesson: str) -> str | None:
        """Return the file of a lesson that is live."""
        found = self._live.now.lessons.get(lesson)
        return self._known(found.job_family, lesson.removeprefix(f"{found.job_family}-")) if found else None

    async def _unreadable(self, path: str, data: bytes | None) -> Decision:
        """Say why the texts of a file cannot be shown."""
        if data is None:
            errors = [f"{path} cannot be read."]
        else:
            loaded = await self._live.check(path, data)
            errors = [self._line(each, path) for each in loaded.findings if each.severity is Severity.ERROR]
        mend = "It was saved with errors: mend the file, or send a good one."
        return _shown(pages.refused_page(path, errors, mend))

    def _line(self, finding: Finding, ours: str = "") -> str:
        """Say a finding with its place, without the folder that only the server knows."""
        folder = f"{self._live.folder}/"
        place = finding.shown_path.removeprefix(folder)
        where = f"line {finding.line}, column {finding.column}"
        told = f"{finding.code.number} {sentence(finding)}"
        return f"{where}: {told}" if place == ours else f"{place}, {where}: {told}"


def _shown(message: Message) -> Decision:
    return Decision(Reply(message))


def _with_button(message: Message, button: Button) -> Message:
    return Message(message.fallback, (*message.blocks, Choices((button,))))


def _part(parts: Sequence[Part], key: str) -> Part | None:
    return next((part for part in parts if part.key == key), None)
