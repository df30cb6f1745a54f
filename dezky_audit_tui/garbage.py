"""When Python looks for garbage: not while a program loads, and not at every page of a pull."""

from __future__ import annotations

import gc

_MADE_BETWEEN_LOOKS = 5_000
"""Containers, more than ended, after which garbage is looked for: some milliseconds at most, so that no key waits."""


def look_rarely() -> None:
    """JSON makes containers by the thousand, which end without being looked for. With Python's own threshold of 700 a
    pull spends a twentieth of its time on it."""
    gc.set_threshold(_MADE_BETWEEN_LOOKS, 10, 10)


def keep_loaded() -> None:
    """Look, but never at what is loaded by now: it stays, and no key has to wait until it is looked through."""
    gc.freeze()
    gc.enable()
