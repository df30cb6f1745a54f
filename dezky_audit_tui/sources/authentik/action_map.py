"""The action map: Authentik's names of actions and our verbs. What is not on it falls through under its own name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dezky_audit_tui.text import NAME_LIMIT, clean, cut

PREFIX: Final = "authentik."

VERBS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "login": "authentik.login",
        "login_failed": "authentik.login_failed",
        "logout": "authentik.logout",
        "password_set": "authentik.password_changed",
        "user_write": "authentik.user_written",
        "impersonation_started": "authentik.impersonation_started",
        "impersonation_ended": "authentik.impersonation_ended",
        "authorize_application": "authentik.application_authorized",
        "source_linked": "authentik.source_linked",
        "invitation_used": "authentik.invitation_used",
        "secret_view": "authentik.secret_viewed",
        "secret_rotate": "authentik.secret_rotated",
        "suspicious_request": "authentik.suspicious_request",
        "model_created": "authentik.model_created",
        "model_updated": "authentik.model_updated",
        "model_deleted": "authentik.model_deleted",
    }
)
"""The 16 actions that have a verb of ours."""

IMPERSONATION_STARTED: Final = VERBS["impersonation_started"]
IMPERSONATION_ENDED: Final = VERBS["impersonation_ended"]
LOGOUT: Final = VERBS["logout"]


def verb_for(raw: str) -> tuple[str, bool]:
    """The verb for Authentik's `raw` action, and whether the map has it.

    Anybody may name a `custom_` action: the name is kept as it is, but for what no store can hold.
    """
    verb = VERBS.get(raw)
    if verb is not None:
        return verb, True
    return PREFIX + (cut(clean(raw), NAME_LIMIT - len(PREFIX))[0] or "unknown"), False
