"""What counts as a change at the source, and what does not."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from dezky_audit_tui.model.event import AuditEvent, Person
from dezky_audit_tui.model.finding import changes_between, storable
from tests.store.samples import NOON, event

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def fields(stored: AuditEvent, now: AuditEvent) -> list[str]:
    return [change.field for change in changes_between(stored, now)]


def test_what_the_store_and_the_directory_add_is_no_change() -> None:
    alone = replace(event(1), tenant_slug=None, tenant_why=None)
    assert fields(replace(event(1), recorded_at=NOON), alone) == []


def test_every_field_that_the_source_tells_counts() -> None:
    one = event(1)
    other = replace(
        one, action="authentik.logout", actor_ip=None, on_behalf_of=Person("1"), metadata={"rawAction": "x"}
    )
    assert fields(one, other) == ["action", "actorIp", "metadata.rawAction", "metadata.requestId", "onBehalfOf"]


def test_when_the_source_forgets_it_is_no_change() -> None:
    assert fields(event(1, metadata={"expires": "2027-01-01T00:00:00.000Z"}), event(1, metadata={})) == []


def test_what_the_source_says_as_before_is_no_change_whatever_is_made_of_it_now() -> None:
    one = event(1, metadata={"digest": "a", "rawAction": "login"})
    newer = replace(one, action="authentik.signed_in", metadata={"digest": "a", "rawAction": "login", "risk": "high"})
    assert fields(one, newer) == []
    edited = replace(newer, metadata={**newer.metadata, "digest": "b"})
    assert fields(one, edited) == ["action", "metadata.risk"]
    assert fields(event(1), replace(event(1), action="authentik.signed_in")) == ["action"], "stored without a digest"


def test_what_was_borrowed_from_another_event_is_no_change_unless_the_source_tells_it_itself() -> None:
    stored = event(1, metadata={"actorFrom": "id-2"})
    alone = event(1, actor_id=None, actor_name=None, actor_email=None, metadata={})
    assert fields(stored, alone) == []
    assert fields(stored, replace(alone, actor_name="mallory")) == ["actorName"]
    ended = event(1, on_behalf_of=Person("8"), metadata={"startedBy": "id-3"})
    assert fields(ended, event(1, metadata={})) == []


@given(JSON)
def test_what_a_store_cannot_hold_is_no_change(value: object) -> None:
    assert fields(event(1, metadata={"x": storable(value)}), event(1, metadata={"x": value})) == []
