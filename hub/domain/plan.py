"""What people may use. Knows plans, their windows and prices; must not know who is on one or what was spent."""

from __future__ import annotations

from enum import StrEnum

from hub.domain.money import Unit
from hub.domain.value import dataclass


class Period(StrEnum):
    """How long a window lasts. MONTH: from the day of the month on which the plan began; ROLLING: `hours` from the
    first use after the last one ended; the others as the calendar has them, in UTC."""

    MONTH = "month"
    CALENDAR_MONTH = "calendar-month"
    WEEK = "week"
    DAY = "day"
    ROLLING = "rolling"


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan.

    `allowance` in `unit` per window, None: without limit. `models` by our name, empty: all. `afterwards`: the model
    people may go on with once the allowance is spent, at the house's cost; empty: none. `per_minute` messages, 0: as
    the house's limit says. `file_size` in bytes and `files_per_day`, 0: as the house's limits say.

    `price` in the currency's smallest coin for each `interval` (month or year), 0: not for sale. `stripe_price`: the
    price's id at Stripe, empty: found by our lookup key. `stars`: Telegram Stars for 30 days, 0: not for sale there.
    `grace_days`: how long a paid plan outlives a payment that failed.
    """

    name: str
    allowance: int | None = None
    unit: Unit = Unit.MICRO
    period: Period = Period.MONTH
    hours: int = 0
    models: frozenset[str] = frozenset()
    afterwards: str = ""
    per_minute: int = 0
    file_size: int = 0
    files_per_day: int = 0
    price: int = 0
    currency: str = "usd"
    interval: str = "month"
    stripe_price: str = ""
    stars: int = 0
    grace_days: int = 5

    def admits(self, model: str) -> bool:
        """Whether people on this plan may use `model`."""
        return not self.models or model in self.models
