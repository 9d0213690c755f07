"""`python -m hub`, the same as `parley`. Knows where the command line is; must not know any command."""

from __future__ import annotations

import sys


def main() -> None:
    """The command `parley`."""
    from hub.runtime.cli.app import start

    sys.exit(start())


if __name__ == "__main__":
    main()
