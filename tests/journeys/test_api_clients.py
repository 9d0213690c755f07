"""What clients and frameworks send that is not in the first lesson: it is served, and reaches the vendor."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openai
import pytest
from pydantic import BaseModel

from providers.kit.stand_in import Script
from tests.journeys.test_api import VENDORS, client_of, said
from tests.kit.api import ApiHouse, api_house, question

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[ApiHouse]:
    async with api_house(tmp_path) as made:
        yield made


class City(BaseModel):
    city: str


@pytest.mark.parametrize(("model", "vendor"), VENDORS)
async def test_rules_that_come_later_stand_with_the_first(house: ApiHouse, model: str, vendor: str) -> None:
    talk = [
        {"role": "system", "content": "Be brief."},
        *said("Hello"),
        {"role": "assistant", "content": "Hi."},
        {"role": "developer", "content": "Speak French."},
        *said("And now?"),
    ]
    status, _ = await house.post(await house.key(), {"model": model, "messages": talk})
    assert status == 200
    sent = json.dumps(house.heard(vendor)[0], ensure_ascii=False)
    assert sent.count(r"Be brief.\n\nSpeak French.") == 1
    assert sent.index("Hello") < sent.index("Hi.") < sent.index("And now?")


async def test_names_of_who_speaks_are_taken_and_left_out(house: ApiHouse) -> None:
    talk = [
        {"role": "system", "name": "rules", "content": "Be brief."},
        {"role": "user", "name": "ann", "content": "Hello"},
        {"role": "assistant", "name": "bot", "content": "Hi."},
        {"role": "user", "name": "bob", "content": "And me?"},
    ]
    key = await house.key()
    assert (await house.post(key, question() | {"messages": talk}))[0] == 200
    assert all(set(message) == {"role", "content"} for message in house.heard()[0]["messages"])
    status, content = await house.post(key, question() | {"messages": [{**talk[1], "name": 7}]})
    assert (status, content["error"]["param"]) == (400, "messages[0].name")


async def test_an_answer_of_no_words_can_be_sent_back(house: ApiHouse) -> None:
    """A model that said nothing gave one, and clients send what they got."""
    key = await house.key()
    house.vendors["openai"].next(Script(""))
    _, answer = await house.post(key, question("one"))
    back = answer["choices"][0]["message"]
    assert back["content"] == ""
    talk = [*said("one"), back, *said("two")]
    assert (await house.post(key, question() | {"messages": talk}))[0] == 200
    assert [message["content"] for message in house.heard()[1]["messages"]] == ["one", "two"]


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ({"type": "json_object"}, {"type": "json_object"}),
        (
            {"type": "json_schema", "json_schema": {"name": "city", "schema": CITY, "strict": True}},
            {"type": "json_schema", "json_schema": {"name": "city", "schema": CITY, "strict": True}},
        ),
        (
            {"type": "json_schema", "json_schema": {"name": "any", "description": "x", "strict": None}},
            {"type": "json_schema", "json_schema": {"name": "any", "description": "x"}},
        ),
    ],
)
async def test_json_is_asked_of_the_vendor_that_has_it(house: ApiHouse, asked: Any, sent: Any) -> None:
    house.vendors["openai"].next(Script('{"city": "Paris"}'))
    status, _ = await house.post(await house.key(), question(response_format=asked))
    assert status == 200
    assert house.heard()[0]["response_format"] == sent


async def test_the_client_parses_what_it_asked_for(house: ApiHouse) -> None:
    house.vendors["openai"].next(Script('{"city": "Paris"}'))
    async with client_of(house, await house.key()) as client:
        answer = await client.chat.completions.parse(model="small", messages=said("Where?"), response_format=City)
    assert answer.choices[0].message.parsed == City(city="Paris")


@pytest.mark.parametrize("model", ["claude", "gem"])
async def test_json_of_a_vendor_that_does_not_hold_to_it_is_refused_in_words(house: ApiHouse, model: str) -> None:
    before = house.money()
    async with client_of(house, await house.key()) as client:
        with pytest.raises(openai.BadRequestError) as refused:
            await client.chat.completions.create(
                model=model, messages=said("hi"), response_format={"type": "json_object"}
            )
    assert refused.value.param == "response_format"
    assert model in str(refused.value)
    assert house.money() == before


async def test_the_default_passes_over_who_does_not_hold_to_json(tmp_path: Path) -> None:
    async with api_house(tmp_path, default="claude", fallback=("small",)) as house:
        asked = question(model="default", response_format={"type": "json_object"})
        status, content = await house.post(await house.key(), asked)
        assert (status, content["model"]) == (200, "small")
        assert house.heard("anthropic") == []


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"type": "xml"}, "response_format.type"),
        ({}, "response_format.type"),
        ("json", "response_format"),
        ({"type": "json_object", "schema": {}}, "response_format.schema"),
        ({"type": "json_schema"}, "response_format.json_schema"),
        ({"type": "json_schema", "json_schema": {"name": "no spaces"}}, "response_format.json_schema.name"),
        ({"type": "json_schema", "json_schema": {"name": "x", "schema": []}}, "response_format.json_schema.schema"),
        ({"type": "json_schema", "json_schema": {"name": "x", "strict": 1}}, "response_format.json_schema.strict"),
    ],
)
async def test_a_form_that_is_none_is_refused_by_its_field(house: ApiHouse, asked: Any, param: str) -> None:
    status, content = await house.post(await house.key(), question(response_format=asked))
    assert (status, content["error"]["param"]) == (400, param)
    assert house.heard() == []


async def test_a_schema_is_counted_before_it_is_sent(house: ApiHouse) -> None:
    """Vendors read it: a prompt without it would be held for too little."""
    long = {"type": "object", "properties": {f"field_{number}": {"type": "string"} for number in range(400)}}
    key = await house.key()
    await house.post(key, question())
    await house.post(
        key, question(response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": long}})
    )
    (short,), (whole,) = house.sql("SELECT asked_tokens FROM attempts ORDER BY id")
    assert whole > short + 400
