"""`quarantine`: what came from the source and could not be made an event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from dezky_audit_tui.cli.options import json_option, settings_for, store_option
from dezky_audit_tui.cli.output import columns
from dezky_audit_tui.cli.reading import Listing, limit_option
from dezky_audit_tui.model.instants import instant_text
from dezky_audit_tui.model.set_aside import SetAside


@click.command(
    "quarantine",
    epilog="""\b
Examples:
  dezky-audit-tui quarantine
  dezky-audit-tui quarantine --json | jq -r '.items[].reason' | sort | uniq -c

Of what was set aside, names and types are kept, never values: those may be secrets. Authentik's own list of events
shows them whole. Reads the store alone: no request is sent, and AUTHENTIK_URL need not be set.""",
)
@limit_option
@json_option
@store_option
@click.pass_context
def command(context: click.Context, limit: int, as_json: bool, store: str | None) -> None:
    """What was set aside since it could not be made an event, newest first, each with its reason."""
    settings = settings_for(context, store=store)
    _SET_ASIDE.write(settings, limit, as_json=as_json)


def _json(item: SetAside) -> dict[str, Any]:
    return {
        "source": item.source,
        "key": item.key,
        "reason": item.reason,
        "seenAt": instant_text(item.seen_at),
        "created": item.created,
        "action": item.action,
        "excerpt": item.excerpt,
    }


def _lines(items: Sequence[SetAside]) -> list[str]:
    rows = [
        (
            instant_text(item.seen_at),
            item.source,
            item.created or "-",
            item.action or "-",
            item.key,
            item.reason,
            item.excerpt or "",
        )
        for item in items
    ]
    return columns(("set aside", "source", "created", "action", "key", "reason", "what it held"), rows)


_SET_ASIDE = Listing(
    lambda store, limit: store.quarantined(limit),
    _json,
    _lines,
    "nothing was set aside: every event that came could be read",
)
