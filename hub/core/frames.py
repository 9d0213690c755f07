"""How a growing reply is shown: natively, by edits, or by typing alone. Knows abilities and capabilities.

Must not know when to show: that is the pump's.
"""

from __future__ import annotations

from functools import partial
from typing import Protocol

from hub.core.budget import Budgets
from hub.core.notices import words
from hub.core.parts import part_key, texts_of
from hub.core.patience import patiently
from hub.domain.address import Address
from hub.domain.capabilities import Budget, Capabilities
from hub.domain.reply import Button, Part, Ref
from hub.domain.turn import Turn
from hub.ports.adapter import Adapter, LongStream, NativeStream, Stream, Typing
from hub.ports.store import Store
from hub.text.heal import heal

TYPING_SECONDS = 4.0
"""How often typing is shown anew; platforms let it fade after five seconds (Telegram) to ten (Discord)."""


class Frames(Protocol):
    """One growing reply on one screen; `interval`: least seconds between two frames."""

    interval: float

    async def show(self, text: str) -> None:
        """Show the whole text so far. Raises AdapterError (Later: there is no budget for it now), StoreDown."""
        ...

    async def close(self) -> None:
        """No more frames."""
        ...


class Allowance:
    """What one reply's frames may take from the budget they share with everything that goes to their chat."""

    __slots__ = ("_address", "_budgets", "_limits")

    def __init__(self, budgets: Budgets, address: Address, limits: tuple[Budget, ...]) -> None:
        self._budgets, self._address, self._limits = budgets, address, limits

    def take(self) -> None:
        """One frame. Raises Later: not now."""
        if self._budgets.bind(self._limits):
            self._budgets.spare(self._address, self._limits)

    def taken(self) -> None:
        """One call that is made whatever is left."""
        if self._limits:
            self._budgets.spent(self._address, self._limits)


def open_frames(adapter: Adapter, turn: Turn, store: Store, budgets: Budgets) -> Frames:
    """The best way this address offers."""
    address = turn.inbound.address
    capabilities = adapter.capabilities(address)
    allowance = Allowance(budgets, address, capabilities.budgets)
    if capabilities.native_stream and isinstance(adapter, NativeStream):
        return NativeFrames(adapter, turn, store, capabilities, allowance)
    if capabilities.edits:
        return EditFrames(adapter, turn, store, capabilities, allowance)
    return TypingFrames(adapter, turn, allowance)


class NativeFrames:
    """The platform shows growing text itself."""

    def __init__(
        self, adapter: NativeStream, turn: Turn, store: Store, capabilities: Capabilities, allowance: Allowance
    ) -> None:
        self.interval, self._allowance = capabilities.edit_interval, allowance
        self._adapter, self._turn, self._store = adapter, turn, store
        self._repeatable = capabilities.idempotent_send
        self._stream: Stream | None = None
        self._kept = 0

    async def show(self, text: str) -> None:
        """See Frames. A ref is stored as soon as it is known, unless a repeated send finds it again by its key."""
        self._allowance.take()
        if self._stream is None:
            self._stream = await self._adapter.open_stream(self._turn.inbound.address, self._turn.key)
            await self._keep(self._stream)
        try:
            await self._stream.show(text)
        finally:
            await self._keep(self._stream)

    async def _keep(self, stream: Stream) -> None:
        """Store the refs of messages that were begun since."""
        if self._repeatable:
            return
        refs = stream.refs if isinstance(stream, LongStream) else (stream.ref,) if stream.ref is not None else ()
        tenant, turn = self._turn.conversation.tenant, self._turn.id
        for ref in refs[self._kept :]:
            await patiently(partial(self._store.save_ref, tenant, turn, self._kept, ref.value))
            self._kept += 1

    async def close(self) -> None:
        """See Frames."""
        if self._stream is not None:
            self._allowance.taken()
            await self._stream.close()


class EditFrames:
    """A message sent with the first frame and edited by the next ones; a new one at a block border before the limit.

    Under the growing one stands a button that stops it; the final text comes without."""

    def __init__(
        self, adapter: Adapter, turn: Turn, store: Store, capabilities: Capabilities, allowance: Allowance
    ) -> None:
        self.interval, self._allowance = capabilities.edit_interval, allowance
        self._adapter, self._turn, self._store = adapter, turn, store
        self._capabilities = capabilities
        self._refs: list[Ref] = []
        self._seen: list[Part] = []
        language = turn.inbound.sender.language
        stop = Button(words("button_stop", language), "stop", translate=False)
        self._under = (stop,) if capabilities.buttons else ()

    async def show(self, text: str) -> None:
        """See Frames. Only parts that changed are touched."""
        parts, _ = texts_of(heal(text), self._capabilities, self._turn.inbound.sender.language)
        for ordinal, text in enumerate(parts):
            part = Part(text, self._under if ordinal == len(parts) - 1 else ())
            if ordinal < len(self._seen) and self._seen[ordinal] == part:
                continue
            await self._put(ordinal, part)
            self._seen[ordinal:] = [part]

    async def _put(self, ordinal: int, part: Part) -> None:
        self._allowance.take()
        if ordinal < len(self._refs):
            await self._adapter.edit(self._turn.inbound.address, self._refs[ordinal], part)
            return
        ref = await self._adapter.send(self._turn.inbound.address, part, part_key(self._turn.key, ordinal))
        self._refs.append(ref)
        tenant, turn = self._turn.conversation.tenant, self._turn.id
        await patiently(lambda: self._store.save_ref(tenant, turn, ordinal, ref.value))

    async def close(self) -> None:
        """See Frames; nothing is held."""


class TypingFrames:
    """Nothing but a sign that an answer is being prepared."""

    interval = TYPING_SECONDS

    def __init__(self, adapter: Adapter, turn: Turn, allowance: Allowance) -> None:
        self._adapter, self._turn, self._allowance = adapter, turn, allowance

    async def show(self, text: str) -> None:
        """See Frames; the text is kept back."""
        if isinstance(self._adapter, Typing):
            self._allowance.take()
            await self._adapter.typing(self._turn.inbound.address)

    async def close(self) -> None:
        """See Frames; nothing is held."""
