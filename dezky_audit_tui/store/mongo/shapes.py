"""Where other writers may keep what an event tells: the paths that are looked at, in their order.

The first path with a value counts. Reading and filtering go by the same table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dezky_audit_tui.store.mongo.values import first

UNKNOWN = "unknown"
"""The source and the verb of rows that name none."""

AT = ("at", "createdAt", "timestamp")
ACTION = ("action", "verb", "event", "type")
ACTOR_ID = ("actorId", "actor.id", "actor._id", "actor.userId", "userId", "user.id", "user._id")
ACTOR_NAME = (
    "actorName",
    "actor.name",
    "actor.username",
    "actor.displayName",
    "actor",
    "userName",
    "username",
    "user.name",
    "user.username",
    "user",
)
ACTOR_EMAIL = ("actorEmail", "actor.email", "userEmail", "user.email")
ACTOR_IP = ("actorIp", "actor.ip", "ip", "ipAddress", "clientIp")
OF_ONE_VALUE = frozenset({"source", "tenantSlug", *ACTION, *ACTOR_IP})
"""Paths where a list stands for its first value."""
TARGET_TYPE = ("target.type", "targetType", "resource.type", "resourceType", "entityType")
TARGET_ID = ("target.id", "target._id", "targetId", "resource.id", "resourceId", "entityId")
TARGET_NAME = ("target.name", "targetName", "target", "resource.name", "resource", "resourceName", "entityName")

PRESENT = (
    *("double", "string", "object", "array", "binData", "objectId", "bool", "date", "regex", "int", "timestamp"),
    *("long", "decimal"),
)
"""The BSON types of a value that is there. A filter that is to use a partial index has to name the same ones."""


def look(document: Mapping[str, Any], paths: tuple[str, ...]) -> tuple[Any, str | None]:
    """The value at the first of `paths` that has one, and that path. A path that ends at a document or at a list
    has none: the names are in it."""
    for path in paths:
        head, _, tail = path.partition(".")
        value = document.get(head)
        if tail:
            value = value.get(tail) if isinstance(value, Mapping) else None
        if path in OF_ONE_VALUE:
            value = first(value)
        if value is not None and not isinstance(value, Mapping | list):
            return value, path
    return None, None
