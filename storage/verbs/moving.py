"""Money that goes with people who join. Knows what moves to the account that is kept; must not know how people agree.

What was bought or given moves whole. An allowance lapses, but for what covers something held: two allowances joined
are one. Only a plan of its own comes over with its allowance, where the account that is kept has none.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from hub.domain.money import Allowance, EntryKind, NewGrant, Source, Unit
from storage import schema as s
from storage.dialect import number
from storage.link import Link
from storage.rows import now_ms
from storage.verbs.balance import READ_ALL, Balance, lock, lock_all, make
from storage.verbs.grants import Grant, grant_by_id, plan_key
from storage.verbs.ledger import SET_PLAN, end_plan
from storage.verbs.windows import PLAN_PRIORITY, window_name

_int = sa.BigInteger()
_kept = sa.bindparam("kept", type_=_int)
_joined = sa.bindparam("joined", type_=_int)

PLAN_OF = sa.select(
    s.accounts.c.plan,
    s.accounts.c.plan_anchor,
    s.accounts.c.plan_until,
    s.accounts.c.plan_paid,
    s.accounts.c.plan_returned,
).where(s.accounts.c.id == sa.bindparam("account", type_=_int))
REPOINT = sa.update(s.attempts).where(s.OPEN_ATTEMPT, s.attempts.c.payer_id == _joined).values(payer_id=_kept)
REPOINT_LIMITLESS = (
    sa.update(s.attempts)
    .where(
        s.OPEN_ATTEMPT,
        s.attempts.c.payer_id == _joined,
        s.attempts.c.unit == sa.bindparam("of_unit", type_=sa.Text()),
        s.attempts.c.grant_id > number(0),
    )
    .values(grant_id=sa.bindparam("new_grant", type_=_int))
)
"""Both read attempts_open, that is the open ones alone."""


def move_money(link: Link, tenant: int, kept: int, joined: int) -> None:
    """Give all the money of `joined`, with what it holds and owes, to `kept`. Both accounts are locked."""
    now = now_ms()
    for row in link.all(READ_ALL, {"tenant": tenant, "account": joined}):
        make(link, tenant, kept, row[3])
    balances = {account: lock_all(link, tenant, account, now) for account in sorted((kept, joined))}
    comes_over = _plan_comes_over(link, balances[kept], kept, joined, now)
    for unit, giver in balances[joined].items():
        taker = balances[kept][unit]
        _move(giver, taker, comes_over)
        giver.save()
        taker.save()
    link.run(REPOINT, {"kept": kept, "joined": joined})


def _plan_comes_over(link: Link, balances: Mapping[str, Balance], kept: int, joined: int, now: int) -> bool:
    """Put `kept` on the plan of `joined`, if that has one and `kept` has none of its own."""
    (plan, anchor, until, paid, returned), (own, _, own_until, *_) = (
        link.one(PLAN_OF, {"account": account}) or ("", 0, 0, 0, 0) for account in (joined, kept)
    )
    if not plan or 0 < until <= now or (own and not 0 < own_until <= now):
        return False
    times = {"new_anchor": anchor, "new_until": until, "new_paid": paid}
    link.run(SET_PLAN, {"account": kept, "new_plan": plan, **times, "new_returned": returned})
    for balance in balances.values():
        end_plan(balance)
        balance.save()
    return True


def _move(giver: Balance, taker: Balance, comes_over: bool) -> None:
    for balance in (giver, taker):
        balance.lapse_over()
    cover = giver.covered()
    added = giver.held - cover
    taker.held += giver.held
    running = grant_by_id(giver.link, giver.plan_grant)
    for grant in giver.grants():
        covering = min(grant.left, cover)
        cover -= covering
        moving = covering if grant.source == Source.PLAN.value and not comes_over else grant.left
        if lapsing := grant.left - moving:
            giver.take(grant, lapsing, EntryKind.EXPIRE, f"expire:{grant.id}:{grant.changes}")
        if moving and not (comes_over and running and grant.id == running.id):
            _hand(giver, taker, grant, moving)
    if comes_over and running and not running.over(giver.now):
        _hand_allowance(giver, taker, running)
    if added:
        _hand_what_a_plan_added(giver, taker, added)
    if owed := giver.beyond:
        giver.beyond, taker.beyond = 0, taker.beyond + owed
        giver.book(EntryKind.MOVE, f"owed:{giver.account}:{giver.unit}:out", used=-owed)
        taker.book(EntryKind.MOVE, f"owed:{giver.account}:{giver.unit}:in", used=owed)
    giver.held = 0
    giver.open("", 0)
    giver.changes_at = taker.changes_at = 0


def _hand(giver: Balance, taker: Balance, grant: Grant, amount: int) -> None:
    """Part of a grant becomes a grant of the other account, to be spent in the same place of the order."""
    line = f"move:{grant.id}:{grant.changes}"
    giver.take(grant, amount, EntryKind.MOVE, f"{line}:out")
    new = NewGrant(
        line, taker.account, Unit(taker.unit), amount, Source.LINKED, grant.priority, grant.expires, grant.note
    )
    taker.give(new, EntryKind.MOVE, f"{line}:in")


def _hand_allowance(giver: Balance, taker: Balance, running: Grant) -> None:
    """What is left of the running allowance, be it nothing, is the other account's in the same window."""
    living = next((one for one in giver.grants() if one.id == running.id), running)
    amount, line, opened = living.left, f"move:{living.id}:{living.changes}", giver.opened
    if amount:
        giver.take(living, amount, EntryKind.MOVE, f"{line}:out")
    new = _allowance(taker, living, amount)
    if made := taker.give(new, EntryKind.MOVE, f"{line}:in"):
        taker.open(opened, made)
    elif amount:
        again = NewGrant(line, taker.account, new.unit, amount, Source.LINKED, PLAN_PRIORITY, living.expires)
        taker.give(again, EntryKind.MOVE, f"{line}:in")


def _allowance(balance: Balance, like: Grant, amount: int) -> NewGrant:
    """The allowance of the same plan and window for another account, with what is left of it."""
    key = f"plan:{balance.account}:{like.key.split(':', 2)[2]}"
    words = "left over by a linked account"
    return NewGrant(key, balance.account, Unit(balance.unit), amount, Source.PLAN, PLAN_PRIORITY, like.expires, words)


def _hand_what_a_plan_added(giver: Balance, taker: Balance, added: int) -> None:
    """Calls that run under a plan without limit are settled by a grant of the account that is kept."""
    key = f"move:{giver.account}:{giver.unit}"
    new = NewGrant(key, taker.account, Unit(taker.unit), 0, Source.LINKED, PLAN_PRIORITY)
    made = taker.give(new, EntryKind.MOVE, key)
    giver.link.run(REPOINT_LIMITLESS, {"joined": giver.account, "of_unit": giver.unit, "new_grant": made})
    giver.granted -= added
    taker.granted += added


def begin_without(link: Link, tenant: int, account: int, allowance: Allowance) -> None:
    """Open the window of `allowance` for an account that was taken out of another, with nothing in it."""
    balance = lock(link, tenant, account, allowance.unit.value, now_ms())
    key = plan_key(account, allowance.unit.value, allowance.plan, allowance.window or str(balance.now))
    nothing = NewGrant(
        key, account, allowance.unit, 0, Source.PLAN, PLAN_PRIORITY, allowance.ends, "taken out of another account"
    )
    balance.open(window_name(allowance), balance.give(nothing, EntryKind.MOVE, ""))
    balance.look_ahead()
    balance.save()
