"""chat.*: posting, editing, streaming. Knows Slack's limits and refusals; must not know how calls arrive."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any

from adapters.slack.sandbox.api import Method, Refusal
from adapters.slack.sandbox.world import App, Channel, Json, Message, Streaming, World

TEXT_LIMIT = 40_000
MARKDOWN_LIMIT = 12_000
"""Characters: of `text`, and of all markdown in one payload; a stream closes when it holds more."""

BUTTON_LIMITS = {"text": 75, "value": 2_000, "action_id": 255, "url": 3_000}


class Chat:
    """The methods. `stream_seconds`: how long a stream stays open, however active it is."""

    def __init__(self, world: World, changed: Callable[[], None]) -> None:
        self.stream_seconds = 300.0
        self._world, self._changed = world, changed

    def methods(self) -> dict[str, Method]:
        """By name."""
        return {
            "chat.postMessage": self.post,
            "chat.postEphemeral": self.ephemeral,
            "chat.update": self.update,
            "chat.delete": self.delete,
            "chat.startStream": self.start,
            "chat.appendStream": self.append,
            "chat.stopStream": self.stop,
        }

    async def post(self, app: App, given: Json) -> Json:
        """chat.postMessage; a user's id is taken for the conversation with them."""
        channel = self._place(app, given["channel"])
        _check(given)
        message = self._written(app, channel, given)
        self._world.post(message)
        channel.statuses.pop(message.thread_ts, None)
        self._changed()
        return {"channel": channel.id, "ts": message.ts, "message": message.shown()}

    async def ephemeral(self, app: App, given: Json) -> Json:
        """chat.postEphemeral."""
        channel = self._place(app, given["channel"])
        if given["user"] not in channel.members:
            raise Refusal("user_not_in_channel")
        _check(given)
        message = self._written(app, channel, given)
        message.only_for = given["user"]
        self._world.post(message)
        self._changed()
        return {"message_ts": message.ts}

    async def update(self, app: App, given: Json) -> Json:
        """chat.update."""
        message = self._own(app, given)
        if message.streaming and self._streams(message):
            raise Refusal("streaming_state_conflict")
        _check(given)
        message.text = given.get("text", message.text)
        message.blocks = given.get("blocks", message.blocks)
        message.markdown = given.get("markdown_text", "")
        self._world.look(message)
        self._changed()
        return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": message.shown()}

    async def delete(self, app: App, given: Json) -> Json:
        """chat.delete."""
        message = self._own(app, given)
        if message.streaming and self._streams(message):
            raise Refusal("cant_delete_message")
        del self._world.channels[message.channel].messages[message.ts]
        self._changed()
        return {"channel": message.channel, "ts": message.ts}

    async def start(self, app: App, given: Json) -> Json:
        """chat.startStream: only as a reply in a thread, and in channels only to somebody."""
        channel = self._place(app, given["channel"])
        if not given.get("thread_ts"):
            raise Refusal("invalid_thread_ts")
        if channel.kind != "im" and not (given.get("recipient_user_id") and given.get("recipient_team_id")):
            raise Refusal("missing_recipient_user_id")
        message = Message(channel.id, self._world.ts(), app.user, thread_ts=given["thread_ts"], app=app)
        message.streaming = Streaming(monotonic() + self.stream_seconds)
        message.markdown = _streamed(given)
        self._world.post(message)
        channel.statuses.pop(message.thread_ts, None)
        self._changed()
        return {"channel": channel.id, "ts": message.ts}

    async def append(self, app: App, given: Json) -> Json:
        """chat.appendStream."""
        message = self._own(app, given)
        if not self._streams(message):
            raise Refusal("message_not_in_streaming_state")
        added = _streamed(given)
        if not added:
            raise Refusal("no_text")
        if len(message.markdown) + len(added) > MARKDOWN_LIMIT:
            _close(message)
            raise Refusal("message_not_in_streaming_state")
        message.markdown += added
        self._world.look(message)
        self._changed()
        return {"channel": message.channel, "ts": message.ts}

    async def stop(self, app: App, given: Json) -> Json:
        """chat.stopStream, perhaps with last words and blocks."""
        message = self._own(app, given)
        if not self._streams(message):
            raise Refusal("message_not_in_streaming_state")
        message.markdown += _streamed(given)
        message.blocks = given.get("blocks", [])
        _close(message)
        if given.get("session_status"):
            channel = self._world.channels[message.channel]
            channel.sessions[message.thread_ts] = given["session_status"]
        self._world.look(message)
        self._changed()
        return {"channel": message.channel, "ts": message.ts, "message": message.shown()}

    def _streams(self, message: Message) -> bool:
        return message.streaming is not None and message.streaming.open and monotonic() < message.streaming.until

    def _place(self, app: App, where: str) -> Channel:
        if where in self._world.users:
            return self._world.direct(app, where)
        channel = self._world.channels.get(where)
        if channel is None:
            raise Refusal("channel_not_found")
        if app.user not in channel.members:
            raise Refusal("not_in_channel" if channel.kind == "channel" else "channel_not_found")
        return channel

    def _own(self, app: App, given: Json) -> Message:
        channel = self._place(app, given["channel"])
        message = channel.messages.get(given["ts"])
        if message is None:
            raise Refusal("message_not_found")
        if message.app is not app:
            raise Refusal("cant_update_message")
        return message

    def _written(self, app: App, channel: Channel, given: Json) -> Message:
        thread = given.get("thread_ts") or ""
        if thread and thread not in channel.messages:
            raise Refusal("thread_not_found")
        if given.get("link_names") or given.get("parse") == "full":
            self._world.pings.append((channel.id, "link_names"))
        return Message(
            channel.id,
            self._world.ts(),
            app.user,
            text=given.get("text", ""),
            blocks=given.get("blocks") or [],
            markdown=given.get("markdown_text", ""),
            thread_ts=thread,
            app=app,
            tags=given.get("metadata"),
        )


def _close(message: Message) -> None:
    assert message.streaming is not None
    message.streaming.open = False


def _streamed(given: Json) -> str:
    """The markdown of one streaming call."""
    chunks: list[Json] = given.get("chunks") or []
    texts = [given.get("markdown_text") or "", *(chunk.get("text", "") for chunk in chunks if "text" in chunk)]
    text = "".join(texts)
    if len(text) > MARKDOWN_LIMIT:
        raise Refusal("msg_too_long")
    return text


def _check(given: Json) -> None:
    """Raises what Slack refuses about a message's content."""
    text, blocks = given.get("text") or "", given.get("blocks") or []
    if not text and not blocks and not given.get("markdown_text"):
        raise Refusal("no_text")
    if len(text) > TEXT_LIMIT:
        raise Refusal("msg_too_long")
    check_blocks(blocks)


def check_blocks(blocks: list[Json], most: int = 50) -> None:
    """Raises what Slack refuses about blocks."""
    if len(blocks) > most:
        raise Refusal("invalid_blocks")
    markdown = sum(len(block.get("text", "")) for block in blocks if block.get("type") == "markdown")
    if markdown > MARKDOWN_LIMIT:
        raise Refusal("msg_blocks_too_long")
    for block in blocks:
        kind = block.get("type")
        if kind == "section" and not 0 < len(block.get("text", {}).get("text", "")) <= 3_000:
            raise Refusal("invalid_blocks")
        if kind == "markdown" and not block.get("text"):
            raise Refusal("invalid_blocks")
        if kind == "actions" and not 0 < len(block.get("elements", [])) <= 25:
            raise Refusal("invalid_blocks")
        for element in block.get("elements", []) if kind == "actions" else []:
            _check_button(element)


def _check_button(element: Json) -> None:
    lengths: dict[str, Any] = {
        "text": element.get("text", {}).get("text", ""),
        "value": element.get("value", ""),
        "action_id": element.get("action_id", ""),
        "url": element.get("url", ""),
    }
    if any(len(lengths[name]) > most for name, most in BUTTON_LIMITS.items()) or not lengths["text"]:
        raise Refusal("invalid_blocks")
