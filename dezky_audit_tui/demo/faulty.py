"""Faults of a whole reply: what stands in front of Authentik, or what is left of it, may answer instead."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime

from dezky_audit_tui.demo.faults import Fault
from dezky_audit_tui.demo.messages import ERROR_PAGE, HTML_TYPE, JSON_TYPE, Reply, json_reply

_LOGIN_PAGE = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Please sign in.</body></html>\n"
_MIB = 1024 * 1024

IN_FRONT = frozenset({"too_many", "status", "html_200", "redirect"})
"""Faults whose reply is not Authentik's own, so that it has none of its headers."""


def instead(fault: Fault) -> Reply | None:
    """The reply that comes instead of the right one, or None where the fault is of another sort."""
    match fault.kind:
        case "error_500":
            return Reply(500, ERROR_PAGE, HTML_TYPE)
        case "starting":
            return json_reply(503, {"error": "authentik starting"}, Retry_After="5")
        case "too_many":
            retry_after = "30" if fault.value is None else str(fault.value)
            return json_reply(429, {"detail": "Too many requests."}, Retry_After=retry_after)
        case "status":
            status = 418 if fault.value is None else int(fault.value)
            return json_reply(status, {"detail": "As ordered."})
        case "html_200":
            return Reply(200, _LOGIN_PAGE, HTML_TYPE)
        case "empty_body":
            return Reply(200, b"", JSON_TYPE)
        case "redirect":
            location = "http://elsewhere.example/" if fault.value is None else str(fault.value)
            return Reply(302, b"", HTML_TYPE, {"Location": location})
        case "deep":
            levels = 200_000 if fault.value is None else int(fault.value)
            return Reply(200, b'{"results":' + b"[" * levels + b"]" * levels + b"}", JSON_TYPE)
        case "gzip_bomb":
            size = 64 * _MIB if fault.value is None else int(fault.value)
            return Reply(200, gzip.compress(b" " * size, 6), JSON_TYPE, {"Content-Encoding": "gzip"})
    return None


def spoiled(reply: Reply, fault: Fault) -> Reply:
    """The right reply with its body spoiled; as it is where the fault is of another sort."""
    match fault.kind:
        case "truncated":
            return replace(reply, body=reply.body[: len(reply.body) // 2])
        case "not_utf8":
            return replace(reply, body=reply.body[:-1] + b',"\xff\xfe":1}')
    return reply


def date_header(now: datetime, fault: Fault | None) -> str | None:
    """The Date header at that moment: whole seconds, as HTTP has it. None: no such header."""
    kind = None if fault is None else fault.kind
    if fault is not None and kind == "wrong_date":
        now += timedelta(seconds=3600 if fault.value is None else float(fault.value))
    if kind == "no_date":
        return None
    return "the day before yesterday" if kind == "bad_date" else format_datetime(now, usegmt=True)
