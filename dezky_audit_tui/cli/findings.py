"""`findings`: what reading the source again found, noted beside the events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from dezky_audit_tui.cli.options import json_option, settings_for, store_option
from dezky_audit_tui.cli.output import columns
from dezky_audit_tui.cli.reading import Listing, limit_option
from dezky_audit_tui.model.finding import Finding, change_text, finding_json
from dezky_audit_tui.model.instants import instant_text


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
@limit_option
@json_option
@store_option
@click.pass_context
def command(context: click.Context, limit: int, as_json: bool, store: str | None) -> None:
    """Events that were missing, that were changed at the source or are gone from it; found by reading it again."""
    settings = settings_for(context, store=store)
    _FINDINGS.write(settings, limit, as_json=as_json)


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


_FINDINGS = Listing(
    lambda store, limit: store.findings(limit),
    finding_json,
    finding_lines,
    "nothing was found: the store and the source agree, as far as the source was read again",
)
