"""The benchmarks themselves, at a size that takes no time: what they make is what they say."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.benchmarks.__main__ import main
from tests.benchmarks.events import SIZE
from tests.benchmarks.figures import against, below, ms, octets, table
from tests.benchmarks.ptys import Chunk, Pty, repaints
from tests.benchmarks.workshop import Options, Workshop, rows_in


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    return Workshop(Options(tmp_path, events=200, rounds=1, with_peers=False), lambda _: None)


def test_a_store_and_a_file_hold_the_same_events_and_are_made_once(shop: Workshop) -> None:
    store, lines = shop.store(200), shop.lines(200)
    assert rows_in(store) == 200
    sizes = [len(line) for line in lines.read_bytes().splitlines()]
    assert len(sizes) == 200
    assert SIZE * 0.98 < sum(sizes) / 200 < SIZE * 1.1
    shop.add(store, "somebody", "else")
    shop.append(lines, "somebody")
    assert rows_in(shop.store(200)) == 202
    assert b"somebody" in shop.lines(200).read_bytes()


def test_a_program_in_a_terminal_is_seen_heard_and_measured(tmp_path: Path) -> None:
    code = "import sys; print('here', sys.stdin.readline(), end=''); sys.stdin.readline()"
    with Pty([sys.executable, "-c", code], {"PATH": os.environ["PATH"]}, tmp_path) as pty:
        pty.press("knock\n")
        assert pty.until(b"here knock") > pty.started
        assert pty.cpu_s > 0
        assert pty.uss > 2**20


def test_chunks_that_follow_at_once_are_one_repaint() -> None:
    assert repaints([Chunk(at, b"x") for at in (1.0, 1.002, 1.005, 1.3, 2.0, 2.001)]) == 3


def test_the_table_says_what_is_met_missed_and_not_measured() -> None:
    figures = [
        against("start", 0.4, 0.2, 1.7, "an app", ms),
        against("start", 0.4, None, 0.5, "a viewer", ms),
        below("idle", 59, 60, octets),
    ]
    assert table(figures).splitlines()[2:] == [
        "| start | at most 1.7x an app | 400 ms to 200 ms: 2.00x | **no** |",
        "| start | at most 0.5x a viewer | 400 ms; a viewer is not here | - |",
        "| idle | at most 60 B | 59 B | yes |",
    ]


def test_an_unknown_row_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["speed"])
    assert "there is no row 'speed'" in capsys.readouterr().err
