"""Why a call was not answered, for its caller. Knows the core's reasons and their status; must not know how it asks."""

from __future__ import annotations

import math

from hub.api.v1.problem import QUOTA, RATE, Problem, invalid
from hub.core.operations.calls import Answered, Denied, Ended, Why
from hub.domain.errors import Broken, ContextTooLong, Overloaded, ProviderError, Refused

RETRY_SECONDS = 5
"""What Retry-After says where nobody knows better."""

ABOUT_THE_CALL = frozenset({0, 400, 413, 415, 422})
"""Statuses by which a vendor says that the request itself is at fault; by others, that our standing with it is."""

UNKNOWN_KEY = "Incorrect API key provided. Ask whoever runs this hub for one."


def unknown_key() -> Problem:
    """One answer for whatever is wrong with a key."""
    return Problem(401, UNKNOWN_KEY, "invalid_api_key")


def too_fast(whose: str, seconds: int) -> Problem:
    """Calls came faster than they may."""
    message = f"Too many calls {whose}. Try again in {seconds} s."
    return Problem(429, message, "rate_limit_exceeded", kind=RATE, after=seconds)


def denied(why: Denied) -> Problem:
    """A call that no model was asked for."""
    match why.why:
        case Why.NO_SUCH_MODEL:
            message = f"The model '{why.model[:100]}' does not exist or you do not have access to it."
            return Problem(404, message, "model_not_found", param="model")
        case Why.NOT_ALLOWED:
            message = f"This key or its plan does not include the model '{why.model}'."
            return Problem(403, message, "model_not_allowed", param="model")
        case Why.NO_TOOLS:
            return invalid(f"The model '{why.model}' cannot call tools here.", "tools", "unsupported_value")
        case Why.NO_IMAGES:
            return invalid(f"The model '{why.model}' cannot see images here.", "messages", "unsupported_value")
        case Why.NO_JSON:
            message = f"The model '{why.model}' is not held to JSON here. Ask for it in words, or have a tool called."
            return invalid(message, "response_format", "unsupported_value")
        case Why.TOO_LONG:
            return invalid(
                f"This model's maximum context length is {why.limit} tokens. Your messages and the answer you ask for "
                f"come to about {why.asked}. Shorten the messages, or ask for less.",
                "messages", "context_length_exceeded",
            )  # fmt: skip
        case Why.TOO_MUCH_OUTPUT:
            return invalid(
                f"max_tokens is too large: {why.asked}. The model '{why.model}' writes at most {why.limit} tokens.",
                "max_tokens", "invalid_value",
            )  # fmt: skip
        case Why.TOO_FAST:
            return too_fast("on this account", why.after)
        case Why.KEY:
            return unknown_key()
        case Why.BUSY:
            return Problem(503, "Too many calls are being answered. Try again soon.", "overloaded", after=RETRY_SECONDS)
    return _quota(why.scope)


def _quota(scope: str) -> Problem:
    if scope.startswith("key:"):
        message = "This key's budget is used up."
    elif scope:
        message = "The spending limit that the operator of this hub has set is reached."
    else:
        message = "You have used up your credit. Top up or change your plan to go on."
    return Problem(429, message, "insufficient_quota", kind=QUOTA)


def not_answered(answered: Answered) -> Problem:
    """A call whose answer has no end. Its `error` or its `ended` is set."""
    if answered.error is not None:
        return _by_model(answered.error, begun=answered.begun)
    if answered.ended is Ended.STOPPING:
        return Problem(503, "This hub is being restarted. Try again soon.", "restarting", after=RETRY_SECONDS)
    if answered.ended is Ended.TOO_LONG:
        return Problem(504, "The answer took too long and was cut.", "answer_timeout")
    return Problem(499, "The caller left.", "caller_left")


def _by_model(error: ProviderError, *, begun: bool) -> Problem:
    if isinstance(error, ContextTooLong):
        message = "The messages are too long for this model. Shorten them."
        return invalid(message, "messages", "context_length_exceeded")
    if isinstance(error, Overloaded) and not begun:
        after = RETRY_SECONDS if error.after is None else max(1, math.ceil(error.after))
        return Problem(503, "The model is overloaded. Try again later.", "model_overloaded", after=after)
    if isinstance(error, Refused):
        if error.status in ABOUT_THE_CALL:
            return Problem(400, f"The model refused this request: {error}", "model_refused")
        return Problem(502, "The model cannot be used now; whoever runs this hub has to look.", "model_unavailable")
    if begun or isinstance(error, Broken):
        return Problem(502, "The model broke off. What it had said until then is charged.", "model_broke_off")
    return Problem(503, "The model does not answer. Try again later.", "model_down", after=RETRY_SECONDS)
