"""Conversations, choices and summaries. Knows whose a conversation is; must not know prompts."""

from __future__ import annotations

import sqlalchemy as sa

from hub.domain.address import Address
from hub.domain.conversation import Conversation, ConversationLine, StoredMessage
from hub.domain.turn import Window
from storage import schema as s
from storage.dialect import number
from storage.link import Link
from storage.rows import MESSAGE, clean, messages_of
from storage.verbs.places import FIND_ADDRESS, POINT, address_values, make_conversation

OWNER = sa.select(s.conversations.c.account_id, s.conversations.c.messages).where(
    s.conversations.c.id == sa.bindparam("conversation"), s.conversations.c.tenant_id == sa.bindparam("tenant")
)
LIST = (
    sa.select(s.conversations.c.id, s.conversations.c.title, s.conversations.c.messages)
    .where(
        s.conversations.c.account_id == sa.bindparam("account"), s.conversations.c.tenant_id == sa.bindparam("tenant")
    )
    .order_by(s.conversations.c.id.desc())
    .limit(sa.bindparam("most", type_=sa.Integer()))
)
"""Reads conversations_account backwards."""

CHOOSE = (
    sa.update(s.conversations)
    .where(s.conversations.c.id == sa.bindparam("conversation"), s.conversations.c.tenant_id == sa.bindparam("tenant"))
    .values(model=sa.bindparam("choice", type_=sa.Text()))
)
REMEMBER = (
    sa.update(s.accounts)
    .where(s.accounts.c.id == sa.bindparam("account"), s.accounts.c.tenant_id == sa.bindparam("tenant"))
    .values(model=sa.bindparam("choice", type_=sa.Text()))
)
NEWEST_TWO = (
    sa.select(*MESSAGE, s.messages.c.turn_id)
    .where(s.CURRENT, s.messages.c.conversation_id == sa.bindparam("conversation"))
    .order_by(s.messages.c.id.desc())
    .limit(number(2))
)
UNMOVED = sa.select(s.conversations.c.id).where(
    s.conversations.c.id == sa.bindparam("conversation"), s.conversations.c.window_after == sa.bindparam("after")
)
OLDEST = (
    sa.select(*MESSAGE)
    .where(
        s.CURRENT,
        s.messages.c.conversation_id == sa.bindparam("conversation"),
        s.messages.c.id > sa.bindparam("after"),
    )
    .order_by(s.messages.c.id)
    .limit(sa.bindparam("most", type_=sa.Integer()))
)
"""Reads the primary key."""

SAVE_SUMMARY = (
    sa.update(s.conversations)
    .where(
        s.conversations.c.id == sa.bindparam("conversation"), s.conversations.c.window_after == sa.bindparam("after")
    )
    .values(
        summary=sa.bindparam("words", type_=sa.Text()),
        summary_upto=sa.bindparam("upto", type_=sa.BigInteger()),
        window_after=sa.bindparam("upto", type_=sa.BigInteger()),
    )
)


def new_conversation(link: Link, tenant: int, conversation_id: int, address: Address) -> int:
    """Give the address a fresh conversation of the same account; asked again for the same one, the same fresh one.

    Raises LookupError when the tenant has no such conversation or address."""
    owner = link.one(OWNER, {"conversation": conversation_id, "tenant": tenant})
    place = link.one(FIND_ADDRESS, address_values(address))
    if owner is None or place is None or address.tenant != tenant:
        raise LookupError(f"no conversation {conversation_id} at this address in tenant {tenant}")
    current = link.one(OWNER, {"conversation": place[1], "tenant": tenant})
    if place[1] != conversation_id and current is not None and (current[0], current[1]) == (owner[0], 0):
        return int(place[1])
    fresh = make_conversation(link, tenant, owner[0])
    link.run(POINT, {"address": place[0], "conversation": fresh})
    return fresh


def switch_conversation(link: Link, tenant: int, account_id: int, address: Address, conversation_id: int) -> bool:
    """Point the address to another conversation of the account that it already belongs to.

    So a person in a group, whose conversations are the chat's, cannot bring a private one in."""
    place = link.one(FIND_ADDRESS, address_values(address))
    if place is None or address.tenant != tenant:
        return False
    for one in (place[1], conversation_id):
        owner = link.one(OWNER, {"conversation": one, "tenant": tenant})
        if owner is None or owner[0] != account_id:
            return False
    link.run(POINT, {"address": place[0], "conversation": conversation_id})
    return True


def conversations(link: Link, tenant: int, account_id: int, current: int, limit: int) -> list[ConversationLine]:
    """An account's conversations, newest first."""
    rows = link.all(LIST, {"account": account_id, "tenant": tenant, "most": limit})
    return [ConversationLine(row[0], row[1], row[2], row[0] == current) for row in rows]


def choose_model(link: Link, tenant: int, account_id: int, conversation_id: int, model: str) -> None:
    """Remember a choice on the conversation and, for new ones, on the account."""
    link.run(CHOOSE, {"conversation": conversation_id, "tenant": tenant, "choice": model})
    link.run(REMEMBER, {"account": account_id, "tenant": tenant, "choice": model})


def last_exchange(link: Link, conversation_id: int) -> tuple[StoredMessage, ...]:
    """The newest question with its answer, or alone when it has none."""
    rows = link.all(NEWEST_TWO, {"conversation": conversation_id})
    if rows and rows[0][1] == "user":
        return messages_of([rows[0][:5]])
    if len(rows) < 2 or (rows[1][1], rows[0][1]) != ("user", "assistant") or rows[0][5] != rows[1][5]:
        return ()
    return messages_of([rows[1][:5], rows[0][:5]])


def overflow(link: Link, conversation: Conversation, window: Window) -> tuple[StoredMessage, ...]:
    """The older messages that must leave so that half of the window is free; none when it has moved since.

    Reads and returns at most two windows of messages; what is older still leaves at the next asking."""
    here = {"conversation": conversation.id, "after": conversation.window_after}
    if link.one(UNMOVED, here) is None:
        return ()
    messages = messages_of(link.all(OLDEST, {**here, "most": 2 * window.messages + 2}))
    tokens, count = sum(one.tokens for one in messages), len(messages)
    if tokens <= window.tokens and count <= window.messages:
        return ()
    leaving: list[StoredMessage] = []
    taken = 0
    for message in messages:
        done = tokens * 2 <= window.tokens and count * 2 <= window.messages
        if (done and message.role == "user") or (leaving and taken + message.tokens > 2 * window.tokens):
            break
        leaving.append(message)
        taken += message.tokens
        tokens -= message.tokens
        count -= 1
    return tuple(leaving)


def save_summary(link: Link, conversation_id: int, after: int, upto: int, summary: str) -> bool:
    """Set the summary and move the window past `upto`, if it still begins after `after`."""
    values = {"conversation": conversation_id, "after": after, "upto": upto, "words": clean(summary)}
    return link.run(SAVE_SUMMARY, values) > 0
