"""The stand-in is Slack as far as Slack's own SDK, Bolt and the vendor's samples can tell."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.sandbox import SlackSandbox
from adapters.slack.sandbox.api import Fault

SPEC: dict[str, Any] = json.loads((Path(__file__).parents[2] / "specs" / "slack.json").read_text())

LONG = {"type": "markdown", "text": "x" * 12_001}

BEYOND_SAMPLES = {
    "chat.update.message.ts is not in the sample",
    "chat.update.message.thread_ts is not in the sample",
    "chat.stopStream.channel is not in the sample",
    "chat.stopStream.ts is not in the sample",
    "chat.stopStream.message is not in the sample",
    "interactive .user.username is not in the sample",
    "interactive .api_app_id is not in the sample",
    "events_api .event.team is not in the sample",
}
"""What the vendor documents and its samples do not show."""

KINDS: dict[type, str] = {str: "string", bool: "boolean", int: "number", float: "number"}


@pytest.fixture
async def platform() -> AsyncIterator[SlackSandbox]:
    async with SlackSandbox() as sandbox:
        yield sandbox


def client(platform: SlackSandbox) -> AsyncWebClient:
    return AsyncWebClient(platform.app.bot_token, base_url=platform.api_base)


def foreign(told: Any, shape: Any, path: str = "") -> list[str]:
    """What `told` has that the vendor's sample has not, or of another type."""
    if shape in ("any", "object", "list") or told is None:
        return []
    if isinstance(told, dict):
        if not isinstance(shape, dict):
            return [f"{path}: {shape}, not an object"]
        new = [f"{path}.{name} is not in the sample" for name in told.keys() - shape.keys()]
        return new + [
            each for name in told.keys() & shape.keys() for each in foreign(told[name], shape[name], f"{path}.{name}")
        ]
    if isinstance(told, list):
        inner = shape[0] if isinstance(shape, list) else None
        return (
            [f"{path}: {shape}, not a list"]
            if inner is None
            else [e for t in told for e in foreign(t, inner, f"{path}[]")]
        )
    return [] if KINDS[type(told)] == shape else [f"{path}: {KINDS[type(told)]}, not {shape}"]


async def test_every_call_of_the_sdk_is_answered_in_the_vendors_shape(platform: SlackSandbox) -> None:
    ann = platform.person("Ann", "de-DE")
    room = platform.group("team", ann)
    root = await ann.says("hi", in_=room, settle=False)
    web, where = client(platform), {"channel": room.id}
    view = {"type": "home", "blocks": [{"type": "divider"}]}
    prompts = [{"title": "a", "message": "b"}]
    posted = await web.chat_postMessage(text="hello", thread_ts=root.ts, **where)
    direct = (await web.conversations_open(users=ann.id))["channel"]["id"]
    stream = await web.chat_startStream(
        thread_ts=root.ts, markdown_text="a", recipient_user_id=ann.id, recipient_team_id="T1", **where
    )
    answers = [
        await web.auth_test(),
        await web.users_info(user=ann.id, include_locale=True),
        await web.conversations_info(**where),
        await web.conversations_join(**where),
        await web.conversations_history(**where),
        await web.conversations_replies(ts=root.ts, **where),
        await web.chat_update(ts=posted["ts"], text="better", **where),
        await web.chat_postEphemeral(user=ann.id, text="psst", **where),
        await web.chat_appendStream(ts=stream["ts"], markdown_text="b", **where),
        await web.chat_stopStream(ts=stream["ts"], **where),
        await web.assistant_threads_setStatus(channel_id=direct, thread_ts="1.1", status="thinks"),
        await web.assistant_threads_setTitle(channel_id=direct, thread_ts="1.1", title="T"),
        await web.assistant_threads_setSuggestedPrompts(channel_id=direct, thread_ts="1.1", prompts=prompts),
        await web.agents_sessions_setStatus(channel_id=direct, thread_ts="1.1", status="processing"),
        await web.agents_sessions_rename(channel_id=direct, thread_ts="1.1", title="Other"),
        await web.reactions_add(timestamp=root.ts, name="eyes", **where),
        await web.reactions_remove(timestamp=root.ts, name="eyes", **where),
        await web.views_publish(user_id=ann.id, view=view),
        await web.views_open(trigger_id="1.2", view=view),
        await web.files_upload_v2(content="x", filename="a.txt", channel=direct),
        await web.chat_delete(ts=posted["ts"], **where),
        await AsyncWebClient(base_url=platform.api_base).apps_connections_open(app_token=platform.app.app_token),
    ]
    assert all(answer["ok"] for answer in answers)
    assert answers[1]["user"]["locale"] == "de-DE"
    shapes = SPEC["answers"]
    calls = [call for call in platform.calls if call.method in shapes]
    assert len({call.method for call in calls}) >= 21
    assert {each for call in calls for each in foreign(call.answer, shapes[call.method], call.method)} <= BEYOND_SAMPLES
    assert {call.encoding for call in platform.calls} == {"json", "query"}


async def test_what_happens_is_told_in_the_vendors_shape(platform: SlackSandbox) -> None:
    seen: list[SocketModeRequest] = []
    async with Connected(platform, seen):
        ann = platform.person("Ann")
        room = platform.group("team", ann)
        root = await ann.says("hello", in_=room, mention=True)
        await ann.says("and more", in_=room, thread=root)
        await ann.uploads("a.txt", "text/plain", b"x", in_=room)
        await ann.edits(root, "hello!")
        await ann.reacts("👍", to=root)
        await ann.opens_home()
        await client(platform).chat_postMessage(channel=room.id, text="x", blocks=[button("Go")])
        await ann.presses("Go")
        await ann.asks_about(root)
        await ann.calls("/parley help", in_=room)
        await ann.deletes(root)
    wrong = []
    for request in seen:
        if request.type == "slash_commands":
            shape = SPEC["interactions"]["slash"] | {"is_enterprise_install": "string", "channel_name": "string"}
        elif request.type == "interactive":
            shape = SPEC["interactions"][request.payload["type"]] | {"enterprise": "any"}
        else:
            event = request.payload["event"]
            name = event.get("subtype") or event["type"]
            shape = SPEC["events"][name if name in SPEC["events"] else event["type"]]
        wrong += [f"{request.type} {each}" for each in foreign(request.payload, shape)]
    assert set(wrong) <= BEYOND_SAMPLES
    assert len(seen) >= 11


def button(label: str) -> dict[str, Any]:
    text = {"type": "plain_text", "text": label}
    return {"type": "actions", "elements": [{"type": "button", "action_id": "a", "text": text, "value": "v"}]}


class Connected:
    """The SDK's own Socket Mode client, which acknowledges everything and notes it."""

    def __init__(self, platform: SlackSandbox, seen: list[SocketModeRequest], ack: bool = True) -> None:
        self.client = SocketModeClient(platform.app.app_token, web_client=client(platform), ping_interval=0.2)
        self.seen, self.ack = seen, ack
        self.client.socket_mode_request_listeners.append(self.take)

    async def take(self, socket: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        self.seen.append(request)
        if self.ack:
            await socket.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))

    async def __aenter__(self) -> SocketModeClient:
        await self.client.connect()
        return self.client

    async def __aexit__(self, *_: object) -> None:
        await self.client.close()
        await asyncio.gather(self.client.message_processor, return_exceptions=True)


async def test_the_sdks_connection_lives_through_pings_disconnects_and_cuts(platform: SlackSandbox) -> None:
    seen: list[SocketModeRequest] = []
    async with Connected(platform, seen) as socket:
        ann = platform.person("Ann")
        await ann.says("one")
        await platform.courier.disconnect(grace=0.05)
        await asyncio.sleep(0.3)
        await ann.says("two")
        platform.courier.drop()
        await ann.says("three")
        assert await socket.is_connected()
        assert not await socket.is_ping_pong_failing()
    assert [request.payload["event"]["text"] for request in seen if not request.retry_attempt][:2] == ["one", "two"]
    assert "three" in [request.payload["event"]["text"] for request in seen]


async def test_an_envelope_without_an_acknowledgement_comes_again_also_after_a_reconnect(
    platform: SlackSandbox,
) -> None:
    platform.courier.ack_seconds, platform.courier.minute = 0.05, 60
    seen: list[SocketModeRequest] = []
    ann = platform.person("Ann")
    async with Connected(platform, seen, ack=False):
        await ann.says("keep", settle=False)
        await asyncio.sleep(0.2)
    assert [request.retry_attempt for request in seen] == [0, 1]
    assert len({request.envelope_id for request in seen}) == 1
    async with Connected(platform, seen):
        async with asyncio.timeout(5):
            await platform.courier.delivered[0].over.wait()
    assert seen[-1].envelope_id == seen[0].envelope_id


async def test_bolt_speaks_to_it_over_both_roads(platform: SlackSandbox) -> None:
    app = AsyncApp(client=client(platform), signing_secret=platform.app.signing_secret)
    heard: list[str] = []

    @app.event("message")
    async def answer(event: dict[str, Any], say_stream: Any) -> None:
        stream = await say_stream(buffer_size=8)
        for word in ("You said ", "**", event["text"], "**"):
            await stream.append(markdown_text=word)
        await stream.stop()

    @app.command("/parley")
    async def command(ack: Any, respond: Any, command: dict[str, Any]) -> None:
        await ack()
        await respond(f"called with {command['text']}")

    @app.action("a")
    async def action(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        heard.append(body["actions"][0]["value"])

    ann = platform.person("Ann")
    handler = AsyncSocketModeHandler(app, platform.app.app_token)
    await handler.connect_async()
    await ann.says("hello")
    await ann.sees("You said hello")
    await ann.calls("/parley x")
    await ann.sees("called with x")
    await handler.close_async()
    server = app.server(port=0, path="/slack/events")
    runner = aiohttp.web.AppRunner(server.web_app)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    platform.app.request_url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    await ann.says("again")
    await ann.sees("You said again")
    await client(platform).chat_postMessage(channel=ann.direct().id, text="x", blocks=[button("Go")])
    await ann.presses("Go")
    assert heard == ["v"]
    body = json.dumps({"type": "url_verification", "challenge": "c", "token": "t"}).encode()
    assert await platform.courier.post(platform.app, body) == 200
    platform.app.signing_secret = "another"
    assert await platform.courier.post(platform.app, body) == 401
    await runner.cleanup()


async def test_retries_over_http_follow_the_schedule(platform: SlackSandbox) -> None:
    platform.courier.ack_seconds, platform.courier.minute = 0.2, 0.1
    heard: list[tuple[str | None, str | None, float]] = []
    statuses = [500, 503, 200]

    async def hook(request: aiohttp.web.Request) -> aiohttp.web.Response:
        body = await request.read()
        assert SignatureVerifier(platform.app.signing_secret).is_valid_request(body, dict(request.headers))
        retry = request.headers.get("X-Slack-Retry-Num"), request.headers.get("X-Slack-Retry-Reason")
        heard.append((*retry, asyncio.get_running_loop().time()))
        return aiohttp.web.Response(status=statuses[len(heard) - 1])

    server = aiohttp.web.Application()
    server.router.add_post("/", hook)
    runner = aiohttp.web.AppRunner(server)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    platform.app.request_url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await platform.person("Ann").says("hello")
    assert [each[:2] for each in heard] == [(None, None), ("1", "http_error"), ("2", "http_error")]
    assert heard[1][2] - heard[0][2] < 0.1 <= heard[2][2] - heard[1][2]
    await runner.cleanup()


@pytest.mark.parametrize(
    ("method", "given", "error"),
    [
        ("chat.postMessage", {"channel": "C9", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "room"}, "no_text"),
        ("chat.postMessage", {"channel": "room", "text": "x" * 40_001}, "msg_too_long"),
        ("chat.postMessage", {"channel": "room", "text": "x", "thread_ts": "1.1"}, "thread_not_found"),
        ("chat.postMessage", {"channel": "other", "text": "x"}, "not_in_channel"),
        ("chat.postMessage", {"channel": "room", "blocks": [LONG]}, "msg_blocks_too_long"),
        ("chat.update", {"channel": "room", "ts": "1.1", "text": "x"}, "message_not_found"),
        ("chat.startStream", {"channel": "room", "markdown_text": "x"}, "invalid_thread_ts"),
        ("chat.startStream", {"channel": "room", "thread_ts": "1.1"}, "missing_recipient_user_id"),
        ("users.info", {"user": "U9"}, "invalid_arguments"),
        ("no.such", {}, "unknown_method"),
    ],
)  # fmt: skip
async def test_refusals_are_those_of_slack(
    platform: SlackSandbox, method: str, given: dict[str, Any], error: str
) -> None:
    """users.info reads no JSON, as the real one."""
    ann = platform.person("Ann")
    rooms = {"room": platform.group("team", ann).id, "other": platform.group("other", ann, apps=()).id}
    given = {**given, "channel": rooms.get(given.get("channel", ""), given.get("channel", ""))}
    with pytest.raises(SlackApiError) as refused:
        await client(platform).api_call(method, json=given)
    assert refused.value.response["error"] == error
    assert refused.value.response.status_code == 200


async def test_a_stream_closes_for_age_and_length_and_is_not_edited_meanwhile(platform: SlackSandbox) -> None:
    ann, web = platform.person("Ann"), client(platform)
    root = await ann.says("hi", settle=False)
    where = {"channel": ann.direct().id}

    async def start() -> dict[str, Any]:
        return {**where, "ts": (await web.chat_startStream(thread_ts=root.ts, markdown_text="a", **where))["ts"]}

    async def refused(work: Any) -> str:
        with pytest.raises(SlackApiError) as error:
            await work
        return str(error.value.response["error"])

    first = await start()
    assert await refused(web.chat_update(text="x", **first)) == "streaming_state_conflict"
    assert await refused(web.chat_delete(**first)) == "cant_delete_message"
    assert await refused(web.chat_appendStream(markdown_text="x" * 12_000, **first)) == "message_not_in_streaming_state"
    assert await refused(web.chat_stopStream(**first)) == "message_not_in_streaming_state"
    await web.chat_update(text="now it can", **first)
    platform.chat.stream_seconds = 0.0
    assert await refused(web.chat_appendStream(markdown_text="x", **await start())) == "message_not_in_streaming_state"
    assert await refused(web.chat_startStream(thread_ts=root.ts, markdown_text="x" * 12_001, **where)) == "msg_too_long"


async def test_tokens_scopes_and_floods(platform: SlackSandbox) -> None:
    ann = platform.person("Ann")
    web = client(platform)
    assert "chat:write" in (await web.auth_test()).headers["x-oauth-scopes"]
    for token, error in (("xoxb-wrong", "invalid_auth"), (platform.app.app_token, "not_allowed_token_type")):
        with pytest.raises(SlackApiError, match=error):
            await AsyncWebClient(token, base_url=platform.api_base).auth_test()
    platform.app.scopes.discard("chat:write")
    with pytest.raises(SlackApiError, match="missing_scope"):
        await web.chat_postMessage(channel=ann.id, text="x")
    platform.app.scopes.add("chat:write")
    platform.api.limits = True
    for _ in range(10):
        await web.chat_postMessage(channel=ann.id, text="x")
    with pytest.raises(SlackApiError) as limited:
        await web.chat_postMessage(channel=ann.id, text="x")
    assert limited.value.response.status_code == 429
    assert int(limited.value.response.headers["Retry-After"]) >= 1
    platform.api.limits = False
    platform.api.misbehave("chat.postMessage", Fault(429, after=0))
    web.retry_handlers.append(AsyncRateLimitErrorRetryHandler())
    assert (await web.chat_postMessage(channel=ann.id, text="second try"))["ok"]


async def test_mentions_are_noticed_wherever_they_stand(platform: SlackSandbox) -> None:
    ann, web = platform.person("Ann"), client(platform)
    for text in ("<!channel>", "<!here|here>", f"<@{ann.id}>", "<!subteam^S1>"):
        await web.chat_postMessage(channel=ann.id, text=text)
        await web.chat_postMessage(channel=ann.id, text="x", blocks=[{"type": "markdown", "text": text}])
    await web.chat_postMessage(channel=ann.id, text="&lt;!channel&gt; <https://e.org|x> <b>")
    assert len(platform.pings) == 8
