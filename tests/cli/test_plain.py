"""`--plain`: the timeline as lines for screen readers and pipes, with the ingester in it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable

from dezky_audit_tui.demo.simulation import Simulation
from tests.cli.conftest import TOKEN, Ended, Machine

Run = Callable[..., Ended]


def until(process: subprocess.Popen[str], word: str) -> list[str]:
    """The lines on stderr up to the one that holds the word."""
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if word in line:
            return lines
    raise AssertionError(f"it ended before {word!r}: {''.join(lines)}")


def ended(process: subprocess.Popen[str]) -> tuple[list[str], str]:
    out, err = process.communicate(timeout=120)
    return out.splitlines(), err


def test_it_ingests_prints_a_line_an_event_and_says_how_things_stand(machine: Machine, authentik: Simulation) -> None:
    process = machine.spawn("--plain", "--interval", "1")
    said = "".join(until(process, "authentik: ok"))
    authentik.login()
    assert process.stdout is not None
    early = [process.stdout.readline() for _ in range(21)]
    process.terminate()
    rest, err = ended(process)
    lines = [*early, *rest]
    assert process.returncode == 0
    assert "authentik.login" in lines[-1]
    assert lines == sorted(lines, key=lambda line: line[:20])
    assert all(line.split("  ")[1] in ("success", "failure", "denied", "unknown") for line in lines)
    assert "\x1b" not in "".join(lines) + said + err
    assert TOKEN not in said + err


def test_a_source_that_fails_is_said_once_and_so_is_its_return(machine: Machine, authentik: Simulation) -> None:
    authentik.server.faults.set("error_500", count=1)
    process = machine.spawn("--plain", "--interval", "1")
    said = "".join(until(process, "authentik: ok"))
    assert said.count("never reached") == 1
    process.send_signal(signal.SIGINT)
    ended(process)
    assert process.returncode == 130


def test_a_second_start_prints_the_newest_and_no_event_twice(run: Run, machine: Machine, authentik: Simulation) -> None:
    run("tick", "--until-caught-up")
    process = machine.spawn("--plain", "--interval", "1")
    until(process, "authentik: ok")
    process.terminate()
    lines, _ = ended(process)
    assert len(lines) == len(set(lines)) == 20


def test_a_reader_that_has_had_enough_ends_it_quietly(machine: Machine, authentik: Simulation) -> None:
    process = machine.spawn("--plain", "--interval", "1")
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    authentik.login()
    assert process.wait(timeout=120) == 0


def test_it_loads_no_screen(machine: Machine) -> None:
    code = "import sys, dezky_audit_tui.cli.plain; assert not {'textual', 'httpx', 'motor'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=machine.environment, check=False).returncode == 0


def test_it_goes_with_the_dashboard_and_the_demo_alone(run: Run) -> None:
    told = run("--plain", "status")
    assert told.code == 2
    assert "--plain goes with the dashboard and with demo" in told.err


def test_wrong_settings_are_told_before_anything_starts(run: Run) -> None:
    told = run("--plain")
    assert told.code == 2
    assert "AUTHENTIK_URL is not set" in told.err
