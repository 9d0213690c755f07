"""The tables of work that comes round, and of what it adds up. Knows columns; must not know statements."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text

from storage.columns import count, state, tables, text
from storage.dialect import Id, word

job_runs = Table(
    "job_runs",
    tables,
    # the house's, for every tenant
    Column("job", Text, primary_key=True),
    Column("slot", Id, primary_key=True),
    *state("open", "done", "failed", "skipped"),
    text("owner"),
    *count("lease_until"),
    *count("fence"),
    *count("tries"),
    *count("started"),
    *count("took"),
    text("result"),
    text("error"),
)

OPEN_RUN = job_runs.c.state == word("open")
"""Slots that have not come to their end."""

INDEXES = (
    # left_open
    Index("job_runs_open", job_runs.c.job, job_runs.c.slot, sqlite_where=OPEN_RUN),
    # retain
    Index("job_runs_started", job_runs.c.started),
)
