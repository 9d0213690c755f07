"""Accounts as operators see them, and logins. Knows rows of people; must not know passwords or how people link."""

from __future__ import annotations

import sqlalchemy as sa

from hub.domain.account import AccountLine, Login
from hub.domain.mail import NewMail, Template
from storage import people as p
from storage import schema as s
from storage import teams as t
from storage.dialect import insert_new, number, word
from storage.link import Link, Row
from storage.rows import clean, now_ms
from storage.verbs import mailbox
from storage.verbs.linking import identities
from storage.verbs.places import FIND_IDENTITY, MAKE_ACCOUNT

_int = sa.BigInteger()
_tenant = sa.bindparam("tenant", type_=_int)
_account = sa.bindparam("account", type_=_int)

LINE = sa.select(
    s.accounts.c.id,
    s.accounts.c.tenant_id,
    s.accounts.c.name,
    s.accounts.c.language,
    s.accounts.c.model,
    s.accounts.c.blocked,
    s.accounts.c.merged_into,
    s.accounts.c.created,
    sa.select(sa.func.count())
    .select_from(s.conversations)
    .where(s.conversations.c.account_id == s.accounts.c.id)
    .scalar_subquery(),
    s.accounts.c.plan,
    s.accounts.c.plan_anchor,
    s.accounts.c.plan_until,
).where(s.accounts.c.tenant_id == _tenant)
ONE = LINE.where(s.accounts.c.id == _account)
PAGE = (
    LINE.where(
        s.accounts.c.id > sa.bindparam("after", type_=_int),
        s.accounts.c.merged_into == number(0),
        sa.not_(sa.exists().where(t.teams.c.id == s.accounts.c.id).correlate(s.accounts)),
        sa.or_(
            s.accounts.c.name != word(""),
            sa.exists().where(s.identities.c.account_id == s.accounts.c.id).correlate(s.accounts),
            sa.exists().where(p.logins.c.account_id == s.accounts.c.id).correlate(s.accounts),
        ),
    )
    .order_by(s.accounts.c.id)
    .limit(sa.bindparam("most", type_=sa.Integer()))
)
"""Walks the primary key; a group chat's own account has neither name nor identity nor login."""

EMAILS = (
    sa.select(p.logins.c.email)
    .where(p.logins.c.account_id == _account, p.logins.c.tenant_id == _tenant)
    .order_by(p.logins.c.id)
)
_blocked = {"blocked": sa.bindparam("now_blocked", type_=sa.SmallInteger())}
BLOCK = sa.update(s.accounts).where(s.accounts.c.id == _account, s.accounts.c.tenant_id == _tenant).values(_blocked)
BLOCK_JOINED = (
    sa.update(s.accounts)
    .where(s.MERGED, s.accounts.c.merged_into == _account, s.accounts.c.tenant_id == _tenant)
    .values(_blocked)
)
"""What was written before it was joined and still waits is read under the account it came from."""

_email = (p.logins.c.tenant_id == _tenant, p.logins.c.email == sa.bindparam("address"))
FIND_LOGIN = (
    sa.select(p.logins.c.account_id, p.logins.c.email, p.logins.c.password_hash, s.accounts.c.blocked)
    .select_from(sa.join(p.logins, s.accounts, s.accounts.c.id == p.logins.c.account_id))
    .where(*_email)
)
PUT_LOGIN = insert_new(
    p.logins, ("tenant_id", "email"), ("tenant_id", "email", "account_id", "password_hash", "created")
).returning(p.logins.c.id)
CHANGE_LOGIN = (
    sa.update(p.logins)
    .where(*_email, p.logins.c.account_id == _account)
    .values(password_hash=sa.bindparam("hashed", type_=sa.Text()))
)
DROP_LOGIN = sa.delete(p.logins).where(*_email, p.logins.c.account_id == _account)

SPEAK = (
    sa.update(s.accounts)
    .where(s.accounts.c.id == sa.bindparam("account"), s.accounts.c.tenant_id == sa.bindparam("tenant"))
    .values(speaks=sa.bindparam("choice", type_=sa.Text()))
)


def _line(link: Link, row: Row) -> AccountLine:
    here = {"account": row[0], "tenant": row[1]}
    emails = tuple(one[0] for one in link.all(EMAILS, here))
    account, tenant, name, language, model, blocked, merged_into, since, conversations, *plan = row
    return AccountLine(
        account,
        tenant,
        name,
        language,
        model,
        bool(blocked),
        merged_into,
        since,
        conversations,
        identities(link, tenant, account),
        emails,
        *plan,
    )


def find_account(link: Link, tenant: int, account_id: int) -> AccountLine | None:
    """One account by number."""
    row = link.one(ONE, {"tenant": tenant, "account": account_id})
    return _line(link, row) if row else None


def choose_language(link: Link, tenant: int, account_id: int, language: str) -> None:
    """Remember a choice on the account."""
    link.run(SPEAK, {"account": account_id, "tenant": tenant, "choice": language})


def account_of(link: Link, tenant: int, platform: str, user: str) -> int:
    """Whose identity that is; 0 for nobody's."""
    row = link.one(FIND_IDENTITY, {"tenant": tenant, "platform": platform, "user": clean(user)})
    return int(row[0]) if row else 0


def accounts(link: Link, tenant: int, after: int, limit: int) -> tuple[AccountLine, ...]:
    """Accounts of people with numbers greater than `after`, in order."""
    return tuple(_line(link, row) for row in link.all(PAGE, {"tenant": tenant, "after": after, "most": limit}))


def create_account(link: Link, tenant: int, name: str) -> int:
    """An account without an identity; its number."""
    made = link.one(MAKE_ACCOUNT, {"tenant_id": tenant, "name": clean(name), "language": "en", "created": now_ms()})
    assert made is not None
    return int(made[0])


def block(link: Link, tenant: int, account_id: int, blocked: bool) -> bool:
    """Block an account and those joined into it, or unblock them; False when there is none."""
    values = {"tenant": tenant, "account": account_id, "now_blocked": int(blocked)}
    found = link.run(BLOCK, values)
    link.run(BLOCK_JOINED, values)
    return found > 0


def set_login(link: Link, tenant: int, account_id: int, email: str, password_hash: str) -> bool:
    """Set, change or (with an empty hash) take away a login; False when it is not this account's to have.

    Who gets one is welcomed by e-mail."""
    here = {"tenant": tenant, "account": account_id, "address": clean(email)}
    account = link.one(ONE, here)
    if account is None or account[6]:
        return False
    if not password_hash:
        return link.run(DROP_LOGIN, here) > 0
    row = {
        "tenant_id": tenant,
        "email": here["address"],
        "account_id": account_id,
        "password_hash": password_hash,
        "created": now_ms(),
    }
    if link.one(PUT_LOGIN, row) is None:
        return link.run(CHANGE_LOGIN, {**here, "hashed": password_hash}) > 0
    key, told = f"welcome:{account_id}:{here['address']}", {"email": str(here["address"])}
    welcome = NewMail(key, Template.WELCOME, told, account_id, str(here["address"]), tenant=tenant)
    mailbox.post(link, welcome, now_ms())
    return True


def find_login(link: Link, tenant: int, email: str) -> Login | None:
    """The login of an e-mail address."""
    row = link.one(FIND_LOGIN, {"tenant": tenant, "address": clean(email)})
    return Login(row[0], row[1], row[2], bool(row[3])) if row else None
