"""What stands at an address. Knows inbox and outbox rows; must not know words of notices or platforms."""

from __future__ import annotations

import sqlalchemy as sa

from hub.domain.address import Address
from hub.domain.conversation import ShownMessage
from hub.domain.inbound import Said
from hub.ports.store import ScreenRow
from storage import schema as s
from storage.dialect import number, word
from storage.link import Link, Row
from storage.rows import REPLY, content_of, now_ms, reply_of
from storage.verbs.places import AT_ADDRESS, FIND_ADDRESS, address_values

PERSON = (
    sa.select(s.inbox.c.id, s.inbox.c.content, s.inbox.c.received, s.inbox.c.sender_language)
    .where(s.SAID, s.inbox.c.address_id == sa.bindparam("address"))
    .order_by(s.inbox.c.id.desc())
    .limit(sa.bindparam("most", type_=sa.Integer()))
)
"""Reads inbox_screen backwards."""

OURS = (
    sa.select(s.outbox.c.key, s.outbox.c.turn_id, s.outbox.c.created, s.outbox.c.language, *REPLY)
    .where(s.outbox.c.address_id == sa.bindparam("address"))
    .order_by(s.outbox.c.id.desc())
    .limit(sa.bindparam("most", type_=sa.Integer()))
)
"""Reads outbox_screen backwards."""

STREAMING = sa.select(s.inbox.c.id, s.inbox.c.progress, s.inbox.c.sender_language).where(
    s.LANE,
    s.inbox.c.conversation_id == sa.bindparam("conversation"),
    s.inbox.c.state == word("running"),
    s.inbox.c.shown == number(1),
    s.inbox.c.address_id == sa.bindparam("address"),
)
"""Reads inbox_lane."""


ANSWERED = (
    sa.select(s.addresses.c.id)
    .select_from(sa.join(s.addresses, s.conversations, s.conversations.c.id == s.addresses.c.conversation_id))
    .where(
        *AT_ADDRESS,
        sa.or_(
            s.conversations.c.messages > number(0),
            sa.exists().where(s.LANE, s.inbox.c.conversation_id == s.conversations.c.id),
            sa.exists().where(s.outbox.c.address_id == s.addresses.c.id),
        ),
    )
)
"""Reads addresses_natural. Of a conversation that is fresh the lane is asked, and the outbox, which forgets."""


def answered_at(link: Link, address: Address) -> bool:
    """Whether we have ever answered there, or are about to."""
    return link.one(ANSWERED, address_values(address)) is not None


def screen(link: Link, address: Address, limit: int) -> list[ScreenRow]:
    """The newest lines at an address, oldest first; an answer being written is the last."""
    place = link.one(FIND_ADDRESS, address_values(address))
    if place is None:
        return []
    here = {"address": place[0], "most": limit}
    lines = [((row[2], row[0], 0), _said(row)) for row in link.all(PERSON, here)]
    lines += [((row[2], row[1], 1), _answered(row)) for row in link.all(OURS, here)]
    lines.sort(key=lambda line: line[0])
    shown = [row for _, row in lines]
    for row in link.all(STREAMING, {"address": place[0], "conversation": place[1]}):
        streaming = ShownMessage(f"t{row[0]}", "assistant", row[1], "streaming", now_ms())
        shown.append(ScreenRow(streaming, None, row[2]))
    return shown[-limit:] if limit > 0 else []


def _said(row: Row) -> ScreenRow:
    content = content_of("said", row[1])
    assert isinstance(content, Said)
    shown = ShownMessage(f"p{row[0]}", "person", content.text, "done", row[2], content.attachments)
    return ScreenRow(shown, None, row[3])


def _answered(row: Row) -> ScreenRow:
    reply = reply_of(row[4:8])
    role = "assistant" if reply.text else "notice"
    state = "failed" if reply.failed else "done"
    return ScreenRow(ShownMessage(row[0], role, reply.text, state, row[2]), reply, row[3])
