"""`tenants`: how tenants were found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from dezky_audit_tui.cli.options import json_option, settings_for, store_option
from dezky_audit_tui.cli.output import columns, write_json, write_lines
from dezky_audit_tui.cli.running import opened_store, run_until_done
from dezky_audit_tui.model.event import REASONS, Row, why_json
from dezky_audit_tui.model.instants import instant_text
from dezky_audit_tui.settings import Settings
from dezky_audit_tui.store.store import TenantCounts


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
    run_until_done(lambda: _tenants(settings, as_json))


async def _tenants(settings: Settings, as_json: bool) -> None:
    async with opened_store(settings) as store:
        counts = await store.tenant_counts()
        known = await store.tenants()
    slugs = sorted(known | set(settings.audit_tenants))
    if as_json:
        write_json(_json(counts, slugs))
    else:
        write_lines(_lines(counts, slugs))


def _json(counts: TenantCounts, slugs: list[str]) -> dict[str, Any]:
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


def _lines(counts: TenantCounts, slugs: list[str]) -> list[str]:
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
                row.event.actor_name or "-",
                row.event.tenant_slug or "-",
                why.reason if (why := row.event.tenant_why) else "-",
                ", ".join(why.groups) if why else "",
            )
            for row in counts.latest
        ]
        lines += ["", *columns(("latest", "verb", "actor", "tenant", "how", "groups"), rows)]
    return lines


def _counted(title: str, counts: Mapping[str, int]) -> list[str]:
    return columns((title, "events"), [(name, f"{count:,}") for name, count in counts.items()])
