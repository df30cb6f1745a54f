"""`python -m dezky_audit_tui` and the console script."""

from __future__ import annotations

import gc
import os
import signal
import sys
from types import FrameType

from dezky_audit_tui import garbage


def main() -> None:
    """Run the command line and exit with its code."""
    # Nothing that is made while a program loads is garbage, and looking for it takes a tenth of the start. It is
    # turned on again when the command is loaded; of the dashboard, at its first frame.
    gc.disable()
    garbage.look_rarely()
    # No plug-in of pydantic is wanted in here, and to look for one reads what every installed package says of itself.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # To end is clean at any moment, also while the command is still being loaded; it has handlers of its own later.
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)
    try:
        from dezky_audit_tui.cli.main import run

        code = run()
    except KeyboardInterrupt:
        code = 130
    if code == 130:
        # Where Ctrl-C came while a class was made, Python would still end itself by the signal, and not with this code.
        os._exit(code)
    sys.exit(code)


def _end(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    main()
