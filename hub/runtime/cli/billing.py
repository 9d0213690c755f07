"""`parley billing ...`. Knows its commands and what they print; must not know how Stripe is spoken to."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated

import typer

billing = typer.Typer(
    help="Payments: setup, show, reconcile.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


@billing.command("setup")
def setup(
    new_secret: Annotated[
        bool, typer.Option("--new-secret", help="Make the webhook anew, with a fresh secret.")
    ] = False,
) -> None:
    """Put up at Stripe what is missing: prices of the plans, the customers' page, the webhook. As often as you like."""
    from hub.runtime.cli.billing_work import put_up

    raise typer.Exit(asyncio.run(put_up(new_secret=new_secret)))


@billing.command("show")
def show(as_json: Json = False) -> None:
    """Show what is for sale, what stands at Stripe, payments for which nothing was given, and what is tried again."""
    from hub.runtime.cli.billing_work import shown

    told = asyncio.run(shown())
    if as_json:
        print(json.dumps(told, indent=2))
        return
    for name, value in told.items():
        if isinstance(value, list):
            print(f"{name}:" + "".join(f"\n  {line}" for line in value) + ("" if value else " none"))
        else:
            print(f"{name}: {value}")


@billing.command("reconcile")
def reconcile(
    days: Annotated[int, typer.Option(min=1, max=30, help="How far back to look the first time.")] = 3,
    as_json: Json = False,
) -> None:
    """Ask Stripe what happened and apply what was missed, such as while the webhook was down. Harms nothing."""
    from hub.runtime.cli.billing_work import caught_up

    told = asyncio.run(caught_up(days))
    if as_json:
        print(
            json.dumps({"listed": told.listed, "healed": told.healed, "failed": len(told.stuck), "stuck": told.stuck})
        )
    else:
        print(
            f"{told.listed} events listed, {told.healed} of them were news, {len(told.stuck)} could not be dealt with."
        )
        for line in told.stuck:
            print(f"  {line}")
    raise typer.Exit(1 if told.stuck else 0)
