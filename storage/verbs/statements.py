"""Statements: what the ledger says of a month, and its writing down. Knows entries; must not know how one looks.

A month is added up from the lines of the ledger alone, on top of the newest statement before it, so that it costs what
the month costs, however long the history.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from hub.domain.money import EntryKind, Unit
from hub.domain.usage import Statement, StatementRow, TokenRow, UsageLine, month_name
from storage import money as m
from storage import schema as s
from storage import statements as t
from storage.dialect import insert, insert_new, number, word
from storage.link import Link
from storage.rows import now_ms
from storage.verbs.usage import used as used_in

OPENING, CLOSING, TOKENS = "opening", "closing", "tokens"
"""Kinds of lines that are no lines of the ledger."""

NUMBERS = "statements:numbers"
"""Whoever numbers statements holds it, so that there are no two and no gaps."""

_int = sa.BigInteger()
_e = m.entries.c
_tenant = sa.bindparam("tenant", type_=_int)
_account = sa.bindparam("account", type_=_int)
_since = sa.bindparam("since", type_=_int)
_until = sa.bindparam("until", type_=_int)
_first = _e.id >= sa.bindparam("first_entry", type_=_int)

MAKE_LOCK = insert_new(s.house, ("name",), ("name", "value"))
LOCK = sa.select(s.house.c.name).where(s.house.c.name == sa.bindparam("name")).with_for_update()


def _sum(column: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    return sa.cast(sa.func.sum(column), _int)


_what = sa.func.coalesce(
    sa.case(
        (
            _e.attempt_id > number(0),
            sa.select(s.attempts.c.model).where(s.attempts.c.id == _e.attempt_id).scalar_subquery(),
        ),
        (_e.grant_id > number(0), sa.select(m.grants.c.source).where(m.grants.c.id == _e.grant_id).scalar_subquery()),
    ),
    word(""),
)


class _Reading(NamedTuple):
    """Statements that read the lines of one account, or of a tenant's house."""

    before: sa.Select[Any]
    month: sa.Select[Any]
    following: sa.Select[Any]
    newest: sa.Select[Any]


def _reading(whose: sa.ColumnElement[bool]) -> _Reading:
    lines = (
        sa.select(_e.unit, _e.kind, _what.label("what"), _e.granted, _e.used)
        .where(whose, _e.tenant_id == _tenant, _first, _e.created >= _since, _e.created < _until)
        .subquery("lines")
    )
    keys = (lines.c.unit, lines.c.kind, lines.c.what)
    return _Reading(
        sa.select(_e.unit, _sum(_e.granted) - _sum(_e.used))
        .where(whose, _e.tenant_id == _tenant, _first, _e.created < _since)
        .group_by(_e.unit),
        sa.select(*keys, sa.func.count(), _sum(lines.c.granted), _sum(lines.c.used)).group_by(*keys).order_by(*keys),
        sa.select(sa.func.min(_e.id)).where(whose, _e.tenant_id == _tenant, _first, _e.created >= _until),
        sa.select(sa.func.max(_e.id)).where(whose, _e.tenant_id == _tenant),
    )


OF_ACCOUNT = _reading(_e.account_id == _account)
"""All read entries_account from the first entry that the statement before does not cover."""
OF_HOUSE = _reading(_e.account_id > number(0))
"""The same along the primary key."""

_STATEMENT = (t.statements.c.id, t.statements.c.number, t.statements.c.next_entry)
_theirs = (t.statements.c.tenant_id == _tenant, t.statements.c.account_id == _account)
WRITTEN = sa.select(*_STATEMENT).where(
    *_theirs,
    t.statements.c.month == sa.bindparam("month", type_=sa.Text()),
    t.statements.c.since == _since,
    t.statements.c.until == _until,
)
EARLIER = (
    sa.select(*_STATEMENT)
    .where(*_theirs, t.statements.c.month < sa.bindparam("month", type_=sa.Text()))
    .order_by(t.statements.c.month.desc())
    .limit(number(1))
)
"""Both read statements_natural."""
LINE = ("kind", "unit", "what", "lines", "granted", "used", *t.TOKENS)
LINES = (
    sa.select(*(t.statement_lines.c[name] for name in LINE))
    .where(t.statement_lines.c.statement_id == sa.bindparam("statement", type_=_int))
    .order_by(t.statement_lines.c.id)
)
LAST_NUMBER = sa.select(sa.func.max(t.statements.c.number)).where(t.statements.c.tenant_id == _tenant)
PUT = insert(
    t.statements, ("tenant_id", "account_id", "month", "number", "since", "until", "next_entry", "created")
).returning(t.statements.c.id)
PUT_LINE = insert(t.statement_lines, ("tenant_id", "statement_id", "account_id", *LINE))
WITH_BALANCE = (
    sa.select(s.accounts.c.id, s.accounts.c.tenant_id)
    .where(
        s.accounts.c.id > sa.bindparam("after", type_=_int),
        sa.exists().where(m.balances.c.tenant_id == s.accounts.c.tenant_id, m.balances.c.account_id == s.accounts.c.id),
    )
    .order_by(s.accounts.c.id)
    .limit(sa.bindparam("most", type_=sa.Integer()))
)
TENANTS = sa.select(s.tenants.c.id).order_by(s.tenants.c.id)


def statement(link: Link, tenant: int, account_id: int, since: int, until: int) -> Statement:
    """The statement of an account (0: the house) as it was written, else what the ledger says now."""
    row = link.one(WRITTEN, _key(tenant, account_id, since, until))
    if row is None:
        return _reckon(link, tenant, account_id, since, until)[0]
    return _read(link, row[0], account_id, since, until, row[1])


def write(link: Link, since: int, until: int, after: int, limit: int) -> tuple[int, int]:
    """Write some statements of a month that is over: how many were new, and where the next step begins; 0: nowhere."""
    _hold_numbers(link)
    accounts = link.all(WITH_BALANCE, {"after": after, "most": limit})
    new = sum(_write(link, tenant, account, since, until) for account, tenant in accounts)
    return new, accounts[-1][0] if len(accounts) == limit else 0


def write_houses(link: Link, since: int, until: int) -> int:
    """Write the statement of every tenant's house."""
    _hold_numbers(link)
    return sum([_write(link, tenant, 0, since, until) for (tenant,) in link.all(TENANTS)])


def _hold_numbers(link: Link) -> None:
    link.run(MAKE_LOCK, {"name": NUMBERS, "value": b""})
    link.one(LOCK, {"name": NUMBERS})


def _write(link: Link, tenant: int, account_id: int, since: int, until: int) -> bool:
    """Write one, unless it was or nothing has moved."""
    if link.one(WRITTEN, _key(tenant, account_id, since, until)):
        return False
    whole, following = _reckon(link, tenant, account_id, since, until)
    if not whole.rows:
        return False
    last = link.one(LAST_NUMBER, {"tenant": tenant})
    row = {
        "tenant_id": tenant,
        "account_id": account_id,
        "month": month_name(since),
        "number": (last[0] or 0) + 1 if last else 1,
        "since": since,
        "until": until,
        "next_entry": following,
        "created": now_ms(),
    }
    made = link.one(PUT, row)
    assert made is not None
    for line in lines_of(whole):
        values = dict(zip(LINE, line, strict=True))
        link.run(PUT_LINE, {"tenant_id": tenant, "statement_id": made[0], "account_id": account_id, **values})
    return True


def _key(tenant: int, account_id: int, since: int, until: int) -> dict[str, int | str]:
    return {"tenant": tenant, "account": account_id, "month": month_name(since), "since": since, "until": until}


def _reckon(link: Link, tenant: int, account_id: int, since: int, until: int) -> tuple[Statement, int]:
    """What the ledger says of a month, and the first entry that is of none so early."""
    reading = OF_ACCOUNT if account_id else OF_HOUSE
    here = {"tenant": tenant, "account": account_id, "since": since, "until": until, "first_entry": 0}
    opening: dict[Unit, int] = {}
    earlier = link.one(EARLIER, {"tenant": tenant, "account": account_id, "month": month_name(since)})
    if earlier is not None:
        here["first_entry"] = earlier[2]
        opening = dict(_read(link, earlier[0], account_id, 0, 0, earlier[1]).closing)
    for unit, value in link.all(reading.before, here):
        opening[Unit(unit)] = opening.get(Unit(unit), 0) + int(value)
    rows = tuple(StatementRow(Unit(row[0]), EntryKind(row[1]), *row[2:]) for row in link.all(reading.month, here))
    closing = dict(opening)
    for row in rows:
        closing[row.unit] = closing.get(row.unit, 0) + row.granted - row.used
    tokens = _tokens(used_in(link, tenant, account_id, since, until, joined=False))
    whole = Statement(
        account_id, since, until, tuple(sorted(opening.items())), rows, tuple(sorted(closing.items())), tokens
    )
    return whole, _following(link, reading, here)


def _tokens(lines: Sequence[UsageLine]) -> tuple[TokenRow, ...]:
    sums: dict[str, list[int]] = {}
    for line in lines:
        counts = [line.calls, *(getattr(line, name) for name in t.TOKENS)]
        had = sums.get(line.model, [0] * len(counts))
        sums[line.model] = [one + more for one, more in zip(had, counts, strict=True)]
    return tuple(TokenRow(model, *counts) for model, counts in sorted(sums.items()))


def _following(link: Link, reading: _Reading, here: dict[str, int]) -> int:
    """The lowest number of a line that is of a later month, or that no line has yet."""
    later = link.one(reading.following, here)
    if later and later[0]:
        return int(later[0])
    newest = link.one(reading.newest, here)
    return int(newest[0] or 0) + 1 if newest else 1


def lines_of(whole: Statement) -> list[tuple[str | int, ...]]:
    """The lines of a statement, each with the values of LINE."""
    nothing = (0,) * len(t.TOKENS)
    return [
        *((OPENING, unit.value, "", 0, value, 0, *nothing) for unit, value in whole.opening),
        *((row.kind.value, row.unit.value, row.what, row.lines, row.granted, row.used, *nothing) for row in whole.rows),
        *((CLOSING, unit.value, "", 0, value, 0, *nothing) for unit, value in whole.closing),
        *(
            (TOKENS, Unit.TOKENS.value, row.model, row.calls, 0, 0, *(getattr(row, name) for name in t.TOKENS))
            for row in whole.tokens
        ),
    ]


def _read(link: Link, statement_id: int, account_id: int, since: int, until: int, written: int) -> Statement:
    """A statement as it was written; `written`: its number."""
    opening, closing = list[tuple[Unit, int]](), list[tuple[Unit, int]]()
    rows, tokens = list[StatementRow](), list[TokenRow]()
    for kind, unit, what, lines, granted, used, *counts in link.all(LINES, {"statement": statement_id}):
        if kind == OPENING:
            opening.append((Unit(unit), granted))
        elif kind == CLOSING:
            closing.append((Unit(unit), granted))
        elif kind == TOKENS:
            tokens.append(TokenRow(what, lines, *counts))
        else:
            rows.append(StatementRow(Unit(unit), EntryKind(kind), what, lines, granted, used))
    return Statement(account_id, since, until, tuple(opening), tuple(rows), tuple(closing), tuple(tokens), written)
