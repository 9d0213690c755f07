"""The model is away, refuses or breaks off: the person reads it in their language, keeps what came, and can go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.web.sandbox import Person
from providers.kit.stand_in import Fault, Script
from tests.kit.hub import free_port
from tests.kit.running import answered, finished, running_house

ONE_TRY = "tries_per_model = 1"

DOWN = {
    "en": "The model cannot be reached right now. Nothing is lost: press *Retry* in a moment, or choose another with "
    "`/model`.",
    "de": "Das Modell ist gerade nicht erreichbar. Nichts ist verloren: drücke gleich *Nochmal* oder wähle mit "
    "`/model` ein anderes.",
}
OVERLOADED = {
    "en": "The model is overloaded right now. Press *Retry* in a moment, or choose another with `/model`.",
    "de": "Das Modell ist gerade überlastet. Drücke gleich *Nochmal* oder wähle mit `/model` ein anderes.",
}
REFUSED = {
    "en": "The model refused this request. The operator can see why with `parley doctor`; you can choose another model "
    "with `/model`.",
    "de": "Das Modell hat diese Anfrage abgelehnt. Der Betreiber sieht den Grund mit `parley doctor`; mit `/model` "
    "wählst du ein anderes.",
}
TOO_LONG = {
    "en": "This is more text than the model can read at once. Send a shorter message, or start afresh with `/new`.",
    "de": "Das ist mehr Text, als das Modell auf einmal lesen kann. Schreibe kürzer oder beginne mit `/new` neu.",
}
EMPTY = {
    "en": "The model gave an empty answer. Press *Retry* to ask again.",
    "de": "Das Modell hat leer geantwortet. Mit *Nochmal* fragst du erneut.",
}
BROKE_OFF = {
    "en": "The answer broke off here. Press *Retry* to ask again.",
    "de": "Hier ist die Antwort abgebrochen. Mit *Nochmal* fragst du erneut.",
}
RETRY = {"en": "Retry", "de": "Nochmal"}

NO_ANSWER = {
    "down": (Script(fault=Fault.STATUS, status=500), DOWN),
    "overloaded": (Script(fault=Fault.STATUS, status=429), OVERLOADED),
    "bad key": (Script(fault=Fault.STATUS, status=401, message="Incorrect API key sk-journey-test-key"), REFUSED),
    "unknown model": (Script(fault=Fault.STATUS, status=404, code="model_not_found"), REFUSED),
    "prompt too long": (Script(fault=Fault.STATUS, status=400, code="context_length_exceeded"), TOO_LONG),
    "a web page instead": (Script(fault=Fault.PAGE), REFUSED),
    "cut before a word": (Script(fault=Fault.CUT, after=0), DOWN),
    "empty answer": (Script(text=""), EMPTY),
}


@pytest.mark.parametrize("language", ["en", "de"])
async def test_no_answer_is_told_in_words_and_retry_asks_again(tmp_path: Path, language: str) -> None:
    async with running_house(tmp_path, limits=ONE_TRY) as house:
        for number, (name, (script, words)) in enumerate(NO_ANSWER.items()):
            async with Person(house.hub.url, language=language) as ann:
                house.models.next(script)
                await ann.says(f"question {number}")
                told = await ann.sees(words[language])
                assert told["text"] == words[language], name
                assert (told["role"], told["state"]) == ("notice", "failed"), name
                assert [button["label"] for button in told["buttons"]] == [RETRY[language]]
                await ann.presses("retry")
                await ann.sees(f"You said: question {number}")
                await ann.says("and now")
                await ann.sees("You said: and now")
                assert len(finished(ann)) == 3, name
                assert [message["text"] for message in await ann.history() if message["role"] != "person"] == [
                    message["text"] for message in finished(ann)
                ]
        assert "sk-journey-test-key" not in house.hub.log
        assert "Traceback" not in house.hub.log


@pytest.mark.parametrize("language", ["en", "de"])
async def test_nobody_listens_where_the_model_should_be(tmp_path: Path, language: str) -> None:
    """The vendor's machine is off, and on again."""
    async with running_house(tmp_path, limits=ONE_TRY) as house, Person(house.hub.url, language=language) as ann:
        port = int(house.models.base_url.rpartition(":")[2])
        await house.models.close()
        await ann.says("are you there")
        told = await ann.sees(DOWN[language])
        assert told["text"] == DOWN[language]
        await house.models.start(port)
        await ann.presses("retry")
        await ann.sees("You said: are you there")


async def test_a_resting_model_is_told_of_too_and_comes_back(tmp_path: Path) -> None:
    """After five failures the model is left in peace for a while; people read the same as before."""
    other = '[[models]]\nname = "other"\nprovider = "away"\nfree = true\n'
    other += (
        f'[providers.away]\nkind = "openai-compatible"\napi_key = "k"\nbase_url = "http://127.0.0.1:{free_port()}"\n'
    )
    async with running_house(tmp_path, limits=ONE_TRY, more=other) as house, Person(house.hub.url) as ann:
        await ann.says("/model other")
        await ann.sees("From now on **other** answers.")
        for number in range(7):
            await ann.says(f"question {number}")
            await answered(ann, number + 2)
        assert {message["text"] for message in finished(ann)[1:6]} == {DOWN["en"]}
        assert all(message["text"] in (DOWN["en"], OVERLOADED["en"]) for message in finished(ann)[6:])
        await ann.says("/model stand-in")
        await ann.sees("From now on **stand-in** answers.")
        await ann.says("and now")
        await ann.sees("You said: and now")


@pytest.mark.parametrize("language", ["en", "de"])
async def test_an_answer_cut_in_mid_stream_keeps_its_words_and_says_so(tmp_path: Path, language: str) -> None:
    words = "these words came " * 6
    async with running_house(tmp_path, limits=ONE_TRY) as house:
        for fault in (Fault.CUT, Fault.RESET, Fault.TRUNCATED, Fault.MALFORMED, Fault.ERROR_EVENT):
            async with Person(house.hub.url, language=language) as ann:
                asked = len(house.models.heard)
                house.models.next(Script(text=words, fault=fault, after=9, pace=0.01))
                await ann.says("tell me")
                told = await ann.sees(BROKE_OFF[language])
                came, _, notice = told["text"].rpartition("\n\n---\n\n")
                assert notice == BROKE_OFF[language], fault
                assert words.startswith(came), fault
                assert came.startswith("these words came"), fault
                assert (told["role"], told["state"]) == ("assistant", "failed"), fault
                assert [button["label"] for button in told["buttons"]] == [RETRY[language]]
                assert len(house.models.heard) == asked + 1, "what was seen is not generated again by itself"
                await ann.presses("retry")
                await ann.sees("You said: tell me")
        assert "Traceback" not in house.hub.log
