"""`python -m dezky_audit_tui` and the console script."""

from __future__ import annotations

import gc
import os
import signal
import sys
from types import FrameType

_MADE_BETWEEN_LOOKS = 5_000
"""Containers, more than ended, after which garbage is looked for: some milliseconds at most, so that no key waits."""


def main() -> None:
    """Run the command line and exit with its code."""
    # Nothing that is made while a program loads is garbage, and looking for it takes a tenth of the start. It is
    # turned on again when the command is loaded; of the dashboard, at its first frame.
    gc.disable()
    # And then less often: JSON makes containers by the thousand, which end without being looked for. With Python's own
    # threshold of 700 a pull spends a twentieth of its time on it.
    gc.set_threshold(_MADE_BETWEEN_LOOKS, 10, 10)
    # No plug-in of pydantic is wanted in here, and to look for one reads what every installed package says of itself.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # To end is clean at any moment, also while the command is still being loaded; it has handlers of its own later.
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)
    try:
        from dezky_audit_tui.cli.main import run

        sys.exit(run())
    except KeyboardInterrupt:
        sys.exit(130)


def _end(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    main()
