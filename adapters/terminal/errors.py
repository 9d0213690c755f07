"""What goes wrong with a terminal, as our errors. Knows errno; must not know what was being written."""

from __future__ import annotations

import errno

from hub.domain.errors import AdapterError, Forbidden, Unreachable

_GONE = frozenset({errno.EPIPE, errno.EIO, errno.EBADF, errno.ENXIO})


def mapped(error: OSError) -> AdapterError:
    """A terminal or reader that went away is Forbidden, for it does not come back; all else Unreachable."""
    if error.errno in _GONE:
        return Forbidden("the terminal is gone")
    return Unreachable(f"cannot write to the terminal ({errno.errorcode.get(error.errno or 0, 'unknown')})")
