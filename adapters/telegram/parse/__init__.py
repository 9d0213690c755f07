"""Updates to inbounds; pure."""

from adapters.telegram.parse.read import Me, inbound_of, language_of

__all__ = ["Me", "inbound_of", "language_of"]
