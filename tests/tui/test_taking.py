"""Copies and exports: by their keys, from a real store, to real files."""

from __future__ import annotations

import asyncio
import base64
import csv
import json
import os
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezky_audit_tui.model.query import EVERYTHING
from dezky_audit_tui.model.query_parse import parse_query
from dezky_audit_tui.ops.files import FileRefused, export_to, save_text
from dezky_audit_tui.store.sqlite.store import SqliteStore
from dezky_audit_tui.text import visible
from dezky_audit_tui.tui.words.copies import command_line, quoted, text_to_copy
from tests.tui.rows import NOON, event, put
from tests.tui.test_dashboard import Screen, dashboard


def listened(screen: Screen) -> list[str]:
    """What goes to the terminal from now on."""
    written: list[str] = []
    driver = screen.stage.app._driver
    assert driver is not None
    driver.write = written.append  # type: ignore[method-assign]
    return written


def copied(written: list[str]) -> str:
    sequence = next(text for text in written if text.startswith("\x1b]52;c;"))
    return base64.b64decode(sequence.removeprefix("\x1b]52;c;").rstrip("\a")).decode()


@pytest.mark.parametrize("keys", [("y",), ("enter",), ("down", "up", "enter")])
async def test_y_and_enter_copy_the_json(tmp_path: Path, keys: tuple[str, ...]) -> None:
    async with dashboard(tmp_path) as screen:
        written = listened(screen)
        await screen.press("j", "y", *keys)
        assert json.loads(copied(written))["externalId"] == screen.chosen
        assert "sent to the terminal" in screen.footer


async def test_what_is_copied_is_the_event_that_was_asked_for(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        written, chosen = listened(screen), screen.chosen
        await screen.press("y")
        screen.stage.simulation.login()
        await screen.stage.pass_time(61)
        await screen.settled()
        assert screen.chosen != chosen
        await screen.press("i")
        assert copied(written) == chosen


async def test_id_row_and_command_line_have_a_key_each(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        await screen.press("slash", *"outcome:failure !actor:root", "enter")
        for key, holds in (
            ("i", lambda text: text == screen.chosen),
            ("r", lambda text: "  failure  authentik." in text and "\n" not in text),
            ("c", lambda text: text == "dezky-audit-tui timeline outcome:failure '!actor:root'"),
        ):
            written = listened(screen)
            await screen.press("y", key)
            assert holds(copied(written)), copied(written)


async def test_a_copy_goes_to_a_new_file_too_and_over_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "out")
    async with dashboard(tmp_path) as screen:
        for _ in range(2):
            await screen.press("y", "f", "i", "enter")
            await screen.settled()
        (file,) = (tmp_path / "out").iterdir()
        assert file.read_text() == f"{screen.chosen}\n"
        assert file.stat().st_mode & 0o777 == 0o600
        assert screen.main.prompt.is_open, "the second one needs another name"
        await screen.press("escape")


async def test_what_matches_is_exported_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "out")
    async with dashboard(tmp_path) as screen:
        await screen.press("slash", *"outcome:failure", "enter")
        matching = screen.main.browser.matching
        await screen.press("W", "enter")
        await screen.stage.until(lambda: "events written to" in screen.footer, "the export")
        (file,) = (tmp_path / "out").iterdir()
        events = [json.loads(line) for line in file.read_text().splitlines()]
        assert len(events) == matching
        assert {each["outcome"] for each in events} <= {"failure", "denied"}
        assert file.stat().st_mode & 0o777 == 0o600


async def test_a_key_that_needs_an_event_says_so_where_none_is_selected(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        await screen.press("slash", *"nobody-has-this-name", "enter")
        for key in ("enter", "y", "t", "v", "a", "i", "w", "S", "x"):
            screen.main.narrator.notice = None
            await screen.press(key)
            assert "no event is selected" in screen.footer, key


async def test_no_name_that_cannot_be_written_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.csv").write_text("mine")
    async with dashboard(tmp_path) as screen:
        for name in ("there.csv", "a.txt", "no/such/folder/a.csv", ""):
            await screen.press("W", "ctrl+u", *name, "enter")
            assert screen.main.prompt.is_open, name
            await screen.press("escape")
        assert (tmp_path / "there.csv").read_text() == "mine"


async def test_csv_has_its_header_and_every_row(store: SqliteStore, tmp_path: Path) -> None:
    await put(store, [event(n) for n in range(1200)])
    told: list[int] = []
    assert await export_to(store, EVERYTHING, tmp_path / "a.csv", "csv", told.append) == 1200
    rows = list(csv.DictReader((tmp_path / "a.csv").open()))
    assert [row["externalId"] for row in rows] == [f"id-{n:06d}" for n in reversed(range(1200))]
    assert told == [500, 1000, 1200]


async def test_a_stopped_export_leaves_nothing(store: SqliteStore, tmp_path: Path) -> None:
    await put(store, [event(n) for n in range(1200)])
    half = asyncio.Event()
    work = asyncio.create_task(export_to(store, EVERYTHING, tmp_path / "a.jsonl", "jsonl", lambda _: half.set()))
    await half.wait()
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    assert not [name for name in os.listdir(tmp_path) if name.startswith("a.")]


async def test_neither_a_file_nor_a_link_is_written_over(store: SqliteStore, tmp_path: Path) -> None:
    there, link = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    there.write_text("mine")
    link.symlink_to(tmp_path / "elsewhere")
    for file in (there, link):
        with pytest.raises(FileRefused, match="there already"):
            await export_to(store, EVERYTHING, file, "jsonl", lambda _: None)
        with pytest.raises(FileRefused):
            save_text(file, "x")
    assert there.read_text() == "mine"
    assert not (tmp_path / "elsewhere").exists()


def test_a_name_that_is_too_long_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="cannot be written"):
        save_text(tmp_path / ("long" * 100), "x")
    assert not list(tmp_path.iterdir())


@given(st.lists(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=8), max_size=4))
def test_a_command_line_means_the_same_in_a_shell_and_does_nothing_in_a_terminal(words: list[str]) -> None:
    line = " ".join(map(quoted, words))
    assert visible(line) == line
    if "$'" not in line:
        assert shlex.split(line) == words


def test_bash_reads_what_was_escaped() -> None:
    word = 'actor:"a\x1b[31m\'\\b\u202ec\U000e0101"'
    done = subprocess.run(
        ["bash", "-c", f"printf %s {quoted(word)}"], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"}
    )
    assert done.stdout.decode() == word


def test_a_term_with_a_dash_is_no_option() -> None:
    assert command_line(parse_query("-tenant:acme", now=NOON)) == "dezky-audit-tui timeline -- -tenant:acme"


def test_an_event_without_an_id_is_told_by_moment_and_verb() -> None:
    made: Any = event(0, external_id=None)
    assert text_to_copy("id", made, EVERYTHING) == "2026-11-24T12:00:00+00:00 authentik.login"
