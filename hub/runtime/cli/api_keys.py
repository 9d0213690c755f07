"""`parley keys ...`: names and flags. Knows what can be typed; must not import what only one command needs."""

from __future__ import annotations

from typing import Annotated

import typer

keys = typer.Typer(
    help="Keys of the HTTP API: create, list, revoke.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
Tenant = Annotated[int, typer.Option("--tenant", help="Number of the tenant, on a hub with several.")]


@keys.command()
def create(
    account: Annotated[str, typer.Option(help="Who pays: number, identity such as telegram:12345, or e-mail address.")],
    name: Annotated[str, typer.Option(help="What to call it, for lists.")] = "",
    budget: Annotated[str, typer.Option(help="Dollars it may spend: 20, 2.50/day, 10/week, 100/month.")] = "",
    expires: Annotated[str, typer.Option(help="Until when: 30d, 12w, 6m, 1y, or a day such as 2027-03-31.")] = "",
    models: Annotated[str, typer.Option(help="Only these models, separated by commas.")] = "",
    lists_only: Annotated[bool, typer.Option("--lists-only", help="It lists models and asks none.")] = False,
    per_minute: Annotated[
        int, typer.Option(help="Calls in a minute; 0 = as [limits] key_per_minute says.", min=0, max=1_000_000)
    ] = 0,
    tenant: Tenant = 1,
    as_json: Json = False,
) -> None:
    """Make a key and print it: this once, it is kept as a hash."""
    import time

    from hub.domain.key import Scope
    from hub.runtime.cli import accounts
    from hub.runtime.cli import keys as work

    async def inside(desk: accounts.Desk) -> None:
        amount, window = work.budget_of(budget) if budget else (0, Scope().window)
        until = work.expires_of(expires, time.time_ns() // 1_000_000) if expires else 0
        named = work.models_of(models) if models else frozenset()
        scope = Scope(named, lists_only, amount, window, per_minute, until)
        await work.created(desk, account, name, scope, as_json=as_json)

    raise typer.Exit(accounts.run(tenant, inside))


@keys.command("list")
def list_keys(
    account: Annotated[str, typer.Option(help="Only those of this account.")] = "",
    after: Annotated[int, typer.Option(help="Begin after this key number.")] = 0,
    limit: Annotated[int, typer.Option(help="Most lines.", min=1, max=1000)] = 100,
    tenant: Tenant = 1,
    as_json: Json = False,
) -> None:
    """List keys: whose they are, what they may do, when they were last used."""
    from hub.runtime.cli import accounts
    from hub.runtime.cli import keys as work

    raise typer.Exit(accounts.run(tenant, lambda desk: work.listed(desk, account, after, limit, as_json=as_json)))


@keys.command()
def revoke(
    key: Annotated[int, typer.Argument(help="Number of the key.", min=1)],
    tenant: Tenant = 1,
) -> None:
    """Let a key open nothing any more, from now on; a running hub need not be told."""
    from hub.runtime.cli import accounts
    from hub.runtime.cli import keys as work

    raise typer.Exit(accounts.run(tenant, lambda desk: work.revoked(desk, key)))
