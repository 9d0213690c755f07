"""Stripe's API on a socket, for tests and the playground. Knows routes, keys and faults; must not know what we do.

The official SDK talks to it unchanged. `calls` records what was asked; a test is a person by `pays`, `declines`, or by
the hosted page itself.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Self

import aiohttp
from aiohttp import web

from providers.payments.stripe.sandbox import pages
from providers.payments.stripe.sandbox.api import Api
from providers.payments.stripe.sandbox.courier import Courier
from providers.payments.stripe.sandbox.form import Refusal, Thing, nested, truth
from providers.payments.stripe.sandbox.selling import Selling

SECRET = "whsec_sandbox0123456789abcdef0123"  # noqa: S105 - of a stand-in


@dataclass(slots=True)
class Call:
    """One request to the API. `repeated`: answered from its idempotency key."""

    method: str
    path: str
    asked: Thing
    key: str
    repeated: bool = False


class StripeSandbox(Selling):
    """`async with StripeSandbox() as stripe`: `stripe.url` for `[stripe] api_base`, `stripe.secret_key`."""

    def __init__(self, *, live: bool = False, webhook_secret: str = SECRET) -> None:
        super().__init__(live=live)
        self.secret_key = f"sk_{'live' if live else 'test'}_sandbox0123456789"
        self.webhook_secret = webhook_secret
        self.courier = Courier()
        self.told = self._tell
        self.calls: list[Call] = []
        self._api = Api(self)
        self._answers: dict[str, tuple[str, int, Thing] | None] = {}
        self._faults: list[tuple[re.Pattern[str], str, int]] = []
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def start(self, port: int = 0) -> None:
        """Listen on loopback."""
        app = web.Application()
        app.router.add_route("*", "/v1/{path:.+}", self._serve)
        app.router.add_get("/c/pay/{session}", self._checkout_page)
        app.router.add_post("/c/pay/{session}", self._checkout_pressed)
        app.router.add_get("/p/session/{session}", self._portal_page)
        app.router.add_post("/p/session/{session}", self._portal_pressed)
        app.router.add_get("/{kind:receipts|invoices}/{number}", self._paper)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.url = "http://{}:{}".format(*self._runner.addresses[0][:2])

    async def close(self) -> None:
        """Stop."""
        await self.courier.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def listen(self, url: str) -> Thing:
        """An endpoint at `url` for every event, as somebody makes one on the dashboard."""
        return self.make(
            "webhook_endpoint", "we", url=url, enabled_events=["*"], status="enabled", _secret=self.webhook_secret
        )

    def misbehave(self, fault: str, path: str = ".*", times: int = 1) -> None:
        """`fault`: an HTTP status such as `500` or `429`, `after` (done, but answered with a 500) or `drop`."""
        self._faults += [(re.compile(path), fault, times)]

    def heals(self) -> None:
        """Misbehave no longer."""
        self._faults.clear()

    async def pays(self, url: str, how: str = "card") -> str:
        """Press Pay on the hosted page at `url` (or the id of a session); where that leads, empty: nowhere."""
        number = url.rpartition("/")[2].partition("?")[0].partition("#")[0]
        async with (
            aiohttp.ClientSession() as browser,
            browser.post(f"{self.url}/c/pay/{number}", data={"how": how}, allow_redirects=False) as answer,
        ):
            return answer.headers.get("Location", "")

    def _tell(self, event: Thing) -> None:
        for endpoint in self.all("webhook_endpoint"):
            wanted = endpoint["enabled_events"]
            if endpoint["status"] == "enabled" and ("*" in wanted or event["type"] in wanted):
                self.courier.bring(event, endpoint["url"], endpoint["_secret"])

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        body = (await request.read()).decode()
        pairs = [*request.query.items(), *((await request.post()).items() if body else ())]
        asked = nested((name, str(value)) for name, value in pairs)
        key = request.headers.get("Idempotency-Key", "") if request.method == "POST" else ""
        self.calls.append(call := Call(request.method, path, asked, key))
        fault = self._fault(path)
        if fault == "drop" and request.transport is not None:
            request.transport.abort()
        if fault.isdigit():
            return _failed(int(fault))
        try:
            self._admit(request)
            answer = await self._once(call, body, lambda: self._answer(request.method, path, asked, fault == "after"))
        except Refusal as refusal:
            return refusal.answer()
        return answer

    def _fault(self, path: str) -> str:
        for at, (wanted, fault, times) in enumerate(self._faults):
            if wanted.search(path):
                self._faults[at : at + 1] = [(wanted, fault, times - 1)] if times > 1 else []
                return fault
        return ""

    def _admit(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if given != self.secret_key:
            raise Refusal(401, f"Invalid API Key provided: {given[:8]}****{given[-4:]}")

    async def _answer(self, method: str, path: str, asked: Thing, fails: bool) -> tuple[int, Thing]:
        try:
            answer = self._api.answer(method, path, asked)
        except Refusal as refusal:
            return refusal.status, {"error": refusal.error}
        return (500, {"error": {"type": "api_error", "message": "made to fail"}}) if fails else (200, answer)

    async def _once(
        self, call: Call, body: str, work: Callable[[], Awaitable[tuple[int, Thing]]]
    ) -> web.StreamResponse:
        """Answer; for a key that was used before, what was answered then. Validation errors are not kept."""
        asked = hashlib.sha256(f"{call.path} {body}".encode()).hexdigest()
        if call.key and call.key in self._answers:
            former = self._answers[call.key]
            if former is None:
                raise Refusal(
                    409, "There is currently another in-progress request using this key.", "idempotency_key_in_use"
                )
            if former[0] != asked:
                message = (
                    "Keys for idempotent requests can only be used with the same parameters they were first used with."
                )
                raise Refusal(400, message, kind="idempotency_error")
            call.repeated = True
            return web.json_response(former[2], status=former[1], headers={"Idempotent-Replayed": "true"})
        if call.key:
            self._answers[call.key] = None
        await asyncio.sleep(0)
        status, answer = await work()
        if call.key and status not in (400, 404):
            self._answers[call.key] = (asked, status, json.loads(json.dumps(answer)))
        elif call.key:
            del self._answers[call.key]
        return web.json_response(answer, status=status, headers={"Request-Id": f"req_{len(self.calls)}"})

    def _names(self, session: Thing) -> list[str]:
        return [str(self.things[line["price"]["product"]]["name"]) for line in session["_line_items"]]

    async def _checkout_page(self, request: web.Request) -> web.Response:
        session = self._found(request, "checkout.session")
        return _html(pages.checkout(session, self._names(session)))

    async def _checkout_pressed(self, request: web.Request) -> web.StreamResponse:
        session = self._found(request, "checkout.session")
        how = (await request.post()).get("how")
        if how == "decline":
            return _html(pages.checkout(session, self._names(session), "Your card was declined."), 402)
        try:
            self.pay(session, delayed=how == "delayed")
        except Refusal:
            return _html(pages.checkout(session, []), 409)
        raise web.HTTPSeeOther(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]))

    def _of_customer(self, kind: str, customer: str) -> list[Thing]:
        return [one for one in self.all(kind) if one["customer"] == customer and one["status"] != "canceled"]

    async def _portal_page(self, request: web.Request) -> web.Response:
        session = self._found(request, "billing_portal.session")
        customer = session["customer"]
        prices = [one for one in self.all("price") if one["active"] and one["recurring"]]
        return _html(
            pages.portal(
                session, self._of_customer("subscription", customer), prices, self._of_customer("invoice", customer)
            )
        )

    async def _portal_pressed(self, request: web.Request) -> web.StreamResponse:
        session = self._found(request, "billing_portal.session")
        for name, value in (await request.post()).items():
            number, _, price = str(value).partition(":")
            subscription = self.get(number, "subscription")
            if name == "change":
                self.change(subscription, {"items": [{"price": price}], "proration_behavior": "always_invoice"})
            else:
                self.change(subscription, {"cancel_at_period_end": truth(name == "cancel")})
        raise web.HTTPSeeOther(session["url"])

    async def _paper(self, request: web.Request) -> web.Response:
        thing = self.things.get(request.match_info["number"])
        if thing is None:
            raise web.HTTPNotFound
        amount: Any = thing.get("total", thing.get("amount", 0))
        return _html(pages.page(thing["id"], f"<p>{pages.coins(amount, thing['currency'])}</p>"))

    def _found(self, request: web.Request, kind: str) -> Thing:
        thing = self.things.get(request.match_info["session"])
        if thing is None or thing["object"] != kind:
            raise web.HTTPNotFound
        return thing


def _html(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html")


def _failed(status: int) -> web.Response:
    kind = "rate_limit" if status == 429 else "api_error"
    error = {"type": "invalid_request_error" if status == 429 else "api_error", "code": kind, "message": "made to fail"}
    return web.json_response({"error": error}, status=status)
