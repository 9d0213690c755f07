"""Which turn a line of log belongs to. Knows one context variable; must not know how logs are written."""

from __future__ import annotations

from contextvars import ContextVar

turn_id: ContextVar[int] = ContextVar("turn_id", default=0)
"""Inbox id of the turn being run; 0 outside of turns."""
