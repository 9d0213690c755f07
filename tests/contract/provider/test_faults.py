"""What a provider makes of a server that fails, and what that server saw of it."""

import asyncio
import time
from email.utils import formatdate

import pytest

from hub.domain.completion import Completed, TextDelta
from hub.domain.errors import Broken, ContextTooLong, Down, Overloaded, Refused
from providers.kit.stand_in import Fault, Script
from providers.llm.openai.sandbox import OpenAISandbox
from tests.contract.provider.conftest import asking, hear
from tests.contract.provider.subjects import KEY

LONG = "one two three four five six seven eight nine ten"


async def failing(provider, kind):
    heard = []

    async def listen():
        async for event in provider.stream(asking()):
            heard.append(event)  # noqa: PERF401 - a comprehension would lose what came before the error

    with pytest.raises(kind) as caught:
        await listen()
    assert type(caught.value) is kind
    assert "secret" not in f"{caught.value}{caught.value!r}{caught.value.__cause__!r}"
    assert str(caught.value).startswith("my-")
    assert not any(isinstance(event, Completed) for event in heard)
    return caught.value, "".join(event.text for event in heard if isinstance(event, TextDelta))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((status, Refused) for status in (400, 401, 402, 403, 404, 418)),
        *((status, Down) for status in (408, 500, 502)),
        *((status, Overloaded) for status in (429, 503, 529)),
        (413, ContextTooLong),
    ],
)
async def test_status(faulty, connect, status, kind):
    faulty.next(Script(fault=Fault.STATUS, status=status, message=f"because of {KEY} and {LONG}"))
    error, text = await failing(connect(), kind)
    assert text == ""
    assert str(status) in str(error)
    assert "seven" in str(error)
    assert len(faulty.heard) == 1  # no retries, ever


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "0.5"}, 0.5),
        ({"Retry-After-Ms": "1500", "Retry-After": "9"}, 1.5),
        ({"Retry-After": "in 900 s"}, 900),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-3"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "99999999"}, None),
        ({}, None),
    ],
)
async def test_retry_after(faulty, connect, headers, after):
    if headers.get("Retry-After") == "in 900 s":
        # a date, made now: with a long suite the one made when it was collected would be past
        headers = {"Retry-After": formatdate(time.time() + 900, usegmt=True)}
    faulty.next(Script(fault=Fault.STATUS, status=429, headers=headers))
    error, _ = await failing(connect(), Overloaded)
    assert error.after == (None if after is None else pytest.approx(after, abs=120 if after > 100 else 0.01))


@pytest.mark.parametrize(
    "words",
    [
        "This model's maximum context length is 8192 tokens.",
        "prompt is too long: 210000 tokens > 200000 maximum",
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
        "the request exceeds the available context size",
    ],
)
async def test_context_too_long_by_its_words(faulty, connect, words):
    faulty.next(Script(fault=Fault.STATUS, status=400, message=words))
    await failing(connect(), ContextTooLong)


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.RESET, Fault.TRUNCATED, Fault.MALFORMED, Fault.ERROR_EVENT])
async def test_broken_in_mid_stream_after_the_words_so_far(faulty, connect, fault):
    faulty.next(Script(LONG, pace=0.001, fault=fault, after=6))
    error, text = await failing(connect(), Broken)
    assert text
    assert LONG.startswith(text)
    assert error.retryable
    assert error.usage is not None
    assert error.usage.estimated
    assert error.usage.input > 0
    assert error.usage.output >= faulty.heard[-1].sent or fault is Fault.MALFORMED


async def test_an_error_event_before_the_first_word_is_the_error_itself(faulty, connect):
    faulty.next(Script(LONG, fault=Fault.ERROR_EVENT, after=0))
    error, text = await failing(connect(), Down if isinstance(faulty, OpenAISandbox) else Overloaded)
    assert text == ""
    assert "told to fail" in str(error)


async def test_cut_before_anything_is_down(faulty, connect):
    faulty.next(Script(LONG, fault=Fault.CUT, after=0))
    error, _ = await failing(connect(), Down)
    assert error.sent


async def test_a_stream_without_anything_is_broken(faulty, connect):
    faulty.next(Script(LONG, fault=Fault.TRUNCATED, after=0))
    await failing(connect(), Broken)


async def test_silence_before_the_answer_is_down(faulty, connect):
    faulty.next(Script(LONG, wait=5))
    error, _ = await failing(connect(read_timeout=0.2), Down)
    assert "silent" in str(error)
    assert error.sent


async def test_silence_inside_the_answer_is_broken(faulty, connect):
    faulty.next(Script(LONG, fault=Fault.STALL, after=6))
    error, text = await failing(connect(read_timeout=0.3), Broken)
    assert text
    assert "silent" in str(error)


async def test_nobody_there_is_down(faulty, connect, unused_tcp_port):
    error, _ = await failing(connect(base_url=f"http://127.0.0.1:{unused_tcp_port}"), Down)
    assert "cannot connect" in str(error)
    assert not error.sent


async def test_an_address_that_takes_no_connection_is_down_in_time(faulty, connect):
    server = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", 0, backlog=1)
    port = server.sockets[0].getsockname()[1]
    started = time.monotonic()
    try:
        await failing(connect(base_url=f"http://127.0.0.1:{port}", connect_timeout=0.2, read_timeout=0.3), Down)
    finally:
        server.close()
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("fault", [Fault.PAGE, Fault.REDIRECT])
async def test_a_page_or_a_redirect_is_refused_and_the_key_does_not_follow(faulty, connect, fault):
    faulty.next(Script(fault=fault))
    await failing(connect(), Refused)
    assert len(faulty.heard) == 1


@pytest.mark.parametrize("how", ["aclose", "cancel", "cancel before the first word"])
async def test_leaving_closes_the_upstream_connection(faulty, connect, how):
    early = how == "cancel before the first word"
    faulty.next(Script(LONG * 50, wait=30 if early else 0, pace=0.01))
    begun = asyncio.Event()
    stream = connect().stream(asking())

    async def listen():
        async for _ in stream:
            begun.set()
            if how == "aclose":
                break

    task = asyncio.create_task(listen())
    if early:
        while not faulty.running:
            await asyncio.sleep(0.01)
    else:
        await asyncio.wait_for(begun.wait(), 5)
    if how == "aclose":
        await task
        await stream.aclose()
    else:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await asyncio.wait_for(faulty.heard[-1].left.wait(), 0.5)
    assert not faulty.heard[-1].completed
    assert faulty.heard[-1].sent < 100


@pytest.mark.needs("last words")
async def test_after_the_finish_a_lost_connection_loses_nothing(faulty, connect):
    frames = faulty.frames({"model": "small"}, "/small:x", Script(LONG), LONG)
    faulty.next(Script(LONG, pace=0.001, fault=Fault.CUT, after=len(frames) - 1))
    events = await hear(connect())
    assert "".join(event.text for event in events[:-1]) == LONG
    assert isinstance(events[-1], Completed)
