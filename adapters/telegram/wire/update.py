"""Updates as they come over the wire: the fields we read, no more. Knows their JSON; must not know what they mean.

Decoding is typed: an update whose fields have other shapes is no update. Unknown fields are skipped.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

Bad = (msgspec.MsgspecError, UnicodeError, ValueError, RecursionError)
"""What decoding raises for bytes that are not what they should be."""


class User(msgspec.Struct, frozen=True):
    """Somebody; a bot too."""

    id: int
    is_bot: bool = False
    first_name: str = ""
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None


class Chat(msgspec.Struct, frozen=True):
    """`type`: private, group, supergroup or channel."""

    id: int
    type: str
    title: str | None = None


class Entity(msgspec.Struct, frozen=True):
    """A marked range; `offset` and `length` in UTF-16 code units."""

    type: str
    offset: int
    length: int
    user: User | None = None


class File(msgspec.Struct, frozen=True):
    """A photo size, document, voice note, video ...; `file_size` in bytes."""

    file_id: str
    file_size: int | None = None
    mime_type: str | None = None
    file_name: str | None = None
    emoji: str | None = None


class Quote(msgspec.Struct, frozen=True):
    """The part of the message replied to that the person picked."""

    text: str


class Location(msgspec.Struct, frozen=True):
    """A place, in degrees."""

    latitude: float
    longitude: float


class Venue(msgspec.Struct, frozen=True):
    """A named place."""

    location: Location
    title: str
    address: str


class Contact(msgspec.Struct, frozen=True):
    """A shared contact."""

    phone_number: str
    first_name: str
    last_name: str | None = None


class PollOption(msgspec.Struct, frozen=True):
    """One answer."""

    text: str


class Poll(msgspec.Struct, frozen=True):
    """A question with answers."""

    question: str
    options: list[PollOption]


class SuccessfulPayment(msgspec.Struct, frozen=True):
    """Money has moved; `subscription_expiration_date` in seconds since 1970."""

    currency: str
    total_amount: int
    invoice_payload: str
    telegram_payment_charge_id: str
    subscription_expiration_date: int | None = None


class RefundedPayment(msgspec.Struct, frozen=True):
    """Money has gone back."""

    currency: str
    total_amount: int
    invoice_payload: str
    telegram_payment_charge_id: str


class Message(msgspec.Struct, frozen=True):
    """A message; `date` 0: too old to be looked into."""

    message_id: int
    chat: Chat
    date: int = 0
    sender: User | None = msgspec.field(name="from", default=None)
    sender_chat: Chat | None = None
    message_thread_id: int | None = None
    is_topic_message: bool | None = None
    is_automatic_forward: bool | None = None
    media_group_id: str | None = None
    reply_to_message: Message | None = None
    quote: Quote | None = None
    text: str | None = None
    entities: list[Entity] | None = None
    caption: str | None = None
    caption_entities: list[Entity] | None = None
    photo: list[File] | None = None
    document: File | None = None
    voice: File | None = None
    audio: File | None = None
    video: File | None = None
    video_note: File | None = None
    animation: File | None = None
    sticker: File | None = None
    location: Location | None = None
    venue: Venue | None = None
    contact: Contact | None = None
    poll: Poll | None = None
    migrate_to_chat_id: int | None = None
    migrate_from_chat_id: int | None = None
    successful_payment: SuccessfulPayment | None = None
    refunded_payment: RefundedPayment | None = None


class CallbackQuery(msgspec.Struct, frozen=True):
    """A press of a button."""

    id: str
    sender: User = msgspec.field(name="from")
    message: Message | None = None
    data: str | None = None


class PreCheckoutQuery(msgspec.Struct, frozen=True):
    """Somebody is about to pay; to be answered within 10 seconds."""

    id: str
    currency: str
    total_amount: int
    invoice_payload: str
    sender: User = msgspec.field(name="from")


class ReactionType(msgspec.Struct, frozen=True):
    """`type`: emoji, custom_emoji or paid."""

    type: str
    emoji: str | None = None


class MessageReaction(msgspec.Struct, frozen=True):
    """What somebody's reactions to a message were and are."""

    chat: Chat
    message_id: int
    old_reaction: list[ReactionType]
    new_reaction: list[ReactionType]
    user: User | None = None


class ChatMember(msgspec.Struct, frozen=True):
    """`status`: member, administrator, left, kicked ..."""

    status: str


class ChatMemberUpdated(msgspec.Struct, frozen=True):
    """Our own standing in a chat changed."""

    chat: Chat
    new_chat_member: ChatMember


class Update(msgspec.Struct, frozen=True):
    """Something that happened; at most one of the others is there."""

    update_id: int
    message: Message | None = None
    callback_query: CallbackQuery | None = None
    message_reaction: MessageReaction | None = None
    my_chat_member: ChatMemberUpdated | None = None
    pre_checkout_query: PreCheckoutQuery | None = None

    @property
    def chat(self) -> Chat | None:
        """Where it happened, if that is said."""
        if self.callback_query is not None:
            return self.callback_query.message.chat if self.callback_query.message is not None else None
        place = self.message or self.message_reaction or self.my_chat_member
        return place.chat if place is not None else None


class _Numbered(msgspec.Struct):
    update_id: int


KINDS = ("message", "callback_query", "message_reaction", "my_chat_member", "pre_checkout_query")
"""What we ask Telegram for."""

_update = msgspec.json.Decoder(Update)
_numbered = msgspec.json.Decoder(_Numbered)


def read_update(body: bytes | msgspec.Raw) -> Update:
    """Decode one update. Raises one of Bad."""
    try:
        return _update.decode(body)
    except (msgspec.DecodeError, UnicodeError):
        return _update.decode(mended(bytes(body)))


def number_of(body: bytes | msgspec.Raw) -> int | None:
    """The update_id of what is otherwise no update, None when it has not even that."""
    try:
        return _numbered.decode(body).update_id
    except Bad:
        pass
    try:
        return _numbered.decode(mended(bytes(body))).update_id
    except Bad:
        return None


def mended(body: bytes) -> bytes:
    """JSON that a strict reader takes, of JSON with half characters or bytes that are not UTF-8. Raises one of Bad."""
    found: Any = json.loads(body.decode("utf-8", "replace"))
    return json.dumps(found, ensure_ascii=False).encode("utf-8", "replace")
