"""The three platforms together, a till, and the settings of a hub on them. Knows keys; must not know a pane's looks."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from hub.runtime.catalogue import make_catalogue
from hub.runtime.cli.settings import enter_home
from hub.runtime.playground.panes.discord import DiscordPane
from hub.runtime.playground.panes.pane import Pane
from hub.runtime.playground.panes.slack import SlackPane
from hub.runtime.playground.panes.telegram import TelegramPane
from hub.runtime.settings.layers import read_layers
from hub.runtime.settings.load import Loaded, load
from providers.payments.stripe.sandbox import StripeSandbox
from providers.presets import DEMO

SITE = "playground"
"""The site of the widget, whose visitors the playground signs for."""

TAKEN_OVER = ("providers", "models", "assistant")
"""Tables of the operator's own settings that count here, once a real model is asked for."""

DEAR = "demo-paid"
"""The demo once more, dearer than any model: a long answer of it spends the free plan, and the wall is seen."""

DEAR_PRICES = {"price_input": 20, "price_output": 1_000}
"""Dollars per million tokens."""

STARS = {("plans", "pro", "stars"): 1_500, ("telegram", "stars_per_dollar"): 75}
"""What things cost in Telegram's own currency, of which everybody on the page has plenty."""

GREETING = "What would you like to know?"
SUGGESTIONS = ["What is Parley?", "Show markdown", "Give me a long answer"]


@asynccontextmanager
async def open_stage() -> AsyncIterator[tuple[Pane, ...]]:
    """The platforms, listening on loopback with everybody on them."""
    panes: tuple[Pane, ...] = (TelegramPane(), SlackPane(), DiscordPane())
    async with contextlib.AsyncExitStack() as stack:
        for pane in panes:
            await pane.start()
            stack.push_async_callback(pane.stop)
        yield panes


@asynccontextmanager
async def open_till(port: int) -> AsyncIterator[StripeSandbox]:
    """A stand-in for Stripe, whose webhooks go to a hub on `port`: what is paid there moves no money."""
    async with StripeSandbox() as till:
        till.listen(f"http://127.0.0.1:{port}/hooks/stripe")
        yield till


def free_port() -> int:
    """A loopback port that nobody listens on now: links to our own pages have to name it before the hub listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_settings(
    panes: Sequence[Pane], till: StripeSandbox, folder: Path, database: Path, port: int, model: str
) -> Loaded:
    """Settings of a hub that lives on `panes` and is paid at `till`; `folder` is empty. With `model`, the operator's
    providers count.

    Raises SettingsError when there is no such model or it cannot be used."""
    flags: dict[tuple[str, ...], tuple[str, Any]] = {}
    if model:
        for entry in read_layers(enter_home(), os.environ):
            if entry.path[0] in TAKEN_OVER:
                flags[entry.path] = (entry.origin, entry.value)
    site = {
        "key": SITE,
        "require_identity": True,
        "identity_secret": secrets.token_urlsafe(32),
        "appearance": {"title": "Parley", "greeting": GREETING, "suggestions": SUGGESTIONS},
    }
    ours: dict[tuple[str, ...], Any] = {
        ("server", "host"): "127.0.0.1",
        ("server", "port"): port,
        ("server", "public_url"): f"http://127.0.0.1:{port}",
        ("stripe", "secret_key"): till.secret_key,
        ("stripe", "webhook_secret"): till.webhook_secret,
        ("stripe", "api_base"): till.url,
        ("database", "url"): f"sqlite+aiosqlite:///{database}",
        ("web", "sites"): [site],
        ("log", "level"): "warning",
        **STARS,
    }
    if not model:
        ours["models",] = [{"name": DEAR, "provider": DEMO.name, "id": DEMO.models[0].name, **DEAR_PRICES}]
    for pane in panes:
        ours |= pane.keys()
    flags |= {path: ("playground", value) for path, value in ours.items()}
    nothing = {"PARLEY_SECRETS_DIR": str(folder)}
    if model:
        make_catalogue(load(folder, nothing, flags).settings).check(model, "--model")
    flags["routing", "default"] = ("--model", model or DEMO.models[0].name)
    return load(folder, nothing, flags)
