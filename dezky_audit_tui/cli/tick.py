"""`tick`: pull once, or until nothing is left to read."""

from __future__ import annotations

import contextlib
import sys
from contextlib import aclosing

import click

from dezky_audit_tui.cli.options import PROG, json_option, settings_for, source_settings, store_option
from dezky_audit_tui.cli.output import write_json, write_lines
from dezky_audit_tui.cli.running import opened_store, run_until_done
from dezky_audit_tui.cli.summary import SOURCE, tick_lines
from dezky_audit_tui.errors import Exit, StoreError, StoreReadOnly
from dezky_audit_tui.ingest.build import build_budget, build_rules, build_source
from dezky_audit_tui.ingest.once import run_once
from dezky_audit_tui.ingest.tick import skipped
from dezky_audit_tui.model.cursor import PullState
from dezky_audit_tui.model.instants import now
from dezky_audit_tui.model.report import TickError, TickReport, report_json
from dezky_audit_tui.settings import Settings
from dezky_audit_tui.text import visible


@click.command(
    "tick",
    epilog="""\b
Examples:
  dezky-audit-tui tick
  dezky-audit-tui tick --until-caught-up --json | tail -n 1

Exit codes: 0 also where nothing was to be done (AUDIT_INGEST_ENABLED=false, or somebody else ingests); 1 where the
tick failed: what was read before the failure is stored, and the next tick goes on from there.""",
)
@json_option
@click.option("--until-caught-up", is_flag=True, help="As many ticks as it takes until nothing is left to read.")
@click.option(
    "--max-pages",
    metavar="N",
    type=click.IntRange(1, 1000),
    help="Pages that a tick may read, instead of AUDIT_INGEST_MAX_PAGES.",
)
@store_option
@click.pass_context
def command(
    context: click.Context, as_json: bool, until_caught_up: bool, max_pages: int | None, store: str | None
) -> int:
    """Pull once from Authentik, commit, and print the report."""
    settings = settings_for(context, store=store, audit_ingest_max_pages=max_pages)
    told = Told(as_json)
    if not settings.audit_ingest_enabled:
        run_until_done(lambda: _watch_only(settings, told))
    else:
        # Before the store is made, so that wrong settings leave nothing behind.
        settings = source_settings(settings)
        run_until_done(lambda: _tick(settings, told, until_caught_up))
    return told.code


class Told:
    """Prints each report as it comes; `code` is the exit code that the last one asks for."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self.code = Exit.DONE

    def tell(self, report: TickReport) -> None:
        """The report on stdout; a failure in one line on stderr too."""
        failed = report.outcome == "failed"
        self.code = Exit.FAILED if failed else Exit.DONE
        if self._as_json:
            write_json(report_json(report))
        elif not failed or report.inserted:
            write_lines(tick_lines(report), flush=True)
        if failed and report.error is not None:
            sys.stderr.write(f"{PROG}: {visible(report.error.message)}\n")


async def _tick(settings: Settings, told: Told, until_caught_up: bool) -> None:
    source = build_source(settings)
    try:
        async with opened_store(settings) as store:
            if store.read_only is not None:
                raise StoreReadOnly(f"{store.name}: {store.read_only}; nothing was pulled")
            ticks = run_once(
                source,
                store,
                budget=build_budget(settings),
                rules=build_rules(settings),
                until_caught_up=until_caught_up,
            )
            async with aclosing(ticks) as reports:
                async for report in reports:
                    told.tell(report)
    except StoreError as error:
        # The store that would keep the report is the one that failed.
        failure = TickError(error.kind, error.message)
        told.tell(TickReport(SOURCE, "cli", now(), outcome="failed", error=failure))
    finally:
        await source.aclose()


async def _watch_only(settings: Settings, told: Told) -> None:
    state: PullState | None = None
    with contextlib.suppress(StoreError):  # nothing is asked of a store that is away: nothing is to be done
        async with opened_store(settings) as store:
            state = await store.state(SOURCE)
    error = TickError("disabled", "AUDIT_INGEST_ENABLED is false: nothing was sent")
    told.tell(skipped(SOURCE, "cli", state, error, now()))
