"""Who takes what platforms were paid. Knows charges; must not know what they are for."""

from __future__ import annotations

from typing import Protocol

from hub.domain.invoice import Charge


class Till(Protocol):
    """What the house offers to an adapter whose platform takes payments itself (`hub.ports.adapter.Invoices`)."""

    async def ask(self, charge: Charge) -> None:
        """Whether somebody may pay this now: the order is there and theirs, at today's price, nobody is blocked.

        Raises ForPerson (why not, in words for them), StoreDown."""
        ...

    async def paid(self, charge: Charge) -> bool:
        """Returns once it is committed; only then may the platform be acknowledged. A repeat changes nothing.

        Whether it was news. Money has moved, so nothing is refused here. Raises StoreDown."""
        ...

    async def refunded(self, charge: Charge) -> bool:
        """The same for a charge that was given back whole. Raises StoreDown."""
        ...
