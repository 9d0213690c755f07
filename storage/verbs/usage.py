"""Usage added up by the hour. Knows attempts and roll-ups; must not know prices or how reports look."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from hub.domain.money import Unit
from hub.domain.usage import HOUR_MS, UsageKey, UsageLine, UsageRow
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
_TOKENS = ("input", "cached", "cache_write", "cache_write_1h", "output", "reasoning")
_NUMBERS = ("calls", "failed", "estimated", *_TOKENS, "cost", "charged")
_KEYS = ("account_id", "member_id", "model", "provider", "origin", "unit")


def _sum(column: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    return sa.cast(sa.func.sum(column), _int)


def _calls(*conditions: sa.ColumnElement[bool]) -> sa.Select[tuple[int, ...]]:
    """Calls that have ended, in the shape of the roll-ups; reads inbox rows by number."""
    return sa.select(
        _payer.label("account_id"),
        _a.account_id.label("member_id"),
        _a.model,
        _a.provider,
        _origin.label("origin"),
        _a.unit,
        number(1).label("calls"),
        _failed.label("failed"),
        _a.estimated,
        *(_a[name] for name in _NUMBERS[3:]),
        _a.tenant_id,
    ).where(_a.state != word("open"), *conditions)


_each = _calls(_a.opened >= _since, _a.opened < _until).subquery("each")
CLEAR = sa.delete(w.usage_hours).where(_u.tenant_id.in_(sa.select(s.tenants.c.id)), _u.hour == _hour)
ROLL = sa.insert(w.usage_hours).from_select(
    ["hour", "tenant_id", *_KEYS, *_NUMBERS],
    sa.select(
        sa.cast(_hour, _int),
        _each.c.tenant_id,
        *(_each.c[name] for name in _KEYS),
        *(_sum(_each.c[name]) for name in _NUMBERS),
    ).group_by(_each.c.tenant_id, *(_each.c[name] for name in _KEYS)),
)
NEXT = sa.select(sa.func.min(_a.opened)).where(_a.opened >= _since)

_ours = sa.select(s.accounts.c.id).where(s.accounts.c.tenant_id == _tenant)
_whose = sa.union_all(
    _ours.where(s.accounts.c.id == _account),
    _ours.where(s.MERGED, s.accounts.c.merged_into == _account, sa.bindparam("joined", type_=_int) == number(1)),
)
"""An account and, with `joined`, those joined into it. Reads accounts_merged."""


def _rows(*, house: bool) -> sa.Subquery:
    """Rows of a span: the roll-ups of the whole hours in it, and the calls before the first and after the last."""
    rolled = sa.select(*(_u[name] for name in (*_KEYS, *_NUMBERS)), _u.tenant_id).where(
        _u.tenant_id == _tenant, _u.hour >= sa.bindparam("rolled_since", type_=_int), _u.hour < _since
    )
    spans = (
        (_a.opened >= sa.bindparam("edge", type_=_int), _a.opened < sa.bindparam("rolled_since", type_=_int)),
        (_a.opened >= _since, _a.opened < _until),
    )
    if house:
        return sa.union_all(rolled, *(_calls(_a.tenant_id == _tenant, *span) for span in spans)).subquery("rows")
    paid = sa.or_(_a.payer_id == number(0), _a.payer_id.in_(_whose))
    parts: list[sa.Select[Any]] = [rolled.where(_u.account_id.in_(_whose))]
    for span in spans:
        parts.append(_calls(_a.account_id.in_(_whose), paid, *span))
        parts.append(_calls(_a.payer_id.in_(_whose), s.TREATED, _a.account_id.not_in(_whose), *span))
    return sa.union_all(*parts).subquery("rows")


def _report(*, house: bool) -> sa.Select[tuple[int, ...]]:
    """A page of rows in the order of their keys."""
    both = _rows(house=house)
    account = both.c.account_id if house else sa.cast(_account, _int)
    keys = (account, *(both.c[name] for name in _KEYS[1:]))
    inner = (
        sa.select(
            *(key.label(name) for key, name in zip(keys, _KEYS, strict=True)),
            *(_sum(both.c[name]).label(name) for name in _NUMBERS),
        )
        .group_by(*(both.c.account_id,) if house else (), *(both.c[name] for name in _KEYS[1:]))
        .subquery("summed")
    )
    beyond = sa.tuple_(*(inner.c[name] for name in _KEYS)) > sa.tuple_(
        *(sa.bindparam(f"after_{name}", type_=inner.c[name].type) for name in _KEYS)
    )
    order = [inner.c[name] for name in _KEYS]
    return sa.select(inner).where(beyond).order_by(*order).limit(sa.bindparam("most", type_=sa.Integer()))


def _by_model(*, house: bool) -> sa.Select[tuple[str, int]]:
    both = _rows(house=house)
    cost = _sum(both.c.cost)
    sums = (_sum(both.c[name]) for name in _NUMBERS)
    return (
        sa.select(both.c.model, both.c.unit, *sums)
        .group_by(both.c.model, both.c.unit)
        .order_by(cost.desc(), both.c.model, both.c.unit)
    )


OF_ACCOUNT, MODELS_OF_ACCOUNT = _report(house=False), _by_model(house=False)
"""Both read usage_hours_pk for each of the accounts, and of calls attempts_account and attempts_treated."""
OF_HOUSE, MODELS_OF_HOUSE = _report(house=True), _by_model(house=True)
"""Both read usage_hours_hour and attempts_opened."""


def rolled_until(link: Link) -> int:
    """Where the roll-ups end."""
    row = link.one(READ_MARK, {"name": MARK})
    return int(bytes(row[0])) if row else 0


def roll_up(link: Link, until: int) -> int:
    """Add up the first hour that is not; where the roll-ups end now."""
    mark = _hold_mark(link)
    row = link.one(NEXT, {"since": mark})
    hour = int(row[0]) // HOUR_MS * HOUR_MS if row is not None and row[0] is not None else until
    if mark >= until:
        return mark
    following = min(until, hour + HOUR_MS)
    if hour < until:
        link.run(CLEAR, {"hour": hour})
        link.run(ROLL, {"hour": hour, "since": hour, "until": hour + HOUR_MS})
    _write_mark(link, following)
    return following


def came_late(link: Link, opened: int, now: int) -> None:
    """A call that was begun then has ended: should its hour have been added up, the roll-ups end before it from now on.

    Called after the call's row was written, so that whoever adds up next sees it, and whoever did before is undone."""
    if opened < now // HOUR_MS * HOUR_MS and _hold_mark(link) > opened:
        _write_mark(link, opened // HOUR_MS * HOUR_MS)


def _hold_mark(link: Link) -> int:
    """Where the roll-ups end, held until the commit. The last lock that anything takes."""
    held = link.one(HOLD_MARK, {"name": MARK})
    if held is None:
        link.run(MAKE_MARK, {"name": MARK, "value": b"0"})
        held = link.one(HOLD_MARK, {"name": MARK})
    assert held is not None
    return int(bytes(held[0]))


def _write_mark(link: Link, at: int) -> None:
    link.run(WRITE_MARK, {"mark": MARK, "at": str(at).encode()})


def usage(
    link: Link, tenant: int, account_id: int, since: int, until: int, after: UsageKey, limit: int
) -> tuple[UsageRow, ...]:
    """A page of rows."""
    here = {
        **_span(link, tenant, account_id, since, until),
        "joined": 1,
        "most": limit,
        **{f"after_{name}": value for name, value in zip(_KEYS, after, strict=True)},
    }
    rows = link.all(OF_ACCOUNT if account_id else OF_HOUSE, here)
    return tuple(_row(*row) for row in rows)


def used(
    link: Link, tenant: int, account_id: int, since: int, until: int, *, joined: bool = True
) -> tuple[UsageLine, ...]:
    """What was used in a span, by model, by an account (with those that were joined into it) or by the house."""
    here = {**_span(link, tenant, account_id, since, until), "joined": int(joined)}
    rows = link.all(MODELS_OF_ACCOUNT if account_id else MODELS_OF_HOUSE, here)
    return tuple(UsageLine(row[0], Unit(row[1]), *row[2:]) for row in rows)


def _span(link: Link, tenant: int, account_id: int, since: int, until: int) -> dict[str, object]:
    """Where what is read begins and ends: calls from `edge`, roll-ups from `rolled_since`, calls again from `since`."""
    whole = min(-(-since // HOUR_MS) * HOUR_MS, until)
    mark = max(whole, min(until, rolled_until(link)))
    return {
        "tenant": tenant,
        "account": account_id,
        "edge": since,
        "rolled_since": whole,
        "since": mark,
        "until": until,
    }


def _row(account: int, member: int, model: str, provider: str, origin: str, unit: str, *sums: int) -> UsageRow:
    return UsageRow(account, member, model, provider, origin, Unit(unit), *sums)
