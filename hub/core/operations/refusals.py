"""Asking for no more mails of a kind. Knows the signed word in a link; must not know HTTP.

The word names a login and a kind of mail and is signed together with the address, so that it is worth nothing to
anybody else, nor once the login is another's.
"""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import quote

from hub.core.notices import spoken, words
from hub.domain.mail import REFUSABLE, Mail, Template
from hub.ports.mailbox import Mailbox

PATH = "/mail/unsubscribe"
"""Where links lead to, under the public address; the word follows as `?word=`."""

SIGNED = 32
"""Characters of the signature: 128 bits."""


class Refusals:
    """`key`: 32 secret bytes for this purpose alone. `public_url` empty: no links can be made."""

    def __init__(self, mailbox: Mailbox, key: bytes, public_url: str) -> None:
        self._mailbox, self._key, self._public_url = mailbox, key, public_url

    def link(self, mail: Mail) -> str:
        """The address that ends mails of this kind to this person; empty where that cannot be."""
        if not self._public_url or not mail.login_id or mail.template not in REFUSABLE:
            return ""
        name = f"{mail.tenant}.{mail.login_id}.{mail.template}"
        return f"{self._public_url}{PATH}?word={quote(name)}.{self._sign(name, mail.to)}"

    async def read(self, word: str) -> tuple[int, str, Template] | None:
        """Tenant, address and kind that a link's word names; None for a word that is not ours. Raises StoreDown."""
        name, _, signed = word.rpartition(".")
        tenant, _, rest = name.partition(".")
        login, _, kind = rest.partition(".")
        if not (_number(tenant) and _number(login) and kind in set(REFUSABLE)):
            return None
        email = await self._mailbox.login_email(int(tenant), int(login))
        if not email or not hmac.compare_digest(signed.encode(), self._sign(name, email).encode()):
            return None
        return int(tenant), email, Template(kind)

    async def refuse(self, word: str) -> bool:
        """Send no such mails any more; False for a word that is not ours. Raises StoreDown."""
        found = await self.read(word)
        if found is None:
            return False
        await self._mailbox.refuse_mail(*found)
        return True

    def _sign(self, name: str, email: str) -> str:
        return hmac.new(self._key, f"{name}|{email}".encode(), hashlib.sha256).hexdigest()[:SIGNED]


def say(key: str, language: str) -> str:
    """One of the page's own words: `title`, `ask`, `button`, `done`, `unknown`."""
    return words(f"refusal_{key}", language)


def direction(language: str) -> str:
    """`rtl` where people read from the right."""
    return "rtl" if spoken(language) == "ar" else "ltr"


def _number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19
