"""`tick`: one pull and its report, and every way it can fail."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from dezky_audit_tui.cli.summary import tick_lines
from dezky_audit_tui.demo.faults import FaultKind
from dezky_audit_tui.demo.simulation import Simulation
from dezky_audit_tui.model.instants import now
from dezky_audit_tui.model.report import TickReport
from dezky_audit_tui.store.sqlite.store import SqliteStore
from tests.cli.conftest import TOKEN, Ended, Machine, event

Run = Callable[..., Ended]
REPORT = {
    "source", "trigger", "startedAt", "durationMs", "requests", "fetched", "inserted", "duplicates", "setAside",
    "unmapped", "tenants", "holes", "cursor", "outcome", "error", "warning",
}  # fmt: skip


def reports(ended: Ended) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ended.lines]


class TestPull:
    def test_a_tick_stores_and_reports(self, run: Run, authentik: Simulation) -> None:
        ended = run("tick", "--json")
        (report,) = reports(ended)
        assert ended.code == 0
        assert set(report) == REPORT
        assert (report["source"], report["trigger"], report["outcome"]) == ("authentik", "cli", "ok")
        assert report["inserted"] == len(run("timeline", "--limit", "all", "--format", "jsonl").lines) == 250
        assert report["fetched"] == report["inserted"] + report["duplicates"] + report["setAside"]

    def test_a_second_tick_finds_nothing_new(self, run: Run, authentik: Simulation) -> None:
        run("tick")
        (report,) = reports(run("tick", "--json"))
        assert report["inserted"] == 0
        assert len(run("timeline", "--limit", "all", "--format", "jsonl").lines) == 250

    def test_a_token_may_come_from_a_pipe_which_gives_it_once(
        self, run: Run, machine: Machine, authentik: Simulation
    ) -> None:
        read, write = os.pipe()
        os.write(write, TOKEN.encode())
        os.close(write)
        del machine.environment["AUTHENTIK_TOKEN"]
        machine.set(AUTHENTIK_TOKEN_FILE=f"/dev/fd/{read}")
        ended = run("tick", "--until-caught-up")
        os.close(read)
        assert (ended.code, ended.err) == (0, "")

    def test_with_a_small_budget_it_takes_several_until_caught_up(self, run: Run, authentik: Simulation) -> None:
        ended = run("tick", "--json", "--until-caught-up", "--max-pages", "1")
        told = reports(ended)
        assert ended.code == 0
        assert len(told) > 2
        assert told[0]["trigger"] == "cli"
        assert {report["trigger"] for report in told[1:]} <= {"catch_up", "cli"}
        assert told[0]["holes"] == 1
        assert told[-1]["holes"] == 0
        assert sum(report["inserted"] for report in told) == 250

    def test_for_a_person_it_is_a_summary(self, run: Run, authentik: Simulation) -> None:
        ended = run("tick")
        assert ended.code == 0
        assert "ok: 250 new" in ended.lines[0]
        assert any(line.strip().startswith("tenants") for line in ended.lines)
        assert any(line.strip().startswith("cursor") for line in ended.lines)
        assert ended.err == ""

    def test_an_action_that_would_act_on_the_terminal_is_only_shown(self) -> None:
        report = TickReport("authentik", "cli", now(), unmapped={"custom_\u202edesrever\x1b[2J": 3}, outcome="ok")
        assert tick_lines(report)[1] == "  unmapped  custom_‹202E›desrever␛[2J 3"


class TestSkipped:
    def test_where_ingesting_is_off_nothing_is_sent(self, run: Run, machine: Machine, authentik: Simulation) -> None:
        machine.set(AUDIT_INGEST_ENABLED="false")
        before = authentik.server.requests.count()
        ended = run("tick", "--json")
        (report,) = reports(ended)
        assert ended.code == 0
        assert (report["outcome"], report["error"]["kind"]) == ("skipped", "disabled")
        assert authentik.server.requests.count() == before

    def test_where_ingesting_is_off_no_authentik_is_needed(self, run: Run, machine: Machine) -> None:
        machine.set(AUDIT_INGEST_ENABLED="false")
        ended = run("tick")
        assert ended.code == 0
        assert "skipped: AUDIT_INGEST_ENABLED is false" in ended.out

    def test_where_another_ingests_it_is_named(self, run: Run, machine: Machine, authentik: Simulation) -> None:
        service = machine.spawn("ingest")
        try:
            assert service.stderr is not None
            for line in service.stderr:
                if "tick startup" in line:
                    break
            before = authentik.server.requests.count()
            ended = run("tick", "--json")
            (report,) = reports(ended)
            assert ended.code == 0
            assert (report["outcome"], report["error"]["kind"]) == ("skipped", "lease_held")
            assert f"(pid {service.pid})" in report["error"]["message"]
            assert authentik.server.requests.count() == before
        finally:
            service.terminate()
            service.communicate(timeout=30)


class TestFailures:
    @pytest.mark.parametrize(
        ("fault", "kind", "words"),
        [
            ("error_500", "server_error", "failed inside (500)"),
            ("starting", "starting", "starting up"),
            ("too_many", "rate_limited", ""),
            ("html_200", None, "AUTHENTIK_URL"),
            ("truncated", None, ""),
            ("hang_up", None, ""),
            ("redirect", None, "not followed"),
        ],
    )
    def test_a_fault_is_one_line_exit_1_and_the_cursor_stays(
        self, run: Run, authentik: Simulation, fault: FaultKind, kind: str | None, words: str
    ) -> None:
        run("tick")
        before = run("status", "--json").json["cursor"]
        authentik.server.faults.set(fault, count=None)
        ended = run("tick")
        assert (ended.code, ended.out) == (1, "")
        (line,) = ended.err.splitlines()
        assert line.startswith("dezky-audit-tui: ")
        assert words in line
        assert TOKEN not in line
        told = run("tick", "--json")
        (report,) = reports(told)
        assert told.code == 1
        assert report["outcome"] == "failed"
        assert report["error"]["message"] == line.removeprefix("dezky-audit-tui: ")
        assert kind in (None, report["error"]["kind"])
        after = run("status", "--json").json
        assert after["cursor"] == before
        assert after["lastTick"]["outcome"] == "failed"

    def test_a_wrong_token_says_what_to_do(self, run: Run, machine: Machine, authentik: Simulation) -> None:
        machine.set(AUTHENTIK_TOKEN="another")
        ended = run("tick")
        assert ended.code == 1
        assert "does not take the token" in ended.err
        assert "another" not in ended.err

    def test_nobody_there_is_one_line(self, run: Run, machine: Machine, authentik: Simulation) -> None:
        machine.set(AUTHENTIK_URL="http://127.0.0.1:9")
        ended = run("tick")
        assert (ended.code, ended.out) == (1, "")
        assert "127.0.0.1:9 refuses the connection" in ended.err

    def test_settings_that_miss_are_wrong_use_and_make_no_store(self, run: Run, machine: Machine) -> None:
        ended = run("tick", "--json")
        assert (ended.code, ended.out) == (2, "")
        assert "AUTHENTIK_URL" in ended.err
        assert "AUTHENTIK_TOKEN" in ended.err
        assert not machine.store_file.exists()

    def test_a_store_that_is_none_fails_with_a_report(self, run: Run, machine: Machine, authentik: Simulation) -> None:
        machine.store_file.parent.mkdir(parents=True)
        machine.store_file.write_bytes(b"this is no database, but some text that was put here by mistake" * 40)
        ended = run("tick", "--json")
        (report,) = reports(ended)
        assert ended.code == 1
        assert (report["outcome"], report["requests"]) == ("failed", 0)
        assert len(ended.err.splitlines()) == 1

    def test_a_locked_store_is_told_not_waited_for_without_end(
        self, run: Run, machine: Machine, authentik: Simulation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        machine.fill([event(1)])
        monkeypatch.setattr(SqliteStore.__init__, "__kwdefaults__", {"clock": now, "patience_s": 0.1})
        other = sqlite3.connect(machine.store_file, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            ended = run("tick")
        finally:
            other.close()
        assert ended.code == 1
        assert len(ended.err.splitlines()) == 1
        assert "lock" in ended.err


class TestEndings:
    def test_a_terminated_tick_ends_with_0_and_gives_the_lease_back(
        self, run: Run, machine: Machine, authentik: Simulation
    ) -> None:
        before = authentik.server.requests.count()
        authentik.server.faults.set("stall", count=None)
        process = machine.spawn("tick")
        while authentik.server.requests.count() == before:
            assert process.poll() is None
        process.terminate()
        out, err = process.communicate(timeout=25)
        assert (process.returncode, out, err) == (0, "", "")
        authentik.server.faults.clear()
        assert run("status", "--json").json["lease"] is None
