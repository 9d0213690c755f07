"""Files out. Knows Slack's three calls for one; must not know which reply a file belongs to."""

from __future__ import annotations

import msgspec

from adapters.slack.wire.calls import Calls
from hub.domain.address import Address
from hub.domain.errors import Rejected
from hub.domain.reply import PartFile


async def upload(calls: Calls, token: str, address: Address, file: PartFile, comment: str) -> str:
    """Share `file` at `address` with a comment in mrkdwn; its id. Raises AdapterError."""
    place = await calls.ask(token, "files.getUploadURLExternal", filename=file.name, length=str(len(file.content)))
    file_id, url = str(place.get("file_id", "")), str(place.get("upload_url", ""))
    if not file_id or not url:
        raise Rejected("files.getUploadURLExternal: no place to put the file")
    await calls.put(url, file.content)
    optional = {"thread_ts": address.thread, "initial_comment": comment}
    shared = {name: value for name, value in optional.items() if value}
    files = msgspec.json.encode([{"id": file_id, "title": file.name}]).decode()
    await calls.ask(token, "files.completeUploadExternal", files=files, channel_id=address.chat, **shared)
    return file_id
