"""Two bots of one house in one channel: what one of them is told says nothing about the other."""

from __future__ import annotations

import asyncio

from adapters.slack.sandbox import SlackSandbox
from adapters.slack.sandbox.payloads import mentioned, said
from adapters.slack.sandbox.world import Message

from .slack_kit import Slack, bot_of


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
