"""Puts `parley` beside the Python that runs this. Knows virtual environments; must not install anything.

The checkout is put on the environment's path instead of being built and installed: nothing has to be fetched for
building, and a change in the code is live at once.
"""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

SCRIPT = """#!{python}
import sys

from hub.__main__ import main

sys.exit(main())
"""


def main() -> None:
    """Write the path file and the launcher. Exits with words when this Python is not a virtual environment's."""
    if sys.prefix == sys.base_prefix:
        sys.exit("tools/launcher.py has to be run by the Python of a virtual environment")
    (Path(sysconfig.get_path("purelib")) / "parley.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    launcher = Path(sysconfig.get_path("scripts")) / "parley"
    launcher.write_text(SCRIPT.format(python=sys.executable), encoding="utf-8")
    launcher.chmod(0o755)


if __name__ == "__main__":
    main()
