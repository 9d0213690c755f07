"""Finds a Chromium and starts it. Knows places and switches; must not know any page."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright

CACHED = Path(__file__).parents[2] / ".cache" / "chromium" / "chromium"
"""Where the set-up puts one on a machine that has none."""
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium() -> str:
    """Path of a Chromium: `PARLEY_CHROMIUM`, the system's, else the cached one. Raises FileNotFoundError."""
    named = os.environ.get("PARLEY_CHROMIUM")
    if named:
        return named
    for name in _NAMES:
        if found := shutil.which(name):
            return found
    if CACHED.exists():
        return str(CACHED)
    raise FileNotFoundError(f"no Chromium: install one, set PARLEY_CHROMIUM, or run make test, which fetches {CACHED}")


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A headless browser."""
    path = find_chromium()
    # The packaged one is made for places without a zygote process.
    switches = [*_SWITCHES, "--no-zygote"] if path == str(CACHED) else list(_SWITCHES)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=switches)
        try:
            yield browser
        finally:
            await browser.close()
