"""PostgreSQL under a running house: connections are cut, the server goes away and comes back, replies get lost.

What counts is what the stand-in for the model was asked and what people saw."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from adapters.web.sandbox import Person, Refused
from providers.kit.stand_in import Script
from tests.kit.postgres import Server
from tests.kit.running import House, answered, finished, running_house, until

PEOPLE = 8
STORE_DOWN = "Parley cannot save messages right now, so it takes none. Nothing is lost; please try again in a moment."
BROKE_OFF = "The answer broke off here. Press *Retry* to ask again."

ALONE = "[assistant]\nsummarise = false"
"""The model is asked for nothing but answers, so that its calls can be counted."""

CUT = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{}' AND application_name = 'parley'"
)


@pytest.fixture
async def database(postgres: Server) -> AsyncIterator[str]:
    name = await postgres.new_database()
    yield name
    await postgres.drop(name)


async def people_of(stack: AsyncExitStack, house: House) -> list[Person]:
    """Eight people, each with a page open."""
    return [await stack.enter_async_context(Person(house.hub.url)) for _ in range(PEOPLE)]


async def talk(number: int, ann: Person, stop: asyncio.Event) -> int:
    """Say one thing after the other until told to stop; how many."""
    said = 0
    while not stop.is_set():
        await ann.says(f"{number}-{said}", patience=60)
        said += 1
        await asyncio.sleep(0.2)
    return said


async def each_got_one_answer(ann: Person, number: int, said: int) -> int:
    """Every message stands there once, and answered once, in order; how many of the answers are cut ones."""
    await answered(ann, said, 60)
    history = await ann.history(200)
    mine = [message["text"] for message in history if message["role"] == "person"]
    assert mine == [f"{number}-{each}" for each in range(said)], "every message once, in order"
    texts = [message["text"] for message in history if message["role"] != "person"]
    assert texts == [message["text"] for message in finished(ann)], "the page shows what is stored"
    assert len(texts) == said, "one answer or notice each"
    cut = 0
    for each, text in enumerate(texts):
        whole = f"You said: {number}-{each}"
        came, _, notice = text.partition("\n\n---\n\n")
        assert text == whole or (notice == BROKE_OFF and whole.startswith(came)), text
        cut += text != whole
    return cut


async def test_connections_cut_every_moment_lose_nothing_and_double_nothing(
    postgres: Server, database: str, tmp_path: Path
) -> None:
    async with (
        running_house(tmp_path, Script(pace=0.02), database=postgres.url(database), more=ALONE) as house,
        AsyncExitStack() as stack,
    ):
        people = await people_of(stack, house)
        stop, cut = asyncio.Event(), 0
        talking = [asyncio.create_task(talk(number, ann, stop)) for number, ann in enumerate(people)]
        for _ in range(25):
            await asyncio.sleep(0.2)
            cut += (await postgres.run(CUT.format(database)))[0][0]
        stop.set()
        said = await asyncio.gather(*talking)
        assert cut >= 25, "connections were cut all the time"
        broken = [
            await each_got_one_answer(ann, number, count)
            for (number, ann), count in zip(enumerate(people), said, strict=True)
        ]
        assert sum(broken) == 0, "a cut connection is taken anew; no answer was cut short"
        assert sorted(house.asked()) == sorted(f"{n}-{each}" for n, count in enumerate(said) for each in range(count))
        assert "Traceback" not in house.hub.log
        await _answers_again(people)


async def _answers_again(people: list[Person]) -> None:
    await asyncio.gather(*(ann.says("and now") for ann in people))
    await asyncio.gather(*(ann.sees("You said: and now") for ann in people))


async def test_a_server_that_stops_and_comes_back(database: str, tmp_path: Path) -> None:
    """Its own server: others talk to the shared one. People are in the middle of answers when it goes."""
    own = await asyncio.to_thread(Server)
    try:
        name = await own.new_database()
        async with (
            running_house(tmp_path, Script(pace=0.1, wait=0.2), database=own.url(name)) as house,
            AsyncExitStack() as stack,
        ):
            people = await people_of(stack, house)
            for number, ann in enumerate(people):
                await ann.says(f"{number}-0")
            await until(lambda: _asked(house, PEOPLE), 10, "everybody is being answered")
            await asyncio.to_thread(own.stop, keep=True)
            went = asyncio.get_running_loop().time()
            with pytest.raises(Refused) as caught:
                await people[0].call("POST", "/web/v1/messages", {"text": "0-1"}, Idempotency_Key="k")
            assert (caught.value.status, caught.value.key, caught.value.words) == (503, "store_down", STORE_DOWN)
            assert await _readiness(house) == 503
            talking = [asyncio.create_task(ann.says(f"{n}-1", key="k", patience=60)) for n, ann in enumerate(people)]
            await asyncio.sleep(max(0.0, 3 - (asyncio.get_running_loop().time() - went)))
            await asyncio.to_thread(own.start)
            await asyncio.gather(*talking)
            broken = [await each_got_one_answer(ann, number, 2) for number, ann in enumerate(people)]
            assert sum(broken) == 0, "an answer that was whole waited to be stored"
            asked = house.asked()
            assert sorted(set(asked)) == sorted(f"{n}-{each}" for n in range(PEOPLE) for each in range(2))
            assert len(asked) <= 3 * PEOPLE, "at most what had no word yet was asked for again"
            await until(lambda: _ready(house), 10, "ready again")
            assert "Traceback" not in house.hub.log
            await _answers_again(people)
    finally:
        await asyncio.to_thread(own.stop)


async def _asked(house: House, calls: int) -> bool:
    return len(house.models.heard) >= calls


async def _readiness(house: House) -> int:
    async with aiohttp.ClientSession() as http, http.get(f"{house.hub.url}/readyz") as answer:
        return answer.status


async def _ready(house: House) -> bool:
    return await _readiness(house) == 200


async def post_and_hang_up(ann: Person, text: str, key: str, wait: float) -> None:
    """Send a message, and be gone `wait` seconds later without having read what came back."""
    body = json.dumps({"text": text}).encode()
    _, writer = await asyncio.open_connection("127.0.0.1", int(ann.base.rpartition(":")[2]))
    writer.write(
        b"POST /web/v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"Authorization: Bearer %b\r\nIdempotency-Key: %b\r\nContent-Length: %d\r\n\r\n%b"
        % (ann.token.encode(), key.encode(), len(body), body)
    )
    with contextlib.suppress(ConnectionError):
        await writer.drain()
    await asyncio.sleep(wait)
    writer.transport.abort()


@pytest.mark.parametrize("cutting", [False, True], ids=["alone", "while connections are cut"])
async def test_a_message_sent_again_and_again_because_nobody_heard_the_reply_is_answered_once(
    postgres: Server, database: str, tmp_path: Path, cutting: bool
) -> None:
    async with running_house(tmp_path, database=postgres.url(database)) as house, AsyncExitStack() as stack:
        people = await people_of(stack, house)

        async def insist(number: int, ann: Person) -> None:
            for wait in (0, 0.001, 0.003, 0.01, 0.03):
                await post_and_hang_up(ann, f"{number}-0", "k", wait * (number % 4))
            await ann.says(f"{number}-0", key="k", patience=60)

        talking = asyncio.gather(*(insist(number, ann) for number, ann in enumerate(people)))
        for _ in range(5 if cutting else 0):
            await asyncio.sleep(0.03)
            with contextlib.suppress(asyncpg.PostgresError):
                await postgres.run(CUT.format(database))
        await talking
        for number, ann in enumerate(people):
            assert await each_got_one_answer(ann, number, 1) == 0
        assert sorted(house.asked()) == [f"{number}-0" for number in range(PEOPLE)]
        assert "Traceback" not in house.hub.log
        await _answers_again(people)
