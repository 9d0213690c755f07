"""The demo behind the Provider port. Knows pacing and counting; must not know topics."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from hub.domain.completion import Completed, CompletionRequest, Finish, StreamEvent, TextDelta, Usage
from hub.domain.model import Endpoint
from hub.domain.tokens import estimate_tokens
from providers.kit.usage import estimate_request
from providers.llm.demo import errors, wire

WORDS_PER_SECOND = 60.0
"""About what a quick model streams; tests set it high."""

MODEL = "demo"


class DemoProvider:
    """Answers by keyword. Usage is our own estimate and says so."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.name = endpoint.name

    async def stream(self, request: CompletionRequest) -> AsyncGenerator[StreamEvent, None]:
        """See Provider."""
        if not request.messages:
            raise errors.nothing_asked(self.name)
        said, finish = "", Finish.STOP
        for piece in wire.pieces(wire.until_stop(wire.answer(request), request.stop)):
            if estimate_tokens(said + piece) > request.max_output:
                finish = Finish.LENGTH
                break
            said += piece
            yield TextDelta(piece)
            await asyncio.sleep(2 / WORDS_PER_SECOND)
        usage = Usage(input=estimate_request(request), output=estimate_tokens(said), estimated=True)
        yield Completed(usage, finish, MODEL)

    async def models(self) -> list[str]:
        """See ModelList."""
        return [MODEL]

    async def count(self, request: CompletionRequest) -> int:
        """See TokenCount: an estimate."""
        return estimate_request(request)

    async def close(self) -> None:
        """See Provider: there is nothing to give back."""
