"""`parley accounts ...`: names and flags. Knows what can be typed; must not import what only one command needs."""

from __future__ import annotations

from typing import Annotated

import typer

accounts = typer.Typer(
    help="People and their accounts: list, show, create, block, link, logins.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
Tenant = Annotated[int, typer.Option("--tenant", help="Number of the tenant, on a hub with several.")]
Account = Annotated[str, typer.Argument(help="Its number, an identity such as telegram:12345, or an e-mail address.")]


@accounts.command("list")
def list_accounts(
    after: Annotated[int, typer.Option(help="Begin after this account number.")] = 0,
    limit: Annotated[int, typer.Option(help="Most lines.", min=1, max=1000)] = 100,
    tenant: Tenant = 1,
    as_json: Json = False,
) -> None:
    """List people's accounts: where they are known, how much they have talked."""
    from hub.runtime.cli import accounts as work

    raise typer.Exit(work.run(tenant, lambda desk: work.listed(desk, after, limit, as_json=as_json)))


@accounts.command()
def show(account: Account, tenant: Tenant = 1, as_json: Json = False) -> None:
    """Show one account."""
    from hub.runtime.cli import accounts as work

    raise typer.Exit(work.run(tenant, lambda desk: work.shown(desk, account, as_json=as_json)))


@accounts.command()
def create(
    name: Annotated[str, typer.Argument(help="What to call it.")],
    plan: Annotated[str, typer.Option(help="Kept for a later version.")] = "",
    tenant: Tenant = 1,
    as_json: Json = False,
) -> None:
    """Make an account that nobody writes from yet: for a login, or to link people into."""
    from hub.runtime.cli import accounts as work

    if plan:
        raise typer.Exit(work.later("Plans"))
    raise typer.Exit(work.run(tenant, lambda desk: work.created(desk, name, as_json=as_json)))


@accounts.command()
def grant(account: Account, credits: Annotated[str, typer.Argument(help="How many.")], tenant: Tenant = 1) -> None:
    """Give credits; comes with a later version."""
    from hub.runtime.cli import accounts as work

    raise typer.Exit(work.later("Credits"))


@accounts.command()
def block(account: Account, tenant: Tenant = 1, as_json: Json = False) -> None:
    """Answer nobody of this account any more, from the next message on."""
    from hub.runtime.cli import accounts as work

    raise typer.Exit(work.run(tenant, lambda desk: work.blocked(desk, account, block=True, as_json=as_json)))


@accounts.command()
def unblock(account: Account, tenant: Tenant = 1, as_json: Json = False) -> None:
    """Answer this account again."""
    from hub.runtime.cli import accounts as work

    raise typer.Exit(work.run(tenant, lambda desk: work.blocked(desk, account, block=False, as_json=as_json)))


@accounts.command()
def link(
    kept: Annotated[str, typer.Argument(help="The account that stays, with its settings.")],
    joined: Annotated[str, typer.Argument(help="The account that becomes part of it.")],
    tenant: Tenant = 1,
    as_json: Json = False,
) -> None:
    """Join two accounts of one person, as /link does; only /link off, said by that person, takes them apart."""
    from hub.runtime.cli import accounts as work

    raise typer.Exit(work.run(tenant, lambda desk: work.joined(desk, kept, joined, as_json=as_json)))


@accounts.command()
def login(
    account: Account,
    email: Annotated[str, typer.Option(help="The e-mail address.")],
    remove: Annotated[bool, typer.Option("--remove", help="Take the login away.")] = False,
    tenant: Tenant = 1,
    as_json: Json = False,
) -> None:
    """Let an e-mail address log in to an account; the password is asked for, or read from the first line of stdin."""
    from hub.runtime.cli import accounts as work

    password = None if remove else work.ask_password()
    raise typer.Exit(work.run(tenant, lambda desk: work.logs_in(desk, account, email, password, as_json=as_json)))
