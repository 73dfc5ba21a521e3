"""What is said at a moment of need, resolved for one person: the offer, why now, and the ways out of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.learning.path import Trail, next_lesson, next_question
from bot.learning.views import plan_sentence
from bot.messages import Block, Button, Choices, Code, Emphasis, Heading, Message, Note, Text
from bot.model import Commitment, NudgeDecision, Shared, Success
from bot.nudging.happenings import Way
from bot.nudging.occasions import Occasion
from lessons.catalogue import Catalogue
from lessons.model import Lesson
from lessons.moments import (
    LessonOffer,
    Moment,
    PersonOffer,
    PlanOffer,
    PromptCard,
    PromptOffer,
    ReviewOffer,
    UseCaseOffer,
)
from lessons.referring import NEXT


@dataclass(frozen=True, slots=True)
class LessonOffered:
    """A lesson, and why this one; `because` is "" where the moment itself names it."""

    lesson: Lesson
    because: str = ""


@dataclass(frozen=True, slots=True)
class ReviewOffered:
    """A review question, and the lesson that it is from."""

    lesson: Lesson


@dataclass(frozen=True, slots=True)
class ChampionOffered:
    """Who leads the cohort, by name."""

    name: str


Offered = LessonOffered | ReviewOffered | Commitment | PromptCard | Shared | Success | ChampionOffered


def offered(moment: Moment, way: Way, catalogue: Catalogue, now: datetime) -> Offered | None:
    """Return what a moment offers a person now, None where there is nothing of the kind."""
    trail = Trail(way.learner, way.history, way.uses, way.recalls)
    match moment.offer:
        case LessonOffer(lesson=name) if name == NEXT:
            following = next_lesson(trail, catalogue, now)
            return LessonOffered(following.lesson, following.because) if following else None
        case LessonOffer(lesson=name):
            lesson = catalogue.lessons.get(name)
            return LessonOffered(lesson) if lesson is not None else None
        case ReviewOffer():
            question = next_question(trail, catalogue, now)
            return ReviewOffered(question.lesson) if question is not None else None
        case PlanOffer():
            return way.commitments[0] if way.commitments else None
        case PromptOffer(prompt=card):
            return card
        case UseCaseOffer(use_case="best"):
            return way.best
        case UseCaseOffer():
            return max(way.successes, key=lambda each: each.times[-1], default=None)
        case PersonOffer():
            return ChampionOffered(way.champions[0]) if way.champions else None


def nudge_message(
    occasion: Occasion, decision: NudgeDecision, offer: Offered, catalogue: Catalogue, asks: bool
) -> Message:
    """Make the message that goes out.

    Args:
        occasion: what it is about.
        decision: the decision to send it, which its buttons name.
        offer: what is offered.
        catalogue: for the names of tools.
        asks: whether this is the one time that it is asked whether to stop.
    """
    moment, name = occasion.moment, {"u": decision.id}
    first = (Text(moment.say),) if moment.say else ()
    title, blocks, buttons = _offer(offer, name, catalogue)
    later = Button("Later", "later", name)
    why = Button("Why am I getting this?", "why", name)
    asked: tuple[Block, ...] = ()
    if asks:
        asked = (Note("The last messages had no answer. Shall Laps stop writing first?"),)
        buttons = (*buttons, Button("Yes, stop writing first", "quiet", {**name, "all": "1"}))
    return Message(
        f"{moment.say} {title}" if moment.say else title,
        (Heading(title), *first, *blocks, *asked, Choices((*buttons, later, why))),
    )


def _offer(
    offer: Offered, name: dict[str, str], catalogue: Catalogue
) -> tuple[str, tuple[Block, ...], tuple[Button, ...]]:
    match offer:
        case LessonOffered(lesson, because):
            start = Button("Start", "lesson", {**name, "id": lesson.id}, Emphasis.PRIMARY)
            minutes = Note(f"{lesson.minutes} minutes, in your own AI tool.")
            reason = (Note(f"This one, because {because}."),) if because else ()
            return lesson.title, (minutes, *reason), (start,)
        case ReviewOffered(lesson):
            text = Text(f"One question from “{lesson.title}”. It takes half a minute.")
            return "Do you remember?", (text,), (Button("Ask me", "recall", name, Emphasis.PRIMARY),)
        case Commitment(when=when, task=task, tool=tool):
            known = catalogue.tools.get(tool)
            plan = plan_sentence(when, known.name if known else tool, task)
            text = Text(f"You planned: {plan} Has it come up?")
            yes = Button("Yes, and I used it", "kept", {**name, "c": offer.session}, Emphasis.PRIMARY)
            return "Your plan", (text,), (yes, Button("Not yet", "unkept", {**name, "c": offer.session}))
        case Shared(share=share, by=by):
            told = f"Shared by {by or 'a colleague'}"
            told += f"; it worked for {offer.worked} of {offer.tried}." if offer.tried else "."
            look = Button("Look at it", "usecase", {**name, "i": share.id}, Emphasis.PRIMARY)
            return share.task, (Note(told),), (look,)
        case Success(share=share_id, task=task, times=times):
            people = "a colleague" if len(times) == 1 else f"{len(times)} colleagues"
            text = Text(f"“{task}”, which you shared, worked for {people}.")
            look = Button("Look at it", "usecase", {**name, "i": share_id}, Emphasis.PRIMARY)
            return "What you shared is used", (text,), (look,)
        case ChampionOffered(name=champion):
            text = Text(f"{champion} leads your cohort and is there to be asked.")
            return "Somebody to ask", (text,), (Button("My cohort", "cohort", name, Emphasis.PRIMARY),)
        case PromptCard(title=title, text=prompt):
            return title, (Code(prompt.rstrip("\n"), "Prompt"),), (Button("I used it", "thanks", name),)
