"""Everything HTTP that is the same for every route. Knows headers, caps and error pages; must not know any route.

Access lines are written at debug level only, and never with a query.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger
from aiohttp.web_protocol import RequestHandler

from hub.domain.errors import Busy, ForPerson, StoreDown

LOG = logging.getLogger("parley.http")

RETRY_SECONDS = 5
"""What Retry-After says while we are stopping or the database is away."""

LINGER_SECONDS = 2.0
"""How long the rest of a refused body is read away before the connection is closed."""

WORDS = {
    400: ("bad_request", "This request cannot be understood."),
    401: ("unauthorized", "This needs a valid token."),
    403: ("forbidden", "This is not allowed."),
    404: ("not_found", "There is nothing here. The chat page is at /."),
    405: ("method_not_allowed", "This address does not take that method."),
    408: ("timeout", "The request took too long to arrive."),
    413: ("too_large", "This is larger than Parley takes."),
    415: ("unsupported_type", "Parley does not take this type of content."),
    500: ("error", "Something went wrong on our side. It has been written down; please try again."),
    503: ("unavailable", "Parley cannot take this now. Please try again in a few seconds."),
}
"""Status to (code, words) of error answers that no adapter wrote."""

Serve = Callable[[web.Request], Awaitable[web.StreamResponse]]

SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "X-Frame-Options": "DENY",
}
"""What every answer carries unless its route says otherwise."""

TLS_HEADER = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")


class Gate:
    """Whether new work is taken; closed while stopping."""

    def __init__(self) -> None:
        self.open = True


def failure(status: int, *, after: int = 0) -> web.Response:
    """An error answer with a code and words, as JSON."""
    code, words = WORDS.get(status, ("error", "This did not work."))
    body = {"error": {"code": code, "message": words}}
    headers = {"Retry-After": str(after)} if after else {}
    return web.json_response(body, status=status, headers=headers)


def make_app(max_body: int, public_url: str, gate: Gate) -> web.Application:
    """An application whose every answer is safe and in words. `max_body` in bytes."""
    app = web.Application(client_max_size=max_body, middlewares=[_edge(max_body, gate)])
    app.on_response_prepare.append(_header_writer(tls=public_url.startswith("https://")))
    return app


def _edge(max_body: int, gate: Gate) -> Any:
    @web.middleware
    async def edge(request: web.Request, handler: Serve) -> web.StreamResponse:
        if request.method == "POST":
            if not gate.open:
                return failure(503, after=RETRY_SECONDS)
            if (request.content_length or 0) > max_body:
                return _closing(failure(413))
        try:
            return await handler(request)
        except web.HTTPException as error:
            return _in_words(error)
        except Busy as error:
            return failure(503, after=error.after)
        except ForPerson:
            return failure(400)
        except StoreDown:
            LOG.warning("the database did not take it")
            return failure(503, after=RETRY_SECONDS)
        except (ConnectionError, asyncio.CancelledError):
            raise
        except Exception:
            LOG.exception("%s %s failed", request.method, request.path)
            return failure(500)

    return edge


def _in_words(error: web.HTTPException) -> web.StreamResponse:
    if error.status < 400 or error.content_type == "application/json":
        return error
    answer = failure(error.status)
    if "Allow" in error.headers:
        answer.headers["Allow"] = error.headers["Allow"]
    return _closing(answer) if error.status == 413 else answer


def _closing(answer: web.Response) -> web.Response:
    answer.force_close()
    return answer


def _header_writer(*, tls: bool) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    fixed = {**SAFE_HEADERS, **dict([TLS_HEADER])} if tls else SAFE_HEADERS

    async def write(request: web.Request, answer: web.StreamResponse) -> None:
        headers = answer.headers
        for name, value in fixed.items():
            if name not in headers:
                headers[name] = value
        policy = headers["Content-Security-Policy"]
        if policy is not SAFE_HEADERS["Content-Security-Policy"] and "frame-ancestors 'none'" not in policy:
            # such a route has said itself who may frame it
            headers.popall("X-Frame-Options", None)
        headers.pop("Server", None)

    return write


class EdgeProtocol(RequestHandler):
    """One connection. What cannot even be parsed gets the same words and headers as everything else."""

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """See aiohttp.web_protocol.RequestHandler; `message` is not repeated: it quotes what came in."""
        if isinstance(exc, ConnectionError):
            # somebody left before the answer began: no fault of ours, and nobody to tell
            LOG.debug("a visitor left before the answer")
        elif status == HTTPStatus.INTERNAL_SERVER_ERROR:
            LOG.error("a request failed below the routes", exc_info=exc)
        else:
            LOG.debug("a request could not be read: %s", type(exc).__name__)
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has begun already")
        answer = failure(status)
        for name, value in SAFE_HEADERS.items():
            answer.headers.setdefault(name, value)
        answer.headers["Server"] = "parley"
        return _closing(answer)


class EdgeServer(web.Server):
    """Makes an EdgeProtocol for every connection."""

    def __call__(self) -> EdgeProtocol:
        """See aiohttp.web.Server."""
        return EdgeProtocol(self, loop=self._loop, **self._kwargs)


class EdgeRunner(web.AppRunner):
    """aiohttp's runner with our protocol."""

    async def _make_server(self) -> EdgeServer:
        made = await super()._make_server()
        return EdgeServer(
            made.request_handler, request_factory=made.request_factory, loop=asyncio.get_running_loop(), **made._kwargs
        )


class PathLine(AbstractAccessLogger):
    """One line an answer: method, path without query, status, seconds."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """See aiohttp.abc.AbstractAccessLogger."""
        self.logger.debug("%s %s %d %.3f s", request.method, request.path, response.status, time)


def make_runner(app: web.Application, *, access_log: bool, close_seconds: float) -> EdgeRunner:
    """The runner of `app`; `close_seconds`: how long open answers may last after we close."""
    return EdgeRunner(
        app,
        access_log=logging.getLogger("aiohttp.access") if access_log else None,
        access_log_class=PathLine,
        shutdown_timeout=close_seconds,
        lingering_time=LINGER_SECONDS,
        keepalive_timeout=75.0,
    )


def body_of(answer: dict[str, Any], status: int = 200) -> web.Response:
    """A JSON answer."""
    return web.Response(text=json.dumps(answer), status=status, content_type="application/json")
