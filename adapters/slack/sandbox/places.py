"""Everything of the Web API that is not chat. Knows people, conversations, agent threads, views and files.

Must not know how calls arrive.
"""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from adapters.slack.sandbox.api import Method, Refusal
from adapters.slack.sandbox.chat import check_blocks
from adapters.slack.sandbox.world import App, Channel, Json, Message, World

STATUSES = {"active", "processing", "suspended", "closed"}


class Places:
    """The methods, and the two file routes."""

    def __init__(self, world: World, changed: Callable[[], None], address: Callable[[], str]) -> None:
        self._world, self._changed, self._address = world, changed, address
        self.shared: Callable[[Message], None] = lambda message: None

    def methods(self) -> dict[str, Method]:
        """By name."""
        return {
            "auth.test": self.auth,
            "users.info": self.user,
            "conversations.info": self.info,
            "conversations.open": self.open,
            "conversations.join": self.join,
            "conversations.history": self.history,
            "conversations.replies": self.replies,
            "assistant.threads.setStatus": self.status,
            "assistant.threads.setTitle": self.title,
            "assistant.threads.setSuggestedPrompts": self.prompts,
            "agents.sessions.setStatus": self.session,
            "agents.sessions.rename": self.title,
            "reactions.add": self.react,
            "reactions.remove": self.unreact,
            "views.publish": self.publish,
            "views.open": self.modal,
            "files.getUploadURLExternal": self.upload_url,
            "files.completeUploadExternal": self.uploaded,
            "files.info": self.file,
            "files.delete": self.forget,
        }

    async def auth(self, app: App, given: Json) -> Json:
        """auth.test."""
        return {
            "url": self._address(),
            "team": "Sandbox",
            "user": app.name,
            "team_id": app.team,
            "user_id": app.user,
            "bot_id": app.bot_id,
            "is_enterprise_install": False,
        }

    async def user(self, app: App, given: Json) -> Json:
        """users.info; the locale only where it is asked for."""
        user = self._world.users.get(given["user"])
        if user is None:
            raise Refusal("user_not_found")
        profile = {"real_name": user.name, "display_name": user.name, "team": user.team}
        told = {"id": user.id, "team_id": user.team, "name": user.name.lower(), "real_name": user.name}
        rights = {"is_admin": user.admin, "is_owner": False, "is_primary_owner": False}
        wanted = str(given.get("include_locale", "")).lower() in ("1", "true")
        locale = {"locale": user.locale} if wanted else {}
        return {"user": {**told, "profile": profile, "is_bot": False, "deleted": False, **rights, **locale}}

    async def info(self, app: App, given: Json) -> Json:
        """conversations.info."""
        channel = self._channel(given["channel"])
        return {"channel": _told(channel, app)}

    async def open(self, app: App, given: Json) -> Json:
        """conversations.open."""
        if given["users"] not in self._world.users:
            raise Refusal("user_not_found")
        channel = self._world.direct(app, given["users"])
        return {"channel": {"id": channel.id}}

    async def join(self, app: App, given: Json) -> Json:
        """conversations.join."""
        channel = self._channel(given["channel"])
        channel.members.add(app.user)
        return {"channel": _told(channel, app)}

    async def history(self, app: App, given: Json) -> Json:
        """conversations.history: the newest first, without replies."""
        channel = self._channel(given["channel"])
        roots = [each for each in channel.messages.values() if not each.thread_ts or each.thread_ts == each.ts]
        return _page(roots[::-1], given)

    async def replies(self, app: App, given: Json) -> Json:
        """conversations.replies: the root and its replies, or a reply alone."""
        channel = self._channel(given["channel"])
        if given["ts"] not in channel.messages:
            raise Refusal("thread_not_found")
        named = channel.messages[given["ts"]]
        if named.thread_ts and named.thread_ts != named.ts:
            return _page([named], given)
        return _page([each for each in channel.messages.values() if given["ts"] in (each.ts, each.thread_ts)], given)

    async def status(self, app: App, given: Json) -> Json:
        """assistant.threads.setStatus; an empty one is taken away."""
        channel = self._channel(given["channel_id"])
        channel.statuses[given["thread_ts"]] = given["status"]
        if not given["status"]:
            del channel.statuses[given["thread_ts"]]
        self._changed()
        return {}

    async def title(self, app: App, given: Json) -> Json:
        """assistant.threads.setTitle and agents.sessions.rename."""
        self._channel(given["channel_id"]).titles[given["thread_ts"]] = given["title"]
        self._changed()
        return {}

    async def prompts(self, app: App, given: Json) -> Json:
        """assistant.threads.setSuggestedPrompts."""
        if not 0 < len(given["prompts"]) <= 4:
            raise Refusal("invalid_arguments")
        shown = {"title": given.get("title", ""), "prompts": given["prompts"]}
        self._channel(given["channel_id"]).prompts[given.get("thread_ts", "")] = shown
        self._changed()
        return {}

    async def session(self, app: App, given: Json) -> Json:
        """agents.sessions.setStatus, for apps that are agents."""
        if not app.agent:
            raise Refusal("not_an_agent")
        if given["status"] not in STATUSES:
            raise Refusal("invalid_arguments")
        self._channel(given["channel_id"]).sessions[given["thread_ts"]] = given["status"]
        self._changed()
        return {"status": given["status"]}

    async def react(self, app: App, given: Json) -> Json:
        """reactions.add."""
        self._message(given).reactions.setdefault(given["name"], set()).add(app.user)
        self._changed()
        return {}

    async def unreact(self, app: App, given: Json) -> Json:
        """reactions.remove."""
        self._message(given).reactions.get(given["name"], set()).discard(app.user)
        self._changed()
        return {}

    async def publish(self, app: App, given: Json) -> Json:
        """views.publish."""
        if given["user_id"] not in self._world.users:
            raise Refusal("user_not_found")
        view = given["view"]
        if view.get("type") != "home" or any(block.get("type") == "markdown" for block in view["blocks"]):
            raise Refusal("invalid_arguments")
        check_blocks(view["blocks"], 100)
        shown = {**view, "id": self._world.id("V"), "team_id": app.team}
        self._world.homes[app.app_id, given["user_id"]] = shown
        self._changed()
        return {"view": shown}

    async def modal(self, app: App, given: Json) -> Json:
        """views.open."""
        if not given["trigger_id"]:
            raise Refusal("invalid_trigger_id")
        return {"view": {**given["view"], "id": self._world.id("V"), "team_id": app.team}}

    async def upload_url(self, app: App, given: Json) -> Json:
        """files.getUploadURLExternal."""
        file_id = self._world.id("F")
        self._world.files[file_id] = {"id": file_id, "name": given["filename"], "size": int(given["length"])}
        return {"upload_url": f"{self._address()}upload/{file_id}", "file_id": file_id}

    async def uploaded(self, app: App, given: Json) -> Json:
        """files.completeUploadExternal: the files are shared, if a place is named."""
        files = []
        for named in given["files"]:
            if named["id"] not in self._world.contents:
                raise Refusal("file_not_found")
            address = f"{self._address()}files-pri/{named['id']}"
            file = self._world.files[named["id"]]
            file |= {"title": named.get("title", ""), "url_private": address, "user": app.user}
            files.append(file)
        if given.get("channel_id"):
            channel = self._channel(given["channel_id"])
            message = Message(channel.id, self._world.ts(), app.user, given.get("initial_comment") or "", app=app)
            message.thread_ts, message.files = given.get("thread_ts") or "", files
            self._world.post(message)
            self._changed()
        return {"files": [{"id": file["id"], "title": file["title"]} for file in files]}

    async def file(self, app: App, given: Json) -> Json:
        """files.info."""
        if given["file"] not in self._world.files:
            raise Refusal("file_not_found")
        return {"file": self._world.files[given["file"]]}

    async def forget(self, app: App, given: Json) -> Json:
        """files.delete; the message it was shared with goes with it."""
        if self._world.files.pop(given["file"], None) is None:
            raise Refusal("file_not_found")
        for channel in self._world.channels.values():
            for message in list(channel.messages.values()):
                if any(file["id"] == given["file"] for file in message.files):
                    del channel.messages[message.ts]
        self._changed()
        return {}

    async def take(self, request: web.Request) -> web.Response:
        """POST /upload/{file}: the bytes, or a form with them."""
        file = request.match_info["file"]
        content = await request.read()
        if file not in self._world.files or len(content) != self._world.files[file]["size"]:
            return web.Response(status=400)
        self._world.contents[file] = content
        return web.Response(text=f"OK - {len(content)}")

    async def give(self, request: web.Request) -> web.StreamResponse:
        """GET /files-pri/{file}: for an app's token; a stranger is shown a page to sign in at, with 200."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not any(app.bot_token == token and "files:read" in app.scopes for app in self._world.apps):
            return web.Response(text="<!DOCTYPE html><title>Sign in</title>", content_type="text/html")
        content = self._world.contents.get(request.match_info["file"])
        if content is None:
            return web.Response(status=404)
        kind = self._world.files[request.match_info["file"]].get("mimetype", "application/octet-stream")
        return web.Response(body=content, content_type=kind)

    def _channel(self, where: str) -> Channel:
        channel = self._world.channels.get(where)
        if channel is None:
            raise Refusal("channel_not_found")
        return channel

    def _message(self, given: Json) -> Message:
        message = self._channel(given["channel"]).messages.get(given["timestamp"])
        if message is None:
            raise Refusal("message_not_found")
        return message


def _told(channel: Channel, app: App) -> Json:
    kind = channel.kind
    told = {"id": channel.id, "name": channel.name, "is_channel": kind == "channel", "is_group": kind == "group"}
    if channel.creator:
        told["creator"] = channel.creator
    return {**told, "is_im": kind == "im", "is_mpim": kind == "mpim", "is_member": app.user in channel.members}


def _page(messages: list[Message], given: Json) -> Json:
    most = int(given.get("limit") or 100)
    oldest, whole = str(given.get("oldest") or ""), str(given.get("include_all_metadata", "")).lower() in ("1", "true")
    visible = [
        {**each.shown(), **({"metadata": each.tags} if whole and each.tags else {})}
        for each in messages
        if not each.only_for and each.ts > oldest
    ]
    start = int(given.get("cursor") or 0)
    more = len(visible) > start + most
    page: Json = {"messages": visible[start : start + most], "has_more": more}
    return page | ({"response_metadata": {"next_cursor": str(start + most)}} if more else {})
