"""What `doctor` looks at: settings, source, permissions, clocks, store, ingester, files; each with what to do."""

from __future__ import annotations

import os
import stat
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dezky_audit_tui.errors import SettingsError
from dezky_audit_tui.model.instants import now
from dezky_audit_tui.ops.check import Check, not_checked
from dezky_audit_tui.ops.check_source import OF_SOURCE, source_checks
from dezky_audit_tui.ops.check_store import store_checks
from dezky_audit_tui.settings import Settings
from dezky_audit_tui.sources.authentik.client import AuthentikClient


@dataclass(frozen=True, slots=True)
class PrivateFile:
    """A file that may hold a secret, and the setting or place that names it."""

    what: str
    path: Path


def wrong_settings(error: SettingsError) -> list[Check]:
    """All that can be said where the settings themselves are wrong."""
    told = [Check("settings", "fail", line, "correct it; the README lists all settings") for line in _lines(error)]
    return [*told, *(not_checked(name, "the settings are wrong") for name in ("source", "store"))]


async def examine(
    settings: Settings, files: list[PrivateFile], *, clock: Callable[[], datetime] = now
) -> AsyncGenerator[Check, None]:
    """All checks, in order, as each is done. One that needs what failed before says so and is a warning."""
    if not settings.audit_ingest_enabled:
        yield Check("settings", "ok", "read; AUDIT_INGEST_ENABLED is false, so nothing is asked of Authentik")
    else:
        try:
            access = settings.source_access()
            client = AuthentikClient(access.url, access.token, ca_bundle=access.ca_bundle, clock=clock)
        except SettingsError as error:
            for line in _lines(error):
                yield Check("settings", "fail", line, "set it in the environment, .env or config.toml")
            for name in ("source", *OF_SOURCE):
                yield not_checked(name, "settings are missing or wrong")
        else:
            yield Check("settings", "ok", f"read; Authentik at {access.url}, store {settings.shown_store}")
            try:
                async for check in source_checks(client, access.url):
                    yield check
            finally:
                await client.aclose()
    async for check in store_checks(settings, clock):
        yield check
    yield _files_check(files)


def _files_check(files: list[PrivateFile]) -> Check:
    wrong: list[str] = []
    remedies: list[str] = []
    for file in files:
        try:
            status = file.path.stat()
        except OSError:
            continue  # a file that is not there tells nothing to anybody
        if stat.S_IMODE(status.st_mode) & 0o077:
            wrong.append(f"{file.what} {file.path} can be read by others")
            remedies.append(f"chmod 600 {file.path}")
        if status.st_uid not in (os.getuid(), 0):
            wrong.append(f"{file.what} {file.path} belongs to another user, who decides what is asked with your token")
            remedies.append(f"chown {os.getuid()} {file.path}")
    if wrong:
        return Check("files", "warn", "; ".join(wrong), "; ".join(remedies))
    return Check("files", "ok", "no file with a secret is open to others")


def _lines(error: SettingsError) -> list[str]:
    return error.message.splitlines() or ["a setting is wrong"]
