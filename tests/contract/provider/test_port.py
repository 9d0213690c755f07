"""What every provider promises, with or without a server behind it."""

import asyncio
import inspect
import json

import pytest

from hub.domain.completion import Completed, Finish, PromptMessage, Role, TextDelta
from hub.domain.errors import ProviderError
from hub.ports.provider import ModelList, Provider, TokenCount
from providers.kit.stand_in import Fault, Script
from tests.contract.provider.conftest import asking, hear


def words(events) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


async def test_words_then_exactly_one_completed(connect):
    events = await hear(connect())
    assert words(events).strip()
    assert isinstance(events[-1], Completed)
    assert [type(event) for event in events].count(Completed) == 1
    assert events[-1].finish is Finish.STOP
    assert all(event.text for event in events[:-1])


async def test_usage_is_whole_numbers_that_fit_together(connect):
    usage = (await hear(connect()))[-1].usage
    for count in (usage.input, usage.cached, usage.cache_write, usage.output, usage.reasoning):
        assert type(count) is int
        assert count >= 0
    assert usage.input > 0
    assert usage.output > 0
    assert usage.cached + usage.cache_write <= usage.input
    assert usage.reasoning <= usage.output


async def test_many_streams_at_once_do_not_mix(connect, sandbox):
    provider = connect()
    questions = [f"What is number {number} to Parley?" for number in range(40)]
    answers = await asyncio.gather(*(hear(provider, asking(question)) for question in questions))
    if sandbox is None:
        assert all(words(answer) == words(answers[0]) for answer in answers)
    else:
        assert [words(answer) for answer in answers] == [f"You said: {question}" for question in questions]


async def test_leaving_early_is_quiet_and_the_next_call_works(connect):
    provider = connect()
    stream = provider.stream(asking())
    assert inspect.isasyncgen(stream) or hasattr(stream, "aclose")
    async for _ in stream:
        break
    await stream.aclose()
    assert isinstance((await hear(provider))[-1], Completed)


async def test_cancellation_is_not_swallowed(connect):
    provider = connect()

    async def listen():
        async for _ in provider.stream(asking("long answer")):
            started.set()
            await asyncio.sleep(60)

    started = asyncio.Event()
    task = asyncio.create_task(listen())
    await asyncio.wait_for(started.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_closing_twice_is_closing_once(connect):
    provider = connect()
    await hear(provider)
    await provider.close()
    await provider.close()


async def test_history_and_every_script_are_taken(connect):
    request = asking(
        messages=(
            PromptMessage(Role.USER, "سلام \u202e 👩‍👩‍👧 \x00 \ud83d".encode("utf-8", "replace").decode()),
            PromptMessage(Role.ASSISTANT, 'back\\slash "quotes" </script>'),
            PromptMessage(Role.USER, "What is Parley?"),
        ),
        system="Be kind. 日本語",
    )
    assert isinstance((await hear(connect(), request))[-1], Completed)


async def test_the_name_is_the_endpoints_and_the_key_is_in_no_repr(subject, connect):
    provider = connect()
    assert provider.name == f"my-{subject.kind}"
    assert "secret" not in repr(provider) + repr(vars(provider))


@pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
async def test_abilities_answer(connect, sandbox, subject):
    provider: Provider = connect()
    if isinstance(provider, ModelList):
        found = await provider.models()
        assert found == sorted(found)
        assert found == (["large", "small"] if sandbox else found)
        assert found
    if isinstance(provider, TokenCount):
        assert await provider.count(asking("one two three", system="")) >= 3
        if sandbox:
            assert json.dumps(dict(sandbox.heard[-1].headers)).count("secret") == 1
    if not sandbox:
        return
    sandbox.default = Script(fault=Fault.STATUS, status=401, message="no sk-secret-key-0123456789")
    calls = [provider.models] if isinstance(provider, ModelList) else []
    if isinstance(provider, TokenCount) and "call to count" not in subject.lacks:
        calls.append(lambda: provider.count(asking()))
    for call in calls:
        with pytest.raises(ProviderError) as caught:
            await call()
        assert "secret" not in str(caught.value)
        assert not caught.value.retryable
