"""A stretch walked again: what was missing is stored, what was changed or deleted is noted beside rows that stay."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from dezky_audit_tui.demo.faults import FaultKind
from dezky_audit_tui.ingest.reconcile import Reconciled, reconcile
from dezky_audit_tui.model.cursor import UNREAD, Hole, Mark
from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.model.holes import with_hole
from dezky_audit_tui.model.instants import exact_text, floor_ms, now
from dezky_audit_tui.sources.source import Budget
from dezky_audit_tui.store.store import Store
from tests.faults import oracle
from tests.faults.operator import Operator, operating
from tests.faults.world import World, login
from tests.store.samples import take_lease

AN_AGE = timedelta(days=4_000)
SMALL = Budget(max_pages=3, page_size=10)


async def walked(operator: Operator, since: timedelta = AN_AGE, until: timedelta = timedelta()) -> Reconciled:
    at = operator.clocks.wall()
    return await reconcile(
        operator.source,
        operator.store,
        at - since,
        at - until,
        budget=operator.budget,
        rules=operator.rules,
        clocks=operator.clocks,
    )


def kinds(done: Reconciled) -> dict[str, set[str]]:
    """What was found: kind, and the ids."""
    found: dict[str, set[str]] = {}
    for each in done.findings:
        found.setdefault(each.kind, set()).add(each.external_id)
    return found


def edit(world: World, pk: str, **changes: object) -> None:
    """As somebody with permission does it in Authentik: pk and created are out of reach."""
    event = world.log.get(pk)
    assert event is not None
    world.log.remove([pk])
    world.log.add(event | changes)


async def stored_rows(store: Store) -> dict[str | None, AuditEvent]:
    return {row.event.external_id: row.event for row in await oracle.all_rows(store)}


async def test_a_log_that_nobody_touched_agrees_whatever_it_holds(world: World, store: Store) -> None:
    async with operating(world, store, budget=SMALL) as operator:
        await operator.tick(until_caught_up=True)
        done = await walked(operator)
        assert (done.outcome, done.findings, done.left) == ("ok", (), 0)
        assert done.until is not None
        assert done.shown == sum(1 for at in world.visible.values() if at < done.until)
        assert await store.findings(10) == []
        await oracle.at_rest(world, store)


async def test_missing_changed_and_gone_are_told_apart_and_the_rows_stay_as_they_were(
    world: World, store: Store
) -> None:
    async with operating(world, store, budget=SMALL) as operator:
        pks = world.log.pks()
        changed, gone = pks[20], pks[21:24]
        edit(world, changed, client_ip="203.0.113.77")
        await operator.tick(until_caught_up=True)
        before = await stored_rows(store)
        edit(world, changed, client_ip="198.51.100.1", action="custom_nothing")
        world.log.remove(gone)
        missing = world.add(2, at=world.visible[pks[30]] + timedelta(milliseconds=1))
        done = await walked(operator)
        assert kinds(done) == {"missing": set(missing), "changed": {changed}, "gone": set(gone)}
        (found,) = [each for each in done.findings if each.kind == "changed"]
        told = {change.field: (change.stored, change.source) for change in found.changes}
        assert told["actorIp"] == ("203.0.113.77", "198.51.100.1")
        assert told["action"][1] == "authentik.custom_nothing"
        after = await stored_rows(store)
        assert {pk: after[pk] for pk in before} == before, "a stored row never changes"
        assert set(after) == {*before, *missing}
        assert {each.external_id for each in await store.findings(100)} == {changed, *gone, *missing}
        world.late.clear()
        await oracle.at_rest(world, store)


async def test_what_a_newer_version_makes_of_the_same_words_is_no_change(
    world: World, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with operating(world, store, budget=SMALL) as operator:
        await operator.tick(until_caught_up=True)
        changed = world.log.pks()[40]
        edit(world, changed, client_ip="198.51.100.1")
        monkeypatch.setattr("dezky_audit_tui.sources.authentik.translate.verb_for", lambda _: ("authentik.new", True))
        assert kinds(await walked(operator)) == {"changed": {changed}}


async def test_what_is_known_is_told_again_but_noted_once(world: World, store: Store) -> None:
    async with operating(world, store, budget=SMALL) as operator:
        await operator.tick(until_caught_up=True)
        pks = world.log.pks()
        edit(world, pks[25], app="elsewhere")
        world.log.remove([pks[30]])
        first = await walked(operator)
        again = await walked(operator)
        assert kinds(first) == kinds(again) == {"changed": {pks[25]}, "gone": {pks[30]}}
        assert set(again.findings) == set(first.findings), "with the moment when each was found first"
        assert len(await store.findings(10)) == 2
        edit(world, pks[25], app="somewhere else")
        await walked(operator)
        (changed,) = [each for each in await store.findings(10) if each.kind == "changed"]
        assert [change.source for change in changed.changes] == ["somewhere else"]


async def test_one_that_had_gone_and_is_shown_again_is_noted_so(world: World, store: Store) -> None:
    async with operating(world, store, budget=SMALL) as operator:
        await operator.tick(until_caught_up=True)
        pk = world.log.pks()[15]
        event = world.log.get(pk)
        assert event is not None
        world.log.remove([pk])
        await walked(operator)
        world.log.add(event)
        assert (await walked(operator)).findings == ()
        (note,) = await store.findings_of("authentik", [pk])
        assert (note.kind, note.back_at is not None) == ("gone", True)
        world.log.remove([pk])
        await walked(operator)
        (note,) = await store.findings_of("authentik", [pk])
        assert note.back_at is None


async def test_what_has_expired_is_not_gone(world: World, store: Store) -> None:
    hour = timedelta(hours=1)
    short = [login(now() - 3 * hour, expires=exact_text(now() - hour)) for _ in range(3)]
    long = [login(now() - 2 * hour, expires=exact_text(now() + hour)) for _ in range(2)]
    world.log.add(*short, *long)
    async with operating(world, store, budget=SMALL) as operator:
        await operator.tick(until_caught_up=True)
        world.log.remove([event["pk"] for event in (*short, *long)])
        assert kinds(await walked(operator)) == {"gone": {event["pk"] for event in long}}


async def test_where_the_list_ends_nothing_below_is_called_gone(world: World, store: Store) -> None:
    async with operating(world, store, budget=SMALL) as operator:
        await operator.tick(until_caught_up=True)
        world.log.remove(world.log.pks()[:60])
        assert (await walked(operator)).findings == ()


async def test_events_that_come_and_vanish_during_the_walk_are_not_called_gone_wrongly(
    world: World, store: Store
) -> None:
    async with operating(world, store, budget=Budget(max_pages=2, page_size=10)) as operator:
        await operator.tick(until_caught_up=True)
        removed: list[str] = []

        def shake(page: int) -> None:
            world.add(7, at=now() - timedelta(seconds=2))  # by the second of a Date header, these are no future
            pks = world.log.pks()
            removed.extend(pks[len(pks) // 2 : len(pks) // 2 + 9])
            world.log.remove(removed[-9:])

        world.server.before_page = shake
        done = await walked(operator)
        world.server.before_page = None
        assert {each.external_id for each in done.findings if each.kind == "gone"} <= set(removed)
        await operator.tick(until_caught_up=True)
        last = await walked(operator)
        at = done.until
        assert at is not None
        held = await stored_rows(store)
        end = min(world.visible.values())
        assert kinds(last).get("gone", set()) == {pk for pk in removed if pk in held and end <= held[pk].at < at}


FAULTS: tuple[FaultKind, ...] = (
    "error_500",
    "truncated",
    "reset",
    "empty_list",
    "html_200",
    "repeated_page",
    "endless_next",
    "shifted_page",
    "garbled_row",
    "huge",
    "bad_pagination",
    "not_utf8",
)


LIES = {"shifted_page": {"gone"}, "not_utf8": {"changed"}}
"""What is told of a source that does show fewer rows, or others, with a whole page and a good status."""


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("after", [1, 5])
async def test_a_source_that_fails_in_the_middle_makes_nothing_gone(
    world: World, store: Store, kind: FaultKind, after: int
) -> None:
    async with operating(world, store, budget=SMALL, largest_body=4 * 1024 * 1024) as operator:
        await operator.tick(until_caught_up=True)
        value = 6 * 1024 * 1024 if kind == "huge" else None
        world.server.faults.set(kind, where="events", count=4, value=value, after=after)
        done = await walked(operator)
        world.server.faults.clear()
        assert {each.kind for each in done.findings} <= LIES.get(kind, set())
        rest = await walked(operator)
        assert (rest.outcome, rest.left) == ("ok", 0)
        assert rest.findings == ()
        assert all(each.back_at for each in await store.findings(100) if each.kind == "gone")
        await oracle.at_rest(world, store)


async def test_ended_in_the_middle_the_next_ticks_read_the_rest_and_tell(world: World, store: Store) -> None:
    async with operating(world, store, budget=SMALL) as operator:
        await operator.tick(until_caught_up=True)
        gone = world.log.pks()[50:53]
        world.log.remove(gone)
        world.server.faults.set("error_500", where="events", count=None, after=2)
        done = await walked(operator)
        assert (done.outcome, done.left) == ("failed", 1)
        world.server.faults.clear()
        warnings: list[str | None] = []
        for _ in range(30):
            warnings += [report.warning for report in await operator.tick()]
        assert {each.external_id for each in await store.findings(10)} == set(gone)
        told = [warning for warning in warnings if warning]
        assert told == ["reading again found: 3 events that were deleted at the source; `findings` lists them"]
        assert (await store.state("authentik")).holes == ()


async def test_a_stretch_that_was_not_read_yet_is_read_and_then_compared_too(world: World, store: Store) -> None:
    async with operating(world, store, budget=SMALL) as operator:
        await operator.tick(until_caught_up=True)
        pks = world.log.pks()
        # As after a crash between rows and state, or in a store that was copied: stored, and not known as read.
        top, bottom = (Mark(exact_text(world.visible[pk]), pk) for pk in (pks[60], pks[20]))
        lease = await take_lease(store)
        state = await store.state("authentik")
        unread = with_hole(state.holes, Hole(top, floor_ms(bottom.at), UNREAD))
        await store.commit((), (), replace(state, holes=unread), lease)
        await store.release_lease(lease)
        edit(world, pks[30], client_ip="198.51.100.1")
        world.log.remove([pks[40]])
        done = await walked(operator)
        assert (done.outcome, done.left) == ("ok", 0)
        assert kinds(done) == {"changed": {pks[30]}, "gone": {pks[40]}}
        assert done.until is not None
        assert done.shown == sum(1 for at in world.visible.values() if at < done.until)
        await oracle.at_rest(world, store)


async def test_after_a_wrong_date_of_the_source_nothing_is_called_missing_that_was_not_to_be_read_yet(
    world: World, store: Store
) -> None:
    shift = timedelta()
    world.server.clock = lambda: now() + shift
    async with operating(world, store, budget=SMALL) as operator:
        await operator.tick(until_caught_up=True)
        shift = timedelta(hours=1)
        await operator.tick()
        shift = timedelta()
        # More than a tick reads, and newer than the overlap.
        world.add(80, at=now() - timedelta(seconds=90))
        await operator.tick(until_caught_up=True)
        late = world.add(3, at=now() - timedelta(seconds=200))
        done = await walked(operator, timedelta(hours=1))
        assert (done.outcome, done.findings) == ("ok", ())
        assert set(late) <= set(await stored_rows(store))
        await oracle.at_rest(world, store)


async def test_another_ingesters_lease_is_respected(world: World, store: Store) -> None:
    async with operating(world, store) as operator:
        await operator.tick(until_caught_up=True)
        lease = await store.acquire_lease("authentik", "ben@there/2/c-d-1", 30)
        assert lease is not None
        asked = world.server.requests.count()
        at = now()
        done = await reconcile(
            operator.source,
            store,
            at - AN_AGE,
            at,
            budget=operator.budget,
            rules=operator.rules,
            clocks=operator.clocks,
            patience_s=0.1,
        )
        assert (done.outcome, world.server.requests.count()) == ("skipped", asked)
        assert done.error is not None
        assert "ben@there (pid 2)" in done.error.message


async def test_only_the_stretch_is_walked_and_only_within_the_budget(world: World, store: Store) -> None:
    async with operating(world, store, budget=SMALL) as operator:
        world.add(30, at=now() - timedelta(hours=30))
        world.add(30, at=now() - timedelta(hours=20))
        await operator.tick(until_caught_up=True)
        gone = world.add(0)
        for hours in (30, 20):
            older = [pk for pk, at in world.visible.items() if abs(now() - at - timedelta(hours=hours)).seconds < 60]
            gone.append(older[3])
        world.log.remove(gone)
        done = await walked(operator, timedelta(hours=31), timedelta(hours=29))
        assert kinds(done) == {"gone": {gone[0]}}
        assert done.shown >= 29
        reports = await store.ticks("authentik", 50)
        assert all(report.requests <= SMALL.max_pages + 4 for report in reports[:5])


async def test_a_clock_known_by_the_second_has_nothing_read_again(world: World, store: Store) -> None:
    shift = timedelta()

    def clock() -> datetime:
        return now() + shift

    world.server.clock = clock
    async with operating(world, store, budget=SMALL, clock=clock) as operator:
        world.add(60, at=now() - timedelta(hours=3))
        await operator.tick(until_caught_up=True)
        shift = timedelta(seconds=-5)
        reports = await operator.tick(until_caught_up=True)
        assert sum(report.requests for report in reports) == 1


async def test_the_daily_walk_finds_all_three(world: World, store: Store) -> None:
    shift = timedelta()

    def clock() -> datetime:
        return now() + shift

    world.server.clock = clock
    async with operating(world, store, budget=SMALL, clock=clock) as operator:
        await operator.tick(until_caught_up=True)
        shift = timedelta(hours=20)
        pks = world.add(60, at=now() + shift - timedelta(minutes=1))
        await operator.tick(until_caught_up=True)
        shift = timedelta(hours=23)
        await operator.tick(until_caught_up=True)
        edit(world, pks[5], client_ip="198.51.100.9")
        world.log.remove([pks[9]])
        late = world.add(1, at=now() + timedelta(hours=19, minutes=57))
        await operator.tick(until_caught_up=True)
        assert await store.findings(10) == [], "the walk is not due yet"
        shift = timedelta(hours=24, minutes=1)
        reports = await operator.tick(until_caught_up=True)
        found = {(each.kind, each.external_id) for each in await store.findings(10)}
        assert found == {("missing", late[0]), ("changed", pks[5]), ("gone", pks[9])}
        told = " ".join(report.warning for report in reports if report.warning)
        for words in ("1 event that was missing here", "1 event that was changed at", "1 event that was deleted at"):
            assert told.count(words) == 1
        await oracle.at_rest(world, store)
        again = await operator.tick(until_caught_up=True)
        assert not any(report.warning for report in again)
