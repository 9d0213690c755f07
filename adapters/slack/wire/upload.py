"""Files out. Knows the SDK's three calls for one; must not know which reply a file belongs to."""

from __future__ import annotations

import aiohttp

from adapters.slack.errors import refusal
from adapters.slack.wire.calls import Calls
from hub.domain.address import Address
from hub.domain.errors import Rejected, Unreachable
from hub.domain.reply import PartFile


async def upload(calls: Calls, token: str, address: Address, file: PartFile, comment: str) -> str:
    """Share `file` at `address` with a comment in mrkdwn; its id. Raises AdapterError."""
    from slack_sdk.errors import SlackApiError, SlackRequestError
    from slack_sdk.web.async_client import AsyncWebClient

    client = AsyncWebClient(token, base_url=calls.api_base, session=calls.session, retry_handlers=[])
    try:
        answer = await client.files_upload_v2(
            filename=file.name,
            content=file.content,
            channel=address.chat,
            thread_ts=address.thread or None,
            initial_comment=comment or None,
        )
    except SlackApiError as error:
        response = error.response
        told = response.data if isinstance(response.data, dict) else {}
        raise refusal("files.upload", int(response.status_code), dict(response.headers), told) from None
    except SlackRequestError as error:
        raise Rejected(f"files.upload: {type(error).__name__}") from None
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Unreachable(f"files.upload: Slack cannot be reached ({type(error).__name__})") from None
    files = answer.get("files") or [{}]
    return str(files[0].get("id", ""))
