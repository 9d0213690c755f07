"""The end of an attempt and what it is charged. Knows the attempt's row and the payer's balance; must not know prices.

An attempt may be ended again, by a truth that came late: then the difference is booked, if there is one.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, NamedTuple

import sqlalchemy as sa

from hub.domain.attempt import AttemptEnd, AttemptState
from hub.domain.completion import Usage
from hub.domain.errors import StoreDown
from hub.domain.model import Price
from hub.domain.money import Charge, EntryKind, Unit
from hub.domain.reply import Notice
from hub.domain.turn import AllowanceWarning
from storage import schema as s
from storage.link import Link
from storage.rows import clean, now_ms
from storage.verbs.balance import Balance, lock
from storage.verbs.giving_back import give_back
from storage.verbs.grants import FOREVER, Grant, grant_by_id
from storage.verbs.holds import living_account, settle_under

_int = sa.BigInteger()

SEEN = sa.select(
    s.attempts.c.id,
    s.attempts.c.tenant_id,
    s.attempts.c.payer_id,
    s.attempts.c.unit,
    s.attempts.c.held,
    s.attempts.c.charged,
    s.attempts.c.grant_id,
    s.attempts.c.ceilings,
    s.attempts.c.ends,
    s.attempts.c.asked_tokens,
    s.attempts.c.price_input,
    s.attempts.c.price_output,
    s.attempts.c.price_request,
    s.attempts.c.opened,
).where(s.attempts.c.id == sa.bindparam("attempt"))

_END = (
    "state",
    "input",
    "cached",
    "cache_write",
    "cache_write_1h",
    "output",
    "reasoning",
    "estimated",
    "answered_model",
    "error",
    "first_word_ms",
    "total_ms",
    "ended",
    "cost",
    "charged",
    "ceilings",
)
CLOSE = (
    sa.update(s.attempts)
    .where(
        s.attempts.c.id == sa.bindparam("attempt"),
        s.attempts.c.ends == sa.bindparam("seen_ends", type_=_int),
        s.attempts.c.payer_id == sa.bindparam("seen_payer", type_=_int),
    )
    .values(
        {name: sa.bindparam(f"new_{name}", type_=s.attempts.c[name].type) for name in _END}
        | {
            "ends": s.attempts.c.ends + sa.literal_column("1", sa.Integer()),
            "price_version": s.attempts.c.price_version.concat(sa.bindparam("billed", type_=sa.Text())),
        }
    )
)
"""Only as it was seen: it may have been ended, or its payer joined into another account, since."""

_dump = json.JSONEncoder(separators=(",", ":")).encode

BILLED = ", as the vendor billed"
"""Behind the version of a price that was not reckoned with after all."""

LATE_MS = 5 * 60_000
"""A call that took longer may end after its hour was added up."""

TRIES = 5
"""How often somebody else may end or re-point the same attempt meanwhile."""


class Seen(NamedTuple):
    """An attempt's row as far as money goes."""

    id: int
    tenant: int
    payer: int
    unit: str
    held: int
    charged: int
    grant_id: int
    ceilings: str
    ends: int
    asked_tokens: int
    price_input: int
    price_output: int
    price_request: int
    opened: int

    def due(self, charge: Charge, unit: str) -> int:
        """What of `charge` is taken."""
        amount = _within(charge.of(Unit(unit)))
        return min(amount, self.held) if charge.capped and unit == self.unit else amount


def close_attempt(
    link: Link, attempt_id: int, end: AttemptEnd, warning: AllowanceWarning | None = None
) -> Notice | None:
    """End an attempt and settle it, ending it twice keeps the later end; what the payer is to be told, if anything."""
    now = now_ms()
    for _ in range(TRIES):
        row = link.one(SEEN, {"attempt": attempt_id})
        if row is None:
            return None
        seen = Seen(*row)
        if not seen.payer and not seen.ceilings:
            if _close(link, seen, end, 0, "", now):
                return None
            continue
        charge = end.charge
        due = seen.due(charge, seen.unit) if seen.payer else 0
        balance = lock(link, seen.tenant, _whose(link, seen), seen.unit, now) if seen.payer else None
        ceilings = _under(seen, charge)
        if not _close(link, seen, end, due, ceilings, now):
            continue
        burnt = _charge(seen, balance, due) if balance else []
        for before, after in zip(_rows(seen.ceilings), _rows(ceilings), strict=True):
            scope, window, unit, held = before[:4]
            more = after[4] - (before[4] if seen.ends else 0)
            settle_under(link, seen.tenant, scope, window, unit, 0 if seen.ends else held, more)
        return _warn(balance, burnt, warning) if balance and warning else None
    raise StoreDown(f"attempt {attempt_id} is ended by too many at once")


def abandon(link: Link, attempt_id: int, seen_words: int) -> bool:
    """Close an attempt whose process is gone, with `seen_words` tokens of its answer; False: it is closed already."""
    row = link.one(SEEN, {"attempt": attempt_id})
    if row is None or row[8]:
        return False
    seen = Seen(*row)
    usage = Usage(seen.asked_tokens, output=seen_words, estimated=True)
    cost = Price(seen.price_input, seen.price_output, request=seen.price_request).cost(usage)
    charge = Charge(cost, usage.input + usage.output, 1 if seen_words else 0, capped=True)
    error = "its process ended before it"
    close_attempt(link, attempt_id, AttemptEnd(AttemptState.UNKNOWN, usage, error=error, charge=charge))
    return True


def _whose(link: Link, seen: Seen) -> int:
    """Whose balance is charged. A late difference is that of the account that took the payer in, if one has, unless a
    plan without limit bears it."""
    late = seen.ends and not seen.grant_id
    return living_account(link, seen.tenant, seen.payer) if late else seen.payer


def _within(amount: int) -> int:
    """`amount` as a column can keep it, whatever a vendor says."""
    return max(0, min(amount, FOREVER))


def _close(link: Link, seen: Seen, end: AttemptEnd, charged: int, ceilings: str, now: int) -> bool:
    usage = end.usage
    closed = bool(
        link.run(
            CLOSE,
            {
                "attempt": seen.id,
                "seen_ends": seen.ends,
                "seen_payer": seen.payer,
                "new_state": end.state.value,
                "new_input": _within(usage.input),
                "new_cached": _within(usage.cached),
                "new_cache_write": _within(usage.cache_write),
                "new_cache_write_1h": _within(usage.cache_write_1h),
                "new_output": _within(usage.output),
                "new_reasoning": _within(usage.reasoning),
                "new_estimated": int(usage.estimated),
                "new_answered_model": clean(end.answered_model),
                "new_error": clean(end.error),
                "new_first_word_ms": end.first_word_ms,
                "new_total_ms": _within(end.total_ms),
                "new_ended": now,
                "new_cost": _within(end.charge.micro),
                "new_charged": charged,
                "new_ceilings": ceilings,
                "billed": BILLED if end.charge.billed and not seen.ends else "",
            },
        )
    )
    if closed and seen.opened < now - LATE_MS:
        from storage.verbs.usage import came_late

        came_late(link, seen.opened, now)
    return closed


def _charge(seen: Seen, balance: Balance, due: int) -> list[Grant]:
    """Settle the hold, or book the difference to an earlier end; the grants that were burnt."""
    key = f"settle:{seen.id}:{seen.ends}"
    first = not seen.ends
    more = due if first else due - seen.charged
    burnt: list[Grant] = []
    if not first and not more:
        return burnt
    if seen.grant_id:
        _charge_without_limit(seen, balance, more, key)
    else:
        # before the hold is free: of what is over only what covers something, this call too, may be charged
        balance.lapse_over()
        if first:
            balance.held -= seen.held
        if more > 0:
            burnt = balance.burn(more, seen.id, key)
        elif more < 0:
            give_back(balance, -more, seen.id, key)
        balance.lapse_over()
    balance.save()
    return burnt


def _charge_without_limit(seen: Seen, balance: Balance, more: int, key: str) -> None:
    """The plan gives what is used of it, neither more nor less."""
    if not seen.ends:
        balance.held -= seen.held
        balance.granted -= seen.held
    if not more:
        return
    grant = grant_by_id(balance.link, seen.grant_id)
    assert grant is not None, "grants are kept"
    grant.amount += more
    grant.spent += more
    balance.change(grant)
    balance.book(EntryKind.SETTLE, f"{key}:{grant.id}", more, more, grant=grant.id, attempt=seen.id)


def _rows(ceilings: str) -> list[list[Any]]:
    return json.loads(ceilings) if ceilings else []


def _under(seen: Seen, charge: Charge) -> str:
    """The attempt's ceilings with what is now used under each."""
    if not seen.ceilings:
        return ""
    rows = []
    for scope, window, unit, held, *_ in _rows(seen.ceilings):
        amount = _within(charge.of(Unit(unit)))
        rows.append((scope, window, unit, held, min(amount, held) if charge.capped else amount))
    return _dump(rows)


def _warn(balance: Balance, burnt: list[Grant], warning: AllowanceWarning) -> Notice | None:
    """What is said of the allowance that is running, the first time it is spent so far."""
    for grant in burnt:
        if grant.id == balance.plan_grant and grant.amount and not grant.over(balance.now):
            spent = grant.spent * 100 // grant.amount
            level = max((level for level in warning.levels if level <= spent), default=0)
            if level > grant.warned:
                grant.warned = level
                balance.change(grant)
                notice = warning.notice
                return replace(notice, arguments={**notice.arguments, "percent": level})
    return None
