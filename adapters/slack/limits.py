"""What Block Kit can hold, as declared data (https://docs.slack.dev/reference/block-kit).

Lengths are in UTF-16 units, the strictest way in which a platform may count characters.
"""

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
    whole_message=9900,
)
"""`whole_message`: Slack answers `msg_blocks_too_long` near 12,000 characters; one report is at 11,341."""

FALLBACK = 700
"""Of the text for notifications: escaped it can grow fivefold, and chat.update takes 4,000."""

HOME_BLOCKS = 100
MODAL_BLOCKS = 100
METADATA = 3000
CALLBACK = 255
VIEW_TITLE = 24
VIEW_SUBMIT = 24
FIELD_NAME = 200
FIELD_VALUE = 2000
CHOICE_LINE = 300
INPUT_LABEL = 2000
INPUT_TEXT = 3000
PLACEHOLDER = 150
OPTIONS = 100
RADIO_OPTIONS = 10
ACCESSIBILITY_LABEL = 75

READABLE_BUTTON = 30
"""Characters that a button shows on a phone before it cuts them off; longer answers are listed as text."""

PROGRESS_CELLS = 12
"""Cells of a progress bar at most; up to here each step has its own."""
