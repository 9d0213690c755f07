"""Amounts as an operator types and reads them."""

import pytest

from hub.domain.money import Unit
from hub.runtime.cli.accounts import NotDone
from hub.runtime.cli.credits import amount_of, said


@pytest.mark.parametrize(
    ("typed", "unit", "words"),
    [
        ("1e99", "dollars", "too many"),
        ("1000000001", "dollars", "at most 1,000,000,000 at once"),
        ("-3", "dollars", "more than nothing"),
        ("nan", "dollars", "more than nothing"),
        ("inf", "tokens", "more than nothing"),
        ("ten", "dollars", "not a number"),
        ("", "dollars", "not a number"),
        ("0.0000001", "dollars", "a millionth of a dollar"),
        ("0.5", "tokens", "the smallest part is one"),
        ("5", "apples", "there are dollars, tokens, messages"),
    ],
)
def test_what_cannot_be_given_is_said_in_words(typed: str, unit: str, words: str) -> None:
    with pytest.raises(NotDone, match=words):
        amount_of(typed, unit)


def test_amounts_are_exact() -> None:
    assert amount_of("0.1", "dollars") == (Unit.MICRO, 100_000)
    assert amount_of("$12.000001", "dollars") == (Unit.MICRO, 12_000_001)
    assert amount_of("7", "messages") == (Unit.MESSAGES, 7)
    assert [said(one, Unit.MICRO) for one in (0, 12_000_001, -500_000, 5_250_000)] == [
        "$0.00",
        "$12.000001",
        "-$0.50",
        "$5.25",
    ]
    assert said(1_200, Unit.TOKENS) == "1,200 tokens"
