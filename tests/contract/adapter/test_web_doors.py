"""Who gets in: origins, tokens, signed identities, and that sites and tenants never meet."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from aiohttp import ClientSession
from pydantic import SecretStr

from adapters.web.config import Site, WebConfig
from adapters.web.sandbox import Refused
from hub.domain.reply import Part

from .conftest import SECRET, SITES
from .kit import WebServer


def jwt(secret: str = SECRET, header: dict[str, Any] | None = None, **claims: Any) -> str:
    claims = {"sub": "ann", "aud": "shop", "exp": time.time() + 600, **claims}
    parts = [
        header or {"alg": "HS256", "typ": "JWT"},
        {name: value for name, value in claims.items() if value is not None},
    ]
    body = ".".join(encoded(json.dumps(part).encode()) for part in parts)
    return f"{body}.{encoded(hmac.digest(secret.encode(), body.encode(), hashlib.sha256))}"


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


async def ask(
    web: WebServer, method: str, path: str, body: Any = None, **headers: str
) -> tuple[int, dict[str, Any], dict[str, str]]:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    async with ClientSession() as http, http.request(method, web.url + path, json=body, headers=given) as response:
        content = await response.read()
        return response.status, json.loads(content) if content else {}, dict(response.headers)


# Origins

STRANGERS = [
    "null",
    "https://evil.example",
    "http://shop.example",
    "https://shop.example.evil.example",
    "https://evilshop.example",
    "https://shop.example:444",
    "https://shop.example@evil.example",
    "https://evil.example#https://shop.example",
    "https://shop.example/",
    "https://SHOP.example",
    "https://shop.example.",
    "https://sub.shop.example",
    "https://shop.example%00.evil.example",
    "https://shop.example,https://evil.example",
    "https://shop.example https://evil.example",
    "file://",
    "chrome-extension://abcdef",
    "*",
    "",
    "https://127.0.0.1",
    "http://localhost:1",
    "ws://shop.example",
]


@pytest.mark.parametrize("origin", STRANGERS)
async def test_a_stranger_is_turned_away_in_words(web: WebServer, origin: str) -> None:
    ann = await web.person(watching=False, site="shop")
    bearer = {"Authorization": f"Bearer {ann.token}"}
    for method, path in (
        ("POST", "/web/v1/sessions"),
        ("POST", "/web/v1/messages"),
        ("POST", "/web/v1/stop"),
        ("POST", "/web/v1/files"),
        ("GET", "/web/v1/stream?since=1"),
        ("GET", "/web/v1/history"),
        ("GET", "/web/v1/files/f1.x"),
        ("OPTIONS", "/web/v1/messages"),
    ):
        body = {"site": "shop", "text": "x"} if method == "POST" else None
        status, answer, headers = await ask(web, method, path, body, Origin=origin, **bearer)
        assert (status, answer["error"]["key"]) == (403, "foreign_origin"), (method, path)
        assert not {name for name in headers if name.lower().startswith("access-control")}
        assert headers["Vary"] == "Origin"
    assert not web.room.inbox


async def test_a_page_of_the_site_is_let_in_by_name(web: WebServer) -> None:
    ann = await web.person(site="shop", origin="https://shop.example:8443")
    await ann.says("hi")
    token = f"Bearer {ann.token}"
    _, _, headers = await ask(web, "GET", "/web/v1/history", Origin="https://shop.example", Authorization=token)
    assert headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "Access-Control-Allow-Credentials" not in headers
    status, _, headers = await ask(
        web, "OPTIONS", "/web/v1/messages", Origin="https://shop.example", Access_Control_Request_Method="POST"
    )
    assert status == 204
    assert "idempotency-key" in headers["Access-Control-Allow-Headers"]
    assert headers["Access-Control-Allow-Origin"] == "https://shop.example"


async def test_a_page_of_one_site_is_a_stranger_to_the_others(web: WebServer) -> None:
    ann = await web.person(watching=False, site="shop")
    for site in ("default", "closed", "club"):
        status, answer, headers = await ask(
            web, "POST", "/web/v1/sessions", {"site": site}, Origin="https://shop.example"
        )
        assert (status, answer["error"]["key"]) == (403, "foreign_origin")
        assert "Access-Control-Allow-Origin" not in headers
    bearer = {"Origin": "https://club.example", "Authorization": f"Bearer {ann.token}"}
    status, _, headers = await ask(web, "GET", "/web/v1/history", **bearer)
    assert status == 403
    assert "Access-Control-Allow-Origin" not in headers


async def test_the_hubs_own_pages_and_servers_are_let_in(web: WebServer) -> None:
    own = await web.person(watching=False, origin=web.url)
    await own.says("from the page")
    closed = await web.person(watching=False, site="closed", origin=web.url)
    await closed.says("from the hub's own page about the site")
    await (await web.person(watching=False)).says("from curl")


async def test_with_a_public_origin_another_name_for_us_is_a_stranger(serve: Any) -> None:
    web = await serve(public_origin="https://chat.example")
    port = web.url.rpartition(":")[2]
    given = {"Host": f"evil.example:{port}", "Origin": f"http://evil.example:{port}"}
    assert (await ask(web, "POST", "/web/v1/sessions", {}, **given))[0] == 403
    assert (await ask(web, "POST", "/web/v1/sessions", {}, Origin="https://chat.example"))[0] == 200
    assert (await ask(web, "POST", "/web/v1/sessions", {}, Origin=web.url))[0] == 200


async def test_an_unknown_site_is_told_so(web: WebServer) -> None:
    status, answer, _ = await ask(web, "POST", "/web/v1/sessions", {"site": "nope"})
    assert (status, answer["error"]["key"]) == (404, "unknown_site")


# Tokens


async def test_without_a_good_token_nobody_gets_in(web: WebServer) -> None:
    ann = await web.person(watching=False)
    head, _, mac = ann.token.rpartition(".")
    claims = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    swapped = encoded(json.dumps([claims[0], "someone-else", *claims[2:]]).encode())
    raised = encoded(json.dumps([claims[0], claims[1], True, *claims[3:]]).encode())
    moved = encoded(json.dumps(["shop", *claims[1:]]).encode())
    unknown = encoded(json.dumps(["nope", *claims[1:]]).encode())
    bad = ["", ".", "x", "Ü", head, f"{head}.", f"{head}.{mac[:-2]}AA", f".{mac}", "a" * 5_000, f"{head}.{mac}="]
    bad += [f"{each}.{mac}" for each in (swapped, raised, moved, unknown, encoded(b"[" * 1_000))]
    for token in bad:
        status, answer, _ = await ask(
            web, "GET", "/web/v1/history", Authorization=f"Bearer {token}".encode().decode("latin-1")
        )
        assert (status, answer["error"]["key"]) == (401, "bad_token"), token
    for header in ("", "Basic abc", ann.token, f"Bearer  {ann.token}"):
        assert (await ask(web, "GET", "/web/v1/history", Authorization=header))[0] == 401
    assert (await ask(web, "GET", "/web/v1/history"))[0] == 401
    assert (await ask(web, "GET", "/web/v1/history", Authorization=f"Bearer {ann.token}"))[0] == 200


async def test_a_session_ends(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = await web.person(watching=False)
    later = time.time() + 91 * 86_400
    monkeypatch.setattr(time, "time", lambda: later)
    with pytest.raises(Refused) as refused:
        await ann.history()
    assert refused.value.status == 401


async def test_a_visitor_comes_back_by_token_and_begins_afresh_without(web: WebServer) -> None:
    ann = await web.person(watching=False)
    before = ann.visitor
    await ann.begin()
    assert ann.visitor == before
    ann.token = ann.token[:-3] + "xxx"
    await ann.begin()
    assert ann.visitor != before
    other = await web.person(watching=False, site="shop")
    taken = await ask(web, "POST", "/web/v1/sessions", {"site": "default", "token": other.token})
    assert taken[1]["visitor"] not in (before, other.visitor)


async def test_a_changed_house_key_ends_every_session(web: WebServer, serve: Any) -> None:
    ann = await web.person(watching=False)
    elsewhere = await serve(secret=b"another house")
    status, _, _ = await ask(elsewhere, "GET", "/web/v1/history", Authorization=f"Bearer {ann.token}")
    assert status == 401


# Signed identities

FORGED = {
    "not a jwt": "abc",
    "empty": "",
    "two parts": "a.b",
    "wrong secret": jwt("x" * 32),
    "other site": jwt(aud="club"),
    "no audience": jwt(aud=None),
    "expired": jwt(exp=time.time() - 1),
    "no expiry": jwt(exp=None),
    "endless": jwt(exp=time.time() + 86_400),
    "expiry as text": jwt(exp="9999999999"),
    "not yet": jwt(nbf=time.time() + 600),
    "no subject": jwt(sub=None),
    "empty subject": jwt(sub=""),
    "subject as number": jwt(sub=5),
    "long subject": jwt(sub="x" * 600),
    "alg none": jwt(header={"alg": "none"}),
    "alg none unsigned": jwt(header={"alg": "none"}).rpartition(".")[0] + ".",
    "alg RS256": jwt(header={"alg": "RS256"}),
    "alg HS512": jwt(header={"alg": "HS512"}),
    "alg lower": jwt(header={"alg": "hs256"}),
    "alg list": jwt(header={"alg": ["HS256"]}),
    "no alg": jwt(header={"typ": "JWT"}),
    "signature cut": jwt()[:-4],
    "signature swapped": jwt().rpartition(".")[0] + "." + jwt(sub="ben").rpartition(".")[2],
    "infinite": jwt(exp=float("inf")),
    "surrogate": jwt(sub="\ud800"),
}


@pytest.mark.parametrize("forged", FORGED)
async def test_a_forged_identity_is_refused(web: WebServer, forged: str) -> None:
    status, answer, _ = await ask(web, "POST", "/web/v1/sessions", {"site": "shop", "identity": FORGED[forged]})
    assert (status, answer["error"]["key"]) == (401, "bad_identity")


async def test_an_identity_needs_a_site_that_knows_a_secret(web: WebServer) -> None:
    for secret in ("", "x" * 32):
        identity = jwt(secret, aud="closed") if secret else jwt("", aud="closed")
        status, _, _ = await ask(web, "POST", "/web/v1/sessions", {"site": "closed", "identity": identity})
        assert status == 401


async def test_a_signed_person_is_the_same_everywhere_and_nobody_else(web: WebServer) -> None:
    anonymous = await web.person(watching=False, site="shop")
    await anonymous.says("before I signed in")
    anonymous.identity = jwt(name="Ann")
    await anonymous.begin()
    phone = await web.person(site="shop", identity=jwt(exp=time.time() + 60))
    assert phone.visitor == anonymous.visitor
    assert await phone.history() == []
    await phone.says("signed")
    assert web.room.inbox[-1].sender.user == f"shop:{phone.visitor}"
    laptop = await anonymous.history()
    assert [message["text"] for message in laptop] == ["signed"]
    other = await web.person(site="shop", identity=jwt(sub="ann "))
    assert other.visitor != phone.visitor
    await anonymous.says("with a name")
    assert web.room.inbox[-1].sender.name == "Ann"


async def test_signing_out_leaves_nothing_behind(web: WebServer) -> None:
    ann = await web.person(watching=False, site="shop", identity=jwt())
    signed = ann.visitor
    ann.identity = None
    await ann.begin()
    assert ann.visitor != signed
    assert await ann.history() == []


async def test_a_site_that_wants_identities_takes_nobody_without(web: WebServer, serve: Any) -> None:
    status, answer, _ = await ask(web, "POST", "/web/v1/sessions", {"site": "club"})
    assert (status, answer["error"]["key"]) == (401, "identity_required")
    anonymous = await web.person(watching=False, site="shop")
    strict = Site(key="shop", require_identity=True, identity_secret=SecretStr(SECRET))
    stricter = await serve(sites=(strict,))
    for method, path in (("GET", "/web/v1/history"), ("GET", "/web/v1/stream"), ("POST", "/web/v1/messages")):
        status, answer, _ = await ask(stricter, method, path, {"text": "x"}, Authorization=f"Bearer {anonymous.token}")
        assert (status, answer["error"]["key"]) == (401, "identity_required")
    member = await stricter.person(site="shop", identity=jwt())
    assert await member.says("hi") == "p1"


async def test_a_changed_secret_ends_the_sessions_it_vouched_for(web: WebServer, serve: Any) -> None:
    signed = await web.person(watching=False, site="shop", identity=jwt())
    anonymous = await web.person(watching=False, site="shop")
    changed = await serve(sites=(Site(key="shop", identity_secret=SecretStr("y" * 32)),))
    for person, status in ((signed, 401), (anonymous, 200)):
        assert (await ask(changed, "GET", "/web/v1/history", Authorization=f"Bearer {person.token}"))[0] == status


# Sites and tenants


async def test_nobody_sees_anothers_screen(web: WebServer) -> None:
    secret = SECRET + "2"
    people = [
        await web.person(site="shop", identity=jwt()),
        await web.person(site="club", identity=jwt(secret, aud="club")),
        await web.person(site="shop"),
        await web.person(),
    ]
    for number, person in enumerate(people):
        await person.says(f"secret {number}")
        tenant = 2 if person.site == "club" else 1
        address = web.address(person, tenant)
        assert web.room.inbox[-1].address == address
        stream = await web.adapter.open_stream(address, "t1")
        await stream.show(f"answer for {number}")
        await web.adapter.edit(address, stream.ref, Part(f"answer for {number}"))
        await person.sees(f"answer for {number}")
    for number, person in enumerate(people):
        shown = json.dumps([person.events, await person.history()])
        for other in range(len(people)):
            assert (f"secret {other}" in shown) == (other == number)
            assert (f"answer for {other}" in shown) == (other == number)


def test_settings_that_cannot_be_meant_are_refused() -> None:
    for given in (
        {"key": "a b"},
        {"key": "x", "origins": ["*"]},
        {"key": "x", "origins": ["https://shop.example/"]},
        {"key": "x", "origins": ["shop.example"]},
        {"key": "x", "origins": ["null"]},
        {"key": "x", "require_identity": True},
        {"key": "x", "identity_secret": "short"},
        {"key": "x", "appearance": {"accent": "red;}"}},
        {"key": "x", "colour": "red"},
    ):
        with pytest.raises(ValueError) as error:
            WebConfig.model_validate({"sites": [given]})
        assert "'short'" not in str(error.value)
    with pytest.raises(ValueError):
        WebConfig.model_validate({"sites": [{"key": "x"}, {"key": "x"}]})
    assert "default" in {site.key for site in WebConfig.model_validate({"sites": [{"key": "x"}]}).sites}
    assert SECRET not in repr(WebConfig(sites=SITES))
