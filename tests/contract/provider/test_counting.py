"""Counting before a vendor counts: the estimate against OpenAI's tokenizer, vendors' counts against their SDKs."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.money.counting import counted
from hub.domain.completion import CompletionRequest, PromptMessage, Role
from hub.domain.model import Endpoint
from hub.domain.tokens import estimate_tokens
from hub.ports.provider import TokenCount
from providers.kit.stand_in import Fault, Script
from providers.kit.usage import estimate_request
from providers.llm.anthropic.sandbox import AnthropicSandbox
from providers.llm.gemini import wire as gemini_wire
from providers.llm.gemini.sandbox import GeminiSandbox
from providers.llm.openai import tokens
from providers.llm.openai.sandbox import OpenAISandbox
from providers.table import create
from tests.contract.provider.test_against_sdk import FULL, KEY, PLAIN, SCHEMA, gemini_contents

ROOT = Path(__file__).parents[3]
DICE = random.Random(7)
RECORDED = json.loads((Path(__file__).parent / "recorded.json").read_text())


def notices(language: str) -> str:
    """Our own words in a language."""
    tables = [tomllib.loads(file.read_text()) for file in (ROOT / "hub/core/notices").glob(f"*.{language}.toml")]
    return "\n".join(json.dumps(table, ensure_ascii=False) for table in tables)


NATURAL = {
    **{language: notices(language) for language in ("en", "de", "es", "ar")},
    "prose": (ROOT / "hub/DESIGN.md").read_text(),
    "table": (ROOT / "providers/README.md").read_text(),
    "code": (ROOT / "hub/core/completion.py").read_text(),
    "script": "function f(a, b) {\n  if (a === b) return a.map((x) => x * 2);\n  return { a, b, c: `${a}-${b}` };\n}\n"
    * 5,
    "json": json.dumps(RECORDED, indent=1),
    "dense json": json.dumps(RECORDED, separators=(",", ":")),
    "chinese": "人工智能是计算机科学的一个分支，它试图了解智能的实质。请问明天北京的天气怎么样？谢谢你！",
    "japanese": "人工知能とは、コンピュータを用いて知能を研究する分野である。明日の天気はどうですか？",
    "korean": "인공지능은 인간의 학습능력, 추론능력을 구현하려는 분야이다. 내일 서울 날씨는 어떤가요?",
    "russian": "Искусственный интеллект выполняет творческие функции. Какая завтра погода в Москве? Спасибо!",
    "hindi": "कृत्रिम बुद्धिमत्ता कंप्यूटर विज्ञान की एक शाखा है। कल दिल्ली का मौसम कैसा रहेगा?",
    "thai": "ปัญญาประดิษฐ์ คือความฉลาดเทียมที่สร้างขึ้นให้กับสิ่งที่ไม่มีชีวิต พรุ่งนี้อากาศที่กรุงเทพเป็นอย่างไร ขอบคุณครับ",
    "hebrew": "בינה מלאכותית היא ענף של מדעי המחשב העוסק ביכולתם של מחשבים. מה מזג האוויר מחר? תודה רבה.",
    "greek": "Η τεχνητή νοημοσύνη είναι ο κλάδος της πληροφορικής. Τι καιρό θα κάνει αύριο στην Αθήνα; Ευχαριστώ.",
    "emoji": "😀😃😄😁😆🥹😅😂🤣🥲😊😇🙂🙃😉😌😍🥰😘👍🏽👩‍👩‍👧‍👦🏳️‍🌈🇩🇪🇯🇵❤️‍🔥👨🏿‍💻🧑‍🚀🫶🏼 so good 🎉🎉",
}
RANDOM = {
    "base64": base64.b64encode(DICE.randbytes(3000)).decode(),
    "hex": DICE.randbytes(1500).hex(),
    "numbers": "\n".join(f"{DICE.random():.4f},{DICE.randrange(1000)}" for _ in range(300)),
    "names": " ".join("".join(DICE.choice("aeiobcdfghklmnprst") for _ in range(7)).title() for _ in range(300)),
    "formulas": r"\int_0^\infty \frac{x^{2n+1}}{e^{x^2}-1}\,dx = \frac{1}{2}\Gamma(n+1)\zeta(n+1) " * 4,
    "accents": "Z̴̡̛͓a̷l̸g̵o̶ ̷t̸e̵x̶t̷ " * 20,
}


def exact(text: str) -> int:
    if "o200k_base" not in tokens._loaded:
        tokens._loaded["o200k_base"] = tokens._load("o200k_base")
    return tokens._loaded["o200k_base"].count(text)


@pytest.mark.parametrize("name", NATURAL)
def test_an_estimate_is_never_less_than_the_tokens_and_never_twice_as_many(name: str) -> None:
    found = estimate_tokens(NATURAL[name]) / exact(NATURAL[name])
    assert 1.0 <= found <= 2.1, found


@pytest.mark.parametrize("name", RANDOM)
def test_random_characters_are_undercounted_by_four_tenths_at_most(name: str) -> None:
    assert estimate_tokens(RANDOM[name]) / exact(RANDOM[name]) >= 0.6


@given(st.text())
def test_any_text_has_an_estimate(text: str) -> None:
    assert (estimate_tokens(text) > 0) == bool(text)
    assert estimate_tokens(text + "x") >= estimate_tokens(text)


@given(st.lists(st.text("ab \n/.:;(", max_size=30), max_size=20))
def test_slices_add_up(parts: list[str]) -> None:
    text = "\n".join(parts)
    before, tokens.SLICE = tokens.SLICE, 10
    try:
        slices = list(tokens._slices(text))
    finally:
        tokens.SLICE = before
    assert "".join(slices) == text
    assert sum(map(exact, slices)) == exact(text)


@pytest.mark.parametrize(
    ("model", "name"),
    [("gpt-6-luna", "o200k_base"), ("gpt-4o-mini", "o200k_base"), ("gpt-4.1", "o200k_base"), ("o3", "o200k_base"),
     ("gpt-4", "cl100k_base"), ("gpt-4-turbo", "cl100k_base"), ("gpt-3.5-turbo", "cl100k_base"), ("claude-x", "")],
)  # fmt: skip
def test_each_model_has_its_tokenizer(model: str, name: str) -> None:
    assert tokens.encoding_of(model) == name


async def test_openai_is_counted_without_a_call() -> None:
    async with OpenAISandbox() as vendor:
        provider = create(Endpoint("openai", "openai", KEY, vendor.base_url))
        assert isinstance(provider, TokenCount)
        chat = (
            PromptMessage(Role.USER, "hello world"),
            PromptMessage(Role.ASSISTANT, "hi"),
            PromptMessage(Role.USER, "\ud800"),
        )
        request = CompletionRequest("gpt-6-luna", chat, system="Be brief.")
        # four messages of four tokens each beside their words, and three for the answer to begin with
        assert await provider.count(request) == 4 * 4 + 3 + exact("Be brief.") + 2 + 1 + exact("?")
        long = CompletionRequest("gpt-6-luna", (PromptMessage(Role.USER, "A line of words.\n" * 20_000),))
        assert await provider.count(long) == exact("A line of words.\n" * 20_000) + 7
        unknown = CompletionRequest("claude-sonnet-5-5", chat)
        assert await provider.count(unknown) == estimate_request(unknown)
        assert not vendor.heard
        await provider.close()
    assert not isinstance(create(Endpoint("x", "openai-compatible", KEY, "http://127.0.0.1:1")), TokenCount)


@pytest.mark.parametrize("request_", [PLAIN, FULL], ids=["plain", "full"])
async def test_anthropic_is_asked_as_its_sdk_asks(request_: CompletionRequest) -> None:
    import anthropic

    from providers.llm.anthropic.wire import prompt

    async with AnthropicSandbox() as vendor:
        async with anthropic.AsyncAnthropic(api_key=KEY, base_url=vendor.base_url, max_retries=0) as client:
            theirs = await client.messages.count_tokens(model="small", **prompt(request_))  # type: ignore[arg-type]
        provider = create(Endpoint("x", "anthropic", KEY, vendor.base_url))
        assert isinstance(provider, TokenCount)
        assert await provider.count(request_) == theirs.input_tokens > 0
        await provider.close()
        sdk, wire = vendor.heard
        assert (sdk.method, sdk.path, sdk.body) == (wire.method, wire.path, wire.body)
        assert wire.headers["anthropic-version"] == sdk.headers["anthropic-version"]


@pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
async def test_gemini_is_asked_as_its_sdk_asks() -> None:
    from google import genai
    from google.genai import types

    async with GeminiSandbox() as vendor:
        options = types.HttpOptions(base_url=vendor.base_url, api_version=gemini_wire.VERSION)
        client = genai.Client(api_key=KEY, http_options=options)
        theirs = await client.aio.models.count_tokens(model="small", contents=gemini_contents(PLAIN, types))
        await client.aio.aclose()
        provider = create(Endpoint("x", "gemini", KEY, vendor.base_url))
        assert isinstance(provider, TokenCount)
        assert await provider.count(PLAIN) == theirs.total_tokens > 0
        sdk, wire = vendor.heard
        assert (sdk.method, sdk.path, sdk.body) == (wire.method, wire.path, wire.body)
        full = await provider.count(FULL)
        assert "Be brief." in json.dumps(vendor.heard[-1].body)
        assert full > estimate_tokens(json.dumps(SCHEMA))
        await provider.close()


@pytest.mark.parametrize("kind", ["anthropic", "gemini"])
async def test_the_estimate_stands_where_nobody_counts(kind: str) -> None:
    sandbox = AnthropicSandbox() if kind == "anthropic" else GeminiSandbox()
    async with sandbox as vendor:
        provider = create(Endpoint("x", kind, KEY, vendor.base_url))
        assert await counted(provider, PLAIN, 99) == len(PLAIN.messages[0].text.split())
        vendor.next(Script(fault=Fault.STATUS, status=500), Script(fault=Fault.STALL, after=0))
        assert await counted(provider, PLAIN, 99) == 99
    assert await counted(provider, PLAIN, 99) == 99
    await provider.close()
    other = create(Endpoint("x", "openai-compatible", KEY, "http://127.0.0.1:1"))
    assert await counted(other, PLAIN, 99) == 99


async def test_the_loop_goes_on_while_a_long_text_is_counted() -> None:
    longest, stop = 0.0, asyncio.Event()

    async def beat() -> None:
        nonlocal longest
        while not stop.is_set():
            before = asyncio.get_running_loop().time()
            await asyncio.sleep(0)
            longest = max(longest, asyncio.get_running_loop().time() - before)

    exact("")
    beating = asyncio.create_task(beat())
    await tokens._count(tokens._loaded["o200k_base"], "some words in a line\n" * 100_000)
    stop.set()
    await beating
    assert 0 < longest < 0.05
