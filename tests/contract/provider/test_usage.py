"""What vendors report, through our wires and prices, against the price list's own reading and reckoning of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_CEILING
from pathlib import Path

import pytest
from genai_prices import extract_usage
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.completion import Completed, CompletionRequest, Finish, PromptMessage, Role, TextDelta, Usage
from hub.domain.model import Endpoint, Model, Price, Tier
from hub.domain.tokens import estimate_tokens
from hub.ports.provider import Tally
from providers.kit.rejection import ErrorTable
from providers.kit.stand_in import Frame, Script, StandIn, frame
from providers.kit.usage import ABSURD, estimate_request
from providers.llm.anthropic import wire as anthropic
from providers.llm.anthropic.sandbox import AnthropicSandbox
from providers.llm.gemini import wire as gemini
from providers.llm.gemini.sandbox import GeminiSandbox
from providers.llm.openai import wire as openai
from providers.llm.openai.sandbox import OpenAISandbox
from providers.table import create

RECORDED = json.loads((Path(__file__).parent / "recorded.json").read_text())
ASKED = CompletionRequest("m", (PromptMessage(Role.USER, "hello"),))
TABLE = ErrorTable("x", {}, {})
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LISTED = {"gemini": "google", "qwen": "openrouter"}


def replaying(recorded: Mapping[str, object]) -> type[StandIn]:
    """The vendor's stand-in, which sends what was recorded."""
    sandboxes = {"anthropic": AnthropicSandbox, "gemini": GeminiSandbox}

    class Replaying(sandboxes.get(str(recorded["kind"]), OpenAISandbox)):  # type: ignore[misc]
        def frames(self, body: Mapping[str, object], path: str, script: Script, text: str) -> list[Frame]:
            events = recorded["events"]
            assert isinstance(events, list)
            return [frame(event) for event in events] + ([frame("[DONE]")] if "openai" in str(recorded["kind"]) else [])

    return Replaying


async def completed(recorded: Mapping[str, object]) -> Completed:
    async with replaying(recorded)() as vendor:
        provider = create(Endpoint(str(recorded["provider"]), str(recorded["kind"]), "sk-test-key", vendor.base_url))
        request = CompletionRequest(str(recorded["model"]), ASKED.messages)
        events = [event async for event in provider.stream(request)]
        await provider.close()
    assert isinstance(events[-1], Completed)
    return events[-1]


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda each: each["name"])
async def test_no_token_and_no_micro_dollar_of_difference(recorded: Mapping[str, str]) -> None:
    from hub.runtime.prices import package

    last = await completed(recorded)
    usage = last.usage
    prefix = "qwen/" if recorded["provider"] == "qwen" else ""
    body = {name: recorded[name] for name in ("usage", "usageMetadata") if name in recorded}
    body |= {"model": prefix + recorded["model"], "modelVersion": recorded["model"]}
    vendor = LISTED.get(recorded["provider"], recorded["provider"])
    theirs = extract_usage(body, provider_id=vendor, api_flavor=recorded["flavor"])
    read = theirs.usage
    assert (usage.input, usage.output) == (read.input_tokens, read.output_tokens)
    assert (usage.cached, usage.cache_write) == (read.cache_read_tokens, written_of(recorded))
    assert usage.cache_write_1h == read.reported_value("cache_write_1h_tokens")
    assert (usage.estimated, last.model, last.finish) == (False, recorded["answered"], Finish.STOP)
    if recorded["provider"] == "qwen":  # the list reads OpenRouter's usage, which has no cache writes there
        read.cache_write_tokens = usage.cache_write
    total = theirs.calc_price(genai_request_timestamp=NOW).total_price
    found = package.find(recorded["provider"], recorded["kind"], "", recorded["model"])
    assert found is not None
    model = Model("m", recorded["provider"], recorded["model"], price=found.price, changes=found.changes)
    price = model.price_at(int(NOW.timestamp() * 1000))
    assert price is not None
    assert price.cost(usage) == int((total * 1_000_000).to_integral_value(ROUND_CEILING)) > 0


async def test_a_call_that_is_left_counts_what_was_reported_until_then() -> None:
    recorded = next(each for each in RECORDED if each["provider"] == "anthropic")
    async with replaying(recorded)() as vendor:
        provider = create(Endpoint("x", "anthropic", "sk-test-key", vendor.base_url))
        stream = provider.stream(CompletionRequest("claude-sonnet-5-5", ASKED.messages))
        assert isinstance(stream, Tally)
        assert stream.used() == Usage()
        async for event in stream:
            assert isinstance(event, TextDelta)
            break
        await stream.aclose()  # type: ignore[attr-defined]
        used = stream.used()
        await provider.close()
    assert (used.input, used.cached, used.cache_write, used.cache_write_1h) == (14_899, 11_862, 3_000, 2_000)
    assert used.output >= estimate_tokens("Hello there.")
    assert used.estimated


async def test_hidden_reasoning_counts_when_a_call_is_left() -> None:
    recorded = {"kind": "openai-compatible", "events": [
        {"choices": [{"index": 0, "delta": {"reasoning_content": "Let me think about it for long. " * 20}}]},
        {"choices": [{"index": 0, "delta": {"content": "Well"}}]},
    ]}  # fmt: skip
    async with replaying(recorded)() as vendor:
        provider = create(Endpoint("x", "openai-compatible", "sk-test-key", vendor.base_url))
        stream = provider.stream(ASKED)
        async for _ in stream:
            break
        await stream.aclose()  # type: ignore[attr-defined]
        assert isinstance(stream, Tally)
        assert stream.used().output > 100
        await provider.close()


def written_of(recorded: Mapping[str, object]) -> int:
    """Tokens put in the cache, read by hand: vendors differ in where they say so."""
    usage = recorded.get("usage", {})
    assert isinstance(usage, dict)
    details = usage.get("prompt_tokens_details", {})
    return int(usage.get("cache_creation_input_tokens", details.get("cache_write_tokens", 0)))


COUNT = st.one_of(
    st.none(), st.booleans(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=5),
    st.just([]), st.just({}),
    st.integers(-5, 500), st.sampled_from([-1, 2**31, 2**53, 2**63, 2**64, ABSURD, ABSURD + 1]),
)  # fmt: skip
MISSING = object()
TIERED = Price(2_000_000, 9_000_000, 100_000, 2_500_000, "v", 4_000_000, tiers=(Tier(300, Price(9**9, 9**9)),))


def reports(shape: Mapping[str, object]) -> st.SearchStrategy[dict[str, object]]:
    """Any values under a vendor's own names, some of them missing."""
    values = {
        name: reports(inner) if isinstance(inner, dict) else COUNT | st.just(MISSING) for name, inner in shape.items()
    }
    return st.fixed_dictionaries(values).map(
        lambda found: {name: value for name, value in found.items() if value is not MISSING}
    )


OPENAI = {
    "prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0, "prompt_cache_hit_tokens": 0,
    "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0},
}  # fmt: skip
ANTHROPIC = {
    "input_tokens": 0, "output_tokens": 0, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0,
    "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
    "output_tokens_details": {"thinking_tokens": 0},
}  # fmt: skip
GEMINI = {
    "promptTokenCount": 0, "candidatesTokenCount": 0, "thoughtsTokenCount": 0, "cachedContentTokenCount": 0,
    "toolUsePromptTokenCount": 0, "totalTokenCount": 0,
}  # fmt: skip


def usage_of(wire: object, report: Mapping[str, object]) -> Usage:
    text = json.dumps(report)
    if wire is openai:
        decoder = openai.Decoder(ASKED, TABLE)
        decoder.feed(f'{{"choices":[{{"delta":{{"content":"hi"}},"finish_reason":"stop"}}],"usage":{text}}}'.encode())
    elif wire is anthropic:
        decoder = anthropic.Decoder(ASKED, TABLE)
        decoder.feed(b'{"type":"content_block_delta","delta":{"type":"text_delta","text":"hi"}}')
        decoder.feed(f'{{"type":"message_delta","delta":{{"stop_reason":"end_turn"}},"usage":{text}}}'.encode())
    else:
        decoder = gemini.Decoder(ASKED, TABLE)
        parts = '{"content":{"parts":[{"text":"hi"}]},"finishReason":"STOP"}'
        decoder.feed(f'{{"candidates":[{parts}],"usageMetadata":{text}}}'.encode())
    last = decoder.end()[-1]
    assert isinstance(last, Completed)
    return last.usage


def holds_together(usage: Usage) -> None:
    """The law of every usage, whatever was reported."""
    assert 0 < usage.input <= 4 * ABSURD
    assert 0 < usage.output <= 4 * ABSURD
    assert min(usage.cached, usage.cache_write, usage.cache_write_1h, usage.reasoning) >= 0
    assert usage.cached + usage.cache_write <= usage.input
    assert usage.cache_write_1h <= usage.cache_write
    assert usage.reasoning <= usage.output
    assert TIERED.cost(usage) > 0


@pytest.mark.parametrize(("wire", "shape"), [(openai, OPENAI), (anthropic, ANTHROPIC), (gemini, GEMINI)])
def test_no_nonsense_crashes_or_is_a_gift(wire: object, shape: Mapping[str, object]) -> None:
    @given(reports(shape))
    def survives(report: Mapping[str, object]) -> None:
        holds_together(usage_of(wire, report))

    survives()


@pytest.mark.parametrize(
    ("wire", "report"),
    [
        (openai, {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 11}}),
        (openai, {"prompt_tokens": 10, "completion_tokens": 5, "completion_tokens_details": {"reasoning_tokens": 6}}),
        (openai, {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 14}),
        (openai, {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": "many"}}),
        (openai, {"prompt_tokens": 10.0, "completion_tokens": 5}),
        (openai, {"prompt_tokens": 10, "completion_tokens": 2**63}),
        (anthropic, {"input_tokens": 10, "output_tokens": 5, "cache_read_input_tokens": -4}),
        (
            anthropic,
            {
                "input_tokens": 10,
                "output_tokens": 5,
                "cache_creation_input_tokens": 4,
                "cache_creation": {"ephemeral_1h_input_tokens": 5},
            },
        ),
        (gemini, {"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 14}),
        (gemini, {"promptTokenCount": 10, "candidatesTokenCount": 5, "cachedContentTokenCount": 11}),
    ],
)
def test_what_cannot_be_is_flagged(wire: object, report: Mapping[str, object]) -> None:
    usage = usage_of(wire, report)
    assert usage.estimated
    assert usage.input >= estimate_request(ASKED)
    holds_together(usage)


def test_an_impossible_share_gets_no_discount() -> None:
    report = {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 11}}
    assert usage_of(openai, report).cached == 0


def test_reasoning_beside_the_answer_is_added() -> None:
    report = {"prompt_tokens": 10, "completion_tokens": 5, "completion_tokens_details": {"reasoning_tokens": 60}}
    assert usage_of(openai, report).output == 65


@pytest.mark.parametrize("wire", [openai, anthropic, gemini])
def test_without_a_report_both_sides_are_estimated(wire: object) -> None:
    usage = usage_of(wire, {})
    assert (usage.input, usage.output) == (estimate_request(ASKED), estimate_tokens("hi"))
    assert usage.estimated
