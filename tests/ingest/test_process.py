"""The ingester in a process of its own: what it tells, what it is asked for, and every way in which it can end."""

from __future__ import annotations

import asyncio
import errno
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from dezky_audit_tui.demo.simulation import Simulation
from dezky_audit_tui.ingest import process as process_module
from dezky_audit_tui.ingest.process import IngesterEnded, IngesterProcess, start_ingester
from dezky_audit_tui.ingest.state import IngesterState
from dezky_audit_tui.settings import Settings
from dezky_audit_tui.settings.secret import Secret
from dezky_audit_tui.store.lease_owner import make_owner
from dezky_audit_tui.store.open import open_store

PATIENCE_S = 60.0
TOKEN = "the-token-that-nobody-may-see-1234567890"
SOURCE = "authentik"
OWNER = make_owner()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)


@pytest.fixture
def authentik() -> Iterator[Simulation]:
    with Simulation(events=250, rate=0, token=TOKEN) as simulation:
        yield simulation


@pytest.fixture
def settings(authentik: Simulation, tmp_path: Path) -> Settings:
    return settings_for(authentik.url, tmp_path)


def settings_for(url: str, folder: Path) -> Settings:
    return Settings(
        authentik_url=url,
        authentik_token=Secret(TOKEN),
        audit_store=Secret(f"sqlite:///{folder / 'audit.db'}"),
        audit_ingest_interval=3600,
    )


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[tuple[IngesterProcess, asyncio.Task[None]]]:
    """An ingester, and the task that waits for its end."""
    ingester = await start_ingester(settings, OWNER)
    task = asyncio.create_task(ingester.run())
    try:
        yield ingester, task
    finally:
        await ingester.stop()
        with suppress(IngesterEnded):
            await task


async def until(ingester: IngesterProcess, wanted: Callable[[IngesterState], object]) -> IngesterState:
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    while not wanted(ingester.state):
        assert asyncio.get_running_loop().time() < deadline, ingester.state
        await asyncio.sleep(0.02)
    return ingester.state


async def stored(settings: Settings) -> tuple[int, object]:
    """How many events there are, and who holds the lease."""
    store = open_store(settings.store_url)
    await store.open()
    try:
        return (await store.counts()).get(SOURCE, 0), (await store.status(SOURCE)).lease
    finally:
        await store.close()


def is_gone(pid: int) -> bool:
    """Neither running nor a zombie of ours."""
    return not Path(f"/proc/{pid}").exists()


def is_dead_or_gone(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"


def shown_of(pid: int) -> bytes:
    """What every user may read of a process, and what its own user may."""
    return b"".join(Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "environ"))


async def test_it_pulls_tells_takes_a_wish_and_gives_the_lease_back(settings: Settings) -> None:
    async with running(settings) as (ingester, task):
        assert ingester.state == IngesterState()
        state = await until(ingester, lambda state: state.last and state.phase == "waiting" and state.next_tick_at)
        assert state.last is not None
        assert (state.last.trigger, state.last.outcome, state.failures) == ("startup", "ok", 0)
        assert state.holder == OWNER
        assert ingester.force() == "started"
        state = await until(ingester, lambda state: state.last and state.last.trigger == "forced")
        await ingester.stop()
        await task
    assert ingester.state.phase == "stopped"
    assert ingester.force() == "disabled"
    assert is_gone(ingester.pid)
    assert await stored(settings) == (250, None)


async def test_a_wish_before_it_is_ready_is_kept(settings: Settings) -> None:
    async with running(settings) as (ingester, _):
        assert ingester.force() == "started"
        await until(ingester, lambda state: state.last and state.last.trigger == "forced")


async def test_no_secret_stands_where_others_could_read_it(settings: Settings) -> None:
    async with running(settings) as (ingester, _):
        await until(ingester, lambda state: state.last)
        assert TOKEN.encode() not in shown_of(ingester.pid)


@pytest.mark.parametrize(
    ("number", "how"), [(signal.SIGKILL, "was killed by signal 9"), (signal.SIGTERM, "ended with code 0")]
)
async def test_one_that_somebody_ends_is_told_of_and_its_lease_is_free(
    settings: Settings, number: signal.Signals, how: str
) -> None:
    async with running(settings) as (ingester, task):
        await until(ingester, lambda state: state.last)
        os.kill(ingester.pid, number)
        with pytest.raises(IngesterEnded, match=how):
            await asyncio.wait_for(task, PATIENCE_S)
        assert is_gone(ingester.pid)
    async with running(settings) as (ingester, _):
        state = await until(ingester, lambda state: state.last)
        assert (state.phase, state.holder) != ("watching", OWNER)
        assert state.last is not None
        assert state.last.inserted == 0


async def test_one_that_is_told_twice_to_end_still_gives_the_lease_back(
    authentik: Simulation, settings: Settings
) -> None:
    authentik.server.faults.set("stall", count=None)
    async with running(settings) as (ingester, _):
        await until(ingester, lambda state: state.phase == "ticking")
        os.kill(ingester.pid, signal.SIGTERM)
        await asyncio.sleep(0.5)  # it waits for its tick now, and must go on to
        await ingester.stop()
    assert await stored(settings) == (0, None)


async def test_one_that_hangs_is_ended_and_told_of(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(settings) as (ingester, task):
        await until(ingester, lambda state: state.last and state.next_tick_at)
        os.kill(ingester.pid, signal.SIGSTOP)
        monkeypatch.setattr(process_module, "SILENT_S", 2)
        with pytest.raises(IngesterEnded, match="no sign of life for 2 s"):
            await asyncio.wait_for(task, PATIENCE_S)
        assert is_gone(ingester.pid)


async def test_one_that_does_not_end_when_it_is_told_to_is_killed(settings: Settings) -> None:
    async with running(settings) as (ingester, _):
        await until(ingester, lambda state: state.last)
        os.kill(ingester.pid, signal.SIGSTOP)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ingester.stop(), 0.2)
        assert is_gone(ingester.pid)


async def test_a_store_that_is_away_is_told_and_taken_once_it_is_there(authentik: Simulation, tmp_path: Path) -> None:
    folder = tmp_path / "not yet"
    folder.write_text("a file where the folder should be")
    async with running(settings_for(authentik.url, folder)) as (ingester, _):
        state = await until(ingester, lambda state: state.why)
        assert (state.phase, state.failures) == ("waiting", 1)
        folder.unlink()
        state = await until(ingester, lambda state: state.last)
        assert state.last is not None
        assert state.last.outcome == "ok"


async def test_a_setting_that_cannot_be_used_is_told(settings: Settings, tmp_path: Path) -> None:
    wrong = replace(settings, authentik_ca_bundle=tmp_path / "no.pem")
    async with running(wrong) as (ingester, task):
        with pytest.raises(IngesterEnded, match="AUTHENTIK_CA_BUNDLE"):
            await asyncio.wait_for(task, PATIENCE_S)
        assert is_gone(ingester.pid)


async def test_where_no_process_can_be_started_it_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(IngesterEnded, match="cannot be started: No such file or directory"):
        await start_ingester(settings, OWNER)


async def test_where_nothing_more_can_be_opened_it_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(process_module.socket, "socketpair", refuse)
    with pytest.raises(IngesterEnded, match="cannot be started: Too many open files"):
        await start_ingester(settings, OWNER)


async def test_it_finds_the_modules_that_its_parent_found_and_none_of_the_current_folder(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "socket.py").write_text("raise SystemExit('this is not the one')")
    monkeypatch.chdir(tmp_path / "here")
    async with running(settings) as (ingester, _):
        await until(ingester, lambda state: state.last)


PARENT = """if True:
    import asyncio, pickle, sys
    from dezky_audit_tui.ingest.process import start_ingester
    from dezky_audit_tui.store.lease_owner import make_owner
    async def main():
        ingester = await start_ingester(pickle.load(sys.stdin.buffer), make_owner())
        asyncio.create_task(ingester.run())
        while ingester.state.last is None:
            await asyncio.sleep(0.02)
        print(ingester.pid, flush=True)
        await asyncio.sleep(3600)
    asyncio.run(main())
"""


def killed_parent(settings: Settings) -> int:
    """The process of an ingester whose parent was killed after its first tick."""
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        parent.stdin.write(pickle.dumps(settings))
        parent.stdin.close()
        pid = int(parent.stdout.readline())
        parent.kill()
    return pid


async def test_it_does_not_outlive_a_parent_that_is_killed(settings: Settings) -> None:
    pid = await asyncio.to_thread(killed_parent, settings)
    async with running(settings) as (ingester, _):
        # Whoever comes next need not wait until the lease expires.
        state = await until(ingester, lambda state: state.last)
        assert state.holder == OWNER
    assert is_dead_or_gone(pid)
