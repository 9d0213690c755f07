"""Everything HTTP that is the same for every route. Knows headers, caps and error pages; must not know any route.

Access lines are written at debug level only, and never with a query.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any, cast

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger
from aiohttp.web_protocol import RequestHandler

from hub.api.v1.doors import LEFT
from hub.api.v1.problem import in_openai_shape
from hub.core.notices import words
from hub.domain.errors import Busy, ForPerson, StoreDown
from hub.runtime.http_proxy import Network, behind

LOG = logging.getLogger("parley.http")

RETRY_SECONDS = 5
"""What Retry-After says while we are stopping or the database is away."""

LINGER_SECONDS = 2.0
"""How long the rest of a refused body is read away before the connection is closed."""

KEYS = {
    401: "bad_token",
    403: "not_allowed",
    404: "not_found",
    405: "wrong_method",
    408: "slow_request",
    413: "too_large",
    500: "error",
    503: "closing",
}
"""Status to the notice of error answers that no route wrote; everything else is a `bad_request`."""

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


def failure(status: int, language: str = "en", key: str = "", path: str = "", **arguments: str | int) -> web.Response:
    """`{"error": {"key", "message"}}` in `language`, of notice `key` or the one that goes with `status`; under `/v1/`
    in OpenAI's shape, and in English as all of it.

    `arguments` fill the notice; `after` (seconds) is said in Retry-After too."""
    key = key or KEYS.get(status, "bad_request")
    headers = {"Retry-After": str(arguments["after"])} if "after" in arguments else {}
    if path.startswith("/v1/"):
        body = in_openai_shape(status, words(key, "en", **arguments))
        return web.Response(body=body, status=status, headers=headers, content_type="application/json")
    shown = {"error": {"key": key, "message": words(key, language, **arguments)}}
    return web.json_response(shown, status=status, headers=headers)


def language_of(request: web.BaseRequest) -> str:
    """The browser's first choice, as a BCP 47 tag."""
    return request.headers.get("Accept-Language", "").partition(",")[0].partition(";")[0].strip()


def make_app(max_body: int, public_url: str, gate: Gate) -> web.Application:
    """An application whose every answer is safe and in words. `max_body` in bytes."""
    app = web.Application(client_max_size=max_body, middlewares=[_edge(max_body, gate)])
    app.on_response_prepare.append(_header_writer(tls=public_url.startswith("https://")))
    return app


def _edge(max_body: int, gate: Gate) -> Any:
    @web.middleware
    async def edge(request: web.Request, handler: Serve) -> web.StreamResponse:
        language, path = language_of(request), request.path
        if request.method == "POST":
            if not gate.open:
                return failure(503, language, path=path, after=RETRY_SECONDS)
            if (request.content_length or 0) > max_body:
                return _closing(failure(413, language, path=path, limit=_size_words(max_body)))
        try:
            return await handler(request)
        except web.HTTPException as error:
            return _in_words(error, request, language, max_body)
        except Busy as error:
            return failure(503, language, error.key, path, **error.arguments)
        except ForPerson as error:
            return failure(400, language, error.key, path, **error.arguments)
        except StoreDown:
            LOG.warning("the database did not take it")
            return failure(503, language, "store_down", path, after=RETRY_SECONDS)
        except web.RequestPayloadError:
            return _closing(failure(400, language, path=path))
        except (ConnectionError, asyncio.CancelledError):
            raise
        except Exception:
            LOG.exception("%s %s failed", request.method, request.rel_url.raw_path)
            return failure(500, language, path=path)

    return edge


def _in_words(error: web.HTTPException, request: web.Request, language: str, max_body: int) -> web.StreamResponse:
    if error.status < 400 or error.content_type == "application/json":
        return error
    if error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        return failure(error.status, language, path=request.path, after=RETRY_SECONDS)
    limit = _size_words(max_body)
    answer = failure(error.status, language, path=request.path, method=request.method, limit=limit)
    if "Allow" in error.headers:
        answer.headers["Allow"] = error.headers["Allow"]
    return _closing(answer) if error.status == 413 else answer


def _size_words(size: int) -> str:
    return f"{size / 1024 / 1024:.3g} MiB"


def _closing(answer: web.Response) -> web.Response:
    answer.force_close()
    return answer


def _header_writer(*, tls: bool) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    async def write(request: web.Request, answer: web.StreamResponse) -> None:
        headers = answer.headers
        for name, value in SAFE_HEADERS.items():
            if name not in headers:
                headers[name] = value
        if (tls or request.secure) and TLS_HEADER[0] not in headers:
            headers[TLS_HEADER[0]] = TLS_HEADER[1]
        policy = headers["Content-Security-Policy"]
        if policy is not SAFE_HEADERS["Content-Security-Policy"] and "frame-ancestors 'none'" not in policy:
            # such a route has said itself who may frame it
            headers.popall("X-Frame-Options", None)
        headers.pop("Server", None)

    return write


class EdgeProtocol(RequestHandler):
    """One connection. What cannot even be parsed gets the same words and headers as everything else."""

    def connection_lost(self, exc: BaseException | None) -> None:
        """See aiohttp.web_protocol.RequestHandler; whoever works on the request hears of it, should they want to."""
        request = self._current_request
        super().connection_lost(exc)
        if isinstance(request, web.Request) and LEFT in request:
            request[LEFT]()

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

    def log_exception(self, *args: Any, **named: Any) -> None:
        """See aiohttp.web_protocol.RequestHandler; a body that cannot be unpacked is its sender's fault, not ours."""
        if isinstance(named.get("exc_info"), web.RequestPayloadError):
            LOG.debug("the rest of a body could not be read")
        else:
            super().log_exception(*args, **named)


class EdgeServer(web.Server):
    """Makes an EdgeProtocol for every connection."""

    def __call__(self) -> EdgeProtocol:
        """See aiohttp.web.Server."""
        return EdgeProtocol(self, loop=self._loop, **self._kwargs)


class EdgeRunner(web.AppRunner):
    """aiohttp's runner with our protocol, and callers as `trusted` proxies tell them."""

    def __init__(self, app: web.Application, trusted: Sequence[Network], **named: Any) -> None:
        super().__init__(app, **named)
        self._trusted = trusted

    async def _make_server(self) -> EdgeServer:
        made = await super()._make_server()
        factory = behind(cast("Callable[..., web.Request]", made.request_factory), self._trusted)
        return EdgeServer(
            made.request_handler, request_factory=factory, loop=asyncio.get_running_loop(), **made._kwargs
        )


class PathLine(AbstractAccessLogger):
    """One line an answer: method, path without query, status, seconds, who asked."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """See aiohttp.abc.AbstractAccessLogger."""
        path = request.rel_url.raw_path
        self.logger.debug("%s %s %d %.3f s for %s", request.method, path, response.status, time, request.remote)


def make_runner(
    app: web.Application, *, access_log: bool, close_seconds: float, trusted: Sequence[Network] = ()
) -> EdgeRunner:
    """The runner of `app`; `close_seconds`: how long open answers may last after we close; `trusted`: our proxies."""
    return EdgeRunner(
        app,
        trusted,
        access_log=logging.getLogger("aiohttp.access") if access_log else None,
        access_log_class=PathLine,
        shutdown_timeout=close_seconds,
        lingering_time=LINGER_SECONDS,
        keepalive_timeout=75.0,
    )


def body_of(answer: dict[str, Any], status: int = 200) -> web.Response:
    """A JSON answer."""
    return web.Response(text=json.dumps(answer), status=status, content_type="application/json")
