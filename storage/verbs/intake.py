"""The way in. Knows how an inbound becomes one row; must not know turns."""

from __future__ import annotations

from typing import Any, NamedTuple

import sqlalchemy as sa

from hub.domain.conversation import Account
from hub.domain.errors import Busy
from hub.domain.inbound import Accepted, Inbound
from storage import schema as s
from storage.dialect import insert_new, word
from storage.link import Link
from storage.rows import ACCOUNT, account_of, clean, content_text
from storage.verbs.newcomers import welcome
from storage.verbs.places import AT_ADDRESS, OF_PERSON, address_values, make_place

_open_there = (
    sa.select(sa.func.count())
    .select_from(s.inbox)
    .where(s.LANE, s.inbox.c.conversation_id == s.addresses.c.conversation_id)
)
_there = sa.join(s.identities, s.addresses, sa.true()).join(
    s.conversations, s.conversations.c.id == s.addresses.c.conversation_id
)
_is_theirs = sa.or_(s.conversations.c.account_id == s.identities.c.account_id, s.addresses.c.kind == word("group"))
FIND = (
    sa.select(
        s.identities.c.account_id,
        s.addresses.c.id,
        s.addresses.c.conversation_id,
        _open_there.where(s.inbox.c.state == word("waiting")).scalar_subquery(),
    )
    .select_from(_there)
    .where(*OF_PERSON, *AT_ADDRESS, _is_theirs)
)
"""Account, address, conversation and how many rows wait there, of somebody we know at a place we know.

Nothing for a private place that still shows a conversation of an account which the person has left."""

HOME = (
    sa.select(s.addresses.c.id, s.addresses.c.conversation_id, _open_there.scalar_subquery(), *ACCOUNT)
    .select_from(_there.join(s.accounts, s.accounts.c.id == s.identities.c.account_id))
    .where(*OF_PERSON, *AT_ADDRESS, _is_theirs)
)
"""The same, with every open row of the lane and the account."""

PUT = insert_new(
    s.inbox,
    ("tenant_id", "platform", "bot", "event_id"),
    (
        "tenant_id",
        "platform",
        "bot",
        "event_id",
        "address_id",
        "conversation_id",
        "account_id",
        "sender_user",
        "sender_name",
        "sender_language",
        "kind",
        "content",
        "overtakes",
        "received",
        "state",
        "tries",
    ),
).returning(s.inbox.c.id)

KNOWN = sa.select(s.inbox.c.id, s.inbox.c.conversation_id, s.inbox.c.kind, s.inbox.c.content, s.inbox.c.received).where(
    s.inbox.c.tenant_id == sa.bindparam("tenant_id"),
    s.inbox.c.platform == sa.bindparam("platform"),
    s.inbox.c.bot == sa.bindparam("bot"),
    s.inbox.c.event_id == sa.bindparam("event_id"),
)


class Home(NamedTuple):
    """Where somebody we know speaks at a place we know; `open_rows`: how many there have not come to their end."""

    address_id: int
    conversation_id: int
    open_rows: int
    account: Account


def at_home(link: Link, inbound: Inbound) -> Home | None:
    """None: the person or the place is new."""
    values = address_values(inbound.address)
    values["user"] = clean(inbound.sender.user)
    row = link.one(HOME, values)
    return None if row is None else Home(row[0], row[1], row[2], account_of(row[3:]))


def put_running(link: Link, inbound: Inbound, home: Home, received: int) -> int | None:
    """Write an inbox row that is being run; its id, None when it was there already."""
    row = _row(inbound, home.account.id, home.address_id, home.conversation_id, received)
    written = link.one(PUT, {**row, "state": "running", "tries": 1})
    return None if written is None else int(written[0])


def accept(link: Link, inbound: Inbound, overtakes: bool, bound: int, received: int) -> Accepted:
    """Write one inbox row; see `hub.ports.store.Inbox.accept`."""
    values = address_values(inbound.address)
    values["user"] = clean(inbound.sender.user)
    found = link.one(FIND, values)
    if found is None:
        # a redelivery of what somebody did who was forgotten since makes them known to nobody
        known = link.one(KNOWN, _row(inbound, 0, 0, 0, received))
        if known is not None:
            return Accepted(known[0], known[1], duplicate=True)
        found = make_place(link, inbound.address, inbound.sender, values)
        welcome(link, inbound.address, found[0])
    account_id, address_id, conversation_id, waiting = found
    row = _row(inbound, account_id, address_id, conversation_id, received)
    if overtakes or waiting < bound:
        written = link.one(PUT, {**row, "overtakes": int(overtakes)})
        if written is not None:
            return Accepted(written[0], conversation_id)
    known = link.one(KNOWN, row)
    if known is None:
        raise Busy
    same = (known[2], known[3]) == (row["kind"], row["content"])
    return Accepted(known[0], known[1], duplicate=True, changed=not same)


def find_accepted(link: Link, inbound: Inbound, *others: Any) -> Accepted | None:
    """What an `accept` with the same arguments wrote, if it did; the last of them is when it was received."""
    known = link.one(KNOWN, _row(inbound, 0, 0, 0, others[-1]))
    return Accepted(known[0], known[1]) if known and known[4] == others[-1] else None


def _row(
    inbound: Inbound, account_id: int, address_id: int, conversation_id: int, received: int
) -> dict[str, int | str]:
    address, sender = inbound.address, inbound.sender
    kind, content = content_text(inbound.content)
    return {
        "tenant_id": address.tenant,
        "platform": address.platform,
        "bot": clean(address.bot),
        "event_id": clean(inbound.event_id),
        "address_id": address_id,
        "conversation_id": conversation_id,
        "account_id": account_id,
        "sender_user": clean(sender.user),
        "sender_name": clean(sender.name),
        "sender_language": clean(sender.language),
        "kind": kind,
        "content": content,
        "overtakes": 0,
        "received": received,
        "state": "waiting",
        "tries": 0,
    }
