"""Adding up. Knows what balances, lines, grants, ceilings and open attempts say of each other; must not change any."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

import sqlalchemy as sa

from hub.domain.money import Disagreement, Unit
from storage import money as m
from storage import schema as s
from storage.dialect import number, word
from storage.link import Link, Row

_int = sa.BigInteger()
_after = sa.bindparam("after", type_=_int)
_last = sa.bindparam("last", type_=_int)

LAST = (
    sa.select(s.accounts.c.id)
    .where(s.accounts.c.id > _after)
    .order_by(s.accounts.c.id)
    .limit(number(1))
    .offset(sa.bindparam("further", type_=sa.Integer()))
)
"""Walks the primary key."""

_KEPT = ("granted", "used", "held", "beyond")
_NUMBERS = (*_KEPT, "booked_granted", "booked_used", "spent", "lasting", "set_aside", "added")


def _part(table: sa.Table, account: sa.ColumnElement[int], **sums: sa.ColumnElement[int]) -> sa.Select[Sequence[int]]:
    columns = [sums.get(name, number(0)).label(name) for name in _NUMBERS]
    return sa.select(
        table.c.tenant_id.label("tenant_id"), account.label("account_id"), table.c.unit.label("unit"), *columns
    ).where(account > _after, account <= _last)


_kept = _part(m.balances, m.balances.c.account_id, **{name: m.balances.c[name] for name in _KEPT})
_booked = _part(m.entries, m.entries.c.account_id, booked_granted=m.entries.c.granted, booked_used=m.entries.c.used)
_given = _part(m.grants, m.grants.c.account_id, spent=m.grants.c.spent, lasting=m.grants.c.amount - m.grants.c.lapsed)
_open = _part(
    s.attempts,
    s.attempts.c.payer_id,
    set_aside=s.attempts.c.held,
    added=sa.case((s.attempts.c.grant_id > number(0), s.attempts.c.held), else_=number(0)),
).where(s.OPEN_ATTEMPT)
_all = sa.union_all(_kept, _booked, _given, _open).subquery()
SUMS = (
    sa.select(
        _all.c.tenant_id,
        _all.c.account_id,
        _all.c.unit,
        *(sa.cast(sa.func.sum(_all.c[name]), _int) for name in _NUMBERS),
    )
    .group_by(_all.c.tenant_id, _all.c.account_id, _all.c.unit)
    .order_by(_all.c.tenant_id, _all.c.account_id, _all.c.unit)
)
"""One statement, so that it sees one instant however much is going on."""

UNDER = sa.union_all(
    sa.select(
        m.ceilings.c.tenant_id, m.ceilings.c.scope, m.ceilings.c.window, m.ceilings.c.unit, m.ceilings.c.held, word("")
    ).where(m.ceilings.c.held > number(0)),
    sa.select(s.attempts.c.tenant_id, word(""), word(""), word(""), number(0), s.attempts.c.ceilings).where(
        s.OPEN_ATTEMPT, s.attempts.c.ceilings != word("")
    ),
)
"""What is held under ceilings, and by which open calls, at one instant."""


def verify(link: Link, after: int, limit: int) -> tuple[tuple[Disagreement, ...], int]:
    """What disagrees in a range of accounts, and the last of them; see `hub.ports.ledger.Ledger.verify`."""
    row = link.one(LAST, {"after": after, "further": limit - 1})
    last = int(row[0]) if row else 2**62
    rows = link.all(SUMS, {"after": after, "last": last})
    found = [one for sums in rows for one in _disagreements(sums)]
    return (*found, *(_under_ceilings(link) if row is None else ())), int(row[0]) if row else 0


def _under_ceilings(link: Link) -> list[Disagreement]:
    kept: Counter[tuple[int, str, str, str]] = Counter()
    computed: Counter[tuple[int, str, str, str]] = Counter()
    for tenant, *ceiling, held, of_call in link.all(UNDER, {}):
        if of_call:
            for scope, window, unit, amount, *_ in json.loads(of_call):
                computed[tenant, scope, window, unit] += amount
        else:
            kept[tenant, *ceiling] += held
    return [
        Disagreement(one[0], 0, Unit(one[3]), f"held under {one[1]} in {one[2]}", kept[one], computed[one])
        for one in sorted(kept | computed)
        if kept[one] != computed[one]
    ]


def _disagreements(row: Row) -> list[Disagreement]:
    tenant, account, unit = row[:3]
    granted, used, held, beyond, booked_granted, booked_used, spent, lasting, set_aside, added = row[3:]
    compared = (
        ("granted", granted, booked_granted + added),
        ("used", used, booked_used),
        ("held", held, set_aside),
        ("beyond", beyond, booked_used - spent),
        ("grants", lasting, booked_granted),
    )
    return [
        Disagreement(tenant, account, Unit(unit), column, kept, computed)
        for column, kept, computed in compared
        if kept != computed
    ]
