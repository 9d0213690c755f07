"""Commands about answers. Knows how to stop one, ask anew, say how one came about; must not know how they are made."""

from __future__ import annotations

from hub.core.commands.desk import Desk
from hub.core.money.amounts import amount
from hub.core.notices import words
from hub.core.prompt import Asked
from hub.domain.address import ChatKind
from hub.domain.attempt import AttemptLine, AttemptState
from hub.domain.completion import Role
from hub.domain.errors import BadCommand
from hub.domain.reply import Notice, Reply
from hub.domain.turn import Turn

EXPLAINED = 20
"""So many of the last answers can be asked about."""


async def stop(desk: Desk, turn: Turn, argument: str) -> Reply | None:
    """`/stop`: end the running answer; it says so itself."""
    if await desk.stop(turn.conversation.id):
        return None
    return Reply(notice=Notice("nothing_to_stop", {}, turn.inbound.sender.language))


async def retry(desk: Desk, turn: Turn, argument: str) -> Asked:
    """`/retry`: ask the last question anew; its former answer leaves the memory."""
    last = await desk.store.last_exchange(turn.conversation.id)
    if not last or last[0].role is not Role.USER:
        raise BadCommand("nothing_to_retry")
    return Asked(last[0].text, last[0].attachments, tuple(message.id for message in last))


async def why(desk: Desk, turn: Turn, argument: str) -> Reply:
    """`/why [NUMBER]`: models asked, the route, tokens, time and, where nobody reads along, cost of the last answer;
    with 2 of the one before it, and so on."""
    language, which = turn.inbound.sender.language, argument or "1"
    back = int(which) if which.isdecimal() and len(which) < 4 else 0
    if not 0 < back <= EXPLAINED:
        raise BadCommand("no_such_answer", most=EXPLAINED)
    attempts = await desk.store.attempts_of_turn(turn.conversation.id, turn.id, back)
    if not attempts:
        raise BadCommand("nothing_to_explain" if back == 1 else "no_such_answer", most=EXPLAINED)
    alone = turn.inbound.address.kind is ChatKind.PRIVATE
    lines = [f"{number}. {_line(attempt, language)}" for number, attempt in enumerate(attempts, 1)]
    if alone and not (desk.rules.all_free and not any(attempt.charged for attempt in attempts)):
        lines = [f"{line}{_cost(attempt, language)}" for line, attempt in zip(lines, attempts, strict=True)]
    told = "\n".join(lines)
    if back > 1:
        return Reply(notice=Notice("why_earlier", {"number": back, "list": told}, language))
    route = " → ".join(f"**{model.name}**" for model in desk.routing.route(turn))
    return Reply(notice=Notice("why", {"list": told, "route": route}, language))


def _cost(attempt: AttemptLine, language: str) -> str:
    """What one attempt took from who paid, for those alone who read in private."""
    if not attempt.charged:
        return words("why_free", language)
    charged = amount(attempt.charged, attempt.unit, language)
    if not attempt.price_version:
        return words("why_charged", language, charged=charged)
    return words("why_charged_at", language, charged=charged, version=attempt.price_version)


def _line(attempt: AttemptLine, language: str) -> str:
    end = attempt.end
    if end.state in (AttemptState.FAILED, AttemptState.UNKNOWN, AttemptState.OPEN):
        return words("why_failed", language, model=attempt.model, error=end.error or end.state.value)
    return words(
        "why_estimated" if end.usage.estimated else "why_answered",
        language,
        model=attempt.model,
        answered=end.answered_model or attempt.model,
        provider=attempt.provider,
        input=end.usage.input,
        cached=end.usage.cached,
        output=end.usage.output,
        first=end.first_word_ms or 0,
        total=end.total_ms,
    )
