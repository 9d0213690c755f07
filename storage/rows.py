"""Rows to values of the domain and back. Knows the order of columns, the JSON in some; must not run statements."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from hub.domain.address import Address, ChatKind
from hub.domain.completion import PromptMessage, Role
from hub.domain.conversation import Account, StoredMessage
from hub.domain.inbound import Attachment, Called, Content, Inbound, Pressed, Said, Sender
from hub.domain.reply import Button, Notice, Reply
from hub.domain.turn import OutboxItem
from storage import schema as s
from storage.link import Row

_dump = json.JSONEncoder(separators=(",", ":")).encode
_load = json.loads
_new = tuple.__new__


def now_ms() -> int:
    """Milliseconds since 1970 by this process's clock: for stamps and due times, never for leases."""
    return time.time_ns() // 1_000_000


def clean(text: str) -> str:
    """`text` as both databases can keep it: NUL and lone surrogates become U+FFFD."""
    if text.isascii():
        return text.replace("\0", "\ufffd") if "\0" in text else text
    return text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _attachment(one: Attachment) -> tuple[str | int, ...]:
    """Four values, and a fifth for a file that is not on the shelf yet."""
    kept = (one.file, one.media_type, one.name, one.size)
    return (*kept, one.source) if one.source else kept


def attachments_text(attachments: Iterable[Attachment]) -> str:
    """Attachments as JSON, empty when there are none."""
    rows = [_attachment(one) for one in attachments]
    return _dump(rows) if rows else ""


def attachments_of(text: str) -> tuple[Attachment, ...]:
    """The way back."""
    return tuple(Attachment(*row) for row in _load(text)) if text else ()


def content_text(content: Content) -> tuple[str, str]:
    """Kind and JSON. JSON escapes whatever a database would refuse, so content comes back exactly."""
    if isinstance(content, Said):
        said = [content.text, [_attachment(one) for one in content.attachments]]
        return "said", _dump([*said, content.album] if content.album else said)
    kind = "called" if isinstance(content, Called) else "pressed"
    return kind, _dump([content.command, content.argument])


def content_of(kind: str, text: str) -> Content:
    """The way back."""
    first, second, *album = _load(text)
    if kind == "said":
        return Said(first, tuple(Attachment(*row) for row in second), *album)
    return Called(first, second) if kind == "called" else Pressed(first, second)


def album_of(kind: str, text: str) -> str:
    """The album of a stored content; empty for what is in none, which is told without reading it."""
    return str(_load(text)[2]) if kind == "said" and text.endswith('"]') else ""


ADDRESS = (
    s.addresses.c.tenant_id,
    s.addresses.c.platform,
    s.addresses.c.bot,
    s.addresses.c.chat,
    s.addresses.c.thread,
    s.addresses.c.kind,
)


def address_of(row: Row) -> Address:
    """From ADDRESS."""
    tenant, platform, bot, chat, thread, kind = row
    return Address(tenant, platform, bot, chat, thread, ChatKind(kind))


ACCOUNT = (
    s.accounts.c.id,
    s.accounts.c.tenant_id,
    s.accounts.c.name,
    s.accounts.c.language,
    s.accounts.c.model,
    s.accounts.c.blocked,
    s.accounts.c.plan,
    s.accounts.c.plan_anchor,
    s.accounts.c.plan_until,
    s.accounts.c.teams,
    s.accounts.c.plan_paid,
    s.accounts.c.plan_returned,
    s.accounts.c.speaks,
)


def account_of(row: Row) -> Account:
    """From ACCOUNT."""
    number, tenant, name, language, model, blocked, plan, anchor, until, teams, paid, back, speaks = row
    known = (number, tenant, name, language, model, bool(blocked), plan, anchor, until, teams, False, paid, back)
    return Account(*known, speaks)


def as_spoken(inbound: Inbound, account: Account) -> Inbound:
    """`inbound` in the language that its person has chosen, if they have."""
    if not account.speaks:
        return inbound
    return replace(inbound, sender=replace(inbound.sender, language=account.speaks))


INBOUND = (
    *ADDRESS,
    s.inbox.c.sender_user,
    s.inbox.c.sender_name,
    s.inbox.c.sender_language,
    s.inbox.c.event_id,
    s.inbox.c.kind,
    s.inbox.c.content,
)


def inbound_of(row: Row) -> Inbound:
    """From INBOUND."""
    user, name, language, event_id, kind, content = row[6:12]
    return Inbound(address_of(row[:6]), Sender(user, name, language), event_id, content_of(kind, content))


def message_id(turn_id: int, role: str) -> int:
    """The id of what `role` said in a turn: every turn says each thing once."""
    return 2 * turn_id + (role == "assistant")


MESSAGE = (s.messages.c.id, s.messages.c.role, s.messages.c.text, s.messages.c.tokens, s.messages.c.attachments)

_ROLES = {"user": Role.USER, "assistant": Role.ASSISTANT}


def messages_of(rows: Iterable[Row]) -> tuple[StoredMessage, ...]:
    """From MESSAGE. A turn may make forty, and a NamedTuple's own way costs each of them twice as much."""
    return tuple(
        [
            _new(
                StoredMessage,
                (
                    number,
                    _new(PromptMessage, (_ROLES[role], text, (), (), "")),
                    tokens,
                    attachments_of(files) if files else (),
                ),
            )
            for number, role, text, tokens, files in rows
        ]
    )


def _button(one: Button) -> tuple[str | bool, ...]:
    """Four values, and a fifth for a button that opens a page."""
    kept = (one.label, one.command, one.argument, one.translate)
    return (*kept, one.url) if one.url else kept


def reply_values(reply: Reply) -> dict[str, Any]:
    """A reply as columns of the outbox."""
    notice = reply.notice
    return {
        "text": clean(reply.text),
        "notice": _dump([notice.key, dict(notice.arguments), notice.language]) if notice else "",
        "buttons": _dump([_button(each) for each in reply.buttons]) if reply.buttons else "",
        "failed": int(reply.failed),
    }


REPLY = (s.outbox.c.text, s.outbox.c.notice, s.outbox.c.buttons, s.outbox.c.failed)


def reply_of(row: Row) -> Reply:
    """From REPLY."""
    text, notice, buttons, failed = row
    return Reply(
        text,
        Notice(*_load(notice)) if notice else None,
        tuple(Button(*button) for button in _load(buttons)) if buttons else (),
        bool(failed),
    )


ITEM = (
    s.outbox.c.id,
    s.outbox.c.key,
    s.outbox.c.turn_id,
    s.outbox.c.language,
    s.outbox.c.tries,
    *REPLY,
    *ADDRESS,
    s.outbox.c.created,
)


Refs = tuple[tuple[str, ...], tuple[str, ...]]
"""Of a reply: those of its words, those of its files."""


def item_of(row: Row, refs: Refs) -> OutboxItem:
    """From ITEM."""
    number, key, turn_id, language, tries = row[:5]
    reply, address, created = reply_of(row[5:9]), address_of(row[9:15]), row[15]
    return OutboxItem(number, key, turn_id, address, reply, language, tries, *refs, created)
