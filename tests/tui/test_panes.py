from __future__ import annotations

from datetime import timedelta

import pytest
from rich.cells import cell_len

from dezky_audit_tui.ingest.state import IngesterState
from dezky_audit_tui.model.cursor import RECHECK, UNREAD, Hole, Mark, PullState
from dezky_audit_tui.model.event import TenantWhy
from dezky_audit_tui.model.report import TickError, TickReport
from dezky_audit_tui.store.store import ActionCount, Lease, StoreStatus, TenantCounts
from dezky_audit_tui.tui.panes.actions import actions_pane
from dezky_audit_tui.tui.panes.cursor import cursor_pane
from dezky_audit_tui.tui.panes.tenants import tenants_pane
from dezky_audit_tui.tui.panes.ticks import ticks_pane
from dezky_audit_tui.tui.words.health import Facts
from dezky_audit_tui.tui.words.pieces import Line, text_of
from dezky_audit_tui.tui.words.zone import Zone
from tests.tui.rows import NOON, event

UTC = Zone()
TICK = TickReport(
    "authentik", "timer", NOON, 412, requests=3, fetched=1204, inserted=7, duplicates=1196, set_aside=1, holes=2
)


def said(lines: list[Line]) -> str:
    return "\n".join(text_of(line) for line in lines)


def facts() -> Facts:
    holes = (
        Hole(Mark("2026-11-24T08:03:00Z", "x"), NOON - timedelta(hours=4, minutes=2), UNREAD, events=420),
        Hole(Mark("2026-11-24T07:00:00Z", "x"), None, RECHECK),
    )
    state = PullState(
        "authentik", Mark("2026-11-24T11:59:47.005153Z", "e71860cd-1"), NOON - timedelta(minutes=10), holes
    )
    status = StoreStatus(state, Lease("authentik", "ops@bastion/4711/a-b-1", 3, NOON + timedelta(seconds=9)), TICK)
    waiting = IngesterState("waiting", next_tick_at=NOON + timedelta(seconds=38))
    return Facts(NOON, 60.0, status, (TICK,), waiting)


@pytest.mark.parametrize("width", [72, 80, 120])
def test_the_cursor_pane_tells_how_far_the_pull_has_come(width: int) -> None:
    lines = cursor_pane(facts(), UTC, 1, width)
    assert all(cell_len(text_of(line)) <= width for line in lines)
    text = said(lines)
    for words in (
        "2026-11-24T11:59:47.005153Z",
        "e71860cd-1",
        "settled to  Tue 24 Nov 2026 11:50:00 UTC",
        "1 unread, about 420 events; 1 to recheck",
        "ingesting here",
        "ops@bastion (pid 4711), epoch 3",
        "12:00:38; one every 1:00",
        "3 in the last 1 tick",
        "1 could not be read",
        "~ unread",
        "24 Nov 07:58:00 to 24 Nov 08:03:00, about 420 events",
    ):
        assert words in text


def test_a_store_that_was_never_pulled_into_says_so() -> None:
    status = StoreStatus(PullState("authentik"), None, None)
    text = said(cursor_pane(Facts(NOON, 60.0, status, stored=True), UTC, 0, 120))
    assert "only events ahead of the clock so far" in text
    text = said(cursor_pane(Facts(NOON, 60.0, status), UTC, 0, 120))
    assert "none yet" in text
    assert "nobody" in text


def test_the_ticks_pane_is_a_table_with_errors_in_words() -> None:
    failed = TickReport(
        "authentik", "forced", NOON, outcome="failed", error=TickError("garbled", "It answered with HTML\x1b[2J.")
    )
    text = said(ticks_pane([failed, TICK], UTC, 120))
    assert "trigger" in text
    assert "forced   ✗ failed" in text
    assert text.splitlines()[1].endswith("  It answered with HTML␛[2J.")
    assert "12:00:00  timer" in text
    row = text.splitlines()[2].split()
    assert row[:9] == ["12:00:00", "timer", "ok", "1,204", "7", "1,196", "1", "3", "412"]
    narrow = said(ticks_pane([failed, TICK], UTC, 58))
    assert all(cell_len(line) <= 58 for line in narrow.splitlines())
    assert "forced   ✗ failed" in narrow
    assert "aside  requests" in narrow.splitlines()[0]
    assert narrow.splitlines()[2] == "           It answered with HTML␛[2J."
    assert "2 holes left" in text
    assert "No tick yet" in said(ticks_pane([], UTC, 80))


def test_the_actions_pane_lights_the_selected_events_row_and_tells_what_is_unmapped() -> None:
    counts = [
        ActionCount("authentik.login", "login", False, 446, NOON, NOON - timedelta(minutes=10)),
        ActionCount("authentik.custom_x", "custom_x", True, 3, NOON, NOON),
        ActionCount("tenant.created", None, False, 2, NOON, NOON),
    ]
    verbs = {"login": "authentik.login", "secret_view": "authentik.secret_viewed"}
    lines, lit = actions_pane(counts, verbs, event(), UTC, NOON, 120)
    text = said(lines)
    assert lit == 2
    assert "custom_x" in text.splitlines()[1]
    assert "? unmapped" in text.splitlines()[1]
    assert "24 Nov 12:00" in text.splitlines()[1]
    assert text.splitlines()[2].lstrip().startswith("▶")
    assert "10 min ago" in text
    assert "another writer's" in text
    assert "map (1 unmapped)" in text
    assert "authentik.secret_viewed" in text.splitlines()[-1]
    assert "never seen" in text.splitlines()[-1]


@pytest.mark.parametrize("width", [59, 79])
def test_the_actions_pane_is_whole_on_a_narrow_screen(width: int) -> None:
    counts = [
        ActionCount("authentik.login", "login", False, 446, NOON, NOON - timedelta(minutes=10)),
        ActionCount("authentik.application_authorized", "authorize_application", False, 1446, NOON, NOON),
        ActionCount("authentik.custom_x", "custom_x", True, 3, NOON, NOON),
    ]
    verbs = {"login": "authentik.login", "secret_view": "authentik.secret_viewed"}
    text = said(actions_pane(counts, verbs, None, UTC, NOON, width)[0])
    assert "…" not in text
    assert all(cell_len(line) <= width for line in text.splitlines())
    for words in ("application_authorized", "1,446", "? unmapped", "mapped", "10 min ago", "never seen", "1 unmapped"):
        assert words in text


def test_verbs_of_several_writers_keep_their_prefix_on_a_narrow_screen() -> None:
    counts = [ActionCount(name, None, False, 2, NOON, NOON) for name in ("tenant.created", "authentik.login")]
    assert "tenant.created" in said(actions_pane(counts, {}, None, UTC, NOON, 59)[0])


def test_remedies_stand_below_their_reasons_on_a_narrow_screen() -> None:
    counts = TenantCounts({"matched": 1172, "no_groups": 120, "no_such_tenant": 7}, {}, {}, ())
    chosen = event(tenant_why=TenantWhy("matched", "0", ("acme",)))
    lines = [text_of(line) for line in tenants_pane(counts, chosen, 59)]
    assert all(cell_len(line) <= 59 for line in lines)
    assert not any("…" in line for line in lines)
    assert lines[:2] == [" ▶ selected: acme", "   group acme of user0"]
    at = next(at for at, line in enumerate(lines) if "in no group" in line)
    assert lines[at].endswith(" 120  ")
    assert lines[at + 1].startswith("   in Authentik, put these users into")


def test_the_tenants_pane_tells_how_and_why() -> None:
    counts = TenantCounts({"matched": 1172, "no_groups": 120}, {"acme": 460}, {"formerly \u202eremrof": 21}, ())
    chosen = event(tenant_why=TenantWhy("matched", "0", ("acme",)))
    for width in (80, 120):
        lines = tenants_pane(counts, chosen, width)
        text = said(lines)
        assert all(cell_len(text_of(line)) <= width for line in lines)
        for words in (
            "selected: acme   group acme of user0",
            "a group names the tenant",
            "1,172",
            "acme",
            "460",
            "‹202E›",
            "put these users into",
        ):
            assert words in text
    assert "counting" in said(tenants_pane(None, None, 80))


def test_a_store_without_a_list_of_tenants_says_so() -> None:
    why = "db.example/dezky has no collection tenants: only slugs in AUDIT_TENANTS are known"
    counts = TenantCounts({"no_such_tenant": 3}, {}, {"acme": 3}, (), why)
    assert f"! {why}" in said(tenants_pane(counts, None, 120))
    assert "AUDIT_TENANTS" not in said(tenants_pane(TenantCounts({}, {}, {}, ()), None, 120))
