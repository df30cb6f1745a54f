"""`ingest`: the ingester alone, for a service."""

from __future__ import annotations

import asyncio
import logging

import click

from dezky_audit_tui import logs
from dezky_audit_tui.cli.options import interval_option, settings_for, source_settings, store_option
from dezky_audit_tui.cli.running import opened_store, run_until_done
from dezky_audit_tui.errors import StoreReadOnly
from dezky_audit_tui.ingest.build import build_ingester, build_source
from dezky_audit_tui.ingest.worker import Ingester
from dezky_audit_tui.settings import Settings

_LOOK_S = 1.0
_log = logging.getLogger(__name__)


@click.command(
    "ingest",
    epilog="""\b
Examples:
  dezky-audit-tui ingest
  dezky-audit-tui ingest --interval 30 2>>ingest.log

Log lines go to stderr. SIGTERM ends it cleanly: the tick in flight ends or is rolled back, and the lease is given
back. Where another program ingests into the same store, this one watches and takes over when that one ends.""",
)
@interval_option
@store_option
@click.pass_context
def command(context: click.Context, interval: float | None, store: str | None) -> None:
    """Pull again and again, without a screen."""
    settings = settings_for(context, store=store, audit_ingest_interval=interval)
    logs.log_to_stderr()
    if settings.audit_ingest_enabled:
        # Before the store is made, so that wrong settings leave nothing behind.
        settings = source_settings(settings)
        run_until_done(lambda: _ingest(settings))
    else:
        run_until_done(_wait)


async def _ingest(settings: Settings) -> None:
    source = build_source(settings)
    try:
        async with opened_store(settings) as store:
            if store.read_only is not None:
                raise StoreReadOnly(f"{store.name}: {store.read_only}; nothing can be ingested")
            ingester = build_ingester(settings, store, source)
            _log.info(
                "pulling %s into %s every %g s", settings.authentik_url, store.name, settings.audit_ingest_interval
            )
            running = asyncio.create_task(ingester.run())
            telling = asyncio.create_task(_tell_waits(ingester))
            try:
                await asyncio.shield(running)
            finally:
                telling.cancel()
                held = ingester.state.phase != "watching"
                await ingester.stop()
                await running
                _log.info("ended; the lease is given back" if held else "ended")
    finally:
        await source.aclose()


async def _tell_waits(ingester: Ingester) -> None:
    """Log why it does not pull, once each time that the reason changes; failed ticks log themselves."""
    told: tuple[str, str | None] | None = None
    while True:
        state = ingester.state
        error = state.last.error if state.last else None
        why = state.why if state.why and not (error and error.message == state.why) else None
        now = (state.phase, why)
        if now != told and why is not None:
            _log.warning("%s: %s", state.phase, why)
        if state.phase != "ticking":
            told = now
        await asyncio.sleep(_LOOK_S)


async def _wait() -> None:
    _log.warning("AUDIT_INGEST_ENABLED is false: nothing is pulled; this program waits for its end")
    await asyncio.Event().wait()
