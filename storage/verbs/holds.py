"""Setting aside before a call. Knows balances and ceilings; must not know attempts, prices or plans.

One conditional update decides. Only when it hits nothing are the grants looked at: the row is made, what is over
lapses, the window's allowance is opened, and it is tried once more, in the same step.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import sqlalchemy as sa

from hub.domain.money import Allowance, Ask, Ceiling, Hold, Refusal
from storage import money as m
from storage import schema as s
from storage.dialect import insert_new
from storage.link import Link
from storage.rows import clean
from storage.verbs.balance import lock_all, make
from storage.verbs.grants import FOREVER
from storage.verbs.windows import open_window, window_name

_int = sa.BigInteger()
_amount = sa.bindparam("amount", type_=_int)
_whose = (
    m.balances.c.tenant_id == sa.bindparam("tenant", type_=_int),
    m.balances.c.account_id == sa.bindparam("payer", type_=_int),
    m.balances.c.unit == sa.bindparam("of_unit", type_=sa.Text()),
)
_settled = m.balances.c.changes_at > sa.bindparam("now", type_=_int)
_opened = m.balances.c.opened == sa.bindparam("window_name", type_=sa.Text())
_enough = m.balances.c.granted - m.balances.c.used - m.balances.c.held >= _amount

TAKE = sa.update(m.balances).where(*_whose, _settled, _enough).values(held=m.balances.c.held + _amount)
TAKE_IN_WINDOW = TAKE.where(_opened)
TAKE_WITHOUT_LIMIT = (
    sa.update(m.balances)
    .where(*_whose, _settled, _opened)
    .values(held=m.balances.c.held + _amount, granted=m.balances.c.granted + _amount)
    .returning(m.balances.c.plan_grant)
)
"""All three read balances_natural."""
PUT_BACK = sa.update(m.balances).where(*_whose).values(held=m.balances.c.held - _amount)
PUT_BACK_WITHOUT_LIMIT = (
    sa.update(m.balances)
    .where(*_whose)
    .values(held=m.balances.c.held - _amount, granted=m.balances.c.granted - _amount)
)
LOOK = (
    sa.select(
        m.balances.c.granted - m.balances.c.used - m.balances.c.held,
        m.balances.c.changes_at,
        m.balances.c.opened,
        m.grants.c.amount,
        m.grants.c.note,
    )
    .select_from(sa.outerjoin(m.balances, m.grants, m.grants.c.id == m.balances.c.plan_grant))
    .where(*_whose)
)
LIVING_ACCOUNT = (
    sa.select(s.accounts.c.merged_into)
    .where(s.accounts.c.id == sa.bindparam("account", type_=_int), s.accounts.c.tenant_id == sa.bindparam("tenant"))
    .with_for_update(read=True)
)
"""Locked, so that an account is not joined into another while its money is looked at."""

UNDER = (
    m.ceilings.c.tenant_id == sa.bindparam("tenant", type_=_int),
    m.ceilings.c.scope == sa.bindparam("under", type_=sa.Text()),
    m.ceilings.c.window == sa.bindparam("during", type_=sa.Text()),
    m.ceilings.c.unit == sa.bindparam("of_unit", type_=sa.Text()),
)
MAKE_CEILING = insert_new(
    m.ceilings, ("tenant_id", "scope", "window", "unit"), ("tenant_id", "scope", "window", "unit")
)
TAKE_UNDER = (
    sa.update(m.ceilings)
    .where(*UNDER, m.ceilings.c.used + m.ceilings.c.held + _amount <= sa.bindparam("most", type_=_int))
    .values(held=m.ceilings.c.held + _amount, touched=sa.bindparam("now", type_=_int))
)
SETTLE_UNDER = (
    sa.update(m.ceilings)
    .where(*UNDER)
    .values(held=m.ceilings.c.held - _amount, used=m.ceilings.c.used + sa.bindparam("more", type_=_int))
)
"""Both read ceilings_natural."""

_dump = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Taken:
    """What an attempt has set aside; `grant_id`: of the plan without limit that it was added to."""

    payer: int
    unit: str
    amount: int
    grant_id: int = 0
    ceilings: str = ""


def take(link: Link, tenant: int, hold: Hold, now: int) -> Taken | Refusal:
    """Set aside the first ask that the payer can cover, if every ceiling has room too. Raises LookupError for an
    unknown payer, ValueError for less than nothing."""
    if any(ask.amount < 0 for ask in hold.asks):
        raise ValueError("nobody can set less than nothing aside")
    taken: Taken | None = Taken(0, "micro", 0)
    for ask in hold.asks if hold.payer else ():
        allowance = hold.allowance if hold.allowance and hold.allowance.unit is ask.unit else None
        taken = _from_balance(link, tenant, hold.payer, ask, allowance, now)
        if taken is not None:
            break
    if taken is None:
        return Refusal()
    if not hold.ceilings:
        return taken
    under = _under_ceilings(link, tenant, hold, now)
    if isinstance(under, Refusal):
        if not taken.payer:
            return under
        back = {"tenant": tenant, "payer": taken.payer, "of_unit": taken.unit, "amount": taken.amount}
        link.run(PUT_BACK_WITHOUT_LIMIT if taken.grant_id else PUT_BACK, back)
        return under
    return Taken(taken.payer, taken.unit, taken.amount, taken.grant_id, under)


def _from_balance(link: Link, tenant: int, payer: int, ask: Ask, allowance: Allowance | None, now: int) -> Taken | None:
    if ask.amount > FOREVER:
        return None
    taken = _at_once(link, tenant, payer, ask, allowance, now)
    if taken is not None:
        return taken
    if _is_spent(link, tenant, payer, ask, allowance, now):
        return None
    living = living_account(link, tenant, payer)
    make(link, tenant, living, ask.unit.value)
    balances = lock_all(link, tenant, living, now)
    balance = balances[ask.unit.value]
    balance.lapse_over()
    if allowance is not None:
        open_window(balances, balance, allowance)
    balance.look_ahead()
    limitless = allowance is not None and allowance.amount is None
    enough = limitless or balance.free >= ask.amount
    if enough:
        balance.held += ask.amount
        balance.granted += ask.amount if limitless else 0
    balance.save()
    return Taken(living, ask.unit.value, ask.amount, balance.plan_grant if limitless else 0) if enough else None


def _at_once(link: Link, tenant: int, payer: int, ask: Ask, allowance: Allowance | None, now: int) -> Taken | None:
    """By one update, where nothing has changed since the grants were looked at."""
    values = {"tenant": tenant, "payer": payer, "of_unit": ask.unit.value, "amount": ask.amount, "now": now}
    if allowance is None:
        return Taken(payer, ask.unit.value, ask.amount) if link.run(TAKE, values) else None
    values["window_name"] = window_name(allowance)
    if allowance.amount is not None:
        return Taken(payer, ask.unit.value, ask.amount) if link.run(TAKE_IN_WINDOW, values) else None
    row = link.one(TAKE_WITHOUT_LIMIT, values)
    return Taken(payer, ask.unit.value, ask.amount, row[0]) if row else None


def _is_spent(link: Link, tenant: int, payer: int, ask: Ask, allowance: Allowance | None, now: int) -> bool:
    """Whether looking at the grants would find no more: then nobody is locked out, however many are refused at once."""
    row = link.one(LOOK, {"tenant": tenant, "payer": payer, "of_unit": ask.unit.value})
    if row is None or row[0] >= ask.amount or row[1] <= now:
        return False
    if allowance is None:
        return True
    raised = allowance.amount is None or row[3] is None or (row[3] < allowance.amount and not row[4])
    return bool(row[2] == window_name(allowance) and not raised)


def living_account(link: Link, tenant: int, account: int) -> int:
    """The account, or the one that took it in. Raises LookupError for an unknown one."""
    row = link.one(LIVING_ACCOUNT, {"account": account, "tenant": tenant})
    if row is None:
        raise LookupError(f"no account {account} in tenant {tenant}")
    return living_account(link, tenant, row[0]) if row[0] else account


def _under_ceilings(link: Link, tenant: int, hold: Hold, now: int) -> str | Refusal:
    """Take under every ceiling, in an order that is the same for everybody, or under none."""
    asked = {ask.unit: ask.amount for ask in reversed((*hold.asks, *hold.sizes))}
    done: list[tuple[str, str, str, int]] = []
    for ceiling in sorted(hold.ceilings, key=lambda one: (one.scope, one.window, one.unit)):
        amount = asked.get(ceiling.unit, 0)
        if not amount:
            continue
        if not _take_under(link, tenant, ceiling, amount, now):
            for scope, window, unit, held in done:
                settle_under(link, tenant, scope, window, unit, held, 0)
            return Refusal(ceiling.scope)
        done.append((clean(ceiling.scope), clean(ceiling.window), ceiling.unit.value, amount))
    return _dump(done) if done else ""


def _take_under(link: Link, tenant: int, ceiling: Ceiling, amount: int, now: int) -> bool:
    scope, window, unit = clean(ceiling.scope), clean(ceiling.window), ceiling.unit.value
    values = {
        "tenant": tenant, "under": scope, "during": window, "of_unit": unit,
        "amount": amount, "most": min(ceiling.amount, FOREVER), "now": now,
    }  # fmt: skip
    if link.run(TAKE_UNDER, values):
        return True
    link.run(MAKE_CEILING, {"tenant_id": tenant, "scope": scope, "window": window, "unit": unit})
    return link.run(TAKE_UNDER, values) > 0


def settle_under(link: Link, tenant: int, scope: str, window: str, unit: str, held: int, more: int) -> None:
    """Give back what was held under a ceiling, and count what was used."""
    here = {"tenant": tenant, "under": scope, "during": window, "of_unit": unit}
    link.run(SETTLE_UNDER, {**here, "amount": held, "more": more})
