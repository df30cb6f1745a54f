"""`status`: how far the pull has come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import click

from dezky_audit_tui.cli.options import json_option, settings_for, store_option
from dezky_audit_tui.cli.output import pairs
from dezky_audit_tui.cli.reading import tell_of_store
from dezky_audit_tui.cli.summary import SOURCE, hole_line, tick_line
from dezky_audit_tui.model.cursor import state_json
from dezky_audit_tui.model.instants import instant_text
from dezky_audit_tui.model.report import report_json
from dezky_audit_tui.store.store import Lease, Store, StoreStatus


@click.command(
    "status",
    epilog="""\b
Examples:
  dezky-audit-tui status
  dezky-audit-tui status --json | jq .cursor.holes

Reads the store alone: no request is sent, and AUTHENTIK_URL need not be set.""",
)
@json_option
@store_option
@click.pass_context
def command(context: click.Context, as_json: bool, store: str | None) -> None:
    """How far the pull has come, how many events there are, who ingests, and the last tick."""
    settings = settings_for(context, store=store)
    tell_of_store(settings, _read, _json, _lines, as_json=as_json)


_Told = tuple[str, StoreStatus, Mapping[str, int]]
"""The store's name, how it stands, and events by source."""


async def _read(store: Store) -> _Told:
    return store.name, await store.status(SOURCE), await store.counts()


def _json(told: _Told) -> dict[str, Any]:
    name, status, counts = told
    return {
        "store": name,
        "cursor": state_json(status.state),
        "events": dict(counts),
        "lease": _lease_json(status.lease),
        "lastTick": report_json(status.last_tick) if status.last_tick else None,
        **({"otherWorkerAt": instant_text(status.other_worker)} if status.other_worker else {}),
    }


def _other_worker(seen: datetime | None) -> list[tuple[str, str]]:
    return (
        [] if seen is None else [("cursor", f"moved by another worker too, seen at {instant_text(seen)}; see doctor")]
    )


def _lease_json(lease: Lease | None) -> dict[str, Any] | None:
    if lease is None:
        return None
    return {"owner": lease.owner, "epoch": lease.epoch, "expiresAt": instant_text(lease.expires_at)}


def _lines(told: _Told) -> list[str]:
    name, status, counts = told
    state, lease, tick = status.state, status.lease, status.last_tick
    ahead = "only events ahead of the clock so far" if counts.get(SOURCE) else "no event yet"
    cursor = f"{instant_text(state.cursor.at)}  {state.cursor.pk}" if state.cursor else ahead
    events = "  ".join(f"{source} {count:,}" for source, count in sorted(counts.items())) or "none"
    return pairs(
        [
            ("store", name),
            ("events", events),
            ("last event", cursor),
            ("settled to", instant_text(state.settled_at) if state.settled_at else "-"),
            ("holes", f"{len(state.unread)} not read yet" if state.unread else "none"),
            *(("", hole_line(hole)) for hole in state.unread),
            ("ingested by", f"{lease.owner} until {instant_text(lease.expires_at)}" if lease else "nobody"),
            ("last tick", tick_line(tick) if tick else "none yet"),
            *_other_worker(status.other_worker),
        ]
    )
