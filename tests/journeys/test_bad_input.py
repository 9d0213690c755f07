"""What comes in is wrong: the person reads why, in their language, and the house goes on answering.

A taken port, a second process on the file, an unwritable or missing folder: tests/journeys/test_lifecycle.py. Wrong
settings, a default model that does not exist among them: tests/journeys/test_settings.py.
"""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from adapters.web.sandbox import Person
from tests.kit.running import House, running_house

pytestmark = pytest.mark.asyncio(loop_scope="module")

STRANGER = "https://stranger.example"
SHOP = "https://shop.example"
SITES = f'[[web.sites]]\nkey = "shop"\norigins = ["{SHOP}"]\n'
NOT_JSON = "The request is not valid JSON of the expected shape: "
KEIN_JSON = "Die Anfrage ist kein gültiges JSON der erwarteten Form: "


@dataclass(frozen=True)
class Case:
    """A request that must be refused, and the words it is refused with. `headers` None-valued: left out."""

    status: int
    key: str
    english: str
    german: str
    body: Any = b""
    path: str = "/web/v1/messages"
    method: str = "POST"
    headers: dict[str, str | None] = field(default_factory=dict)


def said(text: Any, **more: Any) -> bytes:
    """The body of a message."""
    return json.dumps({"text": text, **more}).encode()


EMPTY = ("The message is empty. Write something, or attach a file.",
         "Die Nachricht ist leer. Schreibe etwas oder hänge eine Datei an.")  # fmt: skip
BAD_TOKEN = ("This session is not valid any more. Start a new one.",
             "Diese Sitzung gilt nicht mehr. Beginne eine neue.")  # fmt: skip
FOREIGN = ("This page may not use this assistant. Its operator can add the page's origin to the site's `origins`.",
           "Diese Seite darf diesen Assistenten nicht benutzen. Der Betreiber kann ihre Herkunft unter `origins` "
           "eintragen.")  # fmt: skip
UNKNOWN_SITE = ("There is no site with this key. Check the `site` attribute against `[[web.sites]]` in the settings.",
                "Eine Website mit diesem Schlüssel gibt es nicht. Vergleiche das Attribut `site` mit `[[web.sites]]` "
                "in den Einstellungen.")  # fmt: skip
UNSUPPORTED = ("Files of this type cannot be read. Send PNG, JPEG, GIF, WebP, PDF or plain text.",
               "Dateien dieser Art sind nicht lesbar. Sende PNG, JPEG, GIF, WebP, PDF oder reinen Text.")  # fmt: skip


def not_json(why: str) -> tuple[str, str]:
    """The words for JSON that cannot be read."""
    return f"{NOT_JSON}{why}.", f"{KEIN_JSON}{why}."


def not_understood(why: str) -> tuple[str, str]:
    """The words for a value that cannot be taken."""
    return f"This message could not be understood: {why}.", f"Diese Nachricht war nicht zu verstehen: {why}."


CASES = {
    "oversize text": Case(
        413, "text_too_long",
        "The message has 32001 characters; 32000 is the most. Shorten it, or send it as a text file.",
        "Die Nachricht hat 32001 Zeichen; höchstens 32000 sind möglich. Kürze sie oder sende sie als Textdatei.",
        said("x" * 32_001),
    ),
    "oversize body": Case(
        413, "too_large", "This is too large: 256 KiB is the most.", "Das ist zu groß: höchstens 256 KiB.",
        said("x" * 300_000),
    ),
    "oversize session": Case(
        413, "too_large", "This is too large: 16 KiB is the most.", "Das ist zu groß: höchstens 16 KiB.",
        b'{"site": "' + b"x" * 20_000 + b'"}', "/web/v1/sessions",
    ),
    "oversize file": Case(
        413, "too_large", "This is too large: 10 MiB is the most.", "Das ist zu groß: höchstens 10 MiB.",
        b"x" * (10 * 1024 * 1024 + 1), "/web/v1/files?name=a.txt", headers={"Content-Type": "text/plain"},
    ),
    "oversize argument": Case(
        400, "bad_input", *not_understood("this is not a command"),
        json.dumps({"command": {"name": "model", "argument": "x" * 1_001}}).encode(),
    ),
    "empty": Case(400, "empty_message", *EMPTY, said("")),
    "empty but for spaces": Case(400, "empty_message", *EMPTY, said(" \n\t \u3000")),
    "empty object": Case(400, "empty_message", *EMPTY, b"{}"),
    "empty body": Case(400, "bad_json", *not_json("Input data was truncated"), b""),
    "empty file": Case(415, "unsupported_file", *UNSUPPORTED, b"", "/web/v1/files?name=a.txt"),
    "malformed, cut short": Case(400, "bad_json", *not_json("Input data was truncated"), b'{"text": "hi'),
    "malformed, no JSON": Case(
        400, "bad_json", *not_json("JSON is malformed: invalid character (byte 4)"), b"text=hello"
    ),
    "malformed, no UTF-8": Case(400, "bad_json", *not_json("it is not UTF-8"), b'{"text": "\xff\xfe"}'),
    "malformed, too deep": Case(
        400, "bad_json", *not_json("it is nested too deep"), b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    ),
    "malformed, half a character": Case(
        400, "bad_json", *not_json("Input data was truncated"), b'{"text": "\\ud800"}'
    ),
    "malformed, NUL": Case(
        400, "bad_input", *not_understood("it holds a NUL character"), said("a\0b")
    ),
    "malformed key": Case(
        400, "bad_input", *not_understood("an Idempotency-Key is 1 to 128 visible ASCII characters"),
        said("hi"), headers={"Idempotency-Key": "x" * 129},
    ),
    "malformed number": Case(
        400, "bad_input", *not_understood("a number in the address is not one"),
        path="/web/v1/stream?since=many", method="GET",
    ),
    "wrong type of text": Case(
        400, "bad_json", *not_json("Expected `str`, got `int` - at `$.text`"), said(5)
    ),
    "wrong type of files": Case(
        400, "bad_json", *not_json("Expected `array`, got `str` - at `$.files`"), said("hi", files="one")
    ),
    "wrong type of body": Case(400, "bad_json", *not_json("Expected `object`, got `array`"), b"[]"),
    "wrong type of file": Case(
        415, "unsupported_file", *UNSUPPORTED, b"MZ\x90\0", "/web/v1/files?name=setup.exe"
    ),
    "wrong type under a right name": Case(
        415, "unsupported_file", *UNSUPPORTED, b"<svg onload=alert(1)>", "/web/v1/files?name=a.png",
        headers={"Content-Type": "image/png"},
    ),
    "unknown file": Case(
        404, "no_such_file", "There is no such file.", "Diese Datei gibt es nicht.", said("look", files=["f1.abc"])
    ),
    "no command": Case(
        400, "bad_input", *not_understood("this is not a command"), json.dumps({"command": {"name": "Ä"}}).encode()
    ),
    "no token": Case(401, "bad_token", *BAD_TOKEN, said("hi"), headers={"Authorization": None}),
    "bad token": Case(401, "bad_token", *BAD_TOKEN, said("hi"), headers={"Authorization": "Bearer nonsense"}),
    "bad token for looking on": Case(
        401, "bad_token", *BAD_TOKEN, path="/web/v1/stream", method="GET",
        headers={"Authorization": "Bearer e30.e30"},
    ),
    "bad scheme": Case(401, "bad_token", *BAD_TOKEN, said("hi"), headers={"Authorization": "Basic YTpi"}),
    "bad identity": Case(
        401, "bad_identity", "The visitor's identity is not valid: it is not a JWT signed with HS256.",
        "Die Identität des Besuchers ist nicht gültig: it is not a JWT signed with HS256.",
        json.dumps({"site": "shop", "identity": "ann"}).encode(), "/web/v1/sessions",
    ),
    "foreign origin": Case(
        403, "foreign_origin", *FOREIGN, b'{"site": "default"}', "/web/v1/sessions", headers={"Origin": STRANGER}
    ),
    "foreign origin with a good token": Case(403, "foreign_origin", *FOREIGN, said("hi"), headers={"Origin": SHOP}),
    "foreign origin null": Case(403, "foreign_origin", *FOREIGN, said("hi"), headers={"Origin": "null"}),
    "unknown site": Case(404, "unknown_site", *UNKNOWN_SITE, b'{"site": "shpo"}', "/web/v1/sessions"),
}  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with running_house(tmp_path_factory.mktemp("bad"), more=SITES) as started:
        yield started


async def ask(person: Person, case: Case) -> tuple[int, dict[str, str], aiohttp.ClientResponse]:
    """Send the case as `person`; status, error and response."""
    headers: dict[str, str | None] = {"Authorization": f"Bearer {person.token}", "Accept-Language": person.language}
    headers |= {"Content-Type": "application/json"} | case.headers
    kept = {name: value for name, value in headers.items() if value is not None}
    async with (
        aiohttp.ClientSession() as http,
        http.request(case.method, person.base + case.path, data=io.BytesIO(case.body), headers=kept) as answer,
    ):
        return answer.status, (await answer.json())["error"], answer


@pytest.mark.parametrize("language", ["en", "de-AT"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_it_is_refused_in_words_and_the_next_message_is_answered(house: House, case: Case, language: str) -> None:
    async with Person(house.hub.url, language=language) as ann:
        before = house.asked()
        status, error, answer = await ask(ann, case)
        words = case.german if language.startswith("de") else case.english
        assert (status, error) == (case.status, {"key": case.key, "message": words})
        if case.key == "foreign_origin" and case.headers["Origin"] != SHOP:
            assert "Access-Control-Allow-Origin" not in answer.headers
        assert await ann.history() == [], "what is refused leaves no trace"
        await ann.says("and now")
        await ann.sees("You said: and now")
        assert house.asked() == [*before, "and now"]
    assert "Traceback" not in house.hub.log


async def test_a_page_of_its_own_site_is_welcome(house: House) -> None:
    async with Person(house.hub.url, site="shop", origin=SHOP) as ann:
        await ann.says("bread?")
        await ann.sees("You said: bread?")


async def test_a_key_used_for_other_words_is_refused_and_the_first_words_stay(house: House) -> None:
    async with Person(house.hub.url, language="de") as ann:
        await ann.says("eins", key="k")
        await ann.sees("You said: eins")
        status, error, _ = await ask(ann, Case(422, "", "", "", said("zwei"), headers={"Idempotency-Key": "k"}))
        assert status == 422
        assert error["message"] == (
            "Dieser Idempotency-Key wurde für eine andere Nachricht benutzt. Nimm für eine neue Nachricht einen neuen."
        )
        assert [message["text"] for message in await ann.history()] == ["eins", "You said: eins"]
        await ann.says("zwei")
        await ann.sees("You said: zwei")


@pytest.mark.parametrize(
    ("language", "named", "words"),
    [
        ("en", "stand-on", "There is no model called `stand-on`. Did you mean `stand-in`?"),
        ("en", "zzz", "There is no model called `zzz`. `/model` shows them."),
        (
            "en",
            "z` [z](https://e.example)",
            "There is no model called `z' [z](https://e.example)`. `/model` shows them.",
        ),
        (
            "en",
            "z\n\n[z](https://e.example)",
            "There is no model called `z [z](https://e.example)`. `/model` shows them.",
        ),
        ("de", "stand-on", "Ein Modell namens `stand-on` gibt es nicht. Meintest du `stand-in`?"),
        ("de", "zzz", "Ein Modell namens `zzz` gibt es nicht. `/model` zeigt sie."),
    ],
)
async def test_an_unknown_model_is_told_and_the_old_one_goes_on(
    house: House, language: str, named: str, words: str
) -> None:
    async with Person(house.hub.url, language=language) as ann:
        await ann.says(f"/model {named}")
        told = await ann.sees(words)
        assert (told["text"], told["role"]) == (words, "notice")
        await ann.says("and now")
        await ann.sees("You said: and now")
