"""Files in and out. Knows requests and the shelf; must not know what is inside a file beyond its kind."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator
from urllib.parse import quote

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from adapters.kit.rate import PerMinute
from adapters.web.adapter.edge import Edge, Guest, arriving, size_words
from adapters.web.config import WebConfig
from adapters.web.wire.message import FileView, json_of
from hub.domain.errors import BadInput, Busy, TooLarge
from hub.domain.inbound import Attachment
from hub.domain.media import kind_of, safe_name
from hub.ports.house import House

_FORM_AROUND = 16 * 1024
"""Bytes a multipart form may have beside its file."""
FILE_SECONDS = 300.0
"""How long a file may take to arrive: 10 MiB over a slow phone line."""


class Files:
    """The doors for files."""

    def __init__(self, config: WebConfig, house: House, edge: Edge) -> None:
        self._limit = config.file_limit
        self._house = house
        self._edge = edge
        self._uploads = PerMinute(config.uploads_per_minute)

    async def put(self, request: web.Request) -> web.Response:
        """POST /web/v1/files: multipart, or the file itself with `?name=`"""
        guest = self._edge.guest(request)
        if after := self._uploads.wait(guest.user):
            raise Busy("too_fast", after=after)
        if (request.content_length or 0) > self._limit + _FORM_AROUND:
            raise TooLarge("too_large", limit=size_words(self._limit))
        async with arriving(FILE_SECONDS):
            if request.content_type.startswith("multipart/"):
                name, declared, content = await self._from_form(request)
            else:
                name, declared = request.query.get("name", ""), request.content_type
                content = await self._within(request.content.iter_any())
        media_type = kind_of(content, declared, name)
        kept = await self._house.shelf.put_file(guest.address, media_type, safe_name(name, media_type), content)
        return web.Response(body=json_of(file_view(guest, kept)), content_type="application/json")

    async def get(self, request: web.Request) -> web.Response:
        """GET /web/v1/files/{id}: a download for the one it was shown to, never a page"""
        guest = self._edge.guest(request)
        found = await self._house.shelf.get_file(guest.site.tenant, _genuine(guest, request.match_info["file"]))
        if found is None:
            raise BadInput("no_such_file")
        attachment, content = found
        disposition = f"attachment; filename*=UTF-8''{quote(attachment.name.encode('utf-8', 'replace'), safe='')}"
        return web.Response(
            body=content,
            headers={
                "Content-Type": attachment.media_type,
                "Content-Disposition": disposition,
                "Content-Security-Policy": "default-src 'none'; sandbox",
                "Cache-Control": "private, max-age=3600",
            },
        )

    async def _from_form(self, request: web.Request) -> tuple[str, str, bytes]:
        try:
            async for part in await request.multipart():
                if isinstance(part, BodyPartReader) and part.filename is not None:
                    declared = part.headers.get("Content-Type", "application/octet-stream")
                    return part.filename, declared.split(";", 1)[0].strip(), await self._within(_chunks(part))
                if isinstance(part, BodyPartReader):
                    await self._within(_chunks(part), _FORM_AROUND)
        except (ValueError, AssertionError, RuntimeError, HttpProcessingError) as error:
            raise BadInput("bad_input", why="the form cannot be read") from error
        raise BadInput("bad_input", why="the form holds no file")

    async def _within(self, chunks: AsyncIterator[bytes], cap: int | None = None) -> bytes:
        cap = self._limit if cap is None else cap
        content = bytearray()
        async for chunk in chunks:
            content += chunk
            if len(content) > cap:
                raise TooLarge("too_large", limit=size_words(self._limit))
        return bytes(content)


async def attachment_of(house: House, guest: Guest, file_id: str) -> Attachment:
    """The file a visitor names in a message. Raises BadInput for one that was never theirs."""
    found = await house.shelf.find_file(guest.site.tenant, _genuine(guest, file_id))
    if found is None:
        raise BadInput("no_such_file")
    return found


def file_view(guest: Guest, attachment: Attachment) -> FileView:
    """A file as its visitor sees it; the id carries the proof that it was shown to them."""
    mark = guest.seal.file_mark(guest.session.visitor, attachment.file)
    return FileView(f"{attachment.file}.{mark}", attachment.media_type, attachment.name, attachment.size)


def _genuine(guest: Guest, file_id: str) -> str:
    """The shelf's id of a file that was shown to this visitor. Raises BadInput."""
    file, _, mark = file_id.rpartition(".")
    genuine = guest.seal.file_mark(guest.session.visitor, file.encode("ascii", "replace").decode())
    if not hmac.compare_digest(mark.encode("utf-8", "replace"), genuine.encode()):
        raise BadInput("no_such_file")
    return file


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(64 * 1024):
        yield bytes(chunk)
