"""`parley teams` and `parley groups`. Knows their commands and flags; must not know what they do."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.runtime.cli.people import Account, Json, Tenant

teams = typer.Typer(
    help="Teams, who share a plan and a balance: list, show, create, add, remove, cap, bind.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
groups = typer.Typer(
    help="Groups, and what was decided for each: list, set.", no_args_is_help=True, rich_markup_mode=None
)

TeamName = Annotated[str, typer.Argument(metavar="TEAM", help="Its number, which is that of its account.")]
Place = Annotated[str, typer.Argument(help="platform/bot/chat, such as telegram/12345/-100987; see docs/teams.md.")]
After = Annotated[int, typer.Option(help="Begin after this number.")]
Limit = Annotated[int, typer.Option(help="Most lines.", min=1, max=1000)]


@teams.command("list")
def list_teams(after: After = 0, limit: Limit = 100, tenant: Tenant = 1, as_json: Json = False) -> None:
    """List teams."""
    from hub.runtime.cli import accounts, team_work

    raise typer.Exit(accounts.run(tenant, lambda desk: team_work.listed(desk, after, limit, as_json=as_json)))


@teams.command()
def show(team: TeamName, tenant: Tenant = 1, as_json: Json = False) -> None:
    """Show one team: its members, their roles, caps and what each has spent this month, and its places."""
    from hub.runtime.cli import accounts, team_work

    raise typer.Exit(accounts.run(tenant, lambda desk: team_work.shown(desk, team, as_json=as_json)))


@teams.command()
def create(
    name: Annotated[str, typer.Argument(help="What to call it.")],
    owner: Annotated[str, typer.Option(help="The account that owns it, as in parley accounts.")] = "",
    tenant: Tenant = 1,
    as_json: Json = False,
) -> None:
    """Make a team."""
    from hub.runtime.cli import accounts, team_work

    raise typer.Exit(accounts.run(tenant, lambda desk: team_work.created(desk, name, owner, as_json=as_json)))


@teams.command()
def add(
    team: TeamName,
    account: Account,
    role: Annotated[str, typer.Option(help="member, admin or owner.")] = "member",
    tenant: Tenant = 1,
    as_json: Json = False,
) -> None:
    """Make somebody a member, or a member something else."""
    from hub.runtime.cli import accounts, team_work

    raise typer.Exit(accounts.run(tenant, lambda desk: team_work.added(desk, team, account, role, as_json=as_json)))


@teams.command()
def remove(team: TeamName, account: Account, tenant: Tenant = 1, as_json: Json = False) -> None:
    """Take somebody out of a team."""
    from hub.runtime.cli import accounts, team_work

    raise typer.Exit(accounts.run(tenant, lambda desk: team_work.removed(desk, team, account, as_json=as_json)))


@teams.command()
def cap(
    team: TeamName,
    most: Annotated[list[str], typer.Argument(help="Such as 5 (dollars), 200 messages, 100000 tokens; or none.")],
    member: Annotated[str, typer.Option(help="Whose cap, as in parley accounts; else everybody's.")] = "",
    tenant: Tenant = 1,
    as_json: Json = False,
) -> None:
    """Bound what members spend in a calendar month."""
    from hub.runtime.cli import accounts, team_work

    raise typer.Exit(accounts.run(tenant, lambda desk: team_work.capped(desk, team, most, member, as_json=as_json)))


@teams.command()
def bind(
    team: TeamName,
    place: Place,
    everybody: Annotated[bool, typer.Option("--everybody", help="All who ask there become members.")] = False,
    private: Annotated[bool, typer.Option("--private", help="Private chats with the bot are part of it.")] = False,
    off: Annotated[bool, typer.Option("--off", help="The place is the team's no more.")] = False,
    tenant: Tenant = 1,
    as_json: Json = False,
) -> None:
    """Make a workspace, server or group the home of a team, which pays for its members there."""
    from hub.runtime.cli import accounts, team_work

    def work(desk: accounts.Desk) -> team_work.Work:
        return team_work.bound(desk, team, place, everybody=everybody, private=private, off=off, as_json=as_json)

    raise typer.Exit(accounts.run(tenant, work))


@groups.command("list")
def list_groups(after: After = 0, limit: Limit = 100, tenant: Tenant = 1, as_json: Json = False) -> None:
    """List groups that something was decided for."""
    from hub.runtime.cli import accounts, group_work

    raise typer.Exit(accounts.run(tenant, lambda desk: group_work.listed(desk, after, limit, as_json=as_json)))


@groups.command("set")
def set_group(
    group: Place,
    overlap: Annotated[str, typer.Option(help="queue, merge, interrupt or default.")] = "",
    answer: Annotated[str, typer.Option(help="always, addressed or default.")] = "",
    ask: Annotated[str, typer.Option(help="everybody, members, admins or default.")] = "",
    allow: Annotated[str, typer.Option(help="A user's id on the platform, to be listed for --ask members.")] = "",
    pay: Annotated[str, typer.Option(help="sender, default, or the number of the team that pays.")] = "",
    tenant: Tenant = 1,
    as_json: Json = False,
) -> None:
    """Decide for a group what its admins decide with /group; a running hub keeps to it within seconds."""
    from hub.runtime.cli import accounts, group_work

    choices = group_work.Choices(overlap, answer, ask, allow, pay)
    raise typer.Exit(accounts.run(tenant, lambda desk: group_work.decided(desk, group, choices, as_json=as_json)))
