"""Housekeeping. Knows files, secrets, retention and counts; must not know what files are for."""

from __future__ import annotations

import secrets

import sqlalchemy as sa

from hub.domain.address import Address
from hub.domain.inbound import Attachment
from storage import schema as s
from storage.dialect import insert, insert_new, insert_or_replace, word
from storage.link import Link
from storage.rows import clean, now_ms

PUT_FILE = insert(
    s.files,
    (
        "tenant_id",
        "file",
        "platform",
        "bot",
        "chat",
        "thread",
        "media_type",
        "name",
        "size",
        "content",
        "created",
    ),
)
FIND_FILE = sa.select(s.files.c.media_type, s.files.c.name, s.files.c.size).where(
    s.files.c.tenant_id == sa.bindparam("tenant"), s.files.c.file == sa.bindparam("file_id")
)
GET_FILE = FIND_FILE.add_columns(s.files.c.content)
PUT_SECRET = insert_new(s.house, ("name",), ("name", "value"))
GET_SECRET = sa.select(s.house.c.value).where(s.house.c.name == sa.bindparam("name"))
VERSION = sa.select(sa.column("version_num", sa.Text())).select_from(sa.table("alembic_version"))

TOUCH = insert_or_replace(s.house, ("name",), ("name", "value"))


COUNTS = {
    "waiting": sa.select(sa.func.count()).select_from(s.inbox).where(s.LANE, s.inbox.c.state == word("waiting")),
    "running": sa.select(sa.func.count()).select_from(s.inbox).where(s.LANE, s.inbox.c.state == word("running")),
    "undelivered": sa.select(sa.func.count()).select_from(s.outbox).where(s.PENDING),
    "dead": sa.select(sa.func.count()).select_from(s.outbox).where(s.DEAD),
}
"""Each reads a partial index that holds only what it counts."""


def put_file(link: Link, address: Address, media_type: str, name: str, content: bytes) -> Attachment:
    """Keep a file under an id that nobody can guess."""
    kept = Attachment(secrets.token_urlsafe(18), clean(media_type), clean(name), len(content))
    link.run(
        PUT_FILE,
        {
            "tenant_id": address.tenant,
            "file": kept.file,
            "platform": address.platform,
            "bot": clean(address.bot),
            "chat": clean(address.chat),
            "thread": clean(address.thread),
            "media_type": kept.media_type,
            "name": kept.name,
            "size": kept.size,
            "content": content,
            "created": now_ms(),
        },
    )
    return kept


def find_file(link: Link, tenant: int, file: str) -> Attachment | None:
    """A file by id, without its content."""
    row = link.one(FIND_FILE, {"tenant": tenant, "file_id": clean(file)})
    return Attachment(file, row[0], row[1], row[2]) if row else None


def get_file(link: Link, tenant: int, file: str) -> tuple[Attachment, bytes] | None:
    """A file by id."""
    row = link.one(GET_FILE, {"tenant": tenant, "file_id": clean(file)})
    return (Attachment(file, row[0], row[1], row[2]), bytes(row[3])) if row else None


def house_secret(link: Link, name: str) -> bytes:
    """32 random bytes, made at the first asking."""
    key = f"secret:{name}"
    link.run(PUT_SECRET, {"name": key, "value": secrets.token_bytes(32)})
    row = link.one(GET_SECRET, {"name": key})
    assert row is not None
    return bytes(row[0])


def check(link: Link) -> str:
    """Write something small; the version of the schema."""
    link.run(TOUCH, {"name": "checked", "value": str(now_ms()).encode()})
    row = link.one(VERSION)
    return str(row[0]) if row else ""


def counts(link: Link) -> dict[str, int]:
    """Open rows by kind."""
    found = {name: link.one(statement) for name, statement in COUNTS.items()}
    return {name: int(row[0]) if row else 0 for name, row in found.items()}
