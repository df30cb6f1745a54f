"""Runs the dashboard, with an ingester to be made, and writes down what is loaded at its first frame."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from dezky_audit_tui.cli.main import run


def main() -> int:
    """The dashboard's exit code."""
    from textual.screen import Screen

    from dezky_audit_tui.tui.screens.main import MainScreen

    paint = Screen._compositor_refresh
    report = Path(os.environ["FIRST_PAINT_REPORT"])

    def first(screen: Screen[object]) -> None:
        paint(screen)
        if screen.is_current and isinstance(screen, MainScreen) and not screen.is_unpainted and not report.exists():
            part = report.with_suffix(".part")
            part.write_text("\n".join(sys.modules))
            part.rename(report)

    Screen._compositor_refresh = first  # type: ignore[method-assign]
    return run([])


if __name__ == "__main__":
    sys.exit(main())
