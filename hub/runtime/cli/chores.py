"""`parley jobs`, `mail`, `usage` and their like: names and flags. Knows what can be typed; must not import early."""

from __future__ import annotations

from typing import Annotated

import typer

jobs = typer.Typer(
    help="Work that comes round: list, run, history.",
    rich_markup_mode=None,
)
mail = typer.Typer(
    help="Outgoing mail: test, list.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
Name = Annotated[str, typer.Argument(help="Name of the job, as parley jobs list shows it.")]


@jobs.callback(invoke_without_command=True)
def of_jobs(context: typer.Context) -> None:
    """Work that comes round: list, run, history."""
    if context.invoked_subcommand is None:
        list_jobs()


@jobs.command("list")
def list_jobs(as_json: Json = False) -> None:
    """List jobs: when each is due, how its last run went."""
    from hub.runtime.cli.jobs import listed, with_store

    raise typer.Exit(with_store(lambda store, loaded: listed(store, as_json=as_json)))


@jobs.command("run")
def run_job(
    name: Name,
    slot: Annotated[str, typer.Option(help="Which time, such as 2026-11-21T07:00Z; by default the newest.")] = "",
) -> None:
    """Run a job now, even if this slot was run before. Beside a running hub too."""
    from hub.runtime.cli.jobs import run_now, with_store

    raise typer.Exit(with_store(lambda store, loaded: run_now(store, loaded, name, slot)))


@jobs.command()
def history(
    name: Name,
    limit: Annotated[int, typer.Option(help="Most lines.", min=1, max=1000)] = 20,
    as_json: Json = False,
) -> None:
    """List the newest runs of a job."""
    from hub.runtime.cli.jobs import past, with_store

    raise typer.Exit(with_store(lambda store, loaded: past(store, name, limit, as_json=as_json)))


@mail.command("test")
def send_test_mail(
    address: Annotated[str, typer.Argument(help="Where the test mail goes.")],
    language: Annotated[str, typer.Option(help="Its language, such as de.")] = "en",
) -> None:
    """Send a test mail now and say what the server answered."""
    from hub.runtime.cli.mail import send_test

    raise typer.Exit(send_test(address, language))


@mail.command("list")
def list_mail(
    dead: Annotated[bool, typer.Option("--dead", help="Only those that were given up.")] = False,
    limit: Annotated[int, typer.Option(help="Most lines.", min=1, max=1000)] = 50,
    as_json: Json = False,
) -> None:
    """List the newest mails: whom they were for, what became of them and why."""
    from hub.runtime.cli.jobs import with_store
    from hub.runtime.cli.mail import listed

    raise typer.Exit(with_store(lambda store, loaded: listed(store, limit, dead=dead, as_json=as_json)))


Who = Annotated[str, typer.Argument(help="Its number, an identity such as telegram:12345, or an e-mail address.")]
Tenant = Annotated[int, typer.Option("--tenant", help="Number of the tenant, on a hub with several.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV for spreadsheets.")]


def usage(
    account: Who = "",
    house: Annotated[bool, typer.Option("--house", help="Everybody's.")] = False,
    begin: Annotated[str, typer.Option("--from", help="First day, such as 2026-11-01; by default this month's.")] = "",
    end: Annotated[str, typer.Option("--to", help="Last day; by default today.")] = "",
    tenant: Tenant = 1,
    as_csv: Csv = False,
    as_json: Json = False,
) -> None:
    """Show what an account paid for, or everybody: calls, tokens, cost by model and platform; CSV and JSON by day."""
    from hub.runtime.cli import reports
    from hub.runtime.cli.accounts import run

    form = reports.form(as_csv=as_csv, as_json=as_json)
    raise typer.Exit(run(tenant, lambda desk: reports.usage(desk, account, begin, end, form, house=house)))


def statement(
    account: Who = "",
    month: Annotated[str, typer.Argument(help="Such as 2026-10; by default the one that runs.")] = "",
    house: Annotated[bool, typer.Option("--house", help="The house's; then the month alone is named.")] = False,
    tenant: Tenant = 1,
    as_csv: Csv = False,
    as_json: Json = False,
) -> None:
    """Show a month's statement: what was there, what was given, used, lapsed and paid back, what is left, tokens."""
    from hub.runtime.cli import reports
    from hub.runtime.cli.accounts import run

    form = reports.form(as_csv=as_csv, as_json=as_json)
    raise typer.Exit(run(tenant, lambda desk: reports.statement(desk, account, month, form, house=house)))


def export(
    account: Who,
    out: Annotated[str, typer.Option(help="Write to this new file; by default to stdout.")] = "",
    tenant: Tenant = 1,
) -> None:
    """Write down everything that is held of a person, as JSON, files included."""
    from hub.runtime.cli import person
    from hub.runtime.cli.accounts import run

    raise typer.Exit(run(tenant, lambda desk: person.export(desk, account, out)))


def forget(
    account: Who,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing.")] = False,
    tenant: Tenant = 1,
) -> None:
    """Erase everything that is held of a person; what was used and paid stays as numbers without a name."""
    from hub.runtime.cli import person
    from hub.runtime.cli.accounts import run

    raise typer.Exit(run(tenant, lambda desk: person.forget(desk, account, sure=yes)))
