"""What is happening at one address right now. Knows recent events, running answers and viewers; must not do I/O.

Durable truth is the store's. Nothing here is needed after a restart: who cannot be given the events after a number is
given a snapshot instead.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

from adapters.web.markup import Drawing
from adapters.web.wire.message import Message

MOST_EVENTS = 500
MOST_BYTES = 256 * 1024
"""Bounds of one address's ring."""
EVENT_COST = 200
"""Bytes an event costs us beside its JSON (tuple, deque slot, message object), for the bound."""

LEFT_OPEN_SECONDS = 5.0
"""When an answer without further frames still has no final message, somebody else may have written that."""


class Entry(NamedTuple):
    """An event that happened: its JSON, and the message if it was one."""

    seq: int
    body: bytes
    message: Message | None


@dataclass(slots=True)
class Answer:
    """An answer being written. `closed_at` (monotonic, 0 = not yet): no frames since; its final message is to come."""

    id: str
    at: int
    drawing: Drawing
    closed_at: float = 0.0

    def message(self) -> Message:
        """The answer as it stands."""
        return Message(self.id, "assistant", self.drawing.text, list(self.drawing.nodes), "streaming", self.at)


class Viewer:
    """One open stream. Has no queue: `cursor` is how far it has read, and the ring is the queue of all."""

    __slots__ = ("beat", "bucket", "cursor", "live", "missed", "transport", "wake")

    def __init__(self, live: Live, cursor: int, bucket: int, transport: asyncio.Transport | None) -> None:
        self.live = live
        self.cursor = cursor
        self.bucket = bucket
        self.transport = transport
        self.beat = True
        self.missed = 0
        self.wake: asyncio.Future[None] | None = None

    def rouse(self) -> None:
        """Let its writer look at the ring again; never waits."""
        if self.wake is not None and not self.wake.done():
            self.wake.set_result(None)


class Live:
    """The ring of one address, its running answers and its viewers."""

    __slots__ = ("answers", "floor", "last", "messages", "posted", "ring", "size", "viewers")

    def __init__(self, floor: int) -> None:
        self.floor = floor
        self.last = floor
        self.ring: deque[Entry] | None = None
        self.size = 0
        self.answers: dict[str, Answer] = {}
        self.messages: dict[str, Message] = {}
        self.posted: dict[str, int] = {}
        self.viewers: tuple[Viewer, ...] = ()

    def push(self, entry: Entry) -> int:
        """Add an event, which no viewer is told of yet; by how many bytes the ring grew."""
        before = self.size
        if self.ring is None:
            self.ring = deque()
        self.ring.append(entry)
        self.last = entry.seq
        if entry.message is not None:
            self.messages[entry.message.id] = entry.message
        self.size += len(entry.body) + EVENT_COST
        while len(self.ring) > MOST_EVENTS or self.size > MOST_BYTES:
            self._drop(self.ring)
        return self.size - before

    def rouse(self) -> None:
        """Let the viewers see what was pushed."""
        for viewer in self.viewers:
            viewer.rouse()

    def after(self, seq: int) -> list[Entry] | None:
        """Every event after `seq`, oldest first; None when some are not known any more, or `seq` is not ours."""
        if seq < self.floor or seq > self.last:
            return None
        if seq == self.last or self.ring is None:
            return []
        missing = []
        for entry in reversed(self.ring):
            if entry.seq <= seq:
                break
            missing.append(entry)
        missing.reverse()
        return missing

    def messages_after(self, seq: int) -> list[Message]:
        """Whole messages among the events after `seq` that are still known, oldest first."""
        return [entry.message for entry in self.ring or () if entry.seq > seq and entry.message is not None]

    def newest(self, message_id: str) -> Message | None:
        """The last message event with this id that is still known."""
        return self.messages.get(message_id)

    def clear(self) -> int:
        """Forget the events; how many bytes that gave back."""
        freed, self.size, self.ring, self.floor = self.size, 0, None, self.last
        self.messages.clear()
        self.posted.clear()
        return freed

    def _drop(self, ring: deque[Entry]) -> None:
        oldest = ring.popleft()
        self.size -= len(oldest.body) + EVENT_COST
        self.floor = oldest.seq
        message = oldest.message
        if message is not None and self.messages.get(message.id) is message:
            del self.messages[message.id]
            self.posted.pop(message.id, None)

    @property
    def left_open(self) -> bool:
        """An answer has been without frames and without final message for long, as when another process took it."""
        since = time.monotonic() - LEFT_OPEN_SECONDS
        return any(0 < answer.closed_at < since for answer in self.answers.values())

    @property
    def quiet(self) -> bool:
        """Nobody looks on and nothing is being written."""
        return not self.viewers and all(answer.closed_at for answer in self.answers.values())
