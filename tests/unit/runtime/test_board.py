"""What the playground's pages are sent: everything once, then what differs, and an error when a pane falls."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from hub.runtime.playground.board import Board, Seen
from hub.runtime.playground.panes.pane import Deed
from hub.runtime.playground.panes.telegram import TelegramPane


@pytest.fixture
async def pane() -> AsyncIterator[TelegramPane]:
    pane = TelegramPane()
    await pane.start()
    yield pane
    await pane.stop()


@pytest.fixture
async def board(pane: TelegramPane) -> AsyncIterator[Board]:
    board = Board([pane])
    board.start()
    yield board
    await board.stop()


async def says(pane: TelegramPane, text: str) -> None:
    await pane.act(Deed("telegram", "ann", "ann", "says", text))


async def told(board: Board, seen: Seen) -> list[dict[str, Any]]:
    async with asyncio.timeout(5):
        found = await board.changes(seen)
    assert found is not None
    places: list[dict[str, Any]] = json.loads(found)["places"]
    return places


async def test_a_page_gets_everything_once_and_then_only_what_differs(pane: TelegramPane, board: Board) -> None:
    seen = Seen()
    assert [one["messages"] for one in await told(board, seen)] == [[], [], []]
    await says(pane, "one")
    await told(board, seen)
    first = await told(board, Seen())
    assert [(one["place"]["id"], len(one["messages"])) for one in first] == [("ann", 1), ("omar", 0), ("group", 0)]
    await says(pane, "two")
    (second,) = await told(board, seen)
    assert second["order"] == ["1", "2"]
    assert [one["nodes"] for one in second["messages"]] == [["two"]]
    await pane.act(Deed("telegram", "ann", "ann", "reacts", message="1", emoji="👍"))
    (third,) = await told(board, seen)
    assert [(one["id"], one["reactions"]) for one in third["messages"]] == [("1", {"👍": ["ann"]})]
    late = await told(board, Seen())
    assert [one["nodes"] for one in late[0]["messages"]] == [["one"], ["two"]]


async def test_a_slow_page_misses_what_was_in_between(pane: TelegramPane, board: Board) -> None:
    seen = Seen()
    await told(board, seen)
    for emoji in ("👍", "👎", "🎉"):
        await says(pane, emoji)
        await asyncio.sleep(0.1)
    (only,) = await told(board, seen)
    assert [one["nodes"] for one in only["messages"]] == [["👍"], ["👎"], ["🎉"]]


async def test_waiting_ends_with_the_board(pane: TelegramPane, board: Board) -> None:
    seen = Seen()
    await told(board, seen)
    waiting = asyncio.create_task(board.changes(seen))
    await asyncio.sleep(0.05)
    await board.stop()
    async with asyncio.timeout(5):
        assert await waiting is None


async def test_a_pane_that_falls_is_heard_of(pane: TelegramPane, board: Board) -> None:
    seen = Seen()
    await told(board, seen)
    message = await pane.platform.people[0].says("x")
    message.sender = {}
    with pytest.raises(KeyError):
        await told(board, seen)
