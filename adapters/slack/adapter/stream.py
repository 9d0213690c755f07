"""A reply growing in Slack's own way. Knows streams, when they have to be left, and what must not be appended.

Must not know the final text: that is put by an edit. Appended words cannot be taken back, so only what later words will
not change is appended. Before the server closes a stream that is full, its message ends at a block border and the reply
goes on in a new one, a code fence opened again; before it closes one that is old, the same message goes on by edits.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from time import monotonic

from adapters.slack.adapter.bots import Installed
from adapters.slack.adapter.screen import Screen
from adapters.slack.errors import code_of
from adapters.slack.markup import markdown, settled
from adapters.slack.wire.calls import Calls
from hub.domain.address import Address
from hub.domain.errors import AdapterError, Rejected, Unreachable
from hub.domain.reply import Part, Ref
from hub.text.clean import clean
from hub.text.heal import heal
from hub.text.split import split

LONGEST = 11_000
"""Characters of one message; its stream is closed at 12,000, and breaking mentions makes a text longer."""

OLDEST = 240.0
"""Seconds that a stream is used for; Slack closes it after about 300 however active it is (and sooner when idle)."""

EDIT_PAUSE = 3.0
"""Least seconds between two edits of a message whose stream is over; chat.update is allowed 50 times a minute."""

log = logging.getLogger("parley.slack")


@dataclass
class _Segment:
    """One message of the reply. `shown`: its markdown; `since`: when it began; `streams`: it can be appended to."""

    ts: str
    shown: str
    since: float
    streams: bool = True
    edited: float = 0.0


class SlackStream:
    """Stream and LongStream; `oldest` as OLDEST."""

    def __init__(self, calls: Calls, screen: Screen, bot: Installed, address: Address, oldest: float = OLDEST) -> None:
        self._calls, self._screen, self._bot, self._address = calls, screen, bot, address
        self._oldest = oldest
        self._segments: list[_Segment] = []
        self._begun = ""
        """What a stream begins with whose answer was lost."""
        self._settled = 0
        self._rest = ("", 0)
        """How many segments have their last form; what opens the rest (a fence), and where in the text it begins."""

    @property
    def ref(self) -> Ref | None:
        """The first message, once there is one."""
        return self.refs[0] if self._segments else None

    @property
    def refs(self) -> tuple[Ref, ...]:
        """Every message that was begun."""
        return tuple(Ref(segment.ts) for segment in self._segments)

    async def show(self, text: str) -> None:
        """See hub.ports.adapter.Stream."""
        whole = stable(text)
        lead, start = self._rest
        parts = split(lead + whole[start:], LONGEST, "characters")
        for number, part in enumerate(parts, self._settled):
            if number < len(self._segments) - 1:
                continue
            if number == len(self._segments):
                await self._begin(markdown(part))
            if number < self._settled + len(parts) - 1:
                await self._finish(self._segments[number], part)
            else:
                await self._grow(self._segments[number], part)
        if len(parts) > 1 and (rest := _rest_of(whole, parts[-1])) is not None:
            self._settled += len(parts) - 1
            self._rest = rest

    async def close(self) -> None:
        """See hub.ports.adapter.Stream."""
        if self._segments and self._segments[-1].streams:
            await self._stop(self._segments[-1])

    async def _begin(self, words: str) -> None:
        begun = self._begun
        ts = (
            await self._screen.doubt.find(self._bot, self._address, lambda told: told.get("text") == begun)
            if begun
            else ""
        )
        if ts:
            words = begun
        else:
            self._screen.tiers.take(self._bot.me.id, "chat.startStream")
            body = {"channel": self._address.chat, "thread_ts": self._address.thread, "markdown_text": words}
            try:
                ts = str((await self._calls.call(self._bot.token, "chat.startStream", body)).get("ts", ""))
            except Unreachable:
                self._begun = words
                raise
        self._begun = ""
        self._segments.append(_Segment(ts, words, monotonic()))
        await self._screen.begins(self._bot, self._address)

    async def _grow(self, segment: _Segment, part: str) -> None:
        words = markdown(part)
        if segment.streams and monotonic() - segment.since >= self._oldest:
            await self._stop(segment)
        if segment.streams and words.startswith(segment.shown) and (added := words[len(segment.shown) :]):
            await self._append(segment, added, words)
        if not segment.streams and words != segment.shown and monotonic() - segment.edited >= EDIT_PAUSE:
            await self._edit(segment, part)

    async def _append(self, segment: _Segment, added: str, words: str) -> None:
        self._screen.tiers.take(self._bot.me.id, "chat.appendStream")
        body = {"channel": self._address.chat, "ts": segment.ts, "markdown_text": added}
        try:
            await self._calls.call(self._bot.token, "chat.appendStream", body)
        except Rejected as error:
            if code_of(error) != "message_not_in_streaming_state":
                raise
            segment.streams = False
            return
        segment.shown = words

    async def _finish(self, segment: _Segment, part: str) -> None:
        """The message holds `part` and nothing else from now on."""
        if segment.streams:
            await self._stop(segment)
        if segment.shown != markdown(part):
            await self._edit(segment, part)

    async def _edit(self, segment: _Segment, part: str) -> None:
        segment.edited = monotonic()
        await self._screen.update(self._bot, self._address, segment.ts, Part(heal(part)), growing=True)
        segment.shown = markdown(part)

    async def _stop(self, segment: _Segment) -> None:
        segment.streams = False
        try:
            await self._screen.stop_stream(self._bot, self._address, segment.ts)
        except AdapterError as error:
            log.info("a stream is left open, the next edit closes it: %s", error)


def _rest_of(whole: str, last: str) -> tuple[str, int] | None:
    """What the part `last` opens with and where in `whole` the rest of it begins; None when it is not its end."""
    if whole.endswith(last):
        return "", len(whole) - len(last)
    opening, _, inside = last.partition("\n")
    if inside and whole.endswith(inside) and opening.lstrip(" >").startswith(("```", "~~~")):
        return f"{opening}\n", len(whole) - len(inside)
    return None


def stable(text: str) -> str:
    """The beginning of a growing text that later words will not change: nothing half-written, nothing half-harmless."""
    text = clean(text)
    healed = heal(text)
    least, most = 0, min(len(text), len(healed))
    while least < most:
        middle = (least + most + 1) // 2
        least, most = (middle, most) if text[:middle] == healed[:middle] else (least, middle - 1)
    return settled(text[:least])
