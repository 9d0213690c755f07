"""The tables of people who are known on several platforms. Knows columns and what each index is for.

Must not know statements. Who pays and remembers (`accounts`) and who they are where (`identities`) stand in the schema.
"""

from __future__ import annotations

from sqlalchemy import Index, Table
from sqlalchemy import UniqueConstraint as Unique

from storage.columns import count, link, row_id, state, tables, text

codes = Table(
    "codes",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    text("digest"),
    link("account_id", "accounts"),
    link("identity_id", "identities"),
    # where it was made: the place that is told, in whose conversation both go on
    link("address_id", "addresses"),
    text("language"),
    *count("expires"),
    # the turn that used it up; 0: none has
    *count("used_by"),
    # who typed it last, and the address where; 0: nobody has. Only they can use it, after they were told what it does
    *count("asker"),
    *count("asked_at"),
    # use_code, drop_code
    Unique("tenant_id", "digest", name="codes_natural"),
)

guesses = Table(
    "guesses",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    link("identity_id", "identities"),
    *count("wrong"),
    *count("since"),
    # use_code: how many wrong codes somebody has typed lately
    Unique("tenant_id", "identity_id", name="guesses_natural"),
)

logins = Table(
    "logins",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    text("email"),
    link("account_id", "accounts"),
    text("password_hash"),
    *count("created"),
    # find_login, set_login
    Unique("tenant_id", "email", name="logins_natural"),
)

erasures = Table(
    "erasures",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    link("account_id", "accounts"),
    *count("asked"),
    # erase: asked for once
    Unique("tenant_id", "account_id", name="erasures_natural"),
)

forgotten = Table(
    "forgotten",
    tables,
    row_id(),
    link("tenant_id", "tenants"),
    # HMAC of platform and user under a secret of the house
    text("digest"),
    # unit, plan and window, as the keys of their grants end
    text("allowance"),
    # the same for all names of who was one person
    text("together"),
    *state("micro", "tokens", "messages", name="unit"),
    *count("rest"),
    *count("anchor"),
    *count("expires"),
    # erase; a first message: was this person here in this window
    Unique("tenant_id", "digest", "allowance", name="forgotten_natural"),
)
"""Few: of whoever was erased since their window opened."""

INDEXES = (
    # make_code: an account's codes, newest first; merge
    Index("codes_account", codes.c.account_id, codes.c.id),
    # merge, accounts
    Index("logins_account", logins.c.account_id, logins.c.id),
)
