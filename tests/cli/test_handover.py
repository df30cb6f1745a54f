"""`handover`: a shift told to the next one, from a simulated Authentik over HTTP and out of the store."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from dezky_audit_tui.demo.simulation import Simulation
from dezky_audit_tui.model.event import Person, Target
from dezky_audit_tui.model.instants import now, parse_instant
from tests.cli.conftest import TOKEN, Ended, Machine, event
from tests.cli.test_imports import loaded_by


@pytest.fixture(scope="module")
def busy() -> Iterator[Simulation]:
    """A simulated Authentik with two days of everything."""
    with Simulation(events=3_000, rate=0, seed=7, token=TOKEN) as running:
        yield running


@pytest.fixture
def told(busy: Simulation, machine: Machine, run: Callable[..., Ended]) -> Any:
    """The last two days as JSON, after a pull of all of it."""
    machine.set(AUTHENTIK_URL=busy.url, AUTHENTIK_TOKEN=busy.token, AUDIT_TENANTS=",".join(busy.tenants))
    assert run("tick", "--until-caught-up").code == 0
    done = run("handover", "--since", "3d", "--json")
    assert (done.code, done.err, len(done.lines)) == (0, "", 1)
    return done.json


def test_a_pulled_shift_is_told_as_it_happened(told: Any, busy: Simulation) -> None:
    raw = list(busy.log.events())
    actions = Counter(each["action"] for each in raw)
    assert told["events"] == len(raw) == sum(share["events"] for share in told["tenants"])
    assert {share["tenant"] for share in told["tenants"]} == {*busy.tenants, None}
    counted = {"logins": "login", "failedLogins": "login_failed", "impersonations": "impersonation_started"}
    for name, action in counted.items():
        assert sum(share[name] for share in told["tenants"]) == actions[action]
    sessions = told["impersonations"]["open"] + told["impersonations"]["ended"]
    assert sum(each["startedAt"] is not None for each in sessions) == actions["impersonation_started"]
    assert all(each["how"] is None and each["endedAt"] is None for each in told["impersonations"]["open"])
    assert {each["how"] for each in told["impersonations"]["ended"]} <= {"ended", "logout", "new_start"}
    assert told["impersonations"]["open"]
    assert told["impersonations"]["lookedBackTo"] is None

    guessing = told["guessing"]
    assert guessing["succeeded"]
    assert guessing["spraying"]
    for burst in (*guessing["succeeded"], *guessing["inVain"], *guessing["spraying"]):
        assert burst["failures"] >= 5
        assert all(address.startswith(("198.51.100.", "2001:db8:bad:")) for address in burst["addresses"])
    assert "pretend_user_exists" in guessing["note"]

    assert told["memberships"]
    assert told["mfa"]
    assert {each["by"] for each in told["passwords"]} <= {"other", "unknown"}
    assert {each["privilege"] for each in told["privileged"]} <= {
        "admin_group",
        "mfa_removed",
        "password_by_other",
        "secret_viewed",
        "secret_rotated",
    }
    unmapped = {each["rawAction"] for each in told["unmapped"]}
    assert unmapped
    assert unmapped <= actions.keys()
    assert told["gaps"]["unread"] == told["gaps"]["withoutGoodTick"] == []
    assert told["leftOut"] == {}


def test_whoever_guessed_and_got_in_is_new_there(told: Any) -> None:
    guessed = {success["address"] for burst in told["guessing"]["succeeded"] for success in burst["successes"]}
    known = {each["address"]: each for each in told["newForActor"]}
    for address in guessed & known.keys():
        assert known[address]["new"] in ("country", "network")
        assert known[address]["lastSeenAt"] < known[address]["at"]
    assert guessed & known.keys()


def test_the_keys_stay_as_they_are(told: Any) -> None:
    assert list(told) == [
        "since",
        "until",
        "generatedAt",
        "source",
        "store",
        "events",
        "failures",
        "tenants",
        "impersonations",
        "guessing",
        "memberships",
        "mfa",
        "passwords",
        "privileged",
        "newForActor",
        "newAddresses",
        "unmapped",
        "gaps",
        "leftOut",
    ]
    assert list(told["impersonations"]["open"][0]) == [
        "admin",
        "behalf",
        "startedAt",
        "firstAt",
        "lastAt",
        "endedAt",
        "how",
        "seconds",
        "actions",
        "reason",
        "address",
        "tenantSlug",
    ]
    until = parse_instant(told["until"])
    assert timedelta() <= now() - until < timedelta(minutes=2)
    assert until - parse_instant(told["since"]) >= timedelta(days=2, hours=23)


def test_an_impersonation_from_before_the_shift_is_told_while_it_is_open(
    machine: Machine, run: Callable[..., Ended]
) -> None:
    root = {"actor_id": "3", "actor_name": "root", "actor_email": None, "actor_ip": "203.0.113.1"}
    start = {**root, "action": "authentik.impersonation_started", "metadata": {"rawAction": "impersonation_started"}}
    end = {**root, "action": "authentik.impersonation_ended", "metadata": {"rawAction": "impersonation_ended"}}
    ana, bob = Person("5", "ana"), Person("6", "bob")
    machine.fill(
        [
            event(9_000, on_behalf_of=ana, **start),
            event(900, on_behalf_of=bob, **{**start, "actor_ip": "203.0.113.2"}),
            event(800, **{**end, "actor_ip": "203.0.113.2"}),
            event(1),
        ]
    )
    done = run("handover", "--since", "2026-11-24T11:00", "--until", "2026-11-24T12:00", "--json")
    assert [each["behalf"]["name"] for each in done.json["impersonations"]["open"]] == ["ana"]
    assert done.json["impersonations"]["ended"] == []
    assert done.json["events"] == 1


def test_the_text_aligns_and_shows_hostile_names_as_glyphs(machine: Machine, run: Callable[..., Ended]) -> None:
    hostile = "ana\x1b[31m\u202e"
    removed = {"rawAction": "model_deleted", "mfa": "removed", "mfaDevice": "totp\x1b]0;x\x07"}
    more = {"action": "authentik.model_deleted", "target": Target("totpdevice", "1", "x")}
    machine.fill([event(1, actor_name=hostile, metadata=removed, **more), event(2, metadata=removed, **more)])
    done = run("handover", "--since", "2026-11-24", "--until", "2026-11-25")
    assert done.code == 0
    assert "\x1b" not in done.out
    assert "\x07" not in done.out
    assert "ana␛[31m‹202E›" in done.out
    lines = [line for line in done.lines if line.startswith("!  2026-11-24") and "second factor removed" in line]
    assert len(lines) == 2
    assert len({line.rindex("second factor removed") for line in lines}) == 1
    assert "Impersonations, those without an end first: none" in done.lines


def test_an_empty_store_has_an_empty_shift(machine: Machine, run: Callable[..., Ended]) -> None:
    machine.fill([])
    done = run("handover")
    assert done.code == 0
    assert "0 events, 0 failed" in done.lines[0]
    assert "nothing has been read yet" in done.out
    assert "every stretch was read" not in done.out
    assert json.loads(run("handover", "--json").out)["gaps"]["settledTo"] is None


@pytest.mark.parametrize(
    "arguments",
    [["--since", "yesterday"], ["--since", "1h", "--until", "2h"], ["--since", "8h verb:login"], ["--until", ""]],
    ids=" ".join,
)
def test_what_is_no_time_is_wrong_use(run: Callable[..., Ended], arguments: list[str]) -> None:
    done = run("handover", *arguments)
    assert (done.code, done.out) == (2, "")
    assert "since" in done.err or "no time" in done.err


def test_it_loads_no_screen_no_driver_and_no_http_library(machine: Machine) -> None:
    machine.fill([event(1)])
    assert loaded_by(machine, "handover", "--json") == (0, set())
