"""What can be done with a message that somebody else wrote: the one table of message actions.

The text of such a message is looked at in memory, and neither stored nor logged.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MessageAction:
    """One action: its `name` is what platforms send, `title` and `description` what people read.

    `verb` is done with the message's text as its argument `argument`.
    """

    name: str
    title: str
    description: str
    verb: str
    argument: str = "text"


MESSAGE_ACTIONS = {
    action.name: action
    for action in (
        MessageAction(
            "help_with_ai",
            "Help me do this with AI",
            "Which lesson and which prompt fit what this message asks for",
            "assist",
        ),
        MessageAction(
            "share_use_case",
            "Share as a use case",
            "Share with your cohort what worked for you",
            "share",
            "prompt",
        ),
    )
}
"""By their names. Titles are at most 24 characters, as Slack has it."""
