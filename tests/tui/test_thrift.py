"""What is sent to the terminal: seen by a terminal, it is what was drawn; and it is little."""

from __future__ import annotations

import pyte
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from dezky_audit_tui.tui.terminal.thrift import Thrift
from tests.effort import costly

WIDTH, HEIGHT = 24, 10
STYLES = [
    Style.parse(text)
    for text in ("", "bold #ff0000", "#00ff00 on #101010", "reverse", "underline #ff0000 on #202020", "on #101010")
]


class Terminal:
    """A terminal behind a thrifty line."""

    def __init__(self, width: int = WIDTH, height: int = HEIGHT) -> None:
        self.screen = pyte.Screen(width, height)
        self.stream = pyte.Stream(self.screen)
        self.thrift = Thrift()

    def draw(self, strips: list[tuple[int, int, Strip]]) -> int:
        """How many bytes it took."""
        sent = self.thrift.draw(strips, self.screen.columns, self.screen.lines, ColorSystem.TRUECOLOR)
        self.stream.feed(sent)
        return len(sent.encode())

    def cells(self) -> list[list[tuple[object, ...]]]:
        return [
            [tuple(self.screen.buffer[y][x])[:9] for x in range(self.screen.columns)] for y in range(self.screen.lines)
        ]


def at(x: int, y: int, *parts: tuple[str, Style]) -> list[tuple[int, int, Strip]]:
    return [(x, y, Strip([Segment(text, style) for text, style in parts]))]


def page(lines: list[tuple[str, int]]) -> list[tuple[int, int, Strip]]:
    return [
        strip for y, (text, style) in enumerate(lines) for strip in at(0, y, (text.ljust(WIDTH)[:WIDTH], STYLES[style]))
    ]


a_line = st.tuples(st.text(alphabet="ab …▶é", max_size=WIDTH), st.integers(0, len(STYLES) - 1))
a_page = st.lists(a_line, min_size=HEIGHT, max_size=HEIGHT)
a_shift = st.tuples(st.integers(-4, 4), st.integers(0, HEIGHT), st.integers(0, HEIGHT))


@costly(50)
@given(st.lists(a_page | a_shift, max_size=6), a_page)
def test_a_terminal_shows_what_was_drawn_whatever_came_before(
    steps: list[list[tuple[str, int]] | tuple[int, int, int]], first: list[tuple[str, int]]
) -> None:
    slow = Terminal()
    lines = first
    slow.draw(page(lines))
    for step in steps:
        if isinstance(step, list):
            lines = step
        else:
            by, top, bottom = step[0], min(step[1:]), max(step[1:])
            part = lines[top:bottom]
            turn = by % len(part) if part else 0
            lines = [*lines[:top], *part[-turn or len(part) :], *part[: -turn or len(part)], *lines[bottom:]]
        slow.draw(page(lines))
        fresh = Terminal()
        fresh.draw(page(lines))
        assert slow.cells() == fresh.cells()


def rows(first: int) -> list[tuple[str, int]]:
    return [("head", 0), *((f"   row {n:04d} of them", 2) for n in range(first, first + HEIGHT - 2)), ("foot", 0)]


def test_what_is_the_same_costs_nothing() -> None:
    terminal = Terminal()
    terminal.draw(page(rows(0)))
    assert terminal.draw(page(rows(0))) == 0


def test_a_digit_costs_a_place_a_look_and_itself() -> None:
    terminal = Terminal()
    terminal.draw(page(rows(0)))
    assert terminal.draw(at(3, 0, ("9", STYLES[0]))) <= 8


def test_a_row_above_all_others_costs_hardly_more_than_its_letters() -> None:
    terminal = Terminal()
    terminal.draw(page(rows(1)))
    assert terminal.draw(page(rows(0))) < 100
    assert terminal.screen.display[1].startswith("   row 0000")
    assert terminal.draw(page(rows(1))) < 100
    assert [line.rstrip() for line in terminal.screen.display] == [text.rstrip() for text, _ in rows(1)]


def test_half_of_a_wide_character_is_never_left() -> None:
    terminal = Terminal()
    terminal.draw(at(0, 0, ("ab日本語cd".ljust(WIDTH - 3), STYLES[0])))
    terminal.draw(at(0, 0, ("a日本語bcd".ljust(WIDTH - 3), STYLES[0])))
    assert terminal.screen.display[0].rstrip() == "a日本語bcd"
    terminal.draw(at(0, 0, ("abcdefgh", STYLES[1])))
    assert terminal.screen.display[0].rstrip().startswith("abcdefgh")


def test_another_size_or_a_forgotten_terminal_is_painted_whole() -> None:
    terminal = Terminal()
    whole = terminal.draw(page(rows(0)))
    terminal.thrift.forget()
    assert terminal.draw(page(rows(0))) == whole
