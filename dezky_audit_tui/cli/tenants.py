"""`tenants`: how tenants were found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from dezky_audit_tui.cli.options import json_option, settings_for, store_option
from dezky_audit_tui.cli.output import columns
from dezky_audit_tui.cli.reading import tell_of_store
from dezky_audit_tui.model.event import REASONS, Row, why_json
from dezky_audit_tui.model.instants import instant_text
from dezky_audit_tui.store.store import Store, TenantCounts


@click.command(
    "tenants",
    epilog="""\b
Examples:
  dezky-audit-tui tenants
  dezky-audit-tui tenants --json | jq .unknownGroups

Reads the store alone: no request is sent, and AUTHENTIK_URL need not be set.""",
)
@json_option
@store_option
@click.pass_context
def command(context: click.Context, as_json: bool, store: str | None) -> None:
    """Events by the way their tenant was found, groups that name no tenant, and the latest resolutions."""
    settings = settings_for(context, store=store)
    named = settings.audit_tenants

    async def ask(store: Store) -> _Told:
        return await store.tenant_counts(), sorted(await store.tenants() | set(named))

    tell_of_store(settings, ask, _json, _lines, as_json=as_json)


_Told = tuple[TenantCounts, list[str]]
"""How tenants were found, and all slugs that are known."""


def _json(told: _Told) -> dict[str, Any]:
    counts, slugs = told
    return {
        "known": slugs,
        "reasons": {reason: counts.reasons.get(reason, 0) for reason in REASONS},
        "tenants": dict(counts.tenants),
        "unknownGroups": dict(counts.unknown_groups),
        "latest": [_resolution(row) for row in counts.latest],
    }


def _resolution(row: Row) -> dict[str, Any]:
    event = row.event
    return {
        "at": instant_text(event.at),
        "externalId": event.external_id,
        "action": event.action,
        "actorName": event.actor_name,
        "tenantSlug": event.tenant_slug,
        "tenantWhy": why_json(event.tenant_why) if event.tenant_why else None,
    }


def _lines(told: _Told) -> list[str]:
    counts, slugs = told
    lines = [f"tenants known: {', '.join(slugs) if slugs else 'none; name them in AUDIT_TENANTS'}"]
    lines += [counts.no_list, ""] if counts.no_list else [""]
    lines += _counted("how the tenant was found", {reason: counts.reasons.get(reason, 0) for reason in REASONS})
    if counts.tenants:
        lines += ["", *_counted("events by tenant", counts.tenants)]
    if counts.unknown_groups:
        lines += ["", *_counted("groups that name no tenant", counts.unknown_groups)]
    if counts.latest:
        rows = [
            (
                instant_text(row.event.at),
                row.event.action,
                row.event.tenant_slug or "-",
                why.reason if (why := row.event.tenant_why) else "-",
                row.event.actor_name or "-",
                ", ".join(why.groups) if why else "",
            )
            for row in counts.latest
        ]
        lines += ["", *columns(("latest", "verb", "tenant", "how", "actor", "groups"), rows)]
    return lines


def _counted(title: str, counts: Mapping[str, int]) -> list[str]:
    return columns((title, "events"), [(name, f"{count:,}") for name, count in counts.items()])
