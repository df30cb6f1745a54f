"""`python -m dezky_audit_tui` and the console script."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the command line and exit with its code."""
    # Nothing that is made while a program loads is garbage, and looking for it takes a tenth of the start. It is
    # turned on again when the command is loaded; of the dashboard, at its first frame.
    gc.disable()
    from dezky_audit_tui.cli.main import run

    sys.exit(run())


if __name__ == "__main__":
    main()
