"""The tables of e-mail. Knows columns and what each index is for; must not know statements."""

from __future__ import annotations

from sqlalchemy import Index, Table
from sqlalchemy import UniqueConstraint as Unique

from storage.columns import count, link, row_id, state, tables, text
from storage.dialect import word

mails = Table(
    "mails",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    text("key"),
    # whose it is, 0: nobody's
    *count("account_id"),
    # empty: the operator, whose address stands in the settings
    text("recipient"),
    text("template"),
    text("arguments"),
    text("language"),
    *state("pending", "sent", "dead", "unwanted"),
    *count("tries"),
    *count("due_at"),
    text("error"),
    *count("created"),
    *count("ended"),
    # post_mail: a mail is written once
    Unique("tenant_id", "key", name="mails_natural"),
)

refusals = Table(
    "mail_refusals",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    text("email"),
    text("template"),
    *count("created"),
    # post_mail, due_mails: who wants no such mails
    Unique("tenant_id", "email", "template", name="mail_refusals_natural"),
)

WAITING = mails.c.state == word("pending")
"""Mails on their way."""

INDEXES = (
    # due_mails, next_mail_at
    Index("mails_due", mails.c.due_at, mails.c.id, sqlite_where=WAITING),
    # a person's own
    Index("mails_account", mails.c.account_id, mails.c.id),
)
