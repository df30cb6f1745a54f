"""What `commit` counts of the rows it wrote, against what is read back."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dezky_audit_tui.model.event import AuditEvent, Person, Target, TenantWhy
from dezky_audit_tui.model.query import EVERYTHING
from dezky_audit_tui.store.sqlite.store import SqliteStore
from tests.store.samples import NOON, event, put

WILD = st.text(st.characters(codec=None), max_size=6) | st.sampled_from(
    ["\x00", "\ud800", "\ufffd", "a\udfffb", "\x7f"]
)
MOMENTS = st.builds(lambda us: NOON + timedelta(microseconds=us), st.integers(0, 10**7))
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WILD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WILD, inner, max_size=3),
    max_leaves=6,
)


RAW = st.fixed_dictionaries({}, optional={"rawAction": WILD, "unmapped": st.booleans()})


def person(name: str | None, mail: str | None) -> Person:
    return Person("7", name, mail)


@st.composite
def wild_events(draw: st.DrawFn) -> list[AuditEvent]:
    text, moment = st.none() | WILD, st.none() | MOMENTS
    return [
        event(
            number,
            at=draw(MOMENTS),
            actor_name=draw(text),
            actor_email=draw(text),
            on_behalf_of=draw(st.none() | st.builds(person, text, text)),
            target=draw(st.none() | st.builds(Target, text, text, text)),
            tenant_why=draw(st.none() | st.builds(why, st.lists(WILD, max_size=2), moment)),
            action=draw(st.sampled_from(["authentik.login", "authentik.a\x00b", "é.\ud800"])),
            tenant_slug=draw(st.none() | WILD),
            metadata=draw(st.dictionaries(WILD, JSON, max_size=3)) | draw(RAW),
        )
        for number in range(draw(st.integers(1, 3)))
    ]


def why(groups: list[str], looked_up_at: datetime | None) -> TenantWhy:
    return TenantWhy("no_such_tenant", "7", tuple(groups), (), looked_up_at)


@settings(max_examples=40, deadline=None)
@given(wild_events())
async def test_what_a_commit_counts_is_what_is_read_back(events: list[AuditEvent]) -> None:
    with TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "audit.db")
        await store.open()
        committed = await put(store, *events)
        rows = [row.event for row in await store.older(EVERYTHING, None, 10)]
        actions, tenants = await store.action_counts(), await store.tenant_counts()
        counts = await store.counts()
        await store.close()
    assert list(committed.inserted) == events
    assert len(rows) == len(events) == sum(counts.values())
    assert Counter({(each.action, each.raw, each.unmapped): each.count for each in actions}) == Counter(
        (row.action, row.raw_action or None, row.unmapped) for row in rows
    )
    assert tenants.tenants == Counter(row.tenant_slug for row in rows if row.tenant_slug is not None)
    assert tenants.reasons == Counter(row.tenant_why.reason for row in rows if row.tenant_why is not None)
