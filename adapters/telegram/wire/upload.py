"""Files by the SDK. Knows sendDocument and getFile; must not know who gets or sent them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telegram import Bot, InputFile, MessageEntity

from adapters.telegram.markup import Drawn
from adapters.telegram.wire.sdk import our_errors
from hub.domain.errors import Rejected, TooLarge
from hub.domain.reply import PartFile


async def send_document(
    bot: Bot, chat: int, file: PartFile, drawn: Drawn | None, fields: Mapping[str, Any]
) -> tuple[int, int]:
    """Send a file with `drawn` under it; chat and message id. `fields`: the others, as JSON has them."""
    entities = [
        MessageEntity(one.type, one.offset, one.length, url=one.url or None, language=one.language or None)
        for one in (drawn.entities if drawn is not None else ())
    ]
    with our_errors():
        sent = await bot.send_document(
            chat,
            InputFile(file.content, file.name),
            caption=drawn.text if drawn is not None else None,
            caption_entities=entities or None,
            disable_content_type_detection=True,
            api_kwargs=dict(fields),
        )
    return sent.chat.id, sent.message_id


async def file_path(bot: Bot, file_id: str, limit: int) -> str:
    """Where a file can be downloaded. Raises TooLarge (more than `limit` bytes, or than Telegram gives out)."""
    try:
        with our_errors():
            found = await bot.get_file(file_id)
    except Rejected as error:
        if "too big" in str(error):
            raise TooLarge("too_large", limit="20 MB") from None
        raise
    path = (found.file_path or "").removeprefix(f"{bot.base_file_url}/")
    if (found.file_size or 0) > limit:
        raise TooLarge("too_large", limit=f"{limit / 1024 / 1024:.3g} MiB")
    if not path:
        raise Rejected("the file is gone")
    return path
