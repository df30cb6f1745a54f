"""The timeline as plain lines, with the ingester in it: `--plain`."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import click

from dezky_audit_tui import logs
from dezky_audit_tui.cli.dashboard import dashboard_settings, ingester_maker
from dezky_audit_tui.cli.options import settings_for
from dezky_audit_tui.cli.output import write_lines
from dezky_audit_tui.cli.running import run_until_done
from dezky_audit_tui.errors import Exit
from dezky_audit_tui.settings import Settings
from dezky_audit_tui.store.open import open_store
from dezky_audit_tui.tui.plain import Ends, run_plain
from dezky_audit_tui.tui.setup import Setup


def show_plain(context: click.Context) -> int:
    """The lines with the operator's settings, until a signal ends them. Raises SettingsError."""
    return run_plain_with(dashboard_settings(settings_for(context)))


def run_plain_with(settings: Settings) -> int:
    """Events on stdout, how things stand on stderr, until a signal or the end of the reader; returns the exit code."""
    logs.log_to_file()
    store = open_store(settings.store_url)
    setup = Setup(store, ingester_maker(settings), "authentik", settings.audit_ingest_interval)
    run_until_done(lambda: run_plain(setup, Ends(_write, _say)))
    return Exit.DONE


def _write(lines: Iterable[str]) -> None:
    write_lines(lines, flush=True)


def _say(line: str) -> None:
    sys.stderr.write(logs.redact(line) + "\n")
    sys.stderr.flush()
