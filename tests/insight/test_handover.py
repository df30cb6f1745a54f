"""A shift from events in any order, in bounded memory, and out of a store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezky_audit_tui.insight import handover as module
from dezky_audit_tui.insight import handover_read
from dezky_audit_tui.insight.first_seen import Novelty, Sighting
from dezky_audit_tui.insight.handover import Arrival, Handover, Shift
from dezky_audit_tui.insight.handover_json import handover_json
from dezky_audit_tui.insight.handover_read import read_handover
from dezky_audit_tui.insight.handover_text import parts_of
from dezky_audit_tui.insight.silence import Silence
from dezky_audit_tui.model.event import AuditEvent, Person
from dezky_audit_tui.model.report import TickError, TickReport
from dezky_audit_tui.model.tenants import DEFAULT_ADMIN_GROUPS, GroupPatterns
from dezky_audit_tui.sources.authentik.action_map import VERBS
from dezky_audit_tui.store.sqlite.store import SqliteStore
from tests.insight.samples import ANA, BOB, ROOT, acted, at, ended, event, failed, login, row, started
from tests.store.samples import put, take_lease

PATTERNS = GroupPatterns(DEFAULT_ADMIN_GROUPS)
SINCE, UNTIL = at(0), at(3_600)


def told(shift: Shift, arrivals: Sequence[Arrival] = ()) -> Handover:
    return shift.handover(
        made_at=UNTIL,
        source="authentik",
        store="sqlite audit.db",
        arrivals=arrivals,
        unmapped=(),
        unread=(),
        unattended=(),
        settled_to=UNTIL,
        sessions_from=None,
    )


def shift_of(*events: AuditEvent, before: Sequence[AuditEvent] = ()) -> Shift:
    shift = Shift(SINCE, UNTIL, PATTERNS)
    shift.before(before)
    shift.add_all(row(each, number) for number, each in enumerate(events))
    return shift


def test_tenants_share_what_happened() -> None:
    handover = told(
        shift_of(
            login(0, tenant="acme"),
            failed(1, tenant="acme"),
            started(2, tenant="globex"),
            event("model_updated", 3, tenant="globex"),
            event("system_task_exception", 4, None, outcome="failure"),
        )
    )
    assert (handover.events, handover.failures) == (5, 2)
    shares = {share.slug: share for share in handover.tenants}
    assert list(shares) == ["acme", "globex", None]
    assert (shares["acme"].logins, shares["acme"].failed_logins, shares["acme"].failures) == (1, 1, 1)
    assert (shares["globex"].impersonations, shares["globex"].changes) == (1, 1)


def test_sessions_that_ended_before_the_shift_are_left_out_and_open_ones_are_not() -> None:
    before = [started(-900, ANA, ip="192.0.2.1"), started(-800, BOB, ip="192.0.2.2"), ended(-700, ip="192.0.2.2")]
    handover = told(shift_of(started(10), acted(20), ended(30), before=before))
    assert [(each.behalf, each.is_open) for each in handover.sessions] == [(ANA, True), (ANA, False)]
    assert handover.open_sessions[0].started_at == at(-900)


def test_guessing_that_had_begun_before_the_shift_is_told_whole() -> None:
    handover = told(shift_of(failed(1), login(2), before=[failed(-10 + number) for number in range(9)]))
    (burst,) = handover.guessed
    assert (burst.failures, burst.first_at) == (10, at(-10))
    assert told(shift_of(before=[failed(-900 + number) for number in range(9)])).bursts == []


@given(st.permutations(range(12)))
def test_any_order_tells_the_same(order: list[int]) -> None:
    made = [
        started(0, id="a"),
        acted(5, id="b"),
        ended(9, id="c"),
        *(failed(20 + number, id=f"f{number}") for number in range(6)),
        login(30, id="d"),
        event("secret_view", 40, ROOT, id="e"),
        login(50, BOB, ip="203.0.113.9", id="g"),
    ]
    rows = [row(each, number) for number, each in enumerate(made)]
    one, other = Shift(SINCE, UNTIL, PATTERNS), Shift(SINCE, UNTIL, PATTERNS)
    one.add_all(rows)
    other.add_all(rows[number] for number in order)
    assert handover_json(told(one)) == handover_json(told(other))
    assert one.origins() == other.origins()


def test_what_a_list_is_too_long_for_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 5)
    monkeypatch.setattr(module, "_TENANTS", 3)
    monkeypatch.setattr(module, "_ORIGINS", 4)
    shift = Shift(SINCE, UNTIL, PATTERNS)
    for number in range(9):
        who = Person(str(number), f"n{number}")
        shift.add(row(login(number, who, tenant=f"t{number}"), 2 * number))
        shift.add(row(started(100 + number, admin=who, agent=str(number)), 2 * number + 1))
        shift.add(row(ended(200 + number, who, agent=str(number)), 100 + number))
    handover = told(shift)
    assert handover.left_out == {"tenants": 7, "newForActor": 21, "impersonations": 4}
    assert len(handover.tenants) == 3
    assert len(handover.sessions) == 5
    text = "\n".join(note for part in parts_of(handover) for note in part.notes)
    assert "4 older ones are left out" in text


def test_a_session_that_a_new_start_ended_in_the_shift_was_open_in_it() -> None:
    handover = told(shift_of(started(10, BOB), before=[started(-4_000, ANA)]))
    assert [(each.behalf, each.how) for each in handover.sessions] == [(BOB, None), (ANA, "new_start")]


async def test_a_stretch_that_nobody_asked_for_is_no_stretch_that_was_read(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "audit.db")
    await store.open()
    handover = await read_handover(
        store, "authentik", SINCE, UNTIL, now=UNTIL, admin_groups=PATTERNS, verbs=VERBS, interval_s=60
    )
    assert [(each.kind, each.start, each.end) for each in handover.unattended] == [("not_running", SINCE, UNTIL)]
    await store.close()


def test_only_new_networks_and_countries_are_listed_and_the_rest_is_counted() -> None:
    novelty = Novelty(new_address=True, last=Sighting(SINCE, "203.0.113.1", "SE"))
    arrivals = [Arrival(login(1), novelty), Arrival(login(2), replace(novelty, new_network=True, network="x"))]
    handover = told(shift_of(), arrivals)
    assert ([each.novelty.widest for each in handover.arrivals], handover.new_addresses) == (["network"], 1)


def test_gaps_are_told_in_words() -> None:
    shift = shift_of()
    handover = replace(
        told(shift),
        unread=(Silence("unread", None, at(60), events=420),),
        unattended=(Silence("away", at(100), at(400), made_up=True, ticks=5, error="no answer"),),
        settled_to=at(1_000),
    )
    gaps = next(part for part in parts_of(handover) if part.title == "Gaps in the data")
    assert [entry.mark for entry in gaps.entries] == ["loud", "plain"]
    assert gaps.entries[0].cells[0] == "the beginning"
    assert "not read yet, about 420 events" in gaps.entries[0].cells
    assert gaps.entries[1].cells[-2:] == ("source away, 5 failed ticks, read since", "no answer")
    assert "settled to" in gaps.notes[0]


async def test_a_shift_is_read_page_by_page_with_what_began_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover_read, "PAGE_ROWS", 7)
    store = SqliteStore(tmp_path / "audit.db")
    await store.open()
    await put(store, started(-4_000), *(login(number, ip="203.0.113.1") for number in range(100)))
    await put(
        store, login(200, ip="198.51.100.4", geo={"country": "BR"}), login(3_600), event("custom_x", 5, unmapped=True)
    )
    for seconds in range(0, 3_600, 60):
        failing = 600 <= seconds < 1_200
        error = TickError("source_unavailable", "no answer") if failing else None
        report = TickReport("authentik", "timer", at(seconds), outcome="failed" if failing else "ok", error=error)
        await store.save_tick(report)
    lease = await take_lease(store)
    handover = await read_handover(
        store, "authentik", SINCE, UNTIL, now=UNTIL, admin_groups=PATTERNS, verbs=VERBS, interval_s=60
    )
    assert handover.events == 102
    assert [each.behalf for each in handover.open_sessions] == [ANA]
    assert [each.novelty.network for each in handover.arrivals] == ["198.51.100.0/24"]
    assert [each.raw for each in handover.unmapped] == ["custom_x"]
    (away,) = handover.unattended
    assert (away.kind, away.end - (away.start or SINCE)) == ("away", timedelta(minutes=11))
    assert handover.sessions_from is None
    await store.release_lease(lease)
    monkeypatch.setattr(handover_read, "LOOKED_BACK", 1)
    later = await read_handover(
        store, "authentik", at(300), UNTIL, now=UNTIL, admin_groups=PATTERNS, verbs=VERBS, interval_s=60
    )
    assert later.sessions_from == at(-4_000)
    await store.close()
