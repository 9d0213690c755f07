"""The web adapter: what the house talks to, and the doors people come in by."""

from adapters.web.adapter.channel import WebAdapter

__all__ = ["WebAdapter"]
