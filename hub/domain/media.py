"""What kind of file this is, by its bytes. Knows magic numbers and names; must not believe what a sender says."""

from __future__ import annotations

import re
import struct
import unicodedata

from hub.domain.errors import BadInput

MOST_PIXELS = 25_000_000
LONGEST_NAME = 120
_MARKUP = re.compile(rb"<(?:script|html|body|svg|iframe|!doctype|\?php|\?xml)", re.IGNORECASE)
_UNKNOWN = {"", "application/octet-stream"}
_EXTENSIONS = {
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg"),
    "image/gif": ("gif",),
    "image/webp": ("webp",),
    "application/pdf": ("pdf",),
}
_KNOWN_EXTENSIONS = {extension: kind for kind, all_ in _EXTENSIONS.items() for extension in all_}
_PLAIN_EXTENSIONS = frozenset(
    {"txt", "text", "md", "markdown", "csv", "tsv", "log", "json", "yaml", "yml", "toml", "ini", "py", "rs", "go", "c"}
    | {"h", "cpp", "java", "sql"}
)
_PLAIN_KINDS = frozenset({"text/plain", "text/markdown", "text/csv", "application/json"})
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_SOUNDS = (
    (b"OggS", 0, "audio/ogg"),
    (b"ID3", 0, "audio/mpeg"),
    (b"\xff\xfb", 0, "audio/mpeg"),
    (b"\xff\xf3", 0, "audio/mpeg"),
    (b"\xff\xf2", 0, "audio/mpeg"),
    (b"\xff\xf1", 0, "audio/aac"),
    (b"fLaC", 0, "audio/flac"),
    (b"WAVE", 8, "audio/wav"),
    (b"ftypM4A", 4, "audio/mp4"),
    (b"\x1aE\xdf\xa3", 0, "audio/webm"),
)
"""What recordings begin with, and where; WebM is also video, of which the sound is all we could take."""

_JPEG_SIZE = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}


def kind_of(content: bytes, declared: str, name: str) -> str:
    """The media type of `content`: PNG, JPEG, GIF, WebP, PDF or plain text. Raises BadInput for anything else, for a
    file that says it is something other than it is, and for an image that hides markup."""
    found = _by_magic(content)
    declared = {"image/jpg": "image/jpeg"}.get(declared.lower(), declared.lower())
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    if found == "text/plain":
        plain_name = not extension or extension in _PLAIN_EXTENSIONS
        source = extension in _PLAIN_EXTENSIONS and declared.startswith("text/x-")
        if not plain_name or not (declared in _UNKNOWN or declared in _PLAIN_KINDS or source):
            raise BadInput("unsupported_file")
        return found
    if declared not in _UNKNOWN and declared != found:
        raise BadInput("unsupported_file")
    if extension and _KNOWN_EXTENSIONS.get(extension) != found:
        raise BadInput("unsupported_file")
    return found


def sniffed(content: bytes) -> str:
    """The media type of `content` by its bytes alone: of an image, a PDF, a recording or text; empty for all else."""
    for magic, at, kind in _SOUNDS:
        if content[at : at + len(magic)] == magic:
            return kind
    try:
        return _by_magic(content)
    except BadInput:
        return ""


def image_size(content: bytes) -> tuple[int, int] | None:
    """Width and height in pixels of what begins like a PNG, JPEG, GIF or WebP; None: it does not say."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        size = _png_size(content)
    elif content.startswith(b"\xff\xd8\xff"):
        size = _jpeg_size(content)
    elif content.startswith((b"GIF87a", b"GIF89a")):
        size = _gif_size(content)
    elif content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        size = _webp_size(content)
    else:
        return None
    return size if size and min(size) > 0 else None


def _by_magic(content: bytes) -> str:
    if content.startswith(b"%PDF-"):
        if b"%%EOF" not in content[-1024:] or _MARKUP.search(content[:1024]):
            raise BadInput("unsupported_file")
        return "application/pdf"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        found, whole = "image/png", content.rstrip(b"\0").endswith(b"IEND\xaeB`\x82")
    elif content.startswith(b"\xff\xd8\xff"):
        found, whole = "image/jpeg", content.rstrip(b"\0").endswith(b"\xff\xd9")
    elif content.startswith((b"GIF87a", b"GIF89a")):
        found, whole = "image/gif", content.rstrip(b"\0").endswith(b";")
    elif content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        found, whole = "image/webp", int.from_bytes(content[4:8], "little") + 8 in (len(content), len(content) - 1)
    else:
        return _plain(content)
    size = image_size(content)
    if size is None or size[0] * size[1] > MOST_PIXELS or not whole or _MARKUP.search(content):
        raise BadInput("unsupported_file")
    return found


def _plain(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput("unsupported_file") from error
    if not text.strip() or text.lstrip().startswith("<") or _MARKUP.search(content[:1024]):
        raise BadInput("unsupported_file")
    if any(unicodedata.category(char) == "Cc" and char not in "\t\n\r\f" for char in set(text)):
        raise BadInput("unsupported_file")
    return "text/plain"


def _png_size(content: bytes) -> tuple[int, int] | None:
    return struct.unpack(">II", content[16:24]) if len(content) > 24 and content[12:16] == b"IHDR" else None


def _gif_size(content: bytes) -> tuple[int, int] | None:
    return struct.unpack("<HH", content[6:10]) if len(content) > 13 else None


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 < len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker in _JPEG_SIZE:
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        at += 1 if marker == 0xFF else 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return None


def _webp_size(content: bytes) -> tuple[int, int] | None:
    kind = content[12:16]
    if len(content) < 30:
        return None
    if kind == b"VP8X":
        return int.from_bytes(content[24:27], "little") + 1, int.from_bytes(content[27:30], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        return (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", content[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None


def safe_name(name: str, media_type: str) -> str:
    """`name` without folders, control and direction marks, device names or undue length; never empty."""
    last = re.split(r"[/\\]", name.encode("utf-8", "replace").decode())[-1]
    kept = "".join(char for char in last if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
    kept = kept.strip(" .")
    if _DEVICES.fullmatch(kept):
        kept = f"_{kept}"
    stem, dot, extension = kept.rpartition(".")
    if len(kept) > LONGEST_NAME:
        tail = dot + extension if len(extension) < 10 else ""
        kept = stem[: LONGEST_NAME - len(tail)] + tail
    return kept or "file." + _EXTENSIONS.get(media_type, ("txt",))[0]
