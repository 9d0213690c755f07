"""Somebody in a workspace. Knows what people do and see in Slack; must not know our adapter."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING

from adapters.slack.sandbox import payloads
from adapters.slack.sandbox.courier import Errand
from adapters.slack.sandbox.world import App, Channel, Json, Message, User, bare, pressable

if TYPE_CHECKING:
    from adapters.slack.sandbox.platform import SlackSandbox

EMOJI = {"👍": "+1", "👎": "-1", "❤️": "heart", "🎉": "tada", "👀": "eyes"}

PATIENCE = 5.0
"""Seconds an action waits for the app to have acknowledged it."""


class Person:
    """What they do returns once the app has acknowledged it, or `PATIENCE` is over; `settle=False`: at once."""

    def __init__(self, platform: SlackSandbox, user: User) -> None:
        self.platform = platform
        self.user = user
        self.id = user.id
        self.errands: list[Errand] = []

    def direct(self, to: App | None = None) -> Channel:
        """Their conversation with an app."""
        return self.platform.world.direct(to or self.platform.app, self.id)

    async def says(
        self,
        text: str,
        *,
        in_: Channel | None = None,
        thread: Message | str = "",
        to: App | None = None,
        mention: bool = False,
        files: tuple[Json, ...] = (),
        settle: bool = True,
    ) -> Message:
        """Write; in a direct message unless a channel is named. `mention`: the app is named first."""
        channel = in_ or self.direct(to)
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        words = f"<@{(to or self.platform.app).user}> {escaped}".rstrip() if mention else escaped
        root = thread.thread_ts or thread.ts if isinstance(thread, Message) else thread
        message = Message(channel.id, self.platform.world.ts(), self.id, words, thread_ts=root)
        if files:
            message.files, message.subtype = list(files), "file_share"
        self.platform.world.post(message)
        await self._settled(self.platform.announce(channel, message, self.user.team), settle)
        return message

    async def uploads(
        self, name: str, media_type: str, content: bytes, text: str = "", *, in_: Channel | None = None,
        thread: Message | str = "", mention: bool = False,
    ) -> Message:  # fmt: skip
        """Share a file."""
        world = self.platform.world
        file_id = world.id("F")
        address = f"{self.platform.url}/files-pri/{file_id}"
        file: Json = {
            "id": file_id, "name": name, "title": name, "mimetype": media_type, "size": len(content),
            "filetype": name.rpartition(".")[2], "mode": "hosted", "user": self.id, "url_private": address,
            "url_private_download": address,
        }  # fmt: skip
        world.files[file_id], world.contents[file_id] = file, content
        return await self.says(text, in_=in_, thread=thread, mention=mention, files=(file,))

    async def edits(self, message: Message, text: str) -> None:
        """Change something they said."""
        old, message.text = message.text, text
        channel = self.platform.world.channels[message.channel]
        await self._settled(self._all(channel, payloads.changed(channel, message, old)))

    async def deletes(self, message: Message) -> None:
        """Take back something they said."""
        channel = self.platform.world.channels[message.channel]
        del channel.messages[message.ts]
        await self._settled(self._all(channel, payloads.deleted(channel, message)))

    async def presses(self, label: str, *, on: Message | None = None, settle: bool = True, timeout: float = 5) -> None:
        """Press a button once it is there: of `on`, else of the newest message that has it, else of the Home tab."""
        find = functools.partial(self._button, label, on)
        app, told = await self.platform.until(find, timeout, f"{self.user.name} sees no button {label!r}")
        await self._settled([self.platform.courier.tell(app, "interactive", told)], settle)

    async def opens(self, label: str, *, on: Message | None = None, timeout: float = 5) -> str:
        """Press a button that opens a page; its address. Slack tells the app and waits for it as at any other."""
        find = functools.partial(self._button, label, on)
        app, told = await self.platform.until(find, timeout, f"{self.user.name} sees no button {label!r}")
        await self._settled([self.platform.courier.tell(app, "interactive", told)])
        return str(told["actions"][0]["url"])

    def _button(self, label: str, on: Message | None) -> tuple[App, Json] | None:
        """Whose button says `label`, and what its press tells."""
        world, at = self.platform.world, self.platform.world.ts()
        trigger = f"trigger-{world.number()}"
        for message in [on] if on else reversed(self._visible()):
            for button in message.buttons:
                if button.get("text", {}).get("text") == label and message.app:
                    channel, act = world.channels[message.channel], payloads.action(button, at)
                    url = self.platform.response_url(message.app, channel.id, self.id)
                    return message.app, payloads.pressed(message.app, self.user, channel, message, act, url, trigger)
        for app in world.apps:
            view = world.homes.get((app.app_id, self.id), {})
            for button in pressable(view.get("blocks", [])):
                if button.get("text", {}).get("text") == label:
                    return app, payloads.pressed_at_home(app, self.user, view, payloads.action(button, at), trigger)
        return None

    async def reacts(self, emoji: str, *, to: Message | None = None, away: bool = False) -> None:
        """Put an emoji to a message (the newest of an app), or take it away."""
        message = to or self._visible()[-1]
        name = EMOJI.get(emoji, emoji)
        people = message.reactions.setdefault(name, set())
        (people.discard if away else people.add)(self.id)
        at = self.platform.world.ts()
        event = payloads.reaction(self.id, message, name, at, added=not away)
        await self._settled(self._all(self.platform.world.channels[message.channel], event))

    async def calls(self, line: str, *, in_: Channel | None = None, to: App | None = None, settle: bool = True) -> str:
        """Type a slash command; what was answered on the spot (over HTTP)."""
        app, channel = to or self.platform.app, in_ or self.direct(to)
        command, _, text = line.partition(" ")
        url = self.platform.response_url(app, channel.id, self.id)
        trigger = f"trigger-{self.platform.world.number()}"
        told = payloads.slash(app, self.user, channel, command, text, url, trigger)
        errand = self.platform.courier.tell(app, "slash_commands", told)
        await self._settled([errand], settle)
        return str(errand.answer or "")

    async def opens_home(self, to: App | None = None) -> None:
        """Look at the app's Home tab."""
        app = to or self.platform.app
        await self._settled([self.platform.tell(app, self._opened(app, "home"))])

    async def opens_messages(self, to: App | None = None) -> None:
        """Look at the app's Messages tab."""
        app = to or self.platform.app
        await self._settled([self.platform.tell(app, self._opened(app, "messages"))])

    async def opens_assistant(self) -> Message:
        """Open the assistant pane of an app that is not an agent yet; the root of the new thread."""
        app, channel = self.platform.app, self.direct()
        root = Message(channel.id, self.platform.world.ts(), app.user, "New Assistant Thread", app=app)
        root.subtype = "assistant_app_thread"
        channel.messages[root.ts] = root
        thread = {"user_id": self.id, "context": {}, "channel_id": channel.id, "thread_ts": root.ts}
        event = {"type": "assistant_thread_started", "assistant_thread": thread, "event_ts": root.ts}
        await self._settled([self.platform.tell(app, event)])
        return root

    async def stops(self, thread: Message | str) -> None:
        """Press Slack's own stop button: what streams there is closed, and the app is told."""
        root = thread.thread_ts or thread.ts if isinstance(thread, Message) else thread
        channel = self.direct()
        closed = []
        for message in channel.messages.values():
            if message.thread_ts == root and message.streaming and message.streaming.open:
                message.streaming.open = False
                closed.append(message.ts)
        event = {
            "type": "agent_session_stopped", "channel": channel.id, "user": self.id, "thread_ts": root,
            "streaming_message_ts": closed, "event_ts": self.platform.world.ts(),
        }  # fmt: skip
        await self._settled([self.platform.tell(self.platform.app, event)])

    async def asks_about(self, message: Message, name: str = "ask_about") -> None:
        """Use the app's message shortcut."""
        app, world = self.platform.app, self.platform.world
        channel = world.channels[message.channel]
        url = self.platform.response_url(app, channel.id, self.id)
        told = payloads.shortcut(app, self.user, channel, message, name, url, f"trigger-{world.number()}")
        await self._settled([self.platform.courier.tell(app, "interactive", told)])

    async def sees(self, words: str, timeout: float = 5) -> Message:
        """Wait until an app shows them `words`; the newest message that holds them."""

        def found() -> Message | None:
            return next((each for each in reversed(self._visible()) if words in each.bare), None)

        try:
            return await self.platform.until(found, timeout, f"{self.user.name} sees {words!r}")
        except AssertionError as error:
            screen = "\n---\n".join(self.screen())
            raise AssertionError(f"{error}; the screen:\n{screen}") from None

    def home(self, to: App | None = None) -> str:
        """The bare words of an app's Home tab."""
        view = self.platform.world.homes.get(((to or self.platform.app).app_id, self.id), {})
        return "\n".join(words for block in view.get("blocks", []) if (words := bare(block)))

    def screen(self) -> list[str]:
        """The bare words of everything apps show them now, oldest first."""
        return [message.bare for message in self._visible()]

    def _visible(self) -> list[Message]:
        world = self.platform.world
        found = [
            message
            for channel in world.channels.values()
            if self.id in channel.members
            for message in channel.messages.values()
            if message.app and message.only_for in ("", self.id) and message.subtype != "assistant_app_thread"
        ]
        return sorted(found, key=lambda message: message.ts)

    def _opened(self, app: App, tab: str) -> Json:
        view = self.platform.world.homes.get((app.app_id, self.id))
        event = {"type": "app_home_opened", "user": self.id, "channel": self.direct(app).id, "tab": tab}
        return {**event, "event_ts": self.platform.world.ts(), **({"view": view} if view and tab == "home" else {})}

    def _all(self, channel: Channel, event: Json) -> list[Errand]:
        apps = [app for app in self.platform.world.apps if app.user in channel.members]
        return [self.platform.tell(app, event) for app in apps]

    async def _settled(self, errands: list[Errand], settle: bool = True) -> None:
        self.errands = errands
        if settle and errands:
            await asyncio.wait([asyncio.create_task(each.over.wait()) for each in errands], timeout=PATIENCE)
