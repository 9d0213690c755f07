"""How log lines look. Knows JSON, consoles, the turn's id and scrubbing; must not know who logs what.

Written against the standard library alone: structlog would cost 38 ms and 3.8 MB at start for the same two formats.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from types import TracebackType
from typing import Any, Literal

from hub.core.trace import turn_id
from hub.runtime.redact import SCRUB

Format = Literal["auto", "console", "json"]

_QUIET = {
    "aiohttp.access": logging.WARNING,
    "sqlalchemy": logging.WARNING,
    "asyncio": logging.INFO,
}
"""Loggers of others, and the least level that is let through."""

_COLOURS = {"DEBUG": "\x1b[2m", "INFO": "\x1b[32m", "WARNING": "\x1b[33m", "ERROR": "\x1b[31m", "CRITICAL": "\x1b[31m"}

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


_ONE_LINE = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))}
"""Control characters: what somebody sent us begins no line of its own and steers no terminal."""


class TurnLine(logging.Formatter):
    """What both formats share: scrubbed message, turn id, named fields, scrubbed traceback."""

    def parts(self, record: logging.LogRecord) -> tuple[str, dict[str, Any], str]:
        """Message, fields and traceback of a record, all scrubbed."""
        fields: dict[str, Any] = {}
        if turn := turn_id.get():
            fields["turn"] = turn
        for name, value in record.__dict__.items():
            if name not in _STANDARD:
                fields[name] = value if isinstance(value, int | float) else SCRUB(str(value))
        trace = ""
        if record.exc_info and record.exc_info[0] is not None:
            trace = SCRUB("".join(traceback.format_exception(*record.exc_info))).rstrip()
        return SCRUB(self._message(record)), fields, trace

    @staticmethod
    def _message(record: logging.LogRecord) -> str:
        try:
            return record.getMessage()
        except (TypeError, ValueError):
            return f"{record.msg} {record.args}"


class JsonLine(TurnLine):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        message, fields, trace = self.parts(record)
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z"
        line = {"at": at, "level": record.levelname.lower(), "logger": record.name, "message": message, **fields}
        if trace:
            line["trace"] = trace
        return json.dumps(line, ensure_ascii=False, default=str)


class ConsoleLine(TurnLine):
    """One readable line, the traceback below it."""

    def __init__(self, colour: bool) -> None:
        super().__init__()
        self._colour = colour

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        message, fields, trace = self.parts(record)
        at = time.strftime("%H:%M:%S", time.localtime(record.created))
        level = f"{record.levelname.lower():7}"
        if self._colour:
            level = f"{_COLOURS.get(record.levelname, '')}{level}\x1b[0m"
        said = (message + "".join(f" {name}={value}" for name, value in fields.items())).translate(_ONE_LINE)
        line = f"{at} {level} {record.name.removeprefix('parley.')}: {said}"
        return f"{line}\n{trace}" if trace else line


def start_log(level: str, form: Format) -> None:
    """Send every logger of the process to stderr, in the chosen format, scrubbed."""
    terminal = sys.stderr.isatty()
    console = form == "console" or (form == "auto" and terminal)
    out = logging.StreamHandler(sys.stderr)
    out.setFormatter(ConsoleLine(terminal) if console else JsonLine())
    root = logging.getLogger()
    root.handlers[:] = [out]
    chosen = logging.getLevelName(level.upper())
    root.setLevel(chosen)
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(max(least, chosen))
    if chosen == logging.DEBUG:
        logging.getLogger("aiohttp.access").setLevel(logging.DEBUG)
    logging.captureWarnings(True)
    sys.excepthook = _unhandled


def _unhandled(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    logging.getLogger("parley").critical("ended by an error nobody expected", exc_info=(kind, error, trace))
