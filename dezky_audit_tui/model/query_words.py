"""The nearest valid word for one that is not, for the messages of the filter language."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from dezky_audit_tui.text import cut, visible

_SHOWN = 40

_MEANT = {
    "action": "verb",
    "event": "verb",
    "type": "verb",
    "user": "actor",
    "who": "actor",
    "name": "actor",
    "email": "actor",
    "mail": "actor",
    "address": "ip",
    "addr": "ip",
    "client": "ip",
    "net": "ip",
    "network": "ip",
    "result": "outcome",
    "status": "outcome",
    "object": "target",
    "on": "target",
    "slug": "tenant",
    "org": "tenant",
    "customer": "tenant",
    "from": "since",
    "after": "since",
    "to": "until",
    "before": "until",
    "has": "is",
    "impersonation": "impersonated",
    "unknown_action": "unmapped",
    "ok": "success",
    "succeeded": "success",
    "fail": "failure",
    "failed": "failure",
    "error": "failure",
    "forbidden": "denied",
    "refused": "denied",
}
"""What other programs call it."""


def nearest(word: str, valid: Sequence[str]) -> str | None:
    """The valid word that was most likely meant."""
    meant = _MEANT.get(word.lower())
    if meant in valid:
        return meant
    return next(iter(get_close_matches(word.lower(), valid, n=1, cutoff=0.5)), None)


def suggestion(word: str, valid: Sequence[str]) -> tuple[str, str | None]:
    """The end of a message (`did you mean X?`, or all valid words), and the nearest word."""
    best = nearest(word, valid)
    return (f"did you mean {best}?" if best else f"use one of {', '.join(valid)}", best)


def shown(text: str) -> str:
    """What was typed, short and harmless, for a message."""
    kept, was_cut = cut(text, _SHOWN)
    return visible(kept) + ("…" if was_cut else "")
