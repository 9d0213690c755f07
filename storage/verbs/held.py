"""What is held of a person, topic by topic. Knows whose a row is; must not know who reads it."""

from __future__ import annotations

import base64

import sqlalchemy as sa

from hub.domain.person import HeldPage, HeldRow
from hub.domain.usage import month_name, month_of
from storage import api as a
from storage import mail as m
from storage import money as y
from storage import people as p
from storage import platforms as f
from storage import schema as s
from storage import sold as pay
from storage import statements as st
from storage import teams as t
from storage.dialect import number, word
from storage.groups import group_policies as g
from storage.link import Link
from storage.rows import now_ms
from storage.verbs.statements import LINE, lines_of, statement

_int = sa.BigInteger()
_account = sa.bindparam("account", type_=_int)
_tenant = sa.bindparam("tenant", type_=_int)

_ours = sa.select(s.accounts.c.id).where(s.accounts.c.tenant_id == _tenant)
WHOSE = sa.union_all(
    _ours.where(s.accounts.c.id == _account), _ours.where(s.MERGED, s.accounts.c.merged_into == _account)
)
"""The account and those joined into it."""

KNOWN_AS = sa.select(s.identities.c.platform, s.identities.c.platform_user).where(s.identities.c.account_id.in_(WHOSE))
CHATS = sa.select(s.conversations.c.id).where(s.conversations.c.account_id.in_(WHOSE))
PLACES = sa.select(s.addresses.c.id).where(
    s.addresses.c.kind == word("private"), s.addresses.c.conversation_id.in_(CHATS)
)
SAID = sa.or_(
    s.inbox.c.account_id.in_(WHOSE),
    sa.tuple_(s.inbox.c.platform, s.inbox.c.sender_user).in_(KNOWN_AS),
)
"""What they did anywhere, in groups too, for as long as the inbox remembers. Reads the whole inbox."""

_place = ("platform", "bot", "chat")
FILES = sa.tuple_(*(s.files.c[name] for name in _place)).in_(
    sa.select(*(s.addresses.c[name] for name in _place)).where(s.addresses.c.id.in_(PLACES))
)
EMAILS = sa.select(p.logins.c.email).where(p.logins.c.account_id.in_(WHOSE))
_theirs = sa.tuple_(s.inbox.c.platform, f.feedback.c.person).in_(KNOWN_AS)
GIVEN = sa.and_(
    f.feedback.c.person.in_(sa.select(s.identities.c.platform_user).where(s.identities.c.account_id.in_(WHOSE))),
    ~sa.exists().where(s.inbox.c.id == f.feedback.c.turn_id, ~_theirs).correlate(f.feedback),
)
"""Opinions they gave, whoever had asked: of that platform, as long as the inbox knows which it was."""

_keys = sa.select(a.api_keys.c.id).where(a.api_keys.c.account_id.in_(WHOSE))

TOPICS: dict[str, tuple[sa.Table, sa.ColumnElement[bool], frozenset[str]]] = {
    "account": (s.accounts, s.accounts.c.id.in_(WHOSE), frozenset()),
    "identities": (s.identities, s.identities.c.account_id.in_(WHOSE), frozenset()),
    "logins": (p.logins, p.logins.c.account_id.in_(WHOSE), frozenset({"password_hash"})),
    "places": (s.addresses, s.addresses.c.id.in_(PLACES), frozenset()),
    "conversations": (s.conversations, s.conversations.c.account_id.in_(WHOSE), frozenset({"lease_owner"})),
    "messages": (s.messages, s.messages.c.conversation_id.in_(CHATS), frozenset()),
    "said": (s.inbox, SAID, frozenset()),
    "answers": (s.outbox, s.outbox.c.address_id.in_(PLACES), frozenset()),
    "files": (s.files, FILES, frozenset()),
    "calls": (s.attempts, s.attempts.c.account_id.in_(WHOSE), frozenset({"owner"})),
    "opinions": (f.feedback, GIVEN, frozenset()),
    "mails": (m.mails, m.mails.c.account_id.in_(WHOSE), frozenset()),
    "refused_mails": (m.refusals, m.refusals.c.email.in_(EMAILS), frozenset()),
    "api_keys": (a.api_keys, a.api_keys.c.account_id.in_(WHOSE), frozenset({"digest"})),
    "api_answers": (a.replays, a.replays.c.key_id.in_(_keys), frozenset({"digest"})),
    "sponsored_groups": (g, sa.and_(g.c.paid_by == word("sponsor"), g.c.payer_id.in_(WHOSE)), frozenset({"members"})),
    "memberships": (t.members, t.members.c.account_id.in_(WHOSE), frozenset()),
    "balances": (y.balances, y.balances.c.account_id.in_(WHOSE), frozenset()),
    "grants": (y.grants, y.grants.c.account_id.in_(WHOSE), frozenset()),
    "entries": (y.entries, y.entries.c.account_id.in_(WHOSE), frozenset()),
    "statements": (st.statements, st.statements.c.account_id.in_(WHOSE), frozenset({"next_entry"})),
    "statement_lines": (st.statement_lines, st.statement_lines.c.account_id.in_(WHOSE), frozenset()),
    "orders": (pay.orders, pay.orders.c.account_id.in_(WHOSE), frozenset({"digest", "url"})),
    "payments": (pay.payments, pay.payments.c.account_id.in_(WHOSE), frozenset()),
    "subscriptions": (pay.subscriptions, pay.subscriptions.c.account_id.in_(WHOSE), frozenset()),
}
"""What is held, in the order in which it is told: table, whose rows, and columns that only we can use or that
name others."""

THIS_MONTH = "statement_so_far"
"""The month that runs has no statement yet; what there would be in it now."""

RUNNING_PLAN = sa.select(pay.subscriptions.c.plan).where(
    pay.subscriptions.c.account_id.in_(WHOSE),
    pay.subscriptions.c.standing.in_([word("active"), word("behind")]),
    pay.subscriptions.c.cancels == number(0),
    # one that its platform never says has ended runs out by itself
    pay.subscriptions.c.until > sa.bindparam("now", type_=_int),
)


def _page(table: sa.Table, whose: sa.ColumnElement[bool], hidden: frozenset[str]) -> sa.Select[tuple[object, ...]]:
    return (
        sa.select(table.c.id, *(column for column in table.c if column.name not in {"id", *hidden}))
        .where(whose, table.c.tenant_id == _tenant, table.c.id > sa.bindparam("after", type_=_int))
        .order_by(table.c.id)
        .limit(sa.bindparam("most", type_=sa.Integer()))
    )


PAGES = {name: _page(*topic) for name, topic in TOPICS.items()}


def held(link: Link, tenant: int, account_id: int, topic: str, after: int, limit: int) -> HeldPage:
    """A page of one topic."""
    if topic == THIS_MONTH:
        return HeldPage(_so_far(link, tenant, account_id), 0)
    table, _, hidden = TOPICS[topic]
    names = ["id", *(column.name for column in table.c if column.name not in {"id", *hidden})]
    rows = link.all(PAGES[topic], {"tenant": tenant, "account": account_id, "after": after, "most": limit})
    values = tuple(
        {
            name: base64.b64encode(value).decode() if isinstance(value, bytes | memoryview) else value
            for name, value in zip(names, row, strict=True)
        }
        for row in rows
    )
    return HeldPage(values, int(rows[-1][0]) if len(rows) == limit else 0)


def _so_far(link: Link, tenant: int, account_id: int) -> tuple[HeldRow, ...]:
    since, until = month_of(now_ms())
    whole = statement(link, tenant, account_id, since, until)
    return tuple(
        {"month": month_name(since), "over": 0, **dict(zip(LINE, line, strict=True))} for line in lines_of(whole)
    )


def has_running_plan(link: Link, tenant: int, account_id: int) -> str:
    """The plan that is paid for again and again."""
    row = link.one(RUNNING_PLAN, {"tenant": tenant, "account": account_id, "now": now_ms()})
    return str(row[0]) if row else ""
