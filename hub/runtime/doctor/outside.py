"""Checks of what lies around the hub: its clock, its public address. Knows where to ask; must not change anything.

Whoever is offline is told nothing: both need somebody who answers.
"""

from __future__ import annotations

import hmac
import json
import secrets
import time
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import aiohttp

from hub.domain.errors import StoreDown
from hub.runtime.catalogue import Catalogue
from hub.runtime.doctor.finding import Finding, error, warning, well
from hub.runtime.http_health import NONCE, PROOF, proof_of
from hub.runtime.platforms import TOKENS, is_on
from hub.runtime.settings.load import Loaded

PATIENCE = 5.0
"""Seconds that somebody may take to answer."""

ASTRAY, WRONG = 30, 240
"""Seconds our clock may differ: more is worth a word, and signatures are refused at 300 (Slack, Stripe)."""

VENDORS = {
    "openai": "https://api.openai.com",
    "anthropic": "https://api.anthropic.com",
    "gemini": "https://generativelanguage.googleapis.com",
}
"""Of a provider's kind, where no address of its own is set."""

LARGEST = 4_096
"""Bytes of an answer that are read."""


async def look_outside(loaded: Loaded, catalogue: Catalogue) -> AsyncIterator[Finding]:
    """The clock, then the public address."""
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as http:
        clock = await look_at_clock(http, addresses(loaded, catalogue))
        if clock is not None:
            yield clock
        public = loaded.settings.server.public_url
        if public and (found := await look_at_address(http, loaded, public, online=clock is not None)):
            yield found


def addresses(loaded: Loaded, catalogue: Catalogue) -> list[str]:
    """Platforms and providers that are on, each by scheme and host alone."""
    settings = loaded.settings
    named = [getattr(settings, name).api_base for name in TOKENS if is_on(settings, name)]
    named += [endpoint.base_url or VENDORS.get(endpoint.kind, "") for endpoint in catalogue.endpoints]
    parts = [urlsplit(one) for one in named if one]
    return list(dict.fromkeys(f"{part.scheme}://{part.netloc}" for part in parts))


async def look_at_clock(http: aiohttp.ClientSession, asked: list[str]) -> Finding | None:
    """Our clock beside that of the first who answers; None: nobody does, or says what time it is."""
    for address in asked:
        began = time.time()
        try:
            async with http.get(address, allow_redirects=False) as answer:
                told = parsedate_to_datetime(answer.headers["Date"]).timestamp()
        except (aiohttp.ClientError, TimeoutError, OSError, KeyError, ValueError):
            continue
        # the header has whole seconds, and was written while we waited
        off = (began + time.time()) / 2 - (told + 0.5)
        host = urlsplit(address).hostname
        if abs(off) < ASTRAY:
            return well("clock", f"agrees with {host}")
        says = f"{abs(off):.0f} seconds {'ahead of' if off > 0 else 'behind'} {host}."
        mend = "Let the system set it (timedatectl set-ntp true): signatures and tokens count on it."
        return error("clock", says, mend) if abs(off) > WRONG else warning("clock", says, mend)
    return None


async def look_at_address(http: aiohttp.ClientSession, loaded: Loaded, public: str, *, online: bool) -> Finding | None:
    """Whether the public address leads to this hub: it has to know the house's secret."""
    check, nonce = "public address", secrets.token_hex(16)
    mend = "Let the proxy lead there to this hub, and start it; or mend [server] public_url."
    try:
        async with http.get(f"{public.rstrip('/')}/healthz", params={NONCE: nonce}) as answer:
            status, told = answer.status, (await answer.content.read(LARGEST)).decode("utf-8", "replace")
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as fault:
        here = urlsplit(public).hostname in ("localhost", "127.0.0.1", "::1")
        words = f"{public} cannot be reached from here ({type(fault).__name__})."
        return warning(check, words, mend) if online or here else None
    if status != 200:
        return warning(check, f"{public} answers {status}.", mend)
    proof = await _proof(loaded, nonce)
    if proof is None:
        return None
    if hmac.compare_digest(proof, _told(told)):
        return well(check, f"{public} leads to this hub")
    return error(check, f"{public} leads to something else than this hub.", mend)


async def _proof(loaded: Loaded, nonce: str) -> str | None:
    """What this hub would say to `nonce`; None where its secret cannot be read."""
    from storage.store import open_store

    try:
        store = await open_store(loaded.settings.database.url)
        try:
            return proof_of(await store.house_secret(PROOF), nonce)
        finally:
            await store.close()
    except StoreDown:
        return None


def _told(answer: str) -> str:
    """The proof in an answer of /healthz, empty when there is none."""
    try:
        found = json.loads(answer)
    except ValueError:
        return ""
    return str(found.get(PROOF, "")) if isinstance(found, dict) else ""
