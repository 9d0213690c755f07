"""A letter as it goes over the wire. Knows MIME and headers; must not know servers.

Headers are made by the standard library's own objects, which refuse line breaks; addresses are taken apart and put
together again, so that no header can be smuggled in.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from hub.domain.mail import Letter

POLICY = SMTP.clone(max_line_length=998)
"""The longest line there may be: the library would tear a long address in a header apart to keep to a shorter one."""


_ADDRESS = re.compile(r'(?P<name>[^<>"@,;]*?)\s*<(?P<named>[^<>@\s,;]+@[^<>@\s,;]+)>|(?P<bare>[^<>@\s,;]+@[^<>@\s,;]+)')


def address(text: str) -> Address:
    """`ann@example.org` or `Ann <ann@example.org>`. Raises ValueError for anything else."""
    found = _ADDRESS.fullmatch(text)
    if found is None or not text.isprintable():
        raise ValueError("no e-mail address")
    try:
        return Address(found["name"] or "", addr_spec=found["named"] or found["bare"])
    except (HeaderParseError, IndexError, ValueError):
        raise ValueError("no e-mail address") from None


def compose(letter: Letter, sender: str) -> EmailMessage:
    """The message, plain words first, then HTML. Raises ValueError for what cannot stand in a header."""
    message = EmailMessage(policy=POLICY)
    message["From"] = address(sender)
    message["To"] = address(letter.to)
    message["Subject"] = letter.subject
    message["Date"] = datetime.fromtimestamp(letter.at / 1000, UTC)
    message["Message-ID"] = f"<{letter.message_id}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = letter.language
    if letter.unsubscribe:
        message["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.plain)
    message.add_alternative(letter.html, subtype="html")
    return message
