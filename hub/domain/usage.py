"""What was used, added up. Knows rows of usage and of statements; must not know how they are kept or shown.

Times are milliseconds since 1970, in UTC; costs are micro-dollars."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hub.domain.money import EntryKind, Unit
from hub.domain.value import dataclass

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True, slots=True)
class UsageRow:
    """Calls that ended, of one model, over one origin, charged in one unit.

    `account_id` paid, `member_id` asked (the same, unless a team or a group pays). `origin`: the platform, `api`, or
    `house` for what nobody asked for at a platform. `calls` holds the `failed` ones and those of which some number is
    `estimated`; `cost` is what the vendor takes by our price list, `charged` what the account was charged in `unit`."""

    account_id: int
    member_id: int
    model: str
    provider: str
    origin: str
    unit: Unit
    calls: int = 0
    failed: int = 0
    estimated: int = 0
    input: int = 0
    cached: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0
    output: int = 0
    reasoning: int = 0
    cost: int = 0
    charged: int = 0


UsageKey = tuple[int, int, str, str, str, str]
"""Where a page of rows ended: account, member, model, provider, origin, unit."""

FIRST_PAGE: UsageKey = (0, 0, "", "", "", "")


def key_of(row: UsageRow) -> UsageKey:
    """Where the page after `row` begins."""
    return row.account_id, row.member_id, row.model, row.provider, row.origin, row.unit.value


@dataclass(frozen=True, slots=True)
class StatementRow:
    """Lines of the ledger of one kind in one month, added up: what they gave and what they took.

    `what`: the model of charges, the source of grants, else empty."""

    unit: Unit
    kind: EntryKind
    what: str
    lines: int
    granted: int
    used: int


@dataclass(frozen=True, slots=True)
class UsageLine:
    """What an account used of one model, charged in one unit; numbers as in UsageRow."""

    model: str
    unit: Unit
    calls: int
    failed: int
    estimated: int
    input: int
    cached: int
    cache_write: int
    cache_write_1h: int
    output: int
    reasoning: int
    cost: int
    charged: int


@dataclass(frozen=True, slots=True)
class TokenRow:
    """Calls to one model, and their tokens: as in UsageRow."""

    model: str
    calls: int
    input: int
    cached: int
    cache_write: int
    cache_write_1h: int
    output: int
    reasoning: int


@dataclass(frozen=True, slots=True)
class Statement:
    """One month of an account's balance, or with `account_id` 0 of the house's. Opening, and what the rows gave less
    what they took, make the closing balance, in each unit; `opening` and `closing` by unit.

    `number`: of the statement that was written once the month was over and never changes; 0: it runs, this is the sum
    so far. `tokens` are those of calls that had ended by then."""

    account_id: int
    since: int
    until: int
    opening: tuple[tuple[Unit, int], ...]
    rows: tuple[StatementRow, ...]
    closing: tuple[tuple[Unit, int], ...]
    tokens: tuple[TokenRow, ...] = ()
    number: int = 0


@dataclass(frozen=True, slots=True)
class Invoice:
    """What was paid: `amount` in the smallest coins of `currency`, `link` to the gateway's page about it."""

    amount: int
    currency: str
    link: str
    paid_at: int


def month_before(moment: int) -> tuple[int, int]:
    """Begin and end, in milliseconds, of the month before the one that `moment` is in."""
    first = _first_of(moment)
    before = (first - timedelta(days=1)).replace(day=1)
    return int(before.timestamp() * 1000), int(first.timestamp() * 1000)


def month_of(moment: int) -> tuple[int, int]:
    """Begin and end of the month that `moment` is in."""
    first = _first_of(moment)
    following = (first + timedelta(days=31)).replace(day=1)
    return int(first.timestamp() * 1000), int(following.timestamp() * 1000)


def month_name(since: int) -> str:
    """`2026-10`."""
    return datetime.fromtimestamp(since / 1000, UTC).strftime("%Y-%m")


def _first_of(moment: int) -> datetime:
    at = datetime.fromtimestamp(moment / 1000, UTC)
    return at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class WarnedGrant:
    """An allowance that runs, and of which its account has been told that `percent` of it is spent."""

    id: int
    tenant: int
    account_id: int
    percent: int
    plan: str
    ends: int


@dataclass(frozen=True, slots=True)
class LoginLine:
    """Who can be written to."""

    id: int
    tenant: int
    account_id: int
    language: str
