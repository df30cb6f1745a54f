"""A source that fails in every way that it can, over real HTTP: one plain line each, and nothing is lost."""

from __future__ import annotations

import asyncio
import re
import time
from datetime import timedelta
from email.utils import format_datetime

import pytest

from dezky_audit_tui.demo.faults import KINDS, FaultKind
from dezky_audit_tui.errors import SettingsError, StoreUnavailable
from dezky_audit_tui.ingest.worker import Ingester
from dezky_audit_tui.model.instants import floor_ms, now, parse_instant
from dezky_audit_tui.model.report import TickReport
from dezky_audit_tui.sources.source import Budget
from dezky_audit_tui.store.store import Store
from tests.faults import oracle
from tests.faults.catalogue import SOURCE_FAULTS, SourceFault
from tests.faults.operator import operating
from tests.faults.world import World
from tests.ingest.virtual import VirtualTime, Watched

SMALL = Budget(page_size=10)
LARGEST = 4 * 1024 * 1024


def check_told(report: TickReport, fault: SourceFault, world: World) -> None:
    """The report says what the catalogue says, word for word."""
    if fault.told is None:
        assert (report.outcome, report.error) == ("ok", None)
        return
    assert report.error is not None
    assert (report.outcome, report.error.kind) == ("failed", fault.error_kind)
    message = report.error.message.removesuffix("; nothing was changed here")
    expected = re.escape(fault.told.replace("{host}", world.simulation.url.removeprefix("http://")))
    assert re.fullmatch(expected.replace(r"\{bytes\}", "[0-9,]+"), message), message
    assert world.simulation.token not in message


def test_every_kind_of_fault_has_its_line() -> None:
    assert {fault.kind for fault in SOURCE_FAULTS} == set(KINDS)


@pytest.mark.parametrize("after", [0, 3])
@pytest.mark.parametrize("fault", SOURCE_FAULTS, ids=lambda fault: fault.name)
async def test_a_fault_is_told_in_one_line_and_nothing_is_lost(
    world: World, store: Store, fault: SourceFault, after: int
) -> None:
    async with operating(world, store, budget=SMALL, largest_body=LARGEST) as operator:
        await operator.tick(until_caught_up=True)
        world.add(60, at=now() - timedelta(seconds=2))
        before = await store.state("authentik")
        world.server.faults.set(fault.kind, where="events", count=None, value=fault.value, after=after)
        (report,) = await operator.tick()
        check_told(report, fault, world)
        state = await store.state("authentik")
        if report.outcome == "failed" and after == 0:
            assert report.inserted == 0
            assert (state.cursor, state.settled_at, state.holes) == (before.cursor, before.settled_at, before.holes)
        if report.outcome == "failed" and after:
            assert report.inserted > 0, "what was read before the fault is kept"
            assert state.unread, "and what was not is known as not read"
        await oracle.check(world, store)
        world.server.faults.clear()
        assert (await operator.tick(until_caught_up=True))[-1].outcome == "ok"
        await oracle.at_rest(world, store)


async def test_a_fault_of_the_directory_holds_no_event_back(world: World, store: Store) -> None:
    faults: tuple[FaultKind, ...] = ("error_500", "html_200", "stall", "reset", "empty_body")
    for fault in faults:
        async with operating(world, store) as operator:
            world.add(3)
            world.server.faults.set(fault, where="groups", count=None)
            (report,) = await operator.tick()
            assert report.outcome == "ok"
            assert "groups could not be looked up, so tenants wait" in (report.warning or "")
            await oracle.check(world, store)
            world.server.faults.clear()
            await operator.tick()
            reasons = (await store.tenant_counts()).reasons
            assert not reasons.get("lookup_failed"), f"made good after {fault}"
            await oracle.at_rest(world, store)


async def test_a_404_of_a_gateway_makes_no_user_a_deleted_one(world: World, store: Store) -> None:
    async with operating(world, store) as operator:
        await operator.tick(until_caught_up=True)
        before = (await store.tenant_counts()).reasons
        nobody = {"user": {"pk": 999_999, "username": "gone", "email": "gone@example.test"}}
        world.add(2, **nobody)
        world.server.faults.set("status", where="users", count=None, value=404)
        (report,) = await operator.tick()
        assert report.outcome == "ok"
        assert "does a proxy in front let" in (report.warning or "")
        reasons = (await store.tenant_counts()).reasons
        assert (reasons.get("lookup_failed"), reasons.get("no_user")) == (2, before.get("no_user"))
        world.server.faults.clear()
        await operator.tick()
        reasons = (await store.tenant_counts()).reasons
        assert (reasons.get("lookup_failed"), reasons["no_user"]) == (None, before.get("no_user", 0) + 2)
        await oracle.at_rest(world, store)


async def test_plain_http_to_a_host_that_is_not_loopback_is_refused_unless_allowed() -> None:
    from dezky_audit_tui.settings.load import load_settings

    given = {"authentik_url": "http://auth.example.com", "authentik_token": "x" * 20}
    with pytest.raises(SettingsError, match="AUTHENTIK_ALLOW_HTTP"):
        load_settings(given).source_access()
    assert load_settings(given | {"authentik_allow_http": True}).source_access().url == "http://auth.example.com"


class Waiting:
    """A worker on real HTTP whose time only moves when it is told to."""

    def __init__(self, world: World, store: Store) -> None:
        self.world = world
        self.time = VirtualTime(Watched(store))
        self.store = self.time.stores[0]

    async def first_failure(self) -> float:
        """Seconds of virtual time from the failed first tick to the next request."""
        async with operating(self.world, self.store) as operator:
            ingester = Ingester(
                operator.source,
                operator.store,
                budget=Budget(),
                rules=operator.rules,
                interval_s=10.0,
                clocks=self.time.clocks,
            )
            running = asyncio.create_task(ingester.run())
            async with asyncio.timeout(60):
                while ingester.state.failures == 0:  # noqa: ASYNC110  # a real reply is waited for
                    await asyncio.sleep(0.005)
                asked = self.world.server.requests.count("events")
                waited = 0.0
                while self.world.server.requests.count("events") == asked and waited < 2_000:
                    await self.time.advance(1.0)
                    waited += 1.0
                    for _ in range(20):
                        if ingester.state.phase != "ticking":
                            break
                        await asyncio.sleep(0.005)
            await ingester.stop()
            await running
            return waited


@pytest.mark.parametrize(
    ("kind", "retry_after", "least", "most"),
    [
        ("too_many", "30", 30, 32),
        ("too_many", "0", 4, 7),
        ("too_many", "nonsense", 4, 7),
        ("too_many", "-20", 4, 7),
        ("too_many", "99999999999", 900, 902),
        ("too_many", "a date", 40, 62),
        ("starting", None, 5, 7),
        ("error_500", None, 4, 7),
    ],
)
async def test_the_worker_waits_as_long_as_the_source_asks_but_no_absurd_time(
    world: World, store: Store, kind: FaultKind, retry_after: str | None, least: float, most: float
) -> None:
    if retry_after == "a date":
        retry_after = format_datetime(now() + timedelta(seconds=60), usegmt=True)
    world.server.faults.set(kind, where="events", count=1, value=retry_after)
    assert least <= await Waiting(world, store).first_failure() <= most


async def test_three_hundred_events_of_one_moment_across_page_borders_are_all_stored(
    world: World, store: Store
) -> None:
    async with operating(world, store, budget=Budget(max_pages=2, page_size=50)) as operator:
        await operator.tick(until_caught_up=True)
        world.add(300, at=now() - timedelta(seconds=3))
        world.add(20)
        await operator.tick(until_caught_up=True)
        await oracle.at_rest(world, store)


async def test_late_commits_below_a_busy_head_are_found_though_the_last_hole_brings_nothing(
    world: World, store: Store
) -> None:
    began, small, later = now(), Budget(max_pages=1, page_size=50), timedelta(seconds=5)
    for seconds in range(100, 600, 100):
        world.add(100, at=began - timedelta(seconds=seconds))
    async with operating(world, store, budget=small) as operator:
        await operator.tick(until_caught_up=True)
    world.server.clock = lambda: now() + later  # what was settled meanwhile is a hole to be read again
    world.add(350)
    async with operating(world, store, budget=small) as operator:
        await operator.tick()
    for seconds in range(150, 500, 100):
        world.add(2, at=began - timedelta(seconds=seconds))
    async with operating(world, store, budget=small) as operator:
        await operator.tick(until_caught_up=True)
        await oracle.at_rest(world, store)


async def test_events_of_one_millisecond_stand_in_the_order_in_which_they_happened(world: World, store: Store) -> None:
    moment = floor_ms(now() - timedelta(minutes=1))
    async with operating(world, store) as operator:
        for microseconds in (500, 100, 900, 300):
            world.add(1, at=moment + timedelta(microseconds=microseconds))
        await operator.tick()
    told = [row.event.metadata["created"] for row in await oracle.all_rows(store)]
    assert told == sorted(told, reverse=True), "newest first, to the microsecond"


async def test_events_from_the_future_are_stored_and_do_not_hide_the_present(world: World, store: Store) -> None:
    async with operating(world, store, budget=SMALL) as operator:
        world.add(30, at=now() + timedelta(hours=3))
        world.add(2, at=now() + timedelta(days=9_000))
        await operator.tick(until_caught_up=True)
        state = await store.state("authentik")
        assert state.cursor is not None
        assert state.cursor.at <= now()
        for _ in range(4):
            world.add(45)
            await operator.tick()
            await oracle.check(world, store)
        await operator.tick(until_caught_up=True)
        await oracle.at_rest(world, store)


@pytest.mark.parametrize("first", [True, False], ids=["from the first tick on", "later"])
async def test_more_events_from_the_future_than_a_tick_reads_hide_nothing(
    world: World, store: Store, first: bool
) -> None:
    async with operating(world, store, budget=Budget(max_pages=2, page_size=10)) as operator:
        if not first:
            await operator.tick(until_caught_up=True)
        world.add(65, at=now() + timedelta(hours=3))
        world.add(5, at=now() - timedelta(seconds=5))
        for _ in range(2):
            reports = await asyncio.wait_for(operator.tick(until_caught_up=True), 60)
            assert reports[-1].outcome == "ok"
            await oracle.at_rest(world, store)
            state = await store.state("authentik")
            assert state.cursor is not None
            assert timedelta() <= now() - state.cursor.at < timedelta(minutes=1), "the newest that is not ahead"
            world.add(45, at=now() - timedelta(seconds=5))
            world.add(3, at=now() - timedelta(seconds=200))


async def test_more_events_from_the_future_than_a_tick_reads_hide_nothing_from_ticks_of_their_own(
    world: World, store: Store
) -> None:
    """As cron runs them: no tick that only fills follows."""
    async with operating(world, store, budget=Budget(max_pages=2, page_size=10)) as operator:
        world.add(5, at=now() - timedelta(minutes=1))
        world.add(65, at=now() + timedelta(hours=3))
        await operator.tick(until_caught_up=True)
        world.add(5, at=now() - timedelta(seconds=5))
        for _ in range(20):
            await operator.tick()
            if world.visible.keys() <= await oracle.check(world, store):
                break
        assert world.visible.keys() <= await oracle.check(world, store)


@pytest.mark.parametrize("off", [timedelta(hours=-1), timedelta(hours=1), timedelta(days=-400), timedelta(days=400)])
async def test_a_clock_of_this_machine_that_is_wrong_or_jumps_loses_nothing(
    world: World, store: Store, off: timedelta
) -> None:
    shift = timedelta()
    async with operating(world, store, budget=SMALL, clock=lambda: now() + shift) as operator:
        for round_ in range(4):
            shift = off if round_ % 2 else timedelta()
            world.add(30)
            world.add(2, at=now() - timedelta(seconds=300))
            await operator.tick()
            await oracle.check(world, store)
        await operator.tick(until_caught_up=True)
        await oracle.at_rest(world, store)


async def test_a_clock_of_the_source_that_jumps_by_an_hour_either_way_loses_nothing(world: World, store: Store) -> None:
    shift = timedelta()
    world.server.clock = lambda: now() + shift
    async with operating(world, store) as operator:
        for hours in (0, 1, 0, -1, 0, 1):
            shift = timedelta(hours=hours)
            world.add(30, at=now() + shift)
            world.late.clear()  # by its own clock, nothing is late
            await operator.tick(until_caught_up=True)
        shift = timedelta(hours=1)
        world.add(5, at=now() + shift)
        await operator.tick(until_caught_up=True)
        stored = {row.event.external_id for row in await oracle.all_rows(store)}
        assert world.visible.keys() <= stored


@pytest.mark.parametrize("pages", [1, 3])
async def test_one_wrong_date_of_the_source_lets_no_late_commit_slip_through(
    world: World, store: Store, pages: int
) -> None:
    """As behind a load balancer, where the clock of one of several servers is an hour ahead."""
    began, shift = now(), timedelta()
    world.clock = world.server.clock = lambda: now() + shift
    for seconds in range(100, 600, 100):
        world.add(100, at=began - timedelta(seconds=seconds))
    async with operating(world, store, budget=Budget(max_pages=pages, page_size=50)) as operator:
        await operator.tick(until_caught_up=True)
        shift = timedelta(hours=1)
        await operator.tick(until_caught_up=True)
        shift = timedelta()
        for round_ in range(4):
            # More than a tick reads: so what is late lies below all that it looks at.
            world.add(60 if round_ % 2 else 350, at=world.clock() - timedelta(seconds=2))
            for seconds in range(150, 500, 100):
                world.add(2, at=began - timedelta(seconds=seconds))
            await operator.tick()
            shift += timedelta(seconds=61)
        for again in (False, True):
            # Caught up is caught up, and not in some minutes: what is late within the overlap is there.
            world.add(3, at=world.clock() - timedelta(seconds=500))
            await operator.tick(until_caught_up=True)
            await oracle.at_rest(world, store)
            world.add(350 if again else 0, at=world.clock() - timedelta(seconds=2))
        shift += timedelta(seconds=600)
        world.add(350, at=world.clock() - timedelta(seconds=2))
        await operator.tick(until_caught_up=True)
        await oracle.at_rest(world, store)


async def test_what_a_tick_read_after_a_wrong_date_and_could_not_store_is_read_again(
    world: World, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, shift = now(), timedelta()
    world.clock = world.server.clock = lambda: now() + shift
    for seconds in (100, 550):
        world.add(100, at=began - timedelta(seconds=seconds))
    async with operating(world, store, budget=Budget(max_pages=20, page_size=50)) as operator:
        await operator.tick(until_caught_up=True)
        shift = timedelta(hours=1)
        await operator.tick(until_caught_up=True)
        shift = timedelta(seconds=20)
        world.add(1, at=began - timedelta(seconds=570))
        shift = timedelta(seconds=61)
        world.add(5, at=world.clock() - timedelta(seconds=2))
        with monkeypatch.context() as broken:

            async def fails(*_: object) -> None:
                await asyncio.sleep(0.3)  # meanwhile the pull reads all that it wanted
                raise StoreUnavailable("the disk is away")

            broken.setattr(type(store), "commit", fails)
            (report,) = await operator.tick()
            assert report.outcome == "failed"
        shift = timedelta(seconds=122)
        await operator.tick()
        await oracle.at_rest(world, store)


@pytest.mark.parametrize("began", ["2026-03-29T00:40:00Z", "2026-10-25T00:40:00Z"])
async def test_summer_time_begins_and_ends_without_notice(
    store: Store, began: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Europe/Copenhagen")
    time.tzset()
    try:
        moment = parse_instant(began)
        with World(20, clock=lambda: moment) as world:
            world.server.clock = world.clock
            async with operating(world, store, budget=SMALL, clock=world.clock) as operator:
                for _ in range(9):
                    moment += timedelta(minutes=5)
                    world.add(25)
                    world.add(1, at=moment - timedelta(minutes=8))
                    await operator.tick()
                    await oracle.check(world, store)
                await operator.tick(until_caught_up=True)
                await oracle.at_rest(world, store)
                stored = {row.event.external_id: row.event.at for row in await oracle.all_rows(store)}
                assert {pk: floor_ms(at) for pk, at in world.visible.items()} == stored
    finally:
        monkeypatch.undo()
        time.tzset()


async def test_many_users_of_no_group_are_looked_up_until_each_event_is_resolved(world: World, store: Store) -> None:
    async with operating(world, store) as operator:
        for number in range(120):
            world.add(user={"pk": 5_000 + number, "username": f"guest-{number}"})
        (first,) = await operator.tick()
        assert "users wait for a look-up of groups" in (first.warning or "")
        reports = await operator.tick(until_caught_up=True)
        assert await store.unresolved("authentik", 10) == []
        assert reports[-1].warning is None
        assert all(report.requests <= 65 for report in (first, *reports)), "so many look-ups a tick"
        await oracle.at_rest(world, store)
