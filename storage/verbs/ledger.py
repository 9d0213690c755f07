"""Giving, taking and reading of money. Knows accounts, balances and their lines; must not know calls or payments."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from hub.domain.money import (
    BalanceLine,
    EntryKind,
    EntryLine,
    GrantLine,
    NewGrant,
    Source,
    Unit,
    WindowShare,
)
from storage import money as m
from storage import schema as s
from storage.link import Link, Row
from storage.rows import clean, now_ms
from storage.verbs.balance import READ_ALL, Balance, lock, lock_all
from storage.verbs.grants import FOREVER, Grant, find_grant, grant_by_id
from storage.verbs.holds import living_account

_int = sa.BigInteger()

BOOKED = sa.select(m.entries.c.created).where(
    m.entries.c.tenant_id == sa.bindparam("tenant", type_=_int), m.entries.c.key == sa.bindparam("key")
)
_line = sa.select(
    m.entries.c.id,
    m.entries.c.account_id,
    m.entries.c.unit,
    m.entries.c.kind,
    m.entries.c.granted,
    m.entries.c.used,
    m.entries.c.grant_id,
    m.entries.c.attempt_id,
    m.entries.c.note,
    m.entries.c.created,
).where(
    m.entries.c.tenant_id == sa.bindparam("tenant", type_=_int),
    m.entries.c.id > sa.bindparam("after", type_=_int),
)
_in_order = (m.entries.c.id,)
EVERYBODYS = _line.order_by(*_in_order).limit(sa.bindparam("most", type_=sa.Integer()))
OF_ACCOUNT = (
    _line.where(m.entries.c.account_id == sa.bindparam("account", type_=_int))
    .order_by(*_in_order)
    .limit(sa.bindparam("most", type_=sa.Integer()))
)
"""Reads entries_account."""

PLAN = (
    sa.select(s.accounts.c.plan, s.accounts.c.merged_into)
    .where(
        s.accounts.c.id == sa.bindparam("account", type_=_int),
        s.accounts.c.tenant_id == sa.bindparam("tenant", type_=_int),
    )
    .with_for_update(key_share=True)
)
SET_PLAN = (
    sa.update(s.accounts)
    .where(s.accounts.c.id == sa.bindparam("account", type_=_int))
    .values(
        plan=sa.bindparam("new_plan", type_=sa.Text()),
        plan_anchor=sa.bindparam("new_anchor", type_=_int),
        plan_until=sa.bindparam("new_until", type_=_int),
        plan_paid=sa.bindparam("new_paid", type_=_int),
        plan_returned=sa.bindparam("new_returned", type_=_int),
    )
)


def grant(link: Link, tenant: int, new: NewGrant, now: int) -> bool:
    """Give credits; see `hub.ports.ledger.Ledger.grant`."""
    if not 0 < new.amount <= FOREVER or not 0 <= new.expires <= FOREVER or not 0 <= new.priority <= FOREVER:
        raise ValueError("a grant is of 1 to 2**53")
    account = living_account(link, tenant, new.account_id)
    if find_grant(link, tenant, new.key) is not None:
        return False
    balance = lock(link, tenant, account, new.unit.value, now)
    given = balance.give(new, EntryKind.GRANT, f"grant:{new.key}") > 0
    if given:
        balance.save()
    return given


def find_given(link: Link, tenant: int, new: NewGrant, now: int) -> bool | None:
    """What a `grant` with the same arguments wrote, if it did."""
    return _booked_then(link, tenant, f"grant:{new.key}", now)


def find_adjusted(link: Link, tenant: int, *others: Any) -> bool | None:
    """What an `adjust` with the same arguments wrote, if it did."""
    return _booked_then(link, tenant, f"adjust:{others[3]}", others[-1])


def _booked_then(link: Link, tenant: int, line: str, now: int) -> bool | None:
    row = link.one(BOOKED, {"tenant": tenant, "key": line})
    return True if row is not None and row[0] == now else None


def adjust(
    link: Link,
    tenant: int,
    account_id: int,
    unit: Unit,
    amount: int,
    key: str,
    note: str,
    kind: EntryKind,
    grant_key: str,
    now: int,
) -> bool:
    """Correct a balance; see `hub.ports.ledger.Ledger.adjust`."""
    if not 0 < abs(amount) <= FOREVER:
        raise ValueError("a correction is of 1 to 2**53, either way")
    account, line, words = living_account(link, tenant, account_id), f"adjust:{key}", clean(note)
    balance = lock(link, tenant, account, unit.value, now)
    if link.one(BOOKED, {"tenant": tenant, "key": line}) is not None:
        return False
    if amount > 0:
        balance.give(NewGrant(line, account, unit, amount, Source.GIFT, note=words), kind, line)
    else:
        _take_away(balance, -amount, kind, line, words, grant_key)
    balance.save()
    return True


def _take_away(balance: Balance, amount: int, kind: EntryKind, key: str, note: str, grant_key: str) -> None:
    """From the grant that is named, then from what would be spent last; what nobody has left is owed."""
    balance.lapse_over()
    spare = balance.free + balance.beyond
    rest = amount
    at = 0
    last_first = balance.grants()[::-1]
    for one in sorted(last_first, key=lambda grant: grant.key != grant_key):
        taken = min(one.left, rest, spare)
        if taken > 0:
            balance.take(one, taken, kind, f"{key}:{at}" if at else key, note)
            rest, spare, at = rest - taken, spare - taken, at + 1
    if rest:
        balance.beyond += rest
        balance.book(kind, f"{key}:{at}" if at else key, used=rest, note=note)


def set_plan(
    link: Link, tenant: int, account_id: int, plan: str, anchor: int, until: int, paid: int = 0, returned: int = 0
) -> None:
    """Put an account on a plan; see `hub.ports.ledger.Ledger.set_plan`, and `hub.domain.conversation.Account`."""
    row = link.one(PLAN, {"account": account_id, "tenant": tenant})
    if row is None:
        raise LookupError(f"no account {account_id} in tenant {tenant}")
    if row[1]:
        set_plan(link, tenant, row[1], plan, anchor, until, paid, returned)
        return
    times = {"new_anchor": max(0, anchor), "new_until": max(0, until), "new_paid": max(0, paid)}
    link.run(SET_PLAN, {"account": account_id, "new_plan": clean(plan), **times, "new_returned": returned})
    if row[0] == plan:
        return
    for balance in lock_all(link, tenant, account_id, now_ms()).values():
        end_plan(balance)
        balance.save()


def end_plan(balance: Balance) -> None:
    """What is left of the running allowance lapses, but for what covers something held."""
    balance.lapse(lambda grant: grant.source == Source.PLAN.value)
    balance.open("", 0)
    balance.changes_at = 0


def entries(link: Link, tenant: int, account_id: int, after: int, limit: int) -> tuple[EntryLine, ...]:
    """Lines of the ledger, in order."""
    values = {"tenant": tenant, "after": after, "most": limit}
    rows = link.all(OF_ACCOUNT, {**values, "account": account_id}) if account_id else link.all(EVERYBODYS, values)
    return tuple(EntryLine(row[0], row[1], Unit(row[2]), EntryKind(row[3]), *row[4:]) for row in rows)


def balances(link: Link, tenant: int, account_id: int) -> tuple[BalanceLine, ...]:
    """Every balance of an account as of now."""
    rows = link.all(READ_ALL, {"tenant": tenant, "account": account_id})
    return tuple(_balance_line(link, row) for row in rows)


def _balance_line(link: Link, row: Row) -> BalanceLine:
    balance = Balance(link, row, now_ms())
    cover, lines, gone = balance.covered(), [], 0
    for one in balance.grants():
        left = one.left
        if one.over(balance.now):
            left = min(left, cover)
            cover -= left
            gone += one.left - left
        if left:
            lines.append(_grant_line(one, balance.unit, left))
    granted = balance.granted - gone
    return BalanceLine(Unit(balance.unit), granted, balance.used, balance.held, balance.beyond, tuple(lines))


def _grant_line(one: Grant, unit: str, left: int) -> GrantLine:
    return GrantLine(one.id, Unit(unit), Source(one.source), one.amount, left, one.expires, one.note)


def window_share(link: Link, tenant: int, account_id: int) -> WindowShare | None:
    """The allowance that is running now."""
    now = now_ms()
    for row in link.all(READ_ALL, {"tenant": tenant, "account": account_id}):
        balance = Balance(link, row, now)
        running = grant_by_id(link, balance.plan_grant)
        if running is not None and not running.over(now):
            plan = balance.opened.partition(":")[0]
            return WindowShare(plan, Unit(balance.unit), running.amount, running.spent, running.expires)
    return None
