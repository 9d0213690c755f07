"""The right to listen where one process may. Knows owner and the database's clock; must not know what is heard."""

from __future__ import annotations

import sqlalchemy as sa

from storage import platforms as f
from storage.dialect import clock, insert_new, number, word
from storage.link import Link

MAKE = insert_new(f.listeners, ("name",), ("name", "owner", "until"))
TAKE = (
    sa.update(f.listeners)
    .where(
        f.listeners.c.name == sa.bindparam("listener"),
        sa.or_(f.listeners.c.owner == sa.bindparam("owner"), f.listeners.c.until < clock()),
    )
    .values(owner=sa.bindparam("owner"), until=clock() + sa.bindparam("lasting", type_=sa.BigInteger()))
)
LET_GO = (
    sa.update(f.listeners)
    .where(f.listeners.c.name == sa.bindparam("listener"), f.listeners.c.owner == sa.bindparam("owner"))
    .values(owner=word(""), until=number(0))
)
LET_ALL_GO = sa.update(f.listeners).where(f.listeners.c.owner != word("")).values(owner=word(""), until=number(0))


def take_listener(link: Link, name: str, owner: str, seconds: float) -> bool:
    """Take the lease of `name`, or keep it, for `seconds` from now; False: another living process holds it."""
    taking = {"listener": name, "owner": owner, "lasting": int(seconds * 1000)}
    if link.run(TAKE, taking):
        return True
    link.run(MAKE, {"name": name, "owner": "", "until": 0})
    return link.run(TAKE, taking) > 0


def let_listener_go(link: Link, name: str, owner: str) -> None:
    """Give the lease back; nothing happens when it is another's by now."""
    link.run(LET_GO, {"listener": name, "owner": owner})
