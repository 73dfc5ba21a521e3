"""Everything that can go wrong, as a tree of exceptions.

    LapsError
    ├─ SetupError      ConfigError, CatalogueError        refuse to start, or keep the last good catalogue
    ├─ Refusal         UnknownLesson, NotYours,           a kind reply, never logged as an error
    │                  InvalidInput, CodeRefused,
    │                  UnknownPerson (UnknownWorkspace), BadLines,
    │                  UnknownRevision, UnsavedFiles, Unanswered,
    │                  NotAdmin, FileRefused, CannotWrite, CalendarRefused,
    │                  FutureDay, NewAdmins, ManyLeavers, NotChampion, NoSuchUseCase,
    │                  OwnAnnouncement, AlreadyDecided, TooLong, NoSuchAnnouncement,
    │                  UnknownGroup, UnknownWeek, UnknownTool, UnknownToken
    ├─ ChannelError
    │  ├─ Retryable    RateLimited, Unavailable           try again later
    │  ├─ Ambiguous    ReplyLost                          sent or not, nobody knows
    │  └─ Permanent    Unreachable, Rejected, BadCredentials   park, tell the operator
    └─ StorageError    StorageUnavailable, Conflict, Duplicate

Each takes typed fields, composes its own message, and has a `hint`: what to do about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date


class LapsError(Exception):
    """The root of every error that Laps raises on purpose."""

    hint: str = ""


class SetupError(LapsError):
    """Laps cannot start as it is set up."""


class ConfigError(SetupError):
    """A setting is missing or wrong."""

    def __init__(self, setting: str, problem: str, hint: str) -> None:
        self.setting, self.problem = setting, problem
        self.hint = hint
        super().__init__(f"{setting}: {problem}")


class CatalogueError(SetupError):
    """The lessons cannot be used; every finding is a printed line."""

    hint = "Mend the findings above, then run `laps lint`."

    def __init__(self, findings: Sequence[str]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(findings) or "no findings")


class Refusal(LapsError):
    """Something that a person asked for and cannot have; the message is said to them as it is."""


class UnknownLesson(Refusal):
    """No lesson of the catalogue has this id."""

    def __init__(self, lesson: str, nearest: str | None) -> None:
        self.lesson, self.nearest = lesson, nearest
        self.hint = f"Did you mean {nearest}?" if nearest else "Type “lessons” to see the ones for you."
        super().__init__(f"There is no lesson called “{lesson}”.")


class NotYours(Refusal):
    """A button that belongs to somebody else's session."""

    hint = "Type “next” to start your own."

    def __init__(self) -> None:
        super().__init__("That button belongs to somebody else's lesson, so nothing was changed.")


class InvalidInput(Refusal):
    """A form that cannot be taken as it is; `problems` maps a field's name to what is wrong with it."""

    hint = "Nothing was saved: correct it and send it again."

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__(" ".join(problems.values()))


class CodeRefused(Refusal):
    """A joining code that is unknown, used or too old."""

    hint = "For a fresh code, type “me” in the place you used before."

    def __init__(self) -> None:
        super().__init__("That code does not work: it is mistyped, used already, or older than 15 minutes.")


class UnknownPerson(Refusal):
    """No account, or more than one, matches what an operator typed for a person."""

    hint = "Use slack:U012ABC, teams:29:1abc or web:NAME, an e-mail address, or a learner key."

    def __init__(self, person: str, matches: int = 0) -> None:
        self.person, self.matches = person, matches
        super().__init__(f"{f'{matches} people match' if matches else 'nobody matches'} {person!r}")


class UnknownWorkspace(UnknownPerson):
    """Somebody whom Laps has not met is named on a channel where it knows no workspace, or several."""

    def __init__(self, person: str, known: int) -> None:
        super().__init__(person)
        self.known = known
        if known:
            where, instead = f"Laps serves {known} workspaces there", "name them by their e-mail address"
        else:
            where, instead = "Laps has met no workspace there yet", "set the channel up (see `laps doctor`)"
        self.hint = f"{where}: let the person write to Laps once, or {instead}."


class UnknownRevision(Refusal):
    """The catalogue has no revision of this number."""

    def __init__(self, number: int | None, newest: int) -> None:
        self.number, self.newest = number, newest
        self.hint = "See them with `laps catalogue log`." if newest else "Make one: `laps catalogue publish`."
        super().__init__(
            f"there is no revision {number}" if number is not None else "there is no revision yet"
        )


class UnsavedFiles(Refusal):
    """Files of the catalogue have changes that no revision has; they would be lost."""

    hint = "Keep them first with `laps catalogue publish`, or take them out of the folder."

    def __init__(self, files: Sequence[str]) -> None:
        self.files = tuple(files)
        super().__init__(f"these files have changes that no revision has: {', '.join(files)}")


class Unanswered(Refusal):
    """The input of a command that asks questions ended before the last answer."""

    hint = "Nothing was written. Start again: laps new lesson"

    def __init__(self) -> None:
        super().__init__("the input ended before the last question was answered")


class NotAdmin(Refusal):
    """Somebody who is no admin asks to edit a lesson, looks up a person, or sends a file."""

    def __init__(self, sent_file: bool, about_people: bool = False) -> None:
        self.sent_file = sent_file
        wrong = "Is what Laps knows of you wrong?" if about_people else "Is something wrong in one?"
        ask = f"{wrong} Tell an admin; whoever runs Laps names them (`laps role grant`)."
        result = "Is it the result of a practice? Then paste its text."
        self.hint = result if sent_file else ask
        what = "Laps opens no files but those of admins, who edit lessons with them"
        edited = "The roster is seen by admins." if about_people else "Lessons are edited by admins."
        super().__init__(f"{what}." if sent_file else edited)


class NotChampion(Refusal):
    """Somebody who does not look after a cohort wants to change what is its own."""

    hint = "Its champion can, and every admin."

    def __init__(self) -> None:
        super().__init__("That is for a champion of this cohort.")


class NoSuchUseCase(Refusal):
    """A shared use case was taken back, or is not for whoever asks."""

    hint = "Type “usecases” to see those there are."

    def __init__(self) -> None:
        super().__init__("That use case is not there any more.")


class OwnAnnouncement(Refusal):
    """Somebody says yes to what they asked for themselves."""

    hint = "Ask another admin: they have got it in chat."

    def __init__(self) -> None:
        super().__init__("It takes a second admin's yes, and this one is your own.")


class AlreadyDecided(Refusal):
    """An announcement that waits for nobody's yes any more."""

    def __init__(self, state: str) -> None:
        self.state = state
        self.hint = "To see them all: laps announce list"
        super().__init__(f"That was decided already: it is {state}.")


class NoSuchAnnouncement(Refusal):
    """No announcement has this id."""

    hint = "To see them all: laps announce list"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"There is no announcement {name!r}.")


class TooLong(Refusal):
    """A title or text that is said to many is missing or too long."""

    def __init__(self, name: str, length: int, most: int) -> None:
        self.name, self.length, self.most = name, length, most
        self.hint = f"Say it in 1 to {most:,} characters."
        super().__init__(f"The {name} has {length:,} characters.")


class FileRefused(Refusal):
    """A file that an admin sent cannot be taken: too large, no YAML, several at once, out of reach."""

    def __init__(self, problem: str, hint: str) -> None:
        self.problem = problem
        self.hint = hint
        super().__init__(problem)


class CalendarRefused(Refusal):
    """A calendar cannot be read: its address leads nowhere that Laps may go, or not to a calendar."""

    hint = "Copy the secret address in iCal format from your calendar's settings, and connect it again."

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(problem)


class CannotWrite(Refusal):
    """A lesson's file cannot be written; nothing was changed."""

    hint = "Whoever runs Laps can let it write the folder of the lessons, or make room there."

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path} cannot be written ({reason}), so nothing was changed.")


class FutureDay(Refusal):
    """A roster is said to hold from a day that has not come yet."""

    hint = "What is known ahead goes into the columns starts_on and ends_on."

    def __init__(self, day: date, today: date) -> None:
        self.day, self.today = day, today
        super().__init__(f"{day} has not come yet: today is {today}")


class UnknownGroup(Refusal):
    """Figures are asked for of a group that there is not."""

    def __init__(self, group: str, kinds: Sequence[str], values: Sequence[str] = ()) -> None:
        self.group = group
        self.hint = f"Write kind:value, like job_family:finance; the kinds are {', '.join(kinds)}, and all."
        if values:
            self.hint = f"There are: {', '.join(values[:20])}{', …' if len(values) > 20 else ''}."
        super().__init__(f"there is no group {group!r}")


class UnknownTool(Refusal):
    """Use is told of a tool that lessons.yaml does not have."""

    def __init__(self, tool: str, known: Sequence[str]) -> None:
        self.tool = tool
        self.hint = f"Say which tool it is about with --tool; there are {', '.join(known)}."
        super().__init__(f"lessons.yaml has no tool {tool!r}")


class UnknownToken(Refusal):
    """A token is named that there is not, or that was taken back before."""

    hint = "`laps token list` prints all of them."

    def __init__(self, token: str) -> None:
        self.token = token
        super().__init__(f"there is no token {token!r} that could be taken back")


class UnknownWeek(Refusal):
    """Figures are asked for of a week that there is not, or that is not over."""

    hint = "Write a week like 2026-W46, of which the Sunday is over."

    def __init__(self, why: str) -> None:
        super().__init__(why)


class NewAdmins(Refusal):
    """A roster gives the role admin to people who do not hold it."""

    most = 5

    def __init__(self, people: Sequence[str]) -> None:
        self.people = tuple(people)
        more = len(people) - self.most
        named = ", ".join(people[: self.most]) + (f" and {more:,} more" if more > 0 else "")
        self.hint = "Nothing was written. If that is meant, say --allow-admins; or use `laps role grant`."
        super().__init__(f"the roster would make admins of: {named}")


class ManyLeavers(Refusal):
    """More than half of a roster's people are missing from a file that should have them all."""

    def __init__(self, missing: int, people: int) -> None:
        self.missing, self.people = missing, people
        self.hint = (
            "Nothing was written. Has the file only some of the people? Say --partial. "
            "If they all left, say --allow-leavers."
        )
        super().__init__(f"{missing:,} of {people:,} people are missing from the file, and would be leavers")


class BadLines(Refusal):
    """A file of events or people has lines that are none; nothing of it was imported."""

    hint = "Mend what is named and import the file again: what is there already is not counted twice."
    most = 20

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        more = len(problems) - self.most
        told = [*problems[: self.most], *([f"and {more:,} more"] if more > 0 else [])]
        super().__init__("\n".join(["nothing was imported", *told]))


class ChannelError(LapsError):
    """A message could not be delivered as asked."""


class Retryable(ChannelError):
    """Certainly not sent; may succeed later."""


class RateLimited(Retryable):
    """The platform asks to wait `retry_after` seconds."""

    def __init__(self, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__(f"rate limited for {retry_after:g} s")


class Unavailable(Retryable):
    """The platform is down or answered nonsense before taking the message."""

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(f"unavailable: {detail}")


class Ambiguous(ChannelError):
    """Sent or not, nobody knows."""


class ReplyLost(Ambiguous):
    """The request went out and no answer came back."""

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(f"no answer: {detail}")


class Permanent(ChannelError):
    """Will not succeed by trying again."""


class Unreachable(Permanent):
    """The person or conversation cannot be written to: blocked, left, uninstalled."""

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(f"unreachable: {detail}")


class Rejected(Permanent):
    """The platform refuses this message as it is."""

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(f"rejected: {detail}")


class BadCredentials(Permanent):
    """The platform does not accept our credentials."""

    hint = "Run `laps doctor`, which says which setting to renew."

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(f"credentials refused: {detail}")


class StorageError(LapsError):
    """The database did not take a change; nothing of it was saved."""


class StorageUnavailable(StorageError):
    """The database is locked, full, or gone."""

    hint = "Nothing was saved; try again."

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(f"storage unavailable: {detail}")


class Conflict(StorageError):
    """Somebody else changed the same learner first: read and decide again."""


class Duplicate(StorageError):
    """This incoming id was handled before."""
