"""What Block Kit can hold, as declared data (https://docs.slack.dev/reference/block-kit)."""

from __future__ import annotations

from bot.messages import Limits

LIMITS = Limits(
    blocks=50,
    text=3000,
    heading=150,
    code=3000,
    button_label=75,
    buttons_in_a_row=25,
    choice_label=75,
    whole_message=10_000,
)
"""`whole_message`: Slack answers `msg_blocks_too_long` near 12,000 characters; one report is at 11,341."""

HOME_BLOCKS = 100
MODAL_BLOCKS = 100
VIEW_TITLE = 24
VIEW_SUBMIT = 24
INPUT_LABEL = 2000
INPUT_TEXT = 3000
PLACEHOLDER = 150
OPTIONS = 100
RADIO_OPTIONS = 10
BUTTON_VALUE = 2000
ACCESSIBILITY_LABEL = 75
READABLE_BUTTON = 30
"""Characters that a button shows on a phone before it cuts them off; longer answers are listed as text."""
