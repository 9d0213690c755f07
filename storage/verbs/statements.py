"""Statements, and whom they concern. Knows entries, grants and logins; must not know how a statement looks."""

from __future__ import annotations

import sqlalchemy as sa

from hub.domain.money import EntryKind, Unit
from hub.domain.usage import LoginLine, Statement, StatementRow, WarnedGrant
from storage import money as m
from storage import people as p
from storage import schema as s
from storage.dialect import number, word
from storage.link import Link
from storage.verbs.grants import plan_in

_int = sa.BigInteger()
_e, _g = m.entries.c, m.grants.c
_whose = (
    _e.tenant_id == sa.bindparam("tenant", type_=_int),
    _e.account_id == sa.bindparam("account", type_=_int),
)
_after = sa.bindparam("after", type_=_int)
_most = sa.bindparam("most", type_=sa.Integer())


def _sum(column: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    return sa.cast(sa.func.sum(column), _int)


OPENING = (
    sa.select(_e.unit, _sum(_e.granted) - _sum(_e.used))
    .where(*_whose, _e.created < sa.bindparam("since", type_=_int))
    .group_by(_e.unit)
    .order_by(_e.unit)
)
_what = sa.func.coalesce(
    sa.case(
        (
            _e.attempt_id > number(0),
            sa.select(s.attempts.c.model).where(s.attempts.c.id == _e.attempt_id).scalar_subquery(),
        ),
        (_e.grant_id > number(0), sa.select(_g.source).where(_g.id == _e.grant_id).scalar_subquery()),
    ),
    word(""),
)
_lines = (
    sa.select(_e.unit, _e.kind, _what.label("what"), _e.granted, _e.used)
    .where(
        *_whose,
        _e.created >= sa.bindparam("since", type_=_int),
        _e.created < sa.bindparam("until", type_=_int),
    )
    .subquery("lines")
)
ROWS = (
    sa.select(_lines.c.unit, _lines.c.kind, _lines.c.what, sa.func.count(), _sum(_lines.c.granted), _sum(_lines.c.used))
    .group_by(_lines.c.unit, _lines.c.kind, _lines.c.what)
    .order_by(_lines.c.unit, _lines.c.kind, _lines.c.what)
)
"""Both read entries_account."""

WARNED = (
    sa.select(_g.id, _g.tenant_id, _g.account_id, _g.warned, _g.key, _g.expires)
    .where(_g.warned > number(0), _g.expires > sa.bindparam("now", type_=_int), _g.id > _after)
    .order_by(_g.id)
    .limit(_most)
)
_earlier = p.logins.alias("earlier")
LOGINS = (
    sa.select(p.logins.c.id, p.logins.c.tenant_id, p.logins.c.account_id, s.accounts.c.language)
    .select_from(sa.join(p.logins, s.accounts, s.accounts.c.id == p.logins.c.account_id))
    .where(
        p.logins.c.id > _after,
        s.accounts.c.blocked == number(0),
        sa.not_(sa.exists().where(_earlier.c.account_id == p.logins.c.account_id, _earlier.c.id < p.logins.c.id)),
    )
    .order_by(p.logins.c.id)
    .limit(_most)
)


def statement(link: Link, tenant: int, account_id: int, since: int, until: int) -> Statement:
    """What the ledger says about an account in a span; adds up exactly, for it is the lines themselves."""
    here = {"tenant": tenant, "account": account_id, "since": since, "until": until}
    opening = {Unit(row[0]): int(row[1]) for row in link.all(OPENING, here)}
    rows = tuple(StatementRow(Unit(row[0]), EntryKind(row[1]), *row[2:]) for row in link.all(ROWS, here))
    closing = dict(opening)
    for row in rows:
        closing[row.unit] = closing.get(row.unit, 0) + row.granted - row.used
    return Statement(account_id, since, until, tuple(opening.items()), rows, tuple(sorted(closing.items())))


def warned_grants(link: Link, after: int, limit: int, now: int) -> tuple[WarnedGrant, ...]:
    """Allowances that run, and of which people have been warned."""
    return tuple(
        WarnedGrant(row[0], row[1], row[2], row[3], plan_in(row[4]), row[5])
        for row in link.all(WARNED, {"after": after, "most": limit, "now": now})
    )


def logins(link: Link, after: int, limit: int) -> tuple[LoginLine, ...]:
    """Who can be written to, each account once."""
    return tuple(LoginLine(*row) for row in link.all(LOGINS, {"after": after, "most": limit}))
