"""What a model vendor's translator offers. Knows one method and its abilities; must not know any vendor."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol, runtime_checkable

from hub.domain.completion import CompletionRequest, Recording, StreamEvent, Transcript, Usage


class Provider(Protocol):
    """A vendor. Never knows accounts, prices or conversations; never retries; never swallows cancellation."""

    name: str

    def stream(self, request: CompletionRequest) -> AsyncIterator[StreamEvent]:
        """TextDelta and ToolCall events, then exactly one Completed.

        Closing or cancelling the iterator closes the upstream connection. Raises Overloaded, Down, ContextTooLong,
        Refused before an answer; Broken when it ends without a finish."""
        ...

    async def close(self) -> None:
        """Give back every connection."""
        ...


@runtime_checkable
class Tally(Protocol):
    """Ability of what `stream` returns: say what a call has used that is left before its end."""

    def used(self) -> Usage:
        """What the vendor has reported so far, and at least our estimate of what came through; flagged."""
        ...


@runtime_checkable
class JsonAnswers(Protocol):
    """Ability: have models hold their answers to a request's `shape`. Others are never given one."""

    holds_to_json: bool


@runtime_checkable
class ModelList(Protocol):
    """Ability: ask the vendor which models the key can use."""

    async def models(self) -> list[str]:
        """Vendor ids, sorted. Raises as `stream`."""
        ...


@runtime_checkable
class TokenCount(Protocol):
    """Ability: count what a model would read, by asking the vendor or with its own tokenizer. Costs time, so that it is
    asked only where an estimate would refuse."""

    async def count(self, request: CompletionRequest) -> int:
        """Input tokens of `request`. Raises as `stream`."""
        ...


@runtime_checkable
class Transcribe(Protocol):
    """Ability: write down what was said."""

    async def transcribe(self, recording: Recording) -> Transcript:
        """Its words; empty when nothing was said. Raises as `stream` before an answer."""
        ...
