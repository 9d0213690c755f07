"""Who runs a group, as each platform says: asked in its own words, answered as its description has it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.discord.sandbox import DiscordSandbox
from hub.domain.address import Address, ChatKind
from hub.domain.errors import AdapterError

from .discord_kit import Hub
from .discord_spec import wrong_answer, wrong_call
from .slack_kit import slack
from .telegram_kit import TelegramKit
from .telegram_spec import answer_faults, call_faults


async def test_on_telegram_who_made_the_group_and_its_admins_do() -> None:
    kit = await TelegramKit.start()
    try:
        platform = kit.platform
        cy, dora = platform.person("Cy"), platform.person("Dora")
        group = platform.group("Board", kit.person, cy, dora)
        here = replace(kit.address, chat=str(group.id), kind=ChatKind.GROUP)
        group.promotes(cy)
        runs = [await kit.adapter.is_admin(here, str(user)) for user in (kit.person.id, cy.id, dora.id, 99, group.id)]
        assert runs == [True, True, False, False, True], "the last speaks as the group itself"
        await group.kicks()
        with pytest.raises(AdapterError):
            await kit.adapter.is_admin(here, str(cy.id))
        calls = platform.called("getChatAdministrators")
        assert [fault for call in calls for fault in call_faults(call.method, call.fields, call.files)] == []
        assert answer_faults("getChatAdministrators", calls[0].answer) == []
    finally:
        await kit.stop()


async def test_on_discord_who_owns_the_server_or_may_manage_it_does() -> None:
    async with DiscordSandbox() as platform:
        ann, bob, cy = (platform.person(name) for name in ("Ann", "Bob", "Cy"))
        room = platform.group("Team", ann, bob, cy)
        assert room.guild is not None
        room.guild.admins.add(bob.id)
        async with Hub(platform) as hub:
            here = Address(1, "discord", platform.parley.id, room.id, kind=ChatKind.GROUP)
            assert [await hub.adapter.is_admin(here, one.id) for one in (ann, bob, cy)] == [True, True, False]
            assert not await hub.adapter.is_admin(here, "no-snowflake")
            assert await hub.adapter.workspace(here) == room.guild.id
            assert await hub.adapter.workspace(replace(here, chat=ann.private().id, kind=ChatKind.PRIVATE)) == ""
            with pytest.raises(AdapterError):
                await hub.adapter.is_admin(here, "12345678901234567")
        asked = [call for call in platform.calls if call.name.startswith("GET guilds/")]
        assert len(asked) >= 6
        wrong = [fault for call in asked for fault in wrong_call(call.name, call.body)]
        wrong += [fault for call in asked for fault in wrong_answer(call.name, call.status, call.answer)]
        assert wrong == []


async def test_in_slack_who_runs_the_workspace_or_made_the_channel_does() -> None:
    async with slack() as hub:
        ann, bob, cy = (hub.platform.person(name) for name in ("Ann", "Bob", "Cy"))
        hub.platform.world.users[bob.id].admin = True
        room = hub.platform.group("team", ann, bob, cy)
        here = hub.channel(room.id, "")
        assert [await hub.adapter.is_admin(here, one.id) for one in (ann, bob, cy)] == [True, True, False]
        everywhere = replace(here, chat="")
        assert [await hub.adapter.is_admin(everywhere, one.id) for one in (ann, bob)] == [False, True]
        assert await hub.adapter.workspace(here) == hub.platform.app.team
        aside = replace(here, chat=f"aside:{room.id}:{cy.id}", kind=ChatKind.PRIVATE)
        assert hub.adapter.group_of(aside) == here
        assert hub.adapter.group_of(here) == here
        private = replace(here, chat=cy.direct().id, kind=ChatKind.PRIVATE)
        assert hub.adapter.group_of(private) == private
        hub.platform.app.scopes -= {"channels:read", "groups:read"}
        assert not await hub.adapter.is_admin(here, cy.id)
