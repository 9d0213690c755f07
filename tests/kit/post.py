"""A mail server for tests: aiosmtpd on loopback. Knows SMTP, TLS and trouble; must not know who writes to it."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import ssl
import tempfile
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "parley@example.org", "a mail password of tests"


@dataclass
class Post:
    """A running server: what arrived, and how it shall misbehave. `refuses`: recipient to the answer it gets."""

    port: int = 0
    arrived: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    logins: int = 0
    connections: int = 0
    refuses: dict[str, str] = field(default_factory=dict)
    says_after: str = "250 taken"
    slow: float = 0.0
    stalls: int = 0
    """Which of its answers it keeps back for `slow` seconds: the greeting is the first. `said`: how many there were."""
    said: int = 0
    seen_over_tls: list[bool] = field(default_factory=list)

    async def handle_EHLO(  # noqa: N802 - aiosmtpd names it
        self, server: SMTP, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        if session.ssl is None:
            self.connections += 1
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Any, address: str, rcpt_options: list[str]
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        await asyncio.sleep(self.slow)
        if self.says_after.startswith("250"):
            message = message_from_bytes(envelope.content, policy=default)
            assert isinstance(message, EmailMessage)
            self.arrived.append(message)
            self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
            self.seen_over_tls.append(server.transport.get_extra_info("sslcontext") is not None)
        return self.says_after

    def log_in(self, server: SMTP, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        self.logins += 1
        right = isinstance(given, LoginPassword) and (given.login, given.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=False)

    async def gets(self, count: int, seconds: float = 10) -> list[EmailMessage]:
        """Wait until so many have arrived."""
        async with asyncio.timeout(seconds):
            while len(self.arrived) < count:
                await asyncio.sleep(0.01)
        return self.arrived


def part(message: EmailMessage, kind: str) -> str:
    """The words of one form of a mail: `plain` or `html`."""
    found = message.get_body((kind,))
    assert found is not None
    return str(found.get_content()).replace("\r\n", "\n")


@asynccontextmanager
async def post(*, tls: str = "", login: bool = False, port: int = 0) -> AsyncIterator[Post]:
    """A server on loopback. `tls`: `starttls`, or `tls` from the first byte; `login`: nothing goes without."""
    box = Post()
    context = server_context() if tls else None
    auth: dict[str, Any] = {"authenticator": box.log_in, "auth_required": True, "auth_require_tls": bool(tls)}

    made: list[asyncio.BaseTransport] = []

    class Stalling(SMTP):
        """Says one thing a while later; aiosmtpd forgets connections whose other end has gone meanwhile."""

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            made.append(transport)
            super().connection_made(transport)

        async def push(self, status: str | bytes) -> None:
            box.said += 1
            if box.said == box.stalls:
                await asyncio.sleep(box.slow)
            await super().push(status)

    def line() -> SMTP:
        starts = {"tls_context": context, "require_starttls": True} if tls == "starttls" else {}
        more = auth if login else {}
        if login and tls == "tls":
            more = {**auth, "auth_require_tls": False}
        with warnings.catch_warnings():
            # aiosmtpd cannot know that all of the line is under TLS already
            warnings.simplefilter("ignore", UserWarning)
            return Stalling(box, hostname="post.test", loop=asyncio.get_running_loop(), **starts, **more)

    server = await asyncio.get_running_loop().create_server(
        line, "127.0.0.1", port, ssl=context if tls == "tls" else None
    )
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
        for transport in made:
            transport.close()
        await server.wait_closed()
        await asyncio.sleep(0)


_made: dict[str, ssl.SSLContext] = {}


def server_context() -> ssl.SSLContext:
    """A certificate for 127.0.0.1 that signs itself; made once."""
    _make()
    return _made["server"]


def client_context() -> ssl.SSLContext:
    """A context that trusts it."""
    _make()
    return _made["client"]


def _make() -> None:
    if _made:
        return
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "post.test")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "post.pem"
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
        _made["server"] = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        _made["server"].load_cert_chain(file)
        _made["client"] = ssl.create_default_context(
            cadata=certificate.public_bytes(serialization.Encoding.PEM).decode()
        )
