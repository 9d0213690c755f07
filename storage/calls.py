"""The table of calls to models: facts, what is set aside and what was taken. Knows columns; must not know statements.

Its indexes stand in the schema. A settled row may go after its time: what it was charged stands in the ledger.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, Table

from storage.columns import count, flag, link, row_id, state, tables, text
from storage.dialect import Id

attempts = Table(
    "attempts",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    *count("turn_id"),
    # none: asked over the API
    Column("conversation_id", Id, ForeignKey("conversations.id")),
    link("account_id", "accounts"),
    text("model"),
    text("provider"),
    *state("answer", "summary", "transcription", name="purpose"),
    *count("asked_tokens"),
    *count("max_output"),
    *state("open", "done", "failed", "cut", "cancelled", "unknown"),
    *count("input"),
    *count("cached"),
    *count("cache_write"),
    *count("cache_write_1h"),
    *count("output"),
    *count("reasoning"),
    *flag("estimated"),
    text("answered_model"),
    text("error"),
    Column("first_word_ms", Integer),
    *count("total_ms"),
    *count("opened"),
    *count("ended"),
    # the process that called; what it leaves open is closed for it
    text("owner"),
    # tells calls of one moment apart when the answer to a COMMIT was lost
    *count("mark"),
    *count("key_id"),
    # who pays, 0: nobody; what was set aside and what was taken, of `unit`
    *count("payer_id"),
    *state("micro", "tokens", "messages", name="unit"),
    *count("held"),
    *count("charged"),
    # the grant of a plan without limit that the hold was added to; 0: the hold was taken from what there was
    *count("grant_id"),
    # ceilings it counts under, as JSON
    text("ceilings"),
    # what it cost the house, in micro-dollars; at which price, and that price for the estimate of one nobody ended
    *count("cost"),
    text("price_version"),
    *count("price_input"),
    *count("price_output"),
    *count("price_request"),
    # how often it was ended: once, and again when the truth came late
    *count("ends"),
)
