"""A group whose platform calls it otherwise from now on. Knows the tables that name chats; must not know platforms."""

from __future__ import annotations

import sqlalchemy as sa

from hub.domain.address import Address
from storage import schema as s
from storage.groups import group_policies as g
from storage.link import Link
from storage.rows import clean
from storage.teams import team_places
from storage.verbs.places import POINT, address_values

_old, _new = (sa.bindparam(f"{which}_chat", type_=sa.Text()) for which in ("old", "new"))
_BY_CHAT = ((s.addresses, "chat", "thread"), (g, "chat", ""), (team_places, "place", ""))


def _at(table: sa.FromClause, name: str, chat: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    bound = [table.c[each] == sa.bindparam(f"of_{each}") for each in ("platform", "bot")]
    return sa.and_(table.c.tenant_id == sa.bindparam("tenant"), *bound, table.c[name] == chat)


def _rename(table: sa.Table, name: str, also: str) -> sa.Update:
    other = table.alias("other")
    same = [other.c[also] == table.c[also]] if also else []
    there = sa.exists().where(_at(other, name, _new), *same).correlate(table)
    return sa.update(table).where(_at(table, name, _old), ~there).values({name: _new})


RENAME = tuple(_rename(*one) for one in _BY_CHAT)
OUTDONE = tuple(sa.delete(table).where(_at(table, name, _old)) for table, name, _ in _BY_CHAT[1:])
"""What was decided under the new name counts."""

_there = s.addresses.alias("there")
BOTH = sa.select(_there.c.id, s.addresses.c.conversation_id).where(
    _at(s.addresses, "chat", _old),
    _at(_there, "chat", _new),
    _there.c.thread == s.addresses.c.thread,
)


def move_chat(link: Link, address: Address, chat: str) -> None:
    """Addresses, policy and team of the chat of `address` go on as those of `chat`; see `hub.ports.groups.Groups`."""
    here = address_values(address)
    values = {"tenant": here["tenant"], "of_platform": here["platform"], "of_bot": here["bot"]}
    values |= {"old_chat": here["chat"], "new_chat": clean(chat)}
    for one in RENAME:
        link.run(one, values)
    # somebody wrote under the new name before we knew: there too the conversation goes on that the group had
    for there, conversation in link.all(BOTH, values):
        link.run(POINT, {"address": there, "conversation": conversation})
    for beaten in OUTDONE:
        link.run(beaten, values)
