"""The mail server's door. Nothing is imported before a mailer is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub.ports.mail import Mailer
    from providers.mail.config import SmtpConfig


def create(config: SmtpConfig) -> Mailer:
    """The mailer for a server."""
    from providers.mail.smtp import SmtpMailer

    return SmtpMailer(config)
