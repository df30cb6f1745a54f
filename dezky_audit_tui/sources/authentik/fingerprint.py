"""A digest of what Authentik said of an event: whether the source or our own translation says it otherwise later.

It takes in all that a translation may ever read, so that equal digests mean an unchanged event. What is never kept
(the body of a mail, the values of query arguments) and when the event expires are not part of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from pydantic_core import to_json

from dezky_audit_tui.sources.authentik.jsons import is_object
from dezky_audit_tui.sources.authentik.wire import WireEvent

_LENGTH = 32


def fingerprint(row: WireEvent) -> str:
    """32 hexadecimal digits. May raise RecursionError for what is nested too deeply."""
    said = [row.pk, row.created, row.action, row.app, row.client_ip, row.user, _context(row.context)]
    try:
        text = to_json(said)
    except ValueError:
        text = json.dumps(said).encode()  # lone surrogates, which UTF-8 cannot hold
    return sha256(text).hexdigest()[:_LENGTH]


def _context(context: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without what is never kept; a copy only where there is any of it."""
    request = context.get("http_request")
    args = request.get("args") if is_object(request) else None
    if not args and "body" not in context:
        return context
    known = {name: value for name, value in context.items() if name != "body"}
    if args and is_object(request):
        known["http_request"] = {**request, "args": sorted(args) if is_object(args) else None}
    return known
