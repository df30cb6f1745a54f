"""`demo`: everything with nothing to set up."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path

import click

from dezky_audit_tui import logs
from dezky_audit_tui.cli.dashboard import has_terminal, run_with
from dezky_audit_tui.cli.options import Given, plain_option
from dezky_audit_tui.cli.output import in_colour, terminal_width, write_lines
from dezky_audit_tui.cli.plain import run_plain_with
from dezky_audit_tui.cli.running import opened_store, run_until_done
from dezky_audit_tui.cli.summary import tick_lines
from dezky_audit_tui.cli.table import TimelineTable
from dezky_audit_tui.demo.simulation import Simulation
from dezky_audit_tui.errors import AuditError, Exit
from dezky_audit_tui.ingest.build import build_budget, build_rules, build_source
from dezky_audit_tui.ingest.once import run_once
from dezky_audit_tui.model.query import EVERYTHING
from dezky_audit_tui.model.report import TickReport
from dezky_audit_tui.settings import Secret, Settings

_NEWEST = 20
_INTERVAL_S = 5.0


class DemoFailed(AuditError):
    """The demo's own ingester did not get through."""

    kind = "demo"


@click.command(
    "demo",
    epilog="""\b
Examples:
  dezky-audit-tui demo
  dezky-audit-tui demo --plain
  dezky-audit-tui demo </dev/null

It ignores AUTHENTIK_*, AUDIT_*, .env and config files: nothing of yours is asked, read or written. Its store is
temporary and gone at the end. Without a terminal: it pulls until it is caught up, and prints the last tick and the
newest events.""",
)
@plain_option
@click.pass_context
def command(context: click.Context, plain: bool) -> int:
    """A simulated Authentik on this machine, a fresh temporary store, and the dashboard."""
    with demo_settings() as settings:
        if plain or (context.find_object(Given) or Given()).plain:
            return run_plain_with(settings)
        if has_terminal():
            return run_with(settings)
        run_until_done(lambda: _print_all(settings))
        return Exit.DONE


@contextmanager
def demo_settings() -> Iterator[Settings]:
    """Settings for a simulated Authentik that runs, and a store that lives, as long as the block."""
    with (
        Simulation(outages=True) as simulation,
        tempfile.TemporaryDirectory(prefix="dezky-audit-tui-demo-", ignore_cleanup_errors=True) as folder,
    ):
        settings = Settings(
            authentik_url=simulation.url,
            authentik_token=Secret(simulation.token),
            audit_store=Secret(f"sqlite:///{Path(folder).resolve() / 'demo.db'}"),
            audit_ingest_interval=_INTERVAL_S,
            audit_tenants=tuple(simulation.tenants),
        )
        logs.hide(settings.secrets)
        yield settings


async def _print_all(settings: Settings) -> None:
    source = build_source(settings)
    last: TickReport | None = None
    try:
        async with opened_store(settings) as store:
            ticks = run_once(
                source, store, budget=build_budget(settings), rules=build_rules(settings), until_caught_up=True
            )
            async with aclosing(ticks) as reports:
                async for report in reports:
                    last = report
            newest = await store.older(EVERYTHING, None, _NEWEST)
            stored = sum((await store.counts()).values())
    finally:
        await source.aclose()
    if last is None or last.outcome != "ok":
        raise DemoFailed(last.error.message if last and last.error else "no tick ran")
    table = TimelineTable(terminal_width(), colour=in_colour())
    write_lines(
        [
            "the last tick",
            *tick_lines(last),
            "",
            f"the newest {len(newest)} of {stored:,} events",
            *table.lines([row.event for row in newest]),
        ]
    )
