"""Files people sent, brought to the shelf at the start of their turn. Knows limits and what can be read of what.

Must not know platforms, and must not believe what one claims about a file.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping

from hub.core.hearing import Hearing
from hub.core.interruption import Interruption
from hub.core.money.bid import spender_of
from hub.core.money.meter import Meter
from hub.core.money.plan_limits import FilesOfDay, file_limit
from hub.core.notices import render
from hub.core.prompt import Asked
from hub.core.rules import Rules
from hub.domain.errors import AdapterError, RateLimited, TooLarge, Unreachable
from hub.domain.inbound import Attachment
from hub.domain.media import safe_name, sniffed
from hub.domain.reply import Notice, Reply
from hub.domain.turn import Turn
from hub.ports.adapter import Adapter, Files
from hub.ports.store import Store

AT_ONCE = 8
"""Files that are fetched at the same time by the whole house; with `file_size` it bounds what they take of memory."""

FETCH_SECONDS = 60.0
"""The longest that fetching one file may take."""

PAUSES = (1.0, 3.0)
"""Seconds before a platform that did not give a file is asked again."""

NO_LIMIT = 2**31

_LIVE = re.compile(r"[\\`\[<&]")
"""What a name could become a link or code with, in words that are ours."""

log = logging.getLogger("parley.arrivals")


class Arrivals:
    """Fetches what a platform keeps for us."""

    def __init__(
        self, store: Store, adapters: Mapping[str, Adapter], hearing: Hearing, rules: Rules, meter: Meter
    ) -> None:
        self._store, self._adapters, self._hearing, self._rules = store, adapters, hearing, rules
        self._meter, self._files = meter, FilesOfDay(store, meter)
        self._fetching = asyncio.Semaphore(AT_ONCE)

    async def bring(self, turn: Turn, asked: Asked, interruption: Interruption) -> Asked | Reply:
        """The question with its files on the shelf, recordings written down and the rest named in words.

        A reply when nothing is left that a model could be asked.

        Raises Interrupted, StoreDown, LostLease, QuotaExceeded."""
        files = [] if asked.replaces else [one for one in asked.attachments if not _is_sound(one)]
        beyond = files[await self._files.admit(turn, len(files)) :]
        if not beyond and not any(attachment.source for attachment in asked.attachments):
            return asked
        kept: list[Attachment] = []
        spoken: list[str] = []
        missing: list[Notice] = []
        for attachment in asked.attachments:
            if attachment in beyond:
                missing.append(self._too_many(turn, attachment))
                continue
            match await self._one(turn, attachment, interruption):
                case Attachment() as file:
                    kept.append(file)
                case Notice() as notice:
                    missing.append(notice)
                case words:
                    spoken.append(words)
        if not (asked.text or kept or spoken):
            return _told(missing, turn.inbound.sender.language)
        lines = [f"[{render(notice)}]" for notice in missing]
        return Asked("\n\n".join(filter(None, (asked.text, *spoken, *lines))), tuple(kept), asked.replaces)

    def _too_many(self, turn: Turn, attachment: Attachment) -> Notice:
        plan = self._meter.plan(spender_of(turn).payer)
        language, limit = turn.inbound.sender.language, plan.files_per_day
        return Notice("files_per_day", {"plan": plan.name, "limit": limit, "name": _named(attachment)}, language)

    async def _one(self, turn: Turn, attachment: Attachment, interruption: Interruption) -> Attachment | Notice | str:
        """The file on the shelf, the words of a recording, or why there is neither."""
        if not attachment.source:
            return attachment
        language = turn.inbound.sender.language
        name = safe_name(attachment.name, attachment.media_type)
        named = _named(attachment)
        limit = file_limit(self._rules.limits.file_size, self._meter.plan(spender_of(turn).payer))
        adapter = self._adapters[turn.inbound.address.platform]
        if not isinstance(adapter, Files):
            return Notice("file_unreadable", {"name": named}, language)
        if _is_sound(attachment) and not self._hearing.can:
            return Notice("voice_unheard", {}, language)
        if attachment.size > limit > 0:
            return Notice("file_too_large", {"name": named, "limit": _megabytes(limit)}, language)
        try:
            content = await self._fetched(adapter, turn, attachment.source, limit or NO_LIMIT, interruption)
        except TooLarge:
            return Notice("file_too_large", {"name": named, "limit": _megabytes(limit)}, language)
        if content is None:
            return Notice("file_gone", {"name": named}, language)
        kind = sniffed(content)
        if not kind:
            return Notice("file_unreadable", {"name": named}, language)
        if not kind.startswith("audio/"):
            return await self._store.put_file(turn.inbound.address, kind, name, content)
        words = await self._hearing.write_down(turn, kind, name, content, interruption)
        if words is None:
            return Notice("voice_failed" if self._hearing.can else "voice_unheard", {}, language)
        return words or Notice("voice_silent", {}, language)

    async def _fetched(
        self, adapter: Files, turn: Turn, source: str, limit: int, interruption: Interruption
    ) -> bytes | None:
        """A file's content, None when its platform does not give it. Raises TooLarge, Interrupted."""
        for pause in (*PAUSES, None):
            try:
                with interruption.waiting():
                    async with self._fetching, asyncio.timeout(FETCH_SECONDS):
                        return await adapter.fetch(turn.inbound.address, source, limit)
            except (Unreachable, RateLimited, TimeoutError) as error:
                log.info("a file cannot be fetched from %s: %s", turn.inbound.address.platform, error)
                if pause is not None:
                    wait = max(pause, error.after) if isinstance(error, RateLimited) else pause
                    with interruption.waiting():
                        await asyncio.sleep(min(wait, FETCH_SECONDS))
            except AdapterError as error:
                log.info("a file is not given by %s: %s", turn.inbound.address.platform, error)
                return None
        return None


def _is_sound(attachment: Attachment) -> bool:
    return attachment.media_type.startswith("audio/")


def _named(attachment: Attachment) -> str:
    """Its name as it may stand in words of ours."""
    return _LIVE.sub(r"\\\g<0>", safe_name(attachment.name, attachment.media_type))


def _told(missing: list[Notice], language: str) -> Reply:
    if len({notice.key for notice in missing}) == 1 == len(missing):
        return Reply(notice=missing[0])
    lines = dict.fromkeys(f"- {render(notice)}" for notice in missing)
    return Reply(notice=Notice("files_missing", {"list": "\n".join(lines)}, language))


def _megabytes(size: int) -> str:
    return f"{max(1, size // 1_000_000)} MB"
