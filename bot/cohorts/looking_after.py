"""People of the roster in chat, for admins: what is known of somebody, and a change of one person at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.cohorts.cells import checks, plain
from bot.cohorts.enrolling import Enrolment, Found, Registrar, roles_of
from bot.cohorts.roster import Line
from bot.errors import Conflict, InvalidInput, NotAdmin, StorageUnavailable
from bot.facts import zone_named
from bot.messages import (
    Args,
    Button,
    ChoiceField,
    Choices,
    Emphasis,
    Fields,
    Form,
    Heading,
    Items,
    Message,
    Note,
    TextField,
    say,
)
from bot.model import Decision, Draw, Incoming, Reply, Role, Snapshot
from bot.ports import Store, Workshop
from lessons.catalogue import Catalogue

MOST = 8
"""People of the same name who are listed."""

TRIES = 5

CHANGED = ("job_family", "tools", "role", "cohort", "manager", "ends_on")
"""What admins change of one person; all else comes with the roster."""

_GIVEN = (Role.CHAMPION, Role.MANAGER, Role.HR, Role.LND)
"""Admins are made on the server (`laps role grant`), or by a file that may."""


@dataclass(frozen=True, slots=True)
class ShowPerson:
    """Show what the roster says of somebody, or the form to change it."""

    name: str
    to_change: bool = False


@dataclass(frozen=True, slots=True)
class ChangePerson:
    """Say something else of somebody, from today on; `said` holds columns as they were filled in."""

    name: str
    said: Mapping[str, str] = field(default_factory=dict)


def show_person(args: Args) -> ShowPerson:
    """Read who is to be shown."""
    return ShowPerson(args.get("n", "")[:100].strip(), "c" in args)


def change_person(args: Args) -> ChangePerson:
    """Read a form that was sent; a job family that was not chosen stays as it was."""
    said = {name: args[name] for name in CHANGED if name in args}
    if not said.get("job_family"):
        said.pop("job_family", None)
    return ChangePerson(args["n"], said)


def admit(
    snapshot: Snapshot, command: ShowPerson | ChangePerson, catalogue: Catalogue, now: datetime, draw: Draw
) -> Decision:
    """Let admins in; the office does the rest.

    Raises:
        NotAdmin: somebody else asks.
    """
    if Role.ADMIN not in snapshot.who.roles:
        raise NotAdmin(sent_file=False, about_people=True)
    return Decision(Reply(say("Here is no roster to look at."), aside=True))


class PeopleOffice:
    """Where people of the roster are looked up and changed; all else goes to the workshop behind it."""

    def __init__(self, store: Store, catalogue: Callable[[], Catalogue], behind: Workshop) -> None:
        """Work on a store, with the catalogue as it is when it is asked for."""
        self._store = store
        self._catalogue = catalogue
        self._behind = behind

    async def decide(
        self, incoming: Incoming, snapshot: Snapshot, command: object, now: datetime, draw: Draw
    ) -> Decision:
        """Do what an admin asked for; see `bot.ports.Workshop`."""
        match command:
            case ShowPerson():
                return await self._show(incoming, command)
            case ChangePerson():
                made = await self._change(snapshot, command, now)
                found = await self._found(command.name)
                told = "That is what the roster says now." if made else _GONE
                page = self._page(found, told, made) if found else say(told)
                return Decision(Reply(page))
            case _:
                return await self._behind.decide(incoming, snapshot, command, now, draw)

    async def _show(self, incoming: Incoming, command: ShowPerson) -> Decision:
        if not command.name:
            return Decision(
                Reply(say("Whom? Type: person, and then a name, an address, or E-4711."), aside=True)
            )
        names = await self._store.people_named(command.name, MOST)
        if len(names) != 1:
            return Decision(Reply(_listed(command.name, names), aside=True))
        found = await self._found(names[0])
        if found is None:
            return Decision(Reply(say(_GONE), aside=True))
        if not command.to_change:
            return Decision(Reply(self._page(found), aside=True))
        form = self._form(found)
        if incoming.takes_form:
            return Decision(Reply(form=form))
        return Decision(Reply(Message(form.title, (Heading(_called(found)), form))))

    async def _found(self, name: str) -> Found | None:
        """Read somebody who is on the roster."""
        [found] = await self._store.on_roster([Line(0, name)])
        return found if found.newest is not None else None

    async def _change(self, snapshot: Snapshot, command: ChangePerson, now: datetime) -> Enrolment | None:
        """Take in what was said as if it were a line of a file of today.

        Returns:
            What it came to; None where the roster does not have this person any more.

        Raises:
            InvalidInput: a field cannot be taken; nothing was changed.
            StorageUnavailable: the person changed all the time.
        """
        said = self._checked(command.said)
        today = now.astimezone(zone_named(snapshot.organization.time_zone)).date()
        registrar = Registrar(snapshot.organization, today, now, {})
        for _ in range(TRIES):
            [found] = await self._store.on_roster([Line(0, command.name, said)])
            if found.newest is None:
                return None
            made = registrar.enrol(Line(0, command.name, _with_admin(said, found)), found)
            if made.changes is None:
                return made
            try:
                verdicts = await self._store.apply_together([made.changes])
            except Conflict:
                continue
            if verdicts == [None]:
                return made
        raise StorageUnavailable(f"{command.name} changed all the time")

    def _checked(self, said: Mapping[str, str]) -> dict[str, str]:
        rules, problems, good = checks(self._catalogue()), dict[str, str](), dict[str, str]()
        for name, text in said.items():
            try:
                cell = plain(text)
                good[name] = rules[name](cell) if cell else ""
            except ValueError as error:
                problems[name] = f"{str(error)[:1].upper()}{str(error)[1:]}."
        if problems:
            raise InvalidInput(problems)
        return good

    # ------------------------------------------------------------ what is shown

    def _page(self, found: Found, told: str = "", made: Enrolment | None = None) -> Message:
        """Say all that the roster says of somebody, and offer to change it."""
        catalogue, facts = self._catalogue(), found.newest.facts if found.newest else {}
        families, tools = catalogue.job_families, catalogue.tools
        said = {**facts, **(found.person.about if found.person else {}), "person": found.name}
        if family := families.get(facts.get("job_family", "")):
            said["job_family"] = family.name
        named = (tools[key].name if key in tools else key for key in facts.get("tools", "").split(";"))
        said["tools"], said["role"] = ", ".join(named), facts.get("role", "").replace(";", ", ")
        pairs = [(label, said[name]) for name, label in _LABELS.items() if said.get(name)]
        if found.newest is not None:
            pairs.append(("As of", found.newest.from_on.isoformat()))
        left = found.newest.left_on if found.newest else None
        if left is not None:
            pairs.append(("Not here from", left.isoformat()))
        notes = (*made.kept, *made.unclear) if made else ()
        change = Button("Change", "person", {"n": found.name, "c": "1"}, Emphasis.PRIMARY)
        told_first = (Note(told),) if told else ()
        blocks = (Heading(_called(found)), *told_first, Fields(tuple(pairs)))
        more = (Items(tuple(f"{note[:1].upper()}{note[1:]}." for note in notes)),) if notes else ()
        return Message(f"{_called(found)}: {told}".rstrip(": "), (*blocks, *more, Choices((change,))))

    def _form(self, found: Found) -> Form:
        """Make the form with what the roster says now."""
        catalogue, facts = self._catalogue(), found.newest.facts if found.newest else {}
        families = tuple((key, family.name) for key, family in catalogue.job_families.items())
        tools = tuple((key, tool.name) for key, tool in catalogue.tools.items())
        has = {name: facts.get(name, "") for name in CHANGED}
        roles = tuple((role.value, role.value) for role in _GIVEN)
        some = {name: tuple(filter(None, has[name].split(";"))) for name in ("job_family", "tools", "role")}
        return Form(
            name="person",
            title="Change a person",
            open_label="Change",
            submit_label="Save",
            submit="enrol",
            args={"n": found.name},
            intro=f"What the roster says of {_called(found)} from today on.",
            fields=(
                ChoiceField("job_family", "Job family", families, some["job_family"], optional=True),
                ChoiceField("tools", "Tools", tools, some["tools"], many=True, optional=True),
                ChoiceField("role", "Roles", roles, some["role"], many=True, optional=True),
                TextField("cohort", "Cohort", has["cohort"], max_length=100, optional=True),
                TextField("manager", "Manager", has["manager"], max_length=100, optional=True),
                TextField(
                    "ends_on",
                    "Last day",
                    has["ends_on"],
                    placeholder="2026-12-31",
                    max_length=10,
                    optional=True,
                ),
            ),
        )


_GONE = "The roster does not have this person any more."

_LABELS = {
    "person": "Known as",
    "email": "E-mail",
    "job_family": "Job family",
    "industry": "Industry",
    "tools": "Tools",
    "role": "Roles",
    "cohort": "Cohort",
    "wave": "Wave",
    "manager": "Manager",
    "location": "Location",
    "time_zone": "Time zone",
    "country": "Country",
    "starts_on": "First day",
    "ends_on": "Last day",
}


def _called(found: Found) -> str:
    return (found.person.about.get("name") if found.person else "") or found.name


def _listed(typed: str, names: Sequence[str]) -> Message:
    """Say that nobody is meant, or who could be."""
    if not names:
        return say(f"The roster has nobody called “{typed[:60]}”. A part of a name is enough, or an address.")
    buttons = tuple(Button(name, "person", {"n": name}) for name in names)
    return say(f"Several people could be meant by “{typed[:60]}”.", Choices(buttons))


def _with_admin(said: Mapping[str, str], found: Found) -> dict[str, str]:
    """Keep the one role that the form does not show, where the roster gives it."""
    had = roles_of(found.newest.facts) if found.newest else frozenset()
    if "role" not in said or Role.ADMIN not in had:
        return dict(said)
    return {**said, "role": ";".join(filter(None, (said["role"], Role.ADMIN.value)))}
