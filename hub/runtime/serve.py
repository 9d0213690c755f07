"""`parley run`: ordered start, ordered stop. Knows signals, sockets and the banner; must not know routes."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import os
import signal
import socket
from typing import TYPE_CHECKING, Protocol

from aiohttp import web

from hub.api.describe.routes import Description
from hub.api.mail.unsubscribe import Unsubscribe
from hub.api.person.export import Export
from hub.api.v1 import doors as v1
from hub.domain.errors import SettingsError
from hub.ports.adapter import Webhook
from hub.runtime.collector import Collector
from hub.runtime.house import GRACE_SECONDS, House, open_house, publish_menus
from hub.runtime.http_edge import Gate, make_app, make_runner
from hub.runtime.http_health import Health
from hub.runtime.http_proxy import networks
from hub.runtime.payments import own_origin
from hub.runtime.platforms import platform_configs
from hub.runtime.settings.load import Loaded
from hub.runtime.supervisor import Supervisor
from hub.runtime.version import version

if TYPE_CHECKING:
    from hub.api.v1.routes import V1
    from hub.runtime.settings.root import Settings

LOG = logging.getLogger("parley.run")

CLOSE_SECONDS = 2.0
"""How long open answers over HTTP may last once the adapters have closed their streams."""

END_SECONDS = 18.5
"""When a stop has taken so long somebody does not answer, such as a frozen database: the next start goes on."""

ONE_SIGNAL_SECONDS = 0.5
"""Signals closer than this are one: a wrapper passes on what the whole process group has been sent already."""

BACKLOG = 1024
"""Connections the system holds for us while the loop is busy."""


class Annex(Protocol):
    """More pages beside those of the platforms. `grace`: seconds that running answers have to end at a stop."""

    grace: float

    def mount(self, app: web.Application) -> None:
        """Add its routes."""

    def opened(self, url: str) -> None:
        """Everything is served at `url`; it tells people so, in place of our banner."""


async def serve(loaded: Loaded, annex: Annex | None = None) -> None:
    """Run everything until a signal. Raises SettingsError and StoreDown before it listens, with words for people."""
    settings = loaded.settings
    stopping = _signals()
    listening = listen(settings.server.host, settings.server.port)
    try:
        house = await open_house(loaded, platform_configs(loaded), alone=True)
    except BaseException:
        listening.close()
        raise
    gate = Gate()
    supervisor = Supervisor(house.adapters, house.store, house.owner, settings.limits.lease_seconds)
    app = _app(settings, house, gate, supervisor)
    if annex is not None:
        annex.mount(app)
    runner = make_runner(
        app,
        access_log=settings.log.level == "debug",
        close_seconds=CLOSE_SECONDS,
        trusted=networks(settings.server.trusted_proxies),
    )
    try:
        await house.hub.start(alone=settings.database.url.startswith("sqlite"))
    except BaseException:
        await house.close()
        listening.close()
        raise
    await runner.setup()
    supervisor.start(house.hub.accept)
    house.start_work()
    await web.SockSite(runner, listening, backlog=BACKLOG).start()
    if annex is None:
        _announce(loaded, house, listening)
    else:
        annex.opened(url_of(settings.server.host, listening))
    menus = asyncio.create_task(publish_menus(house))
    collector = Collector()
    await stopping.wait()
    collector.close()
    menus.cancel()
    await _stop(house, gate, supervisor, runner, annex.grace if annex else GRACE_SECONDS)


async def _stop(house: House, gate: Gate, supervisor: Supervisor, runner: web.AppRunner, grace: float) -> None:
    leave_after(END_SECONDS)
    LOG.info("stopping: running answers have %g s to end; a second signal ends at once", grace)
    gate.open = False
    await asyncio.gather(house.hub.stop(grace), house.stop_work(grace))
    await supervisor.stop()
    await house.close_adapters()
    await runner.cleanup()
    await house.close()
    LOG.info("stopped")


def leave_after(seconds: float) -> asyncio.TimerHandle:
    """End the process then, however far it has come: whatever is accepted is a row, and found again."""

    def leave() -> None:
        LOG.error("not all could be closed in time; the next start goes on with what is open")
        os._exit(1)

    return asyncio.get_running_loop().call_later(seconds, leave)


def _app(settings: Settings, house: House, gate: Gate, supervisor: Supervisor) -> web.Application:
    app = make_app(settings.server.max_body, settings.server.public_url, gate)
    Health(house.store, supervisor, gate, metrics=settings.server.metrics).mount(app)
    Unsubscribe(house.refusals).mount(app)
    Export(house.exports).mount(app)
    Description(version(), settings.server.public_url).mount(app)
    v1.mount(app, lambda: _v1(settings, house))
    if house.sales is not None:
        from hub.api.pay import PayRoutes

        PayRoutes(house.sales, own_origin(settings)).mount(app)
    for adapter in house.adapters.values():
        if isinstance(adapter, Webhook):
            for route in adapter.routes():
                app.router.add_route(route.method, route.path, route.serve)  # type: ignore[arg-type]
    return app


def _v1(settings: Settings, house: House) -> V1:
    from hub.api.v1.routes import V1

    return V1(house.keys, house.hub.completions, house.store, settings.limits.turn_seconds)


def _signals() -> asyncio.Event:
    """An event set by the first SIGTERM or SIGINT; the second ends the process at once."""
    stopping, clock = asyncio.Event(), asyncio.get_running_loop()
    first = 0.0

    def asked() -> None:
        nonlocal first
        if not stopping.is_set():
            first = clock.time()
            stopping.set()
        elif clock.time() - first > ONE_SIGNAL_SECONDS:
            os._exit(130)

    for number in (signal.SIGTERM, signal.SIGINT):
        clock.add_signal_handler(number, asked)
    return stopping


def listen(host: str, port: int) -> socket.socket:
    """A bound socket. Raises SettingsError, in words, when the address is taken or not ours."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError:
        raise SettingsError(
            f"`{host}` is no address of this machine. Set [server] host or --host to another."
        ) from None
    bound = socket.socket(family, kind, protocol)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(address)
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        raise SettingsError(_why_not_bound(host, port, error)) from None
    bound.setblocking(False)
    return bound


def _why_not_bound(host: str, port: int, error: OSError) -> str:
    if error.errno in (98, 48, 10048):
        return (
            f"Port {port} on {host} is taken by another program (perhaps another Parley). "
            f"Stop that one, or choose another port: parley run --port {port + 1 if port < 65535 else 8080}"
        )
    if error.errno in (13, 10013):
        return f"Port {port} needs more rights than this user has. Choose one above 1023: parley run --port 8080"
    return f"Cannot listen on {host} port {port}: {error.strerror}. Set [server] host or --host to another."


def url_of(host: str, listening: socket.socket) -> str:
    """Where a person on this machine finds us."""
    port = listening.getsockname()[1]
    shown = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104 - compared, not bound
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}/"


def beyond_loopback(host: str) -> bool:
    """Whether other machines can reach what listens on `host`."""
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"


def _announce(loaded: Loaded, house: House, listening: socket.socket) -> None:
    server = loaded.settings.server
    url = url_of(server.host, listening)
    platforms = ", ".join(house.adapters) or "none"
    providers = ", ".join(house.providers)
    lines = [
        f"Parley is ready: {server.public_url or url}",
        f"  platforms  {platforms}",
        f"  providers  {providers}",
        f"  model      {house.catalogue.default}",
    ]
    if house.catalogue.default == "demo":
        lines.append("  The demo model needs no key. For a real one: parley init")
    print("\n".join(lines), flush=True)
    LOG.info("listening on %s", url)
    if beyond_loopback(server.host) and not server.public_url.startswith("https://"):
        LOG.warning(
            "other machines can reach %s without encryption; put a TLS proxy in front and set [server] public_url "
            "to its https address",
            server.host,
        )
    for name in loaded.unserved():
        LOG.warning("%s is set, and this version does not serve it yet", name)
