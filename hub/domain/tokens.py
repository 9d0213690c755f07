"""Counting before a vendor counts. Knows an estimate that errs upward; must not know tokenizers."""

from __future__ import annotations

MESSAGE_OVERHEAD = 4
"""Tokens a chat message costs beside its words (OpenAI's cookbook counts 3 to 4)."""

IMAGE_TOKENS = 1_600
"""Upper estimate of one image (Anthropic: width x height / 750, at most about 1,600)."""


def estimate_tokens(text: str) -> int:
    """Tokens of `text`, erring upward: a third of the UTF-8 bytes, since English runs at about four bytes a token
    and CJK at two to three."""
    if not text:
        return 0
    return (len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))) // 3 + 1


def estimate_recording(size: int) -> int:
    """Tokens of `size` bytes of recorded speech, erring upward: 10 a second (OpenAI's audio models), and voice notes
    have about 2,000 bytes a second (Opus at 16 kbit/s)."""
    return size // 200 + 1
