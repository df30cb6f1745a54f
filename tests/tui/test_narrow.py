"""A part of a line that changed is sent alone."""

from __future__ import annotations

from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from dezky_audit_tui.tui.narrow import NarrowUpdate


def sent(strips: dict[int, Strip | None], spans: list[tuple[int, int, int]], ends: list[int]) -> str:
    console = Console(force_terminal=True, color_system="truecolor", legacy_windows=False)
    return NarrowUpdate([strips], spans, [ends]).render_segments(console)


def test_only_the_cells_of_the_span_are_sent_at_their_place() -> None:
    line = Strip([Segment("next tick ", Style()), Segment("0:38", Style()), Segment(" UTC", Style())])
    assert sent({0: line}, [(0, 13, 14)], [18]) == "\x1b[1;14H8"
    assert sent({0: line}, [(0, 10, 18)], [18]) == "\x1b[1;11H0:38 UTC"
    assert sent({0: line}, [(0, 0, 18)], [18]) == "\x1b[1;1Hnext tick 0:38 UTC"


def test_a_span_over_two_widgets_is_sent_from_both_and_what_is_not_drawn_is_left_out() -> None:
    strips = {0: Strip([Segment("left")]), 4: Strip([Segment("right")]), 9: None}
    assert sent(strips, [(0, 2, 6)], [4, 9, 12]) == "\x1b[1;3Hft\x1b[1;5Hri"
    assert sent(strips, [(0, 9, 12)], [4, 9, 12]) == ""


def test_a_character_of_two_cells_is_sent_whole() -> None:
    line = Strip([Segment("a日b")])
    assert sent({0: line}, [(0, 1, 3)], [4]) == "\x1b[1;2H日"
