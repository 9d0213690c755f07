"""Whom mails that come round concern. Knows grants, logins and payments; must not know what a mail says."""

from __future__ import annotations

import sqlalchemy as sa

from hub.domain.usage import Invoice, LoginLine, WarnedGrant
from storage import money as m
from storage import people as p
from storage import schema as s
from storage import sold as y
from storage.dialect import number, word
from storage.link import Link
from storage.verbs.grants import plan_in

_int = sa.BigInteger()
_g = m.grants.c
_after = sa.bindparam("after", type_=_int)
_most = sa.bindparam("most", type_=sa.Integer())

WARNED = (
    sa.select(_g.id, _g.tenant_id, _g.account_id, _g.warned, _g.key, _g.expires)
    .where(_g.warned > number(0), _g.expires > sa.bindparam("now", type_=_int), _g.id > _after)
    .order_by(_g.id)
    .limit(_most)
)
_earlier = p.logins.alias("earlier")
LOGINS = (
    sa.select(p.logins.c.id, p.logins.c.tenant_id, p.logins.c.account_id, s.SPOKEN)
    .select_from(sa.join(p.logins, s.accounts, s.accounts.c.id == p.logins.c.account_id))
    .where(
        p.logins.c.id > _after,
        s.accounts.c.blocked == number(0),
        sa.not_(sa.exists().where(_earlier.c.account_id == p.logins.c.account_id, _earlier.c.id < p.logins.c.id)),
    )
    .order_by(p.logins.c.id)
    .limit(_most)
)
PAID = (
    sa.select(y.payments.c.amount, y.payments.c.currency, y.payments.c.receipt, y.payments.c.created)
    .where(
        y.payments.c.account_id == sa.bindparam("account", type_=_int),
        y.payments.c.tenant_id == sa.bindparam("tenant", type_=_int),
        y.payments.c.paid == number(1),
        y.payments.c.receipt != word(""),
        y.payments.c.created >= sa.bindparam("since", type_=_int),
        y.payments.c.created < sa.bindparam("until", type_=_int),
    )
    .order_by(y.payments.c.id)
)
"""Reads payments_account."""


def warned_grants(link: Link, after: int, limit: int, now: int) -> tuple[WarnedGrant, ...]:
    """Allowances that run, and of which people have been warned."""
    return tuple(
        WarnedGrant(row[0], row[1], row[2], row[3], plan_in(row[4]), row[5])
        for row in link.all(WARNED, {"after": after, "most": limit, "now": now})
    )


def logins(link: Link, after: int, limit: int) -> tuple[LoginLine, ...]:
    """Who can be written to, each account once."""
    return tuple(LoginLine(*row) for row in link.all(LOGINS, {"after": after, "most": limit}))


def invoices(link: Link, tenant: int, account_id: int, since: int, until: int) -> tuple[Invoice, ...]:
    """What an account has paid in a span."""
    here = {"tenant": tenant, "account": account_id, "since": since, "until": until}
    return tuple(Invoice(*row) for row in link.all(PAID, here))
