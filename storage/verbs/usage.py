"""Usage added up by the hour. Knows attempts and roll-ups; must not know prices or how reports look."""

from __future__ import annotations

import sqlalchemy as sa

from hub.domain.money import Unit
from hub.domain.usage import HOUR_MS, UsageKey, UsageRow
from storage import schema as s
from storage import work as w
from storage.dialect import insert_new, number, word
from storage.link import Link

_int = sa.BigInteger()
_since = sa.bindparam("since", type_=_int)
_until = sa.bindparam("until", type_=_int)
_hour = sa.bindparam("hour", type_=_int)
_tenant = sa.bindparam("tenant", type_=_int)
_account = sa.bindparam("account", type_=_int)
_a, _u = s.attempts.c, w.usage_hours.c

MARK = "usage:rolled"
MAKE_MARK = insert_new(s.house, ("name",), ("name", "value"))
READ_MARK = sa.select(s.house.c.value).where(s.house.c.name == sa.bindparam("name"))
HOLD_MARK = READ_MARK.with_for_update()
WRITE_MARK = (
    sa.update(s.house)
    .where(s.house.c.name == sa.bindparam("mark"))
    .values(value=sa.bindparam("at", type_=sa.LargeBinary()))
)

_payer = sa.case((_a.payer_id > number(0), _a.payer_id), else_=_a.account_id)
_origin = sa.case(
    (_a.key_id > number(0), word("api")),
    else_=sa.func.coalesce(
        sa.select(s.inbox.c.platform).where(s.inbox.c.id == _a.turn_id).scalar_subquery(), word("house")
    ),
)
_failed = sa.case((_a.state == word("failed"), number(1)), else_=number(0))
_SUMS = ("input", "cached", "cache_write", "output", "reasoning", "cost", "charged")
_KEYS = ("account_id", "member_id", "model", "provider", "origin", "unit")


def _sum(column: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    return sa.cast(sa.func.sum(column), _int)


_each = (
    sa.select(
        _a.tenant_id,
        _payer.label("account_id"),
        _a.account_id.label("member_id"),
        _a.model,
        _a.provider,
        _origin.label("origin"),
        _a.unit,
        number(1).label("calls"),
        _failed.label("failed"),
        _a.estimated,
        *(_a[name] for name in _SUMS),
    )
    .where(_a.opened >= _since, _a.opened < _until, _a.state != word("open"))
    .subquery("each")
)
"""Calls of a span that have ended, in the shape of the roll-ups. Reads attempts_opened, and inbox rows by number."""

_COLUMNS = ("tenant_id", *_KEYS, "calls", "failed", "estimated", *_SUMS)
CLEAR = sa.delete(w.usage_hours).where(_u.tenant_id.in_(sa.select(s.tenants.c.id)), _u.hour == _hour)
ROLL = sa.insert(w.usage_hours).from_select(
    ["hour", *_COLUMNS],
    sa.select(
        sa.cast(_hour, _int),
        _each.c.tenant_id,
        *(_each.c[name] for name in _KEYS),
        *(_sum(_each.c[name]) for name in ("calls", "failed", "estimated", *_SUMS)),
    ).group_by(_each.c.tenant_id, *(_each.c[name] for name in _KEYS)),
)
NEXT = sa.select(sa.func.min(_a.opened)).where(_a.opened >= _since)
OLDEST_OPEN = sa.select(sa.func.min(_a.opened)).where(s.OPEN_ATTEMPT)

_ours = sa.select(s.accounts.c.id).where(s.accounts.c.tenant_id == _tenant)
_whose = sa.union_all(
    _ours.where(s.accounts.c.id == _account), _ours.where(s.MERGED, s.accounts.c.merged_into == _account)
)
"""An account and those joined into it. Reads accounts_merged."""


def _report(*, house: bool) -> sa.Select[tuple[int, ...]]:
    """Rows of a span in the order of their keys: the roll-ups' before the mark, the calls' after it."""
    rolled = sa.select(*(_u[name] for name in (*_KEYS, "calls", "failed", "estimated", *_SUMS))).where(
        _u.tenant_id == _tenant, _u.hour >= sa.bindparam("rolled_since", type_=_int), _u.hour < _since
    )
    running = sa.select(*(_each.c[name] for name in (*_KEYS, "calls", "failed", "estimated", *_SUMS))).where(
        _each.c.tenant_id == _tenant
    )
    if not house:
        rolled = rolled.where(_u.account_id.in_(_whose))
        running = running.where(_each.c.account_id.in_(_whose))
    both = sa.union_all(rolled, running).subquery("both")
    account = both.c.account_id if house else sa.cast(_account, _int)
    keys = (account, *(both.c[name] for name in _KEYS[1:]))
    inner = (
        sa.select(
            *(key.label(name) for key, name in zip(keys, _KEYS, strict=True)),
            *(_sum(both.c[name]).label(name) for name in ("calls", "failed", "estimated", *_SUMS)),
        )
        .group_by(*(both.c.account_id,) if house else (), *(both.c[name] for name in _KEYS[1:]))
        .subquery("summed")
    )
    beyond = sa.tuple_(*(inner.c[name] for name in _KEYS)) > sa.tuple_(
        *(sa.bindparam(f"after_{name}", type_=inner.c[name].type) for name in _KEYS)
    )
    order = [inner.c[name] for name in _KEYS]
    return sa.select(inner).where(beyond).order_by(*order).limit(sa.bindparam("most", type_=sa.Integer()))


OF_ACCOUNT = _report(house=False)
"""Reads usage_hours_pk for each of the accounts, and the calls since the mark."""
OF_HOUSE = _report(house=True)
"""Reads usage_hours_hour."""


def rolled_until(link: Link) -> int:
    """Where the roll-ups end."""
    row = link.one(READ_MARK, {"name": MARK})
    return int(bytes(row[0])) if row else 0


def roll_up(link: Link, hour: int, until: int) -> int:
    """Add up one hour anew; the next one that holds a call."""
    link.run(MAKE_MARK, {"name": MARK, "value": b"0"})
    held = link.one(HOLD_MARK, {"name": MARK})
    assert held is not None
    link.run(CLEAR, {"hour": hour})
    link.run(ROLL, {"hour": hour, "since": hour, "until": hour + HOUR_MS})
    row = link.one(NEXT, {"since": hour + HOUR_MS})
    following = until
    if row is not None and row[0] is not None:
        following = min(until, int(row[0]) // HOUR_MS * HOUR_MS)
    if following > int(bytes(held[0])):
        link.run(WRITE_MARK, {"mark": MARK, "at": str(following).encode()})
    return following


def first_unsettled(link: Link, until: int) -> int:
    """When the oldest call was begun that is open or was never added up."""
    mark = rolled_until(link)
    rows = [link.one(OLDEST_OPEN), link.one(NEXT, {"since": mark})]
    return min([until, *(int(row[0]) for row in rows if row and row[0] is not None)])


def usage(
    link: Link, tenant: int, account_id: int, since: int, until: int, after: UsageKey, limit: int
) -> tuple[UsageRow, ...]:
    """A page of rows."""
    mark = max(since, min(until, rolled_until(link)))
    here: dict[str, object] = {
        "tenant": tenant,
        "account": account_id,
        "rolled_since": since,
        "since": mark,
        "until": until,
        "most": limit,
        **{f"after_{name}": value for name, value in zip(_KEYS, after, strict=True)},
    }
    rows = link.all(OF_ACCOUNT if account_id else OF_HOUSE, here)
    return tuple(_row(*row) for row in rows)


def _row(account: int, member: int, model: str, provider: str, origin: str, unit: str, *sums: int) -> UsageRow:
    return UsageRow(account, member, model, provider, origin, Unit(unit), *sums)
