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
from typing import Any

from hub.domain.mail import Letter, Posted, Verdict
from providers.mail.config import SmtpConfig
from providers.mail.errors import KNOWN, verdict
from providers.mail.wire import address, compose

SAYING_SECONDS, ANSWER_SECONDS = 45.0, 300.0
"""The longest that a letter may take until all of it is said, and then until the server has answered: many look through
it first, and whoever hangs up meanwhile sends it twice (RFC 5321, 4.5.3.2.6). Together less than CLAIM_SECONDS, for
which nobody else is given the letter."""

CUT_SECONDS = 1.0
"""A line that was cut is cut again after so long, should it have been none yet: a name was looked up."""

IDLE_SECONDS = 10.0
"""A connection that was idle for longer is closed: servers hang up on them."""


class _Limits:
    """When a letter has to be said, and then answered."""

    def __init__(self, saying: float, answer: float) -> None:
        self._saying, self._answer = saying, answer
        self._until = 0.0

    def begin(self) -> None:
        """From now on a letter is said."""
        self._until = time.monotonic() + self._saying

    def said(self) -> float:
        """All of it is; how many seconds its answer may take."""
        self._until = time.monotonic() + self._answer
        return self._answer

    def left(self) -> float:
        """Seconds."""
        return self._until - time.monotonic()


class _Line(smtplib.SMTP):
    """A connection that says nothing once the time is over."""

    def __init__(self, limits: _Limits, context: ssl.SSLContext | None = None) -> None:
        self._limits = limits
        super().__init__()

    def reach(self, host: str, port: int, timeout: float) -> None:
        """Connect; smtplib does so where it is made, when nobody could cut it yet."""
        self._host, self.timeout = host, timeout
        code, said = self.connect(host, port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, said)

    def send(self, s: Any) -> None:
        """As smtplib's; bytes are the letter itself, after which the server may take longer."""
        self._keep_to(self.timeout)
        super().send(s)
        if not isinstance(s, str):
            self._keep_to(self._limits.said())

    def _keep_to(self, seconds: float) -> None:
        left = self._limits.left()
        if left <= 0:
            raise TimeoutError
        if self.sock is not None:
            self.sock.settimeout(min(seconds, left))


class _SafeLine(_Line, smtplib.SMTP_SSL):
    """The same under TLS from the first byte."""

    def __init__(self, limits: _Limits, context: ssl.SSLContext | None = None) -> None:
        self._limits = limits
        smtplib.SMTP_SSL.__init__(self, context=context)


class SmtpMailer:
    """`hub.ports.mail.Mailer` over SMTP. May be given a TLS context for tests and private authorities."""

    def __init__(
        self,
        config: SmtpConfig,
        context: ssl.SSLContext | None = None,
        *,
        saying: float = SAYING_SECONDS,
        answer: float = ANSWER_SECONDS,
    ) -> None:
        self._config, self._context = config, context
        self._limits = _Limits(saying, answer)
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
        if self._one.locked():
            self._cut()
        else:
            self._hang_up()

    async def _within(self, talk: Callable[..., None], *arguments: Letter) -> Posted:
        """Talk in a thread, which ends before this returns: at its limit the line is cut under it."""
        self._limits.begin()
        talking = asyncio.ensure_future(asyncio.to_thread(self._talk, talk, *arguments))
        while not talking.done():
            if (left := self._limits.left()) <= 0:
                self._cut()
                left = CUT_SECONDS
            await asyncio.wait({talking}, timeout=left)
        return talking.result()

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
        line = self._dial()
        if not self._config.from_the_first_byte:
            self._start_tls(line)
        if self._config.user:
            line.login(self._config.user, self._config.password)
        return line

    def _dial(self) -> smtplib.SMTP:
        config, line = self._config, _SafeLine if self._config.from_the_first_byte else _Line
        made = line(self._limits, self._safe() if config.from_the_first_byte else None)
        self._line = made
        made.reach(config.host, config.port, config.timeout)
        return made

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
        """Close the connection without another word."""
        line, self._line = self._line, None
        if line is not None:
            line.close()

    def _cut(self) -> None:
        """End a connection that the thread reads from, which then finds it ended and closes it."""
        if self._line is not None and (line := self._line.sock) is not None:
            with suppress(OSError):
                # SSLSocket's own would take its TLS away under the thread
                socket.socket.shutdown(line, socket.SHUT_RDWR)
