"""The tables of work that comes round, and of what it adds up. Knows columns; must not know statements."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Table, Text

from storage.columns import count, state, tables, text
from storage.dialect import Id, word

job_runs = Table(
    "job_runs",
    tables,
    # the house's, for every tenant
    Column("job", Text, primary_key=True),
    Column("slot", Id, primary_key=True),
    *state("open", "done", "failed", "skipped"),
    # who runs it, or ran it last; of one that waits for its next try: nobody
    text("owner"),
    *count("lease_until"),
    *count("fence"),
    *count("tries"),
    *count("started"),
    *count("took"),
    text("result"),
    text("error"),
)

usage_hours = Table(
    "usage_hours",
    tables,
    Column("tenant_id", Id, ForeignKey("tenants.id"), primary_key=True),
    # who paid
    Column("account_id", Id, primary_key=True),
    # the whole hour in which the calls were begun
    Column("hour", Id, primary_key=True),
    # who asked
    Column("member_id", Id, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("provider", Text, primary_key=True),
    Column("origin", Text, primary_key=True),
    Column("unit", Text, primary_key=True),
    *count("calls"),
    *count("failed"),
    *count("estimated"),
    *count("input"),
    *count("cached"),
    *count("cache_write"),
    *count("cache_write_1h"),
    *count("output"),
    *count("reasoning"),
    *count("cost"),
    *count("charged"),
)

OPEN_RUN = job_runs.c.state == word("open")
"""Slots that have not come to their end."""

INDEXES = (
    # left_open
    Index("job_runs_open", job_runs.c.job, job_runs.c.slot, sqlite_where=OPEN_RUN),
    # retain
    Index("job_runs_started", job_runs.c.started),
    # roll_up, retain, the house's usage
    Index("usage_hours_hour", usage_hours.c.tenant_id, usage_hours.c.hour),
)
