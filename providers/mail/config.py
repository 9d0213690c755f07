"""How a mail server is reached. Knows values and what `auto` means; must not know settings files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Tls = Literal["auto", "starttls", "tls", "off"]

TLS_PORT, SUBMISSION_PORT = 465, 587
"""Ports on which servers speak TLS from the first byte, and on which they must offer STARTTLS (RFC 8314)."""


@dataclass(frozen=True, slots=True)
class SmtpConfig:
    """`sender`: our address, with or without a name: `Parley <parley@example.org>`. `timeout`: seconds for each step.

    `tls` auto: from the first byte on port 465; STARTTLS on 587; elsewhere STARTTLS where the server offers it."""

    host: str
    port: int = SUBMISSION_PORT
    user: str = ""
    password: str = field(default="", repr=False)
    sender: str = ""
    tls: Tls = "auto"
    timeout: float = 15.0

    @property
    def from_the_first_byte(self) -> bool:
        """Whether TLS comes before anything else."""
        return self.tls == "tls" or (self.tls == "auto" and self.port == TLS_PORT)

    @property
    def must_start_tls(self) -> bool:
        """Whether nothing is said without STARTTLS."""
        return self.tls == "starttls" or (self.tls == "auto" and self.port == SUBMISSION_PORT)

    @property
    def may_start_tls(self) -> bool:
        """Whether STARTTLS is used where it is offered."""
        return self.tls == "auto"
