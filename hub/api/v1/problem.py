"""What a call gets that is not answered. Knows OpenAI's error shape and names; must not know the core's reasons."""

from __future__ import annotations

import msgspec
from aiohttp import web

JSON = "application/json"

INVALID = "invalid_request_error"
QUOTA = "insufficient_quota"
RATE = "requests"
SERVER = "server_error"
"""What OpenAI calls each `type`; a wrong key, too, is an invalid request."""


class Problem(Exception):
    """`message` is for a developer to read; `param` names the field at fault; `after`: seconds until another try."""

    def __init__(
        self, status: int, message: str, code: str | None = None, *, param: str | None = None, kind: str = "",
        after: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.status, self.message, self.code, self.param, self.after = status, message, code, param, after
        self.kind = kind or (SERVER if status >= 500 else INVALID)

    def body(self) -> bytes:
        """The JSON of it."""
        error = {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}
        return msgspec.json.encode({"error": error})

    def response(self) -> web.Response:
        """The whole answer."""
        answer = web.Response(body=self.body(), status=self.status, content_type=JSON)
        if self.after is not None:
            answer.headers["Retry-After"] = str(self.after)
        if self.status == 401:
            answer.headers["WWW-Authenticate"] = "Bearer"
        return answer


def invalid(message: str, param: str | None, code: str | None = None) -> Problem:
    """A field that cannot be used."""
    return Problem(400, message, code, param=param)


CODES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "request_too_large",
    500: "internal_error",
    503: "unavailable",
}


def in_openai_shape(status: int, message: str, after: int | None = None) -> bytes:
    """The body of an error that no route wrote, such as one about the request's size."""
    return Problem(status, message, CODES.get(status), after=after).body()
