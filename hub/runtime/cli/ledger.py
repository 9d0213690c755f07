"""`parley ledger ...`: names and flags. Knows what can be typed; must not import what only one command needs."""

from __future__ import annotations

from typing import Annotated

import typer

ledger = typer.Typer(help="The ledger: verify.", no_args_is_help=True, rich_markup_mode=None)


@ledger.callback()
def _top() -> None:
    """With one command alone, its name would be left out."""


@ledger.command()
def verify(as_json: Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")] = False) -> None:
    """Add every balance up again from its entries and open calls; exit 0 only if all agree."""
    from hub.runtime.cli import accounts, credits

    agree: list[bool] = []

    async def work(desk: accounts.Desk) -> None:
        agree.append(await credits.verified(desk, as_json=as_json))

    code = accounts.run(1, work)
    raise typer.Exit(code or (0 if agree == [True] else 1))
