"""One ingester at a time: the lease, its epochs and the wish for a tick now."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

import pytest

from dezky_audit_tui.errors import LeaseLost
from dezky_audit_tui.model.tenants import Resolution
from dezky_audit_tui.store.lease_owner import is_dead, make_owner
from dezky_audit_tui.store.store import REQUEST_S, Store
from tests.store import programs
from tests.store.houses import House
from tests.store.samples import AUTHENTIK, event, failed_lookup, ids, put, take_lease


async def test_one_holds_it_and_the_other_is_told_who(store: Store, other_store: Store) -> None:
    lease = await take_lease(store)
    assert await other_store.acquire_lease(AUTHENTIK, make_owner(), 30) is None
    shown = (await other_store.status(AUTHENTIK)).lease
    assert shown is not None
    assert (shown.owner, shown.epoch) == (lease.owner, lease.epoch)
    assert await other_store.acquire_lease("mailboxes", make_owner(), 30) is not None


async def test_each_new_holder_has_a_higher_epoch(store: Store, other_store: Store) -> None:
    first = await take_lease(store)
    await store.release_lease(first)
    second = await take_lease(other_store)
    assert second.epoch > first.epoch
    assert (await store.status(AUTHENTIK)).lease == second


async def test_asking_again_is_no_new_holder(store: Store) -> None:
    owner = make_owner()
    first = await store.acquire_lease(AUTHENTIK, owner, 30)
    again = await store.acquire_lease(AUTHENTIK, owner, 30)
    assert first is not None
    assert again is not None
    assert again.epoch == first.epoch


async def test_it_is_kept_as_long_as_it_is_renewed(house: House, store: Store, other_store: Store) -> None:
    lease = await take_lease(store, seconds=30)
    for _ in range(5):
        await house.pass_time(20)
        lease = await store.renew_lease(lease, 30)
    assert await other_store.acquire_lease(AUTHENTIK, make_owner(), 30) is None


async def test_it_goes_to_another_once_it_has_expired_and_fences_the_old_holder(
    house: House, store: Store, other_store: Store
) -> None:
    old = await take_lease(store, seconds=30)
    await put(store, failed_lookup(1), lease=old)
    [row] = await store.unresolved(AUTHENTIK, 10)
    await house.pass_time(31)
    assert (await other_store.status(AUTHENTIK)).lease is None
    new = await take_lease(other_store)
    assert new.epoch > old.epoch

    with pytest.raises(LeaseLost):
        await put(store, event(2), lease=old)
    with pytest.raises(LeaseLost):
        await store.resolve({row.position: Resolution("acme", event().tenant_why)}, old)  # type: ignore[arg-type]  # set
    with pytest.raises(LeaseLost):
        await store.renew_lease(old, 30)
    await store.release_lease(old)
    await put(other_store, event(3), lease=new)
    assert await ids(store, "") == ["id-3", "id-1"]
    assert [row] == await store.unresolved(AUTHENTIK, 10)


async def test_one_that_expired_and_was_not_taken_is_still_good(house: House, store: Store) -> None:
    lease = await take_lease(store, seconds=30)
    await house.pass_time(300)
    await put(store, event(1), lease=lease)
    assert (await store.renew_lease(lease, 30)).epoch == lease.epoch


async def test_a_dead_holder_on_this_host_is_succeeded_at_once(store: Store) -> None:
    dead = await programs.run("-", "own")
    old = await store.acquire_lease(AUTHENTIK, dead, 600)
    assert old is not None
    assert (await store.status(AUTHENTIK)).lease is None
    new = await take_lease(store)
    assert new.epoch > old.epoch


async def test_a_killed_program_is_succeeded_at_once(house: House, store: Store) -> None:
    program = await programs.start(house.url, "hold")
    owner = await programs.line(program)
    assert await store.acquire_lease(AUTHENTIK, make_owner(), 30) is None
    held = (await store.status(AUTHENTIK)).lease
    assert held is not None
    assert held.owner == owner
    program.kill()
    await program.wait()
    assert await store.acquire_lease(AUTHENTIK, make_owner(), 30) is not None


async def test_a_holder_elsewhere_is_waited_for(house: House, store: Store) -> None:
    user, _, rest = make_owner().partition("@")
    elsewhere = f"{user}@another-host/{rest.partition('/')[2]}"
    assert await store.acquire_lease(AUTHENTIK, elsewhere, 30) is not None
    assert await store.acquire_lease(AUTHENTIK, make_owner(), 30) is None
    await house.pass_time(31)
    assert await store.acquire_lease(AUTHENTIK, make_owner(), 30) is not None


async def test_a_lease_of_a_clock_that_ran_far_ahead_is_not_waited_for(house: House, store: Store) -> None:
    await house.pass_time(timedelta(days=400).total_seconds())
    await take_lease(store)
    await house.pass_time(-timedelta(days=400).total_seconds())
    assert await store.acquire_lease(AUTHENTIK, make_owner(), 30) is not None


async def test_it_is_passed_on_to_who_asked_and_fences_who_had_it(
    house: House, store: Store, other_store: Store
) -> None:
    old, asker = await take_lease(store, seconds=30), make_owner()
    assert await store.pass_lease(old, 30) is None
    await other_store.request_lease(AUTHENTIK, asker)
    assert await other_store.acquire_lease(AUTHENTIK, asker, 30) is None
    assert await store.pass_lease(old, 30) == asker
    shown = (await other_store.status(AUTHENTIK)).lease
    assert shown is not None
    assert (shown.owner, shown.epoch) == (asker, old.epoch + 1)

    with pytest.raises(LeaseLost):
        await put(store, event(1), lease=old)
    with pytest.raises(LeaseLost):
        await store.renew_lease(old, 30)
    await store.release_lease(old)
    assert await store.acquire_lease(AUTHENTIK, old.owner, 30) is None
    new = await other_store.acquire_lease(AUTHENTIK, asker, 30)
    assert new is not None
    assert new.epoch == shown.epoch, "it is the same turn"
    await put(other_store, event(2), lease=new)
    assert await other_store.pass_lease(new, 30) is None, "a request is answered once"
    assert await store.pass_lease(old, 30) is None
    assert await ids(store, "") == ["id-2"]


async def test_it_is_not_passed_on_to_who_does_not_wait_any_more(
    house: House, store: Store, other_store: Store
) -> None:
    lease, asker = await take_lease(store, seconds=300), make_owner()
    await other_store.request_lease(AUTHENTIK, asker)
    await other_store.withdraw_request(AUTHENTIK, make_owner())
    await other_store.withdraw_request(AUTHENTIK, asker)
    assert await store.pass_lease(lease, 30) is None

    await other_store.request_lease(AUTHENTIK, await programs.run("-", "own"))
    assert await store.pass_lease(lease, 30) is None, "that program is dead"

    await other_store.request_lease(AUTHENTIK, asker)
    await house.pass_time(REQUEST_S + 1)
    assert await store.pass_lease(lease, 30) is None, "that was long ago"

    await other_store.request_lease(AUTHENTIK, lease.owner)
    assert await store.pass_lease(lease, 30) is None
    await other_store.request_lease("mailboxes", asker)
    assert await store.pass_lease(lease, 30) is None, "that is another source's"
    assert (await store.renew_lease(lease, 30)).epoch == lease.epoch


async def test_a_wish_for_a_tick_is_taken_once_and_by_the_holder(
    house: House, store: Store, other_store: Store
) -> None:
    lease = await take_lease(store, seconds=30)
    assert await store.take_force(AUTHENTIK, lease) is False
    await other_store.request_force(AUTHENTIK)
    assert (await store.status(AUTHENTIK)).force_requested_at is not None
    assert await store.take_force("mailboxes", lease) is False
    assert await store.take_force(AUTHENTIK, lease) is True
    assert await store.take_force(AUTHENTIK, lease) is False
    assert (await other_store.status(AUTHENTIK)).force_requested_at is None

    await other_store.request_force(AUTHENTIK)
    await house.pass_time(31)
    new = await take_lease(other_store)
    assert await store.take_force(AUTHENTIK, lease) is False
    assert await other_store.take_force(AUTHENTIK, new) is True


def test_a_process_that_has_ended_is_dead_also_while_nobody_asks_how() -> None:
    owner = make_owner().replace(f"/{os.getpid()}/", "/{pid}/")
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert not is_dead(owner.format(pid=process.pid))
        process.stdin.close()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert is_dead(owner.format(pid=process.pid))
