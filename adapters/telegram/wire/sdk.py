"""python-telegram-bot over our own session, for set-up, menus, topics and files. Imported only when a call is made.

Knows the SDK; must not be used per message, and must not tell the SDK the token: it logs every address it is given, and
its default HTTP stack logs them once more.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
from telegram import Bot
from telegram.error import TelegramError
from telegram.request import BaseRequest, RequestData

from adapters.telegram.wire.calls import SECONDS, Calls, form, result_of
from hub.domain.errors import AdapterError, Unreachable

UPLOAD_SECONDS = 120.0
"""How long an upload of 50 MB, Telegram's most, may take."""


class Carried(TelegramError):
    """One of our errors on its way through the SDK, which lets its own kind pass."""

    def __init__(self, ours: AdapterError) -> None:
        super().__init__(str(ours))
        self.ours = ours


@contextmanager
def our_errors() -> Iterator[None]:
    """What the SDK raises inside comes out as ours."""
    try:
        yield
    except Carried as error:
        raise error.ours from None
    except TelegramError as error:
        raise Unreachable(f"Telegram: {error}") from None


class SharedRequest(BaseRequest):
    """The SDK's own seam for another HTTP stack."""

    def __init__(self, calls: Calls, token: str) -> None:
        self._calls = calls
        self._token = token

    @property
    def read_timeout(self) -> float:
        """See telegram.request.BaseRequest."""
        return SECONDS

    async def initialize(self) -> None:
        """See telegram.request.BaseRequest; the session is made with the first call."""

    async def shutdown(self) -> None:
        """See telegram.request.BaseRequest; the session is not ours to close."""

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_timeouts: Any, **_more: Any
    ) -> tuple[int, bytes]:
        """See telegram.request.BaseRequest."""
        path = f"/bot{self._token}/{url.rpartition('/')[2]}"
        parameters = request_data.json_parameters if request_data else {}
        body: Any = form(parameters)
        headers, seconds = {"Content-Type": "application/x-www-form-urlencoded"}, SECONDS
        if request_data is not None and request_data.contains_files:
            body, headers, seconds = aiohttp.FormData(default_to_multipart=True), {}, UPLOAD_SECONDS
            for name, value in parameters.items():
                body.add_field(name, value)
            for name, (file_name, content, media_type) in request_data.multipart_data.items():
                body.add_field(name, content, filename=file_name, content_type=media_type)
        try:
            status, answer = await self._calls.post(path, body, headers, seconds)
            result_of(status, answer)
        except AdapterError as error:
            raise Carried(error) from None
        return status, answer


def sdk_bot(calls: Calls, token: str) -> Bot:
    """The SDK's bot; needs no initialize() for single calls."""
    request = SharedRequest(calls, token)
    return Bot(f"{token.partition(':')[0]}:hidden", request=request, get_updates_request=request)
