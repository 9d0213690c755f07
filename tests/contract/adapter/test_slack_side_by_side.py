"""One of several must not cost the others: two bots in one channel, and one message that falls in the house."""

from __future__ import annotations

import asyncio

from adapters.slack.sandbox import SlackSandbox
from adapters.slack.sandbox.payloads import mentioned, said
from adapters.slack.sandbox.world import Message
from hub.domain.inbound import Accepted, Inbound, Said

from .slack_kit import Slack, bot_of, slack


async def test_a_bot_that_only_hears_mentions_answers_beside_one_that_hears_all() -> None:
    async with SlackSandbox() as platform:
        second = platform.install("Second")
        hub = await Slack(platform, bots=(bot_of(platform.app), bot_of(second, tenant=2))).start()
        async with asyncio.timeout(5):
            while len(platform.courier.lines) < 2:
                await asyncio.sleep(0.005)
        ann = platform.person("Ann")
        room = platform.group("team", ann, apps=(platform.app, second))
        message = platform.world.post(Message(room.id, platform.world.ts(), ann.id, f"<@{second.user}> hello"))
        overheard = platform.tell(platform.app, said(room, message, ann.user.team))
        await asyncio.wait_for(overheard.over.wait(), 5)
        named = platform.tell(second, mentioned(room, message, ann.user.team))
        await asyncio.wait_for(named.over.wait(), 5)
        assert named.acked
        assert [(each.address.tenant, each.directed) for each in hub.room.inbox] == [(1, False), (2, True)]
        await hub.stop()


async def test_a_message_that_falls_in_the_house_stops_nothing_else() -> None:
    async with slack() as hub:
        accept = hub.room.accept

        async def fall(inbound: Inbound) -> Accepted:
            if inbound.content == Said("poison"):
                raise RuntimeError("nobody foresaw this")
            return await accept(inbound)

        await hub.deafen()
        hub.room.accept = fall  # type: ignore[method-assign]
        await hub.listen()
        ann = hub.platform.person("Ann")
        await ann.says("poison", settle=False)
        await asyncio.sleep(0.1)
        assert hub.running is not None
        assert not hub.running.done()
        await ann.says("hello")
        assert [each.content for each in hub.room.inbox] == [Said("hello")]
