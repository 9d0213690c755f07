"""Gemini behind the Provider port. Knows the endpoint; must not know chunks or status names."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from hub.domain.completion import CompletionRequest, StreamEvent
from hub.domain.errors import ProviderError
from hub.domain.model import Endpoint
from providers.kit.line import Line
from providers.kit.rejection import ErrorTable
from providers.kit.usage import estimate_tool
from providers.llm.gemini import errors, wire

if TYPE_CHECKING:
    from google.genai import Client


class GeminiProvider:
    """Streams over our own wire; the SDK, imported at the first use, lists models."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Raises SettingsError when the key cannot be one."""
        self.name = endpoint.name
        self._endpoint = endpoint
        self._base = wire.base_url(endpoint.base_url)
        self._errors = ErrorTable(endpoint.name, errors.EXACT, errors.IN_STREAM, endpoint.api_key)
        headers = {"Accept": "*/*", "Content-Type": "application/json", "x-goog-api-key": endpoint.api_key}
        self._line = Line(endpoint, headers, self._errors)

    def stream(self, request: CompletionRequest) -> AsyncIterator[StreamEvent]:
        """See Provider."""
        url = wire.stream_url(self._base, request.model)
        return self._line.stream(url, request, wire.encode, wire.Decoder)

    async def models(self) -> list[str]:
        """See ModelList. Only models that generate text are named."""
        client = self._client()
        try:
            listed = [model async for model in await client.aio.models.list()]
        except errors.sdk_errors() as error:
            raise self._ours(error) from None
        finally:
            await client.aio.aclose()
        return sorted(
            (model.name or "").removeprefix("models/")
            for model in listed
            if not model.supported_actions or "generateContent" in model.supported_actions
        )

    async def count(self, request: CompletionRequest) -> int:
        """See TokenCount. This API counts contents alone: the system prompt is sent as one, tools are estimated."""
        url = wire.count_url(self._base, request.model)
        counted = wire.counted(await self._line.ask(url, wire.encode_count(request)), self._errors)
        return counted + sum(estimate_tool(tool) for tool in request.tools)

    async def close(self) -> None:
        """See Provider."""
        await self._line.close()

    def _ours(self, error: Exception) -> ProviderError:
        return errors.from_sdk(error, self._errors)

    def _client(self) -> Client:
        from google.genai import Client
        from google.genai.types import HttpOptions, HttpRetryOptions

        options = HttpOptions(
            base_url=self._base,
            api_version=wire.VERSION,
            timeout=int(self._endpoint.read_timeout * 1000),
            retry_options=HttpRetryOptions(attempts=1),
        )
        return Client(api_key=self._endpoint.api_key or "none", vertexai=False, http_options=options)
