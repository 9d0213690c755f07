"""One inbound and everything done about it. Knows the states of a turn; must not know who runs it."""

from __future__ import annotations

from enum import StrEnum

from hub.domain.address import Address
from hub.domain.conversation import Account, Conversation, StoredMessage
from hub.domain.inbound import Attachment, Inbound
from hub.domain.payer import Payer
from hub.domain.reply import Notice, Reply
from hub.domain.value import dataclass

FILE_ORDINAL = 1000
"""Refs of the files that follow a reply are numbered from here; no reply has as many parts."""

MAX_TRIES = 3
"""How often a turn that dies before its first word is taken (DESIGN section 3)."""


class Overlap(StrEnum):
    """What happens to messages that arrive while a turn runs."""

    QUEUE = "queue"
    MERGE = "merge"
    INTERRUPT = "interrupt"


class InboxState(StrEnum):
    """State of an inbox row. Those after RUNNING are final."""

    WAITING = "waiting"
    RUNNING = "running"
    REPLIED = "replied"
    NOTICED = "noticed"
    MERGED = "merged"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to run one lane; `fence` grows with every taking and is checked in every commit."""

    conversation_id: int
    owner: str
    fence: int


@dataclass(frozen=True, slots=True)
class Window:
    """How much history a turn reads: at most `messages`, at most `tokens` by our estimate."""

    messages: int = 40
    tokens: int = 8_000


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn as taken from the inbox.

    `id` is the inbox id of the newest inbound in it (its lead); `merged` are the older ones that became part of it,
    oldest first. `history` excludes them, oldest first. `shown`: a person has seen words of it before a crash;
    `progress`: those of them that were kept. `tries` counts this taking. `payer` None: who asks pays.
    """

    id: int
    lease: Lease
    inbound: Inbound
    merged: tuple[Inbound, ...]
    merged_ids: tuple[int, ...]
    conversation: Conversation
    account: Account
    history: tuple[StoredMessage, ...]
    tries: int = 1
    shown: bool = False
    progress: str = ""
    payer: Payer | None = None

    @property
    def key(self) -> str:
        """Key of the turn's reply: in the outbox, on the platform, and on the web as message id."""
        return f"t{self.id}"


@dataclass(frozen=True, slots=True)
class Taking:
    """How a process takes a lane: as `owner`, for `lease_seconds`, reading `window` of the conversation."""

    owner: str
    lease_seconds: float
    window: Window


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a finished turn adds to the conversation: what was asked and what was answered, with token estimates.

    An empty `answered` keeps the question alone. `replaces`: ids of messages that no prompt shall read again.
    """

    asked: str
    asked_tokens: int
    answered: str
    answered_tokens: int
    model: str
    replaces: tuple[int, ...] = ()
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """A reply on its way. `key` is unique per tenant; `refs` by ordinal: what of it is on the screen already, and
    `file_refs`: the files that followed; `created`: when it was written (milliseconds since 1970)."""

    id: int
    key: str
    turn_id: int
    address: Address
    reply: Reply
    language: str
    tries: int = 0
    refs: tuple[str, ...] = ()
    file_refs: tuple[str, ...] = ()
    created: int = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """What comes of a turn's end: the reply on its way, if anything is said, and whether `more` waits in its lane;
    `aside`: a warning that others than who asked are to be told."""

    item: OutboxItem | None = None
    more: bool = False
    aside: Notice | None = None


@dataclass(frozen=True, slots=True)
class AllowanceWarning:
    """What is said under an answer once the window's allowance is spent to one of `levels` (percent): `notice`, with
    `percent` among its arguments, once per level and window. `aside`: it is not for who asked, and given back."""

    levels: tuple[int, ...]
    notice: Notice
    aside: bool = False
