"""Talking in a terminal and through pipes: a real pseudo-terminal, real pipes, and a house that echoes."""
# ruff: noqa: E501

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from adapters.table import create
from adapters.terminal.config import TerminalConfig
from adapters.terminal.sandbox import Pipes, Screen
from hub.domain.errors import Forbidden, TooLarge
from hub.domain.inbound import Accepted, Inbound, Said
from hub.domain.reply import Button, Part

from .house import Room


class Talk:
    """The adapter at a desk, with a house that answers every line with itself unless told otherwise."""

    def __init__(self, desk: Any, **config: Any) -> None:
        self.desk = desk
        self.room = Room()
        self.adapter: Any = create(
            "terminal", TerminalConfig(stdin=desk.stdin, stdout=desk.stdout, **config), self.room
        )
        self.echo = True
        self.streaming = False
        self.delay = 0.0
        self._answers: list[asyncio.Task[None]] = []
        self.running = asyncio.create_task(self.adapter.run(self.accept))

    async def accept(self, inbound: Inbound) -> Accepted:
        accepted = await self.room.accept(inbound)
        if self.echo:
            self._answers.append(asyncio.create_task(self._answer(inbound, accepted.inbox_id)))
        return accepted

    async def _answer(self, inbound: Inbound, turn: int) -> None:
        assert isinstance(inbound.content, Said)
        await asyncio.sleep(self.delay)
        part = Part(f"**you said** {inbound.content.text}")
        if not self.streaming:
            await self.adapter.send(inbound.address, part, f"t{turn}")
            return
        stream = await self.adapter.open_stream(inbound.address, f"t{turn}")
        for end in range(1, len(part.text) + 1, 3):
            await stream.show(part.text[:end])
        await stream.close()
        if stream.ref:
            await self.adapter.edit(inbound.address, stream.ref, part)
        else:
            await self.adapter.send(inbound.address, part, f"t{turn}")

    async def ended(self) -> None:
        async with asyncio.timeout(5):
            await self.running

    def said(self) -> list[str]:
        return [inbound.content.text for inbound in self.room.inbox if isinstance(inbound.content, Said)]

    async def stop(self) -> None:
        self.running.cancel()
        await asyncio.gather(self.running, *self._answers, return_exceptions=True)
        await self.adapter.close()
        self.desk.leave()


Sit = Callable[..., Talk]


@pytest.fixture
async def sit() -> AsyncIterator[Sit]:
    talks: list[Talk] = []

    def start(desk: Any, **config: Any) -> Talk:
        talks.append(Talk(desk, **config))
        return talks[-1]

    yield start
    for talk in talks:
        await talk.stop()


async def test_a_person_types_and_reads(sit: Sit) -> None:
    ann = Screen()
    talk = sit(ann)
    await ann.sees("you> ")
    ann.types("hi there")
    seen = await ann.sees("you> ", times=2)
    assert "you said hi there" in seen
    assert "\x1b[1myou said\x1b[0m" in ann.output
    ann.presses_ctrl("d")
    await talk.ended()


async def test_an_answer_appears_while_it_is_written(sit: Sit) -> None:
    ann = Screen()
    talk = sit(ann)
    talk.echo = False
    stream = await talk.adapter.open_stream(talk.adapter._address, "t1")
    text = "# Title\n\nSome **bold words** and\n\n- one\n- two\n\n```py\nx = 1\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nThe end."
    before = ""
    for end in range(len(text)):
        await stream.show(text[:end])
        if end == text.index("- one"):
            before = await ann.sees("bold words")
    assert "Title" in before
    await stream.close()
    await talk.adapter.edit(talk.adapter._address, stream.ref, Part(text))
    seen = await ann.sees("The end.")
    assert seen.count("Title") == seen.count("bold words") == seen.count("x = 1") == 1
    assert "**" not in seen
    assert "1 │ 2" in seen


async def test_no_color_is_respected(sit: Sit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    ann = Screen()
    sit(ann)
    ann.types("plain")
    await ann.sees("you said plain")
    assert "\x1b[" not in ann.output


async def test_model_words_never_steer_the_terminal(sit: Sit) -> None:
    ann = Screen()
    talk = sit(ann, color=False)
    evil = (
        "a\x1b]0;owned\x07b\x1b[2Jc\x9b31md\x08 `\x1b[5m` &#27;[1m\n\n```\n\x1b[2J\n```\n\n[x](https://e.x/\x1b[1m) end"
    )
    await talk.adapter.send(talk.adapter._address, Part(evil, (Button("\x1b[1mgo", "retry"),)), "t1")
    await ann.sees("end")
    await ann.sees("/retry")
    assert not [character for character in ann.output if ord(character) < 32 and character not in "\r\n"]


async def test_links_show_where_they_lead(sit: Sit) -> None:
    ann = Screen()
    talk = sit(ann)
    await talk.adapter.send(talk.adapter._address, Part("[docs](https://example.com/x)"), "t1")
    assert "docs (https://example.com/x)" in await ann.sees("example")


async def test_ctrl_c_stops_and_twice_leaves(sit: Sit) -> None:
    ann = Screen()
    talk = sit(ann)
    talk.echo = False
    await ann.sees("you> ")
    ann.types("long question")
    while not talk.room.inbox:
        await asyncio.sleep(0.01)
    ann.presses_ctrl("c")
    while len(talk.room.inbox) < 2:
        await asyncio.sleep(0.01)
    assert talk.said() == ["long question", "/stop"]
    ann.presses_ctrl("c")
    await talk.ended()


async def test_a_store_that_is_down_loses_no_line(sit: Sit) -> None:
    desk = Pipes()
    talk = sit(desk)
    talk.room.store_down = True
    desk.types("patience")
    await asyncio.sleep(0.2)
    assert not talk.room.inbox
    talk.room.store_down = False
    await desk.sees("patience")
    assert talk.said() == ["patience"]


async def test_ctrl_d_waits_for_the_answer(sit: Sit) -> None:
    ann = Screen()
    talk = sit(ann)
    talk.delay = 0.3
    await ann.sees("you> ")
    ann.types("last")
    ann.presses_ctrl("d")
    await talk.ended()
    assert "you said last" in await ann.sees("you said last")


@pytest.mark.parametrize("streaming", [False, True])
async def test_lines_in_answers_out(sit: Sit, streaming: bool) -> None:
    desk = Pipes()
    talk = sit(desk)
    talk.streaming = streaming
    talk.delay = 0.05
    desk.types("one")
    desk.types("")
    desk.types("/help")
    desk.ends()
    await talk.ended()
    await desk.sees("/help")
    assert desk.output == "**you said** one\n**you said** /help\n"
    assert talk.said() == ["one", "/help"]


async def test_the_next_line_waits_for_the_answer(sit: Sit) -> None:
    desk = Pipes()
    talk = sit(desk)
    talk.echo = False
    desk.types("one")
    desk.types("two")
    await asyncio.sleep(0.1)
    assert talk.said() == ["one"]
    await talk.adapter.send(talk.room.inbox[0].address, Part("1"), "t1")
    while len(talk.room.inbox) < 2:
        await asyncio.sleep(0.01)
    assert talk.said() == ["one", "two"]


async def test_json_lines(sit: Sit) -> None:
    desk = Pipes()
    talk = sit(desk, json_lines=True)
    desk.types("ünï")
    desk.ends()
    await talk.ended()
    await desk.sees("\n")
    assert json.loads(desk.output) == {"id": "t1", "text": "**you said** ünï", "notice": False, "state": "done"}


async def test_a_refusal_is_told_in_words(sit: Sit) -> None:
    desk = Pipes()
    talk = sit(desk)
    talk.room.refuse = TooLarge(limit=10)
    desk.types("much too long")
    desk.ends()
    await talk.ended()
    await desk.sees("\n")
    assert desk.output.strip() == talk.room.words("too_large", "en", limit=10)


async def test_a_chosen_model_is_asked_for_without_a_word(sit: Sit) -> None:
    desk = Pipes()
    talk = sit(desk, model="demo")
    desk.types("hi")
    desk.ends()
    await talk.ended()
    await desk.sees("hi")
    assert talk.said() == ["/model demo", "hi"]
    assert desk.output == "**you said** hi\n"


async def test_a_reader_that_left_is_an_error(sit: Sit) -> None:
    desk = Pipes()
    talk = sit(desk)
    desk.ends()
    await talk.ended()
    desk.leave()
    with pytest.raises(Forbidden):
        await talk.adapter.send(talk.adapter._address, Part("anyone?"), "t1")


async def test_a_large_answer_is_written_whole(sit: Sit) -> None:
    desk = Pipes()
    talk = sit(desk)
    text = "word " * 100_000
    await talk.adapter.send(talk.adapter._address, Part(text + "end"), "t1")
    await desk.sees("end")
    assert desk.output == text + "end\n"
