"""What `doctor` asks of the store: is it sound, who ingests, and what was left out, set aside or found."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from datetime import datetime, timedelta

from dezky_audit_tui.errors import SettingsError, StoreError
from dezky_audit_tui.model.cursor import PullState
from dezky_audit_tui.model.finding import FINDING_KINDS
from dezky_audit_tui.model.instants import instant_text
from dezky_audit_tui.ops.check import Check, not_checked
from dezky_audit_tui.settings import Settings
from dezky_audit_tui.sources.authentik.wire import SOURCE
from dezky_audit_tui.store.open import open_store
from dezky_audit_tui.store.store import TENANTS_FINDING, Store, StoreFinding

_STORE_WAIT_S = 30.0
_MOST_COUNTED = 1_000


async def store_checks(settings: Settings, clock: Callable[[], datetime]) -> AsyncGenerator[Check, None]:
    """What the store answers, who ingests into it, and what is left to read. Never raises a StoreError."""
    store: Store | None = None
    try:
        store = open_store(settings.store_url)
        await asyncio.wait_for(store.open(), _STORE_WAIT_S)
        findings = await store.check()
        for finding in findings:
            yield _store_check(finding, settings)
        if all(finding.name != TENANTS_FINDING for finding in findings):
            yield _tenants_check(len(await store.tenants() | set(settings.audit_tenants)))
        yield await _ingester_check(store, settings, clock())
        yield _pull_check(await store.state(SOURCE))
        yield await _quarantine_check(store)
        yield await _findings_check(store)
    except TimeoutError:
        yield Check(
            "store", "fail", f"{settings.shown_store} did not answer within {_STORE_WAIT_S:g} s", "is it running?"
        )
        yield not_checked("ingester", "the store did not answer")
    except StoreError as error:
        yield Check("store", "fail", error.message, "see AUDIT_STORE")
        yield not_checked("ingester", "the store did not answer")
    except SettingsError as error:
        yield Check("store", "fail", error.message, "see AUDIT_STORE")
        yield not_checked("ingester", "the store is not known")
    finally:
        if store is not None:
            await store.close()


def _store_check(finding: StoreFinding, settings: Settings) -> Check:
    if finding.name == TENANTS_FINDING and not finding.ok and settings.audit_tenants:
        return Check(finding.name, "ok", f"{finding.message}; AUDIT_TENANTS names {len(settings.audit_tenants):,}")
    return Check(finding.name, "ok" if finding.ok else "fail", finding.message, finding.remedy)


def _tenants_check(known: int) -> Check:
    """Of a store that has no list of the platform's to say something about."""
    if known:
        return Check("tenants", "ok", f"{known:,} known")
    return Check("tenants", "warn", "none is known, so no event gets one", "name their slugs in AUDIT_TENANTS")


async def _ingester_check(store: Store, settings: Settings, at: datetime) -> Check:
    status = await store.status(SOURCE)
    tick, lease = status.last_tick, status.lease
    start = "start the dashboard, or dezky-audit-tui ingest as a service"
    if lease is not None:
        who = f"{lease.owner} ingests"
    elif tick is None:
        return Check("ingester", "warn", "nobody has ingested into this store yet", start)
    else:
        who = f"nobody ingests now; the last tick was at {instant_text(tick.started_at)}"
        if at - tick.started_at > timedelta(seconds=max(3 * settings.audit_ingest_interval, 300)):
            return Check("ingester", "warn", who, start)
    if tick is not None and tick.outcome == "failed" and tick.error is not None:
        return Check("ingester", "warn", f"{who}; the last tick failed", tick.error.message)
    return Check("ingester", "ok", who)


def _pull_check(state: PullState) -> Check:
    if state.unread:
        count = len(state.unread)
        oldest = state.unread[-1].bottom
        reach = f"back to {instant_text(oldest)}" if oldest else "back to the beginning"
        return Check(
            "pull",
            "warn",
            f"{count:,} stretch{'es' if count > 1 else ''} of Authentik's log not read yet, {reach}",
            "every tick fills some of it; dezky-audit-tui tick --until-caught-up reads all at once",
        )
    if state.settled_at is None:
        return Check("pull", "ok", "nothing was pulled yet, and nothing is left out")
    return Check("pull", "ok", f"all is read, and settled up to {instant_text(state.settled_at)}")


async def _findings_check(store: Store) -> Check:
    found = await store.findings(_MOST_COUNTED)
    if not found:
        return Check("findings", "ok", "store and source agree, as far as the source was read again")
    counts = Counter(each.kind for each in found)
    told = ", ".join(f"{counts[kind]:,} {kind}" for kind in FINDING_KINDS if counts[kind])
    return Check(
        "findings",
        "warn",
        f"reading Authentik's log again found events {told}; the last at {instant_text(found[0].found_at)}",
        "dezky-audit-tui findings lists them; who edits or deletes events needs a right that few should have",
    )


async def _quarantine_check(store: Store) -> Check:
    items = await store.quarantined(_MOST_COUNTED)
    if not items:
        return Check("quarantine", "ok", "every event that came could be read")
    count = f"{len(items):,}{' or more' if len(items) == _MOST_COUNTED else ''}"
    return Check(
        "quarantine",
        "warn",
        f"{count} set aside, the last at {instant_text(items[0].seen_at)}: {items[0].reason}",
        "dezky-audit-tui quarantine lists them; look for them in Authentik's own list of events",
    )
