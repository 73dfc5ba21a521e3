import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import ChannelName, Incoming, Operation, Role, Sender, Source, Surface
from bot.routes import ROUTES, help_page, nearest_verb, typed_verbs
from bot.said import read
from tests.world import Person, World


@pytest.mark.parametrize(
    ("typed", "read_as"),
    [
        ("next", ("next", {})),
        ("  NEXT. ", ("next", {})),
        ("/laps next", ("next", {})),
        ("lessons", ("lessons", {})),
        ("lesson", ("lessons", {})),
        ("lesson finance-variance-commentary", ("lesson", {"id": "finance-variance-commentary"})),
        ("finance-variance-commentary", ("lesson", {"id": "finance-variance-commentary"})),
        ("pause", ("pause", {})),
        ("pause until 2026-12-01", ("pause", {"until": "2026-12-01"})),
        ("pause 2 weeks", ("pause", {"until": "2 weeks"})),
        ("join abcd-efgh", ("join", {"code": "abcd-efgh"})),
        ("ABCD-EFGH", ("join", {"code": "abcd-efgh"})),
        ("join abcdefgh", ("join", {"code": "abcd-efgh"})),
        ("join abcd efgh", ("join", {"code": "abcd-efgh"})),
        ("join abcd-0189", ("join", {"code": "abcd-0189"})),
        ("edit", ("edit", {})),
        ("Edit finance-variance", ("edit", {"id": "finance-variance"})),
        ("edit this for me", ("unknown", {"text": "edit this for me"})),
        ("join us for lunch", ("unknown", {"text": "join us for lunch"})),
        ("", ("help", {})),
        ("hello", ("help", {})),
        ("yes", ("agree", {})),
        ("no", ("decline", {"typed": ""})),
        ("restart", ("restart", {})),
        ("Next quarter revenue fell", ("unknown", {"text": "Next quarter revenue fell"})),
        ("done", ("unknown", {"text": "done"})),
    ],
)
def test_typed_words_are_read_as_verbs(typed: str, read_as: tuple[str, dict[str, str]]) -> None:
    """A verb is recognized in any case, alone or with what belongs to it; all else is unknown text."""
    assert read(typed) == read_as


@given(st.text(max_size=200))
def test_reading_is_total(text: str) -> None:
    """Whatever is typed, there is a route for it and its command can be made."""
    verb, args = read(text)
    assert ROUTES[verb].command(args) is not None


@pytest.mark.parametrize(
    ("typed", "verb"),
    [
        ("edti", None),
        ("nxt", "next"),
        ("lesons", "lessons"),
        ("halp", "help"),
        ("stopp", "stop"),
        ("xyzzy", None),
    ],
)
def test_a_mistyped_verb_gets_the_nearest(typed: str, verb: str | None) -> None:
    """A short mistyping names the verb that was meant, anything else none."""
    assert nearest_verb(typed) == verb


async def test_a_mistyped_verb_is_answered_with_a_button_for_the_nearest() -> None:
    """The nearest verb can be pressed."""
    world = World()
    person = Person(world)
    await person.joins()
    await person.does("unknown", {"text": "lesons"})
    assert "Did you mean lessons?" in person.text
    await person.press("lessons")
    assert "0 of 2 done" in person.text


def test_help_is_printed_from_the_table() -> None:
    """Every typed verb of the table stands in the help, and no other; what admins type, in theirs alone."""
    typed = [route for route in ROUTES.values() if route.help]
    lines = help_page({Role.ADMIN}).fallback.splitlines()
    assert [line.split(":")[0] for line in lines] == [route.usage for route in typed]
    ours = help_page({Role.LEARNER, Role.CHAMPION}).fallback.splitlines()
    for_them = [route.usage for route in typed if route.role in (None, Role.CHAMPION)]
    assert [line.split(":")[0] for line in ours] == for_them
    assert "edit" not in dict(typed_verbs())


async def test_a_slash_command_gets_information_where_it_was_typed() -> None:
    """Help comes as a private answer; a lesson goes to the direct message, and the answer says so."""
    world = World()
    person = Person(world)
    await person.joins()
    sent = len(world.sink.taken)
    answer = await person.does("help", surface=Surface.CONVERSATION, notice=True)
    assert answer.message is not None and len(world.sink.taken) == sent
    answer = await person.does("next", surface=Surface.CONVERSATION, notice=True)
    assert answer.message is not None and "direct message" in answer.message.fallback
    delivery = world.sink.taken[-1]
    assert (delivery.operation, delivery.conversation) == (Operation.POST, "D-U1")


async def test_in_a_conversation_nothing_personal_is_said() -> None:
    """A mention among others is answered in the direct message, with one plain line where it was made."""
    world = World()
    person = Person(world, channel=ChannelName.TEAMS)
    await person.joins()
    sent = len(world.sink.taken)
    await person.does("me", surface=Surface.CONVERSATION)
    private, public = world.sink.taken[sent:]
    assert private.conversation == "D-U1" and "You and Laps" in str(private.message)
    assert "You and Laps" not in str(public.message)


async def test_a_stranger_in_a_conversation_gets_the_welcome_in_private_only() -> None:
    """Before consent a mention brings the one welcome, in the direct message, and nothing else."""
    world = World()
    person = Person(world, channel=ChannelName.TEAMS)
    await person.does("next", surface=Surface.CONVERSATION)
    assert len(world.sink.taken) == 1
    assert world.sink.taken[0].conversation is None, "the direct message is to be opened"


async def test_a_form_opens_as_the_screen_has_it() -> None:
    """Pressing a form's button gives the form; on a screen that moved on, it gives the screen."""
    world = World()
    person = Person(world)
    await person.joins()
    await person.press("Start")
    form = person.form("Paste")
    answer = await person.does("form", {"form": form.name, **form.args}, pressed=True, form=True)
    assert answer.form == form
    await person.press("I did it")
    answer = await person.does("form", {"form": form.name, **form.args}, pressed=True, form=True)
    assert answer.form is None and "Read your result" in person.text


async def test_a_forms_problems_go_into_the_form() -> None:
    """What is wrong with a sent form is said at its fields, and nothing changes."""
    world = World()
    person = Person(world)
    await person.joins()
    await person.press("Start")
    form = person.form("Paste")
    answer = await person.does("paste", {**form.args, "text": " "}, surface=Surface.FORM)
    assert "text" in answer.problems
    await person.does("me")
    await person.press("Change time")
    form = person.form("Another")
    answer = await person.does("set", {**form.args, "x": "nowhere"}, surface=Surface.FORM)
    assert "x" in answer.problems


async def test_a_private_message_never_becomes_the_lesson() -> None:
    """A lesson opened from a message that only its presser sees is posted anew in the direct message."""
    world = World()
    person = Person(world)
    await person.joins()
    await world.desk.handle(
        Incoming(
            "e1",
            person.ref,
            Sender("U1"),
            "D-U1",
            "next",
            source=Source(None, "https://hooks.example/2", private=True),
        )
    )
    lesson, notice = world.sink.taken[-2:]
    assert lesson.operation is Operation.POST and "Step 1" in str(lesson.message)
    assert notice.operation is Operation.UPDATE and notice.handle == "https://hooks.example/2"


async def test_a_bug_in_a_handler_is_an_apology_with_a_reference(caplog: pytest.LogCaptureFixture) -> None:
    """A handler that fails is logged once with a reference, which the person is told; nothing changes."""
    world = World()
    person = Person(world)
    await person.joins()
    world.catalogue = None  # type: ignore[assignment]
    learner = person.learner
    await person.does("next")
    assert "Something went wrong on our side" in person.text
    assert person.learner == learner
    assert world.outcomes[-1] == "bug"
    assert len([r for r in caplog.records if "reference" in r.message]) == 1


async def test_an_unknown_button_is_answered_with_help() -> None:
    """A verb that no table knows is answered, not raised."""
    world = World()
    person = Person(world)
    await person.joins()
    await person.does("launch_missiles", {"x": "1"}, pressed=True)
    assert "none of the words" in person.text
