"""How an answer is closed in words. Knows which notice stands under which end; must not know how it came to it."""

from __future__ import annotations

from hub.core.completion import Answer
from hub.core.money.bid import Because
from hub.domain.completion import Finish
from hub.domain.errors import ContextTooLong, Overloaded, Refused
from hub.domain.reply import Button, Notice, Reply

RETRY = Button("button_retry", "retry")
"""Asks the last question anew."""


def notice_reply(key: str, language: str, *, text: str = "", failed: bool = False) -> Reply:
    """Notice `key`, under `text` if there is some; a failed one offers to ask anew."""
    return Reply(text, Notice(key, {}, language), (RETRY,) if failed else (), failed)


def closing(answer: Answer, text: str, language: str) -> Reply:
    """The reply that ends a turn: the words that came, with a notice where they are not the whole answer."""
    key = _notice_key(answer, text)
    if not key and answer.because is not Because.ROUTE:
        return Reply(text, Notice(f"answered_{answer.because}", {"model": answer.model}, language))
    if not key:
        return Reply(text)
    return notice_reply(key, language, text=text, failed=answer.error is not None or not text)


def _notice_key(answer: Answer, text: str) -> str:
    if answer.reason is not None:
        return answer.reason.value
    if answer.error is not None:
        if text:
            return "broke_off"
        match answer.error:
            case ContextTooLong():
                return "context_too_long"
            case Refused():
                return "model_refused"
            case Overloaded():
                return "model_overloaded"
        return "model_down"
    if not text:
        return "filtered" if answer.finish is Finish.FILTERED else "empty_answer"
    if answer.finish is Finish.LENGTH and answer.shortened:
        return "length_covered"
    return {Finish.LENGTH: "length_reached", Finish.FILTERED: "filtered"}.get(answer.finish or Finish.STOP, "")
