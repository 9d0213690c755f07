"""What an image counts as, by its real size and its vendor's own rules. Knows those rules; must not know wire formats.

Every number errs upward: of what a vendor says differently for models whose names tell nothing, the dearer is taken.
"""

from __future__ import annotations

import re
from math import ceil

from hub.domain.media import image_size
from hub.domain.tokens import IMAGE_TOKENS

_TILED = re.compile(r"(?:^|/)(?:gpt-4|gpt-5(?:\.[0-3])?(?:$|-)|chatgpt-4|o\d)")
"""OpenAI's models until GPT-5.3 that count tiles; mini and nano ones of them count patches."""

_OPENAI = re.compile(r"(?:^|/)(?:gpt-|chatgpt-|o\d)")


def image_tokens(model: str, content: bytes) -> int:
    """Tokens of an image for `model`, the vendor's id of it; of an unknown vendor's the most that any of them takes."""
    size = image_size(content)
    if size is None:
        return IMAGE_TOKENS
    name = model.lower()
    if "claude" in name:
        return _anthropic(*size)
    if "gemini" in name:
        return _gemini(*size)
    if _OPENAI.search(name):
        return _openai(name, *size)
    return max(_anthropic(*size), _gemini(*size), _openai("", *size))


def _openai(name: str, width: int, height: int) -> int:
    """Tiles of 512 pixels (85 + 170 each, the dearest of three rates; 33 times that for GPT-4o mini), or patches of 32
    pixels: at most 1,536 by 1.72 (mini) or 2.46 (nano), at most 10,000 by 1.2 since GPT-5.4."""
    patches = _grid(width, height, 32)
    if "4o-mini" in name:
        return 2_833 + 5_667 * _tiles(width, height)
    if "nano" in name:
        return ceil(min(patches, 1_536) * 2.46)
    if "mini" in name and _TILED.search(name):
        return ceil(min(patches, 1_536) * 1.72)
    if _TILED.search(name):
        return 85 + 170 * _tiles(width, height)
    return ceil(min(patches, 10_000) * (1.72 if "mini" in name else 1.2))


def _tiles(width: int, height: int) -> int:
    """After the image was made to fit into 2,048 pixels, and its short side into 768."""
    scale = min(1.0, 2_048 / max(width, height))
    scale *= min(1.0, 768 / (min(width, height) * scale))
    return _grid(ceil(width * scale), ceil(height * scale), 512)


def _anthropic(width: int, height: int) -> int:
    """Patches of 28 pixels, or an area of 750 each, of at most 2,576 a side and 4,784 in all (since Claude 4.7; 1,568
    before)."""
    scale = min(1.0, 2_576 / max(width, height))
    width, height = ceil(width * scale), ceil(height * scale)
    return min(4_784, max(_grid(width, height, 28), ceil(width * height / 750)))


def _gemini(width: int, height: int) -> int:
    """258, and of what is larger than 384 pixels 258 for each tile of 768, or since Gemini 3 up to 1,120."""
    return 258 if max(width, height) <= 384 else max(1_120, 258 * _grid(width, height, 768))


def _grid(width: int, height: int, step: int) -> int:
    return ceil(width / step) * ceil(height / step)
