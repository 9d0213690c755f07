"""What a platform's translator offers. Knows required methods and optional abilities; must not know any platform."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from hub.domain.address import Address
from hub.domain.capabilities import Capabilities
from hub.domain.inbound import Accepted, Inbound
from hub.domain.invoice import Invoice
from hub.domain.reply import Part, Ref

Accept = Callable[[Inbound], Awaitable[Accepted]]
"""Returns once the inbound is committed; only then may the platform be acknowledged.

Raises ForPerson (tell the person, do not retry) and StoreDown (do not acknowledge)."""


class Adapter(Protocol):
    """A platform. Never imports the core, keeps conversation state, decides whom to answer, retries or splits text."""

    name: str

    def capabilities(self, address: Address) -> Capabilities:
        """Data about one address; no I/O."""
        ...

    async def run(self, accept: Accept) -> None:
        """Connect and listen until cancelled; await `accept(inbound)`, then acknowledge to the platform."""
        ...

    async def send(self, address: Address, part: Part, key: str) -> Ref:
        """Show `part`, final. A repeat with the same `key` is harmless where the platform allows.

        Raises RateLimited, Unreachable, Forbidden, Rejected."""
        ...

    async def edit(self, address: Address, ref: Ref, part: Part) -> None:
        """Replace what `ref` shows by `part`, final. Editing to the same content succeeds. Raises as `send`."""
        ...

    async def close(self) -> None:
        """Give back every connection; sending is over."""
        ...


class Stream(Protocol):
    """One reply being written in the platform's native way."""

    ref: Ref | None
    """Where the final part has to be put by `edit`; None: it has to be sent."""

    async def show(self, text: str) -> None:
        """Show the current whole text (CommonMark, growing, perhaps unfinished)."""
        ...

    async def close(self) -> None:
        """No more frames; called before the final send or edit, whatever happened."""
        ...


@runtime_checkable
class LongStream(Protocol):
    """Ability of a Stream: it goes on in further messages before the platform closes it."""

    @property
    def refs(self) -> tuple[Ref, ...]:
        """Every message begun so far, in order; the final parts are put there by `edit`."""
        ...


@runtime_checkable
class NativeStream(Protocol):
    """Ability: the platform shows growing text itself."""

    async def open_stream(self, address: Address, key: str) -> Stream:
        """Begin a reply with `key`; nothing need be visible before the first `show`."""
        ...


@runtime_checkable
class Typing(Protocol):
    """Ability: show that an answer is being prepared."""

    async def typing(self, address: Address) -> None:
        """Cosmetic; shown until the next send or a few seconds."""
        ...


@runtime_checkable
class Erase(Protocol):
    """Ability: take back something sent."""

    async def erase(self, address: Address, ref: Ref) -> None:
        """Remove what `ref` shows; gone already is success."""
        ...


@runtime_checkable
class Files(Protocol):
    """Ability: fetch what people sent."""

    async def fetch(self, address: Address, source: str, limit: int) -> bytes:
        """The content behind an attachment's `source`.

        Raises TooLarge (more than `limit` bytes: reading stops there), Unreachable, Forbidden, Rejected (gone)."""
        ...


@runtime_checkable
class Recall(Protocol):
    """Ability: what was sent under a key can be found again, also by a process that did not send it."""

    async def find_sent(self, address: Address, key: str) -> Ref | None:
        """The message that `send` made of `key`; None: it is certain that there is none.

        Raises RateLimited and Unreachable (ask again), Forbidden and Rejected (nobody can say)."""
        ...


@runtime_checkable
class Titles(Protocol):
    """Ability: a thread or conversation of the platform bears a title."""

    async def entitle(self, address: Address, title: str) -> None:
        """Show `title`; cosmetic. Nothing happens at addresses without one. Raises AdapterError."""
        ...


@runtime_checkable
class Backlinks(Protocol):
    """Ability: a page elsewhere can lead back into a chat."""

    def link_to(self, address: Address) -> str:
        """A link that opens the chat of `address`, such as after a payment; empty: there is none. No I/O."""
        ...


@runtime_checkable
class Invoices(Protocol):
    """Ability: the platform takes payments itself, in a coin of its own. What comes of one goes to `house.till`."""

    async def invoice(self, address: Address, invoice: Invoice) -> str:
        """A link that opens the payment, for a button. Nothing is shown and nobody pays yet; a repeat is harmless.

        Raises RateLimited, Unreachable, Forbidden, Rejected."""
        ...

    async def refund(self, address: Address, user: str, charge: str) -> None:
        """Give a charge back to the `user` who paid it; given back already is success. Raises as `invoice`."""
        ...


@runtime_checkable
class Admins(Protocol):
    """Ability: says who runs a group."""

    async def is_admin(self, address: Address, user: str) -> bool:
        """Whether `user` decides for the group of `address`; without a chat, for the workspace. Raises AdapterError."""
        ...


@runtime_checkable
class Workspaces(Protocol):
    """Ability: chats are part of something larger."""

    async def workspace(self, address: Address) -> str:
        """The workspace or server that `address` is part of, opaque; empty: none. Raises AdapterError."""
        ...


@runtime_checkable
class Asides(Protocol):
    """Ability: in a group, something can be said that one person alone sees."""

    def group_of(self, address: Address) -> Address:
        """The group around `address`; `address` itself where others read along, or nobody else is near."""
        ...


@runtime_checkable
class SingleListener(Protocol):
    """Ability: says what only one process may listen to at a time (a bot's polling, a gateway session)."""

    listener: str
    """Name of the lease that is held while `run` runs; empty: any number of processes may."""


@dataclass(frozen=True, slots=True)
class Route:
    """One HTTP route of an adapter; `serve` takes and returns the HTTP library's request and response."""

    method: str
    path: str
    serve: Callable[..., Awaitable[object]]


@runtime_checkable
class Webhook(Protocol):
    """Ability: listens through the hub's own HTTP server."""

    def routes(self) -> Iterable[Route]:
        """Routes to mount; they answer 503 until `run` has begun."""
        ...


@dataclass(frozen=True, slots=True)
class MenuCommand:
    """One command for a platform's menu; `describe` maps a language to one line.

    `choices`: what its argument may be, for platforms that suggest while people type."""

    name: str
    describe: Mapping[str, str]
    choices: tuple[str, ...] = ()


@runtime_checkable
class CommandMenu(Protocol):
    """Ability: publish the commands natively."""

    async def publish(self, commands: Iterable[MenuCommand]) -> None:
        """Make the platform's menu equal to `commands`."""
        ...


@runtime_checkable
class OwnMenu(Protocol):
    """Ability: one chat can have a menu in another language than its person's app."""

    async def publish_at(self, address: Address, commands: Iterable[MenuCommand], language: str) -> None:
        """Show `commands` in `language` there; empty: as everywhere else. Raises AdapterError."""
        ...
