"""Who somebody is and where they speak. Knows how account, address and conversation are found or made.

Must not know what is said there.
"""

from __future__ import annotations

import sqlalchemy as sa

from hub.domain.address import Address, ChatKind
from hub.domain.inbound import Sender
from storage import schema as s
from storage.dialect import insert, insert_new, number, word
from storage.link import Link, Row
from storage.rows import clean, now_ms
from storage.verbs.newcomers import come_back

AT_ADDRESS = (
    s.addresses.c.tenant_id == sa.bindparam("tenant"),
    s.addresses.c.platform == sa.bindparam("platform"),
    s.addresses.c.bot == sa.bindparam("bot"),
    s.addresses.c.chat == sa.bindparam("chat"),
    s.addresses.c.thread == sa.bindparam("thread"),
)
OF_PERSON = (
    s.identities.c.tenant_id == sa.bindparam("tenant"),
    s.identities.c.platform == sa.bindparam("platform"),
    s.identities.c.platform_user == sa.bindparam("user"),
)

WAITING_IN_LANE = (
    sa.select(sa.func.count())
    .select_from(s.inbox)
    .where(
        s.LANE,
        s.inbox.c.state == word("waiting"),
        s.inbox.c.conversation_id == sa.bindparam("conversation", type_=sa.BigInteger()),
    )
)
"""How many rows wait in one conversation. Reads inbox_lane."""

FIND_IDENTITY = sa.select(s.identities.c.account_id).where(*OF_PERSON)
FIND_ADDRESS = sa.select(s.addresses.c.id, s.addresses.c.conversation_id).where(*AT_ADDRESS)
OWNER = sa.select(s.conversations.c.account_id).where(s.conversations.c.id == sa.bindparam("conversation"))
POINT = (
    sa.update(s.addresses)
    .where(s.addresses.c.id == sa.bindparam("address"))
    .values(conversation_id=sa.bindparam("conversation", type_=sa.BigInteger()))
)

CHOSEN_AT_ROOT = (
    sa.select(s.addresses.c.id, s.addresses.c.conversation_id)
    .select_from(sa.join(s.addresses, s.conversations, s.conversations.c.id == s.addresses.c.conversation_id))
    .where(
        *AT_ADDRESS,
        s.conversations.c.account_id == sa.bindparam("account", type_=sa.BigInteger()),
        s.conversations.c.messages > number(0),
        sa.not_(sa.exists().where(s.SAID, s.inbox.c.address_id == s.addresses.c.id).correlate(s.addresses)),
    )
)
"""A conversation that holds something, at a chat's own address where nothing but commands were ever given.

So it is where every message begins a thread (Slack's agents) and commands can only be called outside of one."""

MAKE_ACCOUNT = (
    insert(s.accounts, ("tenant_id", "name", "language", "created"))
    .values(plan_anchor=sa.bindparam("created", type_=sa.BigInteger()))
    .returning(s.accounts.c.id)
)
"""Whom nobody puts on a plan has months of their own from then on."""
DROP_ACCOUNT = sa.delete(s.accounts).where(s.accounts.c.id == sa.bindparam("account"))
MAKE_IDENTITY = insert_new(
    s.identities,
    ("tenant_id", "platform", "platform_user"),
    ("tenant_id", "platform", "platform_user", "account_id", "name", "created"),
).returning(s.identities.c.account_id)
MAKE_CONVERSATION = insert(s.conversations, ("tenant_id", "account_id", "model", "created", "updated")).returning(
    s.conversations.c.id
)
DROP_CONVERSATION = sa.delete(s.conversations).where(s.conversations.c.id == sa.bindparam("conversation"))
MAKE_ADDRESS = insert_new(
    s.addresses,
    ("tenant_id", "platform", "bot", "chat", "thread"),
    ("tenant_id", "platform", "bot", "chat", "thread", "kind", "conversation_id", "created"),
).returning(s.addresses.c.id)
MODEL_OF_ACCOUNT = (
    sa.select(s.accounts.c.model, s.accounts.c.merged_into)
    .where(s.accounts.c.id == sa.bindparam("account"))
    .with_for_update(read=True)
)
"""Locked, so that an account is not joined into another while it gets a conversation."""


def address_values(address: Address) -> dict[str, int | str]:
    """What the statements that look for an address bind."""
    return {
        "tenant": address.tenant,
        "platform": address.platform,
        "bot": clean(address.bot),
        "chat": clean(address.chat),
        "thread": clean(address.thread),
    }


def make_conversation(link: Link, tenant: int, account_id: int) -> int:
    """A fresh conversation of an account (or of the one that took it in), with the model that remembers; its id."""
    model = link.one(MODEL_OF_ACCOUNT, {"account": account_id})
    if model is not None and model[1]:
        account_id = model[1]
        model = link.one(MODEL_OF_ACCOUNT, {"account": account_id})
    now = now_ms()
    made = link.one(
        MAKE_CONVERSATION,
        {
            "tenant_id": tenant,
            "account_id": account_id,
            "model": model[0] if model else "",
            "created": now,
            "updated": now,
        },
    )
    assert made is not None
    return int(made[0])


def make_place(link: Link, address: Address, sender: Sender, values: dict[str, int | str]) -> tuple[int, int, int, int]:
    """What `intake.FIND` says of a person or place that was new until now."""
    account_id = _account_of(link, address, sender, values)
    place = link.one(FIND_ADDRESS, values)
    if place is None:
        place = _make_address(link, address, account_id, values)
        if address.kind is ChatKind.PRIVATE and address.thread:
            place = _take_over(link, account_id, place, values)
    if address.kind is ChatKind.PRIVATE:
        place = place[0], _own_conversation(link, address.tenant, account_id, place)
    waiting = link.one(WAITING_IN_LANE, {"conversation": place[1]})
    assert waiting is not None
    return account_id, place[0], place[1], waiting[0]


def _take_over(link: Link, account_id: int, place: Row, values: dict[str, int | str]) -> Row:
    """A new thread of a private chat with the conversation that was chosen (linked, taken up) for it in commands."""
    root = link.one(CHOSEN_AT_ROOT, {**values, "account": account_id, "thread": ""})
    if root is None:
        return place
    link.run(POINT, {"address": root[0], "conversation": place[1]})
    link.run(POINT, {"address": place[0], "conversation": root[1]})
    return place[0], root[1]


def _own_conversation(link: Link, tenant: int, account_id: int, place: Row) -> int:
    """The conversation of a private place if it is the person's, else a fresh one in its stead."""
    owner = link.one(OWNER, {"conversation": place[1]})
    if owner is not None and owner[0] == account_id:
        return int(place[1])
    fresh = make_conversation(link, tenant, account_id)
    link.run(POINT, {"address": place[0], "conversation": fresh})
    return fresh


def _account_of(link: Link, address: Address, sender: Sender, values: dict[str, int | str]) -> int:
    found = link.one(FIND_IDENTITY, values)
    if found is not None:
        return int(found[0])
    account_id = _make_account(link, address.tenant, clean(sender.name), clean(sender.language))
    identity = {
        "tenant_id": address.tenant,
        "platform": address.platform,
        "platform_user": values["user"],
        "account_id": account_id,
        "name": clean(sender.name),
        "created": now_ms(),
    }
    if link.one(MAKE_IDENTITY, identity) is None:
        link.run(DROP_ACCOUNT, {"account": account_id})
        found = link.one(FIND_IDENTITY, values)
        assert found is not None
        return int(found[0])
    come_back(link, address, str(values["user"]), account_id)
    return account_id


def _make_account(link: Link, tenant: int, name: str, language: str) -> int:
    made = link.one(MAKE_ACCOUNT, {"tenant_id": tenant, "name": name, "language": language, "created": now_ms()})
    assert made is not None
    return int(made[0])


def _make_address(link: Link, address: Address, person: int, values: dict[str, int | str]) -> tuple[int, int]:
    """The address with its first conversation: the person's, or in a group the chat's own account's."""
    group = address.kind is ChatKind.GROUP
    owner = _make_account(link, address.tenant, "", "en") if group else person
    conversation_id = make_conversation(link, address.tenant, owner)
    row = {
        "tenant_id": address.tenant,
        "platform": address.platform,
        "bot": values["bot"],
        "chat": values["chat"],
        "thread": values["thread"],
        "kind": address.kind.value,
        "conversation_id": conversation_id,
        "created": now_ms(),
    }
    made = link.one(MAKE_ADDRESS, row)
    if made is not None:
        return int(made[0]), conversation_id
    link.run(DROP_CONVERSATION, {"conversation": conversation_id})
    if group:
        link.run(DROP_ACCOUNT, {"account": owner})
    found = link.one(FIND_ADDRESS, values)
    assert found is not None
    return int(found[0]), int(found[1])
