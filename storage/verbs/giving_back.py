"""A charge that turned out too high. Knows which grants an attempt burnt; must not know why it is less now."""

from __future__ import annotations

import sqlalchemy as sa

from hub.domain.money import EntryKind, NewGrant, Source, Unit
from storage import money as m
from storage.verbs.balance import Balance
from storage.verbs.grants import grant_by_id

BURNT = (
    sa.select(m.entries.c.grant_id, sa.func.sum(m.entries.c.used))
    .where(
        m.OF_ATTEMPT,
        m.entries.c.attempt_id == sa.bindparam("attempt", type_=sa.BigInteger()),
        m.entries.c.account_id == sa.bindparam("account", type_=sa.BigInteger()),
    )
    .group_by(m.entries.c.grant_id)
)
"""Reads entries_attempt."""


def give_back(balance: Balance, amount: int, attempt: int, key: str) -> None:
    """Take `amount` of what an attempt was charged off again: first what had no cover, then what was burnt last.

    What is no longer where it was charged, because it was paid back since or is another account's, is given anew."""
    link = balance.link
    rows = link.all(BURNT, {"account": balance.account, "attempt": attempt})
    for number, burnt in sorted(((int(row[0]), int(row[1])) for row in rows), key=lambda one: (one[0] > 0, -one[0])):
        grant = grant_by_id(link, number)
        back = min(amount, burnt, grant.spent if grant else balance.beyond)
        if back <= 0:
            continue
        if grant is None:
            balance.beyond -= back
        else:
            grant.spent -= back
            balance.change(grant)
        amount -= back
        balance.book(EntryKind.SETTLE, f"{key}:{number}", used=-back, grant=number, attempt=attempt)
    balance.forget()
    # a grant that had nothing left may end before those that were looked at
    balance.changes_at = 0
    if amount:
        new = NewGrant(f"back:{key}", balance.account, Unit(balance.unit), amount, Source.LINKED)
        balance.give(new, EntryKind.ADJUST, f"back:{key}")
