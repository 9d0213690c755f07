"""The story of a turn, on one screen. Knows what follows what; must not know how any of it is done.

A command? Then its function. Else: choose the model, build the prompt, stream, finish. A turn that a dead process left
behind is told to its end here too: taken again before its first word was seen, closed with a notice after.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping

from hub.core import metrics
from hub.core.arrivals import Arrivals
from hub.core.budget import Budgets
from hub.core.commands.desk import Desk
from hub.core.commands.registry import find
from hub.core.completion import Answer, Completions
from hub.core.delivery import Delivery
from hub.core.failpoints import failpoint
from hub.core.interruption import Interrupted, Interruption, Reason
from hub.core.live import Live
from hub.core.money.bid import spender_of
from hub.core.money.meter import Meter
from hub.core.money.payers import Payers, team_warning
from hub.core.money.plan_limits import PlanPace
from hub.core.money.wall import wall
from hub.core.outcome import closing, notice_reply
from hub.core.patience import patiently
from hub.core.precedence import Precedence
from hub.core.prompt import Asked, asked_by
from hub.core.rules import Rules
from hub.core.summary import Summaries
from hub.domain.address import ChatKind
from hub.domain.errors import AdapterError, ForPerson, LostLease, QuotaExceeded
from hub.domain.inbound import Said
from hub.domain.money import Refusal
from hub.domain.reply import Notice, Reply
from hub.domain.tokens import MESSAGE_OVERHEAD, estimate_tokens
from hub.domain.turn import MAX_TRIES, AllowanceWarning, Ended, Exchange, InboxState, OutboxItem, Turn
from hub.ports.adapter import Adapter, Titles
from hub.ports.store import FinishedTurn, Store

TITLE_LENGTH = 60
"""Characters of a conversation's title, cut from its first question."""

log = logging.getLogger("parley.turn")


class Turns:
    """Runs turns; holds nothing of any of them."""

    def __init__(
        self,
        store: Store,
        adapters: Mapping[str, Adapter],
        completions: Completions,
        delivery: Delivery,
        summaries: Summaries,
        arrivals: Arrivals,
        desk: Desk,
        rules: Rules,
        budgets: Budgets,
        meter: Meter,
        payers: Payers,
        pace: PlanPace,
        precedence: Precedence,
    ) -> None:
        self._store, self._adapters = store, adapters
        self._completions, self._delivery, self._summaries = completions, delivery, summaries
        self._arrivals, self._desk, self._rules, self._budgets = arrivals, desk, rules, budgets
        self._meter, self._payers, self._pace, self._precedence = meter, payers, pace, precedence
        self._titling: set[asyncio.Task[None]] = set()

    async def run(self, turn: Turn, interruption: Interruption) -> bool:
        """Bring `turn` to its end and onto the screen; whether more waits in its lane. Raises as `end`."""
        ended = await self.end(turn, interruption)
        await self.deliver(ended.item)
        return ended.more

    async def deliver(self, item: OutboxItem | None) -> None:
        """Show what a turn said, if it said anything. Raises StoreDown."""
        if item is not None:
            await self._delivery.deliver(item)

    async def end(self, turn: Turn, interruption: Interruption) -> Ended:
        """Bring `turn` to its end.

        Raises LostLease (another process has it) and StoreDown (the sweep takes it again)."""
        started, language = time.monotonic(), turn.inbound.sender.language
        failpoint("after_start")
        if turn.shown:
            seen = notice_reply("broke_off", language, text=turn.progress, failed=True)
            ended = await self._finish(turn, seen, asked_by(turn), Answer(), turn.progress)
            if ended.item is not None:
                self._delivery.suspect(ended.item)
        elif turn.tries > MAX_TRIES:
            ended = await self._finish(turn, notice_reply("gave_up", language, failed=True), asked_by(turn), Answer())
        elif turn.account.blocked:
            ended = await self._finish(turn, notice_reply("blocked", language))
        else:
            asked = await self._ask(turn)
            if isinstance(asked, Asked):
                turn = await self._payers.put(turn, self._meter.now())
                ended = await self._answer(turn, asked, interruption)
            else:
                ended = await self._finish(turn, asked)
        metrics.TURN_SECONDS.observe(time.monotonic() - started)
        return ended

    async def _ask(self, turn: Turn) -> Asked | Reply | None:
        """What the model is to be asked; for a command, what its function says instead."""
        content = turn.inbound.content
        if isinstance(content, Said):
            return asked_by(turn)
        try:
            return await find(content.command).run(self._desk, turn, content.argument)
        except ForPerson as error:
            return Reply(notice=Notice(error.key, error.arguments, turn.inbound.sender.language))

    async def _answer(self, turn: Turn, asked: Asked, interruption: Interruption) -> Ended:
        if wait := await self._pace.of_turn(turn):
            return await self._finish(turn, _too_fast(turn, wait))
        adapter = self._adapters[turn.inbound.address.platform]
        live = Live(turn, adapter, self._store, interruption, self._budgets)
        try:
            if asked.attachments:
                brought = await self._arrivals.bring(turn, asked, interruption)
                if isinstance(brought, Reply):
                    return await self._finish(turn, brought)
                asked = brought
            answer = await self._completions.answer(turn, asked, live.feed, interruption)
        except Interrupted as cut:
            answer = Answer(reason=cut.reason)
        except QuotaExceeded as refused:
            answer = Answer(refusal=Refusal(refused.scope))
        finally:
            await live.close()
        if answer.reason is Reason.LOST_LEASE:
            await self._close_attempt(answer)
            raise LostLease
        if answer.reason in (Reason.INTERRUPT, Reason.SHUTDOWN) and not live.shown:
            await self._close_attempt(answer)
            await self._store.hand_back(turn.lease, turn.id, turn.merged_ids)
            return Ended(more=True)
        if answer.refusal is not None:
            reply = await self._payers.refused(turn, answer.refusal, self._meter.now())
            reply = reply or await wall(turn, answer.refusal, spender_of(turn), self._meter, self._rules)
        else:
            reply = closing(answer, live.text, turn.inbound.sender.language)
        async with self._precedence.ending():
            ended = await self._finish(turn, reply, asked, answer, live.text)
        self._summaries.consider(turn)
        if live.text and not turn.conversation.title and isinstance(adapter, Titles):
            titling = asyncio.create_task(self._entitle(adapter, turn, _title(asked)))
            self._titling.add(titling)
            titling.add_done_callback(self._titling.discard)
        return ended

    async def _entitle(self, adapter: Titles, turn: Turn, title: str) -> None:
        """Show the title of a conversation that was just begun, once its platform's pace allows."""
        address = turn.inbound.address
        limits = self._adapters[address.platform].capabilities(address).budgets
        if not title:
            return
        try:
            if self._budgets.bind(limits):
                await self._budgets.spend(address, limits)
            await adapter.entitle(address, title)
        except AdapterError as error:
            log.info("a title is not shown on %s: %s", address.platform, error)

    async def _close_attempt(self, answer: Answer) -> None:
        """Keep what was used for words that do not end this turn."""
        if (attempt := answer.attempt) is not None:
            await patiently(lambda: self._store.close_attempt(*attempt))

    def _warning(self, turn: Turn, answer: Answer | None) -> AllowanceWarning | None:
        """What stands under the answer once the allowance nears its end; of a team's those who run it are told."""
        if answer is None or answer.attempt is None:
            return None
        charge = answer.attempt[1].charge
        warning = self._meter.warning(spender_of(turn), charge, answer.because, turn.inbound.sender.language)
        if turn.payer is not None:
            return team_warning(turn.payer, warning)
        return None if turn.inbound.address.kind is ChatKind.GROUP else warning

    async def _finish(
        self, turn: Turn, reply: Reply | None, asked: Asked | None = None, answer: Answer | None = None, text: str = ""
    ) -> Ended:
        failpoint("before_finish")
        state = InboxState.REPLIED if text or reply is None or not reply.notice else InboxState.NOTICED
        finished = FinishedTurn(
            turn_id=turn.id,
            tenant=turn.conversation.tenant,
            lease=turn.lease,
            state=state,
            reply=reply,
            language=turn.inbound.sender.language,
            exchange=_exchange(asked, answer, text),
            attempt=answer.attempt if answer else None,
            merged_ids=turn.merged_ids,
            warning=self._warning(turn, answer),
            title=_title(asked) if asked and not turn.conversation.title else "",
        )
        try:
            ended = await patiently(lambda: self._store.finish_turn(finished))
        except LostLease:
            if answer is not None:
                await self._close_attempt(answer)
            raise
        failpoint("after_finish")
        if ended.aside and turn.payer:
            await self._payers.warn(turn.payer.account, turn.id, ended.aside)
        metrics.TURNS.add(state)
        return ended


def _too_fast(turn: Turn, wait: int) -> Reply:
    return Reply(notice=Notice("too_fast", {"after": wait}, turn.inbound.sender.language))


def _exchange(asked: Asked | None, answer: Answer | None, text: str) -> Exchange | None:
    if asked is None or answer is None or not (asked.text or asked.attachments):
        return None
    answered_tokens = estimate_tokens(text) + MESSAGE_OVERHEAD if text else 0
    return Exchange(asked.text, asked.tokens, text, answered_tokens, answer.model, asked.replaces, asked.attachments)


def _title(asked: Asked) -> str:
    line = " ".join(asked.text.split())
    return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1].rstrip() + "…"
