"""`reconcile`: read a stretch of the source again, repair what was missing, tell what was changed or is gone."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import click

from dezky_audit_tui.cli.findings import finding_lines
from dezky_audit_tui.cli.options import PROG, json_option, settings_for, source_settings, store_option
from dezky_audit_tui.cli.output import write_json, write_lines
from dezky_audit_tui.cli.running import opened_store, run_until_done
from dezky_audit_tui.cli.times import moment
from dezky_audit_tui.errors import Exit, StoreReadOnly
from dezky_audit_tui.ingest.build import build_budget, build_rules, build_source
from dezky_audit_tui.ingest.reconcile import Reconciled, reconcile
from dezky_audit_tui.model.finding import FINDING_KINDS, finding_json
from dezky_audit_tui.model.instants import instant_text, now
from dezky_audit_tui.model.report import TickError
from dezky_audit_tui.settings import Settings
from dezky_audit_tui.text import visible

_DAY = timedelta(hours=24)


@click.command(
    "reconcile",
    epilog="""\b
Examples:
  dezky-audit-tui reconcile
  dezky-audit-tui reconcile --since 30d
  dezky-audit-tui reconcile --since 2026-11-24T08:00 --until 2026-11-24T18:00 --json | jq .gone

Times are UTC, or an age: 8h, 90m, 2d. A stored event never changes: that it was changed or deleted at the source is
noted beside it, and `findings` lists the notes. A service or dashboard that ingests goes on running: it lets this one
have its turn between two ticks, and takes over again at the end. Ended in the middle, the ticks that follow read the
rest.

Exit codes: 1 where it could not be done.""",
)
@click.option("--since", callback=moment, metavar="TIME", help="Where the stretch begins.  [default: 24h]")
@click.option("--until", callback=moment, metavar="TIME", help="Where it ends.  [default: now]")
@json_option
@store_option
@click.pass_context
def command(
    context: click.Context, since: datetime | None, until: datetime | None, as_json: bool, store: str | None
) -> int:
    """Walk a stretch of Authentik's log again: what was missing is stored, what was changed or deleted is noted."""
    end = until or now()
    begin = since or end - _DAY
    if begin >= end:
        raise click.UsageError("--since has to lie before --until.")
    settings = settings_for(context, store=store)
    if settings.audit_ingest_enabled:
        settings = source_settings(settings)
        done = run_until_done(lambda: _reconcile(settings, begin, end))
    else:
        told = TickError("disabled", "AUDIT_INGEST_ENABLED is false: nothing was sent")
        done = Reconciled("skipped", error=told)
    if done is None:
        return Exit.DONE  # a signal ended it: the next ticks read the rest
    if as_json:
        write_json(_json(done))
    else:
        write_lines(_lines(done))
    if done.outcome != "ok":
        sys.stderr.write(f"{PROG}: {visible(done.error.message if done.error else 'it could not be done')}\n")
        return Exit.FAILED
    return Exit.DONE


async def _reconcile(settings: Settings, since: datetime, until: datetime) -> Reconciled:
    source = build_source(settings)
    try:
        async with opened_store(settings) as store:
            if store.read_only is not None:
                raise StoreReadOnly(f"{store.name}: {store.read_only}; nothing was pulled")
            return await reconcile(
                source,
                store,
                since,
                until,
                budget=build_budget(settings),
                rules=build_rules(settings),
                interval_s=settings.audit_ingest_interval,
                on_wait=_tell_holder,
            )
    finally:
        await source.aclose()


def _tell_holder(holder: str) -> None:
    sys.stderr.write(f"{PROG}: {visible(holder)} ingests; waiting for the end of its tick\n")
    sys.stderr.flush()


def _json(done: Reconciled) -> dict[str, Any]:
    return {
        "outcome": done.outcome,
        "since": instant_text(done.since) if done.since else None,
        "until": instant_text(done.until) if done.until else None,
        "events": done.shown,
        "inserted": done.inserted,
        "requests": done.requests,
        **{kind: [finding_json(each) for each in done.findings if each.kind == kind] for kind in FINDING_KINDS},
        "left": done.left,
        "error": {"kind": done.error.kind, "message": done.error.message} if done.error else None,
    }


def _lines(done: Reconciled) -> Iterator[str]:
    if done.outcome == "skipped":
        return
    if done.since is None or done.until is None:
        if done.outcome == "ok":
            yield "nothing to walk: what is not settled yet is read again by every tick anyway"
        return
    counts = {kind: sum(1 for each in done.findings if each.kind == kind) for kind in FINDING_KINDS}
    yield f"{instant_text(done.since)} to {instant_text(done.until)}: {done.shown:,} events at the source"
    yield f"  missing here, stored now    {counts['missing']:,}"
    yield f"  changed at the source       {counts['changed']:,}"
    yield f"  gone from the source        {counts['gone']:,}"
    if done.left:
        yield f"  not read yet                {done.left:,} stretches; the next ticks go on with them"
    if done.findings:
        yield ""
        yield from finding_lines(done.findings)
