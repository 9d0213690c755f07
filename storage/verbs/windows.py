"""The allowance of a plan's running window. Knows when it opens and what lapses then; must not know plans or holds."""

from __future__ import annotations

from collections.abc import Mapping

from hub.domain.money import Allowance, EntryKind, NewGrant, Source, Unit
from storage.verbs.balance import Balance
from storage.verbs.grants import Grant, find_grant, newest_window, plan_key

PLAN_PRIORITY = 10
"""An allowance is spent before anything that was bought or given."""


def window_name(allowance: Allowance) -> str:
    """What a balance calls the window whose allowance it has opened."""
    return f"{allowance.plan}:{allowance.window}"


def open_window(balances: Mapping[str, Balance], balance: Balance, allowance: Allowance) -> None:
    """See to it that `balance` has the allowance, and that of the account's plan grants it is the only one.

    What had lapsed of it, because the account was on another plan meanwhile, comes back; an allowance that the house
    has raised since is raised."""
    grant = _opened(balance, allowance)
    if grant is None:
        key = plan_key(balance.account, allowance.plan, allowance.window or str(balance.now))
        new = NewGrant(
            key, balance.account, Unit(balance.unit), allowance.amount or 0, Source.PLAN, PLAN_PRIORITY, allowance.ends
        )
        number = balance.give(new, EntryKind.GRANT, f"grant:{key}")
    else:
        number = grant.id
        _mend(balance, grant, allowance)
    balance.open(window_name(allowance), number)
    for one in balances.values():
        one.lapse(lambda grant: grant.source == Source.PLAN.value and grant.id != number)
        if one is not balance:
            one.save()


def _opened(balance: Balance, allowance: Allowance) -> Grant | None:
    """The window's grant, if it is open."""
    if allowance.window:
        return find_grant(balance.link, balance.tenant, plan_key(balance.account, allowance.plan, allowance.window))
    newest = newest_window(balance.link, balance.account, balance.unit, allowance.plan)
    return None if newest is None or newest.over(balance.now) else newest


def _mend(balance: Balance, grant: Grant, allowance: Allowance) -> None:
    if grant.over(balance.now):
        return
    more = 0
    if grant.lapsed and balance.opened != window_name(allowance):
        more, grant.lapsed = grant.lapsed, 0
    raised = (allowance.amount or 0) - grant.amount
    if raised > 0 and not grant.note:
        # a note says why an allowance was opened with less
        grant.amount += raised
        more += raised
    if more:
        grant.changes += 1
        balance.change(grant)
        balance.forget()
        balance.book(EntryKind.GRANT, f"again:{grant.id}:{grant.changes}", granted=more, grant=grant.id)
