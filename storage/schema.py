"""The tables. Knows columns, constraints and which query each index is for; must not know statements.

Times are milliseconds since 1970. Every UNIQUE begins with the tenant. Keys that name a turn (`turn_id`) are inbox ids
without a foreign key, because the inbox is forgotten earlier than what came of it.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, LargeBinary, Table, Text
from sqlalchemy import UniqueConstraint as Unique

from storage.calls import attempts as attempts
from storage.columns import count, flag, link, row_id, state, tables, text
from storage.dialect import Id, number, word

tenants = Table("tenants", tables, row_id(), text("name"), *count("created"))

accounts = Table(
    "accounts",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    text("name"),
    # what their platform said when they first wrote, and what they chose; empty: whatever their platform says
    Column("language", Text, nullable=False, server_default="en"),
    text("speaks"),
    text("model"),
    *flag("blocked"),
    *count("created"),
    # the account that took this one in; 0: none did
    *count("merged_into"),
    # empty: the house's default; its windows begin on the day of plan_anchor; plan_until 0: for good
    text("plan"),
    *count("plan_anchor"),
    *count("plan_until"),
    # how many teams it is a member of
    *count("teams"),
    # windows that begin from then on are not paid for, 0: all are; what part of its price went back, in millionths
    *count("plan_paid"),
    *count("plan_returned"),
)

identities = Table(
    "identities",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    text("platform"),
    text("platform_user"),
    link("account_id", "accounts"),
    text("name"),
    *count("created"),
    # accept: whose identity
    Unique("tenant_id", "platform", "platform_user", name="identities_natural"),
)

conversations = Table(
    "conversations",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    link("account_id", "accounts"),
    text("title"),
    text("model"),
    text("summary"),
    *count("summary_upto"),
    *count("window_after"),
    text("lease_owner"),
    *count("lease_until"),
    *count("fence"),
    *count("messages"),
    *count("created"),
    *count("updated"),
)

addresses = Table(
    "addresses",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    text("platform"),
    text("bot"),
    text("chat"),
    text("thread"),
    *state("private", "group", name="kind"),
    link("conversation_id", "conversations"),
    *count("created"),
    # intake: where was this said
    Unique("tenant_id", "platform", "bot", "chat", "thread", name="addresses_natural"),
)

inbox = Table(
    "inbox",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    text("platform"),
    text("bot"),
    text("event_id"),
    link("address_id", "addresses"),
    link("conversation_id", "conversations"),
    link("account_id", "accounts"),
    text("sender_user"),
    text("sender_name"),
    text("sender_language"),
    *state("said", "called", "pressed", name="kind"),
    text("content"),
    *state("waiting", "running", "replied", "noticed", "merged", "ignored"),
    *flag("overtakes"),
    *count("tries"),
    *flag("shown"),
    text("progress"),
    *count("received"),
    *count("finished"),
    # the fence under which the row came to its end: tells our own repeated finish from another process's
    *count("finished_fence"),
    # intake: was this delivered before
    Unique("tenant_id", "platform", "bot", "event_id", name="inbox_natural"),
)

messages = Table(
    "messages",
    tables,
    Column("conversation_id", Id, ForeignKey("conversations.id"), primary_key=True),
    # see message_id; grows within a conversation, for turns end in the order of their ids
    Column("id", Id, primary_key=True, autoincrement=False),
    link("tenant_id", "tenants"),
    *count("turn_id"),
    *state("user", "assistant", name="role"),
    text("text"),
    *count("tokens"),
    text("attachments"),
    text("model"),
    *flag("superseded"),
    *count("created"),
    # in SQLite the messages of a conversation lie side by side: a window is read from a page or two, however many
    # others have talked meanwhile
    sqlite_with_rowid=False,
)

outbox = Table(
    "outbox",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    text("key"),
    *count("turn_id"),
    link("address_id", "addresses"),
    text("text"),
    text("notice"),
    text("buttons"),
    *flag("failed"),
    text("language"),
    *state("pending", "sent", "dead"),
    *count("tries"),
    *count("due_at"),
    text("error"),
    *count("created"),
    # a turn's reply is written once
    Unique("tenant_id", "key", name="outbox_natural"),
)

refs = Table(
    "refs",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    *count("turn_id"),
    *count("ordinal"),
    text("ref"),
    # delivery: what of a reply is on the screen
    Unique("tenant_id", "turn_id", "ordinal", name="refs_natural"),
)

files = Table(
    "files",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    text("file"),
    text("platform"),
    text("bot"),
    text("chat"),
    text("thread"),
    text("media_type"),
    text("name"),
    *count("size"),
    Column("content", LargeBinary, nullable=False),
    *count("created"),
    # find_file, get_file
    Unique("tenant_id", "file", name="files_natural"),
)

house = Table("house", tables, Column("name", Text, primary_key=True), Column("value", LargeBinary, nullable=False))

SPOKEN = sa.case((accounts.c.speaks != word(""), accounts.c.speaks), else_=accounts.c.language)
"""In which language an account is written to where nobody has just spoken."""

MERGED = accounts.c.merged_into > number(0)
"""Accounts that another one has taken in."""

OPEN = inbox.c.state.in_([word("running"), word("waiting")])
"""Rows that have not come to their end."""

LANE = sa.and_(inbox.c.overtakes == number(0), OPEN)
"""Open rows that go through a lane."""

OVERTAKING = sa.and_(inbox.c.overtakes == number(1), OPEN)
"""Open rows that do not."""

CURRENT = messages.c.superseded == number(0)
"""Messages that have not been replaced by a retry."""

LEASED = conversations.c.lease_owner != word("")
"""Conversations some process runs."""

PENDING = outbox.c.state == word("pending")
DEAD = outbox.c.state == word("dead")
OPEN_ATTEMPT = attempts.c.state == word("open")
TREATED = sa.and_(attempts.c.payer_id > number(0), attempts.c.payer_id != attempts.c.account_id)
"""Calls that somebody else paid for than asked."""
SAID = inbox.c.kind == word("said")


def _index(name: str, *columns: sa.ColumnElement[object], where: sa.ColumnElement[bool] | None = None) -> Index:
    if where is None:
        return Index(name, *columns)
    return Index(name, *columns, sqlite_where=where)


INDEXES = (
    # start_turn, accept's bound, stalled, counts: the open rows of a lane, the running ones first
    _index("inbox_lane", inbox.c.conversation_id, inbox.c.state, inbox.c.id, where=LANE),
    # stalled_overtaking
    _index("inbox_overtaking", inbox.c.received, where=OVERTAKING),
    # screen: what people said at an address
    _index("inbox_screen", inbox.c.address_id, inbox.c.id, where=SAID),
    # retain; start_turn, overflow, last_exchange and attempts_of_turn read the primary key
    _index("messages_created", messages.c.created),
    # attempts_of_turn
    _index("attempts_turn", attempts.c.turn_id, attempts.c.id),
    # start_turn after a crash; left_open, hand_over and verify read all of them
    _index("attempts_open", attempts.c.turn_id, where=OPEN_ATTEMPT),
    # roll_up, usage
    _index("attempts_opened", attempts.c.opened),
    # usage
    _index("attempts_account", attempts.c.account_id, attempts.c.opened),
    # usage: what was paid for somebody else
    _index("attempts_treated", attempts.c.payer_id, attempts.c.opened, where=TREATED),
    # due, counts
    _index("outbox_due", outbox.c.due_at, outbox.c.id, where=PENDING),
    # screen: what we said at an address
    _index("outbox_screen", outbox.c.address_id, outbox.c.id),
    # counts: for an operator to see
    _index("outbox_dead", outbox.c.id, where=DEAD),
    # identities, merge, unlink, accounts
    _index("identities_account", identities.c.account_id, identities.c.id),
    # merge, block: what was joined into an account
    _index("accounts_merged", accounts.c.merged_into, where=MERGED),
    # conversations, merge: a person's list, newest first
    _index("conversations_account", conversations.c.account_id, conversations.c.id),
    # rate: whose answer somebody reacted to
    _index("refs_ref", refs.c.tenant_id, refs.c.ref),
    # release_owner
    _index("conversations_leased", conversations.c.lease_owner, where=LEASED),
)
