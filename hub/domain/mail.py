"""What we write by e-mail. Knows mails, letters and what becomes of them; must not know servers or how words look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from hub.domain.value import dataclass


class Template(StrEnum):
    """Which mail; the arguments each one takes, all of them words that are ready to be read.

    WELCOME: `email`. WARNING: `percent`, `plan`, `until`. RECEIPT: `amount`, `what`, `reference`.
    RENEWAL (a payment for what goes on has failed): `amount`, `plan`, `until`. SUMMARY: `month`, `spent`, `answers`,
    `lines` (CommonMark: usage, statement, invoices). ALERT (to the operator): `what`, `details`. TEST: none.
    Any of them may have `link`, an https address that its button leads to.
    """

    WELCOME = "welcome"
    WARNING = "warning"
    RECEIPT = "receipt"
    RENEWAL = "renewal"
    SUMMARY = "summary"
    ALERT = "alert"
    TEST = "test"


CLAIM_SECONDS = 420
"""So long nobody else is given a mail that was given to somebody to send: longer than a mailer may take."""

REFUSABLE = frozenset({Template.WARNING, Template.SUMMARY})
"""Mails that a person may ask us not to send; the others come of something they did."""


@dataclass(frozen=True, slots=True)
class NewMail:
    """A mail to be sent once for its `key`, which is unique in the tenant (such as `receipt:cs_123`).

    `to` empty: to the first login address of account `account_id` (or of the one that took it in), and nothing is
    written when it has none; with account 0 as well: to the operator. `language` empty: the account's."""

    key: str
    template: Template
    arguments: Mapping[str, str | int] = field(default_factory=dict)
    account_id: int = 0
    to: str = ""
    language: str = ""
    tenant: int = 1


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as taken from the database; `tries` so far, `created` in milliseconds since 1970.

    `login_id`: the login that `to` belongs to, 0 for none."""

    id: int
    tenant: int
    key: str
    account_id: int
    to: str
    login_id: int
    template: Template
    arguments: Mapping[str, str | int]
    language: str
    tries: int
    created: int


class MailState(StrEnum):
    """UNWANTED: the person has asked since not to be sent such mails."""

    PENDING = "pending"
    SENT = "sent"
    DEAD = "dead"
    UNWANTED = "unwanted"


@dataclass(frozen=True, slots=True)
class MailLine:
    """A mail as an operator sees it."""

    id: int
    key: str
    to: str
    template: str
    state: MailState
    tries: int
    error: str
    created: int


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail in words. `message_id` without its brackets, the same at every try; `at` in milliseconds since 1970.

    `unsubscribe`: an https address that takes one POST (RFC 8058), empty for none."""

    to: str
    subject: str
    plain: str
    html: str
    language: str
    message_id: str
    at: int
    unsubscribe: str = ""


class Verdict(StrEnum):
    """What a mail server made of a letter. LATER: it may take it another time; NEVER: it will not."""

    TAKEN = "taken"
    LATER = "later"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of a letter; `says` in words without secrets."""

    verdict: Verdict
    says: str = ""
