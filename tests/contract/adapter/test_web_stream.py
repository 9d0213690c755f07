"""The event stream: everything exactly once, over any number of lost connections, for any number of slow viewers."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import time
from typing import Any

import pytest
from aiohttp import ClientSession, ClientTimeout

from adapters.web.adapter.watch import Watch
from adapters.web.sandbox import doubled, draw, words_of
from adapters.web.wire import live as live_bounds
from adapters.web.wire import screens as screen_bounds
from hub.domain.address import Address
from hub.domain.inbound import Inbound
from hub.domain.reply import Part

from .kit import WebServer

TEXT = "First a *line* of words.\n\n- one\n- two\n\n```python\nprint('three')\n```\n\nAnd a last line, in the end."


async def answer(
    web: WebServer, address: Address, key: str, text: str = TEXT, *, step: int = 6, pause: float = 0
) -> None:
    """What the core does: frames, then the commit, then the final message."""
    stream = await web.adapter.open_stream(address, key)
    for end in range(step, len(text), step):
        await stream.show(text[:end])
        await asyncio.sleep(pause)
    await stream.close()
    web.room.answered(address, key, text)
    await web.adapter.edit(address, stream.ref, Part(text))


async def test_an_empty_screen_begins_with_a_snapshot(web: WebServer) -> None:
    ann = await web.person()
    assert [(event["type"], event["messages"]) for event in ann.events] == [("snapshot", [])]
    assert 0 < ann.since < 2**53


async def test_the_headers_of_a_stream(web: WebServer) -> None:
    ann = await web.person(watching=False)
    headers = {"Authorization": f"Bearer {ann.token}"}
    async with ClientSession() as http, http.get(web.url + "/web/v1/stream", headers=headers) as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Accel-Buffering"] == "no"
        first = await response.content.readline()
        assert first.startswith(b"id: ")


async def test_seq_and_since_fit_together(web: WebServer) -> None:
    ann = await web.person(watching=False)
    accepted = await ann.call("POST", "/web/v1/messages", {"text": "hi"})
    address = web.address(ann)
    await answer(web, address, "t1")
    ann.since = accepted["seq"]
    await ann.back()
    await ann.sees("in the end")
    assert {event["type"] for event in ann.events} == {"frame", "message"}
    assert [event["message"]["id"] for event in ann.events if event["type"] == "message"] == ["t1"]
    repeated = await web.person(watching=False)
    key = {"Idempotency_Key": "k"}
    first = await repeated.call("POST", "/web/v1/messages", {"text": "hi"}, **key)
    await answer(web, web.address(repeated), "t2")
    assert await repeated.call("POST", "/web/v1/messages", {"text": "hi"}, **key) == first


async def test_a_repeat_after_a_restart_names_a_seq_that_shows_all(web: WebServer, serve: Any) -> None:
    ann = await web.person(watching=False)
    await ann.says("hi", key="k")
    again = await serve()
    again.room.inbox, again.room.shown = web.room.inbox, web.room.shown
    ann.base = again.url
    accepted = await ann.call("POST", "/web/v1/messages", {"text": "hi"}, Idempotency_Key="k")
    assert accepted["seq"] == 0
    ann.since = accepted["seq"]
    await ann.back()
    await ann.sees("hi", role="person")


async def test_everything_is_seen_once_over_random_disconnects(web: WebServer) -> None:
    rng = random.Random(7)
    ann = await web.person()
    address = web.address(ann)

    async def comes_and_goes() -> None:
        while True:
            await asyncio.sleep(rng.random() * 0.03)
            await ann.away()
            await asyncio.sleep(rng.random() * 0.03)
            await ann.back()

    wandering = asyncio.create_task(comes_and_goes())
    for number in range(1, 9):
        await ann.says(f"question {number}", key=str(number))
        await answer(web, address, f"t{number}", f"{TEXT}\n\nNumber {number}.", pause=0.004)
    wandering.cancel()
    await asyncio.gather(wandering, return_exceptions=True)
    await ann.back()
    await ann.sees("Number 8.")
    assert doubled(ann.events) == []
    assert sum(event["type"] == "snapshot" for event in ann.events) == 1
    seqs = [event["seq"] for event in ann.events]
    assert seqs == sorted(seqs)
    finals = [event["message"]["id"] for event in ann.events if event["type"] == "message"]
    assert finals == [each for number in range(1, 9) for each in (f"p{number}", f"t{number}")]
    assert list(ann.screen.values()) == [
        {**message, "at": ann.screen[message["id"]]["at"]} for message in await ann.history()
    ]


async def test_a_page_opened_in_the_middle_sees_the_middle(web: WebServer) -> None:
    ann = await web.person(watching=False)
    address = web.address(ann)
    await ann.says("hi")
    stream = await web.adapter.open_stream(address, "t1")
    await stream.show("Half an ans")
    await ann.back()
    await ann.until(lambda: ann.screen.get("t1"), 5)
    middle = ann.screen["t1"]
    assert (middle["state"], words_of(middle["nodes"])) == ("streaming", "Half an ans")
    await stream.show("Half an answer and more")
    await ann.until(lambda: ann.screen if "more" in words_of(ann.screen["t1"]["nodes"]) else None, 5)
    assert [event["type"] for event in ann.events] == ["snapshot", "frame"]
    assert (await ann.history())[-1]["state"] == "streaming"


async def test_going_away_stops_nothing(web: WebServer) -> None:
    ann = await web.person()
    await ann.says("hi")
    running = asyncio.create_task(answer(web, web.address(ann), "t1", pause=0.01))
    await ann.until(lambda: ann.screen.get("t1"), 5)
    await ann.away()
    await running
    await ann.back()
    await ann.sees("in the end")


async def test_what_happens_while_a_snapshot_is_read_is_in_it(web: WebServer) -> None:
    ann = await web.person(watching=False)
    address = web.address(ann)

    async def meanwhile() -> None:
        web.room.reading = None
        await answer(web, address, "t1", "while you read")
        stream = await web.adapter.open_stream(address, "t2")
        await stream.show("and the next")

    web.room.reading = meanwhile
    await ann.back()
    await ann.sees("while you read")
    assert [event["type"] for event in ann.events] == ["snapshot"]
    assert words_of(ann.screen["t2"]["nodes"]) == "and the next"


async def test_two_screens_of_one_visitor_show_the_same(web: WebServer) -> None:
    ann = await web.person()
    tab = await web.person(watching=False)
    tab.token, tab.visitor = ann.token, ann.visitor
    await tab.back()
    await ann.says("hi")
    await answer(web, web.address(ann), "t1")
    await ann.sees("in the end")
    await tab.sees("in the end")
    assert ann.screen == tab.screen


async def test_an_old_or_strange_since_gets_a_snapshot(web: WebServer) -> None:
    ann = await web.person(watching=False)
    await ann.says("hi")
    for since in (0, 1, 2**53, int(time.time() * 1e6) - 10**9):
        events = json.loads(await poll(web, ann.token, f"since={since}&wait=1"))
        assert [event["type"] for event in events] == ["snapshot"]
        assert [message["text"] for message in events[0]["messages"]] == ["hi"]
    for strange in ("-1", "abc", "1.5", "٣", "1" * 30):
        bearer = {"Authorization": f"Bearer {ann.token}"}
        url = f"{web.url}/web/v1/stream"
        async with ClientSession(headers=bearer) as http, http.get(url, params={"since": strange}) as response:
            assert response.status == 400


async def poll(web: WebServer, token: str, query: str) -> bytes:
    url, bearer = f"{web.url}/web/v1/stream?{query}", {"Authorization": f"Bearer {token}"}
    async with ClientSession(headers=bearer) as http, http.get(url) as response:
        assert response.status == 200
        return await response.read()


async def test_a_long_poll_is_as_good_as_a_stream(web: WebServer) -> None:
    ann = await web.person(watching=False)
    address = web.address(ann)
    screen: dict[str, Any] = {}
    since, events = 0, []
    await ann.says("hi")
    running = asyncio.create_task(answer(web, address, "t1", pause=0.01))
    while "t1" not in screen or screen["t1"]["state"] == "streaming":
        got = json.loads(await poll(web, ann.token, f"since={since}&wait=5"))
        for event in got:
            draw(screen, event)
            since = event["seq"]
        events += got
    await running
    assert screen["t1"]["text"] == TEXT
    assert doubled(events) == []
    began = time.monotonic()
    assert await poll(web, ann.token, f"since={since}&wait=1") == b"[]"
    assert 0.9 < time.monotonic() - began < 3
    assert web.adapter.open_streams() == 0


async def test_last_event_id_counts(web: WebServer) -> None:
    ann = await web.person(watching=False)
    accepted = await ann.call("POST", "/web/v1/messages", {"text": "hi"})
    await web.adapter.send(web.address(ann), Part("there"), "t1")
    headers = {"Authorization": f"Bearer {ann.token}", "Last-Event-ID": str(accepted["seq"])}
    async with ClientSession(headers=headers) as http, http.get(web.url + "/web/v1/stream?since=0") as response:
        await response.content.readline()
        event = json.loads((await response.content.readline())[6:])
        assert (event["type"], event["message"]["text"]) == ("message", "there")


async def test_a_ring_has_a_bound_and_then_a_snapshot(web: WebServer) -> None:
    ann = await web.person(watching=False)
    address = web.address(ann)
    accepted = await ann.call("POST", "/web/v1/messages", {"text": "hi"})
    for number in range(live_bounds.MOST_EVENTS + 10):
        web.room.answered(address, f"t{number}", f"n{number}")
        await web.adapter.send(address, Part(f"n{number}"), f"t{number}")
    ring = web.adapter._screens.look(address)
    assert len(ring.ring) == live_bounds.MOST_EVENTS
    await web.adapter.send(address, Part("x" * 60_000), "big1")
    await web.adapter.send(address, Part("x" * 60_000), "big2")
    assert ring.size <= live_bounds.MOST_BYTES
    ann.since = accepted["seq"]
    await ann.back()
    await ann.sees(f"n{live_bounds.MOST_EVENTS + 9}")
    assert [event["type"] for event in ann.events] == ["snapshot"]


async def test_all_rings_together_have_a_bound(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen_bounds, "MOST_BYTES", 300_000)
    for number in range(50):
        await web.adapter.send(Address(1, "web", "default", f"v{number}"), Part("x" * 10_000), "t1")
    assert web.adapter._screens._bytes <= 300_000
    assert web.adapter._screens._bytes == sum(each.size for each in web.adapter._screens._lives.values())


async def test_what_nobody_looks_at_is_forgotten(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen_bounds, "KEPT_SECONDS", 0.05)
    monkeypatch.setattr(screen_bounds, "HEARTBEAT", 0.6)
    ann = await web.person(watching=False)
    await ann.says("hi")
    stream = await web.adapter.open_stream(Address(1, "web", "default", "busy"), "t1")
    await stream.show("still writing")
    assert len(web.adapter._screens._lives) == 2
    await asyncio.sleep(0.3)
    assert [address.chat for address in web.adapter._screens._lives] == ["busy"]
    await stream.close()
    await asyncio.sleep(0.3)
    assert web.adapter._screens._lives == {}
    assert web.adapter._screens._bytes == 0
    assert web.adapter._screens._timer is None


async def test_a_heartbeat_keeps_a_quiet_stream(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen_bounds, "HEARTBEAT", 0.3)
    ann = await web.person(watching=False)
    headers = {"Authorization": f"Bearer {ann.token}"}
    async with ClientSession(headers=headers) as http, http.get(web.url + "/web/v1/stream") as response:
        lines = [await asyncio.wait_for(response.content.readline(), 5) for _ in range(7)]
    assert [line for line in lines if line.startswith(b":")][:2] == [b":\n", b":\n"]


async def test_a_stuck_viewer_costs_nobody_anything(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen_bounds, "HEARTBEAT", 0.6)
    ann = await web.person()
    address = web.address(ann)
    host, _, port = web.url.removeprefix("http://").rpartition(":")
    stuck = socket.socket()
    stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stuck.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(stuck, (host, int(port)))
    request = f"GET /web/v1/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ann.token}\r\n\r\n"
    await loop.sock_sendall(stuck, request.encode())
    while web.adapter.open_streams() < 2:
        await asyncio.sleep(0.01)
    slowest = 0.0
    for number in range(300):
        began = time.monotonic()
        web.room.answered(address, f"t{number}", f"n{number}" + "x" * 30_000)
        await web.adapter.send(address, Part(f"n{number}" + "x" * 30_000), f"t{number}")
        slowest = max(slowest, time.monotonic() - began)
        await asyncio.sleep(0)
    await ann.sees("n299")
    assert slowest < 0.5
    assert web.adapter._screens.look(address).size <= live_bounds.MOST_BYTES
    async with asyncio.timeout(10):
        while web.adapter.open_streams() > 1:
            await asyncio.sleep(0.05)
    stuck.close()
    await web.adapter.send(address, Part("after"), "after")
    await ann.sees("after")


async def test_a_stream_ends_with_its_session(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen_bounds, "HEARTBEAT", 0.3)
    ann = await web.person()
    later = time.time() + 91 * 86_400
    monkeypatch.setattr(time, "time", lambda: later)
    async with asyncio.timeout(5):
        while web.adapter.open_streams():
            await asyncio.sleep(0.02)
    await ann.away()


async def test_a_clock_that_jumps_back_changes_nothing(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = await web.person()
    day = time.time_ns() - 86_400 * 10**9
    monkeypatch.setattr(time, "time_ns", lambda: day)
    await ann.says("hi")
    await answer(web, web.address(ann), "t1")
    await ann.sees("in the end")
    assert doubled(ann.events) == []


async def test_closing_the_house_lets_everybody_go(web: WebServer) -> None:
    people = [await web.person() for _ in range(5)]
    http = ClientSession(timeout=ClientTimeout(total=5), headers={"Authorization": f"Bearer {people[0].token}"})
    async with http, http.get(web.url + "/web/v1/stream") as response:
        await response.content.readline()
        await web.adapter.close()
        await response.content.read()
    assert web.adapter.open_streams() == 0
    assert isinstance(web.adapter._watch, Watch)


async def test_a_seq_named_by_a_post_is_never_too_late(web: WebServer) -> None:
    """Fifty visitors post while their answers race their acknowledgements; each streams since the seq it was told."""

    async def race(inbound: Inbound, number: int) -> None:
        task = asyncio.create_task(answer(web, inbound.address, f"t{number}"))
        tasks.append(task)
        for _ in range(number % 4):
            await asyncio.sleep(0)

    tasks: list[asyncio.Task[None]] = []
    web.room.then = race
    people = await asyncio.gather(*(web.person(watching=False) for _ in range(50)))

    async def one(person: Any) -> None:
        accepted = await person.call("POST", "/web/v1/messages", {"text": "hi"})
        person.since = accepted["seq"]
        await person.back()
        await person.sees("in the end")
        assert doubled(person.events) == []
        assert words_of(person.answers()[0]["nodes"]).startswith("First a line")

    await asyncio.gather(*(one(person) for person in people))
    await asyncio.gather(*tasks)
