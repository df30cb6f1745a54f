"""Events by stretches of time."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezky_audit_tui.insight.volume import Volume
from dezky_audit_tui.model.event import AuditEvent
from tests.insight.samples import at, failed, login

EVENTS = st.lists(
    st.tuples(st.integers(0, 3_600), st.booleans()).map(lambda each: (failed if each[1] else login)(each[0])),
    max_size=40,
)


@given(EVENTS, st.randoms(use_true_random=False), st.integers(1, 90))
def test_every_event_is_counted_once_wherever_the_stretches_lie(
    events: list[AuditEvent], chance: Random, parts: int
) -> None:
    shuffled = list(events)
    chance.shuffle(shuffled)
    volume = Volume(timedelta(seconds=1))
    volume.add_all(shuffled)
    series = volume.series(at(0), at(3_601), parts)
    assert len(series) == parts
    assert sum(bucket.events for bucket in series) == len(events) == volume.total
    wanted = sum(each.outcome == "failure" for each in events)
    assert sum(bucket.failures for bucket in series) == wanted == volume.failures
    step = timedelta(seconds=3_601) / parts
    for number, bucket in enumerate(series):
        inside = [each for each in events if at(0) + number * step <= each.at < at(0) + (number + 1) * step]
        assert abs(bucket.events - len(inside)) <= sum(
            abs((each.at - at(0)) / step - round((each.at - at(0)) / step)) < 1e-6 for each in events
        )


@given(EVENTS, st.randoms(use_true_random=False), st.integers(1, 8))
def test_only_the_newest_stretches_are_kept_in_any_order(events: list[AuditEvent], chance: Random, limit: int) -> None:
    shuffled = list(events)
    chance.shuffle(shuffled)
    volume = Volume(timedelta(minutes=1), limit)
    volume.add_all(shuffled)
    minutes = sorted({each.at.replace(second=0, microsecond=0) for each in events})[-limit:]
    kept = [each for each in events if each.at.replace(second=0, microsecond=0) in minutes]
    assert sum(bucket.events for bucket in volume.series(at(0), at(3_660), 7)) == len(kept)


def test_no_time_has_no_stretches() -> None:
    assert Volume().series(at(0), at(0), 5) == []
    assert Volume().series(at(0), at(5), 0) == []
    with pytest.raises(ValueError, match="bucket"):
        Volume(timedelta())
