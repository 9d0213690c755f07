"""The tables of money. Knows columns, constraints and what each index is for; must not know statements.

What was used stands in `attempts` (see the schema), and so does what is set aside, until it is settled. Amounts are
whole numbers of their unit. Wherever an account's money changes, the row of its balance is locked first.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Table
from sqlalchemy import UniqueConstraint as Unique

from storage.columns import count, kept, link, row_id, state, tables, text
from storage.dialect import Id, number

_UNITS = ("micro", "tokens", "messages")

balances = Table(
    "balances",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    link("account_id", "accounts"),
    *state(*_UNITS, name="unit"),
    # all grants, less what lapsed or was taken back; and what is set aside for plans without limit
    *count("granted"),
    *count("used"),
    *count("held"),
    # used without cover
    *count("beyond"),
    # from then on a hold has to look at the grants again
    *count("changes_at"),
    # plan and window whose allowance was opened last, and its grant; 0: none
    text("opened"),
    *count("plan_grant"),
    CheckConstraint("used + held <= granted + beyond", name="covered"),
    # every verb of money: whose balance
    Unique("tenant_id", "account_id", "unit", name="balances_natural"),
)

grants = Table(
    "grants",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    link("account_id", "accounts"),
    *state(*_UNITS, name="unit"),
    *state("plan", "topup", "gift", "linked", name="source"),
    text("key"),
    *count("amount"),
    *count("spent"),
    # lapsed, taken back or moved to another account
    *count("lapsed"),
    *count("priority"),
    *count("expires"),
    # percent of it that its account has been told of
    *count("warned"),
    # how often it lapsed, moved or came back: makes the keys of those entries
    *count("changes"),
    text("note"),
    *count("created"),
    CheckConstraint("spent + lapsed <= amount", name="covered"),
    # grant: was this given before; open a window: is it open
    Unique("tenant_id", "key", name="grants_natural"),
)

"""Kept, for the lines of the ledger name them: one for each window that somebody used, and for what was bought."""

entries = Table(
    "entries",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    link("account_id", "accounts"),
    *state(*_UNITS, name="unit"),
    *state("grant", "settle", "expire", "refund", "adjust", "move", name="kind"),
    # what it added, negative: what it took
    Column("granted", Id, nullable=False, server_default="0"),
    Column("used", Id, nullable=False, server_default="0"),
    *count("grant_id"),
    *count("attempt_id"),
    text("key"),
    text("note"),
    *count("created"),
    # every line: was this booked before
    Unique("tenant_id", "key", name="entries_natural"),
)
"""Kept for ever: a balance is the sum of its lines, and the law asks for the lines of ten years. A line is about 150
bytes, names nobody, and only what was charged or paid writes one. Lines are never changed: corrections are lines."""

ceilings = Table(
    "ceilings",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    text("scope"),
    text("window"),
    *state(*_UNITS, name="unit"),
    *count("held"),
    *count("used"),
    *count("touched"),
    # open_attempt, close_attempt: what was spent under it
    Unique("tenant_id", "scope", "window", "unit", name="ceilings_natural"),
)

LIVING = grants.c.amount > grants.c.spent + grants.c.lapsed
"""Grants with something left."""

WARNED = grants.c.warned > number(0)
"""Grants of which their account has been told that they are spent so far."""

OF_ATTEMPT = entries.c.attempt_id > number(0)
"""Lines of what was used."""

INDEXES = (
    # settle, balances: what is left to spend
    Index("grants_living", grants.c.account_id, grants.c.unit, sqlite_where=LIVING),
    # open a window: which was opened last
    Index("grants_account", grants.c.account_id, grants.c.id),
    # warned_grants: few have been
    Index("grants_warned", grants.c.id, sqlite_where=WARNED),
    # a late truth: what an attempt was charged
    Index("entries_attempt", entries.c.attempt_id, sqlite_where=OF_ATTEMPT),
    # entries: an account's lines, in order
    Index("entries_account", entries.c.account_id, entries.c.id),
)

kept(entries)
