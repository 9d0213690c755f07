"""What a page can say, what it is told when it says it wrongly, and that saying it twice is saying it once."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from aiohttp import ClientSession

from adapters.web.sandbox import Refused
from hub.domain.errors import Busy, NotAllowed
from hub.domain.inbound import Called, Inbound, Pressed, Said
from hub.domain.reply import Button, Part

from .kit import WebServer


async def post(
    web: WebServer, path: str, body: bytes, token: str = "", **headers: str
) -> tuple[int, Any, dict[str, str]]:
    given = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    async with ClientSession() as http, http.post(web.url + path, data=body, headers=given) as response:
        return response.status, json.loads(await response.read()), dict(response.headers)


async def test_a_session_says_what_the_page_needs(web: WebServer) -> None:
    ann = await web.person(watching=False)
    session = await ann.begin()
    assert session["visitor"] == ann.visitor
    assert session["limits"] == {"text": 32_000, "file": 10 * 1024 * 1024, "files": 8}
    assert session["site"]["key"] == "default"
    assert session["site"]["position"] == "right"
    assert web.room.asked_keys == {"web-session"}


async def test_a_message_is_accepted_and_comes_back_on_the_screen(web: WebServer) -> None:
    ann = await web.person(language="de")
    number = await ann.says("hi *there*\nyou")
    assert number == "p1"
    mine = await ann.sees("hi", role="person")
    assert mine["id"] == "p1"
    assert mine["nodes"] == [["p", 0, "hi *there*", ["br", 0], "you"]]
    inbound = web.room.inbox[0]
    assert inbound.address == web.address(ann)
    assert (inbound.sender.user, inbound.sender.language) == (f"default:{ann.visitor}", "de")


async def test_a_repeat_is_accepted_once_and_a_changed_one_refused(web: WebServer) -> None:
    ann = await web.person()
    body = {"text": "once"}
    first, *others = await asyncio.gather(
        *(ann.call("POST", "/web/v1/messages", body, Idempotency_Key="k1") for _ in range(20))
    )
    assert all(other == first for other in others)
    assert len(web.room.inbox) == 1
    with pytest.raises(Refused) as refused:
        await ann.call("POST", "/web/v1/messages", {"text": "other"}, Idempotency_Key="k1")
    assert (refused.value.status, refused.value.key) == (422, "changed_key")
    await ann.says("after")
    await ann.sees("after", role="person")
    said = [event["message"]["text"] for event in ann.events if event["type"] == "message"]
    assert said == ["once", "after"]


async def test_two_visitors_may_use_the_same_key(web: WebServer) -> None:
    ann, ben = await web.person(watching=False), await web.person(watching=False)
    assert await ann.says("mine", key="k") != await ben.says("mine", key="k")
    assert len(web.room.inbox) == 2


async def test_a_press_and_a_stop_are_what_they_are(web: WebServer) -> None:
    ann = await web.person()
    await ann.presses("model", "demo")
    await ann.stop()
    await ann.says("/help me")
    contents = [inbound.content for inbound in web.room.inbox]
    assert contents == [Pressed("model", "demo"), Called("stop"), Said("/help me")]


async def test_a_reply_has_its_buttons_and_a_notice_its_role(web: WebServer) -> None:
    ann = await web.person()
    part = Part("It broke.", (Button("Again", "retry", "x"),), role="notice", failed=True)
    await web.adapter.send(web.address(ann), part, "t9")
    seen = await ann.sees("It broke.")
    assert (seen["role"], seen["state"]) == ("notice", "failed")
    assert seen["buttons"] == [{"label": "Again", "command": "retry", "argument": "x"}]


async def test_typing_is_seen_by_those_who_look_on(web: WebServer) -> None:
    ann = await web.person()
    await web.adapter.typing(web.address(ann))
    await ann.until(lambda: {} if ann.events[-1]["type"] == "typing" else None, 5)


BAD = {
    b"": (400, "bad_json"),
    b"{": (400, "bad_json"),
    b"[]": (400, "bad_json"),
    b"null": (400, "bad_json"),
    b'{"text": 5}': (400, "bad_json"),
    b'{"text": null}': (400, "bad_json"),
    b'{"text": "\xff"}': (400, "bad_json"),
    b'{"text": "\\ud800"}': (400, "bad_json"),
    b'{"text": "a\\u0000b"}': (400, "bad_input"),
    b'{"x": ' + b"[" * 50_000 + b"]" * 50_000 + b"}": (400, "bad_json"),
    b'{"text": ""}': (400, "empty_message"),
    b'{"text": " \\n\\t "}': (400, "empty_message"),
    b"{}": (400, "empty_message"),
    b'{"command": {"name": "Rm -rf"}}': (400, "bad_input"),
    b'{"command": {"argument": "x"}}': (400, "bad_json"),
    b'{"text": "x", "files": ["f1.forged"]}': (404, "no_such_file"),
    b'{"text": "x", "files": "f1"}': (400, "bad_json"),
    b'{"text": "' + b"a" * 32_001 + b'"}': (413, "text_too_long"),
    b'{"text": "' + b"a" * 300_000 + b'"}': (413, "too_large"),
}


@pytest.mark.parametrize("body", BAD, ids=lambda body: repr(body[:40]))
async def test_bad_input_gets_words(web: WebServer, body: bytes) -> None:
    ann = await web.person(watching=False, language="en")
    status, answer, headers = await post(web, "/web/v1/messages", body, ann.token)
    assert (status, answer["error"]["key"]) == BAD[body]
    assert len(answer["error"]["message"]) > 10
    assert "{" not in answer["error"]["message"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert not web.room.inbox
    await ann.says("still here")


async def test_words_come_in_the_persons_language(web: WebServer) -> None:
    ann = await web.person(watching=False, language="de")
    ben = await web.person(watching=False, language="en")
    words = [(await post(web, "/web/v1/messages", b'{"text": ""}', each.token))[1] for each in (ann, ben)]
    assert words[0]["error"]["key"] == words[1]["error"]["key"]
    assert words[0]["error"]["message"] != words[1]["error"]["message"]


async def test_a_body_without_length_or_unpacking_to_much_is_cut_off(web: WebServer) -> None:
    import gzip

    ann = await web.person(watching=False)
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while sent < 50 * 1024 * 1024:
            sent += 65_536
            yield b" " * 65_536

    async with ClientSession() as http:
        headers = {"Authorization": f"Bearer {ann.token}"}
        try:
            async with http.post(web.url + "/web/v1/messages", data=endless(), headers=headers) as response:
                assert response.status == 413
        except (ConnectionError, OSError):
            pass
    assert sent < 30 * 1024 * 1024
    bomb = gzip.compress(b'{"text": "' + b"a" * 20_000_000 + b'"}')
    status, answer, _ = await post(web, "/web/v1/messages", bomb, ann.token, Content_Encoding="gzip")
    assert (status, answer["error"]["key"]) == (413, "too_large")


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 129, "ü"])
async def test_a_strange_idempotency_key_is_refused(web: WebServer, key: str) -> None:
    ann = await web.person(watching=False)
    status, _, _ = await post(web, "/web/v1/messages", b'{"text": "x"}', ann.token, Idempotency_Key=key)
    assert status == 400
    assert not web.room.inbox


async def test_without_a_key_every_message_is_a_new_one(web: WebServer) -> None:
    ann = await web.person(watching=False)
    for _ in range(2):
        status, _, _ = await post(web, "/web/v1/messages", b'{"text": "x"}', ann.token)
        assert status == 202
    assert len(web.room.inbox) == 2


async def test_a_store_that_is_down_acknowledges_nothing(web: WebServer) -> None:
    ann = await web.person(watching=False)
    web.room.store_down = True
    for path in ("/web/v1/messages", "/web/v1/stop"):
        status, answer, headers = await post(web, path, b'{"text": "x"}', ann.token)
        assert (status, answer["error"]["key"], headers["Retry-After"]) == (503, "store_down", "5")
    for path in ("/web/v1/history", "/web/v1/stream"):
        with pytest.raises(Refused) as refused:
            await ann.call("GET", path)
        assert refused.value.status == 503
    later = asyncio.create_task(ann.says("kept trying"))
    await asyncio.sleep(0.1)
    web.room.store_down = False
    assert await later == "p1"


async def test_what_intake_refuses_is_said(web: WebServer) -> None:
    ann = await web.person(watching=False)
    web.room.refuse = Busy(after=7)
    status, answer, headers = await post(web, "/web/v1/messages", b'{"text": "x"}', ann.token)
    assert (status, answer["error"]["key"], headers["Retry-After"]) == (429, "busy", "7")
    web.room.refuse = NotAllowed()
    assert (await post(web, "/web/v1/messages", b'{"text": "x"}', ann.token))[0] == 403


async def test_a_fault_of_ours_says_nothing_of_itself(web: WebServer, caplog: pytest.LogCaptureFixture) -> None:
    ann = await web.person(watching=False)
    web.room.refuse = RuntimeError("password=hunter2")
    status, answer, _ = await post(web, "/web/v1/messages", b'{"text": "x"}', ann.token)
    assert (status, answer["error"]["key"]) == (500, "error")
    assert "hunter2" not in json.dumps(answer)
    assert "the web adapter failed" in caplog.text


async def test_a_closed_house_says_when_to_come_back(serve: Any) -> None:
    web = await serve(listen=False)
    status, answer, headers = await post(web, "/web/v1/sessions", b"{}")
    assert (status, answer["error"]["key"], headers["Retry-After"]) == (503, "not_ready", "1")


async def test_sessions_are_counted_for_each_network(serve: Any) -> None:
    web = await serve(sessions_per_minute=3)
    for _ in range(3):
        assert (await post(web, "/web/v1/sessions", b"{}"))[0] == 200
    status, answer, headers = await post(web, "/web/v1/sessions", b"{}")
    assert (status, answer["error"]["key"]) == (429, "too_fast")
    assert 1 <= int(headers["Retry-After"]) <= 61


async def test_a_quick_answer_never_comes_before_its_question(web: WebServer) -> None:
    ann = await web.person(watching=False)
    address = web.address(ann)

    async def at_once(inbound: Inbound, number: int) -> None:
        stream = await web.adapter.open_stream(address, f"t{number}")
        await stream.show("quick")

    web.room.then = at_once
    answer = await ann.call("POST", "/web/v1/messages", {"text": "hi"})
    ann.since = answer["seq"]
    await ann.back()
    await ann.until(lambda: ann.screen.get("t1"), 5)
    await ann.until(lambda: ann.screen.get("p1"), 5)
    assert [event["type"] for event in ann.events] == ["frame", "message"]
