"""What was left of an allowance when somebody was erased. Knows a keyed hash of who it was; must not know names.

Without it erasing oneself would make a second allowance. A row tells nobody who it is of, and goes with its window.
"""

from __future__ import annotations

import sqlalchemy as sa

from hub.domain.money import EntryKind, NewGrant, Source, Unit
from storage import money as m
from storage import people as p
from storage import schema as s
from storage.dialect import insert_or_replace, number, word
from storage.link import Link
from storage.rows import now_ms
from storage.verbs.balance import READ_ALL, Balance, lock
from storage.verbs.care import house_secret
from storage.verbs.grants import grant_by_id
from storage.verbs.held import KNOWN_AS
from storage.verbs.windows import PLAN_PRIORITY

WORDS = "left over by who was erased"

_int = sa.BigInteger()
_tenant = sa.bindparam("tenant", type_=_int)
_account = sa.bindparam("account", type_=_int)
_digest = sa.bindparam("hashed", type_=sa.Text())
_here = (p.forgotten.c.tenant_id == _tenant, p.forgotten.c.digest == _digest)

ANCHOR = sa.select(s.accounts.c.plan_anchor).where(s.accounts.c.id == _account)
RUNNING = sa.select(m.grants.c.id, m.grants.c.unit).where(
    m.grants.c.account_id == _account,
    m.grants.c.source == word("plan"),
    m.grants.c.expires > sa.bindparam("now", type_=_int),
)
"""Reads grants_account."""
_NATURAL = ("tenant_id", "digest", "allowance")
KEEP = insert_or_replace(p.forgotten, _NATURAL, (*_NATURAL, "together", "unit", "rest", "anchor", "expires"))
FIND = sa.select(
    p.forgotten.c.allowance, p.forgotten.c.together, p.forgotten.c.unit, p.forgotten.c.rest, p.forgotten.c.anchor,
    p.forgotten.c.expires,
).where(*_here, p.forgotten.c.expires > sa.bindparam("now", type_=_int)).with_for_update()  # fmt: skip
"""Both read forgotten_natural."""
TAKEN = (
    sa.update(p.forgotten)
    .where(p.forgotten.c.tenant_id == _tenant, p.forgotten.c.together == sa.bindparam("whose", type_=sa.Text()))
    .values(rest=number(0))
)
DROP = sa.delete(p.forgotten).where(*_here)
SET_ANCHOR = (
    sa.update(s.accounts).where(s.accounts.c.id == _account).values(plan_anchor=sa.bindparam("new_anchor", type_=_int))
)


def remember(link: Link, tenant: int, account: int) -> None:
    """Keep what is left of the allowances that run, under each name of an account that is about to be erased."""
    import secrets

    here = {"tenant": tenant, "account": account}
    now, anchor = now_ms(), link.one(ANCHOR, here)
    free = {row[3]: Balance(link, row, now).free for row in link.all(READ_ALL, here)}
    names = link.all(KNOWN_AS, here)
    for grant_id, unit in link.all(RUNNING, {**here, "now": now}):
        grant = grant_by_id(link, grant_id)
        assert grant is not None
        assert anchor is not None
        kept = {
            "tenant_id": tenant,
            "allowance": grant.key.split(":", 2)[2],
            "together": secrets.token_hex(8),
            "unit": unit,
            "rest": max(0, min(grant.left, free.get(unit, 0))),
            "anchor": anchor[0],
            "expires": grant.expires,
        }
        for platform, user in names:
            link.run(KEEP, {**kept, "digest": _digest_of(link, tenant, platform, user)})


def come_back(link: Link, tenant: int, platform: str, user: str, account: int) -> None:
    """Somebody new has `account`: if they were erased since their window opened, they have of it what was left. Of
    those who were one person the first has it."""
    here, now = {"tenant": tenant, "hashed": _digest_of(link, tenant, platform, user)}, now_ms()
    for allowance, together, unit, rest, anchor, expires in link.all(FIND, {**here, "now": now}):
        link.run(SET_ANCHOR, {"account": account, "new_anchor": anchor})
        balance, key = lock(link, tenant, account, unit, now), f"plan:{account}:{allowance}"
        left = NewGrant(key, account, Unit(unit), rest, Source.PLAN, PLAN_PRIORITY, expires, WORDS)
        balance.open(allowance.partition(":")[2], balance.give(left, EntryKind.GRANT, f"grant:{key}"))
        balance.save()
        link.run(TAKEN, {"tenant": tenant, "whose": together})
    link.run(DROP, here)


def _digest_of(link: Link, tenant: int, platform: str, user: str) -> str:
    import hmac

    name = f"{tenant}\n{platform}\n{user}".encode("utf-8", "surrogatepass")
    return hmac.digest(house_secret(link, "forgotten"), name, "sha256").hex()
