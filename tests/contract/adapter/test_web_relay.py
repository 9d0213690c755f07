"""The web in two processes: what one shows, the other draws for whoever looks on there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec
import pytest

from adapters.web.markup import Drawing, nodes
from adapters.web.wire.live import Viewer
from adapters.web.wire.message import Message
from adapters.web.wire.relay import PIECE, Relay
from adapters.web.wire.screens import Screens
from hub.domain.address import Address
from hub.ports.hints import LONGEST_HINT

ANN = Address(1, "web", "default", "ann")
LONG = "".join(f"word{number} 🙂\x00\n\n" for number in range(600))


class Wire:
    """Both ends of a line that carries a hint at once, unless it is down."""

    others, deaf = True, False

    def __init__(self) -> None:
        self.other: Wire | None = None
        self.down = False
        self.told: list[str] = []

    def tell(self, topic: str, words: str) -> None:
        assert len(f"{topic} {words}".encode()) <= LONGEST_HINT
        assert "\n" not in words
        self.told.append(words)
        if self.other is not None and not self.down:
            self.other.take(words)

    def hear(self, topic: str, take: Callable[[str], None], missed: Callable[[], None]) -> None:
        self.take, self.missed = take, missed


class Side:
    """One process."""

    def __init__(self) -> None:
        self.wire, self.screens = Wire(), Screens()
        self.relay = Relay(self.screens, self.wire)

    def looks_on(self) -> Viewer:
        return self.screens.join(ANN, self.screens.at(ANN).last, None)

    def shown(self, key: str) -> str | None:
        """What stands there of a message, finished or not."""
        live = self.screens.at(ANN)
        if (done := live.newest(key)) is not None:
            return done.text
        answer = live.answers.get(key)
        return answer.drawing.text if answer is not None else None


@pytest.fixture
async def two() -> tuple[Side, Side]:
    a, b = Side(), Side()
    a.wire.other, b.wire.other = b.wire, a.wire
    return a, b


def whole(key: str, text: str) -> Message:
    return Message(key, "assistant", text, nodes(text), "done", 1)


async def test_an_answer_grows_and_ends_elsewhere(two: tuple[Side, Side]) -> None:
    a, b = two
    b.looks_on()
    answer = a.screens.begin(ANN, "t1")
    for end in range(0, len(LONG), 700):
        a.relay.show(ANN, answer, LONG[:end])
        assert b.shown("t1") == (LONG[:end] or None)
    a.relay.show(ANN, answer, LONG[:50] + "another end")
    assert b.shown("t1") == LONG[:50] + "another end"
    a.relay.put(ANN, whole("t1", "the end"))
    live = b.screens.at(ANN)
    assert live.newest("t1") == whole("t1", "the end")
    assert not live.answers
    a.relay.show(ANN, answer, LONG)
    assert b.shown("t1") == a.shown("t1") == "the end", "a late frame brings nothing back"


async def test_who_comes_late_or_missed_a_piece_gets_the_beginning(two: tuple[Side, Side]) -> None:
    a, b = two
    answer = a.screens.begin(ANN, "t1")
    a.relay.show(ANN, answer, LONG[: 3 * PIECE])
    assert b.screens.look(ANN) is None, "nobody looks on: nothing is kept"
    b.looks_on()
    a.relay.show(ANN, answer, LONG[: 4 * PIECE])
    assert b.shown("t1") == LONG[: 4 * PIECE]
    a.wire.down = True
    a.relay.show(ANN, answer, LONG[: 5 * PIECE])
    a.wire.down = False
    await asyncio.sleep(0)
    b.relay._asked.clear()
    a.relay.show(ANN, answer, LONG)
    assert b.shown("t1") == LONG


async def test_what_is_too_long_or_unreadable_is_read_from_the_store(two: tuple[Side, Side]) -> None:
    a, b = two
    viewer = b.looks_on()
    a.relay.put(ANN, whole("t1", LONG * 2))
    assert viewer.live.after(viewer.cursor) is None, "a snapshot is due"
    viewer.cursor = viewer.live.last
    b.wire.take('["from another version",1]')
    assert viewer.live.after(viewer.cursor) is None
    viewer.cursor = viewer.live.last
    b.wire.missed()
    assert viewer.live.after(viewer.cursor) is None


async def test_who_is_alone_tells_nothing(two: tuple[Side, Side]) -> None:
    a, _ = two
    a.wire.others = False  # type: ignore[misc]
    answer = a.screens.begin(ANN, "t1")
    a.relay.show(ANN, answer, "words")
    a.relay.typing(ANN)
    a.relay.put(ANN, whole("t1", "words"))
    assert a.wire.told == []


async def test_a_persons_words_are_drawn_as_they_wrote_them(two: tuple[Side, Side]) -> None:
    a, b = two
    b.looks_on()
    a.relay.put(ANN, msgspec.structs.replace(whole("p1", "*not* markdown"), role="person", nodes=[]))
    told = b.screens.at(ANN).newest("p1")
    assert told is not None
    assert told.nodes != Drawing().finish("*not* markdown")
    a.relay.typing(ANN)
    assert b"typing" in (b.screens.at(ANN).ring or [])[-1].body
