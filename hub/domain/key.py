"""Keys of the HTTP API. Knows what a key may do and until when; must not know how one is spelled or kept."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum

from hub.domain.conversation import Account
from hub.domain.money import Ceiling, Unit
from hub.domain.value import dataclass

KEY_SCOPE = "key"
"""Scope of the refusal of a call whose key opens nothing any more: revoked, expired, or its account blocked."""


class BudgetWindow(StrEnum):
    """After how long a key's budget begins anew, by the calendar in UTC; TOTAL: never.

    By that very name storage knows what it keeps for good."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    TOTAL = "total"

    def name_at(self, now: int) -> str:
        """The window that `now` (milliseconds since 1970) lies in, such as `2026-11-21`, `2026-W47`, `2026-11`."""
        if self is BudgetWindow.TOTAL:
            return self.value
        return datetime.fromtimestamp(now / 1000, UTC).strftime(_FORMATS[self])


_FORMATS = {BudgetWindow.DAY: "%Y-%m-%d", BudgetWindow.WEEK: "%G-W%V", BudgetWindow.MONTH: "%Y-%m"}


@dataclass(frozen=True, slots=True)
class Scope:
    """What a key may do. `models` by our name, empty: all. `lists_only`: it lists models and asks none.

    `budget` in micro-dollars for each `window`, 0: what the account has. `per_minute` calls, 0: as the house's limit
    says. `expires` in milliseconds since 1970, 0: never.
    """

    models: frozenset[str] = frozenset()
    lists_only: bool = False
    budget: int = 0
    window: BudgetWindow = BudgetWindow.TOTAL
    per_minute: int = 0
    expires: int = 0


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key about to be kept: `digest` stands for it, `shown` is the part of it that lists show."""

    tenant: int
    account_id: int
    name: str
    shown: str
    digest: str
    scope: Scope = Scope()


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it is kept. Times in milliseconds since 1970, 0: never."""

    id: int
    account: Account
    name: str
    shown: str
    scope: Scope
    created: int
    used: int = 0
    revoked: int = 0

    def lives(self, now: int) -> bool:
        """Whether it opens anything at `now`."""
        return not self.revoked and not 0 < self.scope.expires <= now

    def admits(self, model: str) -> bool:
        """Whether `model` may be asked with it."""
        return not self.scope.models or model in self.scope.models

    def ceiling(self, now: int) -> Ceiling | None:
        """Its own budget as of `now`; None when it has none."""
        if not self.scope.budget:
            return None
        return Ceiling(f"key:{self.id}", self.scope.window.name_at(now), Unit.MICRO, self.scope.budget)
