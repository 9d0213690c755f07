"""`python -m hub`, the same as `parley`. Knows only where the command line is."""

from __future__ import annotations

import sys


def main() -> None:
    """The command `parley`."""
    from hub.runtime.cli.app import start

    sys.exit(start())


if __name__ == "__main__":
    main()
