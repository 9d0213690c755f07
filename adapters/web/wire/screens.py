"""Everything that is live in this process. Knows all rings, their bounds and the one timer; must not do I/O."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict

from adapters.web.markup import Drawing
from adapters.web.wire.live import Answer, Entry, Live, Viewer
from adapters.web.wire.message import Event, FrameEvent, Message, MessageEvent, TypingEvent, json_of
from hub.domain.address import Address

KEPT_SECONDS = 60.0
"""How long an address stays live after its last viewer and answer."""
MOST_BYTES = 32 * 1024 * 1024
"""All rings together; beyond it the one that was quiet longest is forgotten."""
MOST_LIVE = 100_000
"""Addresses without a viewer that are kept."""
MOST_VIEWERS = 32
"""Streams one visitor may have open; one more ends the oldest."""
LATER_SECONDS = 0.1
"""What need not be seen at once is written at the latest after this."""
HEARTBEAT = 15.0
SLICES = 60
"""A heartbeat goes round in slices, so that ten thousand streams never wake at once."""
MOST_MISSED = 4
"""Heartbeats a viewer's connection may be stuck before it is given up."""


class Screens:
    """All live addresses. Every push returns at once, however slow a viewer is."""

    def __init__(self) -> None:
        self._lives: dict[Address, Live] = {}
        self._fading: OrderedDict[Address, float] = OrderedDict()
        self._rings: OrderedDict[Address, Live] = OrderedDict()
        self._bytes = 0
        self._seq = 0
        self._beating: list[set[Viewer]] = [set() for _ in range(SLICES)]
        self._slice = 0
        self._next = 0
        self._timer: asyncio.TimerHandle | None = None
        self.closed = False

    def next_seq(self) -> int:
        """A number above every earlier one, across restarts too while the clock does not jump back.

        Microseconds stay below 2^53, which JavaScript counts exactly, until the year 2255."""
        self._seq = max(self._seq + 1, time.time_ns() // 1000)
        return self._seq

    def at(self, address: Address) -> Live:
        """The live part of `address`, begun if need be and kept for a while."""
        live = self._lives.get(address)
        if live is None:
            live = self._lives[address] = Live(self.next_seq())
            self._start_timer()
        if live.quiet:
            self._fade(address)
        return live

    def look(self, address: Address) -> Live | None:
        """The live part of `address`, if there is one."""
        return self._lives.get(address)

    def begun_at(self, address: Address, message_id: str) -> int:
        """When a message came to the screen, in ms since 1970; now for one we do not know."""
        live = self._lives.get(address)
        if live is not None:
            answer = live.answers.get(message_id)
            if answer is not None:
                return answer.at
            message = live.newest(message_id)
            if message is not None:
                return message.at
        return time.time_ns() // 1_000_000

    def push_message(self, address: Address, message: Message, *, later: bool = False) -> int:
        """Put a whole message on the screens; its seq. The same message twice in a row of its own shows once.

        `later`: the page that wrote it shows it already, so that other screens have it with the next event or soon."""
        live = self.at(address)
        live.answers.pop(message.id, None)
        if live.newest(message.id) != message:
            self._push(address, live, MessageEvent(self.next_seq(), message), message, later=later)
        if live.quiet:
            self._fade(address)
        return live.last

    def push_typing(self, address: Address) -> None:
        """Say that an answer is being prepared, if anybody looks on."""
        live = self._lives.get(address)
        if live is not None and live.viewers:
            self._push(address, live, TypingEvent(self.next_seq()), None)

    def begin(self, address: Address, key: str) -> Answer:
        """The answer with `key`, new or going on."""
        live = self.at(address)
        answer = live.answers.get(key)
        if answer is None:
            answer = live.answers[key] = Answer(key, time.time_ns() // 1_000_000, Drawing())
        answer.closed_at = 0.0
        self._fading.pop(address, None)
        return answer

    def show(self, address: Address, answer: Answer, text: str) -> None:
        """Grow an answer to `text`; one that was brought to its end elsewhere grows no more."""
        if self.at(address).answers.get(answer.id) is not answer:
            return
        ops = answer.drawing.grow(text)
        if ops:
            self._push(address, self.at(address), FrameEvent(self.next_seq(), answer.id, ops), None)

    def end(self, address: Address, answer: Answer) -> None:
        """No more frames of this answer."""
        answer.closed_at = time.monotonic()
        live = self._lives.get(address)
        if live is not None and live.quiet:
            self._fade(address)

    def forget(self, address: Address) -> None:
        """What happened at `address` is not all known here: its viewers are given a snapshot."""
        live = self._lives.get(address)
        if live is not None:
            live.last = self.next_seq()
            self._bytes -= live.clear()
            live.rouse()

    def reread(self) -> None:
        """As `forget`, everywhere, with each viewer's next heartbeat lest all read at once."""
        for live in self._lives.values():
            live.last = self.next_seq()
            self._bytes -= live.clear()

    def join(self, address: Address, cursor: int, transport: asyncio.Transport | None) -> Viewer:
        """Somebody looks on from `cursor`, over `transport`."""
        live = self.at(address)
        if len(live.viewers) >= MOST_VIEWERS:
            self._send_home(live)
        self._next = (self._next + 1) % SLICES
        viewer = Viewer(live, cursor, self._next, transport)
        live.viewers = (*live.viewers, viewer)
        self._beating[viewer.bucket].add(viewer)
        self._fading.pop(address, None)
        return viewer

    def leave(self, address: Address, viewer: Viewer) -> None:
        """They have gone."""
        live = viewer.live
        live.viewers = tuple(other for other in live.viewers if other is not viewer)
        self._beating[viewer.bucket].discard(viewer)
        if live.quiet:
            self._fade(address)

    @staticmethod
    def _send_home(live: Live) -> None:
        """End the stream that looked on longest: most likely a connection that died unnoticed."""
        oldest, *rest = live.viewers
        live.viewers = tuple(rest)
        oldest.beat = True
        if oldest.transport is not None:
            oldest.transport.abort()
        oldest.rouse()

    def count(self) -> int:
        """Open streams."""
        return sum(map(len, self._beating))

    def close(self) -> None:
        """Send every viewer home and stop the timer."""
        self.closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for bucket in self._beating:
            for viewer in bucket:
                viewer.rouse()

    def _push(
        self, address: Address, live: Live, event: Event, message: Message | None, *, later: bool = False
    ) -> None:
        self._bytes += live.push(Entry(event.seq, json_of(event), message))
        if later:
            asyncio.get_running_loop().call_later(LATER_SECONDS, live.rouse)
        else:
            live.rouse()
        self._rings[address] = live
        self._rings.move_to_end(address)
        while self._bytes > MOST_BYTES and len(self._rings) > 1:
            _, quietest = self._rings.popitem(last=False)
            self._bytes -= quietest.clear()

    def _fade(self, address: Address) -> None:
        self._fading[address] = time.monotonic() + KEPT_SECONDS
        self._fading.move_to_end(address)
        if len(self._fading) > MOST_LIVE:
            self._forget(next(iter(self._fading)))

    def _forget(self, address: Address) -> None:
        self._fading.pop(address, None)
        self._rings.pop(address, None)
        live = self._lives.pop(address, None)
        if live is not None:
            self._bytes -= live.clear()

    def _start_timer(self) -> None:
        if self._timer is None and not self.closed:
            self._timer = asyncio.get_running_loop().call_later(HEARTBEAT / SLICES, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._slice = (self._slice + 1) % SLICES
        for viewer in self._beating[self._slice]:
            viewer.beat = True
            viewer.missed += 1
            viewer.rouse()
            if viewer.missed > MOST_MISSED and viewer.transport is not None:
                viewer.transport.abort()
        now = time.monotonic()
        while self._fading and next(iter(self._fading.values())) <= now:
            self._forget(next(iter(self._fading)))
        if self._lives:
            self._start_timer()
