"""Tokens of OpenAI's own models, counted here and exactly. Knows its tokenizers; must not know wire or endpoint.

The tokenizer is loaded at the first question, in a thread: 70 ms and 65 MB. (The package's own front door takes ten
times as long and twice as much, for tables we have no use for; so its extension is opened directly.) Counting runs at
some 40 MB a second and holds the interpreter meanwhile: long texts are counted in slices, with room for others between.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Iterator
from importlib.machinery import ExtensionFileLoader
from importlib.util import find_spec, module_from_spec, spec_from_loader
from pathlib import Path
from typing import Protocol, cast

from hub.domain.completion import CompletionRequest
from hub.domain.images import image_tokens
from hub.domain.tokens import MESSAGE_OVERHEAD, estimate_tokens
from providers.kit.usage import estimate_specs

PER_MESSAGE, PRIMING = 4, 3
"""What stands around the words of a message (its role is one token) and before the answer, by OpenAI's cookbook."""

SLICE = 100_000
"""Characters counted at once: two milliseconds."""

_OLD = re.compile(r"gpt-(3\.5|35|4($|-))")
_OURS = re.compile(r"(gpt-|chatgpt-|codex-|o\d|ft:gpt-)")
_BORDER = re.compile(r"\n(?=[A-Za-z0-9])")
"""Between a new line and a letter no tokenizer joins."""


class Tokenizer(Protocol):
    """What we use of the package's extension."""

    def count(self, text: str) -> int:
        """Tokens of `text`."""
        ...


EXTENSION = ".pyd" if sys.platform == "win32" else ".so"

_loaded: dict[str, Tokenizer] = {}


def encoding_of(model: str) -> str:
    """The name of the tokenizer of OpenAI's `model`; empty: not a model of OpenAI's."""
    if _OLD.match(model):
        return "cl100k_base"
    return "o200k_base" if _OURS.match(model) else ""


async def count(request: CompletionRequest) -> int | None:
    """Input tokens of `request`: exact for words, estimated upward for images, tools and calls; None: not OpenAI's."""
    name = encoding_of(request.model)
    if not name:
        return None
    if name not in _loaded:
        _loaded[name] = await asyncio.to_thread(_load, name)
    total = PRIMING
    if request.system:
        total += PER_MESSAGE + await _count(_loaded[name], request.system)
    for message in request.messages:
        total += PER_MESSAGE + await _count(_loaded[name], message.text)
        total += sum(image_tokens(request.model, image.content) for image in message.images)
        total += sum(MESSAGE_OVERHEAD + estimate_tokens(call.name + call.arguments) for call in message.tool_calls)
    return total + estimate_specs(request)


async def _count(tokenizer: Tokenizer, text: str) -> int:
    total = 0
    for part in _slices(text):
        if total:
            await asyncio.sleep(0)
        total += tokenizer.count(part.encode("utf-8", "replace").decode())
    return total


def _slices(text: str) -> Iterator[str]:
    """`text` in parts whose tokens add up to its own."""
    start = 0
    while (border := _BORDER.search(text, start + SLICE)) is not None:
        yield text[start : border.end()]
        start = border.end()
    yield text[start:]


def _load(name: str) -> Tokenizer:
    found = find_spec("bpe_openai")
    assert found is not None, "it is in requirements.txt"
    assert found.submodule_search_locations
    file = next(Path(next(iter(found.submodule_search_locations))).glob(f"_bindings*{EXTENSION}"))
    loader = ExtensionFileLoader("bpe_openai._bindings", str(file))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    extension = module_from_spec(spec)
    loader.exec_module(extension)
    return cast("Tokenizer", extension.tokenizer_for_encoding(name))
