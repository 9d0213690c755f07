"""The end of a turn, in one step. Knows messages, inbox and outbox rows and the fence; must not know delivery."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from hub.domain.errors import LostLease
from hub.domain.reply import Notice, Reply
from hub.domain.turn import FILE_ORDINAL, Ended, Exchange, OutboxItem
from hub.ports.store import FinishedTurn
from storage import schema as s
from storage.dialect import insert, number, word
from storage.link import Link, Row
from storage.rows import (
    ADDRESS,
    ITEM,
    Refs,
    address_of,
    attachments_text,
    clean,
    item_of,
    message_id,
    now_ms,
    reply_values,
)
from storage.verbs.leases import OURS, lease_values
from storage.verbs.settling import close_attempt

FIRST_DELIVERY_MS = 15_000
"""The process that wrote a reply delivers it at once; only should it die, the sweep finds the row due after this."""

_int = sa.BigInteger()

LEAD = (
    sa.select(
        s.inbox.c.state,
        s.inbox.c.finished_fence,
        s.inbox.c.conversation_id,
        s.inbox.c.address_id,
        *ADDRESS,
    )
    .select_from(sa.join(s.inbox, s.addresses, s.addresses.c.id == s.inbox.c.address_id))
    .where(s.inbox.c.id == sa.bindparam("turn"), s.inbox.c.tenant_id == sa.bindparam("tenant"))
)
CLOSE_LANE = (
    sa.update(s.conversations)
    .where(OURS)
    .values(
        lease_owner=word(""),
        lease_until=number(0),
        messages=s.conversations.c.messages + sa.bindparam("added", type_=_int),
        title=sa.case(
            (s.conversations.c.title == word(""), sa.bindparam("new_title", type_=sa.Text())),
            else_=s.conversations.c.title,
        ),
        updated=sa.bindparam("now", type_=_int),
    )
)
END_ROW = (
    sa.update(s.inbox)
    .where(s.inbox.c.id == sa.bindparam("turn"), s.inbox.c.tenant_id == sa.bindparam("tenant"), s.OPEN)
    .values(
        state=sa.bindparam("end", type_=sa.Text()),
        finished=sa.bindparam("now", type_=_int),
        finished_fence=sa.bindparam("end_fence", type_=_int),
        progress=word(""),
    )
)
END_OVERTAKING = END_ROW.where(s.inbox.c.tries == sa.bindparam("end_fence", type_=_int))
"""Outside the lanes the number of the taking is the fence."""

PUT_MESSAGE = insert(
    s.messages,
    ("conversation_id", "id", "tenant_id", "turn_id", "role", "text", "tokens", "attachments", "model", "created"),
)
SUPERSEDE = (
    sa.update(s.messages)
    .where(
        s.CURRENT,
        s.messages.c.id == sa.bindparam("message"),
        s.messages.c.conversation_id == sa.bindparam("conversation"),
    )
    .values(superseded=number(1))
)
UNCOUNT = (
    sa.update(s.conversations)
    .where(s.conversations.c.id == sa.bindparam("conversation"), s.conversations.c.messages > number(0))
    .values(messages=s.conversations.c.messages - number(1))
)
PUT_REPLY = insert(
    s.outbox,
    (
        "tenant_id",
        "key",
        "turn_id",
        "address_id",
        "text",
        "notice",
        "buttons",
        "failed",
        "language",
        "due_at",
        "created",
    ),
).returning(s.outbox.c.id)
REFS = (
    sa.select(s.refs.c.ref, s.refs.c.ordinal)
    .where(s.refs.c.tenant_id == sa.bindparam("tenant"), s.refs.c.turn_id == sa.bindparam("turn"))
    .order_by(s.refs.c.ordinal)
)
WRITTEN = (
    sa.select(*ITEM)
    .select_from(sa.join(s.outbox, s.addresses, s.addresses.c.id == s.outbox.c.address_id))
    .where(s.outbox.c.tenant_id == sa.bindparam("tenant"), s.outbox.c.key == sa.bindparam("outbox_key"))
)

_FINAL = frozenset({"replied", "noticed", "merged", "ignored"})


MORE = sa.select(s.inbox.c.id).where(s.LANE, s.inbox.c.conversation_id == sa.bindparam("conversation")).limit(number(1))
"""Reads inbox_lane."""


def finish_turn(link: Link, finished: FinishedTurn) -> Ended:
    """End a turn; a repeat changes nothing and answers the same. Raises LostLease."""
    here = {"turn": finished.turn_id, "tenant": finished.tenant}
    lead = link.one(LEAD, here)
    if lead is None:
        raise LookupError(f"no turn {finished.turn_id} in tenant {finished.tenant}")
    now = now_ms()
    if not _close(link, finished, lead, now):
        return Ended(_repeated(link, finished), more=True)
    if finished.exchange:
        _put_messages(link, finished, finished.exchange, lead, now)
    reply = finished.reply
    told_aside: Notice | None = None
    if finished.attempt:
        # late, for others may wait for the balance until we have committed
        warning = finished.warning
        aside = warning is not None and warning.aside
        told = close_attempt(link, *finished.attempt, warning if aside or (reply and not reply.notice) else None)
        told_aside = told if aside else None
        reply = replace(reply, notice=told) if reply and told and not aside else reply
    item = _put_reply(link, finished, reply, lead, now) if reply else None
    return Ended(item, link.one(MORE, {"conversation": lead[2]}) is not None, told_aside)


def _close(link: Link, finished: FinishedTurn, lead: Row, now: int) -> bool:
    """Let the lease go and end the inbox rows; False when they had come to their end or the lane is not ours."""
    lease = finished.lease
    ending = {"tenant": finished.tenant, "now": now, "end_fence": lease.fence, "turn": finished.turn_id}
    end = END_ROW if lease.owner else END_OVERTAKING
    if lease.owner:
        if lead[0] in _FINAL or lead[2] != lease.conversation_id:
            return False
        added = (2 if finished.exchange.answered else 1) if finished.exchange else 0
        lane = {**lease_values(lease), "added": added, "new_title": clean(finished.title), "now": now}
        if not link.run(CLOSE_LANE, lane):
            return False
    if not link.run(end, {**ending, "end": finished.state.value}):
        return False
    for merged in finished.merged_ids:
        link.run(END_ROW, {**ending, "turn": merged, "end": "merged"})
    return True


def _repeated(link: Link, finished: FinishedTurn) -> OutboxItem | None:
    """What an earlier call of ours wrote. Raises LostLease when the end, if there is one, is not ours."""
    here = {"turn": finished.turn_id, "tenant": finished.tenant}
    lead = link.one(LEAD, here)
    if lead is None or lead[0] not in _FINAL or lead[1] != finished.lease.fence:
        raise LostLease
    row = link.one(WRITTEN, {"tenant": finished.tenant, "outbox_key": f"t{finished.turn_id}"})
    return item_of(row, refs_of(link, finished.tenant, finished.turn_id)) if row else None


def _put_messages(link: Link, finished: FinishedTurn, exchange: Exchange, lead: Row, now: int) -> None:
    conversation = lead[2]
    for replaced in exchange.replaces:
        if link.run(SUPERSEDE, {"message": replaced, "conversation": conversation}):
            link.run(UNCOUNT, {"conversation": conversation})
    row: dict[str, int | str] = {
        "conversation_id": conversation,
        "id": message_id(finished.turn_id, "user"),
        "tenant_id": finished.tenant,
        "turn_id": finished.turn_id,
        "role": "user",
        "text": clean(exchange.asked),
        "tokens": exchange.asked_tokens,
        "attachments": attachments_text(exchange.attachments),
        "model": "",
        "created": now,
    }
    link.run(PUT_MESSAGE, row)
    if not exchange.answered:
        return
    row.update(
        id=message_id(finished.turn_id, "assistant"),
        role="assistant",
        text=clean(exchange.answered),
        tokens=exchange.answered_tokens,
        attachments="",
        model=exchange.model,
    )
    link.run(PUT_MESSAGE, row)


def _put_reply(link: Link, finished: FinishedTurn, reply: Reply, lead: Row, now: int) -> OutboxItem:
    key = f"t{finished.turn_id}"
    made = link.one(
        PUT_REPLY,
        {
            **reply_values(reply),
            "tenant_id": finished.tenant,
            "key": key,
            "turn_id": finished.turn_id,
            "address_id": lead[3],
            "language": clean(finished.language),
            "due_at": now + FIRST_DELIVERY_MS,
            "created": now,
        },
    )
    assert made is not None
    refs = refs_of(link, finished.tenant, finished.turn_id)
    return OutboxItem(made[0], key, finished.turn_id, address_of(lead[4:10]), reply, finished.language, 0, *refs, now)


def refs_of(link: Link, tenant: int, turn_id: int) -> Refs:
    """What of a reply is on the screen, by ordinal."""
    rows = link.all(REFS, {"tenant": tenant, "turn": turn_id})
    if not rows:
        return (), ()
    return tuple(row[0] for row in rows if row[1] < FILE_ORDINAL), tuple(
        row[0] for row in rows if row[1] >= FILE_ORDINAL
    )
