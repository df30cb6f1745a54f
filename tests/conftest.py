"""What all tests share: how hard hypothesis tries. `--hypothesis-profile=long` is for a night, not for a commit."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("quick", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", settings.get_profile("quick"), max_examples=3_000)
settings.load_profile("quick")
