"""A real language model on a server we did not write, over the OpenAI and the Anthropic wire."""

import asyncio
import socket
import subprocess
import sys
import time

import pytest

from hub.domain.completion import Completed, Finish, PromptMessage, Role, TextDelta
from hub.domain.errors import ContextTooLong, Refused
from hub.domain.model import Endpoint
from providers.local import MODEL, weights
from providers.table import create
from tests.contract.provider.conftest import asking, hear
from tests.kit.llm import small_model  # noqa: F401 - a fixture

pytestmark = pytest.mark.parametrize("kind", ["openai-compatible", "anthropic"])


@pytest.fixture
async def provider(kind, small_model):  # noqa: F811
    url, key = small_model
    made = create(Endpoint("local", kind, key, url))
    yield made
    await made.close()


def question(text="Write one sentence about the sea.", **fields):
    return asking(text, model=MODEL, **{"max_output": 40, "temperature": 0.0, **fields})


async def test_it_speaks_and_counts_and_stops_at_the_limit(provider):
    events = await hear(provider, question("Tell me a very long story about the sea."))
    assert len([event for event in events if isinstance(event, TextDelta)]) > 5
    completed = events[-1]
    assert isinstance(completed, Completed)
    assert completed.finish is Finish.LENGTH
    assert completed.usage.output == 40
    assert completed.usage.input > 10
    assert not completed.usage.estimated
    assert completed.model == MODEL
    again = (await hear(provider, question("Tell me a very long story about the sea.")))[-1].usage
    assert 0 < again.cached <= again.input


async def test_history_is_read(provider):
    messages = (
        PromptMessage(Role.USER, "Our parcels take 14 days."),
        PromptMessage(Role.ASSISTANT, "Understood: 14 days."),
        PromptMessage(Role.USER, "How many days do our parcels take? Answer with the number of days."),
    )
    events = await hear(provider, question(messages=messages))
    assert "14" in "".join(event.text for event in events[:-1])


async def test_models_counting_and_refusals(provider, kind, small_model):  # noqa: F811
    assert await provider.models() == [MODEL]
    if kind == "anthropic":
        assert await provider.count(question()) == (await hear(provider, question()))[-1].usage.input
    with pytest.raises(ContextTooLong):
        await hear(provider, question("word " * 9_000))
    stranger = create(Endpoint("local", kind, "sk-wrong", small_model[0]))
    with pytest.raises(Refused):
        await hear(stranger, question())
    await stranger.close()


async def test_it_dies_with_its_parent(kind):
    """However the hub ends: here it is killed, and the port falls silent."""
    code = (
        "import asyncio, os, signal\nfrom providers.local import start_local_model\n"
        "print(asyncio.run(start_local_model())[0], flush=True)\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    if weights() is None or kind == "anthropic":
        pytest.skip("not installed, or seen already")
    run = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", code], capture_output=True, timeout=60)
    port = int(run.stdout.decode().rpartition(":")[2].partition("/")[0])
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return
        await asyncio.sleep(0.05)
    pytest.fail("the local model outlived its parent")


async def test_leaving_frees_the_model_for_the_next(provider):
    for _ in range(4):  # more than it has slots
        stream = provider.stream(question("Tell me a very long story.", max_output=1000))
        await anext(stream)
        await stream.aclose()
    started = time.monotonic()
    await asyncio.wait_for(hear(provider, question(max_output=5)), 10)
    assert time.monotonic() - started < 5
