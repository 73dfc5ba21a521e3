"""What a command about cohorts and use cases has to have read: which one, and what to look for beside it."""

from __future__ import annotations

from dataclasses import replace

from bot.cohorts import cards
from bot.cohorts.gathering import PAGE, JoinCohort, ShowCohort, StartCohort
from bot.cohorts.promoting import PromoteShare
from bot.cohorts.sharing import DescribeShare, PostShare, ScrapShare, SendShare, WithdrawShare
from bot.cohorts.trying import (
    JudgeShare,
    PractiseShare,
    SaveShare,
    SearchShelf,
    ShowShare,
    TryShare,
    wanted,
)
from bot.cohorts.weekly import KeepMine, PostLine, Repost
from bot.messages import Args
from bot.model import Search
from bot.ports import Needs

MOST_ALIKE = 20
"""Use cases that are compared with one that is about to be shared."""

LONGEST = 400
"""Characters of a use case by which others that are like it are looked for."""


def needed(command: object, args: Args, needs: Needs) -> Needs:
    """Add to what a verb needs what this command of it is about, or the page that its form stands on."""
    match command:
        case SendShare(share=share, task=task, prompt=prompt):
            alike = Search(f"{task} {prompt}"[:LONGEST], any_word=True, most=MOST_ALIKE)
            return replace(needs, share=share or None, shelf=alike)
        case (
            DescribeShare(share=share)
            | PostShare(share=share)
            | ScrapShare(share=share)
            | WithdrawShare(share=share)
            | TryShare(share=share)
            | JudgeShare(share=share)
            | PractiseShare(share=share)
            | SaveShare(share=share)
            | ShowShare(share=share)
            | PromoteShare(share=share)
            | Repost(share=share)
        ):
            return replace(needs, share=share or None)
        case SearchShelf():
            return replace(needs, shelf=wanted(command))
        case (
            ShowCohort(name=name)
            | JoinCohort(name=name)
            | StartCohort(name=name)
            | KeepMine(cohort=name)
            | PostLine(cohort=name)
        ):
            return replace(needs, cohort_named=name or None)
        case _ if args.get("p") in (cards.PAGE, cards.TRIED_PAGE):
            return replace(needs, share=args.get("i") or None)
        case _ if args.get("p") == PAGE:
            return replace(needs, cohort_named=args.get("n") or None)
        case _:
            return needs
