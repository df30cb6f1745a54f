"""Everything that may happen, in any order: the store agrees with a plain reference after each step.

`pytest -n 0 tests/faults/test_model.py --hypothesis-profile=long` walks 10,000 steps at most.
"""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from dezky_audit_tui.demo.faults import FaultKind
from dezky_audit_tui.errors import LeaseLost, StoreConflict, StoreError, StoreFull, StoreUnavailable
from tests.faults.failing_store import When
from tests.faults.life import Life
from tests.store.houses import HOUSES

WHO = st.sampled_from([0, 1])
NTH = st.integers(1, 4)
WHEN: st.SearchStrategy[When] = st.sampled_from(["before", "after"])
SEEDS = st.integers(0, 2**32)
CALLS = st.sampled_from(["commit", "note", "known", "state", "tenants", "unresolved", "save_tick", "renew_lease"])
DEADLY = st.sampled_from(["commit", "note", "save_tick", "release_lease", "acquire_lease"])
ERRORS: st.SearchStrategy[StoreError] = st.sampled_from(
    [StoreUnavailable("gone"), StoreFull("full"), StoreConflict("another went on"), LeaseLost("lost")]
)
FAULTS: st.SearchStrategy[FaultKind] = st.sampled_from(
    ["error_500", "truncated", "reset", "empty_list", "html_200", "repeated_page", "endless_next", "bad_pagination"]
)

LIVES = {
    ("sqlite", False): (4, 25),
    ("mongodb", False): (1, 10),
    ("sqlite", True): (80, 100),
    ("mongodb", True): (50, 40),
}
"""Lives, and steps of each at most. After each step all rows are read: so they are short on the tests' server."""


class Machine(RuleBasedStateMachine):
    """A life, one step after the other; after each it is judged."""

    kind: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.life = Life(HOUSES[self.kind](Path(self.folder.name)))

    def teardown(self) -> None:
        try:
            self.life.come_to_rest()
        finally:
            self.life.close()
            self.folder.cleanup()

    @rule(count=st.sampled_from([1, 3, 12, 45]), seconds=st.integers(0, 590))
    def events_come(self, count: int, seconds: int) -> None:
        """Of one moment, perhaps committed late, but within the overlap."""
        self.life.insert(count, timedelta(seconds=seconds))
        self.life.check()

    @rule(count=st.integers(1, 3), seconds=st.integers(610, 100_000))
    def events_come_too_late(self, count: int, seconds: int) -> None:
        self.life.insert(count, timedelta(seconds=seconds))
        self.life.check()

    @rule(count=st.integers(1, 15), seconds=st.integers(1, 7_000))
    def events_come_from_the_future(self, count: int, seconds: int) -> None:
        self.life.insert(count, -timedelta(seconds=seconds))
        self.life.check()

    @rule(seed=SEEDS, count=st.sampled_from([1, 5, 30]))
    def events_vanish(self, seed: int, count: int) -> None:
        self.life.delete(Random(seed), count)
        self.life.check()

    @rule(seed=SEEDS)
    def an_event_is_edited(self, seed: int) -> None:
        self.life.edit(Random(seed))
        self.life.check()

    @rule(seconds=st.sampled_from([1, 60, 60, 400, 1_000, 90_000]))
    def time_passes(self, seconds: int) -> None:
        self.life.pass_time(timedelta(seconds=seconds))

    @rule(who=WHO, whole=st.booleans())
    def one_ticks(self, who: int, whole: bool) -> None:
        self.life.tick(who, until_caught_up=whole)
        self.life.check()

    @rule()
    def both_tick_at_once(self) -> None:
        self.life.both_tick()
        self.life.check()

    @rule(who=WHO, seed=SEEDS)
    def the_list_moves_during_a_tick(self, who: int, seed: int) -> None:
        self.life.stir_within(who, Random(seed))
        self.life.check()

    @rule(who=WHO, call=DEADLY, nth=NTH, when=WHEN)
    def one_is_killed(self, who: int, call: str, nth: int, when: When) -> None:
        self.life.crash(who, call, nth, when)
        self.life.check()

    @rule(who=WHO, call=CALLS, nth=NTH, error=ERRORS, when=WHEN)
    def the_store_fails(self, who: int, call: str, nth: int, error: StoreError, when: When) -> None:
        self.life.store_fails(who, call, nth, error, when)
        self.life.check()

    @rule(who=WHO, kind=FAULTS, after=st.integers(0, 4), count=st.integers(1, 3))
    def the_source_fails(self, who: int, kind: FaultKind, after: int, count: int) -> None:
        self.life.source_fails(who, kind, after, count)
        self.life.check()

    @precondition(lambda self: self.life.settled is not None)
    @rule(who=WHO, seconds=st.sampled_from([2_000, 100_000, 10_000_000]))
    def a_stretch_is_walked_again(self, who: int, seconds: int) -> None:
        self.life.reconcile(who, timedelta(seconds=seconds))
        self.life.check()


@pytest.mark.parametrize("kind", ["sqlite", "mongodb"])
def test_any_order_of_events_comes_to_the_same(kind: str, long: bool) -> None:
    machine = type("OfKind", (Machine,), {"kind": kind})
    lives, steps = LIVES[kind, long]
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=lives,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
        ),
    )
