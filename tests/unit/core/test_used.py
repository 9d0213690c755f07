"""What a call counts for that did not come to its end."""

from __future__ import annotations

import pytest

from hub.core.money.used import failed, left
from hub.domain.completion import Usage
from hub.domain.errors import Broken, ContextTooLong, Down, Overloaded, ProviderError, Refused
from hub.domain.tokens import estimate_tokens

WORDS = "some words that came"
PROMPT = Usage(70, estimated=True)
BOTH = Usage(70, output=estimate_tokens(WORDS), estimated=True)


@pytest.mark.parametrize(
    ("error", "words", "usage"),
    [
        (Overloaded(), "", Usage()),
        (Refused("no"), "", Usage()),
        (ContextTooLong("no"), "", Usage()),
        (Down("cannot connect"), "", Usage()),
        (Down("silent", sent=True), "", PROMPT),
        (Broken("cut"), "", PROMPT),
        (Broken("cut", Usage(50, 40, estimated=True)), "", Usage(50, 40, estimated=True)),
        (Broken("cut"), WORDS, BOTH),
        (Overloaded(), WORDS, BOTH),
        (Down("5xx"), WORDS, BOTH),
    ],
)
def test_only_a_clear_no_before_the_first_word_counts_for_nothing(
    error: ProviderError, words: str, usage: Usage
) -> None:
    assert failed(error, 70, words) == usage


def test_what_the_vendor_said_until_we_left_counts() -> None:
    class Told:
        def used(self) -> Usage:
            return Usage(50, 40, output=3, estimated=True)

    assert left(Told(), 70, WORDS) == Usage(50, 40, output=3, estimated=True)
    assert left(object(), 70, WORDS) == BOTH
