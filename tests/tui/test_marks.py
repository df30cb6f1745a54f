"""Rows that the reader marked, and the way back to them."""

from __future__ import annotations

from pathlib import Path

from dezky_audit_tui.tui.timeline.marks import Marks
from tests.tui.rows import row
from tests.tui.screen import Screen, dashboard


def marked_rows(screen: Screen) -> int:
    return sum(text[11:12] == "*" for text in screen.rows)


async def test_a_row_is_marked_and_come_back_to(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=900) as screen:
        await screen.press(*"jj*")
        assert "marked, 1 row in all" in screen.footer
        newer = screen.chosen
        await screen.press(*"jjjj*")
        older = screen.chosen
        assert "2 rows in all" in screen.footer
        assert marked_rows(screen) == 2
        await screen.press("G")
        await screen.press("U")
        assert screen.chosen == older
        await screen.press("U")
        assert screen.chosen == newer
        await screen.press("U")
        assert "no newer marked row" in screen.footer
        await screen.press("u")
        assert screen.chosen == older


async def test_the_mark_goes_as_it_came(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=60) as screen:
        await screen.press(*"jj**")
        assert "taken away" in screen.footer
        assert marked_rows(screen) == 0
        await screen.press("u")
        assert "no row is marked: * marks one" in screen.footer


async def test_a_filter_that_hides_a_marked_row_is_switched_off(tmp_path: Path) -> None:
    async with dashboard(tmp_path, events=900) as screen:
        await screen.press(*"jj*")
        chosen, selected = screen.chosen, screen.main.timeline.selected
        assert selected is not None
        await screen.press("slash", *f"!actor:{selected.event.actor_name}", "enter")
        assert screen.chosen != chosen
        await screen.press("G")
        await screen.press("U")
        assert screen.chosen == chosen
        assert "off:" in screen.filter


def test_rows_behind_the_readers_own_are_reached_already() -> None:
    marks, (oldest, hidden, head) = Marks(), [row(n) for n in range(3)]
    assert marks.toggle(oldest)
    assert marks.toggle(hidden)

    def shown(at: object) -> object:
        return head.position if at == hidden.position else at

    assert marks.next(head.position, "older", lambda at: at) == hidden
    assert marks.next(head.position, "older", shown) == oldest  # type: ignore[arg-type]  # positions go through
    assert marks.next(oldest.position, "older", shown) is None  # type: ignore[arg-type]  # positions go through


def test_a_row_behind_one_that_is_newer_is_passed_with_that_one_and_not_again_and_again() -> None:
    marks, rows = Marks(), [row(n) for n in range(4)]
    oldest, hidden, between, head = rows
    for each in (oldest, hidden, between):
        marks.toggle(each)

    def shown(at: object) -> object:
        return head.position if at == hidden.position else at

    assert marks.next(head.position, "older", shown) == between  # type: ignore[arg-type]  # positions go through
    assert marks.next(between.position, "older", shown) == oldest  # type: ignore[arg-type]  # positions go through
    assert marks.next(between.position, "newer", shown) == hidden  # type: ignore[arg-type]  # positions go through
