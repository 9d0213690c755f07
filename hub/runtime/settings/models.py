"""Models and what they cost. Knows keys, defaults and bounds; must not know the price list that is installed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator

from hub.runtime.settings.table import Table


def _is_exact(value: Decimal) -> Decimal:
    if value != round(value, 6):
        raise ValueError("has more than six decimals; prices are dollars")
    return value


Dollars = Annotated[Decimal, Field(ge=0, le=1_000_000), AfterValidator(_is_exact)]
"""A price; six decimals, so that whole micro-dollars carry it exactly."""

MOST_TOKENS = 100_000_000
"""No model reads or writes more."""


class ModelEntry(Table):
    """A model people can choose. Prices in dollars per million tokens; by default those of the price list."""

    name: str = Field(min_length=1, pattern=r"^\S+$", description="what people type after /model")
    provider: str = Field(min_length=1, description="name of a [providers.<name>] table")
    id: str = Field(default="", description="the vendor's id; the name by default")
    context: int | None = Field(
        default=None, ge=1, le=MOST_TOKENS, description="tokens that fit in, answer included; as the price list says"
    )
    max_output: int | None = Field(
        default=None, ge=1, le=MOST_TOKENS, description="longest answer, in tokens; by default 4096"
    )
    images: bool = Field(default=False, description="it understands images")
    tools: bool = Field(default=False, description="it calls tools")
    free: bool = Field(default=False, description="it costs nothing")
    price_input: Dollars | None = Field(default=None, description="dollars per million tokens read")
    price_output: Dollars | None = Field(default=None, description="dollars per million tokens written")
    price_cached: Dollars | None = Field(default=None, description="dollars per million tokens read from the cache")
    price_cache_write: Dollars | None = Field(default=None, description="dollars per million tokens put in the cache")


class PriceEntry(Table):
    """What a model costs from a day on, in dollars per million tokens; any number of rows for one model."""

    model: str = Field(min_length=1, description="model by name")
    since: date | None = Field(default=None, description="first day in UTC, such as 2026-11-01; by default always")
    above: int = Field(
        default=0,
        ge=0,
        le=MOST_TOKENS,
        description="only for prompts of more tokens than this; a row with 0 comes first",
    )
    input: Dollars = Field(description="tokens read")
    output: Dollars = Field(description="tokens written, reasoning included")
    cached: Dollars | None = Field(default=None, description="tokens read from the cache; as input")
    cache_write: Dollars | None = Field(default=None, description="tokens put in the cache; as input")
    cache_write_1h: Dollars | None = Field(default=None, description="the same, kept for an hour; as cache_write")
    request: Dollars = Field(default=Decimal(0), description="dollars of every call")

    @field_validator("since", mode="before")
    @classmethod
    def _is_date(cls, value: object) -> object:
        if isinstance(value, int | float):  # would be read as seconds since 1970
            raise ValueError("must be a date such as 2026-11-01")
        return value
