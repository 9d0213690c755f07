"""Putting the house together and taking it apart. Knows the order; must not know HTTP or the command line."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.core.commands.registry import menu
from hub.core.house import CoreHouse
from hub.core.hub import Hub
from hub.core.jobs.runner import Runner
from hub.core.money.stars import StarTill, star_offers
from hub.core.operations.following import Following
from hub.core.operations.keys import KeyRing
from hub.core.operations.person import Exports
from hub.core.operations.refusals import Refusals
from hub.domain.errors import AdapterError, SettingsError
from hub.domain.model import Endpoint
from hub.ports.adapter import Adapter, CommandMenu
from hub.ports.provider import Provider, Transcribe
from hub.ports.store import Store
from hub.runtime.catalogue import Catalogue, make_catalogue
from hub.runtime.jobs import make_jobs
from hub.runtime.mail import make_postman, make_refusals
from hub.runtime.payments import make_sales, open_gateway
from hub.runtime.rules import make_rules
from hub.runtime.settings.load import Loaded

if TYPE_CHECKING:
    from hub.core.mail.postman import Postman
    from hub.core.operations.sales import Sales

LOG = logging.getLogger("parley.run")

API_KEYS = "api-keys"
"""Purpose of the house's key under which keys of the API are hashed."""

GRACE_SECONDS = 8.0
"""How long running answers may take to end after a stop is asked for; the whole stop takes less than 20 s."""


@dataclass(frozen=True, slots=True)
class House:
    """Everything that lives while Parley runs."""

    store: Store
    providers: Mapping[str, Provider]
    adapters: Mapping[str, Adapter]
    hub: Hub
    keys: KeyRing
    catalogue: Catalogue
    stop_local: Callable[[], None]
    owner: str
    """Name of this process in leases."""
    models: tuple[str, ...]
    """Those people may choose."""
    runner: Runner
    refusals: Refusals
    exports: Exports
    postman: Postman | None
    sales: Sales | None

    def start_work(self) -> None:
        """Begin with jobs and mails."""
        self.runner.start()
        if self.postman is not None:
            self.postman.start()

    async def stop_work(self, grace_seconds: float) -> None:
        """End jobs and mails: what runs has the grace, then it is broken off and done again later."""
        ending = [self.runner.close(grace_seconds)]
        if self.postman is not None:
            ending.append(self.postman.close(grace_seconds))
        await asyncio.gather(*ending)

    async def close_adapters(self) -> None:
        """Close every stream and connection to people; the hub must have been stopped."""
        for adapter in self.adapters.values():
            await adapter.close()

    async def close(self) -> None:
        """Give back providers and store, once nobody can ask for anything any longer."""
        for provider in self.providers.values():
            await provider.close()
        if self.sales is not None:
            await self.sales.gateway.close()
        await asyncio.to_thread(self.stop_local)
        await self.store.close()


async def open_house(loaded: Loaded, configs: Mapping[str, Any], *, alone: bool) -> House:
    """Open the store (which migrates), make providers, adapters and core. `configs`: adapter name to its config.

    `alone`: no second process may run on the same SQLite file. Raises SettingsError, StoreDown."""
    from adapters.table import create as create_adapter
    from providers.table import create as create_provider
    from storage.store import open_store

    settings = loaded.settings
    catalogue = make_catalogue(settings)
    for entry in catalogue.listed:
        if entry.unpriced:
            LOG.warning("%s cannot be used: %s", entry.model.name, entry.why_not)
    check_folder(settings.database.url)
    store = await open_store(settings.database.url, synchronous=settings.database.synchronous, alone=alone)
    endpoints, stop_local = await _with_local(catalogue)
    providers = {endpoint.name: create_provider(endpoint) for endpoint in endpoints}
    rooms = await CoreHouse.open(store)
    adapters = {name: create_adapter(name, config, rooms) for name, config in configs.items()}
    owner = make_owner()
    rules = make_rules(settings, catalogue)
    if rules.hearing and not isinstance(providers[rules.hearing.provider], Transcribe):
        raise SettingsError(
            f"[assistant] transcription names `{rules.hearing.name}`, whose provider cannot write recordings down."
        )
    hub = Hub(store, adapters, providers, rules, owner)
    follow = Following(store, rules.shop, rules.plans, hub.ask_again, hub.deliver_soon)
    rooms.till = StarTill(store, lambda: star_offers(rules.stars, rules.plans, rules.shop.topups), follow)
    sales = make_sales(store, await open_gateway(settings, rules.plans, store), rules, follow, adapters)
    runner = Runner(store, make_jobs(store, settings, sales), owner)
    refusals = make_refusals(store, rooms, settings)
    exports = Exports(store, await store.house_secret("export"))
    postman = make_postman(store, refusals, settings.smtp)
    models = tuple(rules.models)
    keys = KeyRing(store, rooms.key_for(API_KEYS), settings.limits.key_per_minute)
    return House(
        store,
        providers,
        adapters,
        hub,
        keys,
        catalogue,
        stop_local,
        owner,
        models,
        runner,
        refusals,
        exports,
        postman,
        sales,
    )


async def _with_local(catalogue: Catalogue) -> tuple[list[Endpoint], Callable[[], None]]:
    """The endpoints with the small model of this machine, started if it is wanted, and what stops it."""
    if not catalogue.local:
        return list(catalogue.endpoints), lambda: None
    from providers.local import start_local_model
    from providers.presets import LOCAL

    base_url, key, stop = await start_local_model()
    return [*catalogue.endpoints, Endpoint(LOCAL.name, LOCAL.kind, key, base_url)], stop


def make_owner() -> str:
    """A name for this process in leases."""
    return f"{socket.gethostname()}-{os.getpid()}-{os.urandom(4).hex()}"


def sqlite_file(url: str) -> Path | None:
    """The file of a SQLite address; None for other databases and for memory."""
    scheme, _, rest = url.partition(":///")
    if not scheme.startswith("sqlite") or not rest or rest.startswith(":memory:"):
        return None
    return Path(rest.partition("?")[0])


def check_folder(url: str) -> None:
    """Raises SettingsError, in words, when the SQLite file could not be written where it is to stand."""
    file = sqlite_file(url)
    if file is None:
        return
    folder = file.parent.absolute()
    if not folder.is_dir():
        raise SettingsError(f"The folder {folder} does not exist. Make it, or set [database] url to another place.")
    writable = os.access(folder, os.W_OK | os.X_OK) and (not file.exists() or os.access(file, os.W_OK))
    if not writable:
        raise SettingsError(
            f"The database {folder / file.name} cannot be written. Give this user the right to write in {folder}, "
            "or set [database] url to another place."
        )


async def publish_menus(house: House) -> None:
    """Show the commands in every platform's own menu; a platform that refuses is logged and served all the same."""
    for name, adapter in house.adapters.items():
        if isinstance(adapter, CommandMenu):
            try:
                await adapter.publish(menu(house.models))
            except AdapterError as error:
                LOG.warning("%s did not take the command menu: %s", name, error)
