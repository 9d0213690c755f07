"""Counting before a vendor counts. Knows an estimate that errs upward; must not know tokenizers."""

from __future__ import annotations

MESSAGE_OVERHEAD = 4
"""Tokens a chat message costs beside its words (OpenAI's cookbook counts 3 to 4)."""

IMAGE_TOKENS = 1_600
"""Upper estimate of one image (Anthropic: width x height / 750, at most about 1,600)."""


SECOND_TOKENS = 10
"""Tokens that a second of a recording counts as where a vendor bills by time (OpenAI's audio models: 10 a second)."""

RECORDING_BYTES = 2_000
"""Bytes of a second of recorded speech, at least (Opus at 16 kbit/s)."""


def estimate_tokens(text: str) -> int:
    """Tokens of `text`, erring upward: a third of the UTF-8 bytes, since English runs at about four bytes a token
    and CJK at two to three."""
    if not text:
        return 0
    return (len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))) // 3 + 1


def estimate_recording(size: int) -> int:
    """Tokens of `size` bytes of recorded speech, erring upward: no voice note is denser than we think."""
    return size * SECOND_TOKENS // RECORDING_BYTES + 1
