from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, expect
from pydantic import SecretStr

from adapters.web.config import Site, WebConfig
from tests.browser.model import Model
from tests.browser.visitor import Visitor
from tests.contract.adapter.kit import WebServer
from tests.kit.browser import chromium

SECRET = "a secret of thirty-two characters!"

WATCH = """
window.__faults = [];
document.addEventListener("securitypolicyviolation", (event) =>
  __faults.push(event.violatedDirective + " " + event.blockedURI + " " + event.sample));
window.addEventListener("error", (event) => __faults.push("error " + event.message));
"""
"""Runs before anything of the page: what the browser's policies refused, and what broke."""

SHOP = """<!doctype html><html lang="en"><head><title>Bakery</title><meta name="viewport" content="width=device-width">
<style>* {{ text-transform: uppercase }} button {{ background: red !important; font-size: 40px }}</style></head>
<body><h1>Old Town Bakery</h1><p><a href="#order">Order</a></p>
<script type="module" src="{hub}/widget.js"></script>
<parley-chat site="{site}" heading="Ask the baker"></parley-chat></body></html>"""

Open = Callable[..., Awaitable[Visitor]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    expect.set_options(timeout=8_000)
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def shop() -> AsyncIterator[dict[str, str]]:
    """A page of somebody else: another origin than the hub's."""
    where = {"hub": ""}

    async def page(request: web.Request) -> web.Response:
        text = SHOP.format(hub=where["hub"], site=request.query.get("site", "shop"))
        return web.Response(text=text, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    where["url"] = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield where
    await runner.cleanup()


@pytest_asyncio.fixture(loop_scope="session")
async def server(shop: dict[str, str]) -> AsyncIterator[WebServer]:
    """The real web adapter behind a real server; `default` is for its own pages, `shop` for the bakery."""
    sites = (
        Site(key="shop", origins=(shop["url"],), identity_secret=SecretStr(SECRET)),
        Site(key="closed"),
    )
    started = await WebServer(WebConfig(sites=sites, file_limit=200_000, uploads_per_minute=0)).start()
    shop["hub"] = started.url
    yield started
    await started.stop()


@pytest.fixture
def model(server: WebServer) -> Model:
    return Model(server)


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser, server: WebServer, model: Model) -> AsyncIterator[Open]:
    """Open a tab: `url` on the hub unless whole; `beside`: another tab of the same browser profile."""
    contexts = []

    async def open_tab(url: str = "/", beside: Visitor | None = None, **options: Any) -> Visitor:
        if beside is None:
            context = await browser.new_context(**options)
            contexts.append(context)
            await context.add_init_script(WATCH)
        else:
            context = beside.page.context
        page = await context.new_page()
        await page.goto(url if url.startswith("http") else server.url + url)
        return Visitor(page)

    yield open_tab
    for context in contexts:
        await context.close()
