"""The way in. Knows what may enter, and that nothing is acknowledged before it is a row; must not know what follows."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import replace

from hub.core import metrics
from hub.core.commands.registry import overtakes, read
from hub.core.failpoints import failpoint
from hub.core.groups import Groups
from hub.core.interruption import Reason
from hub.core.lanes import Lanes
from hub.core.opinions import is_opinion, keep_opinion
from hub.core.pace import Pace
from hub.core.policies import Policies
from hub.core.precedence import Precedence
from hub.core.rules import Rules
from hub.core.waiting import within
from hub.domain.address import ChatKind
from hub.domain.errors import BadInput, Busy, NotAllowed, StoreDown, TooLarge
from hub.domain.inbound import Accepted, Inbound, Said
from hub.domain.turn import Overlap, Turn
from hub.ports.adapter import Adapter
from hub.ports.store import Store

COMMAND_SECONDS = 1.0
"""How long an acknowledgement waits for an overtaking command, so that what is said next is said after it."""

ALBUM_SECONDS, ALBUM_TIMES = 1.0, 3
"""How long after a part of an album its lane rests, so that the parts that are on their way become the same turn; and
by how many times as long as this part took to be taken, for the next one comes no faster."""

NO_BOUND = 2**31
"""So many may wait in a conversation where what comes is nobody's haste."""

NOT_TAKEN = Accepted(0, 0)
"""Overheard, or nothing to answer: no row is written."""

log = logging.getLogger("parley.intake")


class Intake:
    """What adapters call; one for the whole house."""

    def __init__(
        self,
        store: Store,
        lanes: Lanes,
        adapters: Mapping[str, Adapter],
        policies: Policies,
        rules: Rules,
        precedence: Precedence,
    ) -> None:
        self._store, self._lanes, self._adapters, self._rules = store, lanes, adapters, rules
        self._precedence = precedence
        self._pace = Pace(rules.limits.person_per_minute)
        self._policies, self._groups = policies, Groups(store, policies, rules)
        self._closed = False

    def close(self) -> None:
        """Nothing more comes in; what was accepted is kept."""
        self._closed = True

    async def accept(self, inbound: Inbound) -> Accepted:
        """Commit `inbound`, then set its conversation going. See hub.ports.adapter.Accept."""
        if self._closed:
            raise self._stopping(inbound)
        if (content := read(inbound.content)) is not inbound.content:
            inbound = replace(inbound, content=content)
        opinion = is_opinion(inbound.content)
        if inbound.address.kind is ChatKind.GROUP and not opinion and not await self._groups.admit(inbound):
            return NOT_TAKEN
        self._check(inbound)
        person = (inbound.address.tenant, inbound.address.platform, inbound.sender.user)
        wait = self._pace.wait(person)
        if wait:
            raise Busy("too_fast", after=wait)
        if opinion:
            self._pace.count(person)
            await keep_opinion(self._store, inbound)
            return NOT_TAKEN
        at_once = overtakes(inbound.content)
        album, began = isinstance(inbound.content, Said) and bool(inbound.content.album), time.monotonic()
        try:
            with self._precedence.asking():
                accepted, started = await self._write(inbound, overtakes=at_once, wait=at_once or album)
        except StoreDown as error:
            log.warning("a message from %s is not taken: %s", inbound.address.platform, error)
            raise
        failpoint("after_inbox_commit")
        if accepted.duplicate:
            metrics.REPEATED.add(inbound.address.platform)
            return accepted
        self._pace.count(person)
        metrics.ACCEPTED.add(inbound.address.platform)
        if at_once:
            await within(COMMAND_SECONDS, self._lanes.overtake(accepted.inbox_id))
            return accepted
        waits = started is None and isinstance(inbound.content, Said)
        if waits and await self._policies.overlap(inbound.address) is Overlap.INTERRUPT:
            self._lanes.interrupt(accepted.conversation_id, Reason.INTERRUPT)
        rest = ALBUM_SECONDS + ALBUM_TIMES * (time.monotonic() - began) if album else 0.0
        self._lanes.wake(accepted.conversation_id, inbound.address, started, rest=rest)
        return accepted

    async def ask_again(self, inbound: Inbound) -> None:
        """Commit what the house asks for somebody who has paid. They wrote it before and wait for it, so it is neither
        too fast nor one too many. A repeat changes nothing. Raises StoreDown."""
        if self._closed:
            raise StoreDown("this process is stopping")
        accepted = await self._store.accept(inbound, overtakes=False, bound=NO_BOUND)
        if not accepted.duplicate:
            self._lanes.wake(accepted.conversation_id, inbound.address)

    async def _write(self, inbound: Inbound, *, overtakes: bool, wait: bool) -> tuple[Accepted, Turn | None]:
        """The row, and its turn where it could be taken in the same step: one commit less before the first word."""
        bound, taking = self._rules.limits.waiting_per_conversation, self._lanes.taking
        if wait or taking is None:
            return await self._store.accept(inbound, overtakes=overtakes, bound=bound), None
        return await self._store.accept_and_start(inbound, bound=bound, taking=taking)

    def _stopping(self, inbound: Inbound) -> Exception:
        """What somebody who comes too late is told; nothing, where the platform brings the message again."""
        adapter = self._adapters.get(inbound.address.platform)
        if adapter is not None and adapter.capabilities(inbound.address).redelivers:
            return StoreDown("this process is stopping")
        return Busy("closing", after=10)

    def _check(self, inbound: Inbound) -> None:
        if inbound.address.platform not in self._adapters:
            raise NotAllowed
        content = inbound.content
        if not isinstance(content, Said):
            return
        if not content.text.strip() and not content.attachments:
            raise BadInput("empty_message")
        if len(content.text) > self._rules.limits.text > 0:
            raise TooLarge("text_too_long", limit=self._rules.limits.text, length=len(content.text))
