"""Erasing a person. Knows what goes, and what stays as numbers of nobody; must not know who asks.

Rows that others refer to are emptied, not deleted: an id must never come twice, and the id under which a platform
delivered something has to be known when it delivers it again. Retention deletes them in its time.
"""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa

from hub.domain.person import Erased, Erasure
from storage import api as a
from storage import groups as g
from storage import mail as m
from storage import people as p
from storage import platforms as f
from storage import schema as s
from storage import sold as pay
from storage.dialect import insert_new, number, word
from storage.link import Link
from storage.rows import message_id, now_ms
from storage.verbs.forgotten import remember
from storage.verbs.groups import forget_member
from storage.verbs.held import CHATS, EMAILS, FILES, GIVEN, PLACES, SAID, WHOSE
from storage.verbs.memberships import leave_teams

_int = sa.BigInteger()
_tenant = sa.bindparam("tenant", type_=_int)
_account = sa.bindparam("account", type_=_int)
_keep_turn = sa.bindparam("keep_turn", type_=_int)
_keep_place = sa.bindparam("keep_place", type_=_int)
_now = sa.bindparam("now", type_=_int)
_nothing = word("")
_no_call = sa.literal_column('\'["",""]\'', sa.Text())
_no_map = sa.literal_column("'{}'", sa.Text())

KEPT = sa.select(s.accounts.c.id, s.accounts.c.merged_into).where(
    s.accounts.c.id == _account, s.accounts.c.tenant_id == _tenant
)
PLACE_OF_TURN = sa.select(s.inbox.c.address_id).where(s.inbox.c.id == _keep_turn)
TURNS = sa.select(s.inbox.c.id, s.inbox.c.conversation_id).where(
    SAID, s.inbox.c.tenant_id == _tenant, s.inbox.c.id != _keep_turn
)
NAMES = (
    sa.select(s.identities.c.platform, s.identities.c.platform_user).where(s.identities.c.account_id.in_(WHOSE)),
    sa.select(s.addresses.c.platform, s.addresses.c.chat).where(s.addresses.c.id.in_(PLACES)),
)
_this_turn = sa.bindparam("turn", type_=_int)
OF_TURN = (
    sa.update(s.inbox)
    .where(s.inbox.c.id == _this_turn)
    .values(
        sender_user=_nothing,
        sender_name=_nothing,
        kind=word("called"),
        content=_no_call,
        progress=_nothing,
        state=sa.case((s.OPEN, word("ignored")), else_=s.inbox.c.state),
        finished=sa.case((s.inbox.c.finished == number(0), _now), else_=s.inbox.c.finished),
    ),
    sa.delete(s.refs).where(s.refs.c.tenant_id == _tenant, s.refs.c.turn_id == _this_turn),
    sa.delete(f.feedback).where(f.feedback.c.tenant_id == _tenant, f.feedback.c.turn_id == _this_turn),
    sa.update(s.outbox)
    .where(s.outbox.c.tenant_id == _tenant, s.outbox.c.key == sa.bindparam("turn_key", type_=sa.Text()))
    .values(text=_nothing, notice=_nothing, buttons=_nothing, error=_nothing),
)
"""What a turn left, wherever it was said."""

MESSAGE = sa.delete(s.messages).where(
    s.messages.c.conversation_id == sa.bindparam("conversation", type_=_int),
    s.messages.c.id == sa.bindparam("message", type_=_int),
)
MESSAGES = sa.delete(s.messages).where(s.messages.c.conversation_id.in_(CHATS))
SHELF = sa.delete(s.files).where(s.files.c.tenant_id == _tenant, FILES)
_known_as = sa.bindparam("known_as", type_=sa.Text())
NOTES = sa.select(f.notes.c.name, f.notes.c.value).where(
    f.notes.c.platform == sa.bindparam("platform"),
    sa.or_(f.notes.c.name.like(_known_as, escape="/"), f.notes.c.value.like(_known_as, escape="/")),
)
NOTE = sa.delete(f.notes).where(f.notes.c.platform == sa.bindparam("platform"), f.notes.c.name == sa.bindparam("note"))
_WILD = str.maketrans({sign: f"/{sign}" for sign in "/%_"})
SHORTEST_NAME = 4
"""Characters: a shorter id of a person is looked for nowhere, for it would be found in others' notes."""

THE_REST = (
    sa.update(s.outbox)
    .where(s.outbox.c.address_id.in_(PLACES))
    .values(
        text=_nothing,
        notice=_nothing,
        buttons=_nothing,
        error=_nothing,
        state=sa.case((s.PENDING, word("dead")), else_=s.outbox.c.state),
    ),
    sa.delete(m.refusals).where(m.refusals.c.tenant_id == _tenant, m.refusals.c.email.in_(EMAILS)),
    sa.update(m.mails)
    .where(sa.or_(m.mails.c.account_id.in_(WHOSE), m.mails.c.recipient.in_(EMAILS)), m.mails.c.tenant_id == _tenant)
    .values(
        key=sa.literal_column("'erased:'", sa.Text()) + sa.cast(m.mails.c.id, sa.Text()),
        recipient=_nothing,
        arguments=_no_map,
        error=_nothing,
        account_id=number(0),
        state=sa.case((m.WAITING, word("unwanted")), else_=m.mails.c.state),
    ),
    sa.delete(p.codes).where(p.codes.c.account_id.in_(WHOSE)),
    sa.delete(p.guesses).where(
        p.guesses.c.identity_id.in_(sa.select(s.identities.c.id).where(s.identities.c.account_id.in_(WHOSE)))
    ),
    sa.delete(p.codes).where(
        p.codes.c.identity_id.in_(sa.select(s.identities.c.id).where(s.identities.c.account_id.in_(WHOSE)))
    ),
    sa.delete(f.feedback).where(f.feedback.c.tenant_id == _tenant, GIVEN),
    sa.update(g.group_policies)
    .where(g.PAID_FOR, g.group_policies.c.payer_id.in_(WHOSE))
    .values(paid_by=_nothing, payer_id=number(0), cap=number(0)),
    sa.delete(p.logins).where(p.logins.c.account_id.in_(WHOSE)),
    sa.delete(a.replays).where(
        a.replays.c.key_id.in_(sa.select(a.api_keys.c.id).where(a.api_keys.c.account_id.in_(WHOSE)))
    ),
    sa.update(a.api_keys)
    .where(a.api_keys.c.account_id.in_(WHOSE))
    .values(
        name=_nothing,
        shown=_nothing,
        digest=sa.literal_column("'erased:'", sa.Text()) + sa.cast(a.api_keys.c.id, sa.Text()),
        revoked=sa.case((a.api_keys.c.revoked == number(0), _now), else_=a.api_keys.c.revoked),
    ),
    sa.update(pay.orders)
    .where(pay.orders.c.account_id.in_(WHOSE))
    .values(sender_user=_nothing, sender_name=_nothing, url=_nothing),
    # a page at the gateway that shows who paid; the numbers stay
    sa.update(pay.payments).where(pay.payments.c.account_id.in_(WHOSE)).values(receipt=_nothing),
    sa.delete(s.identities).where(s.identities.c.account_id.in_(WHOSE)),
    sa.update(s.addresses)
    .where(s.addresses.c.id.in_(PLACES), s.addresses.c.id != _keep_place)
    .values(chat=sa.literal_column("'erased:'", sa.Text()) + sa.cast(s.addresses.c.id, sa.Text()), thread=_nothing),
    sa.update(s.conversations)
    .where(s.conversations.c.account_id.in_(WHOSE))
    .values(title=_nothing, summary=_nothing, model=_nothing, messages=number(0)),
    sa.update(s.accounts)
    .where(s.accounts.c.id.in_(WHOSE))
    .values(name=_nothing, model=_nothing, language=word("en"), speaks=_nothing, teams=number(0)),
)
"""In an order in which nothing refers to what is gone already."""

ASK = insert_new(p.erasures, ("tenant_id", "account_id"), ("tenant_id", "account_id", "asked"))
DONE = sa.delete(p.erasures).where(p.erasures.c.tenant_id == _tenant, p.erasures.c.account_id == _account)
DUE = (
    sa.select(p.erasures.c.tenant_id, p.erasures.c.account_id)
    .where(p.erasures.c.asked < sa.bindparam("before", type_=_int))
    .order_by(p.erasures.c.id)
    .limit(sa.bindparam("most", type_=sa.Integer()))
)


def erase(link: Link, tenant: int, account_id: int, keep_turn: int) -> Erased:
    """Erase a person; see `hub.ports.person.Persons.erase`."""
    row = link.one(KEPT, {"tenant": tenant, "account": account_id})
    if row is None:
        return Erased(0, 0, 0)
    account, now = int(row[1] or row[0]), now_ms()
    kept = link.one(PLACE_OF_TURN, {"keep_turn": keep_turn}) if keep_turn else None
    here: dict[str, Any] = {
        "tenant": tenant,
        "account": account,
        "keep_turn": keep_turn,
        "keep_place": kept[0] if kept else 0,
        "now": now,
    }
    names = {(name[0], name[1]) for statement in NAMES for name in link.all(statement, here)}
    messages = things = 0
    for turn, conversation in link.all(TURNS, here):
        own = {**here, "turn": turn, "turn_key": f"t{turn}", "conversation": conversation}
        things += sum(link.run(statement, own) for statement in OF_TURN)
        messages += sum(link.run(MESSAGE, {**own, "message": message_id(turn, role)}) for role in ("user", "assistant"))
    messages += link.run(MESSAGES, here)
    files = link.run(SHELF, here)
    for platform, name in names:
        things += forget_member(link, tenant, platform, name)
        if len(name) >= SHORTEST_NAME:
            things += _forget_notes(link, platform, name)
    leave_teams(link, account)
    remember(link, tenant, account)
    things += sum(link.run(statement, here) for statement in THE_REST)
    if keep_turn:
        link.run(ASK, {"tenant_id": tenant, "account_id": account, "asked": now})
    else:
        link.run(DONE, here)
    return Erased(messages, files, things + messages + files)


def _forget_notes(link: Link, platform: str, name: str) -> int:
    """Notes that name somebody, by the whole of their id and not by a part of another's; how many."""
    whole, found = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])"), 0
    for note, value in link.all(NOTES, {"platform": platform, "known_as": f"%{name.translate(_WILD)}%"}):
        if whole.search(note) or whole.search(value):
            found += link.run(NOTE, {"platform": platform, "note": note})
    return found


def erasures_due(link: Link, asked_before: int, limit: int) -> tuple[Erasure, ...]:
    """Accounts with something left over."""
    return tuple(Erasure(row[0], row[1]) for row in link.all(DUE, {"before": asked_before, "most": limit}))
