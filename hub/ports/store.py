"""What storage offers the core. Knows verbs of the domain, each one atomic step; must not show a transaction.

Every verb may raise StoreDown (nothing was written). Verbs that take a lease raise LostLease when another process has
taken the lane since (nothing was written). Times are milliseconds since 1970 unless named otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from hub.domain.address import Address
from hub.domain.attempt import AttemptEnd, AttemptLine, NewAttempt
from hub.domain.conversation import Conversation, ConversationLine, ShownMessage, StoredMessage
from hub.domain.inbound import Accepted, Attachment, Inbound
from hub.domain.money import Refusal
from hub.domain.reply import Reply
from hub.domain.turn import AllowanceWarning, Ended, Exchange, InboxState, Lease, OutboxItem, Taking, Turn, Window
from hub.ports.accounts import Accounts
from hub.ports.groups import Groups
from hub.ports.hints import Hints
from hub.ports.jobs import Schedule
from hub.ports.keys import Keys
from hub.ports.ledger import Ledger
from hub.ports.mailbox import Mailbox
from hub.ports.paces import Paces
from hub.ports.payments import Payments
from hub.ports.person import Persons
from hub.ports.platforms import Listeners, Notes, Opinions
from hub.ports.teams import Teams
from hub.ports.usage import Usages


@dataclass(frozen=True, slots=True)
class ScreenRow:
    """A line of an address's screen as stored; a reply's notice is still key and arguments."""

    shown: ShownMessage
    reply: Reply | None
    language: str


@dataclass(frozen=True, slots=True)
class FinishedTurn:
    """All that ends a turn, written in one step; `reply` None: nothing is said (ignored).

    An exchange without an answer keeps the question alone.

    `attempt` closes the attempt that answered, if one did. A `lease` without owner: the turn ran outside the lanes.
    """

    turn_id: int
    tenant: int
    lease: Lease
    state: InboxState
    reply: Reply | None
    language: str
    exchange: Exchange | None = None
    attempt: tuple[int, AttemptEnd] | None = None
    merged_ids: tuple[int, ...] = ()
    title: str = ""
    warning: AllowanceWarning | None = None


@dataclass(frozen=True, slots=True)
class Retention:
    """How long things are kept, in days; 0 = for ever."""

    inbox_days: int = 30
    outbox_days: int = 30
    message_days: int = 0
    attempt_days: int = 400
    file_days: int = 30
    usage_days: int = 1100


class Inbox(Protocol):
    """The way in, and the lanes."""

    async def accept(self, inbound: Inbound, *, overtakes: bool, bound: int) -> Accepted:
        """Write one inbox row, resolving (or making) identity, account, address and conversation.

        `bound`: most rows that may wait in one conversation; raises Busy beyond it. A redelivery writes nothing.
        An overtaking row is never taken by `start_turn`."""
        ...

    async def accept_and_start(self, inbound: Inbound, *, bound: int, taking: Taking) -> tuple[Accepted, Turn | None]:
        """`accept` and, where nothing else is open in the conversation and nobody holds its lane, `start_turn` at once:
        the row is never seen waiting. None: the lane has to be woken."""
        ...

    async def start_turn(self, conversation_id: int, taking: Taking, *, take_all: bool) -> Turn | None:
        """Take the lane's lease and its oldest open row (with `take_all`: every message waiting, as one turn).

        The rest of an album that it belongs to becomes the same turn in any case.

        A command call is always a turn of its own. A row left running by a dead process is taken again: its open
        attempts become UNKNOWN. None: nothing waits, or another process holds the lane."""
        ...

    async def start_overtaking(self, inbox_id: int) -> Turn | None:
        """Take one overtaking row, without history; None when it is final or was taken just now by somebody else.

        The lease in it has no owner; its fence grows with every taking, so that only the last one ends the turn."""
        ...

    async def renew_lease(self, lease: Lease, lease_seconds: float) -> None:
        """Keep the lane. Raises LostLease."""
        ...

    async def hand_back(self, lease: Lease, turn_id: int, merged_ids: tuple[int, ...]) -> None:
        """Return a turn of which nothing was shown to the lane, as if never taken, and let the lease go."""
        ...

    async def answered_at(self, address: Address) -> bool:
        """Whether we have answered there, or are about to."""
        ...

    async def lane_held(self, conversation_id: int) -> bool:
        """Whether a living process holds the lane."""
        ...

    async def stalled(self, platforms: Sequence[str], limit: int, quiet_ms: int = 0) -> list[tuple[int, Address]]:
        """Conversations (with the address of their oldest row) on `platforms` with open rows and no living lease, in
        which nothing came for `quiet_ms`."""
        ...

    async def stalled_overtaking(self, platforms: Sequence[str], older_than_ms: int, limit: int) -> list[int]:
        """Overtaking rows of `platforms` still open after `older_than_ms`."""
        ...

    async def release_owner(self, owner: str | None) -> None:
        """Let go the lanes of `owner` and close what it called; None (only where this process is alone): every lane,
        listener and call, and every reply that nobody has tried to deliver is due."""
        ...


class Turns(Protocol):
    """What a running turn writes."""

    async def open_attempt(self, attempt: NewAttempt, lease: Lease | None) -> int | Refusal:
        """Write the attempt row before the call, with its hold; its id. Refusal: the hold found no cover, no row was
        written. `lease` None: a call outside the lanes (a summary)."""
        ...

    async def close_attempt(self, attempt_id: int, end: AttemptEnd) -> None:
        """End an attempt that did not finish the turn, and settle its hold. Ended again: a difference is booked."""
        ...

    async def mark_shown(self, turn_id: int, lease: Lease, text: str) -> None:
        """Commit that `text` is about to be seen, and keep it should this process die."""
        ...

    async def save_progress(self, turn_id: int, text: str) -> None:
        """Keep the words seen since."""
        ...

    async def save_ref(self, tenant: int, turn_id: int, ordinal: int, ref: str) -> None:
        """Keep the handle of a part; a second save of the same ordinal replaces it."""
        ...

    async def finish_turn(self, finished: FinishedTurn) -> Ended:
        """Store both messages, end and settle the attempt, write the reply to the outbox (with the warning under it, if
        one is due), end the inbox rows, let the lease go."""
        ...

    async def attempts_of_turn(self, conversation_id: int, before_turn: int, back: int = 1) -> list[AttemptLine]:
        """Attempts of the turn that is `back` steps before `before_turn` in memory (1: the newest), oldest first."""
        ...


class Outbox(Protocol):
    """The way out."""

    async def due(self, platforms: Sequence[str], now: int, limit: int) -> list[OutboxItem]:
        """Pending items of `platforms` that are due, oldest first, claimed for a minute against a second process."""
        ...

    async def keep_claim(self, outbox_id: int, seconds: float) -> None:
        """Whoever delivers this pending item needs `seconds` more; until then it is due for nobody else."""
        ...

    async def delivered(self, outbox_ids: Sequence[int]) -> None:
        """The screen shows them."""
        ...

    async def doubt(self, tenant: int, key: str, platform: str) -> None:
        """Keep, for an operator to see, that a part of the reply `key` may stand twice on `platform`."""
        ...

    async def doubts(self, limit: int) -> list[tuple[str, str, int]]:
        """Key, platform and time (milliseconds since 1970) of the newest such replies, the newest first."""
        ...

    async def not_delivered(self, outbox_id: int, error: str, again_at: int | None) -> None:
        """Try again at `again_at`; None: dead, for an operator to see."""
        ...


class Memory(Protocol):
    """Conversations, choices, what is on the screen."""

    async def new_conversation(self, tenant: int, conversation_id: int, address: Address) -> int:
        """Give the address a fresh conversation of the same account; its id."""
        ...

    async def switch_conversation(self, tenant: int, account_id: int, address: Address, conversation_id: int) -> bool:
        """Point the address to another conversation of the same account; False when it is not theirs."""
        ...

    async def conversations(self, tenant: int, account_id: int, current: int, limit: int) -> list[ConversationLine]:
        """Newest first."""
        ...

    async def choose_model(self, tenant: int, account_id: int, conversation_id: int, model: str) -> None:
        """Remember the choice on the conversation and, for new ones, on the account."""
        ...

    async def last_exchange(self, conversation_id: int) -> tuple[StoredMessage, ...]:
        """The newest question and, if it has one, its answer; empty when there is no question."""
        ...

    async def overflow(self, conversation: Conversation, window: Window) -> tuple[StoredMessage, ...]:
        """The older messages that must leave the window of `conversation` so that half of it is free.

        None when there is room, or when the window begins later by now."""
        ...

    async def save_summary(self, conversation_id: int, after: int, upto: int, summary: str) -> bool:
        """Set the summary and move the window past `upto`, if the window still begins after `after`."""
        ...

    async def screen(self, address: Address, limit: int) -> list[ScreenRow]:
        """The newest lines at an address, oldest first."""
        ...


class Care(Protocol):
    """Housekeeping."""

    async def put_file(self, address: Address, media_type: str, name: str, content: bytes) -> Attachment:
        """Keep a file."""
        ...

    async def find_file(self, tenant: int, file: str) -> Attachment | None:
        """What `get_file` says about a file, without reading it."""
        ...

    async def get_file(self, tenant: int, file: str) -> tuple[Attachment, bytes] | None:
        """A file by id."""
        ...

    async def house_secret(self, name: str) -> bytes:
        """32 random bytes, made at the first asking and the same ever after."""
        ...

    async def retain(self, retention: Retention, now: int) -> int:
        """Delete a bounded batch of what is past its time; how many rows went."""
        ...

    async def check(self) -> str:
        """Raises StoreDown when the database cannot be written; the version of its schema."""
        ...

    async def counts(self) -> dict[str, int]:
        """Open rows by kind: waiting, running, undelivered, dead."""
        ...

    async def close(self) -> None:
        """Finish what is queued and let go."""
        ...


class Store(
    Inbox, Turns, Outbox, Memory, Accounts, Groups, Keys, Ledger, Listeners, Notes, Opinions, Mailbox, Paces, Payments,
    Persons, Schedule, Teams, Usages, Care, Protocol,
):  # fmt: skip
    """Everything, and the line to the other processes on the same database."""

    hints: Hints
