"""The help, in one column or two."""

from __future__ import annotations

from pathlib import Path

import pytest

from dezky_audit_tui.tui.keymap import GROUPS, KEYS
from dezky_audit_tui.tui.screens.help import help_lines
from dezky_audit_tui.tui.widgets.lines_view import LinesView
from dezky_audit_tui.tui.words.pieces import text_of, width_of
from tests.tui.screen import dashboard


def words_of(width: int) -> list[str]:
    return sorted(" ".join(text_of(line) for line in help_lines(width)).split())


@pytest.mark.parametrize("width", [116, 121, 186])
def test_two_columns_hold_what_one_holds(width: int) -> None:
    assert words_of(width) == words_of(90)
    lines = help_lines(width)
    assert max(map(width_of, lines)) <= width
    assert len(lines) < 0.7 * len(help_lines(60 if width < 150 else 90))


def test_a_group_is_not_torn_apart() -> None:
    lines = [text_of(line) for line in help_lines(186)]
    right = {group: next(line.index(f" {group}") for line in lines if f" {group}" in line) > 90 for group in GROUPS}
    for key in KEYS:
        (line,) = [line for line in lines if f" {key.help}" in line]
        assert (line.index(f" {key.help}") > 90) == right[key.group], key.help


@pytest.mark.parametrize(("size", "columns"), [((120, 40), 1), ((139, 40), 1), ((140, 40), 2), ((200, 60), 2)])
async def test_wide_screens_show_two(size: tuple[int, int], columns: int, tmp_path: Path) -> None:
    async with dashboard(tmp_path, size=size, events=30) as screen:
        await screen.press("question_mark")
        view = screen.stage.app.screen.query_one("#help-lines", LinesView)
        assert len(view.texts()[0].split()) == columns, "the heads of the first groups"
