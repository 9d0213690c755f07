"""The way out. Knows what is due and who has claimed it; must not know how anything is shown."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from hub.domain.reply import Reply
from hub.domain.turn import OutboxItem
from storage import schema as s
from storage.dialect import number, word
from storage.link import Link
from storage.rows import ITEM, clean, item_of, now_ms, reply_values
from storage.verbs.finish import PUT_REPLY, refs_of

CLAIM_MS = 60_000
"""For so long nobody else is given an item that was given to somebody."""

NO_TURN = 1 << 61
"""Plus its own id: the turn of an item that no turn said. It is greater than any inbox id, so its refs are its own."""

AS_NO_TURN = (
    sa.update(s.outbox)
    .where(s.outbox.c.id == sa.bindparam("item"))
    .values(turn_id=sa.bindparam("turn", type_=sa.BigInteger()))
)

DUE = (
    sa.select(*ITEM)
    .select_from(sa.join(s.outbox, s.addresses, s.addresses.c.id == s.outbox.c.address_id))
    .where(s.PENDING, s.outbox.c.due_at <= sa.bindparam("now"), s.addresses.c.platform == sa.bindparam("channel"))
    .order_by(s.outbox.c.due_at, s.outbox.c.id)
    .limit(sa.bindparam("most", type_=sa.Integer()))
    .with_for_update(skip_locked=True, of=s.outbox)
)
"""Reads outbox_due in its order."""

CLAIM = (
    sa.update(s.outbox)
    .where(s.outbox.c.id == sa.bindparam("item"))
    .values(due_at=sa.bindparam("until", type_=sa.BigInteger()))
)
KEEP = CLAIM.where(s.PENDING)
SENT = sa.update(s.outbox).where(s.outbox.c.id == sa.bindparam("item")).values(state=word("sent"), error=word(""))
AGAIN = (
    sa.update(s.outbox)
    .where(s.outbox.c.id == sa.bindparam("item"), s.PENDING)
    .values(
        tries=s.outbox.c.tries + number(1),
        error=sa.bindparam("what", type_=sa.Text()),
        due_at=sa.bindparam("until", type_=sa.BigInteger()),
    )
)
GIVE_UP = (
    sa.update(s.outbox)
    .where(s.outbox.c.id == sa.bindparam("item"), s.PENDING)
    .values(tries=s.outbox.c.tries + number(1), error=sa.bindparam("what", type_=sa.Text()), state=word("dead"))
)


def tell(link: Link, tenant: int, address_id: int, key: str, reply: Reply, language: str) -> None:
    """Say something that answers no turn; a sweep delivers it at once. `key` is unique in the tenant."""
    now = now_ms()
    made = link.one(
        PUT_REPLY,
        {
            **reply_values(reply),
            "tenant_id": tenant,
            "key": key,
            "turn_id": 0,
            "address_id": address_id,
            "language": clean(language),
            "due_at": now,
            "created": now,
        },
    )
    assert made is not None
    link.run(AS_NO_TURN, {"item": made[0], "turn": NO_TURN + made[0]})


def due(link: Link, platforms: Sequence[str], now: int, limit: int) -> list[OutboxItem]:
    """Pending items of `platforms` due at `now`, oldest first, claimed for a minute."""
    found = [row for platform in platforms for row in link.all(DUE, {"now": now, "channel": platform, "most": limit})]
    rows = sorted(found, key=lambda row: int(row[0]))
    for row in rows:
        link.run(CLAIM, {"item": row[0], "until": now + CLAIM_MS})
    return [item_of(row, refs_of(link, row[9], row[2])) for row in rows]


def keep_claim(link: Link, outbox_id: int, seconds: float) -> None:
    """Nobody else is given a pending item for so long."""
    link.run(KEEP, {"item": outbox_id, "until": now_ms() + int(seconds * 1000)})


def delivered(link: Link, outbox_ids: Sequence[int]) -> None:
    """The screen shows them."""
    for outbox_id in outbox_ids:
        link.run(SENT, {"item": outbox_id})


def not_delivered(link: Link, outbox_id: int, error: str, again_at: int | None) -> None:
    """Try again at `again_at`, or give up."""
    if again_at is None:
        link.run(GIVE_UP, {"item": outbox_id, "what": clean(error)})
    else:
        link.run(AGAIN, {"item": outbox_id, "what": clean(error), "until": again_at})
