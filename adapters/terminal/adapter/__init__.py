"""The terminal adapter: talk, and answers as they grow. Knows its parts' names; must not do anything at import."""

from adapters.terminal.adapter.talk import TerminalAdapter

__all__ = ["TerminalAdapter"]
