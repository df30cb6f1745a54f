"""`doctor`: each check, in order, with what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dezky_audit_tui.demo.simulation import Simulation
from dezky_audit_tui.demo.tokens import Token
from tests.cli.conftest import TOKEN, Ended, Machine

Run = Callable[..., Ended]
SOURCE_CHECKS = ["source", "token", "events", "groups", "users", "clock"]


def checks(ended: Ended) -> dict[str, dict[str, Any]]:
    found = {check["name"]: check for check in json.loads(ended.out)["checks"]}
    assert all(set(check) == {"name", "status", "message", "remedy"} for check in found.values())
    assert all(check["status"] in ("ok", "warn", "fail") for check in found.values())
    return found


class TestAllIsWell:
    def test_the_checks_come_in_order_and_the_exit_code_is_0(self, run: Run, authentik: Simulation) -> None:
        run("tick")
        ended = run("doctor", "--json")
        found = checks(ended)
        assert ended.code == 0
        assert json.loads(ended.out)["ok"] is True
        assert list(found)[: len(SOURCE_CHECKS) + 1] == ["settings", *SOURCE_CHECKS]
        assert list(found)[-5:] == ["ingester", "pull", "quarantine", "findings", "files"]
        assert {check["status"] for check in found.values()} == {"ok"}
        assert "250" in found["events"]["message"]

    def test_for_a_person_each_check_is_a_line(self, run: Run, authentik: Simulation) -> None:
        ended = run("doctor")
        assert ended.code == 0
        assert ended.lines[0].startswith("ok    settings")
        assert any(line.startswith("warn  ingester") for line in ended.lines)
        assert any(line.strip().startswith("do: start the dashboard") for line in ended.lines)
        assert TOKEN not in ended.out


class TestSettings:
    def test_wrong_settings_fail_and_the_rest_is_not_checked(self, run: Run, machine: Machine) -> None:
        machine.set(AUDIT_INGEST_INTERVAL="soon")
        ended = run("doctor", "--json")
        found = checks(ended)
        assert ended.code == 1
        assert "AUDIT_INGEST_INTERVAL is 'soon'" in found["settings"]["message"]
        assert found["source"]["message"] == found["store"]["message"] == "not checked: the settings are wrong"

    def test_missing_ones_fail_and_the_store_is_checked_all_the_same(self, run: Run) -> None:
        ended = run("doctor", "--json")
        found = checks(ended)
        assert ended.code == 1
        assert found["settings"]["status"] == "fail"
        assert found["events"]["message"] == "not checked: settings are missing or wrong"
        assert found["store"]["status"] == "ok"

    def test_a_ca_bundle_that_is_none_fails(self, run: Run, machine: Machine, tmp_path: Path) -> None:
        bundle = tmp_path / "ca.pem"
        bundle.write_text("no certificate")
        machine.set(AUTHENTIK_URL="https://auth.example", AUTHENTIK_TOKEN="t", AUTHENTIK_CA_BUNDLE=str(bundle))
        found = checks(run("doctor", "--json"))
        assert found["settings"]["status"] == "fail"
        assert "AUTHENTIK_CA_BUNDLE" in found["settings"]["message"]

    def test_where_ingesting_is_off_nothing_is_asked(self, run: Run, machine: Machine, authentik: Simulation) -> None:
        machine.set(AUDIT_INGEST_ENABLED="false")
        before = authentik.server.requests.count()
        ended = run("doctor", "--json")
        assert "source" not in checks(ended)
        assert "AUDIT_INGEST_ENABLED is false" in checks(ended)["settings"]["message"]
        assert authentik.server.requests.count() == before


class TestSource:
    def test_nobody_there(self, run: Run, machine: Machine, authentik: Simulation) -> None:
        machine.set(AUTHENTIK_URL="http://127.0.0.1:9")
        ended = run("doctor", "--json")
        found = checks(ended)
        assert ended.code == 1
        assert found["source"]["status"] == "fail"
        for name in SOURCE_CHECKS[1:]:
            assert found[name]["message"] == "not checked: the source did not answer"

    def test_a_wrong_token(self, run: Run, machine: Machine, authentik: Simulation) -> None:
        machine.set(AUTHENTIK_TOKEN="not-the-one")
        ended = run("doctor", "--json")
        found = checks(ended)
        assert ended.code == 1
        assert found["source"]["status"] == "ok"
        assert found["token"]["status"] == "fail"
        assert "AUTHENTIK_TOKEN" in found["token"]["remedy"]
        assert found["events"]["message"] == "not checked: the token was refused"

    @pytest.mark.parametrize(
        ("token", "name", "status", "words"),
        [
            (Token(view_event=False), "events", "fail", "view_event"),
            (Token(view_group=False), "groups", "fail", "view_group"),
            (Token(view_user=False), "users", "fail", "view_user"),
        ],
    )
    def test_each_missing_permission_is_told_with_its_name(
        self, run: Run, machine: Machine, authentik: Simulation, token: Token, name: str, status: str, words: str
    ) -> None:
        authentik.server.tokens["limited"] = token
        machine.set(AUTHENTIK_TOKEN="limited")
        ended = run("doctor", "--json")
        found = checks(ended)
        assert ended.code == 1
        assert found[name]["status"] == status
        assert words in found[name]["message"] + found[name]["remedy"]
        others = [found[other]["status"] for other in ("events", "groups", "users") if other != name]
        assert others == ["ok", "ok"]

    def test_an_empty_list_is_a_warning(self, run: Run, authentik: Simulation) -> None:
        authentik.server.faults.set("empty_list", count=None, where="events")
        ended = run("doctor", "--json")
        events = checks(ended)["events"]
        assert ended.code == 0
        assert events["status"] == "warn"
        assert "Can view Event" in events["remedy"]

    def test_an_internal_service_account_sees_nothing_and_is_told_so(
        self, run: Run, machine: Machine, authentik: Simulation
    ) -> None:
        authentik.server.tokens["internal"] = Token(empty=True)
        machine.set(AUTHENTIK_TOKEN="internal")
        found = checks(run("doctor", "--json"))
        assert found["events"]["status"] == found["groups"]["status"] == "warn"
        assert "service account" in found["events"]["remedy"]


class TestClock:
    @pytest.mark.parametrize(
        ("off", "status", "word"), [(3600, "warn", "ahead of"), (-90, "warn", "behind"), (5, "ok", "")]
    )
    def test_a_clock_that_is_off(self, run: Run, authentik: Simulation, off: int, status: str, word: str) -> None:
        authentik.server.faults.set("wrong_date", count=None, value=off)
        clock = checks(run("doctor", "--json"))["clock"]
        assert clock["status"] == status
        assert word in clock["message"]

    def test_an_answer_without_a_date(self, run: Run, authentik: Simulation) -> None:
        authentik.server.faults.set("no_date", count=None)
        clock = checks(run("doctor", "--json"))["clock"]
        assert clock["status"] == "warn"
        assert "Date header" in clock["message"]


class TestStoreAndFiles:
    def test_a_store_that_is_none(self, run: Run, machine: Machine, authentik: Simulation) -> None:
        machine.set(AUDIT_STORE="sqlite:////proc/none/audit.db")
        ended = run("doctor", "--json")
        found = checks(ended)
        assert ended.code == 1
        assert found["store"]["status"] == "fail"
        assert found["ingester"]["message"] == "not checked: the store did not answer"

    def test_where_no_tenant_is_known_it_says_where_to_name_them(self, run: Run, machine: Machine) -> None:
        machine.set(AUDIT_INGEST_ENABLED="false")
        assert checks(run("doctor", "--json"))["tenants"]["status"] == "warn"
        machine.set(AUDIT_TENANTS="acme,globex")
        tenants = checks(run("doctor", "--json"))["tenants"]
        assert (tenants["status"], tenants["message"]) == ("ok", "2 known")

    def test_a_failed_last_tick(self, run: Run, authentik: Simulation) -> None:
        authentik.server.faults.set("error_500", count=None, where="events")
        run("tick")
        authentik.server.faults.clear()
        ingester = checks(run("doctor", "--json"))["ingester"]
        assert ingester["status"] == "warn"
        assert "the last tick failed" in ingester["message"]

    def test_files_with_secrets_that_others_can_read(
        self, run: Run, machine: Machine, authentik: Simulation, tmp_path: Path
    ) -> None:
        token = tmp_path / "token"
        token.write_text(TOKEN)
        token.chmod(0o644)
        (machine.here / ".env").write_text("OTHER=1\n")
        (machine.here / ".env").chmod(0o600)
        del machine.environment["AUTHENTIK_TOKEN"]
        machine.set(AUTHENTIK_TOKEN_FILE=str(token))
        ended = run("doctor", "--json")
        files = checks(ended)["files"]
        assert ended.code == 0
        assert files["status"] == "warn"
        assert files["remedy"] == f"chmod 600 {token}"
        assert TOKEN not in ended.out
