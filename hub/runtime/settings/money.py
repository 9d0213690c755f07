"""Tables of money: plans, who is on which, and the most a day may cost. Knows keys; must not know what is spent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field, field_validator

from hub.domain.plan import Period
from hub.runtime.settings.table import Table

MOST = 1_000_000_000
"""Dollars that an amount may be at most: in micro-dollars still a whole number that every database and JSON carry."""

LONGEST_HOURS = 24 * 366

NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
"""What a plan may be called."""

Ceiling = Decimal | None


class PlanTable(Table):
    """What people on a plan may spend. Its name is the table's: `[plans.free]`; one of your own starts from nothing."""

    enabled: bool = Field(default=True, description="whether the plan exists; false takes one of the three away")
    allowance: Decimal | Literal["unlimited"] = Field(
        default="unlimited", description="to spend in each window: dollars, or a whole number of the unit; or unlimited"
    )
    unit: Literal["money", "tokens", "messages"] = Field(
        default="money", description="what the allowance counts: money, tokens or messages"
    )
    window: Period = Field(
        default=Period.MONTH,
        description="month (from the day the plan began), calendar-month, week, day, or rolling (from first use)",
    )
    hours: int = Field(default=5, ge=1, le=LONGEST_HOURS, description="how long a rolling window lasts")
    models: list[str] = Field(default_factory=list, description="models by name; empty = all")
    afterwards: str = Field(
        default="", description="model to go on with, at the house's cost, once the allowance is spent; empty = none"
    )
    per_minute: int = Field(default=0, ge=0, le=100_000, description="messages in a minute; 0 = as [limits] says")
    file_size: int = Field(default=0, ge=0, le=2**40, description="largest file, in bytes; 0 = as [limits] says")
    files_per_day: int = Field(default=0, ge=0, le=1_000_000, description="files in a day; 0 = no limit")
    price: Decimal = Field(
        default=Decimal(0), ge=0, le=MOST, description="price for each interval in the currency; 0 = not for sale"
    )
    currency: str = Field(default="usd", pattern=r"^[a-z]{3}$", description="currency of the price, such as eur")
    interval: Literal["month", "year"] = Field(default="month", description="month or year")
    stripe_price: str = Field(default="", description="the price's id at Stripe; empty = found by our own key")
    stars: int = Field(
        default=0, ge=0, le=10_000, description="price in Telegram Stars for 30 days; 0 = not for sale there"
    )
    grace_days: int = Field(default=5, ge=0, le=60, description="days the plan outlives a payment that failed")

    @field_validator("allowance")
    @classmethod
    def _is_sane(cls, value: Decimal | str) -> Decimal | str:
        if isinstance(value, Decimal) and not 0 <= value <= MOST * 1_000:
            raise ValueError(f"must be 0 or more, at most {MOST * 1_000}, or unlimited")
        return value


DEFAULT_PLANS: Mapping[str, Mapping[str, Any]] = {
    "free": {"allowance": Decimal("0.50")},
    "pro": {"allowance": Decimal("15.00"), "price": Decimal("20.00")},
    "enterprise": {},
}
"""Plans that exist until an operator changes a key of one or takes it away."""


class AccountsTable(Table):
    """People who turn up."""

    default_plan: str = Field(default="free", description="plan for people who turn up, and for whom nothing is paid")
    warn_at: list[int] = Field(
        default=[80, 90, 100], description="percent of an allowance at which an answer carries a warning; [] = never"
    )

    @field_validator("warn_at")
    @classmethod
    def _are_percents(cls, levels: list[int]) -> list[int]:
        if any(not 1 <= level <= 100 for level in levels):
            raise ValueError("must be whole numbers from 1 to 100, such as [80, 90, 100]")
        return sorted(set(levels))


class SpendingTable(Table):
    """The most that a day (in UTC) may cost, in dollars, whoever pays for it; unset = no ceiling."""

    person: Ceiling = Field(default=None, ge=0, le=MOST, description="for one person, a group chat or a team")
    platform: Ceiling = Field(default=None, ge=0, le=MOST, description="for each platform; /v1 counts as one: api")
    platforms: dict[str, Decimal] = Field(
        default_factory=dict, description="for a platform by name, instead, such as {telegram = 20}"
    )
    house: Ceiling = Field(default=None, ge=0, le=MOST, description="for everything together")
    cheaper: str = Field(default="", description="model that steps in before anything is refused; empty = none")
    step_down: int = Field(
        default=80, ge=1, le=100, description="percent of a ceiling from which on only that cheaper model is asked"
    )

    @field_validator("platforms")
    @classmethod
    def _are_sane(cls, ceilings: dict[str, Decimal]) -> dict[str, Decimal]:
        if any(not 0 <= ceiling <= MOST for ceiling in ceilings.values()):
            raise ValueError(f"must be from 0 to {MOST} each")
        return ceilings


THE_THREE = "There to begin with, each key to be changed by itself: " + ", ".join(
    f"{name} ({', '.join(f'{key} {value}' for key, value in keys.items())})" if keys else name
    for name, keys in DEFAULT_PLANS.items()
)


def with_defaults(given: Any) -> Any:
    """The plans that exist by default, with the keys an operator set in place of theirs.

    Raises ValueError for a name that no plan may have."""
    if not isinstance(given, Mapping):
        return given
    if strange := next((name for name in given if not NAME.fullmatch(name)), ""):
        raise ValueError(f"names a plan `{strange[:40]}`; a name is small letters, digits and -, a letter first")
    merged: dict[str, Any] = {name: dict(default) for name, default in DEFAULT_PLANS.items()}
    for name, keys in given.items():
        merged[name] = {**merged.get(name, {}), **keys} if isinstance(keys, Mapping) else keys
    return merged
