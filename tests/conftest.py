"""Fixtures every suite may ask for; each lives in tests/kit."""

from tests.kit.postgres import postgres

__all__ = ["postgres"]
