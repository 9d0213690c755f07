"""What holds for every input: the SSE splitter, counts of usage, waiting times, struck secrets, the table."""

import json
import time
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.completion import CompletionRequest, PromptMessage, Role
from hub.domain.errors import SettingsError
from hub.domain.model import Endpoint, ProviderKind
from hub.ports.provider import ModelList, TokenCount
from providers import presets
from providers.kit import sse
from providers.kit.rejection import ErrorTable, read_rejection, struck
from providers.kit.sse import EventSplitter
from providers.kit.usage import ABSURD, estimate_request
from providers.llm.anthropic import wire as anthropic
from providers.llm.gemini import wire as gemini
from providers.llm.openai import wire as openai
from providers.table import PROVIDERS, create, kinds

ASKED = CompletionRequest("m", (PromptMessage(Role.USER, "hello"),))
TABLE = ErrorTable("x", {}, {})
LINE = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]))
BLOCK = st.lists(LINE, min_size=1, max_size=3)
JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda x: st.lists(x) | st.dictionaries(st.text(), x),
)


def split(chunks):
    splitter = EventSplitter()
    return [payload for chunk in chunks for payload in splitter.feed(chunk)]


@given(st.lists(BLOCK), st.sampled_from([b"\n", b"\r\n", b"\r"]), st.lists(st.integers(0, 200)), st.booleans())
def test_events_come_out_as_they_went_in_wherever_the_bytes_are_cut(blocks, newline, cuts, space):
    head = b"data: " if space else b"data:"
    stream = b""
    for number, block in enumerate(blocks):
        stream += b": comment" + newline + (b"event: x" + newline if number % 2 else b"")
        stream += (
            b"".join(head + (line.lstrip(" ") if not space else line).encode() + newline for line in block) + newline
        )
    points = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
    chunks = [stream[start:end] for start, end in pairwise(points)]
    expected = ["\n".join(line if space else line.lstrip(" ") for line in block).encode() for block in blocks]
    # A lone CR at the very end may still become a CRLF: the last event then waits for the end of the stream.
    splitter = EventSplitter()
    found = [payload for chunk in chunks for payload in splitter.feed(chunk)]
    assert found + (splitter.rest() if newline == b"\r" else []) == expected


def test_an_event_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(sse, "MAX_EVENT", 100)
    with pytest.raises(ValueError, match="too large"):
        split([b"data: " + b"x" * 60, b"x" * 60])


@pytest.mark.parametrize("nonsense", [None, -1, ABSURD + 1, 1.5, "12", True, [], {}])
@pytest.mark.parametrize("wire", [openai, anthropic, gemini])
def test_no_report_of_usage_crashes(wire, nonsense):
    names = {
        openai: ("prompt_tokens", "completion_tokens"),
        anthropic: ("input_tokens", "output_tokens"),
        gemini: ("promptTokenCount", "candidatesTokenCount"),
    }[wire]
    report = json.dumps(dict.fromkeys(names, nonsense))
    decoder = wire.Decoder(ASKED, TABLE)
    if wire is openai:
        decoder.feed(f'{{"choices":[{{"delta":{{"content":"hi"}},"finish_reason":"stop"}}],"usage":{report}}}'.encode())
    elif wire is anthropic:
        decoder.feed(b'{"type":"content_block_delta","delta":{"type":"text_delta","text":"hi"}}')
        decoder.feed(f'{{"type":"message_delta","delta":{{"stop_reason":"end_turn"}},"usage":{report}}}'.encode())
    else:
        parts = '{"content":{"parts":[{"text":"hi"}]},"finishReason":"STOP"}'
        decoder.feed(f'{{"candidates":[{parts}],"usageMetadata":{report}}}'.encode())
    usage = decoder.end()[-1].usage
    assert usage.estimated
    assert usage.input == estimate_request(ASKED)
    assert usage.output == 1


@given(JSONS)
def test_any_json_as_usage_or_error_is_survived(found):
    text = json.dumps(found)
    decoder = openai.Decoder(ASKED, TABLE)
    decoder.feed(
        f'{{"choices":[{{"finish_reason":"stop"}}],"usage":{text}}}'.encode()
        if "NaN" not in text and "Infinity" not in text
        else b"{}"
    )
    decoder.finish = decoder.finish or openai.Finish.STOP
    usage = decoder.end()[-1].usage
    assert usage.input > 0
    assert str(TABLE.error(read_rejection(400, {}, text.encode()))).startswith("x: HTTP 400")


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 9, "completion_tokens": 4, "prompt_cache_hit_tokens": 6}, (9, 6, 4, 0)),  # DeepSeek
        (
            {
                "prompt_tokens": 9,
                "completion_tokens": 4,
                "total_tokens": 20,
                "completion_tokens_details": {"reasoning_tokens": 7},
            },
            (9, 0, 11, 7),
        ),  # xAI
    ],
)
def test_dialects_of_usage(usage, expected):
    decoder = openai.Decoder(ASKED, TABLE)
    decoder.feed(json.dumps({"choices": [{"finish_reason": "stop"}], "usage": usage}).encode())
    found = decoder.end()[-1].usage
    assert (found.input, found.cached, found.output, found.reasoning) == expected


def test_content_in_parts_is_read():
    decoder = openai.Decoder(ASKED, TABLE)
    parts = [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "hi"}]
    decoder.feed(json.dumps({"choices": [{"delta": {"content": parts}}]}).encode())
    assert [event.text for event in decoder.take()] == ["hi"]


def test_mistral_is_not_asked_for_what_it_refuses():
    encode = openai.encoder(openai.URL("https://api.mistral.ai/v1/chat/completions"), compatible=True)
    assert b"stream_options" not in encode(ASKED)


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("", "https://api.openai.com/v1"),
        ("http://host:1", "http://host:1/v1"),
        ("http://host/api/paas/v4/", "http://host/api/paas/v4"),
        ("http://host/v1/chat/completions", "http://host/v1"),
    ],
)
def test_addresses(given, address):
    assert openai.base_url(given) == address


@pytest.mark.parametrize(
    "text",
    [
        "Incorrect API key provided: sk-proj-abc***************xyz.",
        "key AIzaSyA1234567890abcdef",
        "Bearer abcdef123456",
    ],
)
def test_what_looks_like_a_key_is_struck(text):
    assert "[key]" in struck(text, "")
    assert "abc" not in struck(text, "")


def test_retry_delay_of_google():
    body = {"error": {"code": 429, "details": [{"@type": "x.RetryInfo", "retryDelay": "17s"}]}}
    assert read_rejection(429, {}, json.dumps(body).encode()).after == 17


def test_a_key_that_is_none_is_refused_without_showing_it():
    for kind in ("openai", "anthropic", "gemini"):
        with pytest.raises(SettingsError) as caught:
            create(Endpoint("mine", kind, "sk-öops\nX: y"))
        assert "oops" not in str(caught.value)
        assert "mine" in str(caught.value)


def test_every_kind_is_in_the_table_and_an_unknown_one_is_named():
    assert {kind.value for kind in ProviderKind} <= set(PROVIDERS) <= set(kinds())
    with pytest.raises(SettingsError, match="openai-compatible"):
        create(Endpoint("x", "opnai"))


def test_presets_make_endpoints_of_an_environment():
    assert presets.PRESETS["openai"].endpoint({}) is None
    found = presets.PRESETS["openai"].endpoint({"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "http://h/v1"})
    assert found == Endpoint("openai", "openai", "k", "http://h/v1")
    assert presets.PRESETS["ollama"].endpoint({"OLLAMA_BASE_URL": "http://h/v1"}) is not None
    for preset in (*presets.PRESETS.values(), presets.DEMO, presets.LOCAL):
        assert all(model.provider == preset.name and model.context > model.max_output for model in preset.models)
        assert all(model.price is None for model in preset.models)  # they change weekly: the price list keeps them
        assert not preset.key_env or preset.endpoint({preset.key_env: "k", preset.url_env: "http://h"}) is not None


def test_decoding_keeps_pace_with_bare_json():
    """A guard against an accident (a regex per token), far above the noise; the figure itself is in the bench."""
    word = json.dumps({"choices": [{"index": 0, "delta": {"content": "word "}, "finish_reason": None}]}).encode()
    stream = (b"data: " + word + b"\n\n") * 2_000
    started = time.process_time()
    for payload in split([stream]):
        json.loads(payload)
    bare = time.process_time() - started
    started = time.process_time()
    decoder = openai.Decoder(ASKED, TABLE)
    for payload in split([stream]):
        decoder.feed(payload)
    decoder.take()
    assert time.process_time() - started < bare * 3 + 0.01


async def test_abilities_are_what_the_vendors_have():
    made = {kind: create(Endpoint("x", kind, "k")) for kind in PROVIDERS}
    assert all(isinstance(provider, ModelList) for provider in made.values())
    assert [kind for kind, one in made.items() if isinstance(one, TokenCount)] == [
        "openai",
        "anthropic",
        "gemini",
        "demo",
    ]
    assert replace(Endpoint("x", "openai", "k"), name="y").name == "y"
