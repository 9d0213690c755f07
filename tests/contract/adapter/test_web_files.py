"""Files people send: only what they say they are, only to whom they were shown, never run. And the pages we serve."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import Any

import pytest
from aiohttp import ClientSession, FormData

from adapters.web.sandbox import Refused
from hub.domain.errors import BadInput
from hub.domain.inbound import Attachment, Said
from hub.domain.media import kind_of, safe_name

from .kit import WebServer


def png(width: int = 2, height: int = 2, tail: bytes = b"") -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + tail + chunk(b"IDAT", zlib.compress(b"\0" * 14)) + chunk(b"IEND", b"")


JPEG_HEAD = b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\0" * 10
JPEG = JPEG_HEAD + b"\xff\xc0\x00\x11\x08\x00\x10\x00\x10\x03" + b"\0" * 9 + b"\xff\xd9"
GIF = b"GIF89a" + struct.pack("<HH", 3, 3) + b"\0\0\0" + b"\x2c" + b"\0" * 12 + b";"
WEBP_HEAD = b"RIFF" + struct.pack("<I", 26) + b"WEBPVP8X" + struct.pack("<I", 10)
WEBP = WEBP_HEAD + b"\0\0\0\0" + b"\x0f\0\0\x0f\0\0" + b"\0" * 4
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n%%EOF\n"

GOOD = [
    (png(), "a.png", "image/png", "image/png"),
    (png(), "", "application/octet-stream", "image/png"),
    (JPEG, "a.JPG", "image/jpg", "image/jpeg"),
    (GIF, "a.gif", "image/gif", "image/gif"),
    (WEBP, "a.webp", "image/webp", "image/webp"),
    (PDF, "a.pdf", "application/pdf", "application/pdf"),
    ("grüße".encode(), "a.txt", "text/plain", "text/plain"),
    (b"a,b\n1,2\n", "a.csv", "text/csv", "text/plain"),
    (b"print(1)\n", "a.py", "text/x-python", "text/plain"),
]


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("../../evil.sh", "echo")
    return buffer.getvalue()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
HTML = b"<!doctype html><script>alert(1)</script>"
LIES = {
    "html": (HTML, "a.html", "text/html"),
    "html as png": (HTML, "a.png", "image/png"),
    "html as text": (HTML, "a.txt", "text/plain"),
    "html after words": (b"words\n<script>alert(1)</script>", "a.txt", "text/plain"),
    "svg": (SVG, "a.svg", "image/svg+xml"),
    "svg as png": (SVG, "a.png", "image/png"),
    "svg after a declaration": (b"\xef\xbb\xbf<?xml version='1.0'?>" + SVG, "a.txt", "text/plain"),
    "script as png": (b"alert(1)", "a.png", "image/png"),
    "script": (b"alert(1)", "a.js", "text/javascript"),
    "png as pdf": (png(), "a.pdf", "application/pdf"),
    "png named html": (png(), "a.html", "image/png"),
    "png named svg": (png(), "a.svg", "application/octet-stream"),
    "png hiding a script": (png(tail=b"<script>alert(1)</script>"), "a.png", "image/png"),
    "png with html behind": (png() + HTML, "a.png", "image/png"),
    "gif that is a script": (b"GIF89a=1;alert(1)//", "a.gif", "image/gif"),
    "pdf hiding html": (b"%PDF-1.7\n<html>" + PDF, "a.pdf", "application/pdf"),
    "pdf without an end": (b"%PDF-1.7\n", "a.pdf", "application/pdf"),
    "zip": (zipped(), "a.zip", "application/zip"),
    "zip behind a png": (png() + zipped(), "a.png", "image/png"),
    "elf": (b"\x7fELF" + b"\0" * 60, "a", "application/octet-stream"),
    "binary as text": (bytes(range(256)), "a.txt", "text/plain"),
    "control characters": (b"a\x1b[31mb", "a.txt", "text/plain"),
    "nothing": (b"", "a.txt", "text/plain"),
    "half a png": (png()[:20], "a.png", "image/png"),
    "a png of many pixels": (png(50_000, 50_000), "a.png", "image/png"),
    "a png of no pixels": (png(0, 5), "a.png", "image/png"),
    "half a webp": (WEBP[:14], "a.webp", "image/webp"),
}


@pytest.mark.parametrize(("content", "name", "declared", "kind"), GOOD)
async def test_a_file_goes_in_and_comes_out_again(
    web: WebServer, content: bytes, name: str, declared: str, kind: str
) -> None:
    ann = await web.person()
    file = await ann.uploads(content, name, declared)
    assert (file["media_type"], file["size"]) == (kind, len(content))
    await ann.says("", files=(file["id"],))
    inbound = web.room.inbox[0].content
    assert inbound == Said("", (Attachment("f1", kind, file["name"], len(content)),))
    mine = await ann.until(lambda: ann.screen.get("p1"), 5)
    assert mine["files"] == [file]
    assert (await ann.history())[0]["files"] == [file]
    bearer, url = {"Authorization": f"Bearer {ann.token}"}, f"{web.url}/web/v1/files/{file['id']}"
    async with ClientSession(headers=bearer) as http, http.get(url) as response:
        assert await response.read() == content
        assert response.headers["Content-Disposition"].startswith("attachment;")
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_is_refused(web: WebServer, lie: str) -> None:
    ann = await web.person(watching=False)
    with pytest.raises(Refused) as refused:
        await ann.uploads(*LIES[lie])
    assert (refused.value.status, refused.value.key) == (415, "unsupported_file")
    assert not web.room.files


async def test_a_form_is_taken_too(web: WebServer) -> None:
    ann = await web.person(watching=False)
    form = FormData(quote_fields=False)
    form.add_field("note", "hello")
    form.add_field("file", png(), filename="../../x.png", content_type="image/png")
    async with ClientSession(headers={"Authorization": f"Bearer {ann.token}"}) as http:
        async with http.post(web.url + "/web/v1/files", data=form) as response:
            assert response.status == 200
            assert (await response.json())["name"] == "x.png"
        empty = FormData(default_to_multipart=True)
        empty.add_field("note", "hello")
        for data in (empty, b"--x\r\nbroken"):
            headers = {} if data is empty else {"Content-Type": "multipart/form-data; boundary=x"}
            async with http.post(web.url + "/web/v1/files", data=data, headers=headers) as response:
                assert response.status == 400
        async with http.post(
            web.url + "/web/v1/files", data=b"x", headers={"Content-Type": "multipart/form-data"}
        ) as response:
            assert response.status == 400


async def test_too_much_is_cut_off_on_the_way(serve: Any) -> None:
    web = await serve(file_limit=100_000)
    ann = await web.person(watching=False)
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while sent < 20_000_000:
            sent += 16_384
            yield b"a" * 16_384

    async with ClientSession(headers={"Authorization": f"Bearer {ann.token}"}) as http:
        for form in (False, True):
            data: Any = endless()
            if form:
                data = FormData()
                data.add_field("file", b"a" * 110_000, filename="a.txt", content_type="text/plain")
            try:
                async with http.post(web.url + "/web/v1/files", data=data) as response:
                    assert response.status == 413
                    assert "97.7 KiB" in (await response.json())["error"]["message"]
            except (ConnectionError, OSError):
                assert not form
    with pytest.raises(Refused) as refused:
        await ann.uploads(b"a" * 900_000, "a.txt", "text/plain")
    assert refused.value.status == 413
    assert not web.room.files
    assert (await ann.uploads(b"a" * 100_000, "a.txt", "text/plain"))["size"] == 100_000


async def test_a_file_is_its_owners_alone(web: WebServer) -> None:
    ann, eve = await web.person(watching=False), await web.person(watching=False)
    elsewhere = await web.person(watching=False, site="shop")
    file = await ann.uploads(png(), "a.png")
    mine = (await eve.uploads(png(), "b.png"))["id"]
    forged = file["id"].rpartition(".")[0] + "." + mine.rpartition(".")[2]
    answers = set()
    for person in (eve, elsewhere):
        for file_id in (file["id"], forged, "f1", "f1.", "f999.x", "..%2F..%2Fetc%2Fpasswd", "ü.ü"):
            with pytest.raises(Refused) as refused:
                await person.call("GET", f"/web/v1/files/{file_id}")
            answers.add((refused.value.status, refused.value.key, refused.value.words))
            with pytest.raises(Refused) as refused:
                await person.says("look", files=(file_id,))
            answers.add((refused.value.status, refused.value.key, refused.value.words))
    assert len(answers) == 1
    assert next(iter(answers))[:2] == (404, "no_such_file")
    assert not web.room.inbox


async def test_uploads_are_counted(serve: Any) -> None:
    web = await serve(uploads_per_minute=2)
    ann = await web.person(watching=False)
    for _ in range(2):
        await ann.uploads(b"a", "a.txt")
    with pytest.raises(Refused) as refused:
        await ann.uploads(b"a", "a.txt")
    assert (refused.value.status, refused.value.key) == (429, "too_fast")


NAMES = {
    "../../etc/passwd": "passwd",
    "/etc/passwd": "passwd",
    "C:\\Windows\\a.txt": "a.txt",
    "a\0b.txt": "ab.txt",
    "a\r\nSet-Cookie: x.txt": "aSet-Cookie: x.txt",
    "CON": "_CON",
    "nul.txt": "_nul.txt",
    "gpj.\u202etxt.exe": "gpj.txt.exe",
    "...": "file.txt",
    "": "file.txt",
    "\ud800.txt": "?.txt",
}


@pytest.mark.parametrize("given", NAMES, ids=repr)
def test_names_are_made_harmless(given: str) -> None:
    assert safe_name(given, "text/plain") == NAMES[given]


def test_long_names_keep_their_end() -> None:
    assert safe_name("x" * 300 + ".txt", "text/plain") == "x" * 116 + ".txt"
    assert len(safe_name("x." + "y" * 300, "text/plain")) <= 120


def test_any_bytes_are_either_known_or_refused() -> None:
    for content, *_ in GOOD:
        for cut in range(len(content)):
            try:
                kind_of(content[:cut], "", "")
            except BadInput:
                pass


# Pages


async def test_the_page_and_the_widget(web: WebServer) -> None:
    async with ClientSession(auto_decompress=False) as http:
        async with http.get(web.url + "/") as page:
            assert page.status == 200
            policy = page.headers["Content-Security-Policy"]
            body = await page.read()
        async with http.get(web.url + "/") as page:
            assert page.headers["Content-Security-Policy"] != policy
        for needed in ("default-src 'none'", "require-trusted-types-for 'script'", "base-uri 'none'", "'nonce-"):
            assert needed in policy
        assert "unsafe" not in policy
        assert body
        async with http.get(web.url + "/widget.js", headers={"Accept-Encoding": "gzip"}) as script:
            assert script.headers["Content-Encoding"] == "gzip"
            assert script.headers["Access-Control-Allow-Origin"] == "*"
            assert script.headers["Content-Type"].startswith("text/javascript")
            tag, small = script.headers["ETag"], len(await script.read())
        async with http.get(web.url + "/widget.js", headers={"Accept-Encoding": "identity"}) as script:
            assert "Content-Encoding" not in script.headers
            assert len(await script.read()) > small
        async with http.get(web.url + "/widget.js", headers={"If-None-Match": tag}) as script:
            assert script.status == 304
        for nothing in ("/../config.py", "/%2e%2e/config.py", "/static/widget.js", "/src/wire.js", "/index.html"):
            async with http.get(web.url + nothing) as missing:
                assert missing.status == 404
