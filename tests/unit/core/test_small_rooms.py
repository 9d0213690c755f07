"""The core's small pure rooms: pace, breaker, interruption, notices, typed commands."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core import breaker as breaker_module
from hub.core import notices
from hub.core.breaker import FAILURES, Breaker
from hub.core.commands.registry import find, overtakes, read
from hub.core.house import join
from hub.core.interruption import Interrupted, Interruption, Reason
from hub.core.pace import Pace
from hub.domain.errors import BadCommand
from hub.domain.inbound import Called, Pressed, Said
from hub.domain.reply import Notice
from hub.domain.tokens import estimate_tokens


def test_pace_lets_a_minutes_worth_through_at_once_and_then_says_how_long_to_wait():
    pace = Pace(3)
    for _ in range(3):
        assert pace.wait("ann") == 0
        pace.count("ann")
    assert 1 <= pace.wait("ann") <= 20
    assert pace.wait("bob") == 0


def test_pace_of_zero_never_waits():
    pace = Pace(0)
    for _ in range(1000):
        pace.count("ann")
    assert pace.wait("ann") == 0


def test_breaker_opens_after_failures_in_a_row_and_lets_one_call_try_again(monkeypatch):
    breaker = Breaker()
    for _ in range(FAILURES):
        assert breaker.admits()
        breaker.failed()
    assert not breaker.admits()
    monkeypatch.setattr(breaker_module, "REST_SECONDS", 0.05)
    breaker.failed()
    time.sleep(0.06)
    assert breaker.admits(), "one call may try once it has rested"
    assert not breaker.admits(), "but only one"
    breaker.succeeded()
    assert breaker.admits()
    assert breaker.admits()


def test_breaker_forgets_failures_at_a_success():
    breaker = Breaker()
    for _ in range(FAILURES - 1):
        breaker.failed()
    breaker.succeeded()
    breaker.failed()
    assert breaker.admits()


async def test_an_interruption_breaks_the_wait_and_only_the_wait():
    interruption = Interruption()
    steps: list[str] = []

    async def work():
        try:
            with interruption.waiting():
                await asyncio.sleep(60)
        except Interrupted as cut:
            steps.append(cut.reason)
        await asyncio.sleep(0)
        steps.append("went on")

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    interruption.ask(Reason.STOP)
    interruption.ask(Reason.SHUTDOWN)
    await task
    assert steps == ["stopped", "went on"]


async def test_an_interruption_asked_before_the_wait_is_not_forgotten():
    interruption = Interruption()
    interruption.ask(Reason.STOP)
    with pytest.raises(Interrupted), interruption.waiting():
        await asyncio.sleep(60)


async def test_a_foreign_cancellation_stays_a_cancellation():
    interruption = Interruption()

    async def work():
        with interruption.waiting():
            await asyncio.sleep(60)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_a_language_tag_finds_its_language_and_a_strange_one_english():
    assert notices.words("stopped", "de-AT") == "Angehalten."
    assert notices.words("stopped", "ES_mx") == "Detenido."
    assert notices.words("stopped", "tlh") == "Stopped."


def test_a_stored_notice_whose_key_is_gone_still_shows_something():
    assert notices.render(Notice("key_of_an_older_version", {}, "de")) == "key_of_an_older_version"


@pytest.mark.parametrize(
    ("typed", "call"),
    [
        ("/help", Called("help")),
        ("/Model  demo ", Called("model", "demo")),
        ("/stop@parley_bot", Called("stop")),
        ("/new\nline", Called("new", "line")),
    ],
)
def test_typed_commands_become_calls(typed, call):
    assert read(Said(typed)) == call


@pytest.mark.parametrize("text", ["hello /help", "/", "/usr/bin/env is a path", "//x", "/1"])
def test_what_only_looks_like_a_command_stays_a_message(text):
    assert read(Said(text)) == Said(text)


def test_an_unknown_command_names_the_nearest_one():
    with pytest.raises(BadCommand) as caught:
        find("hepl")
    assert notices.words(caught.value.key, "en", **caught.value.arguments) == (
        "There is no command `/hepl`. Did you mean `/help`?"
    )


def test_what_overtakes():
    assert overtakes(Called("stop"))
    assert overtakes(Pressed("model", "demo"))
    assert overtakes(Called("nonsense")), "being told so needs no waiting"
    assert not overtakes(Pressed("retry"))
    assert not overtakes(Said("stop"))


def test_a_footnote_stands_under_a_line():
    assert join("words", "notice") == "words\n\n---\n\nnotice"
    assert join("", "notice") == "notice"
    assert join("words", "") == "words"


@given(st.text(max_size=2000))
def test_the_token_estimate_errs_upward_and_never_fails(text):
    assert estimate_tokens(text) >= len(text.encode("utf-8", "surrogatepass")) / 4
