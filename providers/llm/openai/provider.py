"""OpenAI and compatible servers behind the Provider port. Knows the endpoint; must not know chunks or error codes."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING

from yarl import URL

from hub.domain.completion import CompletionRequest, Recording, StreamEvent, Transcript, Usage
from hub.domain.model import Endpoint, ProviderKind
from hub.domain.tokens import SECOND_TOKENS, estimate_recording
from providers.kit.line import Line
from providers.kit.rejection import ErrorTable
from providers.kit.usage import estimate_request, sane
from providers.llm.openai import errors, tokens, wire

if TYPE_CHECKING:
    from openai import AsyncOpenAI


LEAST_SECONDS = {"api.groq.com": 10}
"""What a recording is billed as at least, by host."""

LONGEST_RECORDING = 100_000
"""Seconds above which a report is a fault: vendors take files of at most some hours."""


class OpenAIProvider:
    """Streams over our own wire; the SDK, imported at the first use, lists models."""

    holds_to_json = True
    """See JsonAnswers. A server like OpenAI's that cannot says so itself."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Raises SettingsError when the key cannot be one."""
        self.name = endpoint.name
        self._endpoint = endpoint
        self._compatible = endpoint.kind != ProviderKind.OPENAI
        self._base = wire.base_url(endpoint.base_url)
        self._url = URL(f"{self._base}/chat/completions")
        self._errors = ErrorTable(endpoint.name, errors.EXACT, errors.IN_STREAM, endpoint.api_key)
        self._encode = wire.encoder(self._url, compatible=self._compatible)
        self._line = Line(endpoint, self._headers(), self._errors)

    def stream(self, request: CompletionRequest) -> AsyncIterator[StreamEvent]:
        """See Provider."""
        return self._line.stream(self._url, request, self._encode, wire.Decoder)

    async def models(self) -> list[str]:
        """See ModelList."""
        async with self._client() as client:
            try:
                return sorted([model.id async for model in client.models.list()])
            except errors.sdk_errors() as error:
                raise errors.from_sdk(error, self._errors) from None

    async def transcribe(self, recording: Recording) -> Transcript:
        """See Transcribe."""
        async with self._client() as client:
            try:
                answer = await client.audio.transcriptions.create(
                    model=recording.model,
                    file=(recording.name, recording.content, recording.media_type),
                    response_format="json",
                )
            except errors.sdk_errors() as error:
                raise errors.from_sdk(error, self._errors) from None
        usage = _usage_of(answer.usage, recording)
        least = LEAST_SECONDS.get(self._url.host or "", 0) * SECOND_TOKENS
        return Transcript(answer.text.strip(), replace(usage, input=max(usage.input, least)), recording.model)

    async def close(self) -> None:
        """See Provider."""
        await self._line.close()

    def _headers(self) -> dict[str, str]:
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if self._endpoint.api_key:
            headers["Authorization"] = f"Bearer {self._endpoint.api_key}"
        if not self._compatible:  # what the SDK would add; nobody else's business
            for header, variable in (("OpenAI-Organization", "OPENAI_ORG_ID"), ("OpenAI-Project", "OPENAI_PROJECT_ID")):
                if value := os.environ.get(variable):
                    headers[header] = value
        return headers

    def _client(self) -> AsyncOpenAI:
        from openai import AsyncOpenAI, Omit

        no_house = {"OpenAI-Organization": Omit(), "OpenAI-Project": Omit()} if self._compatible else {}
        return AsyncOpenAI(
            api_key=self._endpoint.api_key or "none",
            base_url=self._base,
            timeout=self._endpoint.read_timeout,
            max_retries=0,
            default_headers=no_house,  # type: ignore[arg-type]  # the SDK takes Omit here, its annotation does not say so
        )


class OpenAIItself(OpenAIProvider):
    """The vendor's own models, whose tokenizers are public: what they read is counted here, without a call."""

    async def count(self, request: CompletionRequest) -> int:
        """See TokenCount."""
        counted = await tokens.count(request)
        return estimate_request(request) if counted is None else counted


def _usage_of(reported: object, recording: Recording) -> Usage:
    """What writing down used: tokens, or seconds of models that are billed by them; other servers report nothing."""
    heard, written = sane(getattr(reported, "input_tokens", None)), sane(getattr(reported, "output_tokens", None))
    if heard is not None and written is not None:
        return Usage(heard, output=written)
    seconds = getattr(reported, "seconds", None)
    if isinstance(seconds, int | float) and 0 < seconds < LONGEST_RECORDING:
        return Usage(ceil(seconds * SECOND_TOKENS))
    return Usage(estimate_recording(len(recording.content)), estimated=True)
