"""Who may ask the simulated server for what, and how it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dezky_audit_tui.demo.log import Generation


@dataclass(frozen=True, slots=True)
class Token:
    """What one key may see. `intent` other than `api` (an app password) is refused like an expired one; `empty` is
    an internal service account: every list is empty, and nothing says why."""

    view_event: bool = True
    view_group: bool = True
    view_user: bool = True
    expired: bool = False
    intent: str = "api"
    empty: bool = False


NOT_PROVIDED = "Authentication credentials were not provided."
UNSUPPORTED = "Unsupported authentication type"
INVALID = "Token invalid/expired"
NO_PERMISSION = "You do not have permission to perform this action."


def authenticate(header: str | None, tokens: Mapping[str, Token], generation: Generation) -> Token | str:
    """The token behind an `Authorization` header, or the detail of the 403 that it earns."""
    scheme, _, key = (header or "").strip().partition(" ")
    if not scheme:
        return NOT_PROVIDED
    if scheme.lower() != "bearer":
        return UNSUPPORTED if generation == "2025.8" else NOT_PROVIDED
    token = tokens.get(key.strip())
    if token is None or token.expired or token.intent != "api":
        return INVALID
    return token
