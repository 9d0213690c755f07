"""What may be spent and what was. Knows units, grants, holds, charges and entries; must not know plans or payments.

Amounts are whole numbers: micro-dollars, tokens or messages, as the unit says. Times are milliseconds since 1970.
"""

from __future__ import annotations

from enum import StrEnum

from hub.domain.value import dataclass

MICRO = 1_000_000
"""Micro-dollars in a dollar."""


class Unit(StrEnum):
    """What an amount counts."""

    MICRO = "micro"
    TOKENS = "tokens"
    MESSAGES = "messages"


class Source(StrEnum):
    """Where a grant comes from. PLAN: the allowance of one window; TOPUP: bought; GIFT: an operator gave it."""

    PLAN = "plan"
    TOPUP = "topup"
    GIFT = "gift"
    LINKED = "linked"


class EntryKind(StrEnum):
    """What a line of the ledger says. Holds are no lines: one lives with its attempt and ends with it."""

    GRANT = "grant"
    SETTLE = "settle"
    EXPIRE = "expire"
    REFUND = "refund"
    ADJUST = "adjust"
    MOVE = "move"


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a plan gives in the window that is running; `amount` None: as much as is asked for, counted all the same.

    `window` names the window, unique within plan and account (such as `2026-11-21`); empty: it opens with the first
    use. `ends`: when what is left of it lapses; 0: never.
    """

    plan: str
    unit: Unit
    amount: int | None
    window: str
    ends: int


@dataclass(frozen=True, slots=True)
class Ask:
    """What a hold is to set aside."""

    unit: Unit
    amount: int


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most that may be spent under `scope` in `window`: a key's budget, a member's cap, a spend guard.

    `scope` such as `house`, `platform:telegram`, `person:17`, `key:3`, `member:17:4`; `window` such as `2026-11-21`.
    """

    scope: str
    window: str
    unit: Unit
    amount: int


@dataclass(frozen=True, slots=True)
class Cap:
    """The most that somebody may spend in a calendar month (UTC); `amount` 0: nothing is said."""

    amount: int = 0
    unit: Unit = Unit.MICRO


@dataclass(frozen=True, slots=True)
class Hold:
    """What an attempt sets aside before its call. The first of `asks` that the payer can cover is taken.

    Every ceiling has to have room for the ask (or else the one of `sizes`) that is of its unit; one that asks for
    nothing is met by nothing. `payer` 0: nobody's balance is asked, the house bears it; the ceilings count all the
    same."""

    payer: int
    asks: tuple[Ask, ...]
    allowance: Allowance | None = None
    ceilings: tuple[Ceiling, ...] = ()
    sizes: tuple[Ask, ...] = ()


@dataclass(frozen=True, slots=True)
class Charge:
    """What a finished attempt costs, in every unit; the unit that was held is what is taken.

    `capped`: never more than was held, because part of it is our estimate. `billed`: `micro` is the
    vendor's own bill."""

    micro: int = 0
    tokens: int = 0
    messages: int = 0
    capped: bool = False
    billed: bool = False

    def of(self, unit: Unit) -> int:
        """The amount in `unit`."""
        return int(getattr(self, unit.value))


@dataclass(frozen=True, slots=True)
class Refusal:
    """No hold was taken, and no attempt written. `scope` empty: the payer's balance; else the ceiling that was met."""

    scope: str = ""


@dataclass(frozen=True, slots=True)
class NewGrant:
    """Credits to be given. `key` is unique in the tenant: the same key gives once. A lower `priority` is spent first,
    then what lapses sooner; `expires` 0: never."""

    key: str
    account_id: int
    unit: Unit
    amount: int
    source: Source
    priority: int = 50
    expires: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class GrantLine:
    """A grant as people see it; `left` is what has been neither spent, taken back nor has lapsed."""

    id: int
    unit: Unit
    source: Source
    amount: int
    left: int
    expires: int
    note: str


@dataclass(frozen=True, slots=True)
class BalanceLine:
    """An account's balance in one unit. `granted` less what lapsed or was taken back; `beyond`: spent without cover
    (a vendor reported more than was held), and paid back by what comes next."""

    unit: Unit
    granted: int
    used: int
    held: int
    beyond: int
    grants: tuple[GrantLine, ...] = ()

    @property
    def free(self) -> int:
        """What a hold may take; negative while something was spent without cover."""
        return self.granted - self.used - self.held


@dataclass(frozen=True, slots=True)
class EntryLine:
    """A line of the ledger: what it added to granted and to used, either of which may be negative."""

    id: int
    account_id: int
    unit: Unit
    kind: EntryKind
    granted: int
    used: int
    grant_id: int
    attempt_id: int
    note: str
    created: int


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A balance that its entries do not add up to; account 0: a ceiling, and the open calls under it."""

    tenant: int
    account_id: int
    unit: Unit
    column: str
    kept: int
    computed: int


@dataclass(frozen=True, slots=True)
class WindowShare:
    """What is spent of the allowance that is running; `amount` as it was opened, `ends` 0: never.

    Under a plan without limit `amount` is what was spent so far."""

    plan: str
    unit: Unit
    amount: int
    used: int
    ends: int
