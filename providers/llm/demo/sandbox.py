"""Nothing to stand in for: the demo has no server. Here so that every provider is opened in the same way by tests."""

from __future__ import annotations

from typing import Self


class DemoSandbox:
    """Opens and closes; hears nothing, because nothing is sent."""

    base_url = ""
    heard: tuple[()] = ()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None
