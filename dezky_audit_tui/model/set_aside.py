"""What came from a source and could not be made an event: kept with its reason, never dropped without a word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SetAside:
    """`key` tells one such item from another (its id, or a digest). `created` and `action` are as they came.

    `excerpt` is safe to keep: shape and names, no values that could be a secret.
    """

    source: str
    key: str
    reason: str
    seen_at: datetime
    created: str | None = None
    action: str | None = None
    excerpt: str | None = None
