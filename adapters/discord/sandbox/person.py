"""Somebody on Discord: says, presses, calls, reacts, and sees. Knows what a client shows; must not know our adapter."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Any

from adapters.discord.sandbox import payloads
from adapters.discord.sandbox.town import PRIVATE, Account, Bot, Channel, File, Interaction, Message
from adapters.discord.sandbox.words import bare

if TYPE_CHECKING:
    from adapters.discord.sandbox.platform import DiscordSandbox

COMMAND, COMPONENT, AUTOCOMPLETE = 2, 3, 4
CHAT_INPUT, MESSAGE_ENTRY = 1, 3
FILE_OPTION = 11


class Person:
    """One person with everything they can do. Without a place, they talk privately with the first bot."""

    def __init__(self, platform: DiscordSandbox, account: Account) -> None:
        self.account = account
        self._platform, self._town = platform, platform.town

    @property
    def id(self) -> str:
        """Their user id."""
        return self.account.id

    def private(self, to: Bot | None = None) -> Channel:
        """Their private talk with a bot."""
        return self._town.private(self.id, (to or self._platform.parley).id)

    # Doing

    async def says(
        self,
        text: str,
        *,
        in_: Channel | None = None,
        thread: Channel | None = None,
        to: Bot | None = None,
        answers: Message | None = None,
    ) -> Message:
        """Write a message."""
        place = thread or in_ or self.private(to)
        return self._platform.posting.post(place, self.account, {"content": text}, [], answers=answers)

    async def uploads(
        self, name: str, media_type: str, content: bytes, text: str = "", *, in_: Channel | None = None
    ) -> Message:
        """Send a file."""
        file = File(self._town.snowflake(), name, media_type, content)
        return self._platform.posting.post(in_ or self.private(), self.account, {"content": text}, [file])

    async def calls(
        self, line: str, *, in_: Channel | None = None, to: Bot | None = None, file: File | None = None
    ) -> Interaction:
        """Call a slash command: `/model demo`; everything after its name is its first argument."""
        bot = to or self._platform.parley
        command, options, resolved = self._typed(bot, line, file)
        call = {"id": command["id"], "name": command["name"], "type": CHAT_INPUT, "options": options}
        return self._act(bot, COMMAND, in_ or self.private(bot), {**call, "resolved": resolved})

    async def types(self, line: str, *, in_: Channel | None = None, timeout: float = 3.0) -> list[str]:
        """Begin to type a command; what is suggested."""
        bot = self._platform.parley
        command, options, _ = self._typed(bot, line, None)
        call = {"id": command["id"], "name": command["name"], "type": CHAT_INPUT}
        typed = options or [{"name": command["options"][0]["name"], "type": 3, "value": ""}]
        made = self._act(
            bot, AUTOCOMPLETE, in_ or self.private(bot), {**call, "options": [{**typed[0], "focused": True}]}
        )
        return await self._town.until(lambda: made.choices, timeout, lambda: f"no suggestion for {line}")

    async def asks_about(self, message: Message) -> Interaction:
        """Choose the bot's entry in a message's menu."""
        bot = self._platform.parley
        entry = next(one for one in bot.commands if one["type"] == MESSAGE_ENTRY)
        found = {message.id: payloads.message(message, self._platform.posting.base)}
        call = {"id": entry["id"], "name": entry["name"], "type": MESSAGE_ENTRY, "target_id": message.id}
        return self._act(bot, COMMAND, message.channel, {**call, "resolved": {"messages": found}})

    async def presses(self, label: str, message: Message | None = None) -> Interaction:
        """Press the newest button that reads `label`."""
        one, bot, part = self._button(label, message)
        call = {"custom_id": part["custom_id"], "component_type": part["type"]}
        made = self._act(bot, COMPONENT, one.channel, call, under=one)
        made.original = one
        return made

    async def opens(self, label: str, message: Message | None = None) -> str:
        """Press the newest button that reads `label` and opens a page; its address. Bots are told nothing."""
        return str(self._button(label, message)[2]["url"])

    def _button(self, label: str, message: Message | None) -> tuple[Message, Bot, dict[str, Any]]:
        for one in [message] if message else reversed(self._seen()):
            for part in (part for row in one.components for part in row["components"]):
                if part.get("label") == label and isinstance(one.author, Bot):
                    return one, one.author, part
        raise AssertionError(f"there is no button {label!r}; on the screen: {self.screen()}")

    async def reacts(self, emoji: str, message: Message | None = None, *, back: bool = False) -> None:
        """Put a reaction on a message (by default the newest of a bot), or take it back."""
        target = message or self._seen()[-1]
        users = target.reactions.setdefault(emoji, [])
        if back:
            users.remove(self.id)
        else:
            users.append(self.id)
        guild = target.channel.guild
        told: dict[str, Any] = {
            "user_id": self.id,
            "channel_id": target.channel.id,
            "message_id": target.id,
            "emoji": {"id": None, "name": emoji},
            "burst": False,
            "type": 0,
        }
        if guild is not None:
            told["guild_id"] = guild.id
        if not back:
            told["message_author_id"] = target.author.id
            if guild is not None:
                told["member"] = {"user": payloads.user(self.account), **payloads.member(self.account)}
        kind = "MESSAGE_REACTION_REMOVE" if back else "MESSAGE_REACTION_ADD"
        self._platform.gateway.tell(kind, target.channel, told, None, None)

    # Seeing

    async def sees(self, words: str, timeout: float = 5, *, in_: Channel | None = None) -> Message:
        """Wait until a bot's message with these words is on the screen."""

        def found() -> Message | None:
            return next((one for one in self._seen(in_) if words in bare(one.content)), None)

        return await self._town.until(found, timeout, lambda: f"{words!r} is not seen; there is: {self.screen(in_)}")

    async def sees_file(self, name: str, timeout: float = 5) -> Message:
        """Wait until a bot's message with a file of that name is on the screen."""

        def found() -> Message | None:
            return next((one for one in self._seen() if any(file.name == name for file in one.files)), None)

        return await self._town.until(found, timeout, lambda: f"no file {name!r}; there is: {self.screen()}")

    def screen(self, in_: Channel | None = None) -> list[str]:
        """The bare words of everything that bots show this person now, oldest first."""
        return [bare(one.content) for one in self._seen(in_)]

    def thinking(self) -> int:
        """How many bots are said to be thinking."""
        return sum(one.thinking for place in self._places(None) for one in place.messages.values())

    def typing(self, in_: Channel | None = None) -> bool:
        """Whether dots are shown: for ten seconds."""
        now = time.monotonic()
        return any(now - at < 10 for place in self._places(in_) for at, _ in place.typed)

    def _places(self, in_: Channel | None) -> list[Channel]:
        return [in_] if in_ else [one for one in self._town.channels.values() if one.seen_by(self.id)]

    def _seen(self, in_: Channel | None = None) -> list[Message]:
        shown = [
            one
            for place in self._places(in_)
            for one in place.messages.values()
            if one.author.is_bot and not one.thinking and one.only_for in ("", self.id)
        ]
        return sorted(shown, key=lambda one: int(one.id))

    # Making an interaction

    def _typed(self, bot: Bot, line: str, file: File | None) -> tuple[dict[str, Any], list[dict[str, Any]], Any]:
        name, _, rest = line.removeprefix("/").partition(" ")
        command = next((one for one in bot.commands if one["name"] == name and one["type"] == CHAT_INPUT), None)
        assert command is not None, f"{bot.name} has no command {name}"
        known = command.get("options", [])
        options = [{"name": known[0]["name"], "type": 3, "value": rest}] if rest and known else []
        resolved: dict[str, Any] = {}
        if file is not None:
            option = next(one for one in known if one["type"] == FILE_OPTION)
            options.append({"name": option["name"], "type": FILE_OPTION, "value": file.id})
            place = Channel("1", PRIVATE)
            resolved["attachments"] = {file.id: payloads.attachment(file, place, self._platform.posting.base)}
        return command, options, resolved

    def _act(
        self, bot: Bot, kind: int, place: Channel, call: dict[str, Any], under: Message | None = None
    ) -> Interaction:
        guild = place.guild
        member_there = bot.id in (guild.members if guild else place.members)
        owners = {"0": guild.id if guild else "0"} if member_there else {"1": self.id}
        told: dict[str, Any] = {
            "id": self._town.snowflake(),
            "application_id": bot.id,
            "type": kind,
            "token": secrets.token_urlsafe(60),
            "version": 1,
            "channel_id": place.id,
            "channel": payloads.channel(place, self._town.accounts, bot.id),
            "locale": self.account.language,
            "app_permissions": str((1 << 49) - 1),
            "entitlements": [],
            "authorizing_integration_owners": owners,
            "context": 0 if guild else 1 if member_there else 2,
            "attachment_size_limit": 10 * 1024 * 1024,
            "data": call,
        }
        if guild is not None:
            person = {"user": payloads.user(self.account), **payloads.member(self.account), "permissions": "0"}
            told |= {"guild_id": guild.id, "guild_locale": "en-US", "member": person}
            told["guild"] = {"id": guild.id, "locale": "en-US", "features": []}
        else:
            told["user"] = payloads.user(self.account)
        if under is not None:
            told["message"] = payloads.message(under, self._platform.posting.base)
        made = Interaction(told["id"], told["token"], kind, bot, self.account, place, told, time.monotonic())
        self._town.interactions[made.token] = made
        self._platform.gateway.tell("INTERACTION_CREATE", None, told, None, bot)
        return made
