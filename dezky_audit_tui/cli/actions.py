"""`actions`: the action map, and what was seen of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from dezky_audit_tui.cli.options import json_option, settings_for, store_option
from dezky_audit_tui.cli.output import columns
from dezky_audit_tui.cli.reading import tell_of_store
from dezky_audit_tui.model.instants import instant_text
from dezky_audit_tui.sources.authentik.action_map import VERBS
from dezky_audit_tui.store.store import ActionCount, Store


@click.command(
    "actions",
    epilog="""\b
Examples:
  dezky-audit-tui actions
  dezky-audit-tui actions --json | jq '.unmapped[].raw'

Reads the store alone: no request is sent, and AUTHENTIK_URL need not be set.""",
)
@json_option
@store_option
@click.pass_context
def command(context: click.Context, as_json: bool, store: str | None) -> None:
    """The action map, how often each action was seen, and the actions that have no verb in it."""
    settings = settings_for(context, store=store)
    tell_of_store(settings, _report, dict, _lines, as_json=as_json)


async def _report(store: Store) -> dict[str, Any]:
    return actions_report(VERBS, await store.action_counts())


def actions_report(action_map: Mapping[str, str], counts: Sequence[ActionCount]) -> dict[str, Any]:
    """`mapped`: the whole map, with what was never seen; `unmapped`: raw actions without a verb; `other`: verbs
    that other writers recorded. Most frequent first within each, the map in its own order."""
    seen = {count.raw: count for count in counts if count.raw is not None and not count.unmapped}
    mapped = [_entry(raw, verb, seen.get(raw)) for raw, verb in action_map.items()]
    unmapped = [_entry(count.raw, count.action, count) for count in counts if count.unmapped]
    other = [
        _entry(count.raw, count.action, count)
        for count in counts
        if not count.unmapped and (count.raw is None or count.raw not in action_map)
    ]
    return {"mapped": mapped, "unmapped": unmapped, "other": other}


def _entry(raw: str | None, verb: str, count: ActionCount | None) -> dict[str, Any]:
    return {
        "raw": raw,
        "verb": verb,
        "count": count.count if count else 0,
        "firstAt": instant_text(count.first_at) if count else None,
        "lastAt": instant_text(count.last_at) if count else None,
    }


def _lines(report: Mapping[str, list[dict[str, Any]]]) -> list[str]:
    titles = {"mapped": "mapped", "unmapped": "unmapped", "other": "other writers"}
    rows = []
    for part, title in titles.items():
        for entry in report[part]:
            rows.append(
                (f"{entry['count']:>9,}", entry["raw"] or "-", entry["verb"], entry["lastAt"] or "never", title)
            )
    return columns(("seen".rjust(9), "action", "verb", "last", "kind"), rows)
