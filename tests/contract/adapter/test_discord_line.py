"""Calls: what Discord's limits and refusals become, and how few of them we cause."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.discord.errors import mapped
from adapters.discord.sandbox import DiscordSandbox
from adapters.discord.wire.buckets import INVALID_CALLS, Buckets
from adapters.discord.wire.line import Account, Line, Route
from hub.domain.errors import AdapterError, Forbidden, RateLimited, Rejected, Unreachable

SEND = "POST channels/{}/messages"
TYPE = "POST channels/{}/typing"


@pytest.fixture
async def platform() -> AsyncIterator[DiscordSandbox]:
    async with DiscordSandbox() as platform:
        yield platform


@pytest.fixture
async def account(platform: DiscordSandbox) -> AsyncIterator[Account]:
    line = Line(platform.api_base, 0.5)
    yield Account(line, platform.token)
    await line.close()


async def say(account: Account, channel: str, words: str = "x") -> None:
    await account.call("POST", "channels/{}/messages", channel, body={"content": words})


async def test_a_429_is_told_with_its_time_and_the_next_call_is_not_made(
    platform: DiscordSandbox, account: Account
) -> None:
    channel = platform.person("Ann").private().id
    platform.misbehave(SEND, status=429, after=0.2)
    with pytest.raises(RateLimited) as first:
        await say(account, channel)
    assert first.value.after == pytest.approx(0.2, abs=0.01)
    with pytest.raises(RateLimited) as second:
        await say(account, channel)
    assert 0 < second.value.after <= 0.2
    assert len(platform.called(SEND)) == 1
    await account.call("POST", "channels/{}/typing", channel)
    await say(account, platform.person("Bob").private().id)
    await asyncio.sleep(0.21)
    await say(account, channel)
    assert [call.status for call in platform.called(SEND)] == [429, 200, 200]


async def test_a_global_429_stops_every_call(platform: DiscordSandbox, account: Account) -> None:
    channel = platform.person("Ann").private().id
    platform.misbehave(SEND, status=429, after=0.2, everywhere=True)
    with pytest.raises(RateLimited):
        await say(account, channel)
    with pytest.raises(RateLimited):
        await account.call("POST", "channels/{}/typing", channel)
    assert platform.called(TYPE) == []


async def test_a_429_without_json_is_understood_by_its_header(platform: DiscordSandbox, account: Account) -> None:
    platform.misbehave(SEND, status=429, after=7, page=True)
    with pytest.raises(RateLimited) as told:
        await say(account, platform.person("Ann").private().id)
    assert told.value.after == 7


async def test_an_empty_bucket_is_known_before_it_is_hit(platform: DiscordSandbox, account: Account) -> None:
    ann, bob = platform.person("Ann").private().id, platform.person("Bob").private().id
    platform.paced(calls=2, seconds=0.3)
    await say(account, ann)
    await say(account, ann)
    with pytest.raises(RateLimited) as told:
        await say(account, ann)
    assert 0 < told.value.after <= 0.3
    await say(account, bob)
    assert platform.trouble.refusals == 0


async def test_calls_at_the_same_time_share_what_is_left(platform: DiscordSandbox, account: Account) -> None:
    channel = platform.person("Ann").private().id
    platform.paced(calls=3, seconds=5)
    await say(account, channel)
    done = await asyncio.gather(*(say(account, channel) for _ in range(10)), return_exceptions=True)
    assert sum(one is None for one in done) == 2
    assert platform.trouble.refusals == 0


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 502, "page": True}, {"drop": True}, {"slow": 1.0}])
async def test_trouble_may_pass(platform: DiscordSandbox, account: Account, fault: dict[str, object]) -> None:
    platform.misbehave(SEND, **fault)
    with pytest.raises(Unreachable) as told:
        await say(account, platform.person("Ann").private().id)
    assert account.token not in str(told.value)


async def test_a_refused_token_is_shown_once(platform: DiscordSandbox, account: Account) -> None:
    platform.parley.revoked = True
    channel = platform.person("Ann").private().id
    for _ in range(5):
        with pytest.raises(Unreachable) as told:
            await say(account, channel)
        assert account.token not in str(told.value)
    assert len(platform.calls) == 1


async def test_a_closed_line_says_so(platform: DiscordSandbox) -> None:
    line = Line(platform.api_base, 1)
    await line.close()
    with pytest.raises(Unreachable):
        await say(Account(line, "x"), "1")


def test_limits_go_by_the_channel_the_webhook_and_the_interaction() -> None:
    callback = "interactions/{}/{}/callback"
    assert Route("POST", callback, ("1", "a")).major != Route("POST", callback, ("2", "b")).major
    assert Route("POST", "webhooks/{}/{}", ("1", "a")).major != Route("POST", "webhooks/{}/{}", ("1", "b")).major
    one, other = (Route("PATCH", "channels/{}/messages/{}", ("5", message)) for message in ("6", "7"))
    assert (one.name, one.major) == (other.name, other.major)
    assert Route("GET", "channels/{}/messages?after=1", ("5",)).name == "GET channels/{}/messages"


def test_too_many_refusals_stop_us_before_discord_does() -> None:
    buckets = Buckets()
    for _ in range(INVALID_CALLS - 1):
        buckets.invalid()
    assert buckets.wait("GET a", "") == 0
    buckets.invalid()
    assert 0 < buckets.wait("GET a", "") <= 600


def test_shared_limits_are_not_our_fault() -> None:
    buckets = Buckets()
    for _ in range(INVALID_CALLS):
        buckets.exhausted("GET a", "", {"X-RateLimit-Scope": "shared"}, 0.0, everywhere=False)
    assert buckets.wait("GET b", "") == 0


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, 0, Unreachable),
        (401, 50027, Forbidden),
        (403, 50001, Forbidden),
        (403, 50007, Forbidden),
        (404, 10003, Forbidden),
        (400, 50024, Forbidden),
        (400, 50035, Rejected),
        (404, 10008, Rejected),
        (404, 10062, Rejected),
        (413, 40005, Rejected),
        (400, 160004, Rejected),
        (429, 0, Rejected),
        (400, 30046, Unreachable),
        (500, 0, Unreachable),
        (503, 0, Unreachable),
    ],
)
def test_each_refusal_is_one_of_ours(status: int, code: int, kind: type[AdapterError]) -> None:
    assert isinstance(mapped(status, code, "words"), kind)
