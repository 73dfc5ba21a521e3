"""Editing in chat: forms, files, drafts; what is published, once, and what is refused."""

import asyncio
import errno
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.dispatch import Dispatcher
from bot.editing import live
from bot.errors import BadCredentials, StorageUnavailable
from bot.messages import Choices, FileField, Form
from bot.model import ChannelName, FileRef, Role
from tests.studio import HINT, LESSON, PLACE, TITLE, Studio, studio
from tests.world import Person


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Studio]:
    """Give a catalogue that can be edited in chat."""
    async with studio(tmp_path) as made:
        yield made


# ---------------------------------------------------------------- who may


@pytest.mark.parametrize("verb", ["edit", "upload", "draft", "publish", "redo", "discard"])
async def test_only_admins_are_let_in(here: Studio, verb: str) -> None:
    """Everybody else is told kindly whom to ask, no file is opened, and nothing is kept."""
    person = await here.editor(role=Role.CHAMPION)
    await person.does(verb, {"id": LESSON, "p": "top", "h": "0", "d": "d1", "title": "Mine"})
    if verb == "upload":
        await person.uploads(here.with_text(TITLE, "Mine"))
        assert "Laps opens no files" in person.text and "paste its text" in person.text
    else:
        assert "edited by admins" in person.text and "laps role grant" in person.text
    assert here.shelf.read == [] and here.store.drafts == {} and here.title == TITLE
    assert here.outcomes[-1] == "refused"


async def test_who_is_no_admin_any_more_publishes_nothing(here: Studio) -> None:
    """The role counts when the button is pressed, not when the draft was made."""
    person = await here.editor()
    await person.proposes()
    here.give(person, Role.LEARNER)
    await person.press("Publish")
    assert "edited by admins" in person.text and here.title == TITLE
    here.give(person, Role.ADMIN)
    await person.does("publish", {"d": next(iter(here.store.drafts))})
    assert here.title == "Say why it missed"


async def test_a_stranger_gets_the_welcome(here: Studio) -> None:
    """Before consent a file is answered with the welcome and not opened."""
    person = Person(here)
    await person.does("upload")
    assert "Agree" in person.text and here.shelf.read == []


async def test_somebody_elses_draft_is_not_there(here: Studio) -> None:
    """An admin publishes and throws away only what they made themselves."""
    author, other = await here.editor("U1"), await here.editor("U2")
    await author.proposes()
    (draft,) = here.store.drafts
    for verb in ("publish", "redo", "edit", "draft"):
        await other.does(verb, {"d": draft, "id": LESSON, "p": "top", "h": "0", "title": "Mine"})
        assert "not here any more" in other.text, verb
    await other.does("discard", {"d": draft, "id": LESSON})
    await author.press("Publish")
    assert here.title == "Say why it missed"


async def test_every_interaction_leaves_an_event(here: Studio) -> None:
    """Edits are no adoption events, but that something was done is one, as ever."""
    person = await here.editor()
    before = len(here.store.events)
    await person.proposes()
    await person.press("Publish")
    assert here.types()[before:] == ["screen.shown"] * 4


# ---------------------------------------------------------------- finding a part


async def test_a_lesson_is_found_by_pressing(here: Studio) -> None:
    """From the jobs to the lessons of one, to the parts of one, to a form with what stands there."""
    person = await here.editor()
    await person.does("edit")
    for label in ("Finance analyst", "Another job", "Sales", "Another job", "Finance", TITLE):
        await person.press(label)
    labels = [button.label for button in person.buttons()]
    assert labels == [
        "Title and use case",
        "Step 1, practice: the task",
        "Step 1, practice: the result",
        "Step 2, concept",
        "Step 3, check",
        "Step 5, commit",
    ]
    form = await person.opens("Step 1, practice: the task")
    held = {each.name: each.value for each in form.fields if not isinstance(each, FileField)}
    assert held["hint"] == HINT and held["material"] == "Line      Plan  Actual\nRevenue  1,200   1,110"


@pytest.mark.parametrize(
    ("typed", "said"), [("finance-varianse", "Edit finance-variance"), ("xyzzy", "Choose a lesson")]
)
async def test_a_mistyped_lesson_is_answered_with_the_nearest(here: Studio, typed: str, said: str) -> None:
    """There is no such lesson; a button leads on."""
    person = await here.editor()
    await person.does("edit", {"id": typed})
    assert "no lesson called" in person.text and person.button(said)


async def test_a_job_without_lessons_says_so(tmp_path: Path) -> None:
    """Where nothing is to be edited, that is said."""

    def empty(place: Path) -> None:
        (place / "library" / "sales" / "follow-up.yaml").unlink()

    async with studio(tmp_path, empty) as here:
        person = await here.editor()
        await person.does("edit", {"f": "sales"})
        assert "there is no lesson yet" in person.text


async def test_where_forms_stand_in_messages_the_part_does(here: Studio) -> None:
    """A channel without modals shows the form in place of the parts, with the way back."""
    person = await here.editor(channel=ChannelName.TEAMS, in_band=True)
    await person.proposes()
    assert "Not live yet" in person.text
    await person.press("Edit more")
    await person.opens("Step 2, concept")
    await person.press("Another part")
    assert "What else do you want to change?" in person.text


async def test_only_a_page_offers_a_field_for_a_file(here: Studio) -> None:
    """Where forms can have a file, the way in is a form; elsewhere it is a message."""
    web = await here.editor(channel=ChannelName.WEB, in_band=True)
    slack = await here.editor("U2")
    for person in (web, slack):
        await person.does("edit")
    assert isinstance(web.form("Send a YAML file").fields[0], FileField)
    assert "as a message here" in slack.text


# ---------------------------------------------------------------- proposing


async def test_a_draft_shows_what_changes_and_changes_nothing(here: Studio) -> None:
    """The difference, the screens as learners will see them, the warnings; learners see the old one."""
    person = await here.editor()
    await person.proposes("Step 1, practice: the task", hint="Say that only the table counts.")
    assert f"steps 1 practice hint: “{HINT}” -> “Say that only the table counts.”" in person.text
    assert "practice, with the hint" in person.text and "Hint: Say that only the table counts." in person.text
    assert "the same words as sales-follow-up" in person.text
    assert "Buttons: [Paste the result], [I did it], [Leave for now]" in person.text
    assert [button.label for button in person.buttons()] == ["Publish", "Edit more", "Throw away"]
    assert sum(isinstance(block, Form) for block in person.message.blocks) == 0  # type: ignore[union-attr]
    assert here.file.read_text().count(HINT) == 1 and len(await here.ways()) == 1


async def test_of_a_new_title_one_screen_is_shown(here: Studio) -> None:
    """The title stands on every screen, and once is enough."""
    person = await here.editor()
    await person.proposes()
    assert person.text.count("as learners") == 0 and "more screens" not in person.text
    assert person.text.count("Step 1 of 5 · practice") == 1 and "Step 2 of 5" not in person.text


async def test_published_it_is_live_and_written_with_its_comments(here: Studio) -> None:
    """The file keeps what else stands in it, the revision says who and how, and the answer says which."""
    await here.save("title: ", "# never change the id\ntitle: ")
    before = here.file.read_text()
    person = await here.editor()
    await person.proposes()
    await person.press("Publish")
    assert here.file.read_text() == before.replace(TITLE, "Say why it missed")
    assert here.title == "Say why it missed" and "live, as revision 3" in person.text
    assert (await here.ways())[-1] == (3, "edited in chat", person.learner.id)
    assert here.store.drafts == {} and here.told == []
    await person.press("Edit it again")
    assert "What do you want to change?" in person.text


async def test_a_lesson_under_way_keeps_its_wording(here: Studio) -> None:
    """Who began before finishes in the wording they began; who begins after gets the new one."""
    learner, admin = Person(here, "U7"), await here.editor()
    await learner.joins()
    await learner.does("lesson", {"id": LESSON})
    await admin.proposes()
    await admin.press("Publish")
    await learner.press("I did it")
    assert TITLE in learner.text
    other = Person(here, "U8")
    await other.joins()
    await other.does("lesson", {"id": LESSON})
    assert "Say why it missed" in other.text and TITLE not in other.text


@pytest.mark.parametrize(
    ("part", "texts", "field", "said"),
    [
        ("Title", {"title": " "}, "title", "title"),
        ("Title", {}, "title", "Nothing is different yet"),
        ("Title", {"use_case": "x" * 99}, "use_case", "80 is the most"),
        ("Step 1, practice: the task", {"hint": "Write to jo@acme.com"}, "hint", "e-mail address"),
        ("Step 1, practice: the task", {"starter": "key AKIA" + "A1" * 8}, "starter", "AWS key"),
        ("Step 1, practice: the task", {"task": "word " * 119}, "task", ""),
        ("Step 1, practice: the result", {"rubric": "a\n" * 7}, "rubric", "6"),
        ("Step 3, check", {"text_b": "x" * 141}, "text_b", "140 is the most"),
        ("Step 5, commit", {"when": "[insert ritual]"}, "when", "placeholder"),
    ],
)
async def test_what_is_wrong_is_said_at_its_field(
    here: Studio, part: str, texts: dict[str, str], field: str, said: str
) -> None:
    """A finding of the checks stands at the field that it is about, and nothing is kept."""
    person = await here.editor()
    await person.does("edit", {"id": LESSON})
    answer = await person.sends(await person.opens(part), **texts)
    if said:
        assert said in answer.problems[field] and [*answer.problems] == [field]
        assert here.store.drafts == {} and here.outcomes[-1] == "refused"
    else:
        assert answer.problems == {}, "a longer text changes how long it takes, and that is written, too"
    assert here.file.read_text().count(TITLE) == 1


async def test_a_longer_text_takes_longer(here: Studio) -> None:
    """`minutes` follows the estimate, which nobody can change in a form, and the difference says so."""
    person = await here.editor()
    await person.proposes("Step 1, practice: the task", task="word " * 119)
    assert "minutes: “5” -> “6”" not in person.text
    await person.press("Edit more")
    await person.sends(await person.opens("Step 2, concept"), text="Grounding. " + "word " * 78)
    await person.press("Edit more")
    await person.sends(await person.opens("Step 3, check"), question="Which of these? " + "word " * 70)
    assert "minutes: “5” -> “6”" in person.text
    await person.press("Publish")
    assert here.live.now.lessons[LESSON].minutes == 6


async def test_several_parts_are_edited_before_one_publishing(here: Studio) -> None:
    """Edit more goes on from the draft; it is published in one revision."""
    person = await here.editor()
    await person.proposes()
    await person.press("Edit more")
    form = await person.opens("Step 1, practice: the result")
    await person.sends(
        form, rubric="Every number is in the table\nIt is short\nThe cause is named", verify="Each sum"
    )
    await person.press("Publish")
    assert "rubric: [Every number is in the table, It is short, The cause is named]" in here.file.read_text()
    practice = here.live.now.lessons[LESSON].steps[0].practice
    assert practice.verify == ("Each sum",) and here.title == "Say why it missed"
    assert len(await here.ways()) == 2


async def test_what_a_client_does_to_line_ends_is_no_change(here: Studio) -> None:
    """Other line breaks and spaces at the ends of lines leave the file as it is."""
    person = await here.editor()
    await person.does("edit", {"id": LESSON})
    form = await person.opens("Step 1, practice: the task")
    same = await person.sends(form, material="Line      Plan  Actual \r\nRevenue  1,200   1,110\r\n")
    assert "Nothing is different" in same.problems["task"]
    await person.sends(form, material="Line      Plan  Actual\r\nRevenue  1,200   1,111\r\n")
    await person.press("Publish")
    assert "        Revenue  1,200   1,111\n      starter" in here.file.read_text()


async def test_translations_are_pointed_at(here: Studio) -> None:
    """A lesson that is translated says that its translations have to be looked at."""
    await here.save("reviews: []", "reviews: []\ntranslations: {de: {title: Warum das Quartal fehlte}}")
    person = await here.editor()
    await person.proposes()
    assert "Translated into de" in person.text


# ---------------------------------------------------------------- publishing


async def test_publishing_twice_publishes_once(here: Studio) -> None:
    """A second press, and a repeat of the first, say that it is live."""
    person = await here.editor(channel=ChannelName.WEB, in_band=True)
    await person.proposes()
    args = person.button("Publish").args
    for identity in ("first press", "second press", "first press"):
        await person.does("publish", args, pressed=True, identity=identity)
        assert "is live, as revision 2" in person.text, identity
    assert len(await here.ways()) == 2


async def test_a_repeat_after_it_was_taken_back_changes_nothing(here: Studio) -> None:
    """What was published once is not published again because a platform sends the press again."""
    person = await here.editor(channel=ChannelName.WEB, in_band=True)
    await person.proposes()
    args = person.button("Publish").args
    await person.does("publish", args, identity="press")
    await here.save("Say why it missed", TITLE)
    for identity in ("press", "another"):
        await person.does("publish", args, identity=identity)
        assert "not here any more" in person.text and here.title == TITLE


async def test_a_lost_answer_is_repeated(here: Studio) -> None:
    """The same form sent again shows the same draft, and the same problems where it has some."""
    person = await here.editor(channel=ChannelName.WEB, in_band=True)
    await person.does("edit", {"id": LESSON})
    form = await person.opens("Title")
    for _ in range(2):
        await person.does("draft", {**form.args, "title": "Say why it missed"}, identity="sent")
        assert person.button("Publish").args["d"] in here.store.drafts
    for _ in range(2):
        assert (await person.does("draft", {**form.args, "title": ""}, identity="sent empty")).problems


async def test_of_two_at_once_one_is_told(here: Studio) -> None:
    """Two admins publish the same lesson: the second is shown what came before, and has both."""
    titled, taught = await here.editor("U1"), await here.editor("U2")
    await titled.proposes(title="First")
    await taught.proposes("Step 2, concept", text="Grounding: only what is in the table counts.")
    await asyncio.gather(titled.press("Publish"), taught.press("Publish"))
    (second,) = (each for each in (titled, taught) if "is live, as" not in each.text)
    other = f"title: “{TITLE}” -> “First”" if second is taught else "only what is in the table counts"
    assert "changed while you were at it" in second.text and other in second.text
    await second.press("Make my change")
    assert "Not live yet" in second.text
    await second.press("Publish")
    assert here.title == "First" and "only what is in the table counts" in here.file.read_text()
    assert [way for _, way, _ in await here.ways()] == ["server started", "edited in chat", "edited in chat"]


async def test_a_form_that_was_open_meanwhile_keeps_both_changes(here: Studio) -> None:
    """What somebody saved after the form was opened stays; the form's change is made beside it."""
    person = await here.editor()
    await person.does("edit", {"id": LESSON})
    form = await person.opens("Title")
    await here.save("use_case: Variance analysis", "use_case: Variances")
    await person.sends(form, title="Say why it missed")
    await person.press("Publish")
    lesson = here.live.now.lessons[LESSON]
    assert (lesson.title, lesson.use_case) == ("Say why it missed", "Variances")


async def test_a_form_of_a_lesson_with_other_steps_is_refused(here: Studio) -> None:
    """Where steps came or went nobody can say what belongs where."""
    person = await here.editor()
    await person.does("edit", {"id": LESSON})
    form = await person.opens("Title")
    await here.save("  - reflect: {confidence: true, minutes_saved: true, used: true}\n", "")
    answer = await person.sends(form, title="Say why it missed")
    assert "changed meanwhile" in answer.problems["title"]


async def test_a_stale_draft_that_cannot_be_joined_can_be_thrown_away(here: Studio) -> None:
    """The other change is shown; steps that came or went cannot be joined with."""
    person = await here.editor()
    await person.proposes()
    await here.save("  - reflect: {confidence: true, minutes_saved: true, used: true}\n", "")
    await person.press("Publish")
    assert "cannot be joined" in person.text and "reflect" in person.text
    (draft,) = here.store.drafts
    await person.does("redo", {"d": draft, "id": LESSON})
    assert "cannot be joined" in person.text
    await person.press("Throw mine away")
    assert "Thrown away" in person.text and here.store.drafts == {} and here.title == TITLE


async def test_a_change_that_does_not_fit_any_more_is_refused(here: Studio) -> None:
    """Joined with the other change it may be a bad lesson: that is said, and nothing is kept."""
    person = await here.editor()
    await person.uploads(here.with_text("minutes: 5\n", "minutes: 5\nprerequisites: [finance-accruals]\n"))
    accruals = here.file.with_name("accruals.yaml")
    accruals.write_text(
        accruals.read_text().replace("minutes: ", "prerequisites: [finance-variance]\nminutes: ", 1)
    )
    await here.live.reload()
    await here.save(TITLE, "Say why")
    await person.press("Publish")
    await person.press("Make my change")
    assert "cannot go live as it is" in person.text and "omes before itself" in person.text


async def test_thrown_away_it_is_gone(here: Studio) -> None:
    """A draft that was thrown away is not published by a button that is still somewhere."""
    person = await here.editor()
    await person.proposes()
    args = person.button("Publish").args
    await person.press("Throw away")
    assert "Thrown away" in person.text
    await person.does("publish", args)
    assert "not here any more" in person.text and here.title == TITLE


async def test_a_full_disk_changes_nothing(here: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be written is not live, the reason is said, and the draft is still there."""
    person = await here.editor()
    await person.proposes()
    args = person.button("Publish").args

    def full(*files: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("bot.editing.live.put_files", full)
        await person.press("Publish")
    assert f"{PLACE} cannot be written (no space left on device)" in person.text
    assert here.title == TITLE and len(await here.ways()) == 1
    await person.does("publish", args)
    assert here.title == "Say why it missed"


@pytest.mark.parametrize("kept", [True, False])
async def test_without_the_database_the_file_is_put_back(
    here: Studio, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    """A revision that cannot be stored leaves the file as it was, so that nothing was saved is true."""
    person = await here.editor()
    await person.proposes()
    before, args = here.file.read_bytes(), person.button("Publish").args

    async def away(*change: object) -> object:
        if not kept:
            monkeypatch.setattr(live, "put_files", broken)
        raise StorageUnavailable("away")

    def broken(*files: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr(here.revisions, "accept", away)
        with pytest.raises(StorageUnavailable):
            await person.press("Publish")
    monkeypatch.undo()
    assert here.title == TITLE and (here.file.read_bytes() == before) is kept
    await person.does("publish", args)
    assert (here.title == "Say why it missed" and "is live" in person.text) or not kept


async def test_a_crash_between_file_and_revision_is_made_up_for(here: Studio) -> None:
    """The watcher makes the revision, by nobody; the press that was never answered then says it is live."""
    person = await here.editor()
    await person.proposes()
    await here.save(TITLE, "Say why it missed")
    await person.press("Publish")
    assert "is live, as revision 2" in person.text and here.store.drafts == {}
    assert (await here.ways())[-1] == (2, "file saved", "")


async def test_another_file_with_errors_keeps_everything_as_it_is(here: Studio) -> None:
    """While the files have an error elsewhere nothing can go live: it is named, and the draft is kept."""
    person = await here.editor()
    await person.proposes()
    other = here.file.with_name("accruals.yaml")
    good = other.read_bytes()
    other.write_bytes(b"id: [\n")
    await person.press("Publish")
    assert "library/finance/accruals.yaml, line" in person.text and "cannot go live" in person.text
    assert TITLE in here.file.read_text()
    await person.does("edit", {"id": LESSON})
    answer = await person.sends(await person.opens("Title"), title="Mine")
    assert "Another file has an error: library/finance/accruals.yaml" in answer.problems["title"]
    await person.does("edit", {"id": "finance-accruals"})
    assert "saved with errors" in person.text
    await person.uploads(good, "accruals.yaml")
    assert "exactly what is there already" not in person.text
    await person.press("Publish")
    assert "is live" in person.text and other.read_bytes() == good
    other.unlink()
    await person.does("edit", {"id": "finance-accruals"})
    assert "cannot be read" in person.text


async def test_a_file_that_breaks_just_then_is_found(here: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between check and reload somebody saves a bad file: the lesson is put back, and the error is said."""
    person = await here.editor()
    await person.proposes()
    other, check = here.file.with_name("accruals.yaml"), here.live.loader.check

    def checked(*what: object) -> object:
        found = check(*what)  # type: ignore[arg-type]  # what it was called with
        other.write_bytes(b"id: [\n")
        here.live.loader.load(here.now.date())
        return found

    monkeypatch.setattr(here.live.loader, "check", checked)
    await person.press("Publish")
    assert "accruals.yaml, line" in person.text and person.button("Publish")
    assert here.title == TITLE and TITLE in here.file.read_text()


# ---------------------------------------------------------------- files


async def test_a_file_is_checked_shown_and_published(here: Studio) -> None:
    """Its id says which file it is, whatever it is called; the difference is shown, nothing is live yet."""
    person = await here.editor()
    await person.uploads(b"# by hand\n" + here.with_text(TITLE, "Say why it missed"), "Copy of x (2).YAML")
    assert f"title: “{TITLE}” -> “Say why it missed”" in person.text and here.title == TITLE
    await person.press("Publish")
    assert here.title == "Say why it missed" and here.file.read_text().startswith("# by hand\n")
    assert (await here.ways())[-1][1:] == ("edited in chat", person.learner.id)


async def test_a_new_lesson_comes_to_its_place(here: Studio) -> None:
    """A lesson that is not there yet is written where `include` leads, in the folder of its job family."""
    person = await here.editor()
    new = here.with_text("id: finance-variance", "id: finance-cash-note").replace(TITLE.encode(), b"Say it")
    await person.uploads(new)
    assert "It is new." in person.text and "more screens change" in person.text
    await person.press("Publish")
    assert (here.live.folder / "library/finance/cash-note.yaml").read_bytes() == new
    assert "finance-cash-note" in here.live.now.lessons and len(here.live.now.lessons) == 4


async def test_two_new_lessons_of_one_name_do_not_meet(here: Studio) -> None:
    """Where the file came to be meanwhile, the second is told and writes over nothing."""
    first, second = await here.editor("U1"), await here.editor("U2")
    new = here.with_text("id: finance-variance", "id: finance-cash-note")
    await first.uploads(new.replace(TITLE.encode(), b"First"))
    await second.uploads(new.replace(TITLE.encode(), b"Second"))
    await first.press("Publish")
    await second.press("Publish")
    assert "changed while you were at it" in second.text and "cannot be joined" in second.text
    assert here.live.now.lessons["finance-cash-note"].title == "First"


async def test_the_root_is_edited_as_a_file(here: Studio) -> None:
    """lessons.yaml is known by what it says; it is checked with all its lessons."""
    person = await here.editor()
    root = here.live.folder / "lessons.yaml"
    await person.uploads(
        root.read_bytes().replace(b"chatgpt: {name: ChatGPT}", b"chatgpt: {name: ChatGPT Edu}")
    )
    assert "tools chatgpt name: “ChatGPT” -> “ChatGPT Edu”" in person.text
    assert [button.label for button in person.buttons()] == ["Publish", "Throw away"]
    args = person.button("Publish").args
    await person.press("Publish")
    assert here.live.now.tools["chatgpt"].name == "ChatGPT Edu"
    await person.does("publish", args)
    assert "is live, as revision 2" in person.text
    await person.uploads(root.read_bytes().replace(b"  chatgpt: {name: ChatGPT Edu}\n", b""))
    assert "library/finance/variance.yaml, line 6" in person.text and "Publish" not in person.text
    await person.uploads(root.read_bytes().replace(b"library/**", b"elsewhere/**"))
    assert "matches no file" in person.text


async def test_what_include_does_not_match_is_refused(tmp_path: Path) -> None:
    """A new lesson that no pattern would take in could never be live; that is said."""

    def narrow(place: Path) -> None:
        root = place / "lessons.yaml"
        named = "[library/finance/variance.yaml, library/finance/accruals.yaml, library/sales/*.yaml]"
        root.write_text(root.read_text().replace("library/**/*.yaml", named))

    async with studio(tmp_path, narrow) as here:
        person = await here.editor()
        await person.uploads(here.with_text("id: finance-variance", "id: finance-cash-note"))
        assert "No pattern of `include` matches library/finance/cash-note.yaml" in person.text


async def test_the_same_file_again_changes_nothing(here: Studio) -> None:
    """What is live already is said to be."""
    person = await here.editor()
    await person.uploads(here.file.read_bytes())
    assert "exactly what is there already" in person.text and here.store.drafts == {}


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"id: [", "a.yaml", "“a.yaml” cannot be read"),
        (b"- one\n", "a.yaml", "cannot be read"),
        (b"\xff\xfe", "a.yaml", "not UTF-8"),
        (b"", "a.yaml", "cannot be read"),
        (b"title: no id\n", "a.yml", "does not say which lesson it is"),
        (b"id: ../../etc/passwd\njob_family: ..\n", "a.yaml", "names no file of the catalogue"),
        (b"id: finance-../x\njob_family: finance\n", "a.yaml", "names no file of the catalogue"),
        (b"id: sales-x\njob_family: finance\n", "a.yaml", "names no file of the catalogue"),
        (b"id: finance-x\njob_family: finance\n", "a.yaml", "E102"),
        (b"x", "../../lessons.txt", "is no YAML file"),
        (b"x" * 1_000_001, "a.yaml", "over 1,000,000 bytes"),
        (BadCredentials("invalid_auth"), "a.yaml", "Slack did not hand over “a.yaml”"),
    ],
)
async def test_a_file_that_cannot_be_taken_is_told_why(
    here: Studio, data: bytes | BadCredentials, name: str, said: str
) -> None:
    """Whatever is wrong with it is said with the mend, and nothing is kept."""
    person = await here.editor()
    await person.uploads(data, name)
    assert said in person.text and here.store.drafts == {} and "Publish" not in person.text


async def test_a_large_file_is_not_even_read(here: Studio) -> None:
    """What its platform says is too large is refused without reading it."""
    person = await here.editor()
    await person.uploads(b"x", size=1_000_001)
    assert "over 1,000,000 bytes" in person.text and here.shelf.read == []


async def test_files_come_one_at_a_time(here: Studio) -> None:
    """Several at once are not taken, and none is opened; no more is a button without a file."""
    person = await here.editor()
    await person.uploads(b"x")
    ref = FileRef("a.yaml", 1, "file-0")
    await person.does("upload", files=(ref, ref))
    assert "2 files came at once" in person.text and here.shelf.read == ["variance.yaml"]
    await person.does("upload")
    assert "No file came" in person.text


async def test_a_secret_in_a_file_is_not_kept(here: Studio) -> None:
    """The finding names the place, and neither draft nor message has the secret."""
    person = await here.editor()
    secret = "AKIA" + "A1" * 8
    await person.uploads(here.with_text(HINT, secret))
    assert "E302" in person.text and secret not in person.text and here.store.drafts == {}


async def test_long_lists_are_cut(here: Studio) -> None:
    """Fifteen findings are told, and how many there are besides."""
    person = await here.editor()
    await person.uploads(here.with_text("reviews: []", "".join(f"x{n}: 1\n" for n in range(30))))
    assert "And 15 more." in person.text


# ---------------------------------------------------------------- without a workshop


async def test_where_there_are_no_files_nothing_is_edited(here: Studio) -> None:
    """A dispatcher without a workshop says so to admins."""
    person = await here.editor()
    here.desk = Dispatcher(here.store, lambda: here.live.now, here.sink, lambda: here.now)  # type: ignore[arg-type]
    await person.does("edit")
    assert "taken and not edited" in person.text


async def test_screens_are_shown_as_pictures(here: Studio) -> None:
    """Nothing of a learner's screen can be pressed in a proposal; answers are listed."""
    person = await here.editor()
    await person.proposes("Step 3, check", feedback_a="Too vague.")
    verbs = {button.verb for button in person.buttons()}
    assert verbs == {"publish", "edit", "discard"} and "'Be accurate'" in person.text
    assert person.message is not None
    assert isinstance(person.message.blocks[-1], Choices)
