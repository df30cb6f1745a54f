"""The simulated log orders and pages as Authentik does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dezky_audit_tui.demo.log import EventLog, Generation
from dezky_audit_tui.model.instants import exact_text, parse_instant

BASE = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def event(pk: str, microseconds: int = 0, user: int | None = None) -> dict[str, Any]:
    created = exact_text(BASE + timedelta(microseconds=microseconds))
    return {"pk": pk, "created": created, "user": {} if user is None else {"pk": user}, "app": "x"}


def shown(log: EventLog) -> list[str]:
    """All pks as the pages show them, first to last."""
    pks: list[str] = []
    page = 1
    while page:
        reply = log.page(page, 3)
        assert reply is not None
        pks += [row["pk"] for row in reply["results"]]
        page = reply["pagination"]["next"]
    return pks


def test_an_empty_log_has_one_empty_page() -> None:
    reply = EventLog().page(1)
    assert reply is not None
    assert reply["results"] == []
    assert reply["pagination"] == {
        "next": 0,
        "previous": 0,
        "count": 0,
        "current": 1,
        "total_pages": 1,
        "start_index": 0,
        "end_index": 0,
    }
    assert EventLog().page(2) is None
    assert EventLog().page(0) is None


@pytest.mark.parametrize(
    ("generation", "maximum", "asked", "given"),
    [
        ("2025.8", None, None, 100),
        ("2025.8", None, 500, 500),
        ("2025.12", None, None, 20),
        ("2025.12", None, 101, 100),
        ("2025.12", None, 7, 7),
        ("2025.12", 30, 100, 30),
        ("2025.12", None, 0, 20),
    ],
)
def test_the_page_size_is_the_generations(
    generation: Generation, maximum: int | None, asked: int | None, given: int
) -> None:
    assert EventLog(generation, max_page_size=maximum).page_size(asked) == given


def test_a_whole_second_without_a_fraction_sorts_by_time_not_by_text() -> None:
    log = EventLog()
    log.add(event("b", 999_999), event("c", 1_000_000), event("a", 1_000_001))
    assert "." not in (log.get("c") or {})["created"]
    assert shown(log) == ["a", "c", "b"]


def test_one_timestamp_sorts_by_pk() -> None:
    log = EventLog()
    log.add(event("0a"), event("ff"), event("7c"))
    assert shown(log) == ["ff", "7c", "0a"]


def test_a_pk_that_is_there_already_is_edited_and_moved() -> None:
    log = EventLog()
    log.add(event("a", 1), event("b", 2))
    log.add({**event("a", 3), "action": "edited"})
    assert shown(log) == ["a", "b"]
    assert (log.newest or {})["action"] == "edited"


def test_an_event_without_a_moment_stands_on_top() -> None:
    log = EventLog()
    log.add(event("a", 5), {"pk": "odd", "created": "yesterday"})
    assert shown(log) == ["odd", "a"]


def test_the_events_of_a_user_vanish_and_no_others() -> None:
    log = EventLog()
    log.add(event("a", 1, 5), event("b", 2, 55), event("c", 3, 5), {**event("d", 4), "context": {"pk": 5}})
    assert log.remove_user(5) == 2
    assert shown(log) == ["d", "b"]


def test_retention_takes_the_old_end() -> None:
    log = EventLog()
    log.add(*(event(f"{index:03}", index) for index in range(200)))
    assert log.remove_before(exact_text(BASE + timedelta(microseconds=150))) == 150
    assert len(log) == 50
    assert (log.oldest or {})["pk"] == "150"
    assert log.count_since(exact_text(BASE + timedelta(microseconds=190))) == 10


def test_what_is_added_is_kept_as_it_was() -> None:
    log, mine = EventLog(), event("a")
    log.add(mine)
    mine["action"] = "changed afterwards"
    assert "action" not in (log.newest or {})


def test_text_that_utf8_cannot_hold_is_escaped() -> None:
    log = EventLog()
    log.add({**event("a"), "action": "\ud800"})
    assert (log.newest or {})["action"] == "\ud800"


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 400),
    st.integers(-2, 60),
    st.one_of(st.none(), st.integers(-1, 150)),
    st.sampled_from(["2025.8", "2025.12"]),
)
def test_page_arithmetic(count: int, page: int, size: int | None, generation: Generation) -> None:
    log = EventLog(generation)
    log.add(*(event(f"{index:04}", index) for index in range(count)))
    used = log.page_size(size)
    total = max(1, (count + used - 1) // used)
    reply = log.page(page, size)
    if not 1 <= page <= total:
        assert reply is None
        return
    assert reply is not None
    expected = [f"{index:04}" for index in reversed(range(count))][(page - 1) * used : page * used]
    assert [row["pk"] for row in reply["results"]] == expected
    pagination = reply["pagination"]
    assert pagination["count"] == count
    assert pagination["total_pages"] == total
    assert pagination["next"] == (page + 1 if page < total else 0)
    assert pagination["previous"] == page - 1
    assert pagination["end_index"] - pagination["start_index"] == max(len(expected) - 1, 0)
    assert pagination["end_index"] == min(count, page * used)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.booleans(), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 6)), max_size=90)), max_size=8
    )
)
def test_any_life_of_the_log_ends_as_sorting_would_have_it(
    life: list[tuple[bool, list[tuple[int, int]]]],
) -> None:
    log, model = EventLog(), {}
    for adding, batch in life:
        if adding:
            rows = [event(f"{pk:03}", at) for pk, at in batch]
            log.add(*rows)
            model.update({row["pk"]: row for row in rows})
        else:
            pks = {f"{pk:03}" for pk, _ in batch}
            assert log.remove(pks) == len(pks & set(model))
            model = {pk: row for pk, row in model.items() if pk not in pks}
    expected = sorted(model.values(), key=lambda row: (parse_instant(row["created"]), row["pk"]))
    assert list(log.events()) == expected
    assert shown(log) == [row["pk"] for row in reversed(expected)]
    found = log.page(1, 100, ascending=True)
    assert found is not None
    assert found["results"] == expected[:100]


def test_threads_may_add_remove_and_page_at_once() -> None:
    log = EventLog()

    def work(number: int) -> None:
        for index in range(200):
            log.add(event(f"{number}-{index}", index))
            if index % 2:
                log.remove([f"{number}-{index}"])
            assert log.page(1, 10) is not None

    threads = [Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(log) == len(set(shown(log))) == 400
