"""Mails on their way. Knows what is due, who has claimed it, who wants none; must not know words or servers."""

from __future__ import annotations

import json

import sqlalchemy as sa

from hub.domain.mail import CLAIM_SECONDS, REFUSABLE, Mail, MailLine, MailState, NewMail, Template
from storage import mail as m
from storage import people as p
from storage import schema as s
from storage.dialect import insert_new, number, word
from storage.link import Link
from storage.rows import clean

_int = sa.BigInteger()
_tenant = sa.bindparam("tenant", type_=_int)
_mail = m.mails.c.id == sa.bindparam("mail", type_=_int)
_most = sa.bindparam("most", type_=sa.Integer())

PUT = insert_new(
    m.mails,
    ("tenant_id", "key"),
    ("tenant_id", "key", "account_id", "recipient", "template", "arguments", "language", "due_at", "created"),
).returning(m.mails.c.id)
LIVING = sa.select(s.accounts.c.merged_into, s.SPOKEN).where(
    s.accounts.c.id == sa.bindparam("account", type_=_int), s.accounts.c.tenant_id == _tenant
)
FIRST_EMAIL = (
    sa.select(p.logins.c.email)
    .where(p.logins.c.account_id == sa.bindparam("account", type_=_int), p.logins.c.tenant_id == _tenant)
    .order_by(p.logins.c.id)
    .limit(number(1))
)
"""Reads logins_account."""
REFUSED = sa.select(m.refusals.c.id).where(
    m.refusals.c.tenant_id == _tenant,
    m.refusals.c.email == sa.bindparam("email"),
    m.refusals.c.template == sa.bindparam("template"),
)
REFUSE = insert_new(m.refusals, ("tenant_id", "email", "template"), ("tenant_id", "email", "template", "created"))
LOGIN = sa.select(p.logins.c.id).where(p.logins.c.tenant_id == _tenant, p.logins.c.email == sa.bindparam("email"))
EMAIL = sa.select(p.logins.c.email).where(
    p.logins.c.tenant_id == _tenant, p.logins.c.id == sa.bindparam("login", type_=_int)
)

DUE = (
    sa.select(
        m.mails.c.id,
        m.mails.c.tenant_id,
        m.mails.c.key,
        m.mails.c.account_id,
        m.mails.c.recipient,
        m.mails.c.template,
        m.mails.c.arguments,
        m.mails.c.language,
        m.mails.c.tries,
        m.mails.c.created,
    )
    .where(m.WAITING, m.mails.c.due_at <= sa.bindparam("now", type_=_int))
    .order_by(m.mails.c.due_at, m.mails.c.id)
    .limit(_most)
    .with_for_update(skip_locked=True)
)
NEXT = sa.select(m.mails.c.due_at).where(m.WAITING).order_by(m.mails.c.due_at).limit(number(1))
CLAIM = sa.update(m.mails).where(_mail).values(due_at=sa.bindparam("until", type_=_int))
AGAIN = (
    sa.update(m.mails)
    .where(_mail, m.WAITING)
    .values(
        tries=m.mails.c.tries + number(1),
        error=sa.bindparam("what", type_=sa.Text()),
        due_at=sa.bindparam("until", type_=_int),
    )
)
END = (
    sa.update(m.mails)
    .where(_mail, m.WAITING)
    .values(
        state=sa.bindparam("ends_as", type_=sa.Text()),
        tries=m.mails.c.tries + number(1),
        error=sa.bindparam("what", type_=sa.Text()),
        ended=sa.bindparam("now", type_=_int),
    )
)
_LINE = (
    m.mails.c.id,
    m.mails.c.key,
    m.mails.c.recipient,
    m.mails.c.template,
    m.mails.c.state,
    m.mails.c.tries,
    m.mails.c.error,
    m.mails.c.created,
)
NEWEST = sa.select(*_LINE).order_by(m.mails.c.id.desc()).limit(_most)
NEWEST_DEAD = NEWEST.where(m.mails.c.state == word("dead"))
"""Walk the primary key backwards."""


def post(link: Link, mail: NewMail, now: int) -> bool:
    """Write a mail; False: its key was posted before, nobody gets it, or who would has refused."""
    account, to, language = mail.account_id, mail.to, mail.language
    if account:
        living = link.one(LIVING, {"account": account, "tenant": mail.tenant})
        if living is None:
            return False
        account, language = living[0] or account, language or living[1]
    if account and not to:
        found = link.one(FIRST_EMAIL, {"account": account, "tenant": mail.tenant})
        if found is None:
            return False
        to = found[0]
    if _refused(link, mail.tenant, clean(to), mail.template):
        return False
    row = {
        "tenant_id": mail.tenant,
        "key": clean(mail.key),
        "account_id": account,
        "recipient": clean(to),
        "template": mail.template.value,
        "arguments": json.dumps({name: _word(value) for name, value in mail.arguments.items()}),
        "language": clean(language) or "en",
        "due_at": now,
        "created": now,
    }
    return link.one(PUT, row) is not None


def _word(value: str | int) -> str | int:
    return clean(value) if isinstance(value, str) else value


def _refused(link: Link, tenant: int, email: str, template: Template) -> bool:
    if template not in REFUSABLE:
        return False
    return link.one(REFUSED, {"tenant": tenant, "email": email, "template": template.value}) is not None


def due_mails(link: Link, now: int, limit: int) -> list[Mail]:
    """Mails that are due at `now`, oldest first, claimed; refused ones are ended."""
    given = []
    for row in link.all(DUE, {"now": now, "most": limit}):
        mail_id, tenant, key, account, to, template, arguments, language, tries, created = row
        if _refused(link, tenant, to, Template(template)):
            link.run(END, {"mail": mail_id, "ends_as": MailState.UNWANTED.value, "what": "", "now": now})
            continue
        link.run(CLAIM, {"mail": mail_id, "until": now + CLAIM_SECONDS * 1000})
        login = link.one(LOGIN, {"tenant": tenant, "email": to}) if to else None
        kind = Template(template)
        given.append(
            Mail(
                mail_id,
                tenant,
                key,
                account,
                to,
                login[0] if login else 0,
                kind,
                json.loads(arguments),
                language,
                tries,
                created,
            )
        )
    return given


def mail_sent(link: Link, mail_id: int, now: int) -> None:
    """The server took it."""
    link.run(END, {"mail": mail_id, "ends_as": MailState.SENT.value, "what": "", "now": now})


def mail_failed(link: Link, mail_id: int, error: str, again_at: int | None, now: int) -> None:
    """Try again at `again_at`, or give up."""
    if again_at is None:
        link.run(END, {"mail": mail_id, "ends_as": MailState.DEAD.value, "what": clean(error), "now": now})
    else:
        link.run(AGAIN, {"mail": mail_id, "what": clean(error), "until": again_at})


def mails(link: Link, limit: int, dead: bool) -> list[MailLine]:
    """The newest mails, newest first."""
    return [
        MailLine(row[0], row[1], row[2], row[3], MailState(row[4]), row[5], row[6], row[7])
        for row in link.all(NEWEST_DEAD if dead else NEWEST, {"most": limit})
    ]


def next_mail_at(link: Link) -> int | None:
    """When the next mail is due."""
    row = link.one(NEXT)
    return int(row[0]) if row else None


def login_email(link: Link, tenant: int, login_id: int) -> str:
    """The address of a login; empty for none."""
    row = link.one(EMAIL, {"tenant": tenant, "login": login_id})
    return str(row[0]) if row else ""


def refuse_mail(link: Link, tenant: int, email: str, template: Template, now: int) -> None:
    """Send `email` no such mails any more."""
    if template in REFUSABLE:
        link.run(REFUSE, {"tenant_id": tenant, "email": clean(email), "template": template.value, "created": now})
