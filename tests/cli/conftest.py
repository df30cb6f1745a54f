"""The command line as an operator meets it: on an empty machine, against real HTTP and a real SQLite file."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dezky_audit_tui.cli.main import run as run_command
from dezky_audit_tui.demo.simulation import Simulation
from dezky_audit_tui.model.cursor import PullState
from dezky_audit_tui.model.event import AuditEvent, Target, TenantWhy
from dezky_audit_tui.store.open import open_store
from dezky_audit_tui.store.store import Store

TOKEN = "MARKER-token-5b1e0c"
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Machine:
    """An empty machine: its environment is all that a command sees of the world."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.here = home / "here"
        self.here.mkdir(parents=True)
        self.environment = {
            "HOME": str(home),
            "PATH": os.environ["PATH"],
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    @property
    def log(self) -> Path:
        return self.home / ".local/state/dezky-audit-tui/log/dezky-audit-tui.log"

    @property
    def store_file(self) -> Path:
        return self.home / ".local/share/dezky-audit-tui/audit.db"

    @property
    def store_url(self) -> str:
        return f"sqlite:///{self.store_file}"

    def set(self, **values: str) -> None:
        self.environment |= values

    def spawn(self, *arguments: str, module: str = "dezky_audit_tui", **options: Any) -> subprocess.Popen[str]:
        """A command as a process of its own."""
        pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env=self.environment,
            cwd=self.here,
            text=True,
            encoding="utf-8",
            errors="replace",  # where only some lines were read, the rest may begin in the middle of a character
            **(pipes | options),
        )

    def run(self, *arguments: str, **options: Any) -> Ended:
        """A command as a process of its own, to its end."""
        process = self.spawn(*arguments, **options)
        out, err = process.communicate(timeout=120)
        return Ended(process.returncode, out or "", err or "")

    def fill(self, events: Sequence[AuditEvent]) -> None:
        """Store events, as an ingester would."""
        self.store_file.parent.mkdir(parents=True, exist_ok=True)
        asyncio.run(fill_store(self.store_url, events))


async def fill_store(url: str, events: Sequence[AuditEvent]) -> None:
    store: Store = open_store(url)
    await store.open()
    try:
        lease = await store.acquire_lease("authentik", "test@host/1/x", 30)
        assert lease is not None
        state: PullState = await store.state("authentik")
        await store.commit(events, (), state, lease)
        await store.release_lease(lease)
    finally:
        await store.close()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "home")


@pytest.fixture
def run(machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """A command in this process: the same door, without the time that a start takes."""

    def command(*arguments: str) -> Ended:
        for name in list(os.environ):
            if name not in machine.environment and not name.startswith(("PYTEST", "COV")):
                monkeypatch.delenv(name)
        for name, value in machine.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(machine.here)
        capsys.readouterr()
        code = run_command(arguments)
        captured = capsys.readouterr()
        return Ended(int(code), captured.out, captured.err)

    return command


@pytest.fixture(scope="module")
def simulation() -> Iterator[Simulation]:
    """A simulated Authentik with a history that stands still."""
    with Simulation(events=250, rate=0, seed=3, token=TOKEN) as running:
        yield running


@pytest.fixture
def authentik(simulation: Simulation, machine: Machine) -> Iterator[Simulation]:
    """The simulated Authentik, with the settings that lead to it."""
    machine.set(
        AUTHENTIK_URL=simulation.url, AUTHENTIK_TOKEN=simulation.token, AUDIT_TENANTS=",".join(simulation.tenants)
    )
    yield simulation
    simulation.server.faults.clear()


def event(number: int, **changes: Any) -> AuditEvent:
    """Event `number`, that many minutes before noon."""
    values: dict[str, Any] = {
        "source": "authentik",
        "external_id": f"id-{number:05}",
        "at": NOON - timedelta(minutes=number),
        "action": "authentik.login",
        "outcome": "success",
        "actor_id": str(number % 7),
        "actor_name": f"user{number % 7}",
        "actor_email": f"user{number % 7}@acme.example",
        "actor_ip": f"198.51.100.{number % 250}",
        "target": Target("user", "1", "ana"),
        "tenant_slug": "acme",
        "tenant_why": TenantWhy("matched", str(number % 7), ("acme",)),
        "metadata": {"rawAction": "login"},
    }
    return AuditEvent(**(values | changes))
