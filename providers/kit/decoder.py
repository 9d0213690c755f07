"""From a stream's payloads to our events. Knows how events are gathered and how a stream must end; must not know
any vendor's fields (each provider's `wire.py` subclasses StreamDecoder).
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from hub.domain.completion import Completed, CompletionRequest, Finish, StreamEvent, TextDelta, ToolCall, Usage
from hub.domain.errors import Broken
from providers.kit.rejection import ErrorTable
from providers.kit.usage import Reported, settle, so_far


class StreamDecoder(ABC):
    """One stream. `asked` is set once the vendor may know of the call, `finish` once it gave a reason to stop, `ended`
    once it said nothing more follows.

    Words that arrive together become one TextDelta: what costs further up is the number of events.
    """

    __slots__ = ("_fresh", "_ready", "asked", "ended", "errors", "finish", "model", "request", "streamed")

    def __init__(self, request: CompletionRequest, errors: ErrorTable) -> None:
        self.request = request
        self.errors = errors
        self.finish: Finish | None = None
        self.asked = False
        self.ended = False
        self.model = ""
        self.streamed: list[str] = []
        self._fresh: list[str] = []
        self._ready: list[StreamEvent] = []

    @abstractmethod
    def feed(self, payload: bytes) -> None:
        """Take one payload in. Raises a ProviderError that the vendor put into the stream, DecodeError on nonsense."""

    def feed_all(self, payloads: list[bytes]) -> None:
        """`feed` for all that arrived at once; a vendor's decoder may do it in one loop."""
        for payload in payloads:
            self.feed(payload)

    @abstractmethod
    def reported(self) -> Reported:
        """The last usage the vendor gave."""

    def close_calls(self) -> None:  # noqa: B027 - most vendors have nothing left open
        """Hand over tool calls that only the end of the stream completes."""

    def add_text(self, text: str) -> None:
        """Words for the person."""
        self._fresh.append(text)

    def add_hidden(self, text: str) -> None:
        """Output that is paid for and not shown (reasoning): only counted."""
        self.streamed.append(text)

    def add_call(self, call: ToolCall) -> None:
        """A whole tool call, behind the words before it."""
        self._gather()
        self._ready.append(call)
        self.streamed.append(call.name + call.arguments)

    def take(self) -> list[StreamEvent]:
        """What has become ready since the last taking."""
        self._gather()
        ready = self._ready
        if ready:
            self._ready = []
        return ready

    def end(self) -> list[StreamEvent]:
        """The last events, Completed among them. Raises Broken when the vendor never gave a reason to stop."""
        if self.finish is None:
            raise self.broken("the stream ended without a finish")
        self.close_calls()
        events = self.take()
        events.append(Completed(settle(self.reported(), self.request, self.streamed), self.finish, self.model))
        return events

    def broken(self, why: str) -> Broken:
        """The error of a stream that was cut here."""
        return Broken(self.errors.text(why), self.used())

    def used(self) -> Usage:
        """What a cut stream has used, flagged as estimated."""
        self._gather()
        return so_far(self.reported(), self.request, self.streamed)

    def _gather(self) -> None:
        fresh = self._fresh
        if fresh:
            text = fresh[0] if len(fresh) == 1 else "".join(fresh)
            fresh.clear()
            self._ready.append(TextDelta(text))
            self.streamed.append(text)
