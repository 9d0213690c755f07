"""The post room put together. Knows settings and who sends; must not know what is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.core.house import CoreHouse
from hub.core.operations.refusals import Refusals
from hub.ports.store import Store

if TYPE_CHECKING:
    from hub.core.mail.postman import Letterhead, Postman
    from hub.ports.mail import Mailer
    from hub.runtime.settings.mail import Smtp
    from hub.runtime.settings.root import Settings
    from providers.mail.config import SmtpConfig


def smtp_config(smtp: Smtp) -> SmtpConfig:
    """The settings as the mailer wants them."""
    from providers.mail.config import SmtpConfig

    password = smtp.password.get_secret_value() if smtp.password else ""
    return SmtpConfig(
        smtp.host, smtp.port, smtp.user, password, smtp.sender or smtp.user, smtp.tls, smtp.timeout
    )  # fmt: skip


def make_mailer(smtp: Smtp) -> Mailer | None:
    """The mailer, if mail is on."""
    if not smtp.host:
        return None
    from providers.mail import create

    return create(smtp_config(smtp))


def make_refusals(store: Store, rooms: CoreHouse, settings: Settings) -> Refusals:
    """Who makes and reads the links that end mails."""
    return Refusals(store, rooms.key_for("mail"), settings.server.public_url)


def make_postman(store: Store, refusals: Refusals, smtp: Smtp) -> Postman | None:
    """Who sends what is due, if mail is on."""
    mailer = make_mailer(smtp)
    if mailer is None:
        return None
    from hub.core.mail.postman import Postman

    return Postman(store, mailer, refusals, letterhead(smtp))


def letterhead(smtp: Smtp) -> Letterhead:
    """Our domain is the sender's."""
    from hub.core.mail.postman import Letterhead

    host = (smtp.sender or smtp.user).rpartition("@")[2].rstrip("> ")
    return Letterhead(host, smtp.operator)
