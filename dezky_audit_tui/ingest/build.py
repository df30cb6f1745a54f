"""From settings to an ingester: the one place that knows which source, budget and rules the settings mean."""

from __future__ import annotations

from dezky_audit_tui.ingest.tick import TenantRules
from dezky_audit_tui.ingest.worker import Clocks, Ingester
from dezky_audit_tui.model.tenants import GroupPatterns
from dezky_audit_tui.settings.model import Settings
from dezky_audit_tui.sources.source import Budget, Source
from dezky_audit_tui.store.store import Store


def build_source(settings: Settings) -> Source:
    """The source that the settings name. Raises SettingsError where one of them is missing or can't be used."""
    from dezky_audit_tui.sources.authentik.client import AuthentikClient
    from dezky_audit_tui.sources.authentik.source import AuthentikSource

    access = settings.source_access()
    return AuthentikSource(AuthentikClient(access.url, access.token, ca_bundle=access.ca_bundle))


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


def build_ingester(settings: Settings, store: Store, source: Source, clocks: Clocks | None = None) -> Ingester:
    """An ingester of `source` into `store`."""
    return Ingester(
        source,
        store,
        budget=build_budget(settings),
        rules=build_rules(settings),
        interval_s=settings.audit_ingest_interval,
        enabled=settings.audit_ingest_enabled,
        clocks=clocks,
    )
