"""`doctor`: what is wrong, and what to do."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import asdict
from pathlib import Path

import click

from dezky_audit_tui import logs, paths
from dezky_audit_tui.cli.options import json_option, settings_for, store_option
from dezky_audit_tui.cli.output import in_colour, write_json, write_lines
from dezky_audit_tui.cli.running import run_until_done
from dezky_audit_tui.errors import Exit, SettingsError
from dezky_audit_tui.ops.check import Check
from dezky_audit_tui.ops.doctor import PrivateFile, examine, wrong_settings
from dezky_audit_tui.settings import Settings
from dezky_audit_tui.text import fit, visible

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command(
    "doctor",
    epilog="""\b
Examples:
  dezky-audit-tui doctor
  dezky-audit-tui doctor --json | jq '.checks[] | select(.status != "ok")'

Each check is ok, warn or fail. One that cannot run since an earlier one failed says so.
Exit code 1 where one failed.""",
)
@json_option
@store_option
@click.pass_context
def command(context: click.Context, as_json: bool, store: str | None) -> int:
    """Check settings, source, permissions, clock, store and files, and say what to do."""
    checks: list[Check] = []
    try:
        settings = settings_for(context, store=store)
    except SettingsError as error:
        checks = wrong_settings(error)
        if not as_json:
            write_lines(line for check in checks for line in _lines(_redacted(check)))
    else:
        run_until_done(lambda: _examine(settings, checks, tell=not as_json))
    failed = any(check.status == "fail" for check in checks)
    if as_json:
        write_json({"ok": not failed, "checks": [asdict(_redacted(check)) for check in checks]})
    return Exit.FAILED if failed else Exit.DONE


async def _examine(settings: Settings, checks: list[Check], *, tell: bool) -> None:
    async with aclosing(examine(settings, _files(settings))) as found:
        async for check in found:
            checks.append(check)
            if tell:
                write_lines(_lines(_redacted(check)), flush=True)


def _files(settings: Settings) -> list[PrivateFile]:
    """The files that may hold a secret."""
    files = [PrivateFile("the file", Path(".env")), PrivateFile("the file", paths.config_file())]
    if settings.authentik_token_file is not None:
        files.append(PrivateFile("AUTHENTIK_TOKEN_FILE", settings.authentik_token_file))
    return files


def _redacted(check: Check) -> Check:
    """The check with no secret in its words, whatever a driver put into them."""
    return Check(check.name, check.status, logs.redact(check.message), logs.redact(check.remedy))


def _lines(check: Check) -> list[str]:
    status = fit(check.status, 4)
    if in_colour():
        status = click.style(status, fg=_COLOURS[check.status])
    lines = [f"{status}  {fit(check.name, 13)}  {visible(check.message)}"]
    if check.remedy and check.status != "ok":
        lines.append(f"{' ' * 21}do: {visible(check.remedy)}")
    return lines
