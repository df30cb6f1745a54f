"""Every command, ended in the middle of its work: gone within seconds, the lease given back, nothing left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from dezky_audit_tui.store.sqlite.store import SqliteStore
from tests.cli.conftest import Machine
from tests.faults.world import World
from tests.store.mongo.relay import Relay
from tests.store.mongo_server import REPLICA_SET, new_database

GONE_S = 25.0
"""Seconds: a request that is not answered is waited for longer, and no machine is so busy that an end takes as long."""
SOON_S = 12.0
"""Where nothing is waited for but the end that the program sets itself. The driver gives a silent server up later."""
PATIENCE_S = 120.0
RUNNING = (
    ("tick", "--until-caught-up"),
    ("reconcile", "--since", "900d"),
    ("ingest",),
    ("timeline", "--follow"),
    ("simulate",),
)
"""Commands that are at work until the source answers, or for ever."""

TELLING = (
    ("timeline", "--limit", "all"),
    ("timeline", "--format", "jsonl"),
    ("timeline", "--format", "csv"),
    ("status",),
    ("status", "--json"),
    ("actions",),
    ("tenants", "--json"),
    ("quarantine",),
    ("findings", "--json"),
    ("handover",),
    ("doctor",),
    ("tick",),
    ("tick", "--json"),
    ("reconcile",),
    ("simulate",),
    ("--help",),
    ("--version",),
)


@dataclass
class Started:
    """A command at work on a machine of its own."""

    command: tuple[str, ...]
    machine: Machine
    process: subprocess.Popen[str]

    @property
    def name(self) -> str:
        return " ".join(self.command)


@pytest.fixture
def world() -> Iterator[World]:
    with World(60) as world:
        yield world


def start(world: World, folder: Path, commands: tuple[tuple[str, ...], ...]) -> list[Started]:
    """All of them at once."""
    started = []
    for number, command in enumerate(commands):
        machine = Machine(folder / f"machine{number}")
        machine.set(**world.environment)
        started.append(Started(command, machine, machine.spawn(*command)))
    return started


async def holders(machine: Machine) -> str | None:
    """Who still holds the lease."""
    if not machine.store_file.exists():
        return None
    store = SqliteStore(machine.store_file)
    await store.open()
    try:
        lease = (await store.status("authentik")).lease
        return lease.owner if lease is not None else None
    finally:
        await store.close()


def ended_by(
    number: signal.Signals, code: int, started: Sequence[Started], within_s: float
) -> Iterator[tuple[Started, str]]:
    """Each of them, and what it said on stderr, once the signal has ended all of them with that exit code."""
    end = time.monotonic() + within_s
    for each in started:
        assert each.process.poll() is None, f"{each.name} ended by itself"
        each.process.send_signal(number)
    for each in started:
        try:
            _, err = each.process.communicate(timeout=max(end - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            each.process.kill()
            raise AssertionError(f"{each.name} goes on after {number.name}") from None
        assert each.process.returncode == code, f"{each.name}: {err}"
        yield each, err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGHUP, 0), (signal.SIGINT, 130)])
async def test_a_signal_ends_every_command_and_gives_the_lease_back(
    world: World, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    world.server.faults.set("stall", where="events", count=None)
    started = start(world, tmp_path, RUNNING)
    await at_work(world, started)
    for each, err in ended_by(number, code, started, GONE_S):
        assert "Traceback" not in err
        assert await holders(each.machine) is None, f"{each.name} keeps the lease"
        left = [file.name for file in each.machine.store_file.parent.glob("*-wal")]
        assert left == [], f"{each.name} left its log behind"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
async def test_a_store_that_does_not_answer_any_more_keeps_no_command_from_its_end(
    world: World, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    with Relay(new_database(REPLICA_SET)) as relay:
        started = []
        for at, command in enumerate((("ingest",), ("timeline", "--follow"), ("--plain",))):
            machine = Machine(tmp_path / f"machine{at}")
            machine.set(**world.environment | {"AUDIT_STORE": relay.url, "AUDIT_INGEST_INTERVAL": "1"})
            started.append(Started(command, machine, machine.spawn(*command)))
        for each in started:
            # Its first line, and some time of work after it.
            stream = each.process.stderr if each.name == "ingest" else each.process.stdout
            assert stream is not None
            assert await asyncio.to_thread(stream.readline)
        await asyncio.sleep(2)
        relay.silence()
        await asyncio.sleep(1)
        for _, err in ended_by(number, code, started, SOON_S):
            assert "unexpected" not in err


def test_a_closed_pipe_ends_every_command_quietly(world: World, tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    ended: list[tuple[tuple[str, ...], subprocess.Popen[str]]] = []
    for number, command in enumerate(TELLING):
        machine = Machine(tmp_path / f"machine{number}")
        machine.set(**world.environment)
        ended.append((command, machine.spawn(*command, stdout=write)))
    os.close(write)
    for command, process in ended:
        _, err = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0, f"{command}: {err}"
        assert "Traceback" not in err
        assert "Broken pipe" not in err


async def at_work(world: World, started: list[Started]) -> None:
    """Until those that pull have asked for events, and the others have opened the store or their door."""
    end = time.monotonic() + PATIENCE_S
    for each in started:
        if each.name == "simulate":
            assert each.process.stdout is not None
            assert await asyncio.to_thread(each.process.stdout.readline)
    while not all(each.name == "simulate" or each.machine.store_file.exists() for each in started):
        assert time.monotonic() < end, "not all commands opened the store"
        await asyncio.sleep(0.02)
    while world.server.requests.count("events") < 3:
        assert time.monotonic() < end, "not all commands came to ask"
        await asyncio.sleep(0.02)
