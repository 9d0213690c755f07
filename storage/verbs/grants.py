"""Grants as rows. Knows how one is found, made and saved; must not know balances.

Whoever changes a grant has its account's balance locked.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from storage import money as m
from storage.dialect import insert_new, number, word
from storage.link import Link, Row

FOREVER: Final = 2**53
"""A time that does not come (and the most that an amount may be)."""

_int = sa.BigInteger()
_tenant = sa.bindparam("tenant", type_=_int)

_grant = sa.select(
    m.grants.c.id,
    m.grants.c.source,
    m.grants.c.key,
    m.grants.c.amount,
    m.grants.c.spent,
    m.grants.c.lapsed,
    m.grants.c.priority,
    m.grants.c.expires,
    m.grants.c.warned,
    m.grants.c.changes,
    m.grants.c.note,
)
LIVING = _grant.where(
    m.LIVING,
    m.grants.c.account_id == sa.bindparam("account", type_=_int),
    m.grants.c.unit == sa.bindparam("unit", type_=sa.Text()),
)
"""Reads grants_living."""
BY_KEY = _grant.where(m.grants.c.tenant_id == _tenant, m.grants.c.key == sa.bindparam("key", type_=sa.Text()))
BY_ID = _grant.where(m.grants.c.id == sa.bindparam("grant", type_=_int))
NEWEST = (
    _grant.where(
        m.grants.c.account_id == sa.bindparam("account", type_=_int),
        m.grants.c.unit == sa.bindparam("unit", type_=sa.Text()),
        m.grants.c.source == word("plan"),
        sa.func.substr(m.grants.c.key, number(1), sa.bindparam("length", type_=sa.Integer()))
        == sa.bindparam("first", type_=sa.Text()),
    )
    .order_by(m.grants.c.id.desc())
    .limit(number(1))
)
"""The window of a plan that was opened last. Reads grants_account."""

_new = (
    "tenant_id",
    "account_id",
    "unit",
    "source",
    "key",
    "amount",
    "spent",
    "priority",
    "expires",
    "note",
    "created",
)
GIVE = insert_new(m.grants, ("tenant_id", "key"), _new).returning(m.grants.c.id)
_moving = ("amount", "spent", "lapsed", "expires", "changes", "warned")
CHANGE = (
    sa.update(m.grants)
    .where(m.grants.c.id == sa.bindparam("grant", type_=_int))
    .values({name: sa.bindparam(f"new_{name}", type_=_int) for name in _moving})
)


class Grant:
    """A grant's row, as it will be once saved."""

    __slots__ = (
        "amount",
        "changes",
        "expires",
        "id",
        "key",
        "lapsed",
        "note",
        "priority",
        "source",
        "spent",
        "warned",
    )

    def __init__(self, row: Row) -> None:
        (
            self.id,
            self.source,
            self.key,
            self.amount,
            self.spent,
            self.lapsed,
            self.priority,
            self.expires,
            self.warned,
            self.changes,
            self.note,
        ) = row

    @property
    def left(self) -> int:
        """What can be spent of it."""
        return int(self.amount - self.spent - self.lapsed)

    def over(self, now: int) -> bool:
        """Whether its time has come."""
        return bool(0 < self.expires <= now)


def plan_key(account: int, unit: str, plan: str, window: str) -> str:
    """The key of the grant that is a window's allowance; `unit`: for plans that are given another."""
    return f"plan:{account}:{unit}:{plan}:{window}"


def plan_in(key: str) -> str:
    """The plan that `plan_key` put into `key`; empty for a key of another kind."""
    parts = key.split(":")
    return parts[3] if parts[0] == "plan" and len(parts) > 4 else ""


def find_grant(link: Link, tenant: int, key: str) -> Grant | None:
    """A grant by its key."""
    row = link.one(BY_KEY, {"tenant": tenant, "key": key})
    return Grant(row) if row else None


def grant_by_id(link: Link, grant_id: int) -> Grant | None:
    """A grant by its number."""
    row = link.one(BY_ID, {"grant": grant_id}) if grant_id else None
    return Grant(row) if row else None


def newest_window(link: Link, account: int, unit: str, plan: str) -> Grant | None:
    """The allowance of `plan` that an account opened last."""
    first = plan_key(account, unit, plan, "")
    row = link.one(NEWEST, {"account": account, "unit": unit, "first": first, "length": len(first)})
    return Grant(row) if row else None
