"""`reconcile` beside a service that ingests: it gets its turn, and whoever is killed meanwhile, nothing is lost."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta

import pytest

from dezky_audit_tui.model.instants import now
from dezky_audit_tui.store.lease_owner import parse_owner
from dezky_audit_tui.store.store import Store
from tests.faults import oracle
from tests.faults.victims import KILLED, Ended, Victims
from tests.faults.world import World
from tests.store.houses import House
from tests.store.samples import take_lease

AUTHENTIK = "authentik"
PATIENCE_S = 60.0
ALL = ("reconcile", "--since", "900d", "--json")
KILLS = (("sqlite", "turn asked for"), ("sqlite", "report kept"), ("mongodb", "page written"))


@pytest.fixture
def service(victims: Victims, house: House) -> Iterator[subprocess.Popen[str]]:
    """A service that reads small pages, so that a walk takes many ticks."""
    victims.environment |= {
        "AUDIT_STORE": house.url,
        "AUDIT_INGEST_PAGE_SIZE": "25",
        "AUDIT_INGEST_MAX_PAGES": "1",
        "AUDIT_INGEST_INTERVAL": "1",
    }
    service = victims.spawn("ingest")
    yield service
    service.kill()
    service.communicate()


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(round(PATIENCE_S / 0.05)):
        if await holds():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not come to it in time")


async def ingesting(store: Store, service: subprocess.Popen[str]) -> None:
    """Until the service has the lease, and has read all there is."""

    async def holds() -> bool:
        status = await store.status(AUTHENTIK)
        owner = parse_owner(status.lease.owner) if status.lease is not None else None
        read = status.last_tick is not None and not status.state.unread
        return read and owner is not None and owner.pid == service.pid

    await until(holds)


async def has_its_turn(store: Store, program: subprocess.Popen[str]) -> bool:
    """Whether it has the lease, or has ended already."""
    lease = (await store.status(AUTHENTIK)).lease
    owner = parse_owner(lease.owner) if lease is not None else None
    return program.poll() is not None or (owner is not None and owner.pid == program.pid)


async def stored(store: Store, pk: str) -> None:
    """Until that event is there."""

    async def holds() -> bool:
        return bool(await store.known(AUTHENTIK, [pk]))

    await until(holds)


async def ended(store: Store, service: subprocess.Popen[str], world: World) -> str:
    """The service goes on until no hole is left, and ends cleanly; then the oracle judges. What it logged."""

    async def holds() -> bool:
        return not (await store.state(AUTHENTIK)).holes

    await until(holds)
    (newest,) = world.add()
    await stored(store, newest)
    service.send_signal(signal.SIGTERM)
    _, told = await asyncio.to_thread(service.communicate, timeout=PATIENCE_S)
    assert service.returncode == 0
    await oracle.at_rest(world, store)
    return told


def edited(world: World) -> tuple[str, str, str]:
    """One event changed, one deleted, one that was missing until now."""
    pks = world.log.pks()
    event = world.log.get(pks[10])
    assert event is not None
    world.log.remove([pks[10], pks[15]])
    world.log.add(event | {"client_ip": "198.51.100.77"})
    (missing,) = world.add(at=world.visible[pks[20]] + timedelta(milliseconds=1))
    return pks[10], pks[15], missing


async def in_thread(victims: Victims, *arguments: str, **order: object) -> Ended:
    return await asyncio.to_thread(lambda: victims.run(*arguments, **order))


async def test_it_has_its_turn_and_the_service_goes_on_after_it(
    victims: Victims, house: House, store: Store, service: subprocess.Popen[str], world: World
) -> None:
    await ingesting(store, service)
    before = await store.state(AUTHENTIK)
    changed, gone, missing = edited(world)
    done = await in_thread(victims, *ALL)
    assert done.code == 0, done.err
    (told,) = done.reports
    assert (told["outcome"], told["left"], told["error"]) == ("ok", 0, None)
    found = {kind: [each["externalId"] for each in told[kind]] for kind in ("changed", "gone", "missing")}
    assert found == {"changed": [changed], "gone": [gone], "missing": [missing]}
    assert f"(pid {service.pid}) ingests; waiting for the end of its tick" in done.err
    after = await store.state(AUTHENTIK)
    assert before.cursor is not None
    assert after.cursor is not None
    assert after.cursor.key >= before.cursor.key
    await ingesting(store, service)
    world.late.clear()
    assert "asked for its turn, and ingests now" in await ended(store, service, world)


@pytest.mark.parametrize(("house", "point"), KILLS, indirect=["house"])
async def test_killed_in_its_turn_the_service_goes_on_and_reads_the_rest(
    victims: Victims, house: House, store: Store, service: subprocess.Popen[str], world: World, point: str
) -> None:
    await ingesting(store, service)
    before = await store.state(AUTHENTIK)
    changed, gone, missing = edited(world)
    hit = 1 if point == "turn asked for" else 3
    kind = house.url.partition(":")[0]
    done = await in_thread(victims, *ALL, trap={"point": point, "kind": kind, "hit": hit})
    assert done.code == KILLED
    await oracle.check(world, store)
    after = await store.state(AUTHENTIK)
    assert before.cursor is not None
    assert after.cursor is not None
    assert after.cursor.key >= before.cursor.key
    assert after.rev >= before.rev
    if point == "turn asked for":
        world.log.remove([missing])  # it did not come to reading anything
    else:
        world.late.clear()
    await ended(store, service, world)
    if point != "turn asked for":
        notes = {each.external_id for each in await store.findings(10)}
        assert notes == {changed, gone, missing}, "what it had not come to, the service found"


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
async def test_killed_as_soon_as_it_has_the_lease_the_service_goes_on(
    victims: Victims, house: House, store: Store, service: subprocess.Popen[str], world: World
) -> None:
    await ingesting(store, service)
    running = victims.spawn(*ALL)
    await until(lambda: has_its_turn(store, running))
    running.kill()
    running.communicate()
    await ingesting(store, service)
    assert "asked for its turn" in await ended(store, service, world)


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
async def test_where_the_service_is_killed_meanwhile_it_goes_on_alone(
    victims: Victims, house: House, store: Store, service: subprocess.Popen[str], world: World
) -> None:
    await ingesting(store, service)
    edited(world)
    running = victims.spawn(*ALL)
    await until(lambda: has_its_turn(store, running))
    service.kill()
    service.communicate()
    out, err = await asyncio.to_thread(running.communicate, timeout=PATIENCE_S)
    assert running.returncode == 0, err
    assert json.loads(out)["outcome"] == "ok"
    world.late.clear()
    await oracle.at_rest(world, store)


async def test_ended_while_it_waits_it_takes_its_request_back(
    victims: Victims, house: House, store: Store, world: World
) -> None:
    victims.environment["AUDIT_STORE"] = house.url
    lease = await take_lease(store, seconds=300)
    running = victims.spawn(*ALL)
    assert running.stderr is not None
    assert "waiting for the end of its tick" in await asyncio.to_thread(running.stderr.readline)
    running.send_signal(signal.SIGTERM)
    await asyncio.to_thread(running.communicate, timeout=PATIENCE_S)
    assert running.returncode == 0
    assert world.server.requests.count() == 0
    assert await store.pass_lease(lease, 30) is None


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
async def test_its_walk_does_not_keep_the_newest_events_waiting(
    victims: Victims, house: House, store: Store, service: subprocess.Popen[str], world: World
) -> None:
    await ingesting(store, service)
    world.add(200, at=now() - timedelta(hours=3))
    running = victims.spawn(*ALL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while running.poll() is None:
            (newest,) = world.add()
            await stored(store, newest)
    finally:
        running.kill()
        running.communicate()
    world.late.clear()
    await ended(store, service, world)
