"""The dashboard, with the ingester in it: what runs where no command is given."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dezky_audit_tui import logs, paths
from dezky_audit_tui.cli.options import PROG, given_settings, settled, source_settings
from dezky_audit_tui.errors import AuditError, Exit, SettingsError
from dezky_audit_tui.settings.beside import SettingsBeside

if TYPE_CHECKING:
    from dezky_audit_tui.settings import Settings
    from dezky_audit_tui.tui.supervise import IngesterHandle, MakeIngester

_LINES_ONLY = ("dumb", "unknown")
"""What terminals call themselves that cannot move their cursor, as an editor's shell."""


class NoTerminal(AuditError):
    """The dashboard was asked for where there is no terminal."""

    kind = "no_terminal"
    exit_code = Exit.WRONG_USE


def has_terminal() -> bool:
    """Whether there is one to read keys from and to draw on. The screen's library draws on stderr, and never comes to
    rest where it is told that nothing can be drawn."""
    drawable = os.environ.get("TERM", "").lower() not in _LINES_ONLY
    return drawable and sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()


def show_dashboard(context: click.Context) -> int:
    """The dashboard with the operator's settings. Raises NoTerminal, and SettingsError before anything is drawn."""
    if not has_terminal():
        raise NoTerminal(
            f"the dashboard needs a terminal that can move its cursor, as stdin, stdout and stderr; without one "
            f"use {PROG} --plain, timeline, status, tick or ingest (see {PROG} -h)"
        )
    gc.disable()  # until the first frame: see __main__
    with SettingsBeside(given_settings(context)) as reading:
        import_module("dezky_audit_tui.tui.run")  # meanwhile
        settings = dashboard_settings(settled(reading.settings()))
    return run_with(settings, view_file=paths.view_file())


def dashboard_settings(settings: Settings) -> Settings:
    """The settings to go on with. Raises SettingsError where an ingester is wanted and cannot ask its source."""
    if settings.audit_ingest_enabled:
        try:
            return source_settings(settings)
        except SettingsError as error:
            raise SettingsError(f"{error.message}\nto look around with nothing to set up: {PROG} demo") from None
    return settings


def run_with(settings: Settings, *, view_file: Path | None = None) -> int:
    """The dashboard with these settings, until it is left; returns the exit code.

    `view_file`: where it is kept how the dashboard was left; None: it begins as usual, and leaves nothing behind.
    """
    gc.disable()  # until the first frame: see __main__
    # Imported here and nowhere else: no other command loads the screen's library.
    from dezky_audit_tui.cli.summary import SOURCE
    from dezky_audit_tui.sources.authentik.action_map import VERBS
    from dezky_audit_tui.store.open import open_store
    from dezky_audit_tui.tui.run import run_dashboard
    from dezky_audit_tui.tui.setup import Setup

    logs.log_to_file()
    store = open_store(settings.store_url)

    setup = Setup(
        store,
        ingester_maker(settings),
        source_name=SOURCE,
        interval_s=settings.audit_ingest_interval,
        verbs=VERBS,
        admin_groups=settings.audit_admin_groups,
        bell=settings.audit_bell,
        notify=settings.audit_notify,
        theme=settings.audit_theme,
        view_file=view_file,
    )
    try:
        return run_dashboard(setup)
    finally:
        gc.enable()


def ingester_maker(settings: Settings) -> MakeIngester | None:
    """What makes the ingester, once there is something to see; None where these settings only watch."""
    if not settings.audit_ingest_enabled:
        return None
    from dezky_audit_tui.store.lease_owner import make_owner

    owner = make_owner()

    async def make_ingester() -> IngesterHandle:
        from dezky_audit_tui.ingest.process import start_ingester

        return await start_ingester(settings, owner)

    return make_ingester
