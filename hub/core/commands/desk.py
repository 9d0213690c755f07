"""What a command is and what serves it. Knows the shape of a command; must not know any command."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from hub.core.money.meter import Meter
from hub.core.policies import Policies
from hub.core.prompt import Asked
from hub.core.routing import Routing
from hub.core.rules import Rules
from hub.domain.address import ChatKind
from hub.domain.errors import NotAllowed
from hub.domain.reply import Reply
from hub.domain.turn import Turn
from hub.ports.adapter import Adapter
from hub.ports.store import Store


@dataclass(frozen=True, slots=True)
class Desk:
    """What commands work with. `stop(conversation_id)` ends a running answer and says whether there was one."""

    store: Store
    rules: Rules
    routing: Routing
    meter: Meter
    stop: Callable[[int], Awaitable[bool]]
    policies: Policies
    adapters: Mapping[str, Adapter]


CommandRun = Callable[[Desk, Turn, str], Awaitable["Reply | Asked | None"]]
"""(desk, turn, argument) -> what is said; Asked: a model is to be asked; None: nothing is said.

Raises ForPerson, StoreDown."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command. `overtakes`: it does not wait behind a running answer."""

    name: str
    run: CommandRun
    overtakes: bool = False

    @property
    def describe(self) -> str:
        """Notice key of its one line."""
        return f"command_{self.name}"


def privately(name: str, run: CommandRun) -> CommandRun:
    """`run`, but in a group a word to ask in private: who reads along shall not see what is a person's own."""

    async def guarded(desk: Desk, turn: Turn, argument: str) -> Reply | Asked | None:
        if turn.inbound.address.kind is ChatKind.GROUP:
            raise NotAllowed("ask_privately", command=name)
        return await run(desk, turn, argument)

    return guarded
