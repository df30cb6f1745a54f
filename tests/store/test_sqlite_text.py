"""SQLite: text of any script is compared as the plain rule compares it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from dezky_audit_tui.model.query import EVERYTHING
from dezky_audit_tui.model.query_match import matches
from tests.effort import costly
from tests.store import wild
from tests.store.houses import SqliteHouse
from tests.store.samples import event, put, walk_down

ODD = [
    "straße",
    "STRASSE",
    "ﬁ",
    "FI",
    "İ",
    "ı",
    "ſ",
    "K",
    "\u212a",
    "Σς",
    "e\u0301",
    "é",
    "\x1f",
    "a\x1fb",
    "a b",
    " ",
    "\U0010ffff",
]
"""Characters whose case has more than one form, combining marks, and what joins the columns."""

TEXT = st.sampled_from(ODD) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=6)


@costly(15)
@given(data=st.data(), texts=st.lists(TEXT, min_size=1, max_size=5))
async def test_any_case_of_any_script(data: st.DataObject, texts: list[str]) -> None:
    events = data.draw(wild.events(texts))
    queries = data.draw(st.lists(wild.queries(texts), min_size=1, max_size=12))
    with tempfile.TemporaryDirectory() as folder:
        store = await SqliteHouse(Path(folder)).enter()
        await put(store, *events)
        rows = await walk_down(store, "", 100)
        for query in queries:
            expected = [row for row in rows if matches(query, row.event)]
            assert list(await store.older(query, None, 100)) == expected
            assert await store.count(query) == len(expected)
        await store.close()


async def test_what_is_nested_deeply_comes_back(tmp_path: Path) -> None:
    nested: object = "the core"
    for _ in range(300):
        nested = [nested]
    store = await SqliteHouse(tmp_path).enter()
    await put(store, event(1, metadata={"nested": nested}))
    [row] = await store.older(EVERYTHING, None, 1)
    assert row.event.metadata == {"nested": nested}
    await store.close()
