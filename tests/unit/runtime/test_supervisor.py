"""An adapter that falls is started again, later each time, and its state is known."""

from __future__ import annotations

import asyncio
import logging

import pytest

from hub.domain.address import Address
from hub.domain.capabilities import Capabilities
from hub.domain.errors import Unreachable
from hub.domain.reply import Part, Ref
from hub.ports.adapter import Accept
from hub.runtime import supervisor
from hub.runtime.supervisor import Supervisor


class Falling:
    """A platform that cannot be reached at first."""

    name = "falling"

    def __init__(self, falls: int) -> None:
        self.falls, self.starts = falls, 0
        self.up = asyncio.Event()

    def capabilities(self, address: Address) -> Capabilities:
        return Capabilities(100)

    async def run(self, accept: Accept) -> None:
        self.starts += 1
        if self.starts <= self.falls:
            raise Unreachable("no network")
        self.up.set()
        await asyncio.get_running_loop().create_future()

    async def send(self, address: Address, part: Part, key: str) -> Ref:
        return Ref(key)

    async def edit(self, address: Address, ref: Ref, part: Part) -> None: ...

    async def close(self) -> None: ...


class Nobody:
    """No lease is asked for."""

    async def take_listener(self, name: str, owner: str, seconds: float) -> bool:
        raise AssertionError

    async def let_listener_go(self, name: str, owner: str) -> None:
        raise AssertionError


async def nobody(inbound: object) -> None:
    raise AssertionError("nothing comes in here")


async def test_a_fallen_adapter_listens_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE", 0.01)
    adapter = Falling(3)
    keeper = Supervisor({"falling": adapter}, Nobody(), "me")
    assert keeper.states == {"falling": "starting"}
    with caplog.at_level(logging.ERROR):
        keeper.start(nobody)  # type: ignore[arg-type]
        await asyncio.wait_for(adapter.up.wait(), 5)
    assert keeper.states == {"falling": "listening"}
    assert [line.getMessage() for line in caplog.records] == [
        "falling fell; again in 0.01 s",
        "falling fell; again in 0.02 s",
        "falling fell; again in 0.04 s",
    ]
    await keeper.stop()


async def test_while_it_is_down_the_state_says_so(caplog: pytest.LogCaptureFixture) -> None:
    keeper = Supervisor({"falling": Falling(9)}, Nobody(), "me")
    keeper.start(nobody)  # type: ignore[arg-type]
    await asyncio.sleep(0.05)
    assert keeper.states == {"falling": "fell: Unreachable"}
    await keeper.stop()
