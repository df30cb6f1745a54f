"""What panes show: counters equal a recount, reports and what was set aside are kept as long as promised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dezky_audit_tui.model.cursor import PullState
from dezky_audit_tui.model.event import AuditEvent, TenantWhy
from dezky_audit_tui.model.instants import now
from dezky_audit_tui.model.report import TickError, TickReport
from dezky_audit_tui.model.tenants import Resolution
from dezky_audit_tui.store.store import ActionCount, Store
from tests.effort import costly
from tests.store import wild
from tests.store.houses import House
from tests.store.samples import AUTHENTIK, NOON, event, events_of, failed_lookup, ids, put, take_lease, walk_down


@costly(8)
@given(batches=st.lists(wild.events(wild.TEXTS), max_size=3), slug=st.sampled_from([None, "acme", "globex"]))
async def test_counters_equal_a_recount(
    new_house: Callable[[], House], batches: list[list[AuditEvent]], slug: str | None
) -> None:
    store = await new_house().enter()
    lease = await take_lease(store)
    for batch in batches:
        await put(store, *batch, lease=lease)
    failed = await store.unresolved(AUTHENTIK, 5)
    found = Resolution(slug, TenantWhy("matched" if slug else "no_groups"))
    await store.resolve({row.position: found for row in failed}, lease)

    events = events_of(await walk_down(store, "", 100))
    assert await store.counts() == Counter(each.source for each in events)
    counts = await store.tenant_counts()
    assert counts.tenants == Counter(each.tenant_slug for each in events if each.tenant_slug is not None)
    assert counts.reasons == Counter(each.tenant_why.reason for each in events if each.tenant_why is not None)
    assert sorted(await store.action_counts(), key=_name) == sorted(_recount(events), key=_name)
    await store.close()


async def test_actions_come_most_frequent_first(store: Store) -> None:
    await put(
        store, event(1), event(2, action="authentik.odd", metadata={"rawAction": "odd", "unmapped": True}), event(3)
    )
    login, odd = await store.action_counts()
    assert login == ActionCount("authentik.login", "login", False, 2, event(1).at, event(3).at)
    assert odd == ActionCount("authentik.odd", "odd", True, 1, event(2).at, event(2).at)


async def test_groups_that_name_no_tenant_are_told_with_how_often(store: Store) -> None:
    await put(
        store,
        event(1),
        _unknown(2, ("sales", "staff-admins", "sales")),
        _unknown(3, ("sales", "ops")),
        event(
            4, tenant_slug=None, tenant_why=TenantWhy("only_admin_groups", "7", ("staff-admins",), ("staff-admins",))
        ),
    )
    assert list((await store.tenant_counts()).unknown_groups.items()) == [("sales", 2), ("ops", 1)]


async def test_the_latest_resolutions_leave_out_rows_that_were_never_looked_up(store: Store) -> None:
    await put(store, event(1), event(2, tenant_why=None), failed_lookup(3))
    assert [row.event.external_id for row in (await store.tenant_counts()).latest] == ["id-3", "id-1"]


async def test_tenants_are_those_that_the_platform_put_there(house: House, store: Store) -> None:
    assert await store.tenants() == frozenset()
    await house.add_tenants("acme", "globex")
    assert await store.tenants() == {"acme", "globex"}


async def test_a_report_comes_back_whole_and_the_newest_comes_first(store: Store) -> None:
    first = TickReport(
        AUTHENTIK,
        "catch_up",
        now().replace(microsecond=5_000),
        duration_ms=1_204,
        requests=11,
        fetched=1_000,
        inserted=990,
        duplicates=9,
        set_aside=1,
        unmapped={"odd_thing": 3},
        tenants={"matched": 980, "no_user": 10},
        holes=2,
        last_event_at=NOON,
        last_event_id="e71860cd",
        warning="the clock of the source is 3 s behind",
    )
    second = TickReport(AUTHENTIK, "timer", now(), outcome="failed", error=TickError("source_unavailable", "no answer"))
    await store.save_tick(first)
    await store.save_tick(second)
    await store.save_tick(TickReport("mailboxes", "timer", now()))
    latest = await store.ticks(AUTHENTIK, 10)
    assert latest[1] == first
    assert (latest[0].outcome, latest[0].error) == ("failed", second.error)
    assert (await store.status(AUTHENTIK)).last_tick == latest[0]
    assert len(await store.ticks(AUTHENTIK, 1)) == 1


async def test_reports_expire_but_for_the_last(store: Store) -> None:
    await store.save_tick(_report(now() - timedelta(days=20)))
    assert len(await store.ticks(AUTHENTIK, 10)) == 1
    await store.save_tick(_report(now() - timedelta(days=13)))
    await store.save_tick(_report(now()))
    assert len(await store.ticks(AUTHENTIK, 10)) == 2


async def test_a_source_that_was_never_pulled_has_an_empty_status(store: Store) -> None:
    status = await store.status("mailboxes")
    assert (status.state, status.lease, status.last_tick) == (PullState("mailboxes"), None, None)
    assert await store.action_counts() == []
    assert await store.quarantined(10) == []


async def test_a_check_of_a_sound_store_finds_nothing_to_do(store: Store) -> None:
    await put(store, event(1))
    findings = await store.check()
    assert findings
    assert all(finding.ok and not finding.remedy for finding in findings)
    assert await ids(store, "") == ["id-1"]
    assert store.read_only is None


def _recount(events: list[AuditEvent]) -> list[ActionCount]:
    times: dict[tuple[str, str | None, bool], list[datetime]] = {}
    for each in events:
        times.setdefault((each.action, each.raw_action, each.unmapped), []).append(each.at)
    return [ActionCount(*key, len(all_at), min(all_at), max(all_at)) for key, all_at in times.items()]


def _name(count: ActionCount) -> tuple[str, str, bool]:
    return (count.action, count.raw or "", count.unmapped)


def _unknown(number: int, groups: tuple[str, ...]) -> AuditEvent:
    return event(number, tenant_slug=None, tenant_why=TenantWhy("no_such_tenant", "7", groups, ("staff-admins",)))


def _report(started_at: datetime) -> TickReport:
    return TickReport(AUTHENTIK, "timer", started_at)
