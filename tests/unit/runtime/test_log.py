"""A line of log carries its turn and no secret, in both formats."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator

import pytest

from hub.core.trace import turn_id
from hub.runtime.log import ConsoleLine, JsonLine, TurnLine
from hub.runtime.redact import SCRUB

SECRET = 'marked "secret" \\ value'


@pytest.fixture(autouse=True)
def _learned() -> Iterator[None]:
    SCRUB.learn({SECRET})
    yield
    SCRUB.learn(())


def record(message: str, *args: object, error: BaseException | None = None, **fields: object) -> logging.LogRecord:
    exc_info = (type(error), error, error.__traceback__) if error else None
    return logging.getLogger("parley.test").makeRecord(
        "parley.test", logging.WARNING, __file__, 1, message, args, exc_info, None, fields or None
    )


def failing() -> BaseException:
    try:
        raise ValueError(f"bad key {SECRET}")
    except ValueError:
        error = sys.exc_info()[1]
        assert error is not None
        return error


@pytest.mark.parametrize("form", [JsonLine(), ConsoleLine(colour=False), ConsoleLine(colour=True)])
def test_nothing_secret_is_written(form: TurnLine) -> None:
    line = form.format(record("sent %s to %s", SECRET, {"key": SECRET}, error=failing(), token=SECRET))
    assert "marked" not in line
    assert line.count("[secret]") >= 3
    assert "ValueError" in line


def test_json_is_one_line_with_the_turn() -> None:
    token = turn_id.set(42)
    try:
        line = JsonLine().format(record("hello\n%s", "world", seconds=1.5, error=failing()))
    finally:
        turn_id.reset(token)
    assert "\n" not in line
    read = json.loads(line)
    assert (read["turn"], read["message"], read["level"], read["logger"]) == (
        42,
        "hello\nworld",
        "warning",
        "parley.test",
    )
    assert read["seconds"] == 1.5
    assert read["trace"].startswith("Traceback")
    assert read["at"].endswith("Z")


def test_outside_of_turns_there_is_no_turn() -> None:
    assert "turn" not in json.loads(JsonLine().format(record("hello")))


def test_the_console_shows_the_turn() -> None:
    token = turn_id.set(7)
    try:
        assert ConsoleLine(colour=False).format(record("hello")).endswith("warning test: hello turn=7")
    finally:
        turn_id.reset(token)


def test_a_call_with_wrong_arguments_is_logged_all_the_same() -> None:
    assert json.loads(JsonLine().format(record("%d things", "many")))["message"] == "%d things ('many',)"
