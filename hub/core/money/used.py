"""What a call has used that did not come to its end. Knows errors, tallies and estimates; must not know prices.

A clear no before the first word uses nothing. All else may be billed by the vendor: what it reported counts, else our
estimate, flagged.
"""

from __future__ import annotations

from hub.domain.completion import Usage
from hub.domain.errors import Broken, Down, ProviderError
from hub.domain.tokens import estimate_tokens
from hub.ports.provider import Tally


def left(stream: object, asked_tokens: int, words: str) -> Usage:
    """Of a call that we left. `stream`: what the provider gave; `asked_tokens`: our count of the prompt; `words`: what
    was heard."""
    return stream.used() if isinstance(stream, Tally) else _estimate(asked_tokens, words)


def failed(error: ProviderError, asked_tokens: int, words: str) -> Usage:
    """Of a call that ended with `error`."""
    if isinstance(error, Broken):
        return error.usage or _estimate(asked_tokens, words)
    if words or (isinstance(error, Down) and error.sent):
        return _estimate(asked_tokens, words)
    return Usage()


def _estimate(asked_tokens: int, words: str) -> Usage:
    return Usage(asked_tokens, output=estimate_tokens(words), estimated=True)
