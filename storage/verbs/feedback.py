"""What people think of answers. Knows whose message a ref is; must not know how anybody says so."""

from __future__ import annotations

import re

import sqlalchemy as sa

from hub.domain.address import Address
from storage import platforms as f
from storage import schema as s
from storage.dialect import insert_or_replace
from storage.link import Link
from storage.rows import clean, now_ms

ANSWERED = (
    sa.select(s.refs.c.turn_id)
    .select_from(
        sa.join(s.refs, s.inbox, s.inbox.c.id == s.refs.c.turn_id).join(
            s.addresses, s.addresses.c.id == s.inbox.c.address_id
        )
    )
    .where(
        s.refs.c.tenant_id == sa.bindparam("tenant"),
        s.refs.c.ref == sa.bindparam("value"),
        s.addresses.c.platform == sa.bindparam("platform"),
        s.addresses.c.bot == sa.bindparam("bot"),
        s.addresses.c.chat == sa.bindparam("chat"),
    )
)
"""The turns whose answers show in a message of a chat, whatever its thread: one, as a rule. Reads refs_ref."""

KEYED = (
    sa.select(s.inbox.c.id)
    .select_from(sa.join(s.inbox, s.addresses, s.addresses.c.id == s.inbox.c.address_id))
    .where(
        s.inbox.c.id == sa.bindparam("turn", type_=sa.BigInteger()),
        s.addresses.c.tenant_id == sa.bindparam("tenant"),
        s.addresses.c.platform == sa.bindparam("platform"),
        s.addresses.c.bot == sa.bindparam("bot"),
        s.addresses.c.chat == sa.bindparam("chat"),
    )
)
"""The turn with a key in a chat: where a repeated send finds its message by the key, that is the ref, and not kept."""

_KEY = re.compile(r"t(\d{1,18})(?:\.\d+)?", re.ASCII)

KEEP = insert_or_replace(
    f.feedback, ("tenant_id", "turn_id", "person"), ("tenant_id", "turn_id", "person", "good", "created")
)
TAKE_BACK = sa.delete(f.feedback).where(
    f.feedback.c.tenant_id == sa.bindparam("tenant"),
    f.feedback.c.turn_id == sa.bindparam("turn"),
    f.feedback.c.person == sa.bindparam("who"),
)


def rate(link: Link, address: Address, ref: str, person: str, good: bool | None) -> bool:
    """Keep what `person` thinks of the answer at `ref`, None: nothing any more; False when it is no answer of ours."""
    here: dict[str, int | str] = {
        "tenant": address.tenant,
        "value": clean(ref),
        "platform": address.platform,
        "bot": clean(address.bot),
        "chat": clean(address.chat),
    }
    turn = max((row[0] for row in link.all(ANSWERED, here)), default=None)
    if turn is None and (key := _KEY.fullmatch(ref)):
        del here["value"]
        turn = next((row[0] for row in link.all(KEYED, {**here, "turn": int(key[1])})), None)
    if turn is None:
        return False
    who = clean(person)
    if good is None:
        link.run(TAKE_BACK, {"tenant": address.tenant, "turn": turn, "who": who})
    else:
        row = {"tenant_id": address.tenant, "turn_id": turn, "person": who, "good": int(good), "created": now_ms()}
        link.run(KEEP, row)
    return True
