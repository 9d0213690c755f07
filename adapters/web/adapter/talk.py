"""What a visitor does: begin, say, press, stop. Knows requests and inbounds; must not know screens beyond a push."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import time

from aiohttp import web

from adapters.kit.rate import PerMinute
from adapters.web.adapter.edge import Edge, Guest, body_within
from adapters.web.adapter.files import attachment_of, file_view
from adapters.web.config import Site, WebConfig
from adapters.web.markup import plain
from adapters.web.parse import NewSession, body_of, content_of, idempotency_key, language_of, new_message, new_session
from adapters.web.wire.message import Message, json_of
from adapters.web.wire.relay import Relay
from adapters.web.wire.screens import Screens
from adapters.web.wire.token import IDENTIFIED_SESSION, Session, pack
from hub.domain.errors import BadInput, Busy, NotAllowed
from hub.domain.inbound import Accepted, Called, Content, Inbound, Said, Sender
from hub.ports.house import House

SESSION_BODY = 16 * 1024
MESSAGE_BODY = 256 * 1024
"""Bounds of a body in bytes: a whole message of emoji in JSON escapes stays below."""


CROWD = 4
CROWD_SECONDS = 0.02
"""When more than so many messages are acknowledged in one instant, their acknowledgements wait so long, and the models
are asked first: of fifty who ask at once the last one's first word comes 5 ms earlier of 36 (alternating runs)."""


class Talk:
    """The doors for what people do."""

    def __init__(self, config: WebConfig, house: House, edge: Edge, screens: Screens, relay: Relay) -> None:
        self._config = config
        self._house = house
        self._edge = edge
        self._screens = screens
        self._relay = relay
        self._acknowledging = 0
        self._sessions = PerMinute(config.sessions_per_minute)

    async def begin(self, request: web.Request) -> web.Response:
        """POST /web/v1/sessions"""
        body = body_of(new_session, await body_within(request, SESSION_BODY))
        site = self._edge.sites.get(body.site)
        if site is None:
            raise BadInput("unknown_site")
        self._edge.check_origin(request, site)
        if after := self._sessions.wait(network_of(request.remote or "")):
            raise Busy("too_fast", after=after)
        session = self._session(site, body, request.headers.get("Accept-Language"))
        return _json(
            {
                "token": self._edge.seals[site.key].issue(session),
                "visitor": session.visitor,
                "expires_at": session.expires * 1000,
                "site": {"key": site.key, **site.appearance.model_dump()},
                "limits": {
                    "text": self._config.text_limit,
                    "file": self._config.file_limit,
                    "files": self._config.files_per_message,
                },
            }
        )

    def _session(self, site: Site, body: NewSession, accept_language: str | None) -> Session:
        language = language_of(body.language, accept_language)
        now = int(time.time())
        if body.identity is not None:
            seal = self._edge.seals[site.key]
            identity = seal.identify(body.identity)
            visitor = seal.visitor(identity.subject)
            return Session(site.key, visitor, True, now + IDENTIFIED_SESSION, language, identity.name)
        if site.require_identity:
            raise NotAllowed("identity_required")
        # A signed visitor's token is not gone on from without a new signature; an unusable one begins afresh.
        old = self._edge.proven(body.token) if body.token else None
        goes_on = old is not None and old.site is site and not old.session.identified
        visitor = old.session.visitor if old is not None and goes_on else "a" + pack(os.urandom(16))
        return Session(site.key, visitor, False, now + self._config.session_days * 86_400, language)

    async def say(self, request: web.Request) -> web.Response:
        """POST /web/v1/messages"""
        guest = self._edge.guest(request)
        key = idempotency_key(request.headers.get("Idempotency-Key"))
        body = body_of(new_message, await body_within(request, MESSAGE_BODY))
        attachments = tuple(
            [
                await attachment_of(self._house, guest, file)
                for file in dict.fromkeys(body.files[: self._config.files_per_message])
            ]
        )
        content = content_of(body, attachments, self._config.text_limit)
        live = self._screens.at(guest.address)
        before = live.last
        accepted = await self._accept(guest, key, content)
        if accepted.changed:
            raise BadInput("changed_key")
        message_id = f"p{accepted.inbox_id}"
        if accepted.duplicate:
            # A seq that is not known any more is 0: a stream since 0 begins with everything.
            return _json({"id": message_id, "seq": live.posted.get(message_id, 0)}, 202)
        quiet = live.last == before
        after = self._relay.put(guest.address, _said(guest, message_id, content), later=quiet)
        # Everything about this message has to come after the seq we name; should the answer have been quicker
        # than we were, the seq before both is the right one.
        seq = live.posted[message_id] = after if quiet else before
        if quiet:
            # else the page must hear from us which message this is before its own words come back behind the answer
            await self._let_turns_begin()
        return _json({"id": message_id, "seq": seq}, 202)

    async def _let_turns_begin(self) -> None:
        """What was accepted is at work: its next step comes before our words about it, and in a crowd everybody's."""
        self._acknowledging += 1
        try:
            await asyncio.sleep(CROWD_SECONDS if self._acknowledging > CROWD else 0)
        finally:
            self._acknowledging -= 1

    async def stop(self, request: web.Request) -> web.Response:
        """POST /web/v1/stop"""
        guest = self._edge.guest(request)
        key = idempotency_key(request.headers.get("Idempotency-Key"))
        seq = self._screens.at(guest.address).last
        accepted = await self._accept(guest, key, Called("stop"))
        return _json({"id": f"p{accepted.inbox_id}", "seq": seq}, 202)

    async def _accept(self, guest: Guest, key: str, content: Content) -> Accepted:
        accept = self._edge.accept
        if accept is None:
            raise Busy("not_ready", after=1)
        sender = Sender(guest.user, guest.session.name, guest.session.language)
        return await accept(Inbound(guest.address, sender, f"{guest.session.visitor}:{key}", content))


def _said(guest: Guest, message_id: str, content: Content) -> Message:
    """What the person's own screens show of it."""
    if isinstance(content, Said):
        text = content.text
        files = tuple([file_view(guest, each) for each in content.attachments])
    else:
        text, files = f"/{content.command} {content.argument}".rstrip(), ()
    return Message(message_id, "person", text, plain(text), "done", time.time_ns() // 1_000_000, files=files)


def network_of(remote: str) -> str:
    """Whom to count: an IPv4 address, or the /64 that one IPv6 household has."""
    try:
        address = ipaddress.ip_address(remote)
    except ValueError:
        return remote
    if address.version == 4 or address.ipv4_mapped:
        return str(address)
    return str(int(address) >> 64)


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(status=status, body=json_of(value), content_type="application/json")
