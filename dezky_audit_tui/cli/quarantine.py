"""`quarantine`: what came from the source and could not be made an event."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click

from dezky_audit_tui.cli.options import json_option, settings_for, store_option
from dezky_audit_tui.cli.output import columns, write_json, write_lines
from dezky_audit_tui.cli.running import opened_store, run_until_done
from dezky_audit_tui.model.instants import instant_text
from dezky_audit_tui.model.set_aside import SetAside
from dezky_audit_tui.settings import Settings


@click.command(
    "quarantine",
    epilog="""\b
Examples:
  dezky-audit-tui quarantine
  dezky-audit-tui quarantine --json | jq -r '.items[].reason' | sort | uniq -c

Of what was set aside, names and types are kept, never values: those may be secrets. Authentik's own list of events
shows them whole. Reads the store alone: no request is sent, and AUTHENTIK_URL need not be set.""",
)
@click.option(
    "--limit", metavar="N", type=click.IntRange(1, 100_000), default=100, show_default=True, help="At most so many."
)
@json_option
@store_option
@click.pass_context
def command(context: click.Context, limit: int, as_json: bool, store: str | None) -> None:
    """What was set aside since it could not be made an event, newest first, each with its reason."""
    settings = settings_for(context, store=store)
    run_until_done(lambda: _quarantine(settings, limit, as_json))


async def _quarantine(settings: Settings, limit: int, as_json: bool) -> None:
    async with opened_store(settings) as store:
        found = await store.quarantined(limit + 1)
    items, more = found[:limit], len(found) > limit
    if as_json:
        write_json({"items": [_json(item) for item in items], "more": more})
    else:
        write_lines(_lines(items, more))


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


def _lines(items: Sequence[SetAside], more: bool) -> Iterator[str]:
    if not items:
        yield "nothing was set aside: every event that came could be read"
        return
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
    yield from columns(("set aside", "source", "created", "action", "key", "reason", "what it held"), rows)
    if more:
        yield "and more; --limit shows them"
