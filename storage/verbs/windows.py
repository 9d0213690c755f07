"""The allowance of a plan's running window. Knows when it opens and what lapses then; must not know plans or holds."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from hub.domain.money import Allowance, EntryKind, NewGrant, Source, Unit
from storage import money as m
from storage.dialect import number, word
from storage.verbs.balance import Balance
from storage.verbs.grants import FOREVER, Grant, find_grant, newest_window, plan_key

PLAN_PRIORITY = 10
"""An allowance is spent before anything that was bought or given."""

ASKED_WITHIN_MS = 60_000
"""Who asks for a hold reckoned the end of a window that opens with its first use by a clock a little earlier."""

_int = sa.BigInteger()
LAPSED = sa.select(-sa.func.coalesce(sa.func.sum(m.entries.c.granted), number(0))).where(
    m.entries.c.account_id == sa.bindparam("account", type_=_int),
    m.entries.c.grant_id == sa.bindparam("grant", type_=_int),
    m.entries.c.kind == word("expire"),
)
"""What lapsed of a grant, less what came back; what was taken away is not among it. Reads entries_account."""


def window_name(allowance: Allowance) -> str:
    """What a balance calls the window whose allowance it has opened."""
    return f"{allowance.plan}:{allowance.window}"


def open_window(balances: Mapping[str, Balance], balance: Balance, allowance: Allowance) -> None:
    """See to it that `balance` has the allowance, and that of the account's plan grants it is the only one.

    What had lapsed of it, because the account was on another plan meanwhile, comes back, but not what was taken away.
    An allowance that the house has raised since is raised."""
    grant = _opened(balance, allowance)
    if grant is None:
        key = plan_key(balance.account, balance.unit, allowance.plan, allowance.window or str(balance.now))
        new = NewGrant(
            key, balance.account, Unit(balance.unit), allowance.amount or 0, Source.PLAN, PLAN_PRIORITY, allowance.ends
        )
        current = balance.give(new, EntryKind.GRANT, f"grant:{key}")
    else:
        current = grant.id
        _mend(balance, grant, allowance)
    balance.open(window_name(allowance), current)
    for one in balances.values():
        one.lapse(lambda grant: grant.source == Source.PLAN.value and grant.id != current)
        if one is not balance:
            one.open("", 0)
            one.save()


def _opened(balance: Balance, allowance: Allowance) -> Grant | None:
    """The window's grant, if it is open."""
    if allowance.window:
        key = plan_key(balance.account, balance.unit, allowance.plan, allowance.window)
        return find_grant(balance.link, balance.tenant, key)
    newest = newest_window(balance.link, balance.account, balance.unit, allowance.plan)
    return newest if newest and _ends(balance, newest, allowance) > balance.now else None


def _ends(balance: Balance, grant: Grant, allowance: Allowance) -> int:
    """When the window of `grant` ends by itself; one that opens with its first use lasts from then."""
    if allowance.window or not allowance.ends:
        return allowance.ends or FOREVER
    return int(grant.key.rpartition(":")[2]) + allowance.ends - balance.now


def _mend(balance: Balance, grant: Grant, allowance: Allowance) -> None:
    ends = _ends(balance, grant, allowance)
    if ends <= balance.now:
        return
    back, ended = 0, 0 < grant.expires < ends - ASKED_WITHIN_MS
    if ended:
        row = balance.link.one(LAPSED, {"account": balance.account, "grant": grant.id})
        back = min(grant.lapsed, int(row[0])) if row else 0
        grant.lapsed, grant.expires = grant.lapsed - back, ends if allowance.ends else 0
    # a note says why an allowance was opened with less
    raised = 0 if grant.note else max(0, (allowance.amount or 0) - grant.amount)
    grant.amount += raised
    if raised or ended:
        grant.changes += 1
        balance.change(grant)
        balance.forget()
    for kind, line, more in ((EntryKind.EXPIRE, "again", back), (EntryKind.GRANT, "raised", raised)):
        if more:
            balance.book(kind, f"{line}:{grant.id}:{grant.changes}", granted=more, grant=grant.id)
