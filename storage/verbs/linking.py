"""One person's platforms joined and taken apart. Knows what moves between accounts; must not know how people agree.

These verbs run one at a time in a tenant, so that of two codes crossing one finds what the other has done. What they
lock they lock as every other verb does: conversations, then accounts.
"""

from __future__ import annotations

import sqlalchemy as sa

from hub.domain.account import IdentityLine
from hub.domain.inbound import Inbound
from hub.domain.money import Allowance
from storage import api as a
from storage import people as p
from storage import schema as s
from storage.dialect import number
from storage.link import Link, Row
from storage.rows import clean, now_ms
from storage.verbs.memberships import hand_over_teams, is_team
from storage.verbs.moving import begin_without, move_money
from storage.verbs.places import FIND_ADDRESS, MAKE_ACCOUNT, POINT, address_values, make_conversation

_int = sa.BigInteger()
_tenant = sa.bindparam("tenant", type_=_int)
_account = sa.bindparam("account", type_=_int)
_kept = sa.bindparam("kept", type_=_int)
_joined = sa.bindparam("joined", type_=_int)

ONE_AT_A_TIME = sa.select(s.tenants.c.id).where(s.tenants.c.id == _tenant).with_for_update(key_share=True)
"""Writers of other rows only refer to the tenant, which this lets them."""

IDENTITY = (
    s.identities.c.id,
    s.identities.c.platform,
    s.identities.c.platform_user,
    s.identities.c.name,
    s.identities.c.created,
)
WHO = (
    sa.select(s.identities.c.id, s.identities.c.account_id, s.accounts.c.blocked)
    .select_from(sa.join(s.identities, s.accounts, s.accounts.c.id == s.identities.c.account_id))
    .where(
        s.identities.c.tenant_id == _tenant,
        s.identities.c.platform == sa.bindparam("platform"),
        s.identities.c.platform_user == sa.bindparam("user"),
    )
)
IDENTITIES = (
    sa.select(*IDENTITY)
    .where(s.identities.c.account_id == _account, s.identities.c.tenant_id == _tenant)
    .order_by(s.identities.c.id)
)
"""Reads identities_account."""

DROP_CODES_OF = sa.delete(p.codes).where(
    p.codes.c.account_id == _account,
    p.codes.c.identity_id == sa.bindparam("identity", type_=_int),
    p.codes.c.used_by == number(0),
)
_here = s.addresses.alias("here")
PLACE = (
    sa.select(s.addresses.c.id, s.addresses.c.conversation_id, s.conversations.c.account_id, s.conversations.c.messages)
    .select_from(sa.join(s.addresses, s.conversations, s.conversations.c.id == s.addresses.c.conversation_id))
    .where(s.addresses.c.id == sa.bindparam("address", type_=_int))
)
LIVELIEST = (
    sa.select(s.addresses.c.conversation_id)
    .select_from(
        sa.join(
            _here,
            s.addresses,
            sa.and_(*(_here.c[name] == s.addresses.c[name] for name in ("tenant_id", "platform", "bot", "chat"))),
        ).join(s.conversations, s.conversations.c.id == s.addresses.c.conversation_id)
    )
    .where(
        _here.c.id == sa.bindparam("address", type_=_int),
        s.conversations.c.account_id == _kept,
        s.conversations.c.messages > number(0),
    )
    .order_by(s.conversations.c.updated.desc(), s.conversations.c.id.desc())
    .limit(number(1))
)
"""Where the last was said in the chat of an address, in whichever thread. Reads addresses_natural."""

HOLD_CONVERSATIONS = (
    sa.select(s.conversations.c.id)
    .where(s.conversations.c.account_id == _joined)
    .order_by(s.conversations.c.id)
    .with_for_update(key_share=True)
)
JOIN_ACCOUNT = sa.update(s.accounts).where(s.accounts.c.id == _joined).values(merged_into=_kept)
JOIN_EARLIER = sa.update(s.accounts).where(s.MERGED, s.accounts.c.merged_into == _joined).values(merged_into=_kept)
"""Reads accounts_merged. So the way to the account that is kept is one step, however often people link."""
KEEP_ACCOUNT = (
    sa.update(s.accounts)
    .where(s.accounts.c.id == _kept)
    .values(
        name=sa.case(
            (s.accounts.c.name == sa.literal_column("''", sa.Text()), sa.bindparam("name", type_=sa.Text())),
            else_=s.accounts.c.name,
        ),
        blocked=sa.case(
            (s.accounts.c.blocked == number(1), number(1)), else_=sa.bindparam("was_blocked", type_=sa.SmallInteger())
        ),
    )
)
MOVED = tuple(
    sa.update(table).where(table.c.account_id == _joined).values(account_id=_kept)
    for table in (s.conversations, s.identities, p.codes, p.logins, a.api_keys)
)
"""What an account has, each by its index on the account."""

ACCOUNT = sa.select(
    s.accounts.c.name,
    s.accounts.c.language,
    s.accounts.c.model,
    s.accounts.c.blocked,
    s.accounts.c.merged_into,
    s.accounts.c.plan_anchor,
    s.accounts.c.speaks,
).where(s.accounts.c.id == _account, s.accounts.c.tenant_id == _tenant)
IDENTITY_BY_ID = sa.select(s.identities.c.account_id, *IDENTITY).where(
    s.identities.c.id == sa.bindparam("identity", type_=_int), s.identities.c.tenant_id == _tenant
)
HAS_LOGIN = sa.select(p.logins.c.id).where(p.logins.c.account_id == _account).limit(number(1))
REPOINT_IDENTITY = (
    sa.update(s.identities).where(s.identities.c.id == sa.bindparam("identity", type_=_int)).values(account_id=_account)
)
SETTLE = (
    sa.update(s.accounts)
    .where(s.accounts.c.id == _account)
    .values(
        model=sa.bindparam("choice", type_=sa.Text()),
        blocked=sa.bindparam("was_blocked", type_=sa.SmallInteger()),
        plan_anchor=sa.bindparam("anchor", type_=_int),
        speaks=sa.bindparam("chosen_language", type_=sa.Text()),
    )
)


def who(link: Link, inbound: Inbound) -> tuple[int, int, bool]:
    """Wait for one's turn; identity, account, whether that is blocked. Raises LookupError for who never wrote."""
    tenant = inbound.address.tenant
    link.one(ONE_AT_A_TIME, {"tenant": tenant})
    found = link.one(WHO, {"tenant": tenant, "platform": inbound.address.platform, "user": clean(inbound.sender.user)})
    if found is None:
        raise LookupError(f"nobody on {inbound.address.platform} is known by that name in tenant {tenant}")
    return found[0], found[1], bool(found[2])


def go_on_together(link: Link, kept: int, maker_address: int, inbound: Inbound) -> None:
    """Point the address of `inbound` to the conversation of the place where the code was made.

    Where nothing was said there, both go on in the one that holds something: no memory is left for an empty one."""
    found = link.one(FIND_ADDRESS, address_values(inbound.address))
    here = link.one(PLACE, {"address": found[0]}) if found else None
    there = link.one(PLACE, {"address": maker_address})
    if here is None or there is None or there[2] != kept:
        return
    if (memory := _memory_at(link, kept, there)) is not None or (own := _memory_at(link, kept, here)) is None:
        link.run(POINT, {"address": here[0], "conversation": memory or there[1]})
    else:
        link.run(POINT, {"address": there[0], "conversation": own})


def _memory_at(link: Link, kept: int, place: Row) -> int | None:
    """The conversation of a place if it holds something, else the liveliest of its chat's threads, if any does."""
    if place[3]:
        return int(place[1])
    row = link.one(LIVELIEST, {"address": place[0], "kept": kept})
    return int(row[0]) if row else None


def hand_over(link: Link, tenant: int, kept: int, joined: int) -> None:
    """Give all that account `joined` has to `kept`, and nothing else ever does: its balance too goes this way.

    Messages and attempts stay under the account they were made by, which names `kept` from now on. Blocked wins."""
    pair = {"kept": kept, "joined": joined}
    link.all(HOLD_CONVERSATIONS, {"joined": joined})
    link.run(JOIN_ACCOUNT, pair)
    link.run(JOIN_EARLIER, pair)
    former = link.one(ACCOUNT, {"account": joined, "tenant": tenant})
    assert former is not None
    link.run(KEEP_ACCOUNT, {"kept": kept, "name": former[0], "was_blocked": former[3]})
    for statement in MOVED:
        link.run(statement, pair)
    move_money(link, tenant, kept, joined)
    hand_over_teams(link, kept, joined)


def merge(link: Link, tenant: int, kept: int, joined: int) -> bool:
    """Join one account into another; False when they are the same, unknown, or one is joined already."""
    link.one(ONE_AT_A_TIME, {"tenant": tenant})
    rows = [link.one(ACCOUNT, {"account": account, "tenant": tenant}) for account in (kept, joined)]
    if kept == joined or any(row is None or row[4] for row in rows) or is_team(link, kept) or is_team(link, joined):
        return False
    hand_over(link, tenant, kept, joined)
    return True


def identities(link: Link, tenant: int, account_id: int) -> tuple[IdentityLine, ...]:
    """Who an account is on which platform."""
    return tuple(IdentityLine(*row) for row in link.all(IDENTITIES, {"account": account_id, "tenant": tenant}))


def unlink(
    link: Link, inbound: Inbound, account_id: int, identity_id: int, allowance: Allowance | None
) -> IdentityLine | None:
    """Take an identity out of an account; see `hub.ports.accounts.Accounts.unlink`."""
    tenant = inbound.address.tenant
    writer, *_ = who(link, inbound)
    found = link.one(IDENTITY_BY_ID, {"identity": identity_id or writer, "tenant": tenant})
    account = link.one(ACCOUNT, {"account": account_id, "tenant": tenant})
    if found is None or account is None:
        return None
    line = IdentityLine(*found[1:6])
    former = account[4] or account_id
    if found[0] != former:
        # one's own is out already when this turn runs again after a crash
        return line if line.id == writer else None
    if len(identities(link, tenant, former)) < 2 and link.one(HAS_LOGIN, {"account": former}) is None:
        return None
    made = link.one(MAKE_ACCOUNT, {"tenant_id": tenant, "name": line.name, "language": account[1], "created": now_ms()})
    assert made is not None
    settings = link.one(ACCOUNT, {"account": former, "tenant": tenant}) or account
    kept_settings = {"choice": settings[2], "was_blocked": settings[3], "anchor": settings[5]}
    kept_settings |= {"chosen_language": settings[6]}
    link.run(SETTLE, {"account": made[0], **kept_settings})
    if allowance is not None and allowance.amount is not None:
        begin_without(link, tenant, made[0], allowance)
    link.run(REPOINT_IDENTITY, {"identity": line.id, "account": made[0]})
    link.run(DROP_CODES_OF, {"account": former, "identity": line.id})
    if line.id == writer:
        place = link.one(FIND_ADDRESS, address_values(inbound.address))
        assert place is not None, "an inbound was accepted at its address"
        link.run(POINT, {"address": place[0], "conversation": make_conversation(link, tenant, made[0])})
    return line
