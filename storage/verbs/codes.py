"""Codes by which two places become one person. Knows their life, guesses and use; must not know how one is spelled."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from hub.domain.account import CodeOutcome, CodeUsed, IdentityLine
from hub.domain.inbound import Inbound
from hub.domain.reply import Notice, Reply
from hub.ports.accounts import CodeRules
from storage import people as p
from storage import schema as s
from storage.dialect import insert, insert_or_replace, number
from storage.link import Link, Row
from storage.rows import clean, now_ms
from storage.verbs.linking import IDENTITY, go_on_together, hand_over, who
from storage.verbs.outbox import tell
from storage.verbs.places import FIND_ADDRESS, address_values

_int = sa.BigInteger()
_tenant = sa.bindparam("tenant", type_=_int)
_account = sa.bindparam("account", type_=_int)

PUT_CODE = insert(p.codes, ("tenant_id", "digest", "account_id", "identity_id", "address_id", "language", "expires"))
NEWEST_CODES = (
    sa.select(p.codes.c.id)
    .where(p.codes.c.account_id == _account, p.codes.c.used_by == number(0))
    .order_by(p.codes.c.id.desc())
    .limit(sa.bindparam("most", type_=sa.Integer()))
)
"""Reads codes_account backwards."""
TRIM_CODES = sa.delete(p.codes).where(
    p.codes.c.account_id == _account, p.codes.c.used_by == number(0), p.codes.c.id.not_in(NEWEST_CODES)
)
DROP_CODE = sa.delete(p.codes).where(
    p.codes.c.tenant_id == _tenant, p.codes.c.digest == sa.bindparam("code"), p.codes.c.used_by == number(0)
)
FIND_CODE = (
    sa.select(
        p.codes.c.id,
        p.codes.c.account_id,
        p.codes.c.address_id,
        p.codes.c.language,
        p.codes.c.expires,
        p.codes.c.used_by,
        s.accounts.c.blocked,
        *IDENTITY,
        p.codes.c.asker,
        s.addresses.c.bot,
        s.addresses.c.chat,
    )
    .select_from(
        sa.join(p.codes, s.accounts, s.accounts.c.id == p.codes.c.account_id)
        .join(s.identities, s.identities.c.id == p.codes.c.identity_id)
        .outerjoin(s.addresses, s.addresses.c.id == p.codes.c.asked_at)
    )
    .where(p.codes.c.tenant_id == _tenant, p.codes.c.digest == sa.bindparam("code"))
)
USE_CODE = (
    sa.update(p.codes)
    .where(p.codes.c.id == sa.bindparam("code_id", type_=_int))
    .values(used_by=sa.bindparam("turn", type_=_int))
)
ASK_CODE = (
    sa.update(p.codes)
    .where(p.codes.c.id == sa.bindparam("code_id", type_=_int))
    .values(asker=sa.bindparam("who", type_=_int), asked_at=sa.bindparam("address", type_=_int))
)
GUESSES = sa.select(p.guesses.c.wrong, p.guesses.c.since).where(
    p.guesses.c.tenant_id == _tenant, p.guesses.c.identity_id == sa.bindparam("identity", type_=_int)
)
COUNT_GUESS = insert_or_replace(p.guesses, ("tenant_id", "identity_id"), ("tenant_id", "identity_id", "wrong", "since"))


def make_code(link: Link, inbound: Inbound, digest: str, rules: CodeRules) -> None:
    """Keep a code, made where `inbound` came from; only the newest few of an account live."""
    identity, account, _ = who(link, inbound)
    place = link.one(FIND_ADDRESS, address_values(inbound.address))
    assert place is not None, "an inbound was accepted at its address"
    code = {
        "tenant_id": inbound.address.tenant,
        "digest": digest,
        "account_id": account,
        "identity_id": identity,
        "address_id": place[0],
        "language": clean(inbound.sender.language),
        "expires": now_ms() + rules.life_ms,
    }
    link.run(PUT_CODE, code)
    link.run(TRIM_CODES, {"account": account, "most": rules.living})


def drop_code(link: Link, tenant: int, digest: str) -> None:
    """Forget a code that others could read."""
    link.run(DROP_CODE, {"tenant": tenant, "code": digest})


def try_code(link: Link, inbound: Inbound, digest: str, rules: CodeRules) -> CodeUsed:
    """What a code would do; see `hub.ports.accounts.Accounts.try_code`."""
    return _try(link, inbound, link.one(FIND_CODE, {"tenant": inbound.address.tenant, "code": digest}), rules)


def _try(link: Link, inbound: Inbound, code: Row | None, rules: CodeRules) -> CodeUsed:
    tenant, now = inbound.address.tenant, now_ms()
    identity, account, blocked = who(link, inbound)
    wrong, since = link.one(GUESSES, {"tenant": tenant, "identity": identity}) or (0, now)
    if since + rules.guesses_ms <= now:
        wrong, since = 0, now
    if wrong >= rules.guesses:
        return CodeUsed(CodeOutcome.TOO_MANY)
    if code is not None and code[1] == account:
        return CodeUsed(CodeOutcome.OWN)
    if code is None or code[5] or code[4] <= now or code[6] or blocked:
        link.run(COUNT_GUESS, {"tenant_id": tenant, "identity_id": identity, "wrong": wrong + 1, "since": since})
        return CodeUsed(CodeOutcome.WRONG)
    place = link.one(FIND_ADDRESS, address_values(inbound.address))
    assert place is not None, "an inbound was accepted at its address"
    link.run(ASK_CODE, {"code_id": code[0], "who": identity, "address": place[0]})
    return CodeUsed(CodeOutcome.VALID, IdentityLine(*code[7:12]))


def use_code(link: Link, inbound: Inbound, turn_id: int, digest: str, rules: CodeRules, told: Notice) -> CodeUsed:
    """Join the account of who typed a code into its maker's; see `hub.ports.accounts.Accounts.use_code`."""
    tenant = inbound.address.tenant
    identity, account, _ = who(link, inbound)
    code = link.one(FIND_CODE, {"tenant": tenant, "code": digest})
    if code is not None and code[5] == turn_id:
        return CodeUsed(CodeOutcome.JOINED, IdentityLine(*code[7:12]))
    tried = _try(link, inbound, code, rules)
    here = (identity, clean(inbound.address.bot), clean(inbound.address.chat))
    if code is None or tried.outcome is not CodeOutcome.VALID or tuple(code[12:15]) != here:
        return tried
    kept = int(code[1])
    link.run(USE_CODE, {"code_id": code[0], "turn": turn_id})
    hand_over(link, tenant, kept, account)
    go_on_together(link, kept, code[2], inbound)
    notice = Reply(notice=replace(told, language=code[3]))
    tell(link, tenant, code[2], f"linked-{turn_id}", notice, code[3])
    return CodeUsed(CodeOutcome.JOINED, tried.maker)
