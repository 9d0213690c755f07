"""What storage offers about e-mail. Knows mails on their way and refusals; must not know words or servers.

Each verb is one atomic step; each may raise StoreDown (then nothing was written).
"""

from __future__ import annotations

from typing import Protocol

from hub.domain.mail import Mail, MailLine, NewMail, Template


class Mailbox(Protocol):
    """The way out by e-mail: a row first, then the sending."""

    async def post_mail(self, mail: NewMail) -> bool:
        """Write a mail to be sent. False: its key was posted before, there is nobody to send it to, or who would get
        it has refused such mails."""
        ...

    async def due_mails(self, now: int, limit: int) -> list[Mail]:
        """Mails that are due, oldest first, claimed for CLAIM_SECONDS against a second process.

        One that its recipient has refused since is ended here and not given."""
        ...

    async def mail_sent(self, mail_id: int, now: int) -> None:
        """The server took it."""
        ...

    async def mail_failed(self, mail_id: int, error: str, again_at: int | None, now: int) -> None:
        """Try again at `again_at`; None: dead, for an operator to see."""
        ...

    async def mails(self, limit: int, *, dead: bool) -> list[MailLine]:
        """The newest mails, newest first; with `dead` only those given up."""
        ...

    async def next_mail_at(self) -> int | None:
        """When the next mail is due, in milliseconds since 1970; None: nothing waits."""
        ...

    async def login_email(self, tenant: int, login_id: int) -> str:
        """The address of a login; empty when there is none any more."""
        ...

    async def refuse_mail(self, tenant: int, email: str, template: Template) -> None:
        """Send `email` no such mails any more; nothing happens for what cannot be refused."""
        ...
