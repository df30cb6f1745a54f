"""The handover's columns: what happened is told whole, beside them or below."""

from __future__ import annotations

from rich.cells import cell_len

from dezky_audit_tui.insight.handover_text import Entry
from dezky_audit_tui.tui.screens.handover import _table
from dezky_audit_tui.tui.words.pieces import text_of

WORDS = "new country IS, last seen in GR on 24 Nov 08:00:34"
ENTRIES = [
    Entry("warn", ("24 Nov 08:05:38", "ludovica.sanguineti", "2001:db8:bad::b429:78d6", "tramontana", WORDS)),
    Entry("plain", ("24 Nov 08:00:01", "root", "203.0.113.81", "", "")),
]


def lines(width: int) -> list[str]:
    texts = [text_of(line) for line in _table(ENTRIES, width)]
    assert all(cell_len(text) <= width for text in texts)
    return texts


def test_what_happened_stands_beside_the_names_where_there_is_room() -> None:
    assert lines(150)[0].endswith(f"tramontana  {WORDS}")
    assert len(lines(150)) == 2


def test_it_goes_below_as_a_whole_where_there_is_none() -> None:
    texts = lines(100)
    assert texts[0].endswith("2001:db8:bad::b429:78d6  tramontana")
    assert texts[1] == f"      {WORDS}"
    assert len(texts) == 3


def test_all_of_it_is_packed_where_the_names_fill_more_than_a_line() -> None:
    texts = " ".join(" ".join(lines(56)).split())
    for word in ("ludovica.sanguineti", "2001:db8:bad::b429:78d6", "tramontana", WORDS):
        assert word in texts
