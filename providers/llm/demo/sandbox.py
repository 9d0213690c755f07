"""Nothing to stand in for. Knows that the demo has no server, so that tests open every provider in the same way;
must not know what the demo says.
"""

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
