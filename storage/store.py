"""The store port on either database. Knows which verb writes and which only reads; must not know statements."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from hub.domain.address import Address
from hub.domain.attempt import AttemptEnd, AttemptLine, NewAttempt
from hub.domain.conversation import Conversation, ConversationLine, StoredMessage
from hub.domain.inbound import Accepted, Inbound
from hub.domain.money import Refusal
from hub.domain.turn import Ended, Lease, OutboxItem, Taking, Turn, Window
from hub.ports.hints import Hints
from hub.ports.house import Heard
from hub.ports.store import FinishedTurn, ScreenRow, Store
from storage.accounts import AccountsOn
from storage.care import CareOn
from storage.grouped import GroupsOn
from storage.keys import KeysOn
from storage.ledger import LedgerOn
from storage.mailbox import MailboxOn
from storage.payments import PaymentsOn
from storage.person import PersonsOn
from storage.place import parse_url
from storage.rows import now_ms
from storage.schedule import ScheduleOn
from storage.teamed import TeamsOn
from storage.usage import UsagesOn
from storage.verbs import (
    attempts,
    doubts,
    feedback,
    finish,
    intake,
    lane,
    leases,
    listeners,
    memory,
    notebook,
    outbox,
    screen,
    settling,
)


class Ground(Protocol):
    """A database that runs verbs, each as one atomic step."""

    @property
    def hints(self) -> Hints:
        """The line to other processes on it."""
        ...

    @property
    def shared(self) -> bool:
        """Whether several processes may work on it."""
        ...

    async def write(
        self,
        verb: Callable[..., Any],
        *args: Any,
        resolve: Callable[..., Any] | None = None,
        long: bool = False,
        soon: bool = False,
    ) -> Any:
        """Run a verb that writes; `resolve` finds what it wrote should the answer to its COMMIT be lost.

        `long`: it may take more than a millisecond or two; `soon`: a first word waits for it."""
        ...

    async def read(self, verb: Callable[..., Any], *args: Any) -> Any:
        """Run a verb that only reads."""
        ...

    async def close(self) -> None:
        """Finish what is queued and let go."""
        ...


async def open_store(url: str, synchronous: str = "FULL", alone: bool = False) -> StoreOn:
    """Open the database at `url`, making or migrating it first.

    `alone`: this process is `parley run`; on SQLite a second one is refused. Raises SettingsError and StoreDown."""
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        from storage.sqlite.ground import open_sqlite

        return StoreOn(await open_sqlite(parsed, synchronous, alone))
    from storage.postgres import open_postgres

    return StoreOn(await open_postgres(parsed))


class StoreOn(
    AccountsOn, CareOn, GroupsOn, KeysOn, LedgerOn, MailboxOn, PaymentsOn, PersonsOn, ScheduleOn, TeamsOn, UsagesOn
):
    """`hub.ports.store.Store` on a ground; see there for what each verb promises."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.hints, self.shared = ground.hints, ground.shared
        self._write = ground.write
        self._read = ground.read

    async def accept(self, inbound: Inbound, *, overtakes: bool, bound: int) -> Accepted:
        """Write one inbox row."""
        accepted: Accepted = await self._write(
            intake.accept, inbound, overtakes, bound, now_ms(), resolve=intake.find_accepted, soon=True
        )
        return accepted

    async def accept_and_start(self, inbound: Inbound, *, bound: int, taking: Taking) -> tuple[Accepted, Turn | None]:
        """Write one inbox row and take it."""
        both: tuple[Accepted, Turn | None] = await self._write(
            lane.accept_and_start, inbound, bound, taking, now_ms(), resolve=lane.find_accepted_only, soon=True
        )
        return both

    async def start_turn(self, conversation_id: int, taking: Taking, *, take_all: bool) -> Turn | None:
        """Take the lane's lease and its oldest open row."""
        turn: Turn | None = await self._write(lane.start_turn, conversation_id, taking, take_all, soon=True)
        return turn

    async def start_overtaking(self, inbox_id: int) -> Turn | None:
        """Take one overtaking row."""
        turn: Turn | None = await self._write(lane.start_overtaking, inbox_id)
        return turn

    async def renew_lease(self, lease: Lease, lease_seconds: float) -> None:
        """Keep the lane."""
        await self._write(leases.renew, lease, lease_seconds)

    async def hand_back(self, lease: Lease, turn_id: int, merged_ids: tuple[int, ...]) -> None:
        """Return a turn of which nothing was shown."""
        await self._write(lane.hand_back, lease, turn_id, merged_ids)

    async def answered_at(self, address: Address) -> bool:
        """Whether we have answered there, or are about to."""
        answered: bool = await self._read(screen.answered_at, address)
        return answered

    async def lane_held(self, conversation_id: int) -> bool:
        """Whether some process holds the lane."""
        held: bool = await self._read(leases.lane_held, conversation_id)
        return held

    async def stalled(self, platforms: Sequence[str], limit: int, quiet_ms: int = 0) -> list[tuple[int, Address]]:
        """Conversations with open rows and no living lease."""
        found: list[tuple[int, Address]] = await self._read(leases.stalled, platforms, limit, quiet_ms)
        return found

    async def stalled_overtaking(self, platforms: Sequence[str], older_than_ms: int, limit: int) -> list[int]:
        """Overtaking rows still open."""
        found: list[int] = await self._read(leases.stalled_overtaking, platforms, older_than_ms, limit)
        return found

    async def release_owner(self, owner: str | None) -> None:
        """Let go every lease of `owner`, close what it called."""
        await self.close_calls_of(owner)
        await self._write(leases.release_owner, owner)

    async def open_attempt(self, attempt: NewAttempt, lease: Lease | None) -> int | Refusal:
        """Write the attempt row before the call, with its hold."""
        mark = random.getrandbits(48)
        number: int | Refusal = await self._write(
            attempts.open_attempt, attempt, lease, now_ms(), mark, resolve=attempts.find_attempt, soon=True
        )
        return number

    async def close_attempt(self, attempt_id: int, end: AttemptEnd) -> None:
        """End an attempt and settle it."""
        await self._write(settling.close_attempt, attempt_id, end)

    async def mark_shown(self, turn_id: int, lease: Lease, text: str) -> None:
        """Commit that words are about to be seen."""
        await self._write(attempts.mark_shown, turn_id, lease, text, soon=True)

    async def save_progress(self, turn_id: int, text: str) -> None:
        """Keep the words seen so far."""
        await self._write(attempts.save_progress, turn_id, text)

    async def save_ref(self, tenant: int, turn_id: int, ordinal: int, ref: str) -> None:
        """Keep the handle of a part."""
        await self._write(attempts.save_ref, tenant, turn_id, ordinal, ref)

    async def finish_turn(self, finished: FinishedTurn) -> Ended:
        """End a turn in one step."""
        ended: Ended = await self._write(finish.finish_turn, finished)
        return ended

    async def attempts_of_turn(self, conversation_id: int, before_turn: int, back: int = 1) -> list[AttemptLine]:
        """Attempts of one of the newest turns."""
        lines: list[AttemptLine] = await self._read(attempts.attempts_of_turn, conversation_id, before_turn, back)
        return lines

    async def due(self, platforms: Sequence[str], now: int, limit: int) -> list[OutboxItem]:
        """Pending items that are due, claimed for a minute."""
        items: list[OutboxItem] = await self._write(outbox.due, platforms, now, limit)
        return items

    async def keep_claim(self, outbox_id: int, seconds: float) -> None:
        """Nobody else is given the item for so long."""
        await self._write(outbox.keep_claim, outbox_id, seconds)

    async def delivered(self, outbox_ids: Sequence[int]) -> None:
        """The screen shows them."""
        await self._write(outbox.delivered, outbox_ids)

    async def doubt(self, tenant: int, key: str, platform: str) -> None:
        """Keep that a part may stand twice."""
        await self._write(doubts.doubt, tenant, key, platform)

    async def doubts(self, limit: int) -> list[tuple[str, str, int]]:
        """The newest of them."""
        found: list[tuple[str, str, int]] = await self._read(doubts.doubts, limit)
        return found

    async def not_delivered(self, outbox_id: int, error: str, again_at: int | None) -> None:
        """Try again, or give up."""
        await self._write(outbox.not_delivered, outbox_id, error, again_at)

    async def new_conversation(self, tenant: int, conversation_id: int, address: Address) -> int:
        """Give the address a fresh conversation."""
        number: int = await self._write(memory.new_conversation, tenant, conversation_id, address)
        return number

    async def switch_conversation(self, tenant: int, account_id: int, address: Address, conversation_id: int) -> bool:
        """Point the address to another conversation."""
        theirs: bool = await self._write(memory.switch_conversation, tenant, account_id, address, conversation_id)
        return theirs

    async def conversations(self, tenant: int, account_id: int, current: int, limit: int) -> list[ConversationLine]:
        """Newest first."""
        lines: list[ConversationLine] = await self._read(memory.conversations, tenant, account_id, current, limit)
        return lines

    async def choose_model(self, tenant: int, account_id: int, conversation_id: int, model: str) -> None:
        """Remember the choice."""
        await self._write(memory.choose_model, tenant, account_id, conversation_id, model)

    async def last_exchange(self, conversation_id: int) -> tuple[StoredMessage, ...]:
        """The newest question and its answer."""
        messages: tuple[StoredMessage, ...] = await self._read(memory.last_exchange, conversation_id)
        return messages

    async def overflow(self, conversation: Conversation, window: Window) -> tuple[StoredMessage, ...]:
        """What must leave the window."""
        found: tuple[StoredMessage, ...] = await self._read(memory.overflow, conversation, window)
        return found

    async def save_summary(self, conversation_id: int, after: int, upto: int, summary: str) -> bool:
        """Set the summary, move the window."""
        saved: bool = await self._write(memory.save_summary, conversation_id, after, upto, summary)
        return saved

    async def screen(self, address: Address, limit: int) -> list[ScreenRow]:
        """The newest lines at an address."""
        rows: list[ScreenRow] = await self._read(screen.screen, address, limit)
        return rows

    async def read_note(self, platform: str, name: str) -> str:
        """What was written last."""
        value: str = await self._read(notebook.read_note, platform, name)
        return value

    async def write_note(self, platform: str, name: str, value: str) -> None:
        """Keep `value`."""
        await self._write(notebook.write_note, platform, name, value)

    async def heard(self, tenant: int, platform: str, bot: str, limit: int) -> tuple[Heard, ...]:
        """Where people wrote to `bot` lately."""
        places: tuple[Heard, ...] = await self._read(notebook.heard, tenant, platform, bot, limit)
        return places

    async def take_listener(self, name: str, owner: str, seconds: float) -> bool:
        """Take or keep a listener's lease."""
        taken: bool = await self._write(listeners.take_listener, name, owner, seconds)
        return taken

    async def let_listener_go(self, name: str, owner: str) -> None:
        """Give it back."""
        await self._write(listeners.let_listener_go, name, owner)

    async def rate(self, address: Address, ref: str, person: str, good: bool | None) -> bool:
        """Keep an opinion."""
        ours: bool = await self._write(feedback.rate, address, ref, person, good)
        return ours

    async def close(self) -> None:
        """Finish what is queued and let go."""
        await self.ground.close()


if TYPE_CHECKING:
    _: Callable[[StoreOn], Store] = lambda store: store  # noqa: E731 - the type checker holds the port against us
