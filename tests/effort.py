"""How many examples a property gets whose every example costs a store, or more."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

USUAL = 60
"""Examples of a property that says nothing of its own, with the default profile."""


def costly(examples: int) -> settings:
    """That many with the default profile, and as many times more as another profile tries more."""
    return settings(
        max_examples=examples * settings.default.max_examples // USUAL,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
