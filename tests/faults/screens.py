"""A dashboard in a terminal, watched for as long as a test wants."""

from __future__ import annotations

import time

from tests.cli.terminal import Terminal


def read_for(terminal: Terminal, seconds: float) -> None:
    """What it draws in that time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        terminal._read()
