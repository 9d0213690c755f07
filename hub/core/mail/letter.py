"""A mail put into words. Knows templates by their notices, and both forms of a letter; must not send anything."""

from __future__ import annotations

import hashlib
import re

from hub.core.mail.html import page
from hub.core.notices import spoken, words
from hub.domain.mail import Letter, Mail
from hub.text.plain import plain

COMMONMARK = frozenset({"lines"})
"""Arguments that are CommonMark of our own making; every other one is words and stays so."""

_MARKS = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~$&:@/])")


def escaped(text: str) -> str:
    """`text` as CommonMark that says just that, in one line: it makes no link, no heading, no emphasis."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))


def write(mail: Mail, unsubscribe: str, host: str) -> Letter:
    """The letter of `mail`; `host`: our domain, for its id. Raises KeyError when an argument is missing."""
    language = spoken(mail.language)
    said = {
        name: value if name in COMMONMARK or isinstance(value, int) else escaped(value)
        for name, value in mail.arguments.items()
    }
    subject = plain(words(f"mail_{mail.template}_subject", language, **said)) or "Parley"
    body = words(f"mail_{mail.template}", language, **said)
    leads_to = str(mail.arguments.get("link", ""))
    button = (words(f"mail_{mail.template}_button", language), leads_to) if _safe(leads_to) else None
    foot = words("mail_foot", language)
    plainly = "\n\n".join([plain(body), *([f"{button[0]}: {button[1]}"] if button else []), "-- ", foot])
    if unsubscribe:
        ending = words("mail_unsubscribe", language)
        plainly += f"\n{ending}: {unsubscribe}"
        foot += f" [{ending}]({unsubscribe})"
    html = page(subject, body, button, foot, language=language, direction="rtl" if language == "ar" else "ltr")
    return Letter(mail.to, subject, plainly + "\n", html, language, _id(mail, host), mail.created, unsubscribe)


def _safe(leads_to: str) -> bool:
    return leads_to.startswith(("https://", "http://"))


def _id(mail: Mail, host: str) -> str:
    """The same at every try, unlike any other mail's: a receiver that keeps ids drops a second copy."""
    digest = hashlib.sha256(f"{mail.tenant}|{mail.key}|{mail.created}".encode()).hexdigest()[:32]
    return f"{digest}@{host}"
