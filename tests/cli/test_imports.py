"""What a command loads: a screen, a driver or an HTTP library only where it is used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dezky_audit_tui.demo.simulation import Simulation
from tests.cli.conftest import Machine, event
from tests.cli.terminal import Terminal

_WATCH = """
import sys
from dezky_audit_tui.cli.main import run
code = run(sys.argv[2:])
loaded = [name for name in sys.argv[1].split(",") if name in sys.modules]
print("LOADED", code, ",".join(loaded), file=sys.stderr)
"""
HEAVY = "textual,motor,pymongo,bson,httpx"


def loaded_by(machine: Machine, *arguments: str) -> tuple[int, set[str]]:
    """The exit code, and which of the heavy libraries were loaded."""
    done = subprocess.run(
        [sys.executable, "-c", _WATCH, HEAVY, *arguments],
        env=machine.environment,
        cwd=machine.here,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    _, code, names = done.stderr.splitlines()[-1].split(" ")
    return int(code), set(filter(None, names.split(",")))


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["status"],
        ["timeline", "verb:login"],
        ["timeline", "--format", "csv"],
        ["actions"],
        ["tenants", "--json"],
        ["quarantine"],
        ["tick"],
    ],
    ids=" ".join,
)
def test_what_sends_nothing_loads_no_heavy_library(machine: Machine, arguments: list[str]) -> None:
    machine.set(AUDIT_INGEST_ENABLED="false")
    assert loaded_by(machine, *arguments) == (0, set())


@pytest.mark.parametrize("arguments", [["tick"], ["doctor"]], ids=" ".join)
def test_what_asks_authentik_loads_its_http_library_alone(
    machine: Machine, authentik: Simulation, arguments: list[str]
) -> None:
    assert loaded_by(machine, *arguments)[1] == {"httpx"}


def test_a_demo_without_a_terminal_loads_no_screen(machine: Machine) -> None:
    assert loaded_by(machine, "demo") == (0, {"httpx"})


def test_the_dashboard_shows_its_first_frame_without_what_reads_settings_http_or_another_store(
    machine: Machine, authentik: Simulation
) -> None:
    machine.fill([event(n) for n in range(50)])
    report = machine.home / "loaded.txt"
    machine.set(PYTHONPATH=str(Path(__file__).parents[2]), FIRST_PAINT_REPORT=str(report))
    with Terminal(machine, module="tests.benchmarks.first_paint") as terminal:
        terminal.until(lambda _: report.exists())
    loaded = {name.partition(".")[0] for name in report.read_text().splitlines()}
    assert "textual" in loaded
    assert not loaded & {"pydantic", "pydantic_core", "pydantic_settings", "dotenv", "httpx", "motor", "pymongo"}


def test_help_and_version_load_no_settings(machine: Machine) -> None:
    code = "import sys; from dezky_audit_tui.cli.main import run; run(['--help']); assert 'pydantic' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], env=machine.environment, capture_output=True, check=True)


@pytest.mark.parametrize("arguments", [["status"], ["actions"], ["--plain"]], ids=" ".join)
def test_garbage_is_collected_once_a_command_runs(machine: Machine, arguments: list[str]) -> None:
    machine.set(AUDIT_INGEST_ENABLED="false")
    code = """if True:
        import gc, os, sys
        from dezky_audit_tui import __main__
        from dezky_audit_tui.store.sqlite.store import SqliteStore
        async def look(store):
            print("COLLECTING", gc.isenabled(), file=sys.stderr, flush=True)
            os._exit(0)
        SqliteStore.open = look
        __main__.main()
    """
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=machine.environment,
        cwd=machine.here,
        capture_output=True,
        text=True,
    )
    assert "COLLECTING True" in done.stderr
