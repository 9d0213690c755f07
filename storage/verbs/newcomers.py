"""What waits for somebody new. Knows how to see that there is something; must not know what comes of it.

Every newcomer is looked at, and for nearly all there is nothing: the rooms that know more are loaded when there is.
"""

from __future__ import annotations

import sqlalchemy as sa

from hub.domain.address import Address, ChatKind
from storage import people as p
from storage import teams as t
from storage.dialect import number
from storage.link import Link
from storage.rows import clean

_tenant = sa.bindparam("tenant", type_=sa.BigInteger())

OPEN_TO_ALL = sa.select(t.team_places.c.team_id).where(
    t.team_places.c.tenant_id == _tenant,
    t.team_places.c.platform == sa.bindparam("platform"),
    t.team_places.c.bot == sa.bindparam("bot"),
    t.team_places.c.everybody == number(1),
    t.team_places.c.private == number(1),
)
"""Reads team_places_natural."""
ANYBODY_FORGOTTEN = sa.select(p.forgotten.c.id).where(p.forgotten.c.tenant_id == _tenant).limit(number(1))
"""Reads forgotten_natural."""


def welcome(link: Link, address: Address, account_id: int) -> None:
    """Somebody writes at a new place. In private chats of a workspace whose people are all members, they become one."""
    if address.kind is not ChatKind.PRIVATE:
        return
    here = {"tenant": address.tenant, "platform": address.platform, "bot": clean(address.bot)}
    if teams := link.all(OPEN_TO_ALL, here):
        from storage.verbs.team_places import come_in

        for (team,) in teams:
            come_in(link, address.tenant, team, account_id)


def come_back(link: Link, address: Address, user: str, account_id: int) -> None:
    """Somebody new has an account; if they were erased a while ago, they have what was left of their allowance."""
    if link.one(ANYBODY_FORGOTTEN, {"tenant": address.tenant}) is not None:
        from storage.verbs import forgotten

        forgotten.come_back(link, address.tenant, address.platform, user, account_id)
