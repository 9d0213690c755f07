"""`parley accounts ...`: names and flags. Knows what can be typed; must not import what only one command needs."""

from __future__ import annotations

from typing import Annotated

import typer

accounts = typer.Typer(
    help="People and their accounts: list, show, create, grant, plan, block, unblock, link, login.",
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
    plan: Annotated[str, typer.Option(help="A plan of the settings; without it, the default.")] = "",
    tenant: Tenant = 1,
    as_json: Json = False,
) -> None:
    """Make an account that nobody writes from yet: for a log-in, or to link people into."""
    from hub.runtime.cli import accounts as work

    raise typer.Exit(work.run(tenant, lambda desk: work.created(desk, name, plan=plan, as_json=as_json)))


@accounts.command()
def grant(
    account: Account,
    amount: Annotated[str, typer.Argument(help="How many, such as 5 or 0.50.")],
    unit: Annotated[str, typer.Option(help="dollars, tokens or messages.")] = "dollars",
    note: Annotated[str, typer.Option(help="A word on why, kept in the ledger.")] = "",
    key: Annotated[str, typer.Option(help="With the same key nothing is given twice.")] = "",
    tenant: Tenant = 1,
    as_json: Json = False,
) -> None:
    """Give credit, which never lapses and is spent after the plan's allowance."""
    from hub.runtime.cli import accounts as work
    from hub.runtime.cli.credits import granted

    raise typer.Exit(work.run(tenant, lambda desk: granted(desk, account, amount, unit, note, key, as_json=as_json)))


@accounts.command()
def plan(
    account: Account,
    name: Annotated[str, typer.Argument(help="A plan of the settings.")],
    tenant: Tenant = 1,
    as_json: Json = False,
) -> None:
    """Put an account on a plan from now on; what is left of the former allowance lapses."""
    from hub.runtime.cli import accounts as work
    from hub.runtime.cli.credits import put_on_plan

    raise typer.Exit(work.run(tenant, lambda desk: put_on_plan(desk, account, name, as_json=as_json)))


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
    remove: Annotated[bool, typer.Option("--remove", help="Take the log-in away.")] = False,
    tenant: Tenant = 1,
    as_json: Json = False,
) -> None:
    """Let an e-mail address log in to an account; the password is asked for, or read from the first line of stdin."""
    from hub.runtime.cli import accounts as work

    password = None if remove else work.ask_password()
    raise typer.Exit(work.run(tenant, lambda desk: work.logs_in(desk, account, email, password, as_json=as_json)))
