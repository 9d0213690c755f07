"""What the core needs of a mail server. Knows letters; must not know SMTP or templates."""

from __future__ import annotations

from typing import Protocol

from hub.domain.mail import Letter, Posted


class Mailer(Protocol):
    """Our translator for a mail server."""

    async def send(self, letter: Letter) -> Posted:
        """Hand one letter over. Never raises for what a server or the network does; never tries twice."""
        ...

    async def close(self) -> None:
        """Break off what is being sent and let go."""
        ...
