"""Single values out of a context: short, without secrets, and None or empty where they are not what they should be."""

from __future__ import annotations

from functools import lru_cache

from dezky_audit_tui.model.event import Target
from dezky_audit_tui.sources.authentik.jsons import is_object
from dezky_audit_tui.sources.authentik.persons import id_text
from dezky_audit_tui.sources.authentik.redact import safe_text
from dezky_audit_tui.text import clean

MOST = 50
"""Entries of a list that are kept."""

LABEL_LIMIT = 200
"""Characters of a label."""

_LOOKED_AT = LABEL_LIMIT * 4
"""Characters of a text that a label is made from."""


def model_target(value: object) -> Target | None:
    """The model that a context points to, as what something was done to."""
    if not is_object(value):
        return None
    kind, pk, name = value.get("model_name"), id_text(value.get("pk")), value.get("name")
    if not isinstance(kind, str) or not kind:
        return None
    return Target(clean(kind), pk, clean(name) if isinstance(name, str) else None)


def model_name(value: object) -> str | None:
    """The name of a model that a context points to, or a plain text in its place."""
    return label(value.get("name")) if is_object(value) else label(value)


def ids(value: object) -> list[str]:
    """The pks in a list."""
    listed = value if isinstance(value, list) else []
    return [text for each in listed[:MOST] if (text := id_text(each)) is not None]


def texts(value: object) -> list[str]:
    """The texts in a list, or a text alone; not made safe but for what no store can hold."""
    listed = value[:MOST] if isinstance(value, list) else [value]
    return [clean(each) for each in listed if isinstance(each, str)]


def label(value: object) -> str | None:
    """A short text without secrets, or None."""
    return _label(value[:_LOOKED_AT]) if isinstance(value, str) else None


@lru_cache(maxsize=4096)
def _label(value: str) -> str | None:
    """Cached: eight labels an event, and nearly all of them have been seen before."""
    return safe_text(value, LABEL_LIMIT) or None
