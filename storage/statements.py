"""The tables of monthly statements. Knows columns; must not know what adds up to what.

Written once and never changed, which the database itself sees to. Kept for ever, like the lines of the ledger.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Table
from sqlalchemy import UniqueConstraint as Unique

from storage.columns import count, kept, link, row_id, state, tables, text
from storage.dialect import Id

TOKENS = ("input", "cached", "cache_write", "cache_write_1h", "output", "reasoning")

statements = Table(
    "statements",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    # 0: the house
    *count("account_id"),
    text("month"),
    # one after the other in its tenant
    *count("number"),
    *count("since"),
    *count("until"),
    # every line of the ledger before this number is of this month or of an earlier one
    *count("next_entry"),
    *count("created"),
    # write: was this month written before; read one; the newest before a month
    Unique("tenant_id", "account_id", "month", name="statements_natural"),
    Unique("tenant_id", "number", name="statements_number"),
)

statement_lines = Table(
    "statement_lines",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    link("statement_id", "statements"),
    *count("account_id"),
    *state(
        *("opening", "grant", "settle", "expire", "refund", "adjust", "move", "closing", "tokens"),
        name="kind",
    ),
    *state("micro", "tokens", "messages", name="unit"),
    text("what"),
    # lines of the ledger; of tokens: calls
    *count("lines"),
    # of opening and closing: what there was
    Column("granted", Id, nullable=False, server_default="0"),
    Column("used", Id, nullable=False, server_default="0"),
    *(part for name in TOKENS for part in count(name)),
)

INDEXES = (
    # read one
    Index("statement_lines_statement", statement_lines.c.statement_id, statement_lines.c.id),
    # export
    Index("statement_lines_account", statement_lines.c.account_id, statement_lines.c.id),
)

kept(statements)
kept(statement_lines)
