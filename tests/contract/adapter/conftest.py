from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from pydantic import SecretStr

from adapters.web.config import Site, WebConfig
from tools.platforms import table

from .house import Room
from .kit import WebServer

SECRET = "a secret of thirty-two characters!"

SITES = (
    Site(key="shop", origins=("https://shop.example", "https://shop.example:8443"), identity_secret=SecretStr(SECRET)),
    Site(
        key="club",
        origins=("https://club.example",),
        require_identity=True,
        identity_secret=SecretStr(SECRET + "2"),
        tenant=2,
    ),
    Site(key="closed"),
)


GUEST = pytest.StashKey[tuple[str, ...]]()
"""What an adapter from another package can do."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """After the contract, what each platform can do: the table that README.md shows, or a guest's line of it."""
    if any("adapter/test_contract" in report.nodeid for report in terminalreporter.getreports("passed")):
        terminalreporter.section("what each platform can do")
        guest = terminalreporter.config.stash.get(GUEST, None)
        terminalreporter.write(table([guest] if guest else None))


@pytest.fixture
async def serve() -> AsyncIterator[Callable[..., Awaitable[WebServer]]]:
    servers: list[WebServer] = []

    async def start(*, listen: bool = True, secret: bytes = b"a house", **config: Any) -> WebServer:
        server = WebServer(WebConfig(**{"sites": SITES, **config}), Room(secret=secret))
        servers.append(server)
        return await server.start(listen=listen)

    yield start
    for server in servers:
        await server.stop()


@pytest.fixture
async def web(serve: Callable[..., Awaitable[WebServer]]) -> WebServer:
    return await serve()
