"""A mail put into words. Knows templates by their notices, and both forms of a letter; must not send anything."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from html import escape

from hub.core.mail.html import page
from hub.core.money.amounts import day
from hub.core.notices import spoken, words
from hub.domain.mail import Letter, Mail
from hub.text.clean import clean
from hub.text.plain import plain

COMMONMARK = frozenset({"lines"})
"""Arguments that are CommonMark of our own making; every other one is words and stays so."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d")

LONGEST_WORD, WORD_PART = 24, 8

RTL = frozenset({"ar"})
"""Languages of ours that are read from the right."""


class _Blanks:
    """Arguments kept out of the parser: each stands as a word of ours in the text and is put in its place after.

    So none of them makes a link, a heading or a tag, and each is set apart for readers from the right."""

    def __init__(self, mail: Mail, language: str) -> None:
        mark = hashlib.sha256(f"{mail.key}|{mail.created}".encode()).hexdigest()[:12]
        self._apart = language in RTL
        self._values: dict[str, str] = {}
        self.said: dict[str, str | int] = {}
        for number, (name, value) in enumerate(mail.arguments.items()):
            if name in COMMONMARK or isinstance(value, int):
                self.said[name] = value
            else:
                self.said[name] = word = f"zq{number}x{mark}"
                self._values[word] = _one_line(_day(value, language))

    def plain(self, text: str) -> str:
        """`text` with the words it lacks."""
        for word, value in self._values.items():
            text = text.replace(word, f"\u2068{value}\u2069" if self._apart and value else value)
        return text

    def html(self, text: str) -> str:
        """The same for HTML."""
        for word, value in self._values.items():
            said = " ".join(_breakable(one) for one in value.split(" "))
            direction = "" if any(map(str.isalpha, value)) else ' dir="ltr"'
            text = text.replace(word, f"<bdi{direction}>{said}</bdi>" if self._apart else said)
        return text


def write(mail: Mail, unsubscribe: str, host: str) -> Letter:
    """The letter of `mail`; `host`: our domain, for its id. Raises KeyError when an argument is missing."""
    language = spoken(mail.language)
    blanks = _Blanks(mail, language)
    subject = plain(words(f"mail_{mail.template}_subject", language, **blanks.said))
    body = words(f"mail_{mail.template}", language, **blanks.said)
    leads_to = str(mail.arguments.get("link", ""))
    button = (words(f"mail_{mail.template}_button", language), leads_to) if _safe(leads_to) else None
    foot = words("mail_foot", language)
    plainly = "\n\n".join([plain(body), *([f"{button[0]}: {button[1]}"] if button else []), "-- \n" + foot])
    if unsubscribe:
        ending = words("mail_unsubscribe", language)
        plainly += f"\n{ending}: {unsubscribe}"
        foot += f" [{ending}]({unsubscribe})"
    direction = "rtl" if language in RTL else "ltr"
    html = page(blanks.plain(subject), subject, body, button, foot, language=language, direction=direction)
    return Letter(
        mail.to,
        blanks.plain(subject),
        blanks.plain(plainly) + "\n",
        blanks.html(html),
        language,
        _id(mail, host),
        mail.created,
        unsubscribe,
    )


def _breakable(word: str) -> str:
    """A word that is too long for a telephone may break anywhere; who copies it gets it whole."""
    if len(word) <= LONGEST_WORD:
        return escape(word)
    return "<wbr>".join(escape(word[at : at + WORD_PART]) for at in range(0, len(word), WORD_PART))


def _day(value: str, language: str) -> str:
    """A date such as `2026-12-01` as it is said; anything else as it is."""
    if not _DATE.fullmatch(value):
        return value
    try:
        at = datetime.fromisoformat(value).replace(tzinfo=UTC)
    except ValueError:
        return value
    return day(int(at.timestamp() * 1000), language).replace(" ", "\u00a0")


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())


def _safe(leads_to: str) -> bool:
    return leads_to.startswith(("https://", "http://"))


def _id(mail: Mail, host: str) -> str:
    """The same at every try, unlike any other mail's: a receiver that keeps ids drops a second copy."""
    digest = hashlib.sha256(f"{mail.tenant}|{mail.key}|{mail.created}".encode()).hexdigest()[:32]
    return f"{digest}@{host}"
