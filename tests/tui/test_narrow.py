"""A part of a line that changed is sent alone."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from dezky_audit_tui.tui.terminal.narrow import placed


def sent(
    strips: dict[int, Strip | None], spans: list[tuple[int, int, int]], ends: list[int]
) -> list[tuple[int, int, str]]:
    return [(x, y, strip.text) for x, y, strip in placed(ChopsUpdate([strips], spans, [ends]))]


def test_only_the_cells_of_the_span_are_sent_at_their_place() -> None:
    line = Strip([Segment("next tick ", Style()), Segment("0:38", Style()), Segment(" UTC", Style())])
    assert sent({0: line}, [(0, 13, 14)], [18]) == [(13, 0, "8")]
    assert sent({0: line}, [(0, 10, 18)], [18]) == [(10, 0, "0:38 UTC")]
    assert sent({0: line}, [(0, 0, 18)], [18]) == [(0, 0, "next tick 0:38 UTC")]


def test_a_span_over_two_widgets_is_sent_from_both_and_what_is_not_drawn_is_left_out() -> None:
    strips = {0: Strip([Segment("left")]), 4: Strip([Segment("right")]), 9: None}
    assert sent(strips, [(0, 2, 6)], [4, 9, 12]) == [(2, 0, "ft"), (4, 0, "ri")]
    assert sent(strips, [(0, 9, 12)], [4, 9, 12]) == []


def test_a_character_of_two_cells_is_sent_whole() -> None:
    line = Strip([Segment("a日b")])
    assert sent({0: line}, [(0, 1, 3)], [4]) == [(1, 0, "日")]


def test_a_whole_screen_is_every_line_from_its_begin() -> None:
    lines = [[Strip([Segment("日")]), Strip([Segment("ab")])], [Strip([Segment("c")])]]
    update = LayoutUpdate(list(lines), Region(1, 2, 4, 2))
    assert [(x, y, strip.text) for x, y, strip in placed(update)] == [(1, 2, "日"), (3, 2, "ab"), (1, 3, "c")]
