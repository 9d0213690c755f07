"""The tables of groups. Knows columns and what each index is for; must not know statements."""

from __future__ import annotations

from sqlalchemy import Index, Table
from sqlalchemy import UniqueConstraint as Unique

from storage.columns import count, link, row_id, state, tables, text
from storage.dialect import number

group_policies = Table(
    "group_policies",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    text("platform"),
    text("bot"),
    text("chat"),
    # empty: as the house has it; so in the columns below
    *state("", "queue", "merge", "interrupt", name="overlap"),
    *state("", "always", "addressed", name="answers"),
    *state("", "everybody", "members", "admins", name="asking"),
    # users as JSON
    text("members"),
    *state("", "sender", "sponsor", "team", name="paid_by"),
    # the account of the sponsor or team; 0: none
    *count("payer_id"),
    *count("cap"),
    *state("micro", "tokens", "messages", name="cap_unit"),
    *count("changed"),
    # group_policy
    Unique("tenant_id", "platform", "bot", "chat", name="group_policies_natural"),
)

PAID_FOR = group_policies.c.payer_id > number(0)
"""Groups that somebody pays for who need not ask there."""

INDEXES = (
    # groups, merge: what an account pays for
    Index("group_policies_payer", group_policies.c.payer_id, sqlite_where=PAID_FOR),
)
