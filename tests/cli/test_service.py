"""`ingest`, `simulate` and `demo`: programs that run until they are ended."""

from __future__ import annotations

import json
import signal
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dezky_audit_tui.demo.simulation import Simulation
from tests.cli.conftest import TOKEN, Ended, Machine

Run = Callable[..., Ended]
GONE_S = 25.0
"""Seconds: a request that is not answered is waited for longer, and no machine is so busy that an end takes as long."""


def until_tick(process: subprocess.Popen[str]) -> list[str]:
    """The log lines up to the first tick."""
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if " tick " in line:
            return lines
    raise AssertionError(f"it ended before a tick: {''.join(lines)}")


class TestIngest:
    def test_it_pulls_logs_and_ends_cleanly_on_sigterm(self, run: Run, machine: Machine, authentik: Simulation) -> None:
        process = machine.spawn("ingest", "--interval", "3600")
        lines = until_tick(process)
        process.terminate()
        out, err = process.communicate(timeout=GONE_S)
        assert (process.returncode, out) == (0, "")
        lines += err.splitlines(keepends=True)
        assert f"pulling {authentik.url} into sqlite audit.db every 3600 s" in lines[0]
        assert "250 new" in "".join(lines)
        assert lines[-1].rstrip().endswith("the lease is given back")
        for line in lines:
            stamp, level, _ = line.split(" ", 2)
            assert stamp.endswith("Z")
            assert level in ("INFO", "WARNING")
        assert TOKEN not in "".join(lines)
        told = run("status", "--json").json
        assert told["lease"] is None
        assert told["events"] == {"authentik": 250}

    def test_a_restart_stores_and_logs_nothing_of_what_is_known(
        self, run: Run, machine: Machine, authentik: Simulation
    ) -> None:
        run("tick", "--until-caught-up")
        process = machine.spawn("ingest")
        lines = until_tick(process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=120)
        assert process.returncode == 130
        assert "0 new" in lines[-1]
        assert "duplicate" not in ("".join(lines) + err).lower()
        assert run("status", "--json").json["events"] == {"authentik": 250}

    def test_sigterm_in_the_middle_of_a_stalled_tick_waits_for_no_answer(
        self, run: Run, machine: Machine, authentik: Simulation
    ) -> None:
        before = authentik.server.requests.count()
        authentik.server.faults.set("stall", count=None)
        process = machine.spawn("ingest")
        while authentik.server.requests.count() == before:
            assert process.poll() is None
        process.terminate()
        process.communicate(timeout=GONE_S)
        assert process.returncode == 0
        assert run("status", "--json").json["lease"] is None

    def test_a_second_one_watches_and_says_who_ingests(self, machine: Machine, authentik: Simulation) -> None:
        first = machine.spawn("ingest")
        second: subprocess.Popen[str] | None = None
        try:
            until_tick(first)
            second = machine.spawn("ingest")
            assert second.stderr is not None
            told = next(line for line in second.stderr if "watching" in line)
            assert f"(pid {first.pid}) ingests" in told
            second.terminate()
            _, err = second.communicate(timeout=120)
            assert second.returncode == 0
            assert err.rstrip().endswith(" INFO ended"), "it had no lease to give back"
        finally:
            for process in (first, second):
                if process is not None and process.returncode is None:
                    process.terminate()
                    process.communicate(timeout=120)

    def test_a_failing_source_is_logged_and_tried_again(self, machine: Machine, authentik: Simulation) -> None:
        authentik.server.faults.set("error_500", count=None)
        process = machine.spawn("ingest")
        lines = until_tick(process)
        process.terminate()
        process.communicate(timeout=120)
        assert process.returncode == 0
        assert "WARNING tick startup failed (server_error)" in lines[-1]

    def test_switched_off_it_waits_and_sends_nothing(self, machine: Machine, authentik: Simulation) -> None:
        machine.set(AUDIT_INGEST_ENABLED="false")
        before = authentik.server.requests.count()
        process = machine.spawn("ingest")
        assert process.stderr is not None
        assert "AUDIT_INGEST_ENABLED is false" in process.stderr.readline()
        process.terminate()
        process.communicate(timeout=120)
        assert process.returncode == 0
        assert authentik.server.requests.count() == before

    def test_without_settings_it_is_wrong_use(self, run: Run) -> None:
        ended = run("ingest")
        assert ended.code == 2
        assert "AUTHENTIK_URL" in ended.err

    def test_a_token_file_is_read_and_never_logged(
        self, machine: Machine, authentik: Simulation, tmp_path: Path
    ) -> None:
        file = tmp_path / "token"
        file.write_text(f"{TOKEN}\n")
        del machine.environment["AUTHENTIK_TOKEN"]
        machine.set(AUTHENTIK_TOKEN_FILE=str(file))
        ended = machine.run("tick", "--json")
        assert ended.code == 0, ended.err
        assert ended.json["inserted"] == 250
        assert TOKEN not in ended.out + ended.err


class TestSimulate:
    def ask(self, address: dict[str, str], path: str, data: bytes | None = None) -> Any:
        request = urllib.request.Request(
            address["url"] + path, data=data, headers={"Authorization": f"Bearer {address['token']}"}
        )
        with urllib.request.urlopen(request, timeout=60) as reply:
            return json.load(reply)

    @pytest.mark.parametrize("generation", ["2025.8", "2025.12"])
    def test_the_first_line_is_where_it_listens(self, machine: Machine, generation: str) -> None:
        process = machine.spawn("simulate", "--events", "120", "--rate", "0", "--generation", generation)
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())
        assert set(address) == {"url", "token"}
        page = self.ask(address, "/api/v3/events/events/?page_size=5")
        assert page["pagination"]["count"] == 120
        assert self.ask(address, "/api/v3/admin/version/")["version_current"].startswith(generation)
        process.terminate()
        out, err = process.communicate(timeout=120)
        assert (process.returncode, out, err) == (0, "", "")

    def test_the_same_seed_tells_the_same_story(self, machine: Machine) -> None:
        told = []
        for _ in range(2):
            process = machine.spawn("simulate", "--events", "60", "--rate", "0", "--seed", "9")
            assert process.stdout is not None
            address = json.loads(process.stdout.readline())
            page = self.ask(address, "/api/v3/events/events/?page_size=60&ordering=created,pk")
            told.append([(row["action"], row["user"].get("username")) for row in page["results"]])
            process.terminate()
            process.communicate(timeout=120)
        assert told[0] == told[1]

    def test_with_control_a_login_can_be_made(self, machine: Machine) -> None:
        process = machine.spawn("simulate", "--events", "10", "--rate", "0", "--control")
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())
        made = self.ask(address, "/sim/events", b"{}")
        newest = self.ask(address, "/api/v3/events/events/?page_size=1")["results"][0]
        assert newest["pk"] == made["pk"]
        process.terminate()
        process.communicate(timeout=120)

    def test_a_port_that_is_taken_is_one_line(self, run: Run, simulation: Simulation) -> None:
        port = simulation.url.rpartition(":")[2]
        ended = run("simulate", "--port", port)
        assert (ended.code, ended.out) == (1, "")
        assert port in ended.err
        assert len(ended.err.splitlines()) == 1


class TestDemo:
    def test_without_a_terminal_it_prints_the_last_tick_and_the_newest_events(self, machine: Machine) -> None:
        machine.set(
            AUTHENTIK_URL="http://127.0.0.1:9",
            AUTHENTIK_TOKEN=TOKEN,
            AUDIT_STORE="nonsense",
            AUDIT_INGEST_ENABLED="false",
            TMPDIR=str(machine.home),
        )
        (machine.here / ".env").write_text("AUDIT_INGEST_INTERVAL=nonsense\n")
        config = machine.home / ".config/dezky-audit-tui/config.toml"
        config.parent.mkdir(parents=True)
        config.write_text("nonsense = 1\n")
        ended = machine.run("demo")
        assert (ended.code, ended.err) == (0, "")
        assert ended.lines[0] == "the last tick"
        assert " ok: " in ended.lines[1]
        assert any(line.startswith("the newest 20 of 5,") for line in ended.lines)
        assert "authentik." in ended.lines[-1]
        assert not list(machine.home.glob("dezky-audit-tui-demo-*"))
        assert not machine.store_file.exists()
