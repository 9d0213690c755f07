"""The tables. Knows columns, constraints and which query each index is for; must not know statements.

Times are milliseconds since 1970. Every UNIQUE begins with the tenant. Keys that name a turn (`turn_id`) are inbox ids
without a foreign key, because the inbox is forgotten earlier than what came of it.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, SmallInteger, Table, Text
from sqlalchemy import UniqueConstraint as Unique

from storage.dialect import Id, number, word

tables = sa.MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "fk": "%(table_name)s_%(column_0_name)s_fk",
        "ck": "%(table_name)s_%(constraint_name)s_ck",
    }
)


def _id() -> Column[int]:
    return Column("id", Id, primary_key=True)


def _link(name: str, target: str) -> Column[int]:
    return Column(name, Id, ForeignKey(f"{target}.id"), nullable=False)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _count(name: str) -> tuple[Column[int], CheckConstraint]:
    return Column(name, Id, nullable=False, server_default="0"), CheckConstraint(f"{name} >= 0", name=name)


def _flag(name: str) -> tuple[Column[int], CheckConstraint]:
    column = Column(name, SmallInteger, nullable=False, server_default="0")
    return column, CheckConstraint(f"{name} IN (0, 1)", name=name)


def _state(first: str, *others: str, name: str = "state") -> tuple[Column[str], CheckConstraint]:
    words = ", ".join(f"'{state}'" for state in (first, *others))
    column = Column(name, Text, nullable=False, server_default=first)
    return column, CheckConstraint(f"{name} IN ({words})", name=name)


tenants = Table("tenants", tables, _id(), _text("name"), *_count("created"))

accounts = Table(
    "accounts",
    tables,
    _id(),
    _link("tenant_id", "tenants"),
    _text("name"),
    Column("language", Text, nullable=False, server_default="en"),
    _text("model"),
    *_flag("blocked"),
    *_count("created"),
)

identities = Table(
    "identities",
    tables,
    _id(),
    _link("tenant_id", "tenants"),
    _text("platform"),
    _text("platform_user"),
    _link("account_id", "accounts"),
    _text("name"),
    *_count("created"),
    # accept: whose identity
    Unique("tenant_id", "platform", "platform_user", name="identities_natural"),
)

conversations = Table(
    "conversations",
    tables,
    _id(),
    _link("tenant_id", "tenants"),
    _link("account_id", "accounts"),
    _text("title"),
    _text("model"),
    _text("summary"),
    *_count("summary_upto"),
    *_count("window_after"),
    _text("lease_owner"),
    *_count("lease_until"),
    *_count("fence"),
    *_count("messages"),
    *_count("created"),
    *_count("updated"),
)

addresses = Table(
    "addresses",
    tables,
    _id(),
    _link("tenant_id", "tenants"),
    _text("platform"),
    _text("bot"),
    _text("chat"),
    _text("thread"),
    *_state("private", "group", name="kind"),
    _link("conversation_id", "conversations"),
    *_count("created"),
    # intake: where was this said
    Unique("tenant_id", "platform", "bot", "chat", "thread", name="addresses_natural"),
)

inbox = Table(
    "inbox",
    tables,
    _id(),
    _link("tenant_id", "tenants"),
    _text("platform"),
    _text("bot"),
    _text("event_id"),
    _link("address_id", "addresses"),
    _link("conversation_id", "conversations"),
    _link("account_id", "accounts"),
    _text("sender_user"),
    _text("sender_name"),
    _text("sender_language"),
    *_state("said", "called", "pressed", name="kind"),
    _text("content"),
    *_state("waiting", "running", "replied", "noticed", "merged", "ignored"),
    *_flag("overtakes"),
    *_count("tries"),
    *_flag("shown"),
    _text("progress"),
    *_count("received"),
    *_count("finished"),
    # the fence under which the row came to its end: tells our own repeated finish from another process's
    *_count("finished_fence"),
    # intake: was this delivered before
    Unique("tenant_id", "platform", "bot", "event_id", name="inbox_natural"),
)

messages = Table(
    "messages",
    tables,
    Column("conversation_id", Id, ForeignKey("conversations.id"), primary_key=True),
    # see message_id; grows within a conversation, for turns end in the order of their ids
    Column("id", Id, primary_key=True, autoincrement=False),
    _link("tenant_id", "tenants"),
    *_count("turn_id"),
    *_state("user", "assistant", name="role"),
    _text("text"),
    *_count("tokens"),
    _text("attachments"),
    _text("model"),
    *_flag("superseded"),
    *_count("created"),
    # in SQLite the messages of a conversation lie side by side: a window is read from a page or two, however many
    # others have talked meanwhile
    sqlite_with_rowid=False,
)

attempts = Table(
    "attempts",
    tables,
    _id(),
    _link("tenant_id", "tenants"),
    *_count("turn_id"),
    _link("conversation_id", "conversations"),
    _link("account_id", "accounts"),
    _text("model"),
    _text("provider"),
    *_state("answer", "summary", name="purpose"),
    *_count("asked_tokens"),
    *_count("max_output"),
    *_state("open", "done", "failed", "cut", "cancelled", "unknown"),
    *_count("input"),
    *_count("cached"),
    *_count("cache_write"),
    *_count("output"),
    *_count("reasoning"),
    *_flag("estimated"),
    _text("answered_model"),
    _text("error"),
    Column("first_word_ms", Integer),
    *_count("total_ms"),
    *_count("opened"),
    *_count("ended"),
)

outbox = Table(
    "outbox",
    tables,
    _id(),
    _link("tenant_id", "tenants"),
    _text("key"),
    *_count("turn_id"),
    _link("address_id", "addresses"),
    _text("text"),
    _text("notice"),
    _text("buttons"),
    *_flag("failed"),
    _text("language"),
    *_state("pending", "sent", "dead"),
    *_count("tries"),
    *_count("due_at"),
    _text("error"),
    *_count("created"),
    # a turn's reply is written once
    Unique("tenant_id", "key", name="outbox_natural"),
)

refs = Table(
    "refs",
    tables,
    _id(),
    _link("tenant_id", "tenants"),
    *_count("turn_id"),
    *_count("ordinal"),
    _text("ref"),
    # delivery: what of a reply is on the screen
    Unique("tenant_id", "turn_id", "ordinal", name="refs_natural"),
)

files = Table(
    "files",
    tables,
    _id(),
    _link("tenant_id", "tenants"),
    _text("file"),
    _text("platform"),
    _text("bot"),
    _text("chat"),
    _text("thread"),
    _text("media_type"),
    _text("name"),
    *_count("size"),
    Column("content", LargeBinary, nullable=False),
    *_count("created"),
    # find_file, get_file
    Unique("tenant_id", "file", name="files_natural"),
)

house = Table("house", tables, Column("name", Text, primary_key=True), Column("value", LargeBinary, nullable=False))

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
    # retain; start_turn, overflow, last_exchange and attempts_of_last_turn read the primary key
    _index("messages_created", messages.c.created),
    # attempts_of_last_turn
    _index("attempts_turn", attempts.c.turn_id, attempts.c.id),
    # start_turn after a crash
    _index("attempts_open", attempts.c.turn_id, where=OPEN_ATTEMPT),
    # due, counts
    _index("outbox_due", outbox.c.due_at, outbox.c.id, where=PENDING),
    # screen: what we said at an address
    _index("outbox_screen", outbox.c.address_id, outbox.c.id),
    # counts: for an operator to see
    _index("outbox_dead", outbox.c.id, where=DEAD),
    # conversations: a person's list, newest first
    _index("conversations_account", conversations.c.account_id, conversations.c.id),
    # release_owner
    _index("conversations_leased", conversations.c.lease_owner, where=LEASED),
)
