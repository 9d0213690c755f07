"""Mails on their way: written once, claimed once, ended once; who refused gets none."""

from __future__ import annotations

import asyncio

from hub.domain.mail import CLAIM_SECONDS, MailState, NewMail, Template
from hub.ports.store import Retention
from storage.rows import now_ms
from storage.store import StoreOn
from tests.contract.store.conftest import Database, Person

SOON = 5_000


def warning(key: str, account: int, tenant: int = 1) -> NewMail:
    return NewMail(key, Template.WARNING, {"percent": 80, "plan": "free", "until": ""}, account, tenant=tenant)


async def with_login(store: StoreOn, tenant: int = 1, email: str = "ann@example.org") -> int:
    account = await store.create_account(tenant, "Ann")
    assert await store.set_login(tenant, account, email, "hash")
    return account


async def drained(store: StoreOn) -> list[str]:
    """Keys of what is due now; each is marked as sent."""
    due = await store.due_mails(now_ms() + SOON, 50)
    for mail in due:
        await store.mail_sent(mail.id, now_ms())
    return [mail.key for mail in due]


async def test_a_key_is_posted_once_in_a_tenant_and_claimed_once(store: StoreOn) -> None:
    mail = NewMail("receipt:1", Template.RECEIPT, {"amount": "12 \0$"}, to="ann@example.org", language="de")
    assert [await store.post_mail(mail) for _ in range(2)] == [True, False]
    assert await store.post_mail(NewMail("receipt:1", Template.RECEIPT, to="x@example.org", tenant=2))
    now = now_ms() + SOON
    (first, second), nothing = await store.due_mails(now, 10), await store.due_mails(now, 10)
    assert nothing == []
    assert (first.to, first.language, first.arguments, first.tries) == (
        "ann@example.org",
        "de",
        {"amount": "12 \ufffd$"},
        0,
    )
    assert (second.tenant, second.language, second.login_id) == (2, "en", 0)
    assert await store.next_mail_at() == now + CLAIM_SECONDS * 1000
    await store.mail_failed(first.id, "the server is away", now + 1000, now)
    assert [mail.tries for mail in await store.due_mails(now + 1000, 10)] == [1]
    await store.mail_failed(first.id, "no such mailbox", None, now)
    await store.mail_sent(second.id, now)
    assert await store.next_mail_at() is None
    (dead,) = await store.mails(10, dead=True)
    assert (dead.key, dead.state, dead.error, dead.tries) == ("receipt:1", MailState.DEAD, "no such mailbox", 2)
    assert [line.state for line in await store.mails(10, dead=False)] == [MailState.SENT, MailState.DEAD]


async def test_many_at_once_post_one(store: StoreOn) -> None:
    mail = NewMail("receipt:1", Template.RECEIPT, to="ann@example.org")
    assert sum(await asyncio.gather(*(store.post_mail(mail) for _ in range(20)))) == 1
    taken = await asyncio.gather(*(store.due_mails(now_ms() + SOON, 10) for _ in range(8)))
    assert sum(map(len, taken)) == 1


async def test_who_has_a_login_is_written_to_there_and_welcomed(store: StoreOn) -> None:
    nobody = await store.create_account(1, "Nobody")
    assert not await store.post_mail(warning("w1", nobody))
    assert not await store.post_mail(warning("w1", 10_000))
    account = await with_login(store)
    assert not await store.post_mail(warning("w1", account, tenant=2)), "the account is another tenant's"
    assert await store.post_mail(warning("w1", account))
    welcome, warned = await store.due_mails(now_ms() + SOON, 10)
    assert (welcome.template, welcome.to, welcome.arguments) == (
        Template.WELCOME,
        "ann@example.org",
        {"email": "ann@example.org"},
    )
    assert warned.to == await store.login_email(1, warned.login_id) == "ann@example.org"
    assert await store.login_email(2, warned.login_id) == ""
    await store.set_login(1, account, "ann@example.org", "new hash")
    assert await drained(store) == [], "a new password makes nobody new"


async def test_mail_of_a_joined_account_goes_to_the_one_that_is_kept(store: StoreOn) -> None:
    kept, ann = await with_login(store), Person(store)
    await ann.says("hi")
    joined = await store.account_of(1, "web", "ann")
    await store.merge(1, kept, joined)
    await drained(store)
    assert await store.post_mail(warning("w1", joined))
    (mail,) = await store.due_mails(now_ms() + SOON, 10)
    assert (mail.account_id, mail.to) == (kept, "ann@example.org")


async def test_refused_mails_are_neither_written_nor_given(store: StoreOn, database: Database) -> None:
    account, other = await with_login(store), await with_login(store, tenant=2)
    await drained(store)
    assert await store.post_mail(warning("before", account))
    for _ in range(2):
        await store.refuse_mail(1, "ann@example.org", Template.WARNING)
        await store.refuse_mail(1, "ann@example.org", Template.RECEIPT)
    assert not await store.post_mail(warning("after", account))
    assert await store.post_mail(NewMail("receipt", Template.RECEIPT, account_id=account))
    assert await store.post_mail(NewMail("summary", Template.SUMMARY, account_id=account))
    assert await store.post_mail(warning("theirs", other, tenant=2))
    assert await drained(store) == ["receipt", "summary", "theirs"]
    assert await database.number("SELECT state FROM mails WHERE key = 'before'") == "unwanted"


async def test_mails_nobody_can_send_are_forgotten(store: StoreOn, database: Database) -> None:
    for key in ("old", "new"):
        await store.post_mail(NewMail(key, Template.TEST, to="ann@example.org"))
    await store.retain(Retention(), now_ms() + 8 * 86_400_000)
    assert [line.key for line in await store.mails(9, dead=False)] == ["new"], "the newest row stays, for its number"


async def test_mail_to_the_operator_names_nobody(store: StoreOn) -> None:
    assert await store.post_mail(NewMail("guard:1", Template.ALERT, {"what": "x", "details": "y"}))
    (mail,) = await store.due_mails(now_ms() + SOON, 10)
    assert (mail.to, mail.account_id, mail.login_id) == ("", 0, 0)
