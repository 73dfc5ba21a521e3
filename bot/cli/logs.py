"""The log of `laps run`: one line an event on standard error, readable, with a machine-readable `action`.

2026-11-02T09:00:00.123Z WARNING laps.slack: a form did not open: … action=form_lost
"""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime

OURS = ("laps", "adapters", "bot", "lessons", "scheduler", "storage")
"""The loggers whose everyday news is worth a line; of libraries only warnings are."""

_PLAIN = re.compile(r"[\w.:/+@-]+")
_KNOWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
"""What every record has; the rest came in as `extra`."""


class OneLine(logging.Formatter):
    """Writes a record as one line that ends in `key=value` pairs, `action` first; a traceback follows it."""

    def format(self, record: logging.LogRecord) -> str:
        """Write the record."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
        extra = {name: value for name, value in vars(record).items() if name not in _KNOWN}
        pairs = {"action": extra.pop("action", "note"), **extra}
        said = " ".join(record.getMessage().splitlines())
        line = f"{time} {record.levelname} {record.name}: {said}"
        line += "".join(f" {name}={_value(value)}" for name, value in pairs.items())
        if record.exc_info:
            line += "\n    " + self.formatException(record.exc_info).replace("\n", "\n    ")
        return line


def _value(value: object) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def start_logging() -> None:
    """Send what Laps has to say, and what worries its libraries, to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    quiet_libraries()


def quiet_libraries() -> None:
    """Leave out Bolt's warnings that it does not use SLACK_BOT_TOKEN, which is on purpose.

    Bolt sets the level of its loggers itself, so a filter is what is left.
    """
    logging.getLogger("slack_bolt.AsyncApp").addFilter(_is_an_error)


def _is_an_error(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR
