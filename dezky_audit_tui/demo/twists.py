"""Faults in the contents of a list: what a broken server or proxy, or a changing list, may show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dezky_audit_tui.demo.faults import Fault
from dezky_audit_tui.demo.messages import Listing, Reply, dump

Params = Mapping[str, list[str]]


def asked_page(params: Params, fault: Fault | None = None) -> int | None:
    """The page to serve: as asked (empty is 1), None where it is no number; always 1 for `repeated_page`."""
    if fault is not None and fault.kind == "repeated_page":
        return 1
    text = params.get("page", [""])[-1].strip() or "1"
    return int(text) if text.isascii() and text.lstrip("-").isdecimal() and len(text) < 10 else None


def skipped_rows(fault: Fault | None) -> int:
    """How many rows at the top `shifted_page` hides."""
    if fault is None or fault.kind != "shifted_page":
        return 0
    return 50 if fault.value is None else int(fault.value)


def twist(listing: Listing, params: Params, fault: Fault) -> Reply:
    """The listing with the fault in it; as it is where the fault is of another sort."""
    asked = asked_page(params) or 1
    if fault.kind == "empty_list":
        nothing = {"next": 0, "previous": 0, "count": 0, "current": 1, "total_pages": 1}
        return replace(listing, pagination={**nothing, "start_index": 0, "end_index": 0}, rows=[]).reply()
    if fault.kind == "endless_next":
        return replace(listing, pagination={**listing.pagination, "current": asked, "next": asked + 1}).reply()
    if fault.kind == "repeated_page":
        pagination = dict(listing.pagination)
        size = max(pagination["end_index"], 1)
        pagination |= {
            "current": asked,
            "previous": asked - 1,
            "next": asked + 1 if asked < pagination["total_pages"] else 0,
            "start_index": (asked - 1) * size + 1,
            "end_index": min(asked * size, pagination["count"]),
        }
        return replace(listing, pagination=pagination).reply()
    if fault.kind == "garbled_row" and listing.rows:
        broken = dump(42 if fault.value is None else fault.value)
        return replace(listing, rows=[broken, *listing.rows[1:]]).reply()
    reply = listing.reply()
    if fault.kind == "bad_pagination":
        return replace(reply, body=reply.body.replace(b'"pagination":', b'"pages":', 1))
    return reply
