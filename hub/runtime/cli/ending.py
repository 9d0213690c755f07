"""How every command ends. Knows exit codes and the words of errors; must not know any command."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

from hub.domain.errors import ParleyError, SettingsError, StoreDown
from hub.runtime.redact import SCRUB

OURS, SETTINGS = 1, 2
"""Exit codes: something failed; the operator has to mend something first."""


def ended(work: Callable[[], Any]) -> int:
    """Do the work of one command; its exit code. Errors become words here and nowhere else."""
    sys.excepthook = _unexpected
    try:
        work()
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else int(bool(left.code))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # the reader of our output has gone; a second complaint at interpreter exit helps nobody
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OURS
    except SettingsError as error:
        _say(str(error))
        return SETTINGS
    except StoreDown as error:
        _say(f"The database did not work: {error}\nparley doctor looks closer.")
        return OURS
    except ParleyError as error:
        _say(str(error))
        return OURS
    return 0


def _unexpected(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    _say(f"something went wrong inside Parley ({kind.__name__}).\nTo see where: parley --debug <command>")
    if os.environ.get("PARLEY_DEBUG"):
        print(SCRUB("".join(traceback.format_exception(kind, error, trace))), file=sys.stderr)


def _say(text: str) -> None:
    print(SCRUB(f"Error: {text}"), file=sys.stderr)
