"""What is shown, and what of it is new to each page that looks. Knows places and differences; must not know a platform.

Everything is kept as JSON, so that a page is sent only messages that differ from those it has, and one that reads
slowly simply misses the states in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from hub.runtime.playground.panes.pane import Pane, Place

GATHER_SECONDS = 0.04
"""Changes that come closer together are drawn at once."""

_json = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class _Drawn:
    """One place: all but its messages, and each message."""

    head: bytes
    messages: dict[str, bytes]


@dataclass(slots=True)
class Seen:
    """What one page has been sent."""

    places: dict[tuple[str, str], _Drawn] = field(default_factory=dict)


class Board:
    """The newest state of every pane."""

    def __init__(self, panes: Sequence[Pane]) -> None:
        self._panes = panes
        self._drawn: dict[tuple[str, str], _Drawn] = {}
        self._news = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.closed = False

    def start(self) -> None:
        """Begin to follow the panes."""
        self._tasks = [asyncio.create_task(self._follow(pane), name=f"pane-{pane.id}") for pane in self._panes]
        for task in self._tasks:
            task.add_done_callback(lambda _: self._stir())

    async def stop(self) -> None:
        """Follow no longer; whoever waits is told so."""
        self.closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._stir()

    async def changes(self, seen: Seen) -> bytes | None:
        """What is new since `seen`, as JSON, once there is something; None at the end.

        Raises what has made a pane fall: a page that stands still must not look as if nothing happened."""
        while not self.closed:
            news = self._news
            for task in self._tasks:
                if task.done():
                    task.result()
            if found := list(self._differences(seen)):
                return b'{"places":[' + b",".join(found) + b"]}"
            await news.wait()
        return None

    async def _follow(self, pane: Pane) -> None:
        while True:
            for place in pane.places():
                self._drawn[pane.id, place.id] = _draw(place)
            self._stir()
            await pane.changed()
            await asyncio.sleep(GATHER_SECONDS)

    def _stir(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    def _differences(self, seen: Seen) -> Iterable[bytes]:
        for (pane, number), drawn in self._drawn.items():
            known = seen.places.get((pane, number))
            if known == drawn:
                continue
            before = known.messages if known else {}
            fresh = [content for one, content in drawn.messages.items() if before.get(one) != content]
            seen.places[pane, number] = drawn
            yield _json.encode(
                {
                    "pane": pane,
                    "place": msgspec.Raw(drawn.head),
                    "order": list(drawn.messages),
                    "messages": [msgspec.Raw(content) for content in fresh],
                }
            )


def _draw(place: Place) -> _Drawn:
    messages = {message.id: _json.encode(message) for message in place.messages}
    place.messages = []
    return _Drawn(_json.encode(place), messages)
