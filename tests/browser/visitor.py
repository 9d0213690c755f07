"""A person in front of a real browser. Knows what one can see and do on the widget; must not know what is behind it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import axe_core_python  # type: ignore[import-untyped]
from playwright.async_api import Locator, Page, expect

AXE = Path(axe_core_python.__file__ or "").parent / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


class Visitor:
    """One tab with one widget in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.chat = page.locator("parley-chat")
        self.field = self.chat.locator("textarea")
        self.person = self.chat.locator(".person .body")
        self.answers = self.chat.locator(".assistant .body")
        self.alert = self.chat.locator("[role=alert]")
        self.status = self.chat.locator("[role=status]")

    def button(self, name: str) -> Locator:
        """A button by the name a screen reader gives it."""
        return self.chat.get_by_role("button", name=name, exact=True)

    async def says(self, text: str) -> None:
        """Write and press Enter."""
        await self.field.fill(text)
        await self.field.press("Enter")

    async def sees(self, *texts: str) -> None:
        """Wait until exactly these answers stand there."""
        await expect(self.answers).to_have_text(list(texts), use_inner_text=True)
        await expect(self.chat.locator(".streaming")).to_have_count(0)

    async def said(self, *texts: str) -> None:
        """Wait until exactly these words of the person stand there."""
        await expect(self.person).to_have_text(list(texts))
        await expect(self.chat.locator(".queue .msg")).to_have_count(0)

    async def faults(self) -> list[str]:
        """What axe finds, by rule and place; empty is good."""
        await self.page.evaluate(AXE.read_text())
        found: dict[str, Any] = await self.page.evaluate(
            "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", RULES
        )
        return [
            f"{fault['id']}: {node['target']} {node['failureSummary']}"
            for fault in found["violations"]
            for node in fault["nodes"]
        ]
