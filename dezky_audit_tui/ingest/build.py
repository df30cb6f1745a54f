"""From settings to an ingester: the one place that knows which source, budget and rules the settings mean."""

from __future__ import annotations

import logging
import stat
from contextlib import suppress
from pathlib import Path

from dezky_audit_tui import logs
from dezky_audit_tui.errors import SettingsError
from dezky_audit_tui.ingest.clocks import Clocks
from dezky_audit_tui.ingest.tick import TenantRules
from dezky_audit_tui.ingest.worker import Ingester
from dezky_audit_tui.model.tenants import GroupPatterns
from dezky_audit_tui.settings.model import Settings, read_token
from dezky_audit_tui.sources.source import Budget, Source
from dezky_audit_tui.store.store import Store

log = logging.getLogger(__name__)


def build_source(settings: Settings) -> Source:
    """The source that the settings name. Raises SettingsError where one of them is missing or can't be used."""
    from dezky_audit_tui.sources.authentik.client import AuthentikClient
    from dezky_audit_tui.sources.authentik.source import AuthentikSource

    access, file = settings.source_access(), settings.authentik_token_file
    token = access.token if file is None else TokenOfFile(file, access.token.get_secret_value())
    return AuthentikSource(AuthentikClient(access.url, token, ca_bundle=access.ca_bundle))


class TokenOfFile:
    """The token in AUTHENTIK_TOKEN_FILE, asked for with each request: one that was replaced there needs no new start.

    Where the file cannot be read now, the last one counts; the source says whether that one is still good.
    """

    def __init__(self, file: Path, token: str) -> None:
        self._file = file
        self._token = token
        self._seen: tuple[int, ...] | None = None

    def __call__(self) -> str:
        """The token."""
        seen = _version_of(self._file)
        if seen is None or seen == self._seen:
            return self._token
        self._seen = seen
        with suppress(SettingsError):
            token = read_token(self._file).get_secret_value()
            if token != self._token:
                logs.hide([token])
                self._token = token
                log.info("AUTHENTIK_TOKEN_FILE holds a new token; it is used from now on")
        return self._token


def _version_of(file: Path) -> tuple[int, ...] | None:
    """Another one where the file was written or replaced; None where it is away, or a pipe, which is read once."""
    try:
        found = file.stat()
    except OSError:
        return None
    return (found.st_ino, found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None


def build_budget(settings: Settings) -> Budget:
    """What a tick may ask for."""
    return Budget(
        max_pages=settings.audit_ingest_max_pages,
        page_size=settings.audit_ingest_page_size,
        overlap_s=settings.audit_ingest_overlap,
        history_days=settings.audit_ingest_history_days,
    )


def build_rules(settings: Settings) -> TenantRules:
    """Which groups name a tenant."""
    return TenantRules(frozenset(settings.audit_tenants), GroupPatterns(settings.audit_admin_groups))


def build_ingester(
    settings: Settings, store: Store, source: Source, clocks: Clocks | None = None, owner: str | None = None
) -> Ingester:
    """An ingester of `source` into `store`. `owner`: its name as the holder of the lease; None: one of this process."""
    return Ingester(
        source,
        store,
        budget=build_budget(settings),
        rules=build_rules(settings),
        interval_s=settings.audit_ingest_interval,
        enabled=settings.audit_ingest_enabled,
        clocks=clocks,
        owner=owner,
    )
