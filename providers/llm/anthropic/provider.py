"""Anthropic behind the Provider port. Knows the endpoint; must not know events or error types."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from yarl import URL

from hub.domain.completion import CompletionRequest, StreamEvent
from hub.domain.model import Endpoint
from providers.kit.line import Line
from providers.kit.rejection import ErrorTable
from providers.llm.anthropic import errors, wire

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic


class AnthropicProvider:
    """Streams over our own wire; the SDK, imported at the first use, lists models."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Raises SettingsError when the key cannot be one."""
        self.name = endpoint.name
        self._endpoint = endpoint
        self._base = wire.base_url(endpoint.base_url)
        self._url = URL(f"{self._base}/v1/messages")
        self._errors = ErrorTable(endpoint.name, errors.EXACT, errors.IN_STREAM, endpoint.api_key)
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Authorization": f"Bearer {endpoint.api_key}",
            "anthropic-version": wire.VERSION,
        }
        self._line = Line(endpoint, headers, self._errors)

    def stream(self, request: CompletionRequest) -> AsyncIterator[StreamEvent]:
        """See Provider."""
        return self._line.stream(self._url, request, wire.encode, wire.Decoder)

    async def models(self) -> list[str]:
        """See ModelList."""
        async with self._client() as client:
            try:
                return sorted([model.id async for model in client.models.list()])
            except errors.sdk_errors() as error:
                raise errors.from_sdk(error, self._errors) from None

    async def count(self, request: CompletionRequest) -> int:
        """See TokenCount."""
        return wire.counted(await self._line.ask(self._url / "count_tokens", wire.encode_count(request)), self._errors)

    async def close(self) -> None:
        """See Provider."""
        await self._line.close()

    def _client(self) -> AsyncAnthropic:
        from anthropic import AsyncAnthropic

        return AsyncAnthropic(
            api_key=self._endpoint.api_key, base_url=self._base, timeout=self._endpoint.read_timeout, max_retries=0
        )
