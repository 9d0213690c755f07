"""The Bot API over HTTP on loopback. Knows requests, encodings and the shape of answers; must not know any rule."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, web

from adapters.telegram.sandbox.faults import SENDING, Fault
from adapters.telegram.sandbox.methods import Asked, Screen
from adapters.telegram.sandbox.office import Office
from adapters.telegram.sandbox.state import Document, Refused

if TYPE_CHECKING:
    from adapters.telegram.sandbox.platform import Account, TelegramSandbox

Json = dict[str, Any]

UPLOAD_LIMIT = 50 * 1024 * 1024
"""Bytes of a request."""

_TOKEN = re.compile(r"\d+:[\w-]+")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Call:
    """One call that was made; `status` 0: no answer was given. `files`: name and size by field."""

    bot: int
    method: str
    fields: dict[str, str]
    files: dict[str, tuple[str, int]] = field(default_factory=dict)
    content_type: str = ""
    status: int = 0
    answer: Any = None


class Server:
    """Answers calls, each recorded in `calls`."""

    def __init__(self, platform: TelegramSandbox) -> None:
        self.calls: list[Call] = []
        self.url = ""
        self._platform = platform
        screen = Screen(platform)
        office = Office(platform, screen)
        self._methods: dict[str, Callable[[Account, Asked], Any]] = {
            "getMe": office.get_me,
            "getUpdates": office.get_updates,
            "setWebhook": office.set_webhook,
            "deleteWebhook": office.delete_webhook,
            "getWebhookInfo": office.get_webhook_info,
            "setMyCommands": office.set_commands,
            "getMyCommands": office.get_commands,
            "deleteMyCommands": office.delete_commands,
            "sendChatAction": office.chat_action,
            "answerCallbackQuery": office.answer_callback,
            "setMessageReaction": office.react,
            "createForumTopic": office.create_topic,
            "editForumTopic": office.edit_topic,
            "getFile": office.get_file,
            "createInvoiceLink": platform.till.create_link,
            "answerPreCheckoutQuery": platform.till.answer,
            "getStarTransactions": platform.till.list_transactions,
            "refundStarPayment": platform.till.refund,
            "editUserStarSubscription": platform.till.edit_subscription,
            "getChatAdministrators": office.get_admins,
            "sendMessage": screen.send_message,
            "sendDocument": screen.send_document,
            "sendMessageDraft": screen.send_draft,
            "sendRichMessage": screen.send_rich_message,
            "editMessageText": screen.edit_text,
            "editMessageCaption": screen.edit_caption,
            "editMessageReplyMarkup": screen.edit_buttons,
            "deleteMessage": screen.delete,
        }
        self._by_small_name = {name.lower(): name for name in self._methods}
        self._runner: web.AppRunner | None = None

    async def start(self, port: int) -> None:
        """Listen on loopback; port 0 takes a free one."""
        app = web.Application(client_max_size=UPLOAD_LIMIT)
        app.router.add_route("*", "/bot{token:[^/]+}/{method}", self._serve)
        app.router.add_get("/file/bot{token:[^/]+}/{path:.+}", self._download)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Listen no more."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        token, method = request.match_info["token"], request.match_info["method"]
        method = self._by_small_name.get(method.lower(), method)
        asked = await _asked(request)
        bot = self._platform.bots.get(token)
        fault = self._platform.faults.next(method)
        if fault is not None and (response := await self._misbehave(request, fault)) is not None:
            self._note(bot, method, request, asked, response.status, None)
            return response
        status, body = await self._answer(bot, token, method, asked)
        lost = fault is not None and fault.kind == "lose"
        self._note(bot, method, request, asked, 0 if lost else status, body)
        if lost:
            return _hang_up(request)
        return web.json_response(body, status=status)

    async def _answer(self, bot: Account | None, token: str, method: str, asked: Asked) -> tuple[int, Json]:
        try:
            if bot is None:
                raise Refused(401, "Unauthorized") if _TOKEN.fullmatch(token) else Refused(404, "Not Found")
            work = self._methods.get(method)
            if work is None or method in self._platform.unserved:
                raise Refused(404, "Not Found")
            limits = self._platform.faults.limits
            if limits is not None and method.lower() in SENDING:
                chat = asked.number("chat_id") or 0
                limits.check(bot.id, chat, group=chat < 0)
            result = work(bot, asked)
            return 200, {"ok": True, "result": await result if inspect.isawaitable(result) else result}
        except Refused as refused:
            body: Json = {"ok": False, "error_code": refused.status, "description": refused.description}
            parameters = {name: value for name, value in refused.parameters.items() if value is not None}
            return refused.status, body | ({"parameters": parameters} if parameters else {})

    async def _misbehave(self, request: web.Request, fault: Fault) -> web.Response | None:
        if fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        elif fault.kind == "flood":
            after = int(fault.seconds)
            description = f"Too Many Requests: retry after {after}"
            body = {"ok": False, "error_code": 429, "description": description, "parameters": {"retry_after": after}}
            return web.json_response(body, status=429)
        elif fault.kind == "status":
            body = {"ok": False, "error_code": fault.status, "description": "Internal Server Error"}
            return web.json_response(body, status=fault.status)
        elif fault.kind == "garbage":
            return web.Response(text="<html>Bad Gateway</html>", content_type="text/html", status=fault.status)
        elif fault.kind == "drop":
            return _hang_up(request)
        return None

    def _note(
        self, bot: Account | None, method: str, request: web.Request, asked: Asked, status: int, body: Json | None
    ) -> None:
        files = {name: (document.name, len(document.content)) for name, document in asked.files.items()}
        number = bot.id if bot is not None else 0
        self.calls.append(
            Call(number, method, dict(asked.fields), files, request.content_type, status, (body or {}).get("result"))
        )
        self._platform.stir()

    async def _download(self, request: web.Request) -> web.Response:
        document = self._platform.files.get(request.match_info["path"].rpartition("/")[2])
        if request.match_info["token"] not in self._platform.bots or document is None:
            body = {"ok": False, "error_code": 404, "description": "Not Found"}
            return web.json_response(body, status=404)
        return web.Response(body=document.content, content_type="application/octet-stream")


def _hang_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=499)


async def _asked(request: web.Request) -> Asked:
    """The fields of a call in any encoding that the Bot API takes."""
    fields = dict(request.query)
    files: dict[str, Document] = {}
    if request.content_type == "multipart/form-data":
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                continue
            name = part.name or ""
            if part.filename is None:
                fields[name] = await part.text()
            else:
                kind = part.headers.get("Content-Type", "application/octet-stream")
                content = bytes(await part.read())
                files[name] = Document(f"file-{next(_numbers)}", part.filename, kind, content)
    elif request.content_type == "application/json":
        for name, value in json.loads(await request.text()).items():
            fields[name] = value if isinstance(value, str) else json.dumps(value)
    else:
        fields |= dict(parse_qsl(await request.text(), keep_blank_values=True))
    for name, value in list(fields.items()):
        if value.startswith("attach://") and value.removeprefix("attach://") in files:
            files[name] = files[value.removeprefix("attach://")]
    return Asked(fields, files)
