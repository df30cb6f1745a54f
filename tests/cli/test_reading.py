"""`status`, `actions` and `tenants`: what they tell of a store, in their fixed shapes."""

from __future__ import annotations

from collections.abc import Callable

from dezky_audit_tui.demo.simulation import Simulation
from dezky_audit_tui.model.event import REASONS, TenantWhy
from dezky_audit_tui.sources.authentik.action_map import VERBS
from tests.cli.conftest import Ended, Machine, event
from tests.cli.terminal import Terminal

Run = Callable[..., Ended]


class TestStatus:
    def test_of_a_new_store(self, run: Run) -> None:
        told = run("status", "--json").json
        assert list(told) == ["store", "cursor", "events", "lease", "lastTick"]
        assert told["store"] == "sqlite audit.db"
        assert (told["events"], told["lease"], told["lastTick"]) == ({}, None, None)
        assert told["cursor"]["lastEventAt"] is None
        assert told["cursor"]["holes"] == []

    def test_after_a_tick_that_left_a_hole(self, run: Run, authentik: Simulation) -> None:
        run("tick", "--max-pages", "1")
        told = run("status", "--json").json
        (hole,) = told["cursor"]["holes"]
        assert hole["kind"] == "unread"
        assert set(hole["top"]) == {"created", "pk"}
        stored = told["events"]["authentik"]
        assert stored < 250
        assert told["lastTick"]["holes"] == 1
        shown = run("status").out
        assert "1 not read yet" in shown
        assert f"about {250 - stored} events" in shown
        assert "sqlite audit.db" in shown

    def test_counts_are_by_source(self, run: Run, machine: Machine) -> None:
        machine.fill([event(1), event(2), event(3, source="platform", external_id=None)])
        assert run("status", "--json").json["events"] == {"authentik": 2, "platform": 1}

    def test_events_that_are_all_ahead_of_the_clock_are_not_told_as_none(self, run: Run, machine: Machine) -> None:
        assert "no event yet" in run("status").out
        machine.fill([event(1)])
        assert "only events ahead of the clock so far" in run("status").out

    def test_while_somebody_ingests_the_lease_is_told(self, run: Run, machine: Machine, authentik: Simulation) -> None:
        service = machine.spawn("ingest")
        try:
            assert service.stderr is not None
            assert any("tick startup" in line for line in service.stderr)
            lease = run("status", "--json").json["lease"]
            assert set(lease) == {"owner", "epoch", "expiresAt"}
            assert f"/{service.pid}/" in lease["owner"]
        finally:
            service.terminate()
            service.communicate(timeout=120)


class TestActions:
    def test_the_whole_map_is_there_with_zeros(self, run: Run) -> None:
        told = run("actions", "--json").json
        assert {entry["raw"]: entry["verb"] for entry in told["mapped"]} == dict(VERBS)
        assert len(told["mapped"]) == 16
        assert all((entry["count"], entry["lastAt"]) == (0, None) for entry in told["mapped"])
        assert told["unmapped"] == []

    def test_seen_unmapped_and_other_writers_are_told_apart(self, run: Run, machine: Machine) -> None:
        custom = {"rawAction": "custom_door", "unmapped": True}
        machine.fill(
            [
                event(1),
                event(2),
                event(3, action="authentik.custom_door", metadata=custom),
                event(4, source="platform", external_id=None, action="project.deleted", metadata={}),
            ]
        )
        told = run("actions", "--json").json
        login = next(entry for entry in told["mapped"] if entry["raw"] == "login")
        assert (login["count"], login["lastAt"]) == (2, "2026-11-24T11:59:00.000Z")
        assert [(entry["raw"], entry["count"]) for entry in told["unmapped"]] == [("custom_door", 1)]
        assert [(entry["verb"], entry["count"]) for entry in told["other"]] == [("project.deleted", 1)]
        shown = run("actions").out
        assert "custom_door" in shown
        assert "never" in shown

    def test_a_hostile_action_is_shown_harmless(self, run: Run, machine: Machine) -> None:
        raw = "custom_\x1b]0;x\x07\u202e"
        machine.fill([event(1, action=f"authentik.{raw}", metadata={"rawAction": raw, "unmapped": True})])
        assert all(line.isprintable() for line in run("actions").lines)
        assert run("actions", "--json").json["unmapped"][0]["raw"] == raw


class TestTenants:
    def test_reasons_tenants_groups_and_resolutions(self, run: Run, machine: Machine) -> None:
        machine.set(AUDIT_TENANTS="acme,globex")
        lost = TenantWhy("no_such_tenant", "3", ("contractors", "night shift"))
        machine.fill([event(1), event(2), event(3, tenant_slug=None, tenant_why=lost)])
        told = run("tenants", "--json").json
        assert list(told) == ["known", "reasons", "tenants", "unknownGroups", "latest"]
        assert told["known"] == ["acme", "globex"]
        assert told["reasons"] == dict.fromkeys(REASONS, 0) | {"matched": 2, "no_such_tenant": 1}
        assert told["tenants"] == {"acme": 2}
        assert told["unknownGroups"] == {"contractors": 1, "night shift": 1}
        assert told["latest"][0]["tenantWhy"]["reason"] == "matched"
        shown = run("tenants").out
        for word in ("contractors", "no_such_tenant", "acme", "groups that name no tenant"):
            assert word in shown

    def test_a_long_name_pushes_no_other_column_off_the_terminal(self, machine: Machine) -> None:
        machine.fill([event(1), event(2, actor_name="n" * 200)])
        with Terminal(machine, "tenants", columns=80) as terminal:
            shown = terminal.until(lambda text: "nnn" in text)
        latest = [line for line in shown.splitlines() if line.startswith("2026-")]
        assert len(latest) == 2
        assert all("acme" in line and "matched" in line for line in latest)

    def test_of_an_empty_store(self, run: Run) -> None:
        ended = run("tenants")
        assert ended.code == 0
        assert "none; name them in AUDIT_TENANTS" in ended.out
