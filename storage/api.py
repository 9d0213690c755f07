"""The tables of the HTTP API. Knows columns and what each index is for; must not know statements."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, Table
from sqlalchemy import UniqueConstraint as Unique

from storage.columns import count, flag, link, row_id, state, tables, text

api_keys = Table(
    "api_keys",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    link("account_id", "accounts"),
    text("name"),
    # the beginning of the key, for lists
    text("shown"),
    # HMAC of the key under a secret of the house
    text("digest"),
    # names, separated by spaces; empty: all
    text("models"),
    *flag("lists_only"),
    # micro-dollars, and after how long they begin anew
    *count("budget"),
    *state("total", "day", "week", "month", name="renews"),
    *count("per_minute"),
    *count("expires"),
    *count("created"),
    # to the minute
    *count("used"),
    *count("revoked"),
    Unique("tenant_id", "digest", name="api_keys_natural"),
)

replays = Table(
    "replays",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    link("key_id", "api_keys"),
    # the caller's Idempotency-Key, and a digest of what came with it
    text("name"),
    text("digest"),
    *state("open", "done", "lost"),
    # while open: when the lock is void
    *count("until"),
    *count("status"),
    Column("answer", LargeBinary),
    *count("created"),
    # open_replay
    Unique("tenant_id", "key_id", "name", name="replays_natural"),
)

INDEXES = (
    # find_key: a key says itself whose tenant's it is
    Index("api_keys_digest", api_keys.c.digest),
    # keys, merge
    Index("api_keys_account", api_keys.c.account_id, api_keys.c.id),
)
