"""Recordings written down by a vendor's own SDK, over a socket."""

from __future__ import annotations

import pytest

from hub.domain.completion import Recording, Usage
from hub.domain.errors import Down, Overloaded, Refused
from hub.domain.model import Endpoint
from hub.ports.provider import Transcribe
from providers.kit.stand_in import Fault, Script
from providers.llm.openai.sandbox import OpenAISandbox
from providers.table import create

NOTE = Recording("whisper-1", "audio/ogg", "voice.ogg", b"OggS" + b"\0" * 4_000, "de")


def provider(base_url: str, kind: str = "openai") -> Transcribe:
    made = create(Endpoint("openai", kind, "sk-test-key-of-a-vendor", base_url))
    assert isinstance(made, Transcribe)
    return made


@pytest.mark.parametrize("kind", ["openai", "openai-compatible"])
async def test_words_and_usage_come_back(kind: str) -> None:
    async with OpenAISandbox() as vendor:
        heard = await provider(vendor.base_url, kind).transcribe(NOTE)
        assert heard.text == vendor.said
        assert heard.usage == Usage(14, output=5)
        call = vendor.heard[0]
        assert call.path == "/v1/audio/transcriptions"
        assert call.body["model"] == "whisper-1"
        assert call.body["file"] == {"name": "voice.ogg", "type": "audio/ogg", "size": 4_004}


@pytest.mark.parametrize(
    ("seconds", "usage"),
    [(9, Usage(90)), (2.34, Usage(24)), (-3, Usage(21, estimated=True)), (1e30, Usage(21, estimated=True))],
)
async def test_what_is_billed_by_time_is_counted_in_seconds(seconds: float, usage: Usage) -> None:
    async with OpenAISandbox() as vendor:
        vendor.seconds = seconds
        assert (await provider(vendor.base_url).transcribe(NOTE)).usage == usage


async def test_what_nobody_counted_is_estimated() -> None:
    async with OpenAISandbox() as vendor:
        vendor.counts = False
        assert (await provider(vendor.base_url).transcribe(NOTE)).usage == Usage(21, estimated=True)


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (Script(fault=Fault.STATUS, status=429, headers={"Retry-After": "7"}), Overloaded),
        (Script(fault=Fault.STATUS, status=500), Down),
        (Script(fault=Fault.STATUS, status=401, code="invalid_api_key"), Refused),
    ],
)
async def test_failures_are_ours(script: Script, error: type[Exception]) -> None:
    async with OpenAISandbox() as vendor:
        vendor.next(script)
        with pytest.raises(error) as raised:
            await provider(vendor.base_url).transcribe(NOTE)
        assert "sk-test-key" not in str(raised.value)
