"""`python -m hub`, the same as `parley`. Knows where commands are, and the one that stays; must not know any other."""

from __future__ import annotations

import sys


def main() -> None:
    """The command `parley`."""
    if sys.argv[1:] == ["run"]:
        # no flag to be read: what runs for months does without the command line, its library and every other command
        from hub.runtime.cli.ending import ended
        from hub.runtime.cli.run import run_hub

        sys.exit(ended(run_hub))
    from hub.runtime.cli.app import start

    sys.exit(start())


if __name__ == "__main__":
    main()
