"""Policies of groups. Knows their rows; must not know who may change them."""

from __future__ import annotations

import json

import sqlalchemy as sa

from hub.domain.address import Address
from hub.domain.group import AS_THE_HOUSE, Asking, GroupLine, GroupPolicy
from hub.domain.money import Cap, Unit
from hub.domain.payer import PaidBy
from hub.domain.turn import Overlap
from storage.dialect import insert_or_replace, number, word
from storage.groups import PAID_FOR
from storage.groups import group_policies as g
from storage.link import Link, Row
from storage.rows import clean, now_ms
from storage.verbs.places import address_values

_int = sa.BigInteger()
_tenant = sa.bindparam("tenant", type_=_int)

POLICY = (
    g.c.overlap,
    g.c.answers,
    g.c.asking,
    g.c.members,
    g.c.paid_by,
    g.c.payer_id,
    g.c.cap,
    g.c.cap_unit,
    g.c.id,
)
AT_CHAT = (
    g.c.tenant_id == _tenant,
    g.c.platform == sa.bindparam("platform"),
    g.c.bot == sa.bindparam("bot"),
    g.c.chat == sa.bindparam("chat"),
)
FIND = sa.select(*POLICY).where(*AT_CHAT)
_NATURAL = ("tenant_id", "platform", "bot", "chat")
PUT = insert_or_replace(
    g,
    _NATURAL,
    (*_NATURAL, "overlap", "answers", "asking", "members", "paid_by", "payer_id", "cap", "cap_unit", "changed"),
)
_line = sa.select(g.c.tenant_id, g.c.platform, g.c.bot, g.c.chat, *POLICY).where(
    g.c.tenant_id == _tenant, g.c.id > sa.bindparam("after", type_=_int)
)
_most = sa.bindparam("most", type_=sa.Integer())
PAGE = _line.order_by(g.c.id).limit(_most)
PAID = _line.where(PAID_FOR, g.c.payer_id == sa.bindparam("payer", type_=_int)).order_by(g.c.id).limit(_most)
"""Reads group_policies_payer."""
STOP_PAYING = (
    sa.update(g)
    .where(
        g.c.tenant_id == _tenant,
        g.c.id == sa.bindparam("policy", type_=_int),
        g.c.paid_by == word("sponsor"),
        g.c.payer_id == sa.bindparam("payer", type_=_int),
    )
    .values(paid_by=word(""), payer_id=number(0), cap=number(0), cap_unit=word("micro"))
)


NAMING = sa.select(g.c.id, g.c.members).where(
    g.c.tenant_id == _tenant,
    g.c.platform == sa.bindparam("platform"),
    g.c.members.contains(sa.bindparam("quoted", type_=sa.Text()), autoescape=False),
)
KEEP_MEMBERS = (
    sa.update(g)
    .where(g.c.id == sa.bindparam("policy", type_=_int))
    .values(members=sa.bindparam("kept", type_=sa.Text()))
)


def policy_of(row: Row) -> GroupPolicy:
    """From POLICY."""
    overlap, answers, asking, members, paid_by, payer, cap, unit, policy_id = row
    return GroupPolicy(
        Overlap(overlap) if overlap else None,
        answers == "always" if answers else None,
        Asking(asking) if asking else None,
        frozenset(json.loads(members)) if members else frozenset(),
        PaidBy(paid_by) if paid_by else None,
        payer,
        Cap(cap, Unit(unit)),
        policy_id,
    )


def group_policy(link: Link, address: Address) -> GroupPolicy:
    """The policy of a chat."""
    row = link.one(FIND, address_values(address))
    return policy_of(row) if row else AS_THE_HOUSE


def set_group_policy(link: Link, address: Address, policy: GroupPolicy) -> None:
    """Decide for a chat."""
    here = address_values(address)
    answers = {None: "", True: "always", False: "addressed"}[policy.always]
    row = {
        "tenant_id": here["tenant"],
        "platform": here["platform"],
        "bot": here["bot"],
        "chat": here["chat"],
        "overlap": policy.overlap or "",
        "answers": answers,
        "asking": policy.asking or "",
        "members": json.dumps(sorted(clean(one) for one in policy.members)) if policy.members else "",
        "paid_by": policy.paid_by or "",
        "payer_id": policy.payer,
        "cap": policy.cap.amount,
        "cap_unit": policy.cap.unit.value,
        "changed": now_ms(),
    }
    link.run(PUT, row)


def groups(link: Link, tenant: int, payer: int, after: int, limit: int) -> tuple[GroupLine, ...]:
    """Groups that something was decided for."""
    asked = {"tenant": tenant, "after": after, "most": limit}
    rows = link.all(PAID, {**asked, "payer": payer}) if payer else link.all(PAGE, asked)
    return tuple(GroupLine(row[0], row[1], row[2], row[3], policy_of(row[4:])) for row in rows)


def forget_member(link: Link, tenant: int, platform: str, user: str) -> int:
    """Nobody is named `user` in who may ask; in how many groups they were."""
    found = 0
    for policy, members in link.all(NAMING, {"tenant": tenant, "platform": platform, "quoted": json.dumps(user)}):
        named = json.loads(members)
        if user in named:
            kept = [one for one in named if one != user]
            found += link.run(KEEP_MEMBERS, {"policy": policy, "kept": json.dumps(kept) if kept else ""})
    return found


def stop_paying(link: Link, tenant: int, policy_id: int, payer: int) -> bool:
    """The sponsor pays for a group no more."""
    return link.run(STOP_PAYING, {"tenant": tenant, "policy": policy_id, "payer": payer}) > 0
