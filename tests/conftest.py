"""Fixtures every suite may ask for; each lives in tests/kit.

Property tests draw the same examples in every run, so that a change is judged and not the dice. Roll them with
`HYPOTHESIS_PROFILE=explore make test`.
"""

import os

from hypothesis import settings

from tests.kit.postgres import postgres

settings.register_profile("suite", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

__all__ = ["postgres"]
