import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.events import EventType, Evidence
from bot.learning.checks import count_words, run_checks
from bot.learning.path import Trail, next_lesson, standings
from bot.learning.views import plan_sentence
from bot.messages import Progress
from bot.model import ChannelName, Operation, SessionStatus
from lessons.steps import AvoidsCheck, MentionsCheck, WordRange, WordsCheck
from tests.world import STEPS, Person, World, make_catalogue, make_lesson


async def started(world: World) -> Person:
    """Give a person with the first lesson on screen."""
    person = Person(world)
    await person.joins()
    await person.press("Start")
    return person


async def test_a_lesson_opens_with_practice_and_ends_with_a_plan() -> None:
    """A whole lesson, pressed through, leaves every event in order and offers the next lesson."""
    world = World()
    person = await started(world)
    assert "Revenue" in person.text and "Step 1 of 5" in person.text
    before = len(world.store.events)
    await person.press("I’m stuck")
    assert "only the table" in person.text
    world.later(minutes=4)
    await person.finishes_lesson()
    assert world.types()[before:] == [
        "hint.shown",
        "practice.submitted",
        "practice.reviewed",
        "step.shown",
        "step.shown",
        "check.answered",
        "step.shown",
        "confidence.reported",
        "minutes_saved.reported",
        "tool.used",
        "step.shown",
        "commitment.made",
        "lesson.completed",
        "lesson.offered",
    ]
    assert "Done" in person.text and "4 minutes" in person.text
    assert "When the month-end close starts, I will use Copilot for variance commentary." in person.text
    assert "Lesson 2 of finance" in person.text
    session = next(iter(world.store.sessions.values()))
    assert session.status is SessionStatus.COMPLETED
    assert person.learner.current is None


async def test_the_whole_lesson_is_one_message() -> None:
    """From the welcome to the end one message is posted; all else are updates in place."""
    world = World()
    person = await started(world)
    await person.finishes_lesson()
    assert [d.operation for d in world.sink.taken].count(Operation.POST) == 1
    assert {d.operation for d in world.sink.taken[1:]} == {Operation.UPDATE}


async def test_events_carry_who_where_and_what() -> None:
    """A self-reported use names the tool, the use case, the evidence, the place and the local day."""
    world = World()
    person = await started(world)
    await person.finishes_lesson()
    used = next(e for e in world.store.events if e.type is EventType.TOOL_USED)
    assert (used.tool, used.use_case, used.evidence) == ("copilot", "Variance analysis", Evidence.SELF_REPORT)
    assert (used.channel, used.surface, used.workspace) == ("slack", "direct_message", "w-slack")
    assert used.learner == person.learner.id
    ids = [e.id for e in world.store.events]
    assert len(set(ids)) == len(ids)


async def test_pasted_text_is_checked_and_dropped() -> None:
    """Only the length and the check results of a pasted text are kept."""
    world = World()
    person = await started(world)
    await person.fill("Paste the result", text="Revenue missed plan by ninety thousand secret words")
    assert "mentions revenue" in person.text and "count words" in person.text
    submitted = next(e for e in world.store.events if e.type is EventType.PRACTICE_SUBMITTED)
    assert submitted.properties == {
        "answer": "paste",
        "characters": 51,
        "words": 8,
        "checks": [True, True, True],
    }
    assert "secret" not in str(world.store.changes)


async def test_pasted_text_is_kept_for_days_where_it_is_set() -> None:
    """With keep_text_days the text is kept, with the day on which it is forgotten."""
    world = World(make_catalogue(keep_text_days=14))
    person = await started(world)
    await person.fill("Paste the result", text="Revenue fell behind plan")
    kept = world.store.changes[-1].submission
    assert kept is not None and kept.text == "Revenue fell behind plan"
    assert (kept.forget_at - world.now).days == 14
    await person.does("me")


async def test_an_empty_paste_is_refused_on_the_same_screen() -> None:
    """Nothing to check is said above the practice, which stays."""
    world = World()
    person = await started(world)
    await person.fill("Paste the result", text="   ")
    assert "nothing to check" in person.text and "I did it" in person.text
    assert "practice.submitted" not in world.types()


async def test_what_is_typed_while_a_result_is_wanted_is_the_result() -> None:
    """A pasted text typed into the chat is checked as if it had come from the form."""
    world = World()
    person = await started(world)
    post = world.store.sessions[person.learner.current or ""].post
    await person.does("unknown", {"text": "Revenue was below plan because two customers moved orders"})
    assert "mentions revenue" in person.text
    moved = world.sink.taken[-2]
    assert moved.post == post and "goes on in a newer message" in str(moved.message)


async def test_a_wrong_answer_gets_its_own_feedback_and_another_try() -> None:
    """A wrong answer is explained, is not offered again, and each try is recorded."""
    world = World()
    person = await started(world)
    for label in ("I did it", "All of it", "Go on", "Be accurate"):
        await person.press(label)
    assert "Too vague" in person.text
    await person.press("Try another")
    assert [b.label for b in person.buttons()] == ["Use only the table", "Write less", "Leave for now"]
    await person.press("Use only")
    tries = [e.properties for e in world.store.events if e.type is EventType.CHECK_ANSWERED]
    assert [(t["right"], t["attempt"]) for t in tries] == [(False, 1), (True, 2)]


async def test_time_lost_can_be_said() -> None:
    """The minutes question has a place for time lost, recorded below zero."""
    world = World()
    person = await started(world)
    for label in ("I did it", "All of it", "Go on", "Use only", "Go on", "70", "15 lost", "None this time"):
        await person.press(label)
    reported = next(e for e in world.store.events if e.type is EventType.MINUTES_SAVED_REPORTED)
    assert reported.properties["value"] == -15
    assert "tool.not_used" in world.types() and "tool.used" not in world.types()


async def test_a_plan_in_own_words() -> None:
    """A plan may be said in one's own words, which the event does not carry."""
    world = World()
    person = await started(world)
    for label in ("I did it", "All of it", "Go on", "Use only", "Go on", "70", "10", "Copilot"):
        await person.press(label)
    await person.fill("Say it", when="I open the ledger on Friday", task="the weekly note", t="chatgpt")
    assert "When I open the ledger on Friday, I will use ChatGPT for the weekly note." in person.text
    made = next(e for e in world.store.events if e.type is EventType.COMMITMENT_MADE)
    assert made.properties == {"own_words": True} and made.tool == "chatgpt"
    assert world.store.changes[-1].commitment is not None


async def test_pressing_twice_has_one_effect() -> None:
    """The second press of the same button, with an id of its own, shows where the lesson is."""
    world = World()
    person = await started(world)
    button = person.button("I did it")
    await person.does(button.verb, button.args, pressed=True)
    shown = person.text
    await person.does(button.verb, button.args, pressed=True)
    assert person.text == shown
    assert world.types().count("practice.submitted") == 1
    assert world.types()[-1] == "press.stale"


async def test_the_same_incoming_id_changes_nothing() -> None:
    """A repeat of an id handled before sends nothing and changes nothing."""
    world = World()
    person = await started(world)
    button = person.button("I did it")
    await person.does(button.verb, button.args, pressed=True, identity="same")
    state, sent = dict(world.store.sessions), len(world.sink.taken)
    await person.does(button.verb, button.args, pressed=True, identity="same")
    assert (world.store.sessions, len(world.sink.taken)) == (state, sent)
    assert world.outcomes[-1] == "repeat"


async def test_a_repeat_in_band_is_answered_with_the_present_view() -> None:
    """Where the HTTP answer shows a message, a repeat shows the present one."""
    world = World()
    person = Person(world, channel=ChannelName.WEB, in_band=True)
    await person.joins()
    await person.press("Start")
    button = person.button("I did it")
    await person.does(button.verb, button.args, pressed=True, identity="same")
    shown = person.text
    await person.does(button.verb, button.args, pressed=True, identity="same")
    assert person.text == shown


async def test_a_lost_race_is_decided_again() -> None:
    """A conflict is read and decided anew, up to five times, with the same ids."""
    world = World()
    person = await started(world)
    world.store.conflicts = 4
    await person.press("I did it")
    assert world.types().count("practice.submitted") == 1


async def test_pressing_after_the_end_shows_the_end() -> None:
    """A button of a finished lesson answers with its end and the way on."""
    world = World()
    person = await started(world)
    old = person.button("I did it")
    await person.finishes_lesson()
    await person.does(old.verb, old.args, pressed=True)
    assert "Done" in person.text and "Start the next one" in person.text


async def test_buttons_of_another_person_are_refused() -> None:
    """Somebody else's button changes nothing and says so kindly."""
    world = World()
    person = await started(world)
    button = person.button("I did it")
    other = Person(world, "U2")
    await other.joins()
    sessions = dict(world.store.sessions)
    await other.does(button.verb, button.args, pressed=True)
    assert "somebody else" in other.text
    assert world.store.sessions == sessions
    assert world.outcomes[-1] == "refused"


async def test_leaving_and_coming_back_on_another_channel() -> None:
    """A lesson left in Slack goes on in Teams where it stood; the message left behind says where."""
    world = World()
    slack = await started(world)
    await slack.press("I did it")
    await slack.press("All of it")
    await slack.does("me")
    teams = Person(world, "29:a", ChannelName.TEAMS)
    await teams.does("join", {"code": next(iter(world.store.codes))})
    world.later(hours=5)
    await teams.does("next")
    assert "Step 2 of 5" in teams.text
    left = next(d for d in world.sink.taken if "goes on in Microsoft Teams" in str(d.message))
    assert left.workspace.channel is ChannelName.SLACK and left.account == "U1"
    assert "lesson.resumed" in world.types()


async def test_a_press_on_the_message_left_behind_is_inert() -> None:
    """A button of a message left behind says where the lesson goes on and changes nothing."""
    world = World()
    person = await started(world)
    old, left = person.button("I did it"), person.source
    await person.does("next")
    session = dict(world.store.sessions)
    person.source = left
    await person.does(old.verb, old.args, pressed=True)
    assert "goes on in a newer message" in person.text
    assert world.store.sessions == session


async def test_leave_and_go_on_in_place() -> None:
    """Leaving keeps the place; going on in the same message posts nothing new."""
    world = World()
    person = await started(world)
    await person.press("Leave for now")
    assert "It stays where it is" in person.text
    posted = len(world.sink.taken)
    await person.press("Go on where")
    assert "Step 1 of 5" in person.text
    assert [d.operation for d in world.sink.taken[posted:]] == [Operation.UPDATE]


async def test_opening_another_lesson_leaves_the_one_under_way() -> None:
    """Another lesson by name leaves the one under way, which can be gone on with later."""
    world = World()
    person = await started(world)
    await person.press("I did it")
    await person.does("lesson", {"id": "finance-lesson-2"})
    assert "Lesson 2" in person.text
    statuses = {s.lesson: s.status for s in world.store.sessions.values()}
    assert statuses == {"finance-lesson-1": SessionStatus.LEFT, "finance-lesson-2": SessionStatus.OPEN}
    await person.does("lesson", {"id": "finance-lesson-1"})
    assert "Read your result once more" in person.text, "it goes on at the very screen"


async def test_restart_begins_anew() -> None:
    """Restarting abandons the session and opens the lesson at its first step."""
    world = World()
    person = await started(world)
    await person.press("I did it")
    await person.does("restart")
    assert "I did it" in [b.label for b in person.buttons()]
    assert sorted(s.status for s in world.store.sessions.values()) == ["abandoned", "open"]
    assert "lesson.restarted" in world.types()


async def test_a_changed_lesson_ends_on_the_version_it_began() -> None:
    """A lesson edited meanwhile goes on in its old wording; the next start has the new one."""
    world = World()
    person = await started(world)
    steps = [{"practice": {**STEPS[0]["practice"], "task": "A new task."}}, *STEPS[1:]]  # type: ignore[dict-item]
    world.catalogue = make_catalogue(make_lesson(1, steps=steps), make_lesson(2))
    await person.does("next")
    assert "why the third quarter missed plan" in person.text
    await person.does("restart")
    assert "A new task." in person.text


async def test_a_lesson_taken_out_of_the_catalogue_can_be_finished() -> None:
    """A lesson that the catalogue lost goes on in the version that its session began."""
    world = World()
    person = await started(world)
    world.catalogue = make_catalogue(make_lesson(2))
    await person.does("lesson", {"id": "finance-lesson-1"})
    await person.finishes_lesson()
    assert "Done" in person.text


async def test_an_unknown_lesson_names_the_nearest() -> None:
    """A mistyped lesson id is refused with the one that was probably meant."""
    world = World()
    person = await started(world)
    await person.does("lesson", {"id": "finance-leson-2"})
    assert "Did you mean finance-lesson-2?" in person.text


async def test_the_list_shows_done_under_way_and_next() -> None:
    """The list marks each lesson and leaves out other job families."""
    world = World()
    person = await started(world)
    await person.finishes_lesson()
    await person.does("lessons")
    assert "1 of 2 done" in person.text and "sales" not in person.text
    assert "Again: Lesson 1" in person.text


async def test_all_done_is_said() -> None:
    """After the last lesson of the job, next says so."""
    world = World(make_catalogue(make_lesson(1)))
    person = await started(world)
    await person.finishes_lesson()
    assert "last one for your job" in person.text
    await person.does("next")
    assert "every lesson there is" in person.text


async def test_a_tool_that_only_others_have_is_not_offered() -> None:
    """A lesson for tools that the learner lacks is not on their list."""
    world = World()
    person = Person(world)
    await person.does("arrive")
    await person.press("Agree")
    await person.press("Finance")
    await person.fill("Choose your tools", x="claude")
    learner = person.learner
    assert standings(learner, (), world.catalogue) == ()
    assert next_lesson(Trail(learner), world.catalogue, world.now) is None


async def test_progress_is_said_in_words_on_every_screen() -> None:
    """Every screen of a lesson says which step it is."""
    world = World()
    person = await started(world)
    for label in ("I did it", "All of it", "Go on", "Use only", "Go on", "70", "10", "Copilot"):
        assert person.message is not None
        assert any(isinstance(b, Progress) and b.label.startswith("Step ") for b in person.message.blocks)
        await person.press(label)


async def test_a_code_of_ones_own_is_no_joining() -> None:
    """Typing one's own code on the same account changes nothing."""
    world = World()
    person = Person(world)
    await person.joins()
    await person.does("me")
    learner = person.learner
    await person.does("join", {"code": next(iter(world.store.codes))})
    assert person.learner == learner and "your own code" in person.text


def test_words_are_counted_as_people_count() -> None:
    """Numbers with separators and hyphenated words are one word each."""
    assert count_words("Revenue fell 1,200 in mid-market — don’t panic.") == 7


@pytest.mark.parametrize(
    ("text", "passed"),
    [
        ("Revenue and freight", [True, True, True]),
        ("REVENUE and Freights, late", [True, True, True]),
        ("prerevenue only", [False, False, True]),
        ("revenue freight with synergy", [True, True, False]),
    ],
)
def test_checks_look_for_terms_at_the_beginning_of_words(text: str, passed: list[bool]) -> None:
    """A term is found in any case at a word's beginning, alternatives count as one, avoided terms fail."""
    checks = (
        WordsCheck(words=WordRange(min=3, max=5)),
        MentionsCheck(mentions=("revenue", ("freight", "shipping"))),
        AvoidsCheck(avoids=("synergy",)),
    )
    assert [r.passed for r in run_checks(checks, text)] == passed


def test_a_term_of_signs_is_found_behind_a_word() -> None:
    """A sign stands where no word begins, and is found all the same."""
    checks = (AvoidsCheck(avoids=("!!",)), MentionsCheck(mentions=("%",)))
    assert [r.passed for r in run_checks(checks, "Up 12% now!!")] == [False, True]


@given(st.text(max_size=300))
def test_no_text_breaks_a_check(text: str) -> None:
    """Whatever is pasted, the checks give a result for each check."""
    checks = (
        WordsCheck(words=WordRange(min=1)),
        MentionsCheck(mentions=("(a", "b")),
        AvoidsCheck(avoids=("[",)),
    )
    assert len(run_checks(checks, text)) == 3


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("The month-end close starts", "When the month-end close starts, I will use X for y."),
        ("When I plan calls", "When I plan calls, I will use X for y."),
        ("A customer writes.", "When a customer writes, I will use X for y."),
        ("OKR review comes", "When OKR review comes, I will use X for y."),
    ],
)
def test_plans_read_as_sentences(when: str, said: str) -> None:
    """An if-then plan reads as one sentence whatever its moment begins with."""
    assert plan_sentence(when, "X", "y.") == said


@pytest.mark.parametrize(
    ("verb", "more"),
    [
        ("go", {}),
        ("review", {"met": "all"}),
        ("answer", {"a": "1"}),
        ("confidence", {"n": "50"}),
        ("minutes", {"n": "5"}),
        ("used", {"t": "copilot"}),
        ("commit", {"t": "copilot"}),
        ("no_plan", {}),
        ("again", {}),
    ],
)
async def test_what_does_not_belong_to_a_screen_changes_nothing(verb: str, more: dict[str, str]) -> None:
    """A forged press that names the live session but not what its screen asks shows the screen again."""
    world = World()
    person = await started(world)
    session = world.store.sessions[person.learner.current or ""]
    await person.does(verb, {"s": session.id, "v": str(session.version), **more}, pressed=True)
    assert world.store.sessions[session.id] == session
    assert "I did it" in person.text
    assert world.types()[-1] == "press.stale"


@pytest.mark.parametrize("args", [{}, {"s": "x"}, {"s": "x", "v": "1e9"}, {"s": "x", "v": "9" * 40}])
async def test_broken_args_are_answered_kindly(args: dict[str, str]) -> None:
    """A press whose args are missing, strange or huge is answered as something unknown."""
    world = World()
    person = await started(world)
    await person.does("done", args, pressed=True)
    assert "none of the words" in person.text or "somebody else" in person.text
    assert world.outcomes[-1] in ("done", "refused")
