"""What the API adds to its lists for the search bar: of no use to a pull, yet it travels with every page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

ACTIONS = (
    "login",
    "login_failed",
    "logout",
    "user_write",
    "suspicious_request",
    "password_set",
    "secret_view",
    "secret_rotate",
    "invitation_used",
    "authorize_application",
    "source_linked",
    "impersonation_started",
    "impersonation_ended",
    "flow_execution",
    "policy_execution",
    "policy_exception",
    "property_mapping_exception",
    "system_task_execution",
    "system_task_exception",
    "system_exception",
    "configuration_error",
    "model_created",
    "model_updated",
    "model_deleted",
    "email_sent",
    "update_available",
    "custom_",
)
"""The actions that both generations list: what `actions=` accepts."""

USER_TYPES = ("internal", "external", "service_account", "internal_service_account")


def _field(kind: str, *, nullable: bool = False, options: Sequence[str] | None = None) -> dict[str, Any]:
    return {"type": kind, "nullable": nullable, "options": None if options is None else list(options)}


def _relation(name: str) -> dict[str, Any]:
    return {"type": "relation", "nullable": False, "options": None, "relation": name}


def events_autocomplete(apps: Sequence[str]) -> dict[str, Any]:
    """Of the list of events; `apps` are the values of `app` in the log."""
    return {
        "current_model": "authentik_events.event",
        "models": {
            "authentik_events.event": {
                "action": _field("str", options=ACTIONS),
                "event_uuid": _field("str"),
                "app": _field("str", options=apps),
                "client_ip": _field("str"),
                "user": _relation("authentik_events.event_user"),
                "brand": _relation("authentik_events.event_brand"),
                "context": _relation("authentik_events.event_context"),
                "created": _field("datetime", options=()),
            }
        },
    }


def groups_autocomplete(generation: str) -> dict[str, Any]:
    """Of the list of groups: nothing before 2025.12."""
    if generation == "2025.8":
        return {}
    return {
        "current_model": "authentik_core.group",
        "models": {
            "authentik_core.group": {
                "name": _field("str"),
                "is_superuser": _field("bool", nullable=True),
                "attributes": _relation("authentik_core.group_attributes"),
            }
        },
    }


def users_autocomplete() -> dict[str, Any]:
    """Of the list of users."""
    return {
        "current_model": "authentik_core.user",
        "models": {
            "authentik_core.user": {
                "username": _field("str"),
                "name": _field("str"),
                "email": _field("str"),
                "path": _field("str"),
                "is_active": _field("bool", nullable=True),
                "type": _field("str", options=USER_TYPES),
                "attributes": _relation("authentik_core.user_attributes"),
            }
        },
    }
