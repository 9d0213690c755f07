"""Who answers in the browser tests: streams words through the real adapter. Knows its port; needs no core."""

from __future__ import annotations

import asyncio

from hub.domain.address import Address
from hub.domain.inbound import Inbound, Said
from hub.domain.reply import Button, Part
from tests.contract.adapter.house import said_as
from tests.contract.adapter.kit import WebServer

RICH = """Here is **bold**, `snake_case_name` and a [link](https://example.org/docs).

# Heading

1. one
2. two
   - nested

- [x] done
- [ ] open

```python
def greet(name):
    return f"Hello, {name}"  # polite
```

| model | price |
|---|---:|
| small | 0.10 |

> quoted

$E = mc^2$ and ~~struck~~.
"""

STORY = " ".join(f"word{number}" for number in range(60))


class Model:
    """Answers what people say. `pace`: seconds between two words; `hold(n)` stops every answer after n words."""

    def __init__(self, server: WebServer) -> None:
        self.server = server
        self.pace = 0.0
        self.buttons: tuple[Button, ...] = ()
        self.failed = False
        self.asked: list[str] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._held_at: int | None = None
        self._go_on = asyncio.Event()
        self._stopped = False
        server.room.then = self._hear

    def hold(self, after: int) -> None:
        """Answers pause after so many words until `release`."""
        self._held_at = after
        self._go_on.clear()

    def release(self) -> None:
        """Held answers go on."""
        self._held_at = None
        self._go_on.set()

    async def _hear(self, inbound: Inbound, number: int) -> None:
        said = said_as(inbound.content)
        if said == "/stop":
            self._stopped = True
            self._go_on.set()
            return
        self.asked.append(said)
        task = asyncio.create_task(self._answer(inbound, number, said))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, inbound: Inbound, number: int, said: str) -> None:
        text = {"story": STORY, "rich": RICH}.get(said, f"You said: {said}")
        if not isinstance(inbound.content, Said):
            text = f"Did {said}"
        adapter, address, key = self.server.adapter, inbound.address, f"a{number}"
        await adapter.typing(address)
        stream = await adapter.open_stream(address, key)
        self._stopped = False
        shown = ""
        for count, word in enumerate(text.split(" "), 1):
            shown = f"{shown} {word}" if shown else word
            await stream.show(shown)
            if count == self._held_at:
                await self._go_on.wait()
            await asyncio.sleep(self.pace)
            if self._stopped:
                break
        self.server.room.answered(address, key, shown, "failed" if self.failed else "done")
        await stream.close()
        await adapter.edit(address, stream.ref, Part(shown, self.buttons, failed=self.failed))

    async def says(self, address: Address, key: str, text: str) -> None:
        """An answer out of nothing, at once."""
        self.server.room.answered(address, key, text)
        await self.server.adapter.send(address, Part(text), key)
