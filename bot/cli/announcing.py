"""`laps announce` and `laps invite`: saying something to many, after looking at who hears of it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.announcing.office import corrected, hearers, sent_on, told, withdrawn
from bot.announcing.rules import OUT, Audience, check, message, needs_second
from bot.app import now_utc, read_catalogue
from bot.cli.opening import opened
from bot.cli.printing import make_console, print_columns
from bot.errors import NoSuchAnnouncement, NotAdmin, UnknownLesson
from bot.learning.opening import nearest_lesson
from bot.messages import Code, Heading, Items, Message, Note, Text
from bot.model import Announcement, AnnouncementId, AnnouncementState, DeliveryState, LearnerId, Role
from bot.ports import Store
from bot.settings import Settings
from lessons.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be said, and to whom, as options say it."""

    title: str
    text: str
    lesson: str | None = None
    job_families: Sequence[str] = ()
    tools: Sequence[str] = ()
    cohorts: Sequence[str] = ()
    is_invitation: bool = False


async def announce(settings: Settings, wanted: Wanted, by: str | None, surely: bool, form: str) -> int:
    """Show who hears of something and what they read; with `surely` send it, or ask for a second yes.

    Args:
        settings: where the database and the catalogue are.
        wanted: what is to be said.
        by: the admin who says it; without one any admin's yes is needed over the guard.
        surely: whether to go on.
        form: text or json.

    Raises:
        TooLong: a text is missing or too long.
        UnknownLesson: there is no such lesson.
        NotAdmin: `by` is no admin.
    """
    now, catalogue = now_utc(), read_catalogue(settings)
    check(wanted.title, wanted.text)
    if wanted.lesson is not None and wanted.lesson not in catalogue.lessons:
        raise UnknownLesson(wanted.lesson, nearest_lesson(wanted.lesson, catalogue))
    async with opened(settings) as store:
        author, called = await _author(store, by)
        made = Announcement(
            AnnouncementId(secrets.token_hex(6)),
            author,
            wanted.title,
            wanted.text,
            now,
            wanted.lesson,
            tuple(wanted.job_families),
            tuple(wanted.tools),
            tuple(wanted.cohorts),
            wanted.is_invitation,
        )
        heard = await hearers(store, made, now)
        state = AnnouncementState.DRAFT
        if surely and heard.people:
            changes = await sent_on(store, catalogue, made, heard, called, now)
            await store.apply(changes)
            state = changes.announcement.state if changes.announcement else state
    _print(made, heard, catalogue, called, state, form)
    return 0


async def _author(store: Store, by: str | None) -> tuple[LearnerId | None, str]:
    if by is None:
        return None, ""
    learner = await store.find_person(by)
    if Role.ADMIN not in learner.roles:
        raise NotAdmin(sent_file=False)
    accounts = await store.accounts_of(learner.id)
    return learner.id, next((account.name for _, account in accounts if account.name), by)


async def listing(settings: Settings, form: str) -> int:
    """Print the newest announcements, and how far each is."""
    async with opened(settings) as store:
        made = await store.announcements(50)
        counts = [await store.announced_counts(each.id) for each in made]
    pairs = list(zip(made, counts, strict=True))
    if form == "json":
        print(json.dumps([_row(each, found) for each, found in pairs], indent=2, ensure_ascii=False))
    elif not pairs:
        print("Nothing was announced yet.")
    else:
        print_columns(make_console(), [_columns(each, found) for each, found in pairs])
    return 0


def _row(each: Announcement, found: Mapping[DeliveryState, int]) -> dict[str, object]:
    return {
        "announcement": each.id,
        "made_at": _utc(each.made_at),
        "title": each.title,
        "state": each.state.value,
        "people": each.count,
        "messages": {state.value: number for state, number in sorted(found.items())},
    }


def _columns(each: Announcement, found: Mapping[DeliveryState, int]) -> tuple[str, ...]:
    messages = ", ".join(f"{number} {state}" for state, number in sorted(found.items())) or "–"
    return (each.id, _utc(each.made_at), each.state.value, f"{each.count:,} people", messages, each.title)


def _utc(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


async def withdraw(settings: Settings, name: str) -> int:
    """Take something back: what waits is dropped, what is out says so.

    Raises:
        NoSuchAnnouncement, AlreadyDecided: it is not there, or not out.
    """
    async with opened(settings) as store:
        known = await _known(store, name)
        await store.apply(withdrawn(known))
        print((await told(store, replace(known, state=AnnouncementState.WITHDRAWN))).fallback)
    return 0


async def correct(settings: Settings, name: str, title: str | None, text: str | None) -> int:
    """Say something else than before, where it waits and where it is out.

    Raises:
        NoSuchAnnouncement, AlreadyDecided: it is not there, or not out.
        TooLong: a text is too long.
    """
    catalogue = read_catalogue(settings)
    async with opened(settings) as store:
        known = await _known(store, name)
        check(title or known.title, text or known.text)
        await store.apply(corrected(known, title or known.title, text or known.text, catalogue))
        print((await told(store, known)).fallback)
    return 0


async def _known(store: Store, name: str) -> Announcement:
    known = await store.announcement(name)
    if known is None:
        raise NoSuchAnnouncement(name)
    return known


# ---------------------------------------------------------------- what is printed


def _print(
    made: Announcement,
    heard: Audience,
    catalogue: Catalogue,
    by: str,
    state: AnnouncementState,
    form: str,
) -> None:
    count, shown = len(heard.people), message(made, catalogue, by)
    if form == "json":
        data = {
            "announcement": made.id if state is not AnnouncementState.DRAFT else None,
            "state": state.value,
            "people": count,
            "without": dict(heard.without),
            "second_yes": needs_second(count),
        }
        print(json.dumps(data, indent=2))
        return
    print(f"{count:,} {'person hears' if count == 1 else 'people hear'} of it.")
    for why, number in heard.without:
        print(f"  {number:,} {OUT[why]}")
    print("\nThis is what they read:\n")
    print(_read(shown))
    print()
    print(_next(made, count, state))


def _next(made: Announcement, count: int, state: AnnouncementState) -> str:
    if state is AnnouncementState.GOING:
        return f"It goes out, to each in their own working hours: laps announce list ({made.id})"
    if state is AnnouncementState.WAITING:
        return f"A second admin has to say yes, in chat: they have got it ({made.id})."
    if not count:
        return "Nobody hears of it, so nothing can be sent."
    if needs_second(count):
        return "Nothing was sent. With --yes a second admin is asked, since these are more than 50 people."
    return "Nothing was sent. Send it with --yes."


def _read(shown: Message) -> str:
    """Give a message as lines of text."""
    lines = []
    for block in shown.blocks:
        match block:
            case Heading(text=text) | Text(text=text) | Note(text=text) | Code(text=text):
                lines.append(f"  {text}")
            case Items(items=items):
                lines += [f"  - {item}" for item in items]
            case _:
                pass
    return "\n".join(lines)
