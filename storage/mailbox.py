"""The part of the store port about e-mail, on either database. Knows which verb writes; must not know statements."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from hub.domain.mail import Mail, MailLine, NewMail, Template
from storage.rows import now_ms


class MailboxOn:
    """`hub.ports.mailbox.Mailbox` on a ground; see there for what each verb promises."""

    _write: Callable[..., Awaitable[Any]]
    _read: Callable[..., Awaitable[Any]]

    async def post_mail(self, mail: NewMail) -> bool:
        """Write a mail to be sent."""
        from storage.verbs import mailbox

        new: bool = await self._write(mailbox.post, mail, now_ms())
        return new

    async def due_mails(self, now: int, limit: int) -> list[Mail]:
        """Mails that are due, claimed."""
        from storage.verbs import mailbox

        due: list[Mail] = await self._write(mailbox.due_mails, now, limit)
        return due

    async def mail_sent(self, mail_id: int, now: int) -> None:
        """The server took it."""
        from storage.verbs import mailbox

        await self._write(mailbox.mail_sent, mail_id, now)

    async def mail_failed(self, mail_id: int, error: str, again_at: int | None, now: int) -> None:
        """Try again, or give up."""
        from storage.verbs import mailbox

        await self._write(mailbox.mail_failed, mail_id, error, again_at, now)

    async def mails(self, limit: int, *, dead: bool) -> list[MailLine]:
        """The newest mails."""
        from storage.verbs import mailbox

        lines: list[MailLine] = await self._read(mailbox.mails, limit, dead)
        return lines

    async def next_mail_at(self) -> int | None:
        """When the next mail is due."""
        from storage.verbs import mailbox

        at: int | None = await self._read(mailbox.next_mail_at)
        return at

    async def login_email(self, tenant: int, login_id: int) -> str:
        """The address of a login."""
        from storage.verbs import mailbox

        email: str = await self._read(mailbox.login_email, tenant, login_id)
        return email

    async def refuse_mail(self, tenant: int, email: str, template: Template) -> None:
        """Send no such mails any more."""
        from storage.verbs import mailbox

        await self._write(mailbox.refuse_mail, tenant, email, template, now_ms())
