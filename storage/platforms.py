"""The tables that chat platforms need. Knows columns and what each index is for; must not know statements."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text
from sqlalchemy import UniqueConstraint as Unique

from storage.columns import count, flag, link, row_id, tables, text

notes = Table(
    "notes",
    tables,
    # an adapter serves the bots of every tenant; what a note is about stands in its name
    Column("platform", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    text("value"),
    *count("written"),
)

listeners = Table("listeners", tables, Column("name", Text, primary_key=True), text("owner"), *count("until"))

feedback = Table(
    "feedback",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    *count("turn_id"),
    text("person"),
    *flag("good"),
    *count("created"),
    # rate: one opinion of one person
    Unique("tenant_id", "turn_id", "person", name="feedback_natural"),
)

doubts = Table(
    "doubts",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    text("key"),
    text("platform"),
    *count("created"),
    # doubt: a reply is in doubt once
    Unique("tenant_id", "key", name="doubts_natural"),
)

INDEXES = (
    # retain
    Index("notes_written", notes.c.written),
)
