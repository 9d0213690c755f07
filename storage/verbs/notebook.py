"""What adapters must find again. Knows notes and where people wrote lately; must not know what a note means."""

from __future__ import annotations

import sqlalchemy as sa

from hub.ports.house import Heard
from storage import platforms as f
from storage import schema as s
from storage.dialect import insert_or_replace
from storage.link import Link
from storage.rows import ADDRESS, address_of, clean, now_ms

_here = (f.notes.c.platform == sa.bindparam("platform"), f.notes.c.name == sa.bindparam("name"))

READ = sa.select(f.notes.c.value).where(*_here)
WRITE = insert_or_replace(f.notes, ("platform", "name"), ("platform", "name", "value", "written"))
FORGET = sa.delete(f.notes).where(*_here)

_newest = (
    sa.select(sa.func.max(s.inbox.c.id))
    .where(s.SAID, s.inbox.c.address_id == s.addresses.c.id)
    .correlate(s.addresses)
    .scalar_subquery()
)
_places = (
    sa.select(_newest.label("newest"), *ADDRESS)
    .where(
        s.addresses.c.tenant_id == sa.bindparam("tenant"),
        s.addresses.c.platform == sa.bindparam("platform"),
        s.addresses.c.bot == sa.bindparam("bot"),
    )
    .subquery()
)
HEARD = (
    sa.select(s.inbox.c.event_id, *[_places.c[column.name] for column in ADDRESS])
    .select_from(sa.join(_places, s.inbox, s.inbox.c.id == _places.c.newest))
    .order_by(_places.c.newest.desc())
    .limit(sa.bindparam("most", type_=sa.Integer()))
)
"""Reads addresses_natural, and of each place the end of inbox_screen."""


def read_note(link: Link, platform: str, name: str) -> str:
    """What was written last; empty when nothing was."""
    row = link.one(READ, {"platform": platform, "name": clean(name)})
    return str(row[0]) if row else ""


def write_note(link: Link, platform: str, name: str, value: str) -> None:
    """Keep `value`; an empty one is forgotten."""
    if value:
        link.run(WRITE, {"platform": platform, "name": clean(name), "value": clean(value), "written": now_ms()})
    else:
        link.run(FORGET, {"platform": platform, "name": clean(name)})


def heard(link: Link, tenant: int, platform: str, bot: str, limit: int) -> tuple[Heard, ...]:
    """Where people wrote to `bot` lately, the newest first, each with the newest message that was taken there."""
    here: dict[str, int | str] = {"tenant": tenant, "platform": platform, "bot": clean(bot), "most": limit}
    return tuple(Heard(address_of(row[1:7]), row[0]) for row in link.all(HEARD, here))
