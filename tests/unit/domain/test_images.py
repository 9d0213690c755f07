"""What images count as: the vendors' own examples, and never less for a larger one."""

from __future__ import annotations

import struct

import pytest

from hub.domain.images import image_tokens
from hub.domain.tokens import IMAGE_TOKENS


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + b"\x08\x02\0\0\0"


@pytest.mark.parametrize(
    ("model", "width", "height", "tokens"),
    [
        ("gpt-4o", 1024, 1024, 765),
        ("gpt-4o", 2048, 4096, 1105),
        ("gpt-5.1", 512, 512, 255),
        ("gpt-4o-mini", 1024, 1024, 2_833 + 4 * 5_667),
        ("gpt-4.1-nano", 1024, 1024, 2_520),
        ("gpt-5-mini", 4000, 4000, 2_642),
        ("gpt-6.1-sol", 1024, 1024, 1_229),
        ("claude-opus-5-5", 1092, 1092, 1_590),
        ("claude-opus-5-5", 5000, 5000, 4_784),
        ("claude-haiku-5-5", 200, 200, 64),
        ("gemini-2.5-pro", 384, 384, 258),
        ("gemini-3.8-flash", 800, 600, 1_120),
        ("gemini-2.5-pro", 3000, 3000, 16 * 258),
        ("qwen-vl", 1024, 1024, 1_399),
    ],
)
def test_as_the_vendors_count(model: str, width: int, height: int, tokens: int) -> None:
    assert image_tokens(model, png(width, height)) == tokens


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-6-luna", "claude-opus-5-5", "gemini-2.5-pro", "somebody-elses"])
def test_an_unknown_vendor_counts_most_and_no_size_is_a_guess(model: str) -> None:
    for width, height in ((1, 1), (300, 4000), (1600, 1200), (5000, 5000)):
        assert 1 <= image_tokens(model, png(width, height)) <= image_tokens("", png(width, height))
    assert image_tokens(model, b"not an image") == image_tokens(model, png(0, 9)) == IMAGE_TOKENS
