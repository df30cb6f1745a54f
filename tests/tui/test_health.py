from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from dezky_audit_tui.ingest.state import IngesterState
from dezky_audit_tui.model.report import TickError, TickReport
from dezky_audit_tui.store.store import Lease, StoreStatus
from dezky_audit_tui.tui.words.health import Facts, health_of
from tests.tui.rows import NOON, empty_state

STATUS = StoreStatus(empty_state(), None, None)
OTHER = Lease("authentik", "eve@bastion2/99/a-b-1", 3, NOON + timedelta(seconds=20))


def tick(ago_s: float, outcome: Any = "ok", **more: Any) -> TickReport:
    return TickReport(
        "authentik", more.pop("trigger", "timer"), NOON - timedelta(seconds=ago_s), outcome=outcome, **more
    )


def failed(ago_s: float, message: str = "Authentik refused the token. Make a new one.") -> TickReport:
    return tick(ago_s, "failed", error=TickError("source_refused", message))


def waiting(next_s: float = 38, **more: Any) -> IngesterState:
    return IngesterState("waiting", next_tick_at=NOON + timedelta(seconds=next_s), **more)


def facts(*ticks: TickReport, ingester: IngesterState | None = None, **more: Any) -> Facts:
    return Facts(NOON, 60.0, more.pop("status", STATUS), ticks, ingester or waiting(), **more)


def test_after_a_good_tick_all_is_well() -> None:
    health = health_of(facts(tick(4)))
    assert (health.word, health.level, health.problem) == ("ok", "ok", None)
    assert (health.lag, health.next, health.who) == ("4 s behind", "next tick 0:40", "ingesting here")


def test_a_failed_tick_is_loud_and_says_what_to_do_and_that_the_screen_is_old() -> None:
    health = health_of(facts(failed(3), failed(20), tick(80), ingester=waiting(12, failures=2)))
    assert (health.word, health.level) == ("failing", "bad")
    assert health.problem is not None
    assert "Make a new one." in health.problem
    assert "2 ticks in a row failed" in health.problem
    assert "not on this screen" in health.problem
    assert (health.lag, health.next) == ("1 min behind", "retry 0:15")


def test_the_ingesters_own_report_is_the_one_that_the_store_has_cut_to_milliseconds() -> None:
    own = replace(failed(3), started_at=NOON - timedelta(seconds=3) + timedelta(microseconds=321))
    health = health_of(facts(failed(3), failed(20), tick(80), ingester=waiting(12, failures=2, last=own)))
    assert health.problem is not None
    assert "2 ticks in a row failed" in health.problem


def test_a_source_that_is_away_for_hours_was_reached_all_the_same() -> None:
    health = health_of(facts(*(failed(60 * n) for n in range(1, 61)), good=tick(7200)))
    assert (health.word, health.lag) == ("failing", "2 h behind")
    assert health.problem is not None
    assert "60 or more ticks in a row failed" in health.problem


def test_a_source_that_never_answered_is_never_reached() -> None:
    health = health_of(facts(failed(3)))
    assert (health.word, health.level, health.lag) == ("never reached", "bad", "no data yet")


def test_a_good_catch_up_tick_does_not_make_the_head_of_the_list_known() -> None:
    health = health_of(facts(tick(1, trigger="catch_up"), tick(300)))
    assert (health.word, health.level, health.lag) == ("silent", "bad", "5 min behind")


def test_silence_for_more_than_two_intervals_is_loud() -> None:
    assert health_of(facts(tick(120))).level == "ok"
    health = health_of(facts(tick(190)))
    assert (health.word, health.level) == ("silent", "bad")
    assert health.problem is not None
    assert "No good tick for 3 min," in health.problem


def test_a_long_tick_in_flight_is_work_and_not_silence() -> None:
    ticking = IngesterState("ticking", tick_started_at=NOON - timedelta(seconds=100))
    assert health_of(facts(tick(160), ingester=ticking)).level == "ok"


def test_where_another_ingests_its_silence_is_told_with_its_name() -> None:
    watching = IngesterState("watching", holder=OTHER.owner)
    health = health_of(facts(tick(5), ingester=watching))
    assert (health.word, health.who) == ("ok", "watching, eve@bastion2 (pid 99) ingests")
    health = health_of(facts(tick(500), ingester=watching))
    assert health.problem is not None
    assert "eve@bastion2 (pid 99) holds the lease: look there" in health.problem


def test_watching_only_is_well_as_long_as_somebody_ingests() -> None:
    status = replace(STATUS, lease=OTHER)
    watcher = facts(tick(5), status=status)._replace(ingester=None, watch_only=True)
    assert (health_of(watcher).level, health_of(watcher).who) == ("ok", "watch only, eve@bastion2 (pid 99) ingests")
    alone = facts(tick(500))._replace(ingester=None, watch_only=True)
    assert health_of(alone).level == "bad"
    assert "Nobody ingests into this store." in (health_of(alone).problem or "")


def test_a_fresh_store_that_nobody_fills_is_not_called_well() -> None:
    health = health_of(facts()._replace(ingester=None, watch_only=True))
    assert (health.word, health.level) == ("never reached", "bad")
    disabled = IngesterState("disabled", why="AUDIT_INGEST_ENABLED is false: this program only watches")
    assert "AUDIT_INGEST_ENABLED" in (health_of(facts(ingester=disabled)).problem or "")


def test_an_old_store_is_not_called_silent_before_the_ingester_has_started() -> None:
    assert health_of(facts(tick(90_000))._replace(ingester=None)).word == "starting"
    assert health_of(facts(tick(90_000), ingester=IngesterState())).word == "starting"


def test_an_ingester_that_cannot_be_made_is_loud() -> None:
    health = health_of(facts(tick(5))._replace(ingester=None, trouble="The token file is gone."))
    assert (health.word, health.level, health.who) == ("not ingesting", "bad", "not ingesting")
    assert health.problem == "The token file is gone."


def test_a_store_that_is_away_comes_before_all_else() -> None:
    health = health_of(facts(tick(4), store_error="the disk is gone"))
    assert (health.word, health.level) == ("store away", "bad")
    assert "the disk is gone" in (health.problem or "")


def test_a_warning_of_a_good_tick_is_shown_and_the_state_stays_ok() -> None:
    health = health_of(facts(tick(4, warning="The list is empty: may this token see events?")))
    assert (health.word, health.level) == ("ok", "warn")
    assert health.glyph == "!"


def test_the_ingesters_own_last_tick_counts_before_the_store_has_told_of_it() -> None:
    state = replace(waiting(failures=1), last=failed(1))
    assert health_of(facts(tick(30), ingester=state)).word == "failing"


def test_what_keeps_an_ingester_from_the_lease_is_told() -> None:
    state = waiting(failures=3, why="the store is locked by another program")
    assert health_of(facts(tick(30), ingester=state)).problem == "the store is locked by another program"


def test_who_may_not_write_is_told_why_nothing_is_ingested_here_although_all_is_well() -> None:
    why = "the user of AUDIT_STORE may not write to db.example/dezky; give it the role readWrite there"
    health = health_of(
        facts(tick(4), ingester=IngesterState("read_only", why=why), status=replace(STATUS, lease=OTHER))
    )
    assert (health.word, health.level, health.who) == ("ok", "warn", "may not write, eve@bastion2 (pid 99) ingests")
    assert health.problem == f"This program only watches: {why}."


def test_another_worker_at_the_cursor_is_told_for_a_day() -> None:
    seen = replace(STATUS, other_worker=NOON - timedelta(hours=3))
    health = health_of(facts(tick(4), status=seen))
    assert (health.word, health.level) == ("ok", "warn")
    assert health.problem is not None
    assert health.problem.startswith("Another worker moves this store's cursor too, last seen 09:00:00 UTC")
    old = replace(STATUS, other_worker=NOON - timedelta(days=2))
    assert health_of(facts(tick(4), status=old)).problem is None


def test_a_lease_counts_as_the_store_says_whatever_this_machines_clock() -> None:
    ahead = replace(STATUS, lease=replace(OTHER, expires_at=NOON - timedelta(minutes=5)))
    health = health_of(facts(tick(4), ingester=IngesterState("watching"), status=ahead))
    assert health.who == "watching, eve@bastion2 (pid 99) ingests"
