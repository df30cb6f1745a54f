"""SIGKILL at every named point of a tick, and at any moment: nothing is lost, nothing is there twice."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from random import Random

import pytest

from dezky_audit_tui.store.store import Store
from tests.cli.terminal import Terminal
from tests.faults import oracle
from tests.faults.conftest import KINDS
from tests.faults.victim import points
from tests.faults.victims import KILLED, Victims
from tests.faults.world import World
from tests.store.houses import House

CASES = [(kind, point) for kind in KINDS for point in points(kind)]
DEEP = {
    "rows to be written": 6,
    "item to be set aside": 3,
    "transaction to be closed": 9,
    "page fetched": 7,
    "tenants to be resolved": 1,
}
"""How often a point is reached in a tick at most, where it is not twice."""
ROUNDS = 2


def kind_of(house: House) -> str:
    return house.url.partition(":")[0]


async def judged(world: World, house: House, *, rest: bool = False) -> None:
    """The oracle's word on what lies in the store now."""
    store: Store = await house.enter()
    try:
        await (oracle.at_rest if rest else oracle.check)(world, store)
    finally:
        await store.close()


@pytest.mark.parametrize(("house", "point"), CASES, indirect=["house"])
async def test_a_tick_killed_at_a_named_point_is_made_good_by_the_next(
    victims: Victims, house: House, world: World, point: str, long: bool
) -> None:
    kind = kind_of(house)
    victims.environment["AUDIT_STORE"] = house.url
    random = Random(point)
    died = 0
    for _ in range(ROUNDS * 10 if long else ROUNDS if kind == "sqlite" else 1):
        world.stir(random)
        if point == "tenants to be resolved":
            world.server.faults.set("error_500", where="groups", count=None)
            victims.run("tick")
            world.server.faults.clear()
        hit = random.randint(1, DEEP.get(point, 2))
        ended = victims.run("tick", "--until-caught-up", trap={"point": point, "kind": kind, "hit": hit})
        died += ended.code == KILLED
        await judged(world, house)
        if ended.code != KILLED:
            world.stir(random)
            ended = victims.run("tick", "--until-caught-up", trap={"point": point, "kind": kind, "hit": 1})
            died += ended.code == KILLED
            await judged(world, house)
    assert died, f"{point} was never reached"
    last = victims.run("tick", "--json", "--until-caught-up")
    assert (last.code, last.reports[-1]["outcome"], last.reports[-1]["holes"]) == (0, "ok", 0), last.err
    await judged(world, house, rest=True)


def kill_soon(victims: Victims, world: World, command: list[str], seconds: float) -> None:
    """The console script, killed that long after its first request."""
    before = world.server.requests.count()
    process = victims.spawn(*command)
    while world.server.requests.count() == before and process.poll() is None:
        time.sleep(0.01)
    time.sleep(seconds)
    process.kill()
    process.communicate()


@pytest.mark.parametrize("seed", range(6))
async def test_the_console_script_killed_at_any_moment_is_made_good(
    victims: Victims, house: House, world: World, seed: int, long: bool
) -> None:
    victims.environment["AUDIT_STORE"] = house.url
    random = Random(seed)
    for _ in range(20 if long else 1):
        world.stir(random)
        command = random.choice([["tick"], ["tick", "--until-caught-up", "--max-pages", "2"], ["ingest"]])
        kill_soon(victims, world, command, random.uniform(0, 0.5))
        await judged(world, house)
    assert victims.run("tick", "--until-caught-up").code == 0
    await judged(world, house, rest=True)


def ingester_of(dashboard: int) -> int:
    """The process in which it pulls."""
    [pid] = Path(f"/proc/{dashboard}/task/{dashboard}/children").read_text().split()
    return int(pid)


def runs(pid: int) -> bool:
    """Whether it is there, and no zombie whom nobody has asked how it ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_for_end(pid: int) -> None:
    deadline = time.monotonic() + 30
    while runs(pid):
        assert time.monotonic() < deadline, f"{pid} has outlived its dashboard"
        time.sleep(0.01)


def kill_dashboard_soon(victims: Victims, world: World, random: Random, *, ingester_first: bool) -> None:
    """The dashboard, killed soon after a request; before that, where it is wanted, the process in which it pulls."""
    with Terminal(victims) as terminal:
        for victim in (["ingester"] if ingester_first else []) + ["dashboard"]:
            before = world.server.requests.count()
            terminal.until(lambda _, before=before: world.server.requests.count() > before)
            time.sleep(random.uniform(0, 0.3))
            ingester = ingester_of(terminal.process.pid)
            os.kill(ingester if victim == "ingester" else terminal.process.pid, signal.SIGKILL)
            wait_for_end(ingester)


@pytest.mark.parametrize("seed", range(3))
async def test_a_dashboard_and_its_ingester_killed_at_any_moment_are_made_good(
    victims: Victims, house: House, world: World, seed: int, long: bool
) -> None:
    victims.environment |= {"AUDIT_STORE": house.url, "AUDIT_INGEST_INTERVAL": "1"}
    random = Random(seed)
    for _ in range(20 if long else 1):
        world.stir(random)
        kill_dashboard_soon(victims, world, random, ingester_first=seed == 0)
        await judged(world, house)
    assert victims.run("tick", "--until-caught-up").code == 0
    await judged(world, house, rest=True)
