"""`findings`: what reading the source again found, noted beside the events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from dezky_audit_tui.cli.options import json_option, settings_for, store_option
from dezky_audit_tui.cli.output import columns, write_json, write_lines
from dezky_audit_tui.cli.running import opened_store, run_until_done
from dezky_audit_tui.model.finding import Finding, change_text, finding_json
from dezky_audit_tui.model.instants import instant_text
from dezky_audit_tui.settings import Settings


@click.command(
    "findings",
    epilog="""\b
Examples:
  dezky-audit-tui findings
  dezky-audit-tui findings --json | jq '.items[] | select(.kind == "gone")'

missing: it was not in the store though its time was settled, and is now. changed: the source tells it otherwise now;
the event keeps its first form. gone: the source has it no more, before its time to expire. Reads the store alone: no
request is sent, and AUTHENTIK_URL need not be set.""",
)
@click.option(
    "--limit", metavar="N", type=click.IntRange(1, 100_000), default=100, show_default=True, help="At most so many."
)
@json_option
@store_option
@click.pass_context
def command(context: click.Context, limit: int, as_json: bool, store: str | None) -> None:
    """Events that were missing, that were changed at the source or are gone from it; found by reading it again."""
    settings = settings_for(context, store=store)
    run_until_done(lambda: _findings(settings, limit, as_json))


async def _findings(settings: Settings, limit: int, as_json: bool) -> None:
    async with opened_store(settings) as store:
        found = await store.findings(limit + 1)
    items, more = found[:limit], len(found) > limit
    if as_json:
        write_json({"items": [finding_json(each) for each in items], "more": more})
    elif not items:
        write_lines(["nothing was found: the store and the source agree, as far as the source was read again"])
    else:
        write_lines(finding_lines(items))
        if more:
            write_lines(["and more; --limit shows them"])


def finding_lines(findings: Sequence[Finding]) -> Iterator[str]:
    """A table of them, the changes of an event below it."""
    rows: list[tuple[str, ...]] = []
    for each in findings:
        back = f" (back {instant_text(each.back_at)})" if each.back_at else ""
        rows.append(
            (
                each.kind + back,
                instant_text(each.found_at),
                instant_text(each.at),
                each.action,
                each.actor_name or "-",
                each.external_id,
                change_text(each.changes[0]) if each.changes else "",
            )
        )
        rows += [("", "", "", "", "", "", change_text(change)) for change in each.changes[1:]]
    yield from columns(("what", "found", "event of", "verb", "actor", "id", "change"), rows)
