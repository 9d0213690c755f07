"""A vendor's own bill counts where it can be believed, and nowhere else."""

from __future__ import annotations

import pytest

from hub.domain.completion import CompletionRequest, Usage
from hub.domain.model import Price
from providers.kit.rejection import ErrorTable
from providers.llm.openai.wire import Decoder

LISTED = Price(1_000_000, 2_000_000, version="genai-prices 1")


@pytest.mark.parametrize(
    ("cost", "billed"),
    [
        ("0.00014", 140), ("0.0000001", 1), ("1", 1_000_000), ("0", 0),
        ("-0.1", None), ("1e9", None), ("NaN", None), ("true", None), ('"0.1"', None), ("null", None),
    ],
)  # fmt: skip
def test_a_bill_is_read_from_the_last_chunk(cost: str, billed: int | None) -> None:
    reader = Decoder(CompletionRequest("any", ()), ErrorTable("openrouter", {}, {}, ""))
    usage = f'{{"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120, "cost": {cost}}}'
    if cost == "NaN":
        with pytest.raises(ValueError, match="JSON"):
            reader.feed(f'{{"usage": {usage}}}'.encode())
        return
    reader.feed(f'{{"usage": {usage}}}'.encode())
    assert reader.reported().billed == billed


@pytest.mark.parametrize(
    ("usage", "price", "bill"),
    [
        (Usage(100, output=20, billed=120), LISTED, 120),
        (Usage(100, output=20, billed=1_400), LISTED, 1_400),
        (Usage(100, output=20, billed=1_401), LISTED, None),
        (Usage(100, output=20, billed=0), LISTED, None),
        (Usage(100, output=20), LISTED, None),
        (Usage(100, output=20, estimated=True, billed=120), LISTED, None),
        (Usage(100, output=20, billed=120), Price(1, 1, version="settings 2026-01-01"), None),
    ],
)
def test_a_bill_beyond_belief_is_none(usage: Usage, price: Price, bill: int | None) -> None:
    assert price.bill(usage) == bill
