"""Our translator for a mail server, over smtplib in a thread. Knows the talk; must not know why a letter is sent.

One connection at a time, kept for a while, so that many letters in a row need one log-in.
"""

from __future__ import annotations

import asyncio
import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress

from hub.domain.mail import Letter, Posted, Verdict
from providers.mail.config import SmtpConfig
from providers.mail.errors import KNOWN, verdict
from providers.mail.wire import address, compose

WHOLE_SECONDS = 45.0
"""The longest that one letter may take; less than the minute for which it is claimed."""

IDLE_SECONDS = 10.0
"""A connection that was idle for longer is closed: servers hang up on them."""


class SmtpMailer:
    """`hub.ports.mail.Mailer` over SMTP. May be given a TLS context for tests and private authorities."""

    def __init__(self, config: SmtpConfig, context: ssl.SSLContext | None = None) -> None:
        self._config, self._context = config, context
        self._one = asyncio.Lock()
        self._line: smtplib.SMTP | None = None
        self._used = 0.0

    async def send(self, letter: Letter) -> Posted:
        """See hub.ports.mail.Mailer."""
        async with self._one:
            return await self._within(self._send, letter)

    async def greet(self) -> Posted:
        """Connect and log in, and send nothing: whether a letter could be handed over now."""
        async with self._one:
            return await self._within(self._greet)

    async def close(self) -> None:
        """See hub.ports.mail.Mailer."""
        self._hang_up()

    async def _within(self, talk: Callable[..., None], *arguments: Letter) -> Posted:
        try:
            async with asyncio.timeout(WHOLE_SECONDS):
                return await asyncio.to_thread(self._talk, talk, *arguments)
        except TimeoutError as error:
            self._hang_up()
            return verdict(error)

    def _talk(self, talk: Callable[..., None], *arguments: Letter) -> Posted:
        try:
            talk(*arguments)
        except KNOWN as error:
            self._hang_up()
            return verdict(error)
        return Posted(Verdict.TAKEN)

    def _greet(self) -> None:
        self._hang_up()
        self._connected().quit()
        self._hang_up()

    def _send(self, letter: Letter) -> None:
        sender, to = address(self._config.sender).addr_spec, address(letter.to).addr_spec
        message = compose(letter, self._config.sender)
        line = self._connected()
        line.send_message(message, sender, [to])
        self._used = time.monotonic()

    def _connected(self) -> smtplib.SMTP:
        line = self._line
        if line is not None and time.monotonic() - self._used < IDLE_SECONDS:
            with suppress(smtplib.SMTPException, OSError):
                if line.noop()[0] == 250:
                    return line
        self._hang_up()
        self._line = line = self._dial()
        if not self._config.from_the_first_byte:
            self._start_tls(line)
        if self._config.user:
            line.login(self._config.user, self._config.password)
        return line

    def _dial(self) -> smtplib.SMTP:
        config = self._config
        if config.from_the_first_byte:
            return smtplib.SMTP_SSL(config.host, config.port, timeout=config.timeout, context=self._safe())
        return smtplib.SMTP(config.host, config.port, timeout=config.timeout)

    def _start_tls(self, line: smtplib.SMTP) -> None:
        line.ehlo()
        offered = line.has_extn("starttls")
        if self._config.must_start_tls and not offered:
            raise smtplib.SMTPNotSupportedError("the server offers no STARTTLS, which [smtp] tls asks for")
        if offered and (self._config.must_start_tls or self._config.may_start_tls):
            line.starttls(context=self._safe())
            line.ehlo()
        elif self._config.user and self._config.tls != "off":
            raise smtplib.SMTPNotSupportedError("the server offers no STARTTLS, and a password is not sent without")

    def _safe(self) -> ssl.SSLContext:
        return self._context or ssl.create_default_context()

    def _hang_up(self) -> None:
        """Close the connection without another word; a thread that reads from it ends at once."""
        line, self._line = self._line, None
        if line is not None and line.sock is not None:
            with suppress(OSError):
                line.sock.shutdown(socket.SHUT_RDWR)
            line.close()
