"""Every table, for whoever makes or compares a whole schema. Knows where they stand; must not know what is in them.

The others import the tables they use: most processes never need most of them.
"""

from __future__ import annotations

import storage.api
import storage.groups
import storage.mail
import storage.money
import storage.people
import storage.platforms
import storage.schema
import storage.sold
import storage.statements
import storage.teams
import storage.work  # noqa: F401 - and so do these
from storage.columns import tables as tables
